//! A hub behind actix-web: `GET /events` subscribes, `POST /publish` publishes its body.
//!
//! ```sh
//! cargo run -p sse-server --features tokio --example hub_actix
//! curl -N http://127.0.0.1:8080/events
//! curl -d hello http://127.0.0.1:8080/publish
//! ```
//!
//! actix-web has types of its own for requests and responses, so the header is read and the answer is put together by
//! hand; the body is a stream of bytes, as it wants one.

use std::net::TcpListener;

use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use sse_server::{Hub, LastEventId, OutgoingEvent, SubscriptionBody};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080"))?;
    println!("listening on http://{}/", listener.local_addr()?);

    // The driver runs here; the subscribers are on as many threads as actix-web likes.
    let hub = Hub::builder().spawn();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(hub.clone()))
            .route("/events", web::get().to(events))
            .route("/publish", web::post().to(publish))
    });
    // Without this, an event waits until the one before has been acknowledged, which takes up to 40 ms.
    let server = server.on_connect(|socket, _| {
        if let Some(socket) = socket.downcast_ref::<TcpStream>() {
            let _ = socket.set_nodelay(true);
        }
    });
    server.listen(listener)?.run().await
}

async fn events(request: HttpRequest, hub: web::Data<Hub>) -> HttpResponse {
    let id = request.headers().get("last-event-id");
    let id = id.and_then(|id| std::str::from_utf8(id.as_bytes()).ok());
    let id = id.and_then(|id| LastEventId::new(id).ok());
    match hub.subscribe(["news"], id.as_ref()) {
        Ok(subscription) => convert(subscription.into_response()),
        Err(refusal) => convert(refusal.into_response()),
    }
}

/// Turns a response of the crate `http` into one of actix-web.
fn convert(response: http::Response<SubscriptionBody>) -> HttpResponse {
    let (head, body) = response.into_parts();
    let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.streaming(body.into_bytes_stream())
}

async fn publish(data: String, hub: web::Data<Hub>) -> HttpResponse {
    match hub.publish("news", &OutgoingEvent::new().data(data)) {
        Ok(id) => HttpResponse::Ok().body(format!("{id}\n")),
        Err(error) => HttpResponse::BadRequest().body(format!("{error}\n")),
    }
}

//! A hub behind hyper: `GET /events` subscribes, `POST /publish` publishes its body.
//!
//! ```sh
//! cargo run -p sse-server --features tokio --example hub_hyper
//! curl -N http://127.0.0.1:8080/events
//! curl -d hello http://127.0.0.1:8080/publish
//! ```

use std::convert::Infallible;
use std::error::Error;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sse_server::{Hub, OutgoingEvent, SubscriptionBody};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("listening on http://{}/", listener.local_addr()?);

    let hub = Hub::builder().spawn();
    loop {
        let (socket, _) = listener.accept().await?;
        // Or an event would wait until the one before has been acknowledged.
        socket.set_nodelay(true)?;
        let hub = hub.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &hub));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(socket), service);
            // A client that leaves in the middle is how most streams end.
            let _ = connection.await;
        });
    }
}

type Body = Either<SubscriptionBody, Full<Bytes>>;

async fn answer(request: Request<Incoming>, hub: &Hub) -> Result<Response<Body>, Infallible> {
    let response = match (request.method(), request.uri().path()) {
        (&Method::GET, "/events") => {
            let last_event_id = sse_server::last_event_id(&request);
            match hub.subscribe(["news"], last_event_id.as_ref()) {
                Ok(subscription) => subscription.into_response(),
                Err(refusal) => refusal.into_response(),
            }
            .map(Either::Left)
        }
        (&Method::POST, "/publish") => match publish(request, hub).await {
            Ok(id) => text(StatusCode::OK, format!("{id}\n")),
            Err(error) => text(StatusCode::BAD_REQUEST, format!("{error}\n")),
        },
        _ => text(StatusCode::NOT_FOUND, "try /events\n".to_owned()),
    };
    Ok(response)
}

async fn publish(
    request: Request<Incoming>,
    hub: &Hub,
) -> Result<String, Box<dyn Error + Send + Sync>> {
    let body = Limited::new(request.into_body(), 64 * 1024)
        .collect()
        .await?;
    let data = String::from_utf8(body.to_bytes().to_vec())?;
    let id = hub.publish("news", &OutgoingEvent::new().data(data))?;
    Ok(id.to_string())
}

fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::new(Bytes::from(text))));
    *response.status_mut() = status;
    response
}

//! A hub behind warp: `GET /events` subscribes, `POST /publish` publishes its body.
//!
//! ```sh
//! cargo run -p sse-server --features tokio --example hub_warp
//! curl -N http://127.0.0.1:8080/events
//! curl -d hello http://127.0.0.1:8080/publish
//! ```
//!
//! warp takes the types of the crate `http`, but makes its bodies of streams only, so the body goes in as one.

use std::error::Error;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use sse_server::{Hub, OutgoingEvent, SubscriptionBody};
use tokio::net::TcpSocket;
use warp::reply::{Reply, Response};
use warp::{Filter, reply};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let socket = TcpSocket::new_v4()?;
    // Without this, an event waits until the one before has been acknowledged, which takes up to 40 ms. warp does not
    // let one at the connections, but they have it from the listener.
    socket.set_nodelay(true)?;
    socket.bind(address.as_deref().unwrap_or("127.0.0.1:8080").parse()?)?;
    let listener = socket.listen(1024)?;
    println!("listening on http://{}/", listener.local_addr()?);

    let hub = Hub::builder().spawn();
    let hub = warp::any().map(move || hub.clone());
    let events = warp::path!("events")
        .and(warp::get())
        .and(warp::header::headers_cloned())
        .and(hub.clone())
        .map(|headers, hub| subscribe(&headers, &hub));
    let published = warp::path!("publish")
        .and(warp::post())
        .and(warp::body::content_length_limit(64 * 1024))
        .and(warp::body::bytes())
        .and(hub)
        .map(|data, hub| publish(data, &hub));
    let routes = events.or(published);
    warp::serve(routes).incoming(listener).run().await;
    Ok(())
}

fn subscribe(headers: &HeaderMap, hub: &Hub) -> Response {
    match hub.subscribe(["news"], sse_server::last_event_id(headers).as_ref()) {
        Ok(subscription) => convert(subscription.into_response()),
        Err(refusal) => convert(refusal.into_response()),
    }
}

/// Puts the body into one of warp's.
fn convert(response: http::Response<SubscriptionBody>) -> Response {
    let (head, body) = response.into_parts();
    let body = reply::stream(body.into_bytes_stream()).into_response();
    Response::from_parts(head, body.into_body())
}

fn publish(data: Bytes, hub: &Hub) -> Response {
    let published = String::from_utf8(data.into())
        .map_err(|error| error.to_string())
        .and_then(|data| {
            let event = OutgoingEvent::new().data(data);
            hub.publish("news", &event)
                .map_err(|error| error.to_string())
        });
    match published {
        Ok(id) => format!("{id}\n").into_response(),
        Err(error) => {
            reply::with_status(format!("{error}\n"), StatusCode::BAD_REQUEST).into_response()
        }
    }
}

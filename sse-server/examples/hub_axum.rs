//! A hub behind axum: `GET /events` subscribes, `POST /publish` publishes its body.
//!
//! ```sh
//! cargo run -p sse-server --features axum,tokio --example hub_axum
//! curl -N http://127.0.0.1:8080/events
//! curl -d hello http://127.0.0.1:8080/publish
//! ```

use std::error::Error;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use sse_server::{Hub, OutgoingEvent, Refusal, Resume, Subscription};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8080")).await?;
    println!("listening on http://{}/", listener.local_addr()?);

    let app = Router::new()
        .route("/events", get(events))
        .route("/publish", post(publish))
        .with_state(Hub::builder().spawn());
    // Without this, an event waits until the one before has been acknowledged, which takes up to 40 ms.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}

async fn events(Resume(id): Resume, State(hub): State<Hub>) -> Result<Subscription, Refusal> {
    hub.subscribe(["news"], id.as_ref())
}

async fn publish(State(hub): State<Hub>, data: String) -> Result<String, (StatusCode, String)> {
    match hub.publish("news", &OutgoingEvent::new().data(data)) {
        Ok(id) => Ok(format!("{id}\n")),
        Err(error) => Err((StatusCode::BAD_REQUEST, format!("{error}\n"))),
    }
}

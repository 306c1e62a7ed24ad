//! `--demo`: a server on this machine that says hello, so that there is something to tail.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::stream::{self, Stream};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sse_server::{EventStreamResponse, LastEventId, OutgoingEvent};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{self, MissedTickBehavior};

/// Starts the server on a free port of the loopback interface and returns its URL. It runs as long as the runtime.
pub(crate) async fn start() -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket));
        }
    });
    Ok(url)
}

async fn serve(socket: TcpStream) {
    // An event is worth a packet of its own; where that cannot be set, it comes a little later.
    let _ = socket.set_nodelay(true);
    let service = service_fn(|request| async move {
        let last_event_id = sse_server::last_event_id(&request);
        let last = last_event_id
            .and_then(|id| id.as_str().parse().ok())
            .unwrap_or(0);
        Ok::<_, Infallible>(EventStreamResponse::new(hello(last)).into_response())
    });
    // The only client is this command. When it leaves, there is nobody to tell of it.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(socket), service)
        .await;
}

/// Says hello at once and then every half second, with IDs that go on after `last`.
fn hello(last: u64) -> impl Stream<Item = OutgoingEvent<'static>> {
    let mut interval = time::interval(Duration::from_millis(500));
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    stream::unfold((interval, last), |(mut interval, last)| async move {
        let id = last.checked_add(1)?;
        interval.tick().await;
        let event = OutgoingEvent::new()
            .last_event_id(LastEventId::from(id))
            .data("hello");
        Some((event, (interval, id)))
    })
}

//! Our client reads from other people's servers: nginx with nchan, Node's http, sse-starlette on uvicorn; also compressed.
#![cfg(unix)]

mod nchan;
mod nginx_gzip;
mod node;
mod sse_starlette;

use futures_util::{Stream, StreamExt as _};
use sse_client::{Error, Event, EventSource, Update, Updates};
use sse_tests::program::PATIENCE;

/// Waits for the next item of a stream.
async fn next<S: Stream + Unpin>(stream: &mut S) -> S::Item {
    let item = tokio::time::timeout(PATIENCE, stream.next()).await;
    item.expect("an item in time").expect("no end")
}

/// Waits for the next event.
async fn next_event(events: &mut EventSource) -> Event {
    let event: Result<_, Error> = next(events).await;
    event.expect("no error")
}

/// Waits for the next event, and skips what else happens before it.
async fn next_event_of(updates: &mut Updates) -> Event {
    loop {
        match next(updates).await {
            Update::Event(event) => return event,
            Update::Closed { why, .. } => panic!("{why:?}"),
            _ => {}
        }
    }
}

/// Waits until a connection is open, and skips what else happens before that.
async fn open(updates: &mut Updates) -> sse_client::ResponseHead {
    loop {
        match next(updates).await {
            Update::Open(head) => return head,
            Update::Event(event) => panic!("{event:?}"),
            Update::Closed { why, .. } => panic!("{why:?}"),
            _ => {}
        }
    }
}

/// An HTTP client that decodes gzip. By itself it would also ask for it.
fn gzip_client() -> reqwest::Client {
    let client = reqwest::Client::builder().gzip(true).no_proxy().build();
    client.expect("an HTTP client")
}

//! sse-starlette on uvicorn.

use std::time::Duration;

use futures_util::StreamExt as _;
use sse_client::{EventSource, Update};
use sse_tests::counting_server::CountingServer;
use sse_tests::port::Port;
use sse_tests::program::PATIENCE;

use crate::{next, next_event, open};

#[tokio::test]
async fn everything_that_an_event_has_is_received() {
    let port = Port::take();
    let mut server = CountingServer::start(&port, 1);
    server.count_to(2);
    let mut updates = EventSource::get(url(&port)).expect("a URL").updates();
    open(&mut updates).await;
    assert_eq!(server.request(), 0);
    for number in 1..=2 {
        if number == 1 {
            let update = next(&mut updates).await;
            assert!(
                matches!(update, Update::ReconnectionTime(time) if time == Duration::from_millis(200)),
                "{update:?}"
            );
        }
        let Update::Event(event) = next(&mut updates).await else {
            panic!("no event");
        };
        assert_eq!(event.event_type(), CountingServer::event_type(number));
        assert_eq!(event.last_event_id(), number.to_string());
        assert_eq!(event.data(), CountingServer::data(1, number));
    }
}

#[tokio::test]
async fn a_stream_goes_on_after_its_server_was_killed() {
    let port = Port::take();
    let mut events = EventSource::get(url(&port)).expect("a URL");
    for run in 0..3 {
        let mut server = CountingServer::start(&port, run);
        server.count_to(run * 100 + 100);
        for number in run * 100 + 1..=run * 100 + 100 {
            let event = next_event(&mut events).await;
            assert_eq!(event.data(), CountingServer::data(run, number));
        }
        assert_eq!(server.request(), run * 100);
        if run < 2 {
            // An event that was never whole leaves nothing behind, not even its ID.
            server.cut();
            server.kill();
        } else {
            // The server says that there are no more.
            let end = tokio::time::timeout(PATIENCE, events.next()).await;
            assert!(end.expect("an end in time").is_none());
        }
    }
}

fn url(port: &Port) -> String {
    format!("http://127.0.0.1:{}/", port.number())
}

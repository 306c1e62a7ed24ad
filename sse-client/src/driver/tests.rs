//! What the driver does on the way between the engine, the HTTP client and the consumer.

use std::convert::Infallible;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http_body::Frame;
use tokio::time::advance;

use super::*;
use crate::event_source::EventSource;
use crate::handle::Handle;

/// A body that has always more.
struct Flood {
    chunk: &'static [u8],
}

impl http_body::Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(self.chunk)))))
    }
}

fn run(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true);
    builder.build().unwrap().block_on(test);
}

fn driver(timeout: impl FnOnce(&mut Settings)) -> Driver {
    let mut settings = crate::connection::settings();
    timeout(&mut settings);
    // Keeps requests off the network.
    settings.has_hook = true;
    let hook: Prepare = Prepare(Arc::new(|_| Box::pin(std::future::pending())));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Driver::new(settings, HttpClient::callers(client), Some(hook), None)
}

/// Has a server answer with a flood of these chunks.
fn open(driver: &mut Driver, chunk: &'static [u8]) {
    let now = driver.now();
    let Action::Prepare(attempt) = driver.connection.next() else {
        panic!("not to be prepared");
    };
    driver.connection.prepared(now, Ok(attempt));
    assert!(matches!(driver.connection.next(), Action::Send(_)));
    let head = ResponseHead::new(
        "http://host/stream".parse().unwrap(),
        StatusCode::OK,
        [(CONTENT_TYPE, "text/event-stream".parse().unwrap())]
            .into_iter()
            .collect(),
    );
    driver.connection.head(now, head);
    driver.transport = Transport::Reading(reqwest::Body::wrap(Flood { chunk }));
}

fn poll(driver: &mut Driver) -> Poll<Option<Update>> {
    driver.poll_update(&mut Context::from_waker(Waker::noop()))
}

/// Polls once a second, until something happens.
async fn wait(driver: &mut Driver) -> (u64, Update) {
    for seconds in 0..200 {
        if let Poll::Ready(update) = poll(driver) {
            return (seconds, update.unwrap());
        }
        advance(Duration::from_secs(1)).await;
    }
    panic!("nothing has happened");
}

#[test]
fn a_flood_of_comments_does_not_keep_the_event_timeout_from_being_noticed() {
    run(async {
        let mut driver = driver(|settings| settings.event_timeout = Some(Duration::from_secs(60)));
        open(&mut driver, b":\n");
        assert!(matches!(
            poll(&mut driver),
            Poll::Ready(Some(Update::Open(_)))
        ));
        let (seconds, update) = wait(&mut driver).await;
        assert!(matches!(update, Update::Reconnecting { cause, .. } if cause.is_timeout()));
        assert!((60..=62).contains(&seconds), "after {seconds} s");
    });
}

#[test]
fn a_flood_of_nothing_is_silence() {
    run(async {
        let mut driver = driver(|settings| settings.idle_timeout = Some(Duration::from_secs(60)));
        open(&mut driver, b"");
        assert!(matches!(
            poll(&mut driver),
            Poll::Ready(Some(Update::Open(_)))
        ));
        let (seconds, update) = wait(&mut driver).await;
        assert!(matches!(update, Update::Reconnecting { cause, .. } if cause.is_timeout()));
        assert!((60..=62).contains(&seconds), "after {seconds} s");
    });
}

/// Has a chunk of two events arrive, one of them handed out, and waits for a connection then.
fn with_a_stash() -> (Driver, Handle) {
    let mut driver = driver(|_| {});
    open(
        &mut driver,
        b"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n",
    );
    let handle = driver.shared().handle();
    assert!(matches!(
        poll(&mut driver),
        Poll::Ready(Some(Update::Open(_)))
    ));
    assert!(matches!(
        poll(&mut driver),
        Poll::Ready(Some(Update::Event(_)))
    ));
    driver.command(Command::Reconnect);
    {
        let mut connecting = Box::pin(driver.connect());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(connecting.as_mut().poll(&mut cx).is_pending());
    }
    assert_eq!(driver.stash.updates.len(), 2);
    (driver, handle)
}

#[test]
fn the_last_event_id_is_not_ahead_of_what_the_consumer_was_given() {
    run(async {
        let (mut driver, _) = with_a_stash();
        assert_eq!(driver.last_event_id(), "1");
        assert_eq!(driver.connection.last_event_id(), "3");
        for id in ["2", "3"] {
            assert!(matches!(
                poll(&mut driver),
                Poll::Ready(Some(Update::Event(_)))
            ));
            assert_eq!(driver.last_event_id(), id);
        }
        let (mut driver, _) = with_a_stash();
        driver.command(Command::Close);
        assert_eq!(driver.last_event_id(), "1");
    });
}

#[test]
fn nothing_that_connect_has_kept_is_given_out_after_a_handle_has_closed() {
    run(async {
        let (mut driver, handle) = with_a_stash();
        handle.close();
        assert!(matches!(poll(&mut driver), Poll::Ready(None)));
        assert!(driver.is_terminated());

        let (mut driver, handle) = with_a_stash();
        handle.finish();
        for _ in 0..2 {
            assert!(matches!(
                poll(&mut driver),
                Poll::Ready(Some(Update::Event(_)))
            ));
        }
        assert!(matches!(
            poll(&mut driver),
            Poll::Ready(Some(Update::Closed { .. }))
        ));
        assert!(matches!(poll(&mut driver), Poll::Ready(None)));
    });
}

#[test]
fn a_consumer_of_events_alone_gives_the_thread_back() {
    run(async {
        let mut driver = driver(|_| {});
        open(&mut driver, b"retry: 7\n");
        let mut events = EventSource::new(driver);
        let polled = futures_core::Stream::poll_next(
            Pin::new(&mut events),
            &mut Context::from_waker(Waker::noop()),
        );
        assert!(polled.is_pending());
    });
}

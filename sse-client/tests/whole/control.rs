//! What the caller does to an event source: close it, finish it, make it reconnect, connect it, drop it; by itself or by a
//! handle.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{CloseReason, Handle, ReadyState, Stats};
use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, ClosedPort, Server, Signal};

use crate::support::{Expect, builder, silent_until};

#[test]
fn after_close_nothing_more_is_delivered() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\ndata: b\n\n").hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        events.close();
        assert_eq!(events.ready_state(), ReadyState::Closed);
        assert!(events.next().await.is_none());
        // The connection is closed as well.
        server.closed(1).await;
        events.reconnect_now();
        assert!(events.next().await.is_none());
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn close_during_the_wait() {
    run(async {
        let port = ClosedPort::new();
        let mut updates = builder(&port.url("/")).build().unwrap().updates();
        updates.expect_reconnecting().await;
        assert!(updates.next().now_or_never().is_none());
        updates.close();
        updates.expect_end().await;
        advance(Duration::from_secs(3_600)).await;
        updates.expect_end().await;
    });
}

#[test]
fn dropping_closes_the_connection() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold(), Answer::silence()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        events.try_next().await.unwrap();
        drop(events);
        server.closed(1).await;
        // Also before the answer has come.
        let mut events = builder(&server.url("/")).build().unwrap();
        silent_until(&mut events, server.request(1)).await;
        drop(events);
        server.closed(2).await;
    });
}

#[test]
fn reconnect_now_loses_nothing_that_has_arrived() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\n").hold(),
            Answer::stream("id: 3\ndata: c\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/")).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        assert_eq!(events.last_event_id(), "1");
        events.reconnect_now();
        // The old connection is gone at once.
        server.closed(1).await;
        // The clock stands: there is no delay.
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "c");
        assert_eq!(server.requests()[1].header("last-event-id").unwrap(), "2");
    });
}

#[test]
fn reconnect_now_ends_the_wait() {
    run(async {
        let server = Server::start([Answer::stream(""), Answer::stream("data: a\n\n").hold()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_reconnecting().await;
        assert!(updates.next().now_or_never().is_none());
        updates.reconnect_now();
        updates.expect_open().await;
        updates.expect_event("a").await;
    });
}

#[test]
fn a_handle_closes_a_stream_that_waits_elsewhere() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let events = builder(&server.url("/")).build().unwrap();
        let handle = events.handle();
        let (saw, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let task = tokio::spawn(events.for_each(move |event| {
            saw.send(event.unwrap().into_data()).unwrap();
            std::future::ready(())
        }));
        assert_eq!(seen.recv().await.unwrap(), "a");
        handle.clone().close();
        task.await.unwrap();
        server.closed(1).await;
        // It is no more; nothing happens.
        handle.reconnect_now();
    });
}

#[test]
fn a_handle_loses_nothing_that_has_arrived() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\n").hold(),
            Answer::stream("id: 3\ndata: c\n\nid: 4\ndata: d\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let handle = updates.handle();
        updates.expect_open().await;
        updates.expect_event("a").await;
        handle.reconnect_now();
        updates.expect_event("b").await;
        updates.expect_open().await;
        assert_eq!(server.requests()[1].header("last-event-id").unwrap(), "2");
        updates.expect_event("c").await;
        handle.finish();
        updates.expect_event("d").await;
        assert!(matches!(
            updates.expect_closed().await,
            CloseReason::Finished
        ));
    });
}

#[test]
fn a_handle_ends_a_wait_and_the_strongest_word_counts() {
    run(async {
        let port = ClosedPort::new();
        let mut updates = builder(&port.url("/")).build().unwrap().updates();
        let handle = updates.handle();
        updates.expect_reconnecting().await;
        assert!(updates.next().now_or_never().is_none());
        handle.reconnect_now();
        // The clock stands, and there is another attempt.
        assert_eq!(updates.expect_reconnecting().await.1, 2);
        handle.close();
        handle.reconnect_now();
        updates.expect_end().await;
    });
}

#[test]
fn connect_gives_the_head_before_the_first_event() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let mut events = builder(&server.url("/path")).build().unwrap();
        let head = events.connect().await.unwrap();
        assert_eq!(
            (head.status().as_u16(), head.url()),
            (200, &*server.url("/path"))
        );
        assert_eq!(events.ready_state(), ReadyState::Open);
        // Once more does no harm.
        assert_eq!(events.connect().await.unwrap().status(), 200);
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn connect_gives_the_reason_and_can_be_called_again() {
    run(async {
        let server = Server::start([
            Answer::status(503).header("Retry-After", "7").send("busy"),
            Answer::stream("data: a\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let error = updates.connect().await.unwrap_err();
        assert!(!error.is_final() && error.body() == b"busy");
        assert_eq!(error.response().unwrap().headers()["retry-after"], "7");
        // It waits as long as it was asked to.
        assert!(updates.connect().now_or_never().is_none());
        advance(Duration::from_secs(14)).await;
        updates.connect().await.unwrap();
        updates.expect_event("a").await;

        let server = Server::start([Answer::status(404)]);
        let mut events = builder(&server.url("/")).build().unwrap();
        let error = events.connect().await.unwrap_err();
        assert!(error.is_final() && error.status().unwrap() == 404);
        assert!(events.connect().await.unwrap_err().is_closed());

        let server = Server::start([Answer::status(204)]);
        let mut events = builder(&server.url("/")).build().unwrap();
        assert!(events.connect().await.unwrap_err().is_closed());
    });
}

#[test]
fn connect_keeps_what_comes_on_the_way() {
    run(async {
        let server = Server::start([Answer::stream("").hold()]);
        let id = sse_client::LastEventId::from_static("\u{1}");
        let mut updates = builder(&server.url("/"))
            .last_event_id(id)
            .build()
            .unwrap()
            .updates();
        updates.connect().await.unwrap();
        assert!(updates.expect_error().await.is_last_event_id_not_sent());
    });
}

#[test]
fn dropping_during_the_hook_drops_the_hook() {
    run(async {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let mut events = builder("http://127.0.0.1:1/")
            .prepare(move |attempt| {
                let held = Arc::clone(&held);
                async move {
                    std::future::pending::<()>().await;
                    drop(held);
                    Ok(attempt)
                }
            })
            .build()
            .unwrap();
        assert!(events.next().now_or_never().is_none());
        assert_eq!(Arc::strong_count(&alive), 3);
        events.close();
        assert_eq!(Arc::strong_count(&alive), 2);
        drop(events);
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

#[test]
fn dropping_while_a_refused_answer_is_read_closes_the_connection() {
    run(async {
        let sent = Signal::new();
        let answer = Answer::status(404).content_length(8).send("no such");
        let server = Server::start([answer.give(&sent).hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        silent_until(&mut events, sent.given()).await;
        // It reads what has come, and waits for the last byte.
        for _ in 0..100 {
            assert!(events.next().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        drop(events);
        server.closed(1).await;
    });
}

#[test]
fn stats_tell_what_was_done() {
    run(async {
        let server = Server::start([
            Answer::stream(":c\ndata: a\n\n"),
            Answer::stream("data: b\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let handle: Handle = updates.handle();
        assert_eq!(updates.stats().requests(), 0);
        updates.expect_open().await;
        updates.expect_event("a").await;
        let (delay, ..) = updates.expect_reconnecting().await;
        assert!(updates.stats().connected_since().is_none());
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("b").await;
        assert!(updates.next().now_or_never().is_none());
        let as_told = |stats: Stats| {
            assert_eq!((stats.requests(), stats.connections()), (2, 2));
            assert_eq!(
                (stats.events(), stats.comments(), stats.bytes()),
                (2, 1, 21)
            );
            assert_eq!(stats.last_status().unwrap(), 200);
            assert!(stats.connected_since().is_some());
        };
        as_told(updates.stats());
        as_told(handle.stats());
        drop(updates);
        as_told(handle.stats());
    });
}

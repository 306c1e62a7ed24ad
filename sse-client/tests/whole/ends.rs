//! How an event source ends: why, as it says itself, and what is left when it is dropped while it waits for something.

use std::pin::pin;
use std::time::Duration;

use futures_util::stream::FusedStream as _;
use futures_util::{FutureExt, StreamExt};
use sse_client::{CloseReason, CursorFuture, CursorStore, Policy};
use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, Server, Signal};

use crate::support::{Expect, builder};

#[test]
fn it_says_why_it_has_ended() {
    run(async {
        let half_an_event = "data: a\n\ndata: b\n";
        let server = Server::start([
            Answer::stream(half_an_event),
            Answer::status(204),
            Answer::status(404),
            Answer::stream("").hold(),
        ]);
        let mut updates = builder(&server.url("/"))
            .method("POST")
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert!(updates.close_reason().is_none());
        let closed = updates.expect_update().await;
        assert!(closed.explain().unwrap().cause().is_end_in_event());
        assert!(matches!(
            updates.close_reason(),
            Some(CloseReason::EndOfBody)
        ));

        let mut events = builder(&server.url("/")).build().unwrap();
        assert!(events.next().await.is_none());
        assert!(matches!(
            events.close_reason(),
            Some(CloseReason::NoContent)
        ));

        // Also if `connect` has had the error.
        let mut events = builder(&server.url("/")).build().unwrap();
        let error = events.connect().await.unwrap_err();
        assert!(error.is_final());
        assert!(matches!(
            events.close_reason(),
            Some(CloseReason::Failed(_))
        ));

        let mut events = builder(&server.url("/")).build().unwrap();
        events.connect().await.unwrap();
        events.close();
        assert!(events.is_terminated() && events.close_reason().is_none());
    });
}

#[test]
fn an_end_behind_an_event_is_not_one_within_an_event() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n")]);
        let builder = builder(&server.url("/")).policy(Policy::never());
        let mut updates = builder.build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        let closed = updates.expect_update().await;
        let cause = closed.explain().unwrap().cause();
        assert!(cause.is_end_of_body() && !cause.is_end_in_event());
    });
}

#[test]
fn dropping_during_a_delay_leaves_nothing_behind() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n")]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        let (delay, ..) = updates.expect_reconnecting().await;
        assert!(updates.next().now_or_never().is_none());
        drop(updates);
        advance(delay + Duration::from_secs(60)).await;
        tokio::task::yield_now().await;
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn dropping_while_connect_waits_closes_the_connection() {
    run(async {
        let server = Server::start([Answer::silence()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        while server.requests().is_empty() {
            assert!(events.connect().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        drop(events);
        server.played(1).await;
    });
}

#[test]
fn waiting_for_connect_can_be_given_up_and_taken_up_by_the_stream() {
    run(async {
        let go = Signal::new();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let answer = Answer::close()
            .wait(&go)
            .send(head)
            .send("data: a\n\n")
            .hold();
        let server = Server::start([answer]);
        let mut events = builder(&server.url("/")).build().unwrap();
        while server.requests().is_empty() {
            assert!(events.connect().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        go.give();
        assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
        assert_eq!(server.requests().len(), 1);
    });
}

/// A store that never answers.
struct Hangs;

impl CursorStore for Hangs {
    fn load<'a>(&'a self, _stream: &'a str) -> CursorFuture<'a, Option<String>> {
        Box::pin(std::future::pending())
    }

    fn save<'a>(&'a self, _stream: &'a str, _last_event_id: &'a str) -> CursorFuture<'a, ()> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn dropping_while_the_cursor_is_loaded_or_saved_leaves_nothing_behind() {
    run(async {
        let server = Server::start([]);
        let builder = builder(&server.url("/")).cursor_store(Hangs);
        let mut events = builder.build().unwrap();
        assert!(events.next().now_or_never().is_none());
        {
            let saving = pin!(events.acknowledge(&sse_client::Event::new("", "a", "1")));
            assert!(saving.now_or_never().is_none());
        }
        drop(events);
        tokio::task::yield_now().await;
        assert!(server.requests().is_empty());
    });
}

//! The two views: fused, `Send` and `Unpin`, cancel safe, and without secrets in their `Debug` output.

use std::time::Duration;

use futures_util::stream::FusedStream;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{EventSource, EventSourceBuilder, Updates};
use sse_test_kit::clock::run;
use sse_test_kit::{Answer, Server, Signal};

use crate::support::{Expect, builder};

#[test]
fn they_go_anywhere() {
    fn goes_anywhere<T: Send + Unpin + 'static>() {}
    goes_anywhere::<EventSource>();
    goes_anywhere::<Updates>();
    goes_anywhere::<EventSourceBuilder>();
}

#[test]
fn they_say_that_they_are_terminated() {
    run(async {
        let server = Server::start([Answer::status(404)]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        assert!(!updates.is_terminated());
        updates.expect_failed().await;
        assert!(updates.is_terminated());

        let mut events = builder(&server.url("/")).build().unwrap();
        assert!(!events.is_terminated());
        events.close();
        assert!(events.is_terminated());
    });
}

#[test]
fn giving_up_waiting_loses_nothing() {
    run(async {
        let later = Signal::new();
        let server = Server::start([Answer::stream("data: a\n\nda")
            .wait(&later)
            .send("ta: b\n\n")
            .hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        // Each `next` is dropped after one poll.
        let mut data = Vec::new();
        while data.len() < 2 {
            if let Some(event) = events.try_next().now_or_never() {
                data.push(event.unwrap().unwrap().into_data());
                later.give();
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(data, ["a", "b"]);
    });
}

#[test]
fn changing_the_view_keeps_the_place() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\ndata: b\n\n").hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        events.updates().expect_event("b").await;
    });
}

#[test]
fn debug_shows_no_secrets() {
    let builder =
        EventSource::builder("http://alice:secret@host/path?secret").header("x-api-key", "secret");
    let events = builder.build().unwrap();
    let mut shown = format!("{events:?}");
    shown += &format!("{:?}", events.updates());
    assert!(
        shown.contains("http://host/path") && !shown.contains("secret") && !shown.contains("alice"),
        "{shown}"
    );
}

#[test]
fn a_flood_of_comments_does_not_keep_the_thread() {
    run(async {
        let seen = Signal::new();
        let server = Server::start([Answer::stream(":c\n".repeat(1_000_000))
            .send("data: a\n\n")
            .wait(&seen)
            .hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        assert_eq!(events.next().await.unwrap().unwrap().data(), "a");
        seen.give();
    });
}

/// Server and client on threads of their own, and the real clock: nothing here waits for time to pass.
#[test]
fn works_on_a_runtime_of_many_threads() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = Server::start([Answer::stream("data: x\n\n".repeat(10_000)).hold()]);
        let events = builder(&server.url("/")).build().unwrap();
        let task = tokio::spawn(async move {
            events
                .take(10_000)
                .try_fold(0, async |n, _| Ok(n + 1))
                .await
        });
        let count = tokio::time::timeout(Duration::from_secs(60), task)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(count, 10_000);
    });
}

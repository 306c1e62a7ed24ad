//! How the client loses connections, and what it does then.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{CloseReason, Error, Policy, ReadyState, Update, Utf8Policy};
use sse_test_kit::clock::{advance, flowing, run};
use sse_test_kit::{Answer, ClosedPort, Server, Signal};

use crate::support::{Expect, builder, silent_until};

#[test]
fn resumes_where_the_server_left_off() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: cut of"),
            Answer::stream("id: 3\ndata: c\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/")).build().unwrap();
        for data in ["a", "b", "c"] {
            assert_eq!(
                flowing(events.try_next()).await.unwrap().unwrap().data(),
                data
            );
        }
        assert_eq!(server.requests()[1].header("last-event-id").unwrap(), "2");
    });
}

#[test]
fn not_a_millisecond_early() {
    run(async {
        let server = Server::start([Answer::stream("retry: 5000\n\n"), Answer::stream("").hold()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_update().await;
        let (delay, ..) = updates.expect_reconnecting().await;
        advance(delay - Duration::from_millis(3)).await;
        for _ in 0..100 {
            assert!(updates.next().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(server.requests().len(), 1);
        advance(Duration::from_millis(3)).await;
        updates.expect_open().await;
        assert_eq!(server.requests().len(), 2);
    });
}

/// Plays a connection that is lost after an event, and returns the cause.
async fn lost(answer: Answer) -> Error {
    let server = Server::start([answer]);
    let mut updates = builder(&server.url("/")).build().unwrap().updates();
    updates.expect_open().await;
    updates.expect_event("a").await;
    assert_eq!(updates.ready_state(), ReadyState::Open);
    let (_, attempt, cause) = updates.expect_reconnecting().await;
    assert_eq!(attempt, 1);
    assert_eq!(updates.ready_state(), ReadyState::Connecting);
    cause
}

#[test]
fn every_way_to_lose_a_connection_reconnects() {
    run(async {
        // However the end of the body is told.
        for end in [
            |answer: Answer, _| answer.chunked(),
            |answer: Answer, length| answer.content_length(length),
            |answer: Answer, _| answer.until_close(),
        ] {
            let cause = lost(end(Answer::stream("data: a\n\n"), 9)).await;
            assert!(cause.is_end_of_body());

            let cause = lost(end(Answer::stream("data: a\n\ndata: b\n"), 17)).await;
            assert!(cause.is_end_of_body());
            assert!(cause.to_string().contains("in the middle of an event"));
        }

        // A body shorter than it was announced.
        let cause = lost(Answer::stream("data: a\n\n").content_length(100)).await;
        assert!(!cause.is_end_of_body() && !cause.is_connect() && !cause.is_timeout());
        assert_eq!(cause.to_string(), "connection lost");

        // An error in the chunked coding.
        let rubbish = Answer::stream("data: a\n\n").send_raw("rubbish").cut();
        let cause = lost(rubbish).await;
        assert_eq!(cause.to_string(), "connection lost");
    });
}

#[test]
fn a_reset_reconnects() {
    run(async {
        let seen = Signal::new();
        let server = Server::start([Answer::stream("data: a\n\n").wait(&seen).reset()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        seen.give();
        let (_, _, cause) = updates.expect_reconnecting().await;
        assert!(!cause.is_end_of_body());
    });
}

#[test]
fn what_is_no_http_reconnects() {
    run(async {
        for answer in [
            Answer::close(),
            Answer::raw("SSH-2.0-x\r\n\r\n").hold(),
            Answer::close().reset(),
        ] {
            let server = Server::start([answer]);
            let mut updates = builder(&server.url("/")).build().unwrap().updates();
            let (_, _, cause) = updates.expect_reconnecting().await;
            assert_eq!(cause.to_string(), "connection lost before the response");
            assert!(std::error::Error::source(&cause).is_some());
        }
    });
}

#[test]
fn a_503_is_asked_again_after_its_retry_after() {
    run(async {
        let server = Server::start([
            Answer::status(503).header("Retry-After", "60"),
            Answer::stream("data: a\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let (delay, _, cause) = updates.expect_reconnecting().await;
        assert!(
            delay >= Duration::from_secs(60) && delay <= Duration::from_secs(90),
            "{delay:?}"
        );
        assert_eq!(cause.status().unwrap(), 503);
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("a").await;
    });
}

#[test]
fn a_refused_answer_can_be_read() {
    run(async {
        let answer = Answer::status(404).header("X-Why", "gone");
        let server = Server::start([answer.send("no such ").hold()]);
        let mut updates = builder(&server.url("/stream?token=secret"))
            .build()
            .unwrap()
            .updates();
        let error = updates.expect_failed().await;
        assert_eq!(error.body(), b"no such ");
        assert_eq!(error.response().unwrap().headers()["x-why"], "gone");
        assert_eq!(
            error.to_string(),
            format!("{} answered 404 Not Found", server.url("/stream"))
        );
        assert!(!format!("{error:?}").contains("secret"));
    });
}

#[test]
fn the_body_of_a_refused_answer_is_cut_at_64_kib() {
    run(async {
        let answer = Answer::status(400).until_close();
        let server = Server::start([answer.send("x".repeat(1024 * 1024)).hold()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let error = updates.expect_failed().await;
        assert_eq!(error.body().len(), 64 * 1024);
        // The rest is not waited for.
        server.closed(1).await;
    });
}

#[test]
fn the_body_of_a_refused_answer_that_trickles_is_cut_by_time() {
    run(async {
        let later = Signal::new();
        let answer = Answer::status(400).until_close().send("a");
        let server = Server::start([answer.wait(&later).send("b").hold()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        // Time flows, the first byte comes, then the second, and nothing puts off the end.
        let error = flowing(async {
            for _ in 0..100 {
                assert!(updates.next().now_or_never().is_none());
                tokio::task::yield_now().await;
            }
            later.give();
            updates.expect_failed().await
        })
        .await;
        assert!(error.is_status());
    });
}

#[test]
fn a_response_that_does_not_come_is_a_timeout() {
    run(async {
        let server = Server::start([Answer::silence()]);
        let events = builder(&server.url("/")).response_timeout(Some(Duration::from_secs(30)));
        let mut updates = events.build().unwrap().updates();
        silent_until(&mut updates, server.request(0)).await;
        advance(Duration::from_secs(31)).await;
        let (_, _, cause) = updates.expect_reconnecting().await;
        assert!(cause.is_timeout());
        server.closed(1).await;
    });
}

#[test]
fn a_silent_connection_is_a_timeout() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let events = builder(&server.url("/")).idle_timeout(Some(Duration::from_secs(10)));
        let mut updates = events.build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        // He was away for long, but had not asked for anything.
        advance(Duration::from_secs(3_600)).await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(11)).await;
        let (_, _, cause) = updates.expect_reconnecting().await;
        assert_eq!(cause.to_string(), "no bytes for 10s (idle_timeout)");
        // The dead connection is hung up before the next one is made.
        assert!(updates.next().now_or_never().is_none());
        server.closed(1).await;
    });
}

#[test]
fn comments_do_not_put_off_the_event_timeout() {
    run(async {
        let later = Signal::new();
        let server = Server::start([Answer::stream("data: a\n\n")
            .wait(&later)
            .send(":c\n")
            .hold()]);
        let events = builder(&server.url("/"))
            .event_timeout(Some(Duration::from_secs(10)))
            .comments(true);
        let mut updates = events.build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(9)).await;
        later.give();
        assert!(
            matches!(updates.expect_update().await, Update::Comment(comment) if comment == "c")
        );
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(2)).await;
        assert_eq!(
            updates.expect_reconnecting().await.2.to_string(),
            "no event for 10s (event_timeout)"
        );
    });
}

#[test]
fn accepted_and_ended_again_and_again_backs_off() {
    run(async {
        let server = Server::start(vec![Answer::stream(":hello\n\n"); 7]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        for attempt in 1..=7 {
            updates.expect_open().await;
            let (delay, n, _) = updates.expect_reconnecting().await;
            assert_eq!(n, attempt);
            assert!(
                delay <= Duration::from_secs(1 << n).min(Duration::from_secs(30)),
                "{n}: {delay:?}"
            );
            advance(delay).await;
        }
    });
}

#[test]
fn parse_errors_are_items_and_the_stream_goes_on() {
    run(async {
        let server = Server::start([Answer::stream(&b"data: \xff\n\ndata: a\n\n"[..]).hold()]);
        let mut events = builder(&server.url("/"))
            .utf8(Utf8Policy::Reject)
            .build()
            .unwrap();
        let error = events.next().await.unwrap().unwrap_err();
        assert!(!error.is_final() && error.parse_error().is_some());
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
    });
}

#[test]
fn never_ends_with_the_body() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n")]);
        let mut updates = builder(&server.url("/"))
            .policy(Policy::never())
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert!(matches!(
            updates.expect_closed().await,
            CloseReason::EndOfBody
        ));

        let port = ClosedPort::new();
        let events = builder(&port.url("/")).policy(Policy::never());
        let mut updates = events.build().unwrap().updates();
        assert!(updates.expect_failed().await.is_connect());
    });
}

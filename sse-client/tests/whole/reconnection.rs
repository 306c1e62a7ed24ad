//! How the client loses connections, and what it does then.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{CloseReason, Error, Policy, ReadyState, Update, Utf8Policy};
use tokio::sync::watch;

use crate::support::{Expect, Script, Server, advance, builder, closed_port, flowing, run};

/// The head of an answer with an event stream of a known length.
const OK_LENGTH_100: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n";

#[test]
fn resumes_where_the_server_left_off() {
    run(async {
        let server = Server::start([
            Script::stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: cut of"),
            Script::stream("id: 3\ndata: c\n\n").hold(),
        ])
        .await;
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
        let server =
            Server::start([Script::stream("retry: 5000\n\n"), Script::stream("").hold()]).await;
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
async fn lost(script: Script) -> Error {
    let server = Server::start([script]).await;
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
        let cause = lost(Script::stream("data: a\n\n")).await;
        assert!(cause.is_end_of_body());

        let cause = lost(Script::stream("data: a\n\ndata: b\n")).await;
        assert!(cause.is_end_of_body() && cause.to_string().contains("in the middle of an event"));

        // A body shorter than it was announced.
        let cause = lost(Script::new().send(OK_LENGTH_100).send("data: a\n\n")).await;
        assert!(!cause.is_end_of_body() && !cause.is_connect() && !cause.is_timeout());
        assert_eq!(cause.to_string(), "connection lost");

        // An error in the chunked coding.
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        let cause = lost(
            Script::new()
                .send(head)
                .send("9\r\ndata: a\n\n\r\n")
                .send("rubbish"),
        )
        .await;
        assert_eq!(cause.to_string(), "connection lost");
    });
}

#[test]
fn a_reset_reconnects() {
    run(async {
        let (seen, _) = watch::channel(false);
        let server = Server::start([Script::stream("data: a\n\n").wait(&seen).reset()]).await;
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        seen.send_replace(true);
        let (_, _, cause) = updates.expect_reconnecting().await;
        assert!(!cause.is_end_of_body());
    });
}

#[test]
fn what_is_no_http_reconnects() {
    run(async {
        for script in [
            Script::new(),
            Script::new().send("SSH-2.0-x\r\n\r\n").hold(),
            Script::new().reset(),
        ] {
            let server = Server::start([script]).await;
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
            Script::status("503 Service Unavailable", "Retry-After: 60\r\n"),
            Script::stream("data: a\n\n").hold(),
        ])
        .await;
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
        let answer = "HTTP/1.1 404 Not Found\r\nX-Why: gone\r\nContent-Length: 8\r\n\r\nno such ";
        let server = Server::start([Script::new().send(answer).hold()]).await;
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
        let mut answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec();
        answer.resize(answer.len() + 1024 * 1024, b'x');
        let server = Server::start([Script::new().send(answer).hold()]).await;
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let error = updates.expect_failed().await;
        assert_eq!(error.body().len(), 64 * 1024);
        // The rest is not waited for.
        server.played(1).await;
    });
}

#[test]
fn the_body_of_a_refused_answer_that_trickles_is_cut_by_time() {
    run(async {
        let (later, _) = watch::channel(false);
        let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\na";
        let server =
            Server::start([Script::new().send(answer).wait(&later).send("b").hold()]).await;
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        // Time flows, the first byte comes, then the second, and nothing puts off the end.
        let error = flowing(async {
            for _ in 0..100 {
                assert!(updates.next().now_or_never().is_none());
                tokio::task::yield_now().await;
            }
            later.send_replace(true);
            updates.expect_failed().await
        })
        .await;
        assert!(error.is_status());
    });
}

#[test]
fn a_response_that_does_not_come_is_a_timeout() {
    run(async {
        let server = Server::start([Script::new().hold()]).await;
        let events = builder(&server.url("/")).response_timeout(Some(Duration::from_secs(30)));
        let mut updates = events.build().unwrap().updates();
        while server.requests().is_empty() {
            assert!(updates.next().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        advance(Duration::from_secs(31)).await;
        let (_, _, cause) = updates.expect_reconnecting().await;
        assert!(cause.is_timeout());
        server.played(1).await;
    });
}

#[test]
fn a_silent_connection_is_a_timeout() {
    run(async {
        let server = Server::start([Script::stream("data: a\n\n").hold()]).await;
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
        server.played(1).await;
    });
}

#[test]
fn comments_do_not_put_off_the_event_timeout() {
    run(async {
        let (later, _) = watch::channel(false);
        let server = Server::start([Script::stream("data: a\n\n")
            .wait(&later)
            .send(":c\n")
            .hold()])
        .await;
        let events = builder(&server.url("/"))
            .event_timeout(Some(Duration::from_secs(10)))
            .comments(true);
        let mut updates = events.build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(9)).await;
        later.send_replace(true);
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
        let server = Server::start((0..7).map(|_| Script::stream(":hello\n\n"))).await;
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
        let server = Server::start([Script::stream(b"data: \xff\n\ndata: a\n\n").hold()]).await;
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
        let server = Server::start([Script::stream("data: a\n\n")]).await;
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

        let (_socket, address) = closed_port();
        let events = builder(&format!("http://{address}/")).policy(Policy::never());
        let mut updates = events.build().unwrap().updates();
        assert!(updates.expect_failed().await.is_connect());
    });
}

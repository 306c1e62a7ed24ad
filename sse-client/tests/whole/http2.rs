//! Streams over HTTP/2 and TLS, by this crate's own HTTP client: they arrive, are resumed, and a dead connection is noticed
//! and not used again. And over HTTP/1.1 and TLS, since the server chooses.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use sse_client::Updates;
use sse_test_kit::clock::{advance, flowing, run};
use sse_test_kit::{Answer, Certificate, Server, Signal};

use crate::support::{Expect, builder, trusted};

fn start(certificate: &Certificate, answers: impl IntoIterator<Item = Answer>) -> Server {
    let builder = Server::builder().tls(certificate).http2();
    builder.answers(answers).start()
}

/// An event with the number of its connection, and nothing more yet.
fn event(number: usize) -> Answer {
    Answer::stream(format!("id: {number}\ndata: {number}\n\n"))
}

async fn open(server: &Server) -> Updates {
    let mut updates = builder(&server.url("/")).build().unwrap().updates();
    updates.expect_open().await;
    updates.expect_event("1").await;
    updates
}

/// Asserts that there were two connections with a request each, and that the second has resumed the first.
#[track_caller]
fn assert_resumed_on_a_new_connection(server: &Server) {
    let requests = server.requests();
    let seen: Vec<_> = requests
        .iter()
        .map(|request| (request.connection(), request.header("last-event-id")))
        .collect();
    assert_eq!(seen, [(0, None), (1, Some("1"))]);
    for request in &requests {
        assert_eq!(request.to_string(), "GET / HTTP/2.0");
    }
}

#[test]
fn a_stream_is_resumed_on_a_new_connection() {
    let Some(certificate) = trusted("http2::a_stream_is_resumed_on_a_new_connection") else {
        return;
    };
    run(async {
        for end in [event(1), event(1).go_away()] {
            let server = start(&certificate, [end.clone(), event(2).hold()]);
            let mut updates = open(&server).await;
            let (delay, _, cause) = updates.expect_reconnecting().await;
            assert!(cause.is_end_of_body(), "{end:?}: {cause:?}");
            advance(delay).await;
            updates.expect_open().await;
            updates.expect_event("2").await;
            assert_resumed_on_a_new_connection(&server);
        }
    });
}

#[test]
fn a_stream_that_is_broken_off_is_resumed() {
    let Some(certificate) = trusted("http2::a_stream_that_is_broken_off_is_resumed") else {
        return;
    };
    run(async {
        // What was sent before may be lost with it.
        let server = start(&certificate, [event(1).reset_stream(2), event(2).hold()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let mut causes = Vec::new();
        loop {
            match flowing(updates.next()).await.unwrap() {
                sse_client::Update::Event(event) if event.data() == "2" => break,
                sse_client::Update::Reconnecting { cause, .. } => causes.push(cause),
                _ => {}
            }
        }
        let [cause] = &causes[..] else {
            panic!("{causes:?}");
        };
        assert!(!cause.is_final() && !cause.is_end_of_body(), "{cause:?}");
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn a_dead_connection_is_noticed_by_its_pings_and_not_used_again() {
    let Some(certificate) =
        trusted("http2::a_dead_connection_is_noticed_by_its_pings_and_not_used_again")
    else {
        return;
    };
    run(async {
        let die = Signal::new();
        let server = start(
            &certificate,
            [event(1).wait(&die).freeze(), event(2).hold()],
        );
        let mut updates = open(&server).await;
        die.give();
        // Without any timeout of this crate: those are off. Half a minute until the ping, 20 seconds for its answer.
        let mut waited = Duration::ZERO;
        let (delay, _, cause) = loop {
            if let Some(update) = updates.next().now_or_never() {
                let Some(sse_client::Update::Reconnecting {
                    delay,
                    attempt,
                    cause,
                    ..
                }) = update
                else {
                    panic!("{update:?}");
                };
                break (delay, attempt, cause);
            }
            advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
            waited += Duration::from_millis(101);
            assert!(
                waited < Duration::from_secs(120),
                "a dead connection is not noticed"
            );
        };
        assert!(waited > Duration::from_secs(40), "{waited:?}");
        assert_eq!(cause.to_string(), "connection lost");
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("2").await;
        assert_resumed_on_a_new_connection(&server);
    });
}

#[test]
fn a_connection_that_a_timeout_has_given_up_is_not_used_again() {
    let Some(certificate) =
        trusted("http2::a_connection_that_a_timeout_has_given_up_is_not_used_again")
    else {
        return;
    };
    run(async {
        let server = start(&certificate, [event(1).freeze(), event(2).hold()]);
        let mut updates = builder(&server.url("/"))
            .idle_timeout(Some(Duration::from_secs(10)))
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("1").await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(10)).await;
        let (delay, _, cause) = updates.expect_reconnecting().await;
        assert!(cause.is_timeout());
        advance(delay).await;
        updates.expect_open().await;
        // On another connection, or it would never come.
        updates.expect_event("2").await;
        assert_resumed_on_a_new_connection(&server);
    });
}

#[test]
fn a_stream_over_http_1_and_tls() {
    let Some(certificate) = trusted("http2::a_stream_over_http_1_and_tls") else {
        return;
    };
    run(async {
        let answers = [1, 2].map(|number| event(number).until_close());
        let server = Server::builder().tls(&certificate).answers(answers).start();
        let mut updates = open(&server).await;
        advance(updates.expect_reconnecting().await.0).await;
        updates.expect_open().await;
        updates.expect_event("2").await;
        assert_eq!(server.requests()[0].to_string(), "GET / HTTP/1.1");
    });
}

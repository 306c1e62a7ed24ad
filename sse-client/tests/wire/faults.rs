//! Faults of the peer, over every transport.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use sse_client::{Policy, Update};
use sse_test_kit::clock::advance;
use sse_test_kit::{Answer, ClosedPort, Signal};

use crate::support::{Expect, over_every_transport};

#[test]
fn a_stream_that_is_split_at_every_byte() {
    over_every_transport(async |transport| {
        let server = transport.start([Answer::stream("")
            .in_pieces(1)
            .send("\u{feff}data: ünï\r\ndata: 漢🦀\r\n\r\nid: 1\rdata: b\r\r: c\n\nevent: x\ndata: c\n\n")
            .hold()]);
        let mut updates = transport.updates(&server);
        updates.expect_open().await;
        for data in ["ünï\n漢🦀", "b", "c"] {
            updates.expect_event(data).await;
        }
        assert_eq!(updates.last_event_id(), "1");
    });
}

#[test]
fn every_way_to_lose_a_connection_resumes_behind_the_last_event() {
    type Fault = fn(Answer) -> Answer;
    let faults: [(&str, Fault); 9] = [
        ("end", |answer| answer),
        ("cut", Answer::cut),
        ("cut within a chunk", |answer| {
            answer.cut_within_chunk("data: lost")
        }),
        ("cut before its length", |answer| {
            answer.content_length(1_000)
        }),
        ("reset", Answer::reset),
        ("stream reset", |answer| answer.reset_stream(2)),
        ("refused stream", |answer| answer.reset_stream(7)),
        ("half-closed", Answer::half_close),
        ("end of a server that goes away", Answer::go_away),
    ];
    over_every_transport(async |transport| {
        for (name, fault) in faults {
            let seen = Signal::new();
            let script = Answer::stream("id: 1\ndata: a\n\nid: 2\ndata: lost").wait(&seen);
            let server =
                transport.start([fault(script), Answer::stream("id: 2\ndata: b\n\n").hold()]);
            let mut updates = transport.updates(&server);
            updates.expect_open().await;
            updates.expect_event("a").await;
            seen.give();
            let cause = updates.expect_loss_and_wait().await;
            assert!(
                !cause.is_connect() && !cause.is_timeout(),
                "{name}: {cause:?}"
            );
            updates.expect_open().await;
            updates.expect_event("b").await;
            let requests = server.requests();
            assert_eq!(requests[0].header("last-event-id"), None, "{name}");
            assert_eq!(requests[1].header("last-event-id"), Some("1"), "{name}");
            assert_eq!(
                server.connections(),
                2,
                "{name}: the connection was used again"
            );
        }
    });
}

#[test]
fn faults_before_the_answer_reconnect() {
    over_every_transport(async |transport| {
        let faults = [
            Answer::close().at_accept(),
            Answer::close().reset().at_accept(),
            Answer::raw("220 smtp.example ESMTP\r\n").at_accept(),
            Answer::close(),
            Answer::close().reset(),
            Answer::close().reset_stream(8),
            Answer::close().half_close(),
        ];
        for fault in faults {
            let server = transport.start([fault, Answer::stream("data: a\n\n").hold()]);
            let mut updates = transport.updates(&server);
            updates.expect_loss_and_wait().await;
            updates.expect_open().await;
            updates.expect_event("a").await;
        }
    });
}

#[test]
fn a_server_that_comes_up_late() {
    over_every_transport(async |transport| {
        let port = ClosedPort::new();
        let url = format!("{}://{}/", transport.scheme(), port.address());
        let mut updates = transport.builder(&url).build().unwrap().updates();
        for _ in 0..3 {
            assert!(updates.expect_loss_and_wait().await.is_connect());
        }
        let _server = transport
            .server()
            .listener(port.listen())
            .answers([Answer::stream("data: a\n\n").hold()])
            .start();
        updates.expect_open().await;
        updates.expect_event("a").await;
    });
}

#[test]
fn a_sequence_of_statuses() {
    over_every_transport(async |transport| {
        let server = transport.start([
            Answer::status(503)
                .header("Retry-After", "60")
                .send("later"),
            Answer::status(429),
            Answer::status(500),
            Answer::stream("data: a\n\n").hold(),
        ]);
        let mut updates = transport.updates(&server);
        let (delay, cause) = updates.expect_loss().await;
        assert!(delay >= Duration::from_secs(60), "{delay:?}");
        assert_eq!(
            (cause.status().unwrap().as_u16(), cause.body()),
            (503, &b"later"[..])
        );
        // Not a moment early.
        advance(delay - Duration::from_millis(3)).await;
        for _ in 0..100 {
            assert!(updates.next().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        assert_eq!(server.requests().len(), 1);
        advance(Duration::from_millis(3)).await;
        for status in [429, 500] {
            let cause = updates.expect_loss_and_wait().await;
            assert_eq!(cause.status().unwrap(), status);
        }
        updates.expect_open().await;
        updates.expect_event("a").await;
    });
}

#[test]
fn a_wrong_type_is_final_and_its_body_can_be_read() {
    over_every_transport(async |transport| {
        for answer in [
            Answer::status(200).content_type("text/html").send("<html>"),
            Answer::status(200).send("<html>"),
        ] {
            let server = transport.start([answer]);
            let mut updates = transport.updates(&server);
            let error = updates.expect_failure().await;
            assert!(error.is_not_event_stream() && error.is_final());
            assert_eq!(error.status().unwrap(), 200);
            assert!(updates.next().await.is_none());
        }
    });
}

#[test]
fn no_content_is_the_end() {
    over_every_transport(async |transport| {
        let server = transport.start([Answer::stream("data: a\n\n"), Answer::status(204)]);
        let mut updates = transport.updates(&server);
        updates.expect_open().await;
        updates.expect_event("a").await;
        updates.expect_loss_and_wait().await;
        assert!(matches!(updates.expect().await, Update::Closed { .. }));
        assert!(updates.next().await.is_none());
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn a_limit_on_attempts_holds_when_connections_are_accepted_and_bring_nothing() {
    over_every_transport(async |transport| {
        let server = transport
            .server()
            .otherwise(Answer::stream(": hello\n\n"))
            .start();
        let mut updates = (transport.builder(&server.url("/")))
            .policy(Policy::default().max_attempts(Some(3)))
            .build()
            .unwrap()
            .updates();
        for _ in 0..3 {
            updates.expect_open().await;
            updates.expect_loss_and_wait().await;
        }
        updates.expect_open().await;
        let error = loop {
            match updates.expect().await {
                Update::Closed { why, .. } => break why,
                Update::Open(_) | Update::Event(_) | Update::Reconnecting { .. } => {
                    panic!("goes on")
                }
                _ => {}
            }
        };
        assert!(
            matches!(error, sse_client::CloseReason::Failed(error) if error.is_retries_exhausted())
        );
        assert_eq!(server.requests().len(), 4);
    });
}

#[test]
fn dropping_the_stream_closes_its_connection() {
    over_every_transport(async |transport| {
        let server = transport.start([Answer::stream("data: a\n\n").hold()]);
        let mut updates = transport.updates(&server);
        updates.expect_open().await;
        updates.expect_event("a").await;
        drop(updates);
        server.accept().await.closed().await;
        server.closed(1).await;
    });
}

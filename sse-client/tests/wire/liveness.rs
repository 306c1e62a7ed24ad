//! Dead and stalled connections are noticed, and not used again.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use sse_test_kit::clock::advance;
use sse_test_kit::{Answer, Signal};

use crate::support::{Expect, over_every_transport};

#[test]
fn a_frozen_connection_is_noticed_and_not_used_again() {
    over_every_transport(async |transport| {
        let server = transport.start([
            Answer::stream("data: a\n\n").freeze(),
            Answer::stream("data: b\n\n").hold(),
        ]);
        let mut updates = (transport.builder(&server.url("/")))
            .idle_timeout(Some(Duration::from_secs(10)))
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(11)).await;
        let cause = updates.expect_loss_and_wait().await;
        assert!(cause.is_timeout());
        updates.expect_open().await;
        updates.expect_event("b").await;
        assert_eq!(server.connections(), 2);
        // The dead one is hung up.
        server.closed(1).await;
    });
}

#[test]
fn a_server_that_never_answers_is_noticed() {
    over_every_transport(async |transport| {
        let answers = [
            Answer::close().freeze().at_accept(),
            Answer::close().freeze(),
            Answer::silence(),
        ];
        for answer in answers {
            let is_before_the_request = format!("{answer:?}").contains("at_accept: true");
            let server = transport.start([answer, Answer::stream("data: a\n\n").hold()]);
            let mut updates = (transport.builder(&server.url("/")))
                .response_timeout(Some(Duration::from_secs(30)))
                .build()
                .unwrap()
                .updates();
            // Until the request has gone out, as far as it goes.
            while server.connections() == 0
                || (server.requests().is_empty() && !is_before_the_request)
            {
                assert!(updates.next().now_or_never().is_none());
                tokio::task::yield_now().await;
            }
            advance(Duration::from_secs(31)).await;
            assert!(updates.expect_loss_and_wait().await.is_timeout());
            server.closed(1).await;
            updates.expect_open().await;
            updates.expect_event("a").await;
        }
    });
}

#[test]
fn comments_do_not_hide_a_stalled_producer() {
    over_every_transport(async |transport| {
        let later = Signal::new();
        let server = transport.start([Answer::stream("data: a\n\n")
            .wait(&later)
            .send(":\n")
            .hold()]);
        let mut updates = (transport.builder(&server.url("/")))
            .event_timeout(Some(Duration::from_secs(10)))
            .comments(true)
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(9)).await;
        later.give();
        // The comment.
        updates.expect().await;
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(2)).await;
        assert!(updates.expect_loss().await.1.is_timeout());
    });
}

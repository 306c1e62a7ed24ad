//! Streams that are compressed, over every transport.

use futures_util::{FutureExt, StreamExt};
use sse_test_kit::{Answer, Signal};

use crate::support::{Expect, over_every_transport};

#[test]
fn each_event_arrives_when_it_is_flushed_in_whatever_pieces() {
    over_every_transport(async |transport| {
        for size in [1, 7, 100_000] {
            let (first, second) = (Signal::new(), Signal::new());
            let server = transport.start([
                Answer::stream("")
                    .gzip()
                    .in_pieces(size)
                    .send("id: 1\ndata: a\n\n")
                    .wait(&first)
                    .send("id: 2\ndata: b\n\nid: 3\ndata: lo")
                    .wait(&second)
                    .cut(),
                Answer::stream("data: c\n\n").gzip().hold(),
            ]);
            let mut updates = (transport.builder(&server.url("/")))
                .compression(true)
                .build()
                .unwrap()
                .updates();
            updates.expect_open().await;
            updates.expect_event("a").await;
            first.give();
            updates.expect_event("b").await;
            second.give();
            updates.expect_loss_and_wait().await;
            updates.expect_open().await;
            updates.expect_event("c").await;
            let request = server.request(1).await;
            assert_eq!(request.header("last-event-id"), Some("2"));
            assert!(request.header("accept-encoding").unwrap().contains("gzip"));
        }
    });
}

#[test]
fn what_the_server_holds_back_comes_late_and_whole() {
    over_every_transport(async |transport| {
        let (sent, more) = (Signal::new(), Signal::new());
        let server = transport.start([Answer::stream("data: a\n\n")
            .gzip_without_flush()
            .give(&sent)
            .wait(&more)
            .send("data: b\n\n")
            .flush()
            .hold()]);
        let mut updates = (transport.builder(&server.url("/")))
            .compression(true)
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        // The client reads meanwhile, and gets nothing of use.
        while !sent.is_given() {
            assert!(updates.next().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            assert!(updates.next().now_or_never().is_none());
            tokio::task::yield_now().await;
        }
        more.give();
        updates.expect_event("a").await;
        updates.expect_event("b").await;
    });
}

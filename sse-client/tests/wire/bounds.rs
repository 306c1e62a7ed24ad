//! What a peer sends is held back by the consumer's pace, and bounded where it cannot be.

use futures_util::StreamExt;
use sse_client::{ParseErrorKind, Update};
use sse_test_kit::{Answer, Signal};

use crate::support::{Expect, over_every_transport};

#[test]
fn a_consumer_that_does_not_read_holds_the_server_back() {
    over_every_transport(async |transport| {
        let sent = Signal::new();
        // More than all buffers between here and there: those of the kernel grow to some megabytes.
        let event = format!("data: {}\n\n", "x".repeat(64 * 1024 - 8));
        let server = transport.start([Answer::stream("data: a\n\n")
            .send_repeated(event, 512)
            .give(&sent)
            .hold()]);
        let mut updates = transport.updates(&server);
        updates.expect_open().await;
        updates.expect_event("a").await;
        for _ in 0..2_000 {
            tokio::task::yield_now().await;
        }
        assert!(!sent.is_given());
        for _ in 0..512 {
            assert!(matches!(updates.next().await, Some(Update::Event(_))));
        }
        sent.given().await;
    });
}

#[test]
fn a_line_of_64_mib_without_an_end_meets_the_limit() {
    over_every_transport(async |transport| {
        let server = transport.start([Answer::stream("id: 1\ndata: ")
            .send_repeated("x".repeat(64 * 1024), 1024)
            .send("\n\ndata: a\n\n")
            .hold()]);
        let mut updates = transport.updates(&server);
        updates.expect_open().await;
        match updates.expect().await {
            Update::Error(error) => {
                let kind = error.parse_error().unwrap().kind();
                assert!(
                    matches!(kind, ParseErrorKind::TooLarge { limit, .. } if limit == 16 << 20)
                );
                assert!(!error.is_final());
            }
            other => panic!("no error: {other:?}"),
        }
        updates.expect_event("a").await;
        // The ID of the event that was too large counts, or a reconnect would bring it again.
        assert_eq!(updates.last_event_id(), "1");
    });
}

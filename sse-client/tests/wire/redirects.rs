//! Redirects, over every transport, and from one origin to another.

use sse_client::LastEventId;
use sse_test_kit::Answer;

use crate::support::{Expect, over_every_transport};

#[test]
fn every_kind_is_followed_relative_or_not() {
    over_every_transport(async |transport| {
        for status in [301, 302, 303, 307, 308] {
            let server = transport.start([
                Answer::redirect(status, "b?c"),
                Answer::redirect(status, "/d"),
                Answer::stream("data: a\n\n"),
                Answer::stream("data: b\n\n").hold(),
            ]);
            let mut updates = (transport.builder(&server.url("/a/a")))
                .build()
                .unwrap()
                .updates();
            updates.expect_open().await;
            updates.expect_event("a").await;
            updates.expect_loss_and_wait().await;
            updates.expect_open().await;
            updates.expect_event("b").await;
            let targets: Vec<_> = server
                .requests()
                .iter()
                .map(|request| request.target().to_owned())
                .collect();
            // A reconnect asks the original URL.
            assert_eq!(targets, ["/a/a", "/a/b?c", "/d", "/a/a"], "{status}");
        }
    });
}

#[test]
fn a_307_to_another_host_does_not_carry_secrets() {
    over_every_transport(async |transport| {
        let there = transport.start([Answer::stream("data: a\n\n").hold()]);
        let server = transport.start([Answer::redirect(307, there.url("/there"))]);
        let mut updates = (transport.builder(&server.url("/")))
            .header("Authorization", "Bearer secret")
            .header("x-api-key", "secret")
            .header("Cookie", "secret")
            .last_event_id(LastEventId::from_static("7"))
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        let (here, there) = (server.request(0).await, there.request(0).await);
        for name in ["authorization", "x-api-key", "cookie"] {
            assert!(here.header(name).is_some(), "{name}");
            assert_eq!(there.header(name), None, "{name}");
        }
        assert_eq!(there.target(), "/there");
        assert_eq!(there.header("last-event-id"), Some("7"));
    });
}

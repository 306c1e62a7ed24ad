//! What goes over the wire: headers, the last event ID, redirects, and the caller's own HTTP client.

use std::time::Duration;

use futures_util::TryStreamExt;
use sse_client::{EventSource, LastEventId, Policy};
use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, ClosedPort, Server, Signal};

use crate::support::{Expect, builder, silent_until};

#[test]
fn asks_for_an_event_stream() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let mut events = builder(&server.url("/path?query#fragment"))
            .build()
            .unwrap();
        events.try_next().await.unwrap();
        let request = &server.requests()[0];
        assert_eq!(request.to_string(), "GET /path?query HTTP/1.1");
        assert_eq!(
            request.header("host").unwrap(),
            server.address().to_string()
        );
        assert_eq!(request.header("accept").unwrap(), "text/event-stream");
        assert_eq!(request.header("cache-control").unwrap(), "no-cache");
        assert_eq!(request.header("accept-encoding").unwrap(), "identity");
    });
}

#[test]
fn the_callers_headers_win() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let mut events = builder(&server.url("/"))
            .header("Accept", "text/event-stream, application/json")
            .header("Cache-Control", "no-store")
            .header("x-two", "1")
            .header("x-two", "2")
            .build()
            .unwrap();
        events.try_next().await.unwrap();
        let request = &server.requests()[0];
        assert_eq!(
            request.header("accept").unwrap(),
            "text/event-stream, application/json"
        );
        assert_eq!(request.header("cache-control").unwrap(), "no-store");
        assert_eq!(request.header_values("x-two"), [b"1", b"2"]);
    });
}

#[test]
fn credentials_of_the_url_are_sent_and_kept_by_a_redirect_within_the_origin() {
    run(async {
        let elsewhere = ClosedPort::new();
        let server = Server::start([
            Answer::redirect(301, "/b"),
            Answer::status(404).header("Location", elsewhere.url("/b")),
        ]);
        let url = server.url("/").replace("http://", "http://user:pass@");
        let mut updates = builder(&url).build().unwrap().updates();
        updates.expect_failed().await;
        for request in server.requests() {
            // "user:pass" in base 64.
            assert_eq!(
                request.header("authorization").unwrap(),
                "Basic dXNlcjpwYXNz"
            );
            assert_eq!(
                request.header("host").unwrap(),
                server.address().to_string()
            );
        }
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn a_last_event_id_travels_as_its_utf_8_bytes() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let id = LastEventId::from_static("ünï 漢");
        let mut events = builder(&server.url("/")).last_event_id(id).build().unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert_eq!(event.last_event_id(), "ünï 漢");
        assert_eq!(
            server.requests()[0].header_values("last-event-id"),
            ["ünï 漢".as_bytes()]
        );
    });
}

#[test]
fn an_id_that_http_cannot_carry_is_left_out_and_reported() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid: \u{1}\ndata: b\n\n"),
            Answer::stream("data: c\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        updates.expect_event("b").await;
        advance(updates.expect_reconnecting().await.0).await;
        assert!(updates.expect_error().await.is_last_event_id_not_sent());
        updates.expect_open().await;
        updates.expect_event("c").await;
        assert_eq!(server.requests()[1].header("last-event-id"), None);
    });
}

#[test]
fn more_than_twenty_redirects_are_final() {
    run(async {
        let server = Server::start(vec![Answer::redirect(302, "/"); 30]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let error = updates.expect_failed().await;
        assert!(error.is_redirect());
        assert_eq!(server.requests().len(), 21);
    });
}

#[test]
fn a_reconnect_asks_the_original_url_or_by_the_standard_the_last() {
    for (policy, asked) in [(Policy::resilient(), "/a"), (Policy::standard(), "/b")] {
        run(async {
            let server = Server::start([
                Answer::redirect(301, "b"),
                Answer::stream(""),
                Answer::silence(),
            ]);
            let mut updates = builder(&server.url("/a"))
                .policy(policy)
                .build()
                .unwrap()
                .updates();
            assert_eq!(updates.expect_open().await.url(), server.url("/b"));
            advance(updates.expect_reconnecting().await.0).await;
            silent_until(&mut updates, server.request(2)).await;
            let request = server.requests()[2].to_string();
            assert_eq!(request, format!("GET {asked} HTTP/1.1"));
        });
    }
}

#[test]
fn a_total_timeout_of_the_callers_client_does_not_cut_the_stream() {
    run(async {
        let later = Signal::new();
        let server = Server::start([Answer::stream("data: a\n\n")
            .wait(&later)
            .send("data: b\n\n")
            .hold()]);
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(1))
            .no_proxy()
            .build()
            .unwrap();
        let mut events = builder(&server.url("/")).client(client).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        advance(Duration::from_secs(3_600)).await;
        later.give();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");
    });
}

#[test]
fn the_redirect_policy_of_the_callers_client_holds() {
    run(async {
        let server = Server::start(vec![Answer::redirect(302, "/"); 30]);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut updates = builder(&server.url("/"))
            .client(client)
            .build()
            .unwrap()
            .updates();
        let error = updates.expect_failed().await;
        assert!(error.is_redirect() && error.status().is_none(), "{error:?}");
        assert_eq!(server.requests().len(), 11);
    });
}

#[test]
#[cfg(not(any(feature = "default-tls", feature = "native-tls", feature = "rustls")))]
fn https_fails_at_once_without_tls_and_says_which_feature_to_enable() {
    run(async {
        // By a redirect, and by a client of the caller's.
        let server = Server::start([Answer::redirect(307, "https://127.0.0.1/")]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let error = updates.expect_failed().await;
        assert!(
            error.is_builder() && error.to_string().contains("enable the feature"),
            "{error:?}"
        );
        let mut updates = builder("https://127.0.0.1/")
            .client(reqwest::Client::new())
            .build()
            .unwrap()
            .updates();
        assert!(updates.expect_failed().await.is_builder());
    });
}

#[test]
fn nothing_is_sent_before_the_first_poll() {
    run(async {
        let server = Server::start([]);
        let events = EventSource::get(server.url("/")).unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.requests().len(), 0);
        drop(events);
    });
}

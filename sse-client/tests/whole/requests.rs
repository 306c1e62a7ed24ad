//! What goes over the wire: headers, the last event ID, redirects, and the caller's own HTTP client.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{EventSource, LastEventId, Policy};
use tokio::sync::watch;

use crate::support::{Expect, Script, Server, advance, builder, run};

#[test]
fn asks_for_an_event_stream() {
    run(async {
        let server = Server::start([Script::stream("data: a\n\n").hold()]).await;
        let mut events = builder(&server.url("/path?query#fragment"))
            .build()
            .unwrap();
        events.try_next().await.unwrap();
        let request = &server.requests()[0];
        assert_eq!(request.line(), "GET /path?query HTTP/1.1");
        assert_eq!(request.header("host").unwrap(), server.host());
        assert_eq!(request.header("accept").unwrap(), "text/event-stream");
        assert_eq!(request.header("cache-control").unwrap(), "no-cache");
        assert_eq!(request.header("accept-encoding").unwrap(), "identity");
    });
}

#[test]
fn the_callers_headers_win() {
    run(async {
        let server = Server::start([Script::stream("data: a\n\n").hold()]).await;
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
        assert_eq!(request.headers("x-two"), [b"1", b"2"]);
    });
}

#[test]
fn credentials_of_the_url_are_sent_and_kept_by_a_redirect_within_the_origin() {
    run(async {
        let server = Server::start([]).await;
        let location = format!("Location: {}\r\n", server.url("/b"));
        drop(server);
        let server = Server::start([
            Script::status("301 Moved Permanently", "Location: /b\r\n"),
            Script::status("404 Not Found", &location),
        ])
        .await;
        let url = server.url("/").replace("http://", "http://user:pass@");
        let mut updates = builder(&url).build().unwrap().updates();
        updates.expect_failed().await;
        for request in server.requests() {
            // "user:pass" in base 64.
            assert_eq!(
                request.header("authorization").unwrap(),
                "Basic dXNlcjpwYXNz"
            );
            assert_eq!(request.header("host").unwrap(), server.host());
        }
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn a_last_event_id_travels_as_its_utf_8_bytes() {
    run(async {
        let server = Server::start([Script::stream("data: a\n\n").hold()]).await;
        let id = LastEventId::from_static("ünï 漢");
        let mut events = builder(&server.url("/")).last_event_id(id).build().unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert_eq!(event.last_event_id(), "ünï 漢");
        assert_eq!(
            server.requests()[0].headers("last-event-id"),
            ["ünï 漢".as_bytes()]
        );
    });
}

#[test]
fn an_id_that_http_cannot_carry_is_left_out_and_reported() {
    run(async {
        let server = Server::start([
            Script::stream("id: 1\ndata: a\n\nid: \u{1}\ndata: b\n\n"),
            Script::stream("data: c\n\n").hold(),
        ])
        .await;
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
        let server =
            Server::start((0..30).map(|_| Script::status("302 Found", "Location: /\r\n"))).await;
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
                Script::status("301 Moved Permanently", "Location: b\r\n"),
                Script::stream(""),
                Script::new().hold(),
            ])
            .await;
            let mut updates = builder(&server.url("/a"))
                .policy(policy)
                .build()
                .unwrap()
                .updates();
            assert_eq!(updates.expect_open().await.url(), server.url("/b"));
            advance(updates.expect_reconnecting().await.0).await;
            while server.requests().len() < 3 {
                assert!(updates.next().now_or_never().is_none());
                tokio::task::yield_now().await;
            }
            assert_eq!(server.requests()[2].line(), format!("GET {asked} HTTP/1.1"));
        });
    }
}

#[test]
fn a_total_timeout_of_the_callers_client_does_not_cut_the_stream() {
    run(async {
        let (later, _) = watch::channel(false);
        let server = Server::start([Script::stream("data: a\n\n")
            .wait(&later)
            .send("data: b\n\n")
            .hold()])
        .await;
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(1))
            .no_proxy()
            .build()
            .unwrap();
        let mut events = builder(&server.url("/")).client(client).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        advance(Duration::from_secs(3_600)).await;
        later.send_replace(true);
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");
    });
}

#[test]
fn the_redirect_policy_of_the_callers_client_holds() {
    run(async {
        let server =
            Server::start((0..30).map(|_| Script::status("302 Found", "Location: /\r\n"))).await;
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
        let server = Server::start([Script::status(
            "307 Temporary Redirect",
            "Location: https://127.0.0.1/\r\n",
        )])
        .await;
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
        let server = Server::start([]).await;
        let events = EventSource::get(server.url("/")).unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert_eq!(server.requests().len(), 0);
        drop(events);
    });
}

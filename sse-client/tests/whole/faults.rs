//! Faults that were measured in other clients, one test each.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt};
use sse_client::{CloseReason, LastEventId, ParseErrorKind, Policy, Update};
use sse_test_kit::clock::{advance, flowing, run};
use sse_test_kit::{Answer, ClosedPort, Server};

use crate::support::{Expect, builder};

#[test]
fn retry_0_is_no_hot_loop() {
    run(async {
        let server = Server::start(vec![Answer::stream("retry: 0\n\n"); 5]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        for attempt in 1..=5 {
            updates.expect_open().await;
            updates.expect_update().await;
            let (delay, n, _) = updates.expect_reconnecting().await;
            assert!(
                n == attempt && delay >= Duration::from_millis(100),
                "{n}: {delay:?}"
            );
            // As long as the clock stands, nothing happens, however often it is asked.
            for _ in 0..100 {
                assert!(updates.next().now_or_never().is_none());
                tokio::task::yield_now().await;
            }
            assert_eq!(server.requests().len(), attempt as usize);
            advance(delay).await;
        }
    });
}

#[test]
fn one_event_and_a_close_again_and_again_is_no_hot_loop() {
    run(async {
        let server = Server::start(vec![Answer::stream("data: a\n\n"); 5]);
        let policy = Policy::default().max_attempts(Some(3));
        let mut updates = builder(&server.url("/"))
            .policy(policy)
            .build()
            .unwrap()
            .updates();
        for _ in 0..5 {
            updates.expect_open().await;
            updates.expect_event("a").await;
            // An event is progress, so the limit is not reached; but each attempt has its delay.
            let (delay, attempt, _) = updates.expect_reconnecting().await;
            assert!(attempt == 1 && delay >= Duration::from_secs(1));
            assert!(updates.next().now_or_never().is_none());
            advance(delay).await;
        }
        assert_eq!(server.requests().len(), 5);
    });
}

#[test]
fn a_limit_on_attempts_holds_although_each_connection_is_accepted() {
    run(async {
        let server = Server::start(vec![Answer::stream(""); 4]);
        let policy = Policy::default().max_attempts(Some(3));
        let mut updates = builder(&server.url("/"))
            .policy(policy)
            .build()
            .unwrap()
            .updates();
        for _ in 0..3 {
            updates.expect_open().await;
            advance(updates.expect_reconnecting().await.0).await;
        }
        updates.expect_open().await;
        // The fourth connection was the third attempt.
        loop {
            match updates.expect_update().await {
                Update::Fruitless { .. } => {}
                Update::Closed {
                    why: CloseReason::Failed(error),
                    ..
                } => {
                    assert!(error.is_retries_exhausted());
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(server.requests().len(), 4);
    });
}

#[test]
fn connections_that_bring_nothing_new_are_reported() {
    run(async {
        let server = Server::start(vec![Answer::stream(":hello\n\n"); 3]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        for number in 1..=3 {
            updates.expect_open().await;
            let mut update = updates.expect_update().await;
            if number == 3 {
                assert!(
                    matches!(update, Update::Fruitless { connections: 3, .. }),
                    "{update:?}"
                );
                update = updates.expect_update().await;
            }
            let Update::Reconnecting { delay, .. } = update else {
                panic!("{update:?}");
            };
            advance(delay).await;
        }
    });
}

#[test]
fn a_refused_connection_is_reported_and_tried_again() {
    run(async {
        let port = ClosedPort::new();
        let mut updates = builder(&port.url("/")).build().unwrap().updates();
        for number in 1..=5 {
            let (delay, attempt, cause) = updates.expect_reconnecting().await;
            assert!(attempt == number && cause.is_connect() && cause.status().is_none());
            advance(delay).await;
        }
    });
}

#[test]
fn a_503_obeys_its_retry_after() {
    run(async {
        let server = Server::start([
            Answer::status(503).header("Retry-After", "7"),
            Answer::stream("data: a\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        let (delay, ..) = updates.expect_reconnecting().await;
        assert!(delay >= Duration::from_secs(7), "{delay:?}");
        assert!(updates.next().now_or_never().is_none());
        assert_eq!(server.requests().len(), 1);
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("a").await;
    });
}

#[test]
fn redirects_302_and_307_are_followed_also_to_a_relative_location() {
    run(async {
        let server = Server::start([
            Answer::redirect(307, "there"),
            Answer::redirect(302, "?further"),
            Answer::stream("data: a\n\n").hold(),
        ]);
        let mut updates = builder(&server.url("/here/")).build().unwrap().updates();
        let head = updates.expect_open().await;
        assert_eq!(head.url(), server.url("/here/there?further"));
        updates.expect_event("a").await;
        assert_eq!(server.requests().len(), 3);
    });
}

#[test]
fn a_post_is_not_repeated() {
    run(async {
        for answer in ["data: [DONE]\n\n", ""] {
            let server = Server::start([Answer::stream(answer)]);
            let mut events = builder(&server.url("/")).method("POST").build().unwrap();
            while flowing(events.try_next()).await.unwrap().is_some() {}
            assert_eq!(server.requests().len(), 1);
        }
    });
}

#[test]
fn polling_after_a_503_does_not_panic() {
    run(async {
        let server = Server::start([Answer::status(503)]);
        let mut events = builder(&server.url("/"))
            .policy(Policy::standard())
            .build()
            .unwrap();
        let error = events.next().await.unwrap().unwrap_err();
        assert!(error.is_final() && error.status().unwrap() == 503);
        for _ in 0..3 {
            assert!(events.next().await.is_none());
        }
    });
}

#[test]
fn polling_after_a_wrong_type_does_not_panic() {
    run(async {
        let server = Server::start([Answer::status(200).content_type("text/html")]);
        let mut events = builder(&server.url("/")).build().unwrap();
        let error = events.next().await.unwrap().unwrap_err();
        assert!(error.is_final() && error.is_not_event_stream());
        for _ in 0..3 {
            assert!(events.next().await.is_none());
        }
    });
}

#[test]
fn no_content_is_the_end() {
    run(async {
        let server = Server::start([Answer::status(204).hold()]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        assert!(matches!(
            updates.expect_closed().await,
            CloseReason::NoContent
        ));
        server.closed(1).await;
        assert_eq!(server.requests().len(), 1);

        let server = Server::start([Answer::status(204).hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        assert!(events.try_next().await.unwrap().is_none());
    });
}

#[test]
fn a_limit_on_attempts_holds_when_the_connection_is_refused() {
    run(async {
        let port = ClosedPort::new();
        let policy = Policy::default().max_attempts(Some(3));
        let mut updates = builder(&port.url("/"))
            .policy(policy)
            .build()
            .unwrap()
            .updates();
        for attempt in 1..=3 {
            let (delay, n, cause) = updates.expect_reconnecting().await;
            assert!(n == attempt && cause.is_connect());
            advance(delay).await;
        }
        let error = updates.expect_failed().await;
        assert!(error.is_retries_exhausted() && error.last_failure().unwrap().is_connect());
    });
}

#[test]
fn retry_in_a_block_without_data_is_obeyed() {
    run(async {
        let server = Server::start([Answer::stream("retry: 5000\n\n")]);
        let mut updates = builder(&server.url("/")).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_update().await;
        assert!(updates.expect_reconnecting().await.0 >= Duration::from_secs(5));
    });
}

#[test]
fn no_empty_last_event_id_is_sent() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid\ndata: b\n\n"),
            Answer::stream("data: c\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/")).build().unwrap();
        for data in ["a", "b", "c"] {
            assert_eq!(
                flowing(events.try_next()).await.unwrap().unwrap().data(),
                data
            );
        }
        for request in server.requests() {
            assert_eq!(request.header_values("last-event-id").len(), 0);
        }
    });
}

#[test]
fn the_id_is_kept_over_two_reconnects_whose_events_carry_none() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 7\ndata: a\n\n"),
            Answer::stream("data: b\n\n"),
            Answer::stream("data: c\n\n"),
            Answer::stream("data: d\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/")).build().unwrap();
        for data in ["a", "b", "c", "d"] {
            let event = flowing(events.try_next()).await.unwrap().unwrap();
            assert_eq!((event.data(), event.last_event_id()), (data, "7"));
        }
        let requests = server.requests();
        let sent: Vec<_> = (requests.iter())
            .map(|request| request.header("last-event-id"))
            .collect();
        assert_eq!(sent, [None, Some("7"), Some("7"), Some("7")]);
    });
}

#[test]
fn an_id_only_block_moves_the_id() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\nid: 2\n\n"),
            Answer::stream("data: b\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/")).build().unwrap();
        for data in ["a", "b"] {
            assert_eq!(
                flowing(events.try_next()).await.unwrap().unwrap().data(),
                data
            );
        }
        assert_eq!(server.requests()[1].header("last-event-id").unwrap(), "2");
    });
}

#[test]
fn secrets_are_not_forwarded_to_another_origin() {
    run(async {
        let other = Server::start([Answer::stream("data: a\n\n").hold()]);
        let server = Server::start([
            Answer::redirect(302, "/here"),
            Answer::redirect(307, other.url("/there")),
        ]);
        let mut events = builder(&server.url("/"))
            .header("Authorization", "Bearer secret")
            .header("x-api-key", "secret")
            .header("Cookie", "secret")
            .header("User-Agent", "test")
            .last_event_id(LastEventId::from_static("7"))
            .build()
            .unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        for request in server.requests() {
            assert_eq!(request.header("authorization").unwrap(), "Bearer secret");
            assert_eq!(request.header("x-api-key").unwrap(), "secret");
        }
        let request = &other.requests()[0];
        assert_eq!(request.to_string(), "GET /there HTTP/1.1");
        for name in ["authorization", "x-api-key", "cookie", "referer"] {
            assert_eq!(request.header(name), None, "{name}");
        }
        assert_eq!(request.header("user-agent").unwrap(), "test");
        assert_eq!(request.header("last-event-id").unwrap(), "7");
    });
}

#[test]
fn one_line_of_8_mib_in_small_pieces_arrives() {
    run(async {
        let mut stream = b"data: ".to_vec();
        stream.resize(8 * 1024 * 1024, b'x');
        let size = stream.len() - 6;
        stream.extend(b"\n\n");
        let server = Server::start([Answer::stream("").in_pieces(1460).send(stream).hold()]);
        let mut events = builder(&server.url("/")).build().unwrap();
        let event = events.try_next().await.unwrap().unwrap();
        assert!(event.data().len() == size && event.data().bytes().all(|byte| byte == b'x'));
    });
}

#[test]
fn a_line_that_never_ends_meets_the_limit() {
    run(async {
        // Far more than the limit. The line does end after all, so that it is seen to go on.
        let server = Server::start([Answer::stream("id: 1\ndata: ")
            .send_repeated("x".repeat(64 * 1024), 1024)
            .send("\n\ndata: a\n\n")
            .hold()]);
        let mut updates = builder(&server.url("/"))
            .max_event_bytes(64 * 1024)
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        let error = updates.expect_error().await;
        let kind = error.parse_error().unwrap().kind();
        assert!(matches!(
            kind,
            ParseErrorKind::TooLarge { limit: 65_536, .. }
        ));
        updates.expect_event("a").await;
        assert_eq!(updates.last_event_id(), "1");
    });
}

#[test]
fn a_stream_that_starts_with_a_byte_order_mark() {
    run(async {
        let server = Server::start([
            Answer::stream("\u{feff}data: a\n\n"),
            Answer::stream("\u{feff}data: b\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/")).build().unwrap();
        for data in ["a", "b"] {
            assert_eq!(
                flowing(events.try_next()).await.unwrap().unwrap().data(),
                data
            );
        }
    });
}

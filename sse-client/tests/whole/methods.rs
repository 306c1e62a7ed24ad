//! Requests that are more than a `GET`: methods and bodies, a hook that prepares each attempt, a `POST` that a `GET` resumes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::TryStreamExt;
use sse_client::CloseReason;
use sse_test_kit::clock::{advance, flowing, run};
use sse_test_kit::{Answer, Request, Server};

use crate::support::{Expect, builder};

#[test]
fn a_post_whose_answer_is_finished_is_not_repeated() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\ndata: [DONE]\n\n")]);
        let mut updates = builder(&server.url("/chat"))
            .method("POST")
            .header("Content-Type", "application/json")
            .body(r#"{"stream":true}"#)
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        updates.expect_event("[DONE]").await;
        let why = updates.expect_closed().await;
        assert!(matches!(why, CloseReason::EndOfBody));
        let [request] = &server.requests()[..] else {
            panic!("more than one request");
        };
        assert_eq!(request.to_string(), "POST /chat HTTP/1.1");
        assert_eq!(request.header("content-type").unwrap(), "application/json");
        assert_eq!(request.header("accept").unwrap(), "text/event-stream");
        assert_eq!(request.body(), r#"{"stream":true}"#);
    });
}

#[test]
fn a_post_whose_answer_is_cut_is_not_repeated() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").content_length(100)]);
        let mut updates = builder(&server.url("/"))
            .method("POST")
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("a").await;
        assert_eq!(updates.expect_failed().await.to_string(), "connection lost");
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn a_fresh_body_is_made_for_each_attempt() {
    run(async {
        let server = Server::start([
            Answer::stream("data: a\n\n"),
            Answer::stream("data: b\n\n").hold(),
        ]);
        let made = AtomicU32::new(0);
        let mut events = builder(&server.url("/"))
            .method("POST")
            .body_with(move || made.fetch_add(1, Ordering::Relaxed).to_string().into())
            .repeat_unsafe(true)
            .build()
            .unwrap();
        for data in ["a", "b"] {
            let event = flowing(events.try_next()).await.unwrap().unwrap();
            assert_eq!(event.data(), data);
        }
        let requests = server.requests();
        let bodies: Vec<_> = requests.iter().map(Request::body).collect();
        assert_eq!(bodies, ["0", "1"]);
    });
}

#[test]
fn each_attempt_has_a_fresh_token_and_401_asks_for_another() {
    run(async {
        let server = Server::start([
            Answer::status(401),
            Answer::stream("data: a\n\n"),
            Answer::stream("data: b\n\n").hold(),
        ]);
        let tokens = Arc::new(AtomicU32::new(0));
        let mut updates = builder(&server.url("/"))
            .prepare(move |attempt| {
                let tokens = Arc::clone(&tokens);
                async move {
                    tokio::task::yield_now().await;
                    let token = tokens.fetch_add(1, Ordering::Relaxed);
                    Ok(attempt.with_header("Authorization", format!("Bearer {token}")))
                }
            })
            .build()
            .unwrap()
            .updates();
        let (delay, _, cause) = updates.expect_reconnecting().await;
        assert!(delay.is_zero() && cause.status().unwrap() == 401);
        // There is nothing to wait for.
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("a").await;
        advance(updates.expect_reconnecting().await.0).await;
        updates.expect_open().await;
        updates.expect_event("b").await;
        let requests = server.requests();
        let tokens: Vec<_> = (requests.iter())
            .map(|request| request.header("authorization").unwrap())
            .collect();
        assert_eq!(tokens, ["Bearer 0", "Bearer 1", "Bearer 2"]);
    });
}

#[test]
fn a_hook_that_fails_is_asked_again() {
    run(async {
        let server = Server::start([Answer::stream("data: a\n\n").hold()]);
        let mut updates = builder(&server.url("/"))
            .prepare(|attempt| async move {
                if attempt.number() == 0 {
                    return Err("no token yet".into());
                }
                Ok(attempt)
            })
            .build()
            .unwrap()
            .updates();
        let (delay, _, cause) = updates.expect_reconnecting().await;
        assert!(cause.is_prepare() && server.requests().is_empty());
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("a").await;
    });
}

#[test]
fn a_post_is_resumed_by_a_get() {
    run(async {
        let server = Server::start([
            Answer::stream("id: 1\ndata: a\n\n"),
            Answer::stream("id: 2\ndata: b\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/mcp"))
            .method("POST")
            .header("Content-Type", "application/json")
            .header("Mcp-Session-Id", "s")
            .body("{}")
            .resume_with(|get| (!get.last_event_id().is_empty()).then_some(get))
            .build()
            .unwrap();
        for data in ["a", "b"] {
            let event = flowing(events.try_next()).await.unwrap().unwrap();
            assert_eq!(event.data(), data);
        }
        let request = &server.requests()[1];
        assert_eq!(request.to_string(), "GET /mcp HTTP/1.1");
        assert_eq!(request.header("last-event-id").unwrap(), "1");
        assert_eq!(request.header("mcp-session-id").unwrap(), "s");
        assert_eq!(request.header("content-type"), None);
        assert_eq!(request.header("content-length"), None);
    });
}

#[test]
fn a_redirect_takes_the_body_along_within_the_origin() {
    run(async {
        let server = Server::start([
            Answer::redirect(307, "/there"),
            Answer::stream("data: a\n\n").hold(),
        ]);
        let mut events = builder(&server.url("/"))
            .method("POST")
            .body("question")
            .build()
            .unwrap();
        events.try_next().await.unwrap();
        let request = &server.requests()[1];
        assert_eq!(request.to_string(), "POST /there HTTP/1.1");
        assert_eq!(request.body(), "question");
    });
}

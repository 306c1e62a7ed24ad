//! Which request is sent: methods that are not safe are not repeated, hooks prepare each attempt, another request resumes.

use std::sync::Arc;

use http::Method;
use http::header::AUTHORIZATION;

use super::*;
use crate::outgoing::{MakeBody, Resume};

fn post() -> Settings {
    let mut settings = settings();
    settings.request.method = Method::POST;
    settings.request.body = Some(MakeBody(Arc::new(|| Bytes::from_static(b"question"))));
    for (name, value) in [(CONTENT_TYPE, "application/json"), (AUTHORIZATION, "me")] {
        let value = HeaderValue::from_static(value);
        settings.request.headers.append(name, value);
    }
    settings
}

fn resumed(resume: impl Fn(Attempt) -> Option<Attempt> + Send + Sync + 'static) -> Settings {
    let mut settings = post();
    settings.request.resume = Some(Resume(Arc::new(resume)));
    settings
}

fn with_hook(mut settings: Settings) -> Connection {
    settings.has_hook = true;
    Connection::new(settings)
}

fn expect_prepare(connection: &mut Connection) -> Attempt {
    match connection.next() {
        Action::Prepare(attempt) => {
            connection.expect_read();
            attempt
        }
        other => panic!("not to be prepared: {other:?}"),
    }
}

fn refuse(connection: &mut Connection, status: u16, headers: &[(http::HeaderName, &str)]) {
    connection.head(at(0), head_with(status, headers));
    if connection.needs_transport() {
        connection.end(at(0));
    }
}

#[test]
fn the_end_of_a_post_is_the_end_of_the_stream() {
    let mut connection = Connection::new(post());
    let request = connection.expect_send();
    assert_eq!(request.method, Method::POST);
    assert_eq!(request.body, "question");
    connection.head(at(0), event_stream());
    connection.expect_yield();
    connection.chunk(at(0), Bytes::from_static(b"id: 1\ndata: [DONE]\n\n"));
    connection.expect_events(&["[DONE]"]);
    connection.end(at(0));
    let closed = connection.expect_yield();
    assert!(matches!(
        closed,
        Update::Closed {
            why: CloseReason::EndOfBody,
            ..
        }
    ));
    assert_eq!(
        closed.explain().unwrap().to_string(),
        "event stream ended, the request is not repeated, since its method is not safe, the end"
    );
    assert!(matches!(connection.next(), Action::End));
}

#[test]
fn a_post_that_may_have_arrived_is_not_repeated() {
    let mut connection = Connection::new(post());
    connection.expect_send();
    connection.failed(at(0), lost());
    failed_with(connection.expect_closed());

    // The connection is lost behind an event.
    let mut connection = Connection::new(post());
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"data: a\n\n"));
    connection.expect_events(&["a"]);
    connection.failed(at(0), lost());
    failed_with(connection.expect_closed());

    let mut connection = Connection::new(post());
    connection.expect_send();
    assert_eq!(connection.deadline(at(0).time), Some(at(30).time));
    connection.timer(at(30));
    assert!(failed_with(connection.expect_closed()).is_timeout());

    for status in [429, 503] {
        let mut connection = Connection::new(post());
        connection.expect_send();
        refuse(&mut connection, status, &[(RETRY_AFTER, "1")]);
        let error = failed_with(connection.expect_closed());
        assert_eq!(error.status().unwrap(), status);
    }
}

#[test]
fn a_post_that_has_not_been_sent_is_tried_again() {
    let mut connection = Connection::new(post());
    connection.expect_send();
    let source: Source = "connection refused".into();
    connection.failed(
        at(0),
        Error::passing(Kind::Transport {
            stage: Stage::Connect,
            is_timeout: false,
            source,
        }),
    );
    connection.expect_reconnecting();
    connection.timer(at(1));
    assert_eq!(connection.expect_send().body, "question");
}

#[test]
fn a_post_is_repeated_if_that_is_allowed() {
    let mut settings = post();
    settings.request.repeat_unsafe = true;
    let mut connection = Connection::new(settings);
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"id: 1\ndata: a\n\n"));
    connection.expect_events(&["a"]);
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.timer(at(1));
    let request = connection.expect_send();
    assert_eq!(
        (request.method.as_str(), &request.body[..]),
        ("POST", &b"question"[..])
    );
    assert_eq!(sent_id(&request), Some(b"1".as_slice()));
}

#[test]
fn the_wish_to_reconnect_does_not_repeat_a_post_either() {
    let mut connection = Connection::new(post());
    connection.open(at(0));
    connection.reconnect_now(at(0).time);
    connection.chunk(at(0), Bytes::from_static(b"data: a\n\n"));
    connection.expect_events(&["a"]);
}

#[test]
fn nor_does_it_repeat_a_post_that_a_redirect_has_answered() {
    let mut connection = Connection::new(post());
    connection.expect_send();
    // The server has done what was asked, and tells where the result is.
    connection.head(at(0), head_with(303, &[(LOCATION, "/result")]));
    connection.reconnect_now(at(0).time);
    let request = connection.expect_send();
    assert_eq!(
        (request.method.as_str(), request.url.path()),
        ("GET", "/result")
    );
}

#[test]
fn a_hook_that_is_asked_again_at_once_is_told_the_same() {
    let mut connection = with_hook(settings());
    let attempt = expect_prepare(&mut connection);
    connection.prepared(at(0), Ok(attempt));
    connection.expect_send();
    refuse(&mut connection, 401, &[]);
    connection.expect_reconnecting();
    connection.timer(at(0));
    let attempt = expect_prepare(&mut connection);
    assert_eq!(attempt.cause().unwrap().status().unwrap(), 401);
    connection.reconnect_now(at(0).time);
    let attempt = expect_prepare(&mut connection);
    assert_eq!(attempt.cause().unwrap().status().unwrap(), 401);
    // Once it was sent, that is over.
    connection.prepared(at(0), Ok(attempt));
    connection.open(at(0));
    connection.reconnect_now(at(0).time);
    assert!(expect_prepare(&mut connection).cause().is_none());
}

#[test]
fn a_post_is_resumed_by_a_get() {
    let mut connection = Connection::new(resumed(|get| Some(get.with_header("x-resumed", "1"))));
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"id: 1\ndata: a\n\n"));
    connection.expect_events(&["a"]);
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.timer(at(1));
    for seconds in 1..3 {
        let request = connection.expect_send();
        assert_eq!((request.method.as_str(), request.body.len()), ("GET", 0));
        assert_eq!(sent_id(&request), Some(b"1".as_slice()));
        assert!(!request.headers.contains_key(CONTENT_TYPE));
        assert!(request.headers.contains_key(AUTHORIZATION));
        assert_eq!(request.headers["x-resumed"], "1");
        // What resumes can be lost, and sent again.
        connection.failed(at(seconds), lost());
        connection.expect_reconnecting();
        connection.timer(at(99));
    }
}

#[test]
fn without_anything_to_resume_with_the_end_of_the_body_is_the_end() {
    let needs_id = |get: Attempt| (!get.last_event_id().is_empty()).then_some(get);
    let mut connection = Connection::new(resumed(needs_id));
    connection.open(at(0));
    connection.end(at(0));
    let closed = connection.expect_closed();
    assert!(matches!(closed, CloseReason::EndOfBody));

    let mut connection = Connection::new(resumed(needs_id));
    connection.open(at(0));
    connection.failed(at(0), lost());
    failed_with(connection.expect_closed());

    // There was no stream yet.
    let mut connection = Connection::new(resumed(Some));
    connection.expect_send();
    refuse(&mut connection, 503, &[]);
    failed_with(connection.expect_closed());
}

#[test]
fn each_attempt_is_prepared_and_a_redirect_is_none() {
    let mut connection = with_hook(settings());
    let attempt = expect_prepare(&mut connection);
    assert_eq!((attempt.number(), attempt.cause().is_none()), (0, true));
    let changed = attempt
        .with_method("PUT")
        .with_url("http://elsewhere/path")
        .with_header("authorization", "token 1");
    connection.prepared(at(0), Ok(changed));
    let request = connection.expect_send();
    assert_eq!(request.method, Method::PUT);
    assert_eq!(request.url.as_str(), "http://elsewhere/path");
    assert_eq!(request.headers[AUTHORIZATION], "token 1");
    refuse(&mut connection, 302, &[(LOCATION, "/other")]);
    assert_eq!(connection.expect_send().url.path(), "/other");

    let mut connection = with_hook(settings());
    let attempt = expect_prepare(&mut connection);
    connection.prepared(at(0), Ok(attempt));
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"id: 1\n\n"));
    connection.expect_read();
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.timer(at(1));
    let attempt = expect_prepare(&mut connection);
    assert_eq!((attempt.number(), attempt.last_event_id()), (1, "1"));
    assert!(attempt.cause().unwrap().is_end_of_body());
}

#[test]
fn a_hook_that_fails_or_hangs_is_asked_again() {
    let mut connection = with_hook(post());
    let _ = expect_prepare(&mut connection);
    connection.prepared(at(0), Err("no token".into()));
    let cause = connection.expect_reconnecting().2;
    assert!(cause.is_prepare());
    assert_eq!(
        std::error::Error::source(&cause).unwrap().to_string(),
        "no token"
    );
    connection.timer(at(1));

    let _ = expect_prepare(&mut connection);
    assert!(connection.needs_transport());
    assert_eq!(connection.deadline(at(1).time), Some(at(31).time));
    connection.timer(at(31));
    assert!(connection.expect_reconnecting().2.is_timeout());
    // Too late.
    connection.prepared(at(32), Err("no token".into()));
    assert!(matches!(connection.next(), Action::Wait));
}

#[test]
fn what_is_wrong_with_a_prepared_attempt_is_final() {
    let mut connection = with_hook(settings());
    let attempt = expect_prepare(&mut connection).with_url("ftp://host/");
    connection.prepared(at(0), Ok(attempt));
    assert!(failed_with(connection.expect_closed()).is_builder());
}

#[test]
fn other_credentials_are_asked_for_once_and_again_after_an_event() {
    for status in [401, 407] {
        let mut connection = with_hook(post());
        let attempt = expect_prepare(&mut connection);
        connection.prepared(at(0), Ok(attempt));
        connection.expect_send();
        refuse(&mut connection, status, &[]);
        // Although it is a POST: the server has done nothing.
        let update = connection.expect_yield();
        assert!(matches!(
            update,
            Update::Reconnecting {
                delay: Duration::ZERO,
                ..
            }
        ));
        assert_eq!(
            update.explain().unwrap().to_string(),
            format!(
                "{status}, asking for other credentials, waiting 0 s, attempt 1, without a last event ID"
            )
        );
        connection.timer(at(0));
        let attempt = expect_prepare(&mut connection);
        assert_eq!(attempt.cause().unwrap().status().unwrap(), status);
        connection.prepared(at(0), Ok(attempt));
        connection.expect_send();
        refuse(&mut connection, status, &[]);
        failed_with(connection.expect_closed());
    }

    let mut connection = with_hook(settings());
    for _ in 0..3 {
        let attempt = expect_prepare(&mut connection);
        connection.prepared(at(0), Ok(attempt));
        connection.expect_send();
        refuse(&mut connection, 401, &[]);
        connection.expect_reconnecting();
        connection.timer(at(0));
        let attempt = expect_prepare(&mut connection);
        connection.prepared(at(0), Ok(attempt));
        connection.open(at(0));
        connection.chunk(at(0), Bytes::from_static(b"data: a\n\n"));
        connection.expect_events(&["a"]);
        connection.end(at(0));
        connection.expect_reconnecting();
        connection.timer(at(99));
    }
}

#[test]
fn without_a_hook_or_by_the_standard_401_is_final() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    refuse(&mut connection, 401, &[]);
    failed_with(connection.expect_closed());

    let mut connection = with_hook(Settings {
        policy: Policy::standard(),
        ..settings()
    });
    let attempt = expect_prepare(&mut connection);
    connection.prepared(at(0), Ok(attempt));
    connection.expect_send();
    refuse(&mut connection, 401, &[]);
    failed_with(connection.expect_closed());
}

#[test]
fn redirects_of_a_post() {
    for (status, method) in [
        (301, "GET"),
        (302, "GET"),
        (303, "GET"),
        (307, "POST"),
        (308, "POST"),
    ] {
        let mut connection = Connection::new(post());
        connection.expect_send();
        refuse(&mut connection, status, &[(LOCATION, "/other")]);
        let request = connection.expect_send();
        assert_eq!(request.method, method, "{status}");
        assert_eq!(request.body.is_empty(), method == "GET");
        assert_eq!(request.headers.contains_key(CONTENT_TYPE), method == "POST");
        assert!(request.headers.contains_key(AUTHORIZATION));
    }
}

#[test]
fn a_body_does_not_go_to_another_origin() {
    for (status, goes) in [(303, true), (307, false), (308, false)] {
        let mut connection = Connection::new(post());
        connection.expect_send();
        refuse(&mut connection, status, &[(LOCATION, "http://other/")]);
        if goes {
            let request = connection.expect_send();
            assert!(request.body.is_empty() && !request.headers.contains_key(AUTHORIZATION));
        } else {
            let error = failed_with(connection.expect_closed());
            assert!(error.is_redirect() && error.to_string().contains("another origin"));
        }
    }
}

#[test]
fn a_post_that_a_redirect_has_made_a_get_is_not_repeated_either() {
    let mut connection = Connection::new(post());
    connection.expect_send();
    refuse(&mut connection, 303, &[(LOCATION, "/result")]);
    connection.open(at(0));
    connection.end(at(0));
    assert!(matches!(connection.expect_closed(), CloseReason::EndOfBody));
}

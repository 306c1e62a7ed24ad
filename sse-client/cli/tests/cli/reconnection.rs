//! Connections that are lost, and those that never come about.

use sse_test_kit::{Answer, ClosedPort};

use crate::support::{Accept, Running, command, server, server_on};

#[test]
fn a_lost_connection_is_reestablished_where_it_was_lost() {
    let server = server();
    let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data", "-n", "2"]));
    let connection = server.accept_stream();
    connection.send("retry: 1\nid: 7\ndata: a\n\n");
    assert_eq!(running.line(), "a");
    drop(connection);
    let line = running.error_line();
    assert!(line.starts_with("sse-client: reconnecting in 0."), "{line}");
    assert!(line.contains(" s (attempt 1): "), "{line}");
    let connection = server.accept_stream();
    assert_eq!(connection.request().header("last-event-id"), Some("7"));
    connection.send("id: 8\ndata: b\n\n");
    let ended = running.end();
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "b\n", "")
    );
}

#[test]
fn a_refused_connection_is_tried_again_once_the_stream_was_open() {
    let server = server();
    let closed = ClosedPort::new();
    // A redirect, so that there is a server for the first request and none for the second.
    let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data", "-n", "2"]));
    let connection = server.accept_stream();
    connection.send("retry: 1\ndata: a\n\n");
    assert_eq!(running.line(), "a");
    drop(connection);
    running.error_line();
    server.answer(Answer::redirect(307, closed.url("/")));
    let line = running.error_line();
    assert!(line.contains("(attempt 2)"), "{line}");
    server.accept_stream().send("data: b\n\n");
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn no_reconnect_ends_with_the_connection() {
    let server = server();
    let running = Running::start(&mut command(&[
        &server.url("/"),
        "-o",
        "data",
        "--no-reconnect",
    ]));
    server.accept_stream().send("data: a\n\n");
    let ended = running.end();
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "a\n", "")
    );
    assert_eq!(server.connections(), 1);
}

#[test]
fn no_reconnect_tells_a_cut_body_from_an_end() {
    let server = server();
    let running = Running::start(&mut command(&[
        &server.url("/"),
        "-o",
        "data",
        "--no-reconnect",
    ]));
    server.answer(Answer::stream("data: a\n\n").content_length(1000));
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), "a\n"));
    assert!(ended.stderr.starts_with("sse-client: "), "{}", ended.stderr);
}

#[test]
fn wait_keeps_trying_until_there_is_a_server() {
    let closed = ClosedPort::new();
    let mut running = Running::start(&mut command(&[
        &closed.url("/"),
        "--wait",
        "-o",
        "data",
        "-n",
        "1",
    ]));
    let line = running.error_line();
    assert!(line.starts_with("sse-client: reconnecting in "), "{line}");
    let server = server_on(closed.listen());
    server.accept_stream().send("data: at last\n\n");
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "at last\n"));
}

#[test]
fn wait_and_no_reconnect_wait_for_one_connection() {
    let closed = ClosedPort::new();
    let mut running = Running::start(&mut command(&[
        &closed.url("/"),
        "--wait",
        "--no-reconnect",
        "-o",
        "data",
    ]));
    running.error_line();
    let server = server_on(closed.listen());
    server.accept_stream().send("data: at last\n\n");
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "at last\n"));
}

#[test]
fn a_server_that_is_overloaded_is_asked_again() {
    let server = server();
    let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data", "-n", "1"]));
    server.answer(Answer::status(503));
    let line = running.error_line();
    assert!(line.contains("503"), "{line}");
    server.accept_stream().send("data: a\n\n");
    assert_eq!(running.end().stdout, "a\n");
}

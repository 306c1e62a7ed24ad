//! Credentials do not appear in what the command says.

use sse_test_kit::{Answer, ClosedPort};

use crate::support::{Accept, Ended, Running, command, run, server};

fn assert_no_secret(ended: &Ended) {
    assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
}

#[test]
fn failures_show_neither_headers_nor_queries_nor_passwords() {
    let closed = ClosedPort::new();
    let url = closed.url("/").replace("http://", "http://user:secret@") + "?token=secret";
    let ended = run(&[&url, "-v", "-H", "Authorization: Bearer secret"]);
    assert_eq!(ended.code, Some(3));
    assert_no_secret(&ended);
}

#[test]
fn an_answer_shows_neither_query_nor_password() {
    let server = server();
    let url = server.url("/").replace("http://", "http://user:secret@") + "?token=secret";
    let running = Running::start(&mut command(&[&url]));
    server.answer(Answer::status(404));
    let ended = running.end();
    assert_eq!(ended.code, Some(4));
    assert_no_secret(&ended);
}

#[test]
fn a_connection_shows_neither_query_nor_password() {
    let server = server();
    let url = server.url("/").replace("http://", "http://user:secret@") + "x?token=secret";
    let running = Running::start(&mut command(&[&url, "-v", "--no-reconnect"]));
    let connection = server.accept_stream();
    assert_eq!(
        connection.request().header("authorization"),
        Some("Basic dXNlcjpzZWNyZXQ=")
    );
    connection.send(": hi\nretry: 5\n\n");
    drop(connection);
    let ended = running.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains("comment: hi"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(&format!("{}x?…", server.url("/"))),
        "{}",
        ended.stderr
    );
    assert_no_secret(&ended);
}

#[test]
fn wrong_usage_shows_no_header() {
    for header in [
        "Authorization Bearer secret",
        "Last-Event-ID: secret",
        "X: a\nsecret",
        "X-Key : secret\r\nz",
    ] {
        let ended = run(&["http://127.0.0.1:9/", "-H", header]);
        assert_eq!(ended.code, Some(2));
        assert_no_secret(&ended);
    }
}

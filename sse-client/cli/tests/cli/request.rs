//! What goes over the wire.

use crate::support::{Accept, Running, command, server};

#[test]
fn headers_and_the_last_event_id_are_sent() {
    let server = server();
    let url = server.url("/");
    let running = Running::start(&mut command(&[
        &url,
        "-n1",
        "-H",
        "Authorization: Bearer abc",
        "--header",
        "x-two:  2 ",
        "--last-event-id",
        "41-é",
    ]));
    let connection = server.accept_stream();
    let request = connection.request();
    assert!(
        request.head().starts_with(b"GET / HTTP/1.1\r\n"),
        "{request:?}"
    );
    assert_eq!(request.header("accept"), Some("text/event-stream"));
    assert_eq!(request.header("authorization"), Some("Bearer abc"));
    assert_eq!(request.header("x-two"), Some("2"));
    assert_eq!(request.header("last-event-id"), Some("41-é"));
    connection.send("data: x\n\n");
    assert_eq!(
        running.end().stdout,
        "{\"type\":\"message\",\"id\":\"41-é\",\"data\":\"x\"}\n"
    );
}

#[test]
fn no_last_event_id_is_sent_without_one() {
    let server = server();
    let running = Running::start(&mut command(&[&server.url("/"), "-n1"]));
    let connection = server.accept_stream();
    assert_eq!(connection.request().header("last-event-id"), None);
    connection.send("data: x\n\n");
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn a_url_without_scheme_is_one_of_http() {
    let server = server();
    let url = server.url("/");
    let running = Running::start(&mut command(&[url.trim_start_matches("http://"), "-n1"]));
    server.accept_stream().send("data: x\n\n");
    assert_eq!(running.end().code, Some(0));
}

//! The formats, where standard output is not a terminal: what the peer has sent is exact in each.

use crate::support::{Accept, run, run_with_input, server};

/// Events with everything in them that a format could trip over. The escape character is one that a terminal obeys.
const STREAM: &str = "data: hello\n\nid: 7\nevent: tick\ndata: {\"a\":\"\x1b[1m\"}\n\ndata: two\ndata: lines é\n\n\
                      id\ndata\n\n";

fn formatted(format: &str) -> String {
    let ended = run_with_input(&["-", "-o", format], STREAM.as_bytes());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    ended.stdout
}

#[test]
fn pretty_is_for_people() {
    assert_eq!(
        formatted("pretty"),
        "message  hello\ntick #7  {\"a\":\"\x1b[1m\"}\nmessage #7\n    two\n    lines é\nmessage\n"
    );
}

#[test]
fn data_is_the_data_and_a_newline() {
    assert_eq!(
        formatted("data"),
        "hello\n{\"a\":\"\x1b[1m\"}\ntwo\nlines é\n\n"
    );
}

#[test]
fn json_is_an_object_on_a_line_and_the_default() {
    let lines = "{\"type\":\"message\",\"id\":\"\",\"data\":\"hello\"}\n\
                 {\"type\":\"tick\",\"id\":\"7\",\"data\":\"{\\\"a\\\":\\\"\\u001b[1m\\\"}\"}\n\
                 {\"type\":\"message\",\"id\":\"7\",\"data\":\"two\\nlines é\"}\n\
                 {\"type\":\"message\",\"id\":\"\",\"data\":\"\"}\n";
    assert_eq!(formatted("json"), lines);
    assert_eq!(run_with_input(&["-"], STREAM.as_bytes()).stdout, lines);
}

#[test]
fn sse_is_an_event_stream_of_the_same_events() {
    let stream = formatted("sse");
    assert_eq!(
        stream,
        "data: hello\n\nid: 7\nevent: tick\ndata: {\"a\":\"\x1b[1m\"}\n\ndata: two\ndata: lines é\n\nid:\ndata:\n\n"
    );
    assert_eq!(
        run_with_input(&["-", "-o", "json"], stream.as_bytes()).stdout,
        formatted("json")
    );
}

#[test]
fn events_from_a_server_look_the_same() {
    let server = server();
    let url = server.url("/");
    let tail = std::thread::spawn(move || run(&[&url, "--no-reconnect"]));
    let connection = server.accept_stream();
    connection.send(STREAM);
    drop(connection);
    assert_eq!(tail.join().expect("the command").stdout, formatted("json"));
}

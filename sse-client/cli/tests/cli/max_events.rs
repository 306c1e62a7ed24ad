//! `-n`: the command ends with the last event that is wanted, though the stream stays open.

use crate::support::{Accept, Running, command, run_with_input, server};

#[test]
fn the_connection_is_closed_after_the_last_event() {
    let server = server();
    let running = Running::start(&mut command(&[&server.url("/"), "-n", "2", "-o", "data"]));
    let connection = server.accept_stream();
    connection.send("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    connection.closed();
    let ended = running.end();
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "1\n2\n", "")
    );
}

#[test]
fn standard_input_is_left_alone_after_the_last_event() {
    let ended = run_with_input(&["-", "-n", "1", "-o", "data"], b"data: 1\n\ndata: 2\n\n");
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "1\n", "")
    );
}

//! A reader that leaves ends the command quietly.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Stdio};

use crate::support::{Accept, Ended, Running, command, server};

/// Starts the command with a pipe whose reader the test holds.
fn start(arguments: &[&str]) -> (Running, BufReader<ChildStdout>) {
    let (running, stdout) = Running::start_unread(command(arguments).stdin(Stdio::piped()));
    (running, BufReader::new(stdout))
}

fn assert_quiet(ended: &Ended) {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_leaves_is_noticed_while_nothing_comes() {
    let server = server();
    let (running, mut reader) = start(&[&server.url("/"), "-o", "data"]);
    let connection = server.accept_stream();
    connection.send("data: a\n\n");
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    assert_eq!(line, "a\n");
    drop(reader);
    // The stream stays open, and nothing more comes.
    connection.closed();
    assert_quiet(&running.end());
}

#[test]
fn a_reader_that_leaves_is_noticed_in_the_middle_of_a_burst() {
    let (mut running, mut reader) = start(&["-", "-o", "data"]);
    let mut stdin = running.stdin();
    let writer = std::thread::spawn(move || {
        use std::io::Write as _;
        // More than the pipes hold. Fails when the command has ended.
        let block = "data: x\n\n".repeat(10_000);
        while stdin.write_all(block.as_bytes()).is_ok() {}
    });
    let mut line = String::new();
    reader.read_line(&mut line).expect("a line");
    drop(reader);
    assert_quiet(&running.end());
    writer.join().expect("writer of standard input");
}

#[test]
fn nobody_needs_to_read_at_all() {
    let (running, reader) = start(&["--demo", "-q"]);
    drop(reader);
    assert_quiet(&running.end());
}

#[test]
fn help_for_nobody_is_no_error() {
    let (running, reader) = start(&["--help"]);
    drop(reader);
    assert_quiet(&running.end());
}

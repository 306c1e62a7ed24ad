//! SIGINT and SIGTERM end the command in order.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;

use crate::support::{Accept, PATIENCE, Running, command, server};
use rustix::process::Signal;

const SIGNALS: [(Signal, i32); 2] = [(Signal::INT, 130), (Signal::TERM, 143)];

#[test]
fn a_signal_ends_a_connection_that_is_open() {
    for (signal, code) in SIGNALS {
        let server = server();
        let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data"]));
        let connection = server.accept_stream();
        connection.send("data: a\n\n");
        assert_eq!(running.line(), "a");
        running.signal(signal);
        connection.closed();
        let ended = running.end();
        assert_eq!(
            (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
            (Some(code), "", "")
        );
    }
}

#[test]
fn a_signal_ends_the_demo_with_its_server() {
    for (signal, code) in SIGNALS {
        let mut running = Running::start(&mut command(&["--demo", "-q", "-o", "data"]));
        assert_eq!(running.line(), "hello");
        running.signal(signal);
        let ended = running.end();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(code), ""));
    }
}

#[test]
fn a_signal_ends_a_wait_for_standard_input() {
    for (signal, code) in SIGNALS {
        let mut running = Running::start(command(&["-", "-o", "data"]).stdin(Stdio::piped()));
        let mut stdin = running.stdin();
        stdin.write_all(b"data: a\n\n").expect("the command reads");
        assert_eq!(running.line(), "a");
        running.signal(signal);
        assert_eq!(running.end().code, Some(code));
        drop(stdin);
    }
}

#[test]
fn a_signal_ends_a_wait_to_reconnect() {
    let server = server();
    let mut running = Running::start(&mut command(&[&server.url("/"), "-o", "data"]));
    server.accept_stream().send("retry: 3600000\ndata: a\n\n");
    assert!(running.error_line().contains("reconnecting in "));
    running.signal(Signal::INT);
    assert_eq!(running.end().code, Some(130));
}

#[test]
fn a_signal_ends_a_write_to_a_reader_that_has_stalled() {
    let (mut running, reader) =
        Running::start_unread(command(&["-", "-o", "data"]).stdin(Stdio::piped()));
    let mut stdin = running.stdin();
    let (sender, taken) = mpsc::channel();
    let feeder = thread::spawn(move || {
        let block = format!("data: {}\n\n", "x".repeat(64 * 1024));
        stdin
            .write_all(block.as_bytes())
            .expect("the command reads at first");
        stdin
            .write_all(block.as_bytes())
            .expect("the command reads at first");
        sender.send(()).expect("the test waits");
        // Both pipes and what the command holds take some more, then nothing moves until the command ends.
        while stdin.write_all(block.as_bytes()).is_ok() {}
    });
    taken
        .recv_timeout(PATIENCE)
        .expect("the command reads at first");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, Some(143));
    feeder.join().expect("feeder");
    drop(reader);
}

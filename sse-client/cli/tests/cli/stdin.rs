//! An event stream on standard input.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Running, command, run_with_input};

#[test]
fn the_end_of_input_is_the_end() {
    let ended = run_with_input(&["-"], b"");
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (Some(0), "", "")
    );
}

#[test]
fn what_the_end_cuts_off_is_told_and_not_shown() {
    for input in ["data: a\n\ndata: b", "data: a\n\ndata: b\n"] {
        let ended = run_with_input(&["-", "-o", "data"], input.as_bytes());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "a\n"));
        assert!(
            ended.stderr.starts_with("sse-client: the input ends "),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn the_first_events_can_have_an_id_from_before() {
    let ended = run_with_input(
        &["-", "--last-event-id", "41"],
        b"data: a\n\nid: 42\ndata: b\n\n",
    );
    assert_eq!(
        ended.stdout,
        "{\"type\":\"message\",\"id\":\"41\",\"data\":\"a\"}\n{\"type\":\"message\",\"id\":\"42\",\"data\":\"b\"}\n"
    );
}

#[test]
fn an_event_is_shown_before_more_input_comes() {
    let mut running = Running::start(command(&["-", "-o", "data"]).stdin(Stdio::piped()));
    let mut stdin = running.stdin();
    for data in ["one", "two"] {
        // The CR ends the line and the event, though it could be the start of a CRLF.
        stdin
            .write_all(format!("data: {data}\r\r").as_bytes())
            .expect("the command reads");
        assert_eq!(running.line(), data);
    }
    drop(stdin);
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn many_events_come_through_in_order() {
    let input: String = (0..200_000).map(|n| format!("data: {n}\n\n")).collect();
    let output: String = (0..200_000).map(|n| format!("{n}\n")).collect();
    let ended = run_with_input(&["-", "-o", "data"], input.as_bytes());
    assert_eq!(ended.code, Some(0));
    assert!(ended.stdout == output, "the output differs from the input");
}

#[cfg(unix)]
#[test]
fn input_that_cannot_be_read_is_an_internal_error() {
    let directory = std::fs::File::open(".").expect("a directory");
    let ended = Running::start(command(&["-"]).stdin(directory)).end();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .starts_with("sse-client: cannot read standard input: "),
        "{}",
        ended.stderr
    );
}

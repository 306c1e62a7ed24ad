//! Faults in the event stream: told on standard error, and the end under `--strict`.

use std::thread;

use crate::support::{Accept, Ended, run, run_with_input, server};

const ILL_FORMED: &[u8] = b"data: a\n\ndata: \xff\n\ndata: b\n\n";

#[test]
fn ill_formed_utf8_is_replaced() {
    let Ended {
        code,
        stdout,
        stderr,
    } = run_with_input(&["-", "-o", "data"], ILL_FORMED);
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (Some(0), "a\n\u{fffd}\nb\n", "")
    );
}

#[test]
fn ill_formed_utf8_can_be_rejected_and_the_stream_goes_on() {
    let Ended {
        code,
        stdout,
        stderr,
    } = run_with_input(&["-", "-o", "data", "--utf8", "reject"], ILL_FORMED);
    assert_eq!((code, stdout.as_str()), (Some(0), "a\nb\n"));
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        stderr.contains("UTF-8") && stderr.contains("byte 15"),
        "{stderr}"
    );
    let quiet = run_with_input(&["-", "-q", "--utf8", "reject"], ILL_FORMED);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (Some(0), ""));
}

#[test]
fn strict_ends_at_ill_formed_utf8() {
    let Ended {
        code,
        stdout,
        stderr,
    } = run_with_input(&["-", "-o", "data", "--strict"], ILL_FORMED);
    assert_eq!((code, stdout.as_str()), (Some(8), "a\n"));
    assert!(stderr.ends_with("ended by --strict\n"), "{stderr}");
}

#[test]
fn strict_leaves_utf8_alone_that_is_to_be_replaced() {
    let ended = run_with_input(
        &["-", "-o", "data", "--strict", "--utf8", "replace"],
        ILL_FORMED,
    );
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "a\n\u{fffd}\nb\n")
    );
}

#[test]
fn an_event_over_the_limit_is_dropped_and_the_stream_goes_on() {
    let input = format!("data: a\n\ndata: {}\n\ndata: b\n\n", "x".repeat(200));
    let arguments = ["-", "-o", "data", "--max-event-bytes", "100"];
    let Ended {
        code,
        stdout,
        stderr,
    } = run_with_input(&arguments, input.as_bytes());
    assert_eq!((code, stdout.as_str()), (Some(0), "a\nb\n"));
    assert!(stderr.contains("than --max-event-bytes (100)"), "{stderr}");
    let strict = run_with_input(
        &["-", "-o", "data", "--max-event-bytes", "100", "--strict"],
        input.as_bytes(),
    );
    assert_eq!((strict.code, strict.stdout.as_str()), (Some(8), "a\n"));
}

#[test]
fn a_server_is_held_to_the_same() {
    for (flags, code, stdout) in [
        (&["--strict"][..], 8, "a\n"),
        (&["--utf8", "reject"], 0, "a\nb\n"),
    ] {
        let server = server();
        let url = server.url("/");
        let tail = thread::spawn(move || {
            let mut arguments = vec![&*url, "-o", "data", "--no-reconnect"];
            arguments.extend(flags);
            run(&arguments)
        });
        let connection = server.accept_stream();
        connection.send(ILL_FORMED);
        drop(connection);
        let ended = tail.join().expect("the command");
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), stdout),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("UTF-8"), "{}", ended.stderr);
    }
}

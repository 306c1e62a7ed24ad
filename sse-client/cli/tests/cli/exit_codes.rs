//! Every exit code is reached by what it stands for. (2 is in `help.rs`, 8 in `strict.rs`, 130 and 143 in `signals.rs`.)

use sse_test_kit::{Answer, ClosedPort};

use crate::support::{Accept, Ended, Running, command, run, server};

fn ended_with_answer(answer: Answer, flags: &[&str]) -> Ended {
    let server = server();
    let url = server.url("/");
    let mut arguments = vec![&*url];
    arguments.extend(flags);
    let running = Running::start(&mut command(&arguments));
    server.answer(answer);
    let ended = running.end();
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.starts_with("sse-client: "), "{}", ended.stderr);
    ended
}

#[test]
fn no_content_is_0() {
    let ended = ended_with_answer(Answer::status(204), &[]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("204"), "{}", ended.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_1() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("a full device");
    let running = Running::start_with_stdout(&mut command(&["--demo", "-n1", "-q"]), full.into());
    let ended = running.end();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .stderr
            .starts_with("sse-client: cannot write to standard output: "),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_refused_connection_is_3() {
    let closed = ClosedPort::new();
    // What is secret in a URL is not shown.
    let ended = run(&[&closed.url("/?token=secret")]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""));
    let message = format!("sse-client: {}?…: cannot connect: ", closed.url("/"));
    assert!(ended.stderr.starts_with(&message), "{}", ended.stderr);
    assert!(ended.stderr.contains("--wait"), "{}", ended.stderr);
}

#[test]
fn a_server_that_does_not_speak_http_is_3() {
    let server = server();
    let running = Running::start(&mut command(&[&server.url("/")]));
    server.accept().send("SSH-2.0-OpenSSH_10.0\r\n");
    assert_eq!(running.end().code, Some(3));
}

#[test]
fn a_client_error_is_4_and_its_body_is_shown() {
    let server = server();
    let running = Running::start(&mut command(&[&server.url("/")]));
    let _connection = server.answer(Answer::status(404).send("no such stream \x1b[2J\r\n"));
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(4), ""));
    assert!(ended.stderr.contains("404"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("no such stream \\u{1b}[2J"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_server_error_is_5() {
    // One that may pass is final only if there is to be no reconnection.
    let ended = ended_with_answer(Answer::status(503), &["--no-reconnect"]);
    assert_eq!(ended.code, Some(5));
    let ended = ended_with_answer(Answer::status(501), &[]);
    assert_eq!(ended.code, Some(5));
}

#[test]
fn another_type_is_6() {
    let ended = ended_with_answer(Answer::status(200).content_type("text/html"), &[]);
    assert_eq!(ended.code, Some(6));
    assert!(ended.stderr.contains("text/html"), "{}", ended.stderr);
}

#[test]
fn an_answer_that_does_not_come_is_7() {
    let server = server();
    let running = Running::start(&mut command(&[
        &server.url("/"),
        "--response-timeout",
        "0.2",
    ]));
    // Held until the command has ended.
    let _connection = server.accept();
    let ended = running.end();
    assert_eq!(ended.code, Some(7));
    assert!(
        ended.stderr.contains("(--response-timeout)"),
        "{}",
        ended.stderr
    );
}

#[test]
fn exhausted_attempts_are_9() {
    let server = server();
    let mut running = Running::start(&mut command(&[&server.url("/"), "--max-attempts", "2"]));
    server.accept_stream().send("retry: 1\n\n");
    for attempt in ["(attempt 1 of 2)", "(attempt 2 of 2)"] {
        let line = running.error_line();
        assert!(line.contains(attempt), "{line}");
        server.answer(Answer::status(503));
    }
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(9), ""));
    assert!(ended.stderr.contains("503"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("(--max-attempts)"),
        "{}",
        ended.stderr
    );
    assert_eq!(server.connections(), 3);
}

//! What a failure advises to do, where that is likely enough. `--quiet` leaves it out.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;

use sse_test_kit::Answer;

use crate::support::{Accept, Ended, Running, command, run, server};

fn ended_with(answer: Answer, flags: &[&str]) -> Ended {
    let server = server();
    let url = server.url("/");
    let arguments: Vec<&str> = [&*url].into_iter().chain(flags.iter().copied()).collect();
    let running = Running::start(&mut command(&arguments));
    let _connection = server.answer(answer);
    running.end()
}

#[test]
fn an_answer_of_another_kind_says_what_may_help() {
    for (answer, advice) in [
        (Answer::status(401), "-H 'Authorization: "),
        (Answer::status(405), "curl -sN -X POST"),
        (
            Answer::status(200)
                .content_type("text/html")
                .send("<!doctype html>"),
            "is it the URL of the stream?",
        ),
        (
            Answer::status(200)
                .content_type("application/json")
                .send("{}"),
            "curl -sN --compressed URL | sse-client -",
        ),
        (
            // One that no feature undoes, since tests of the workspace have them all.
            Answer::stream("data: x\n\n").header("Content-Encoding", "compress"),
            "curl -sN --compressed URL | sse-client -",
        ),
    ] {
        let Ended { stderr, .. } = ended_with(answer, &[]);
        let last = stderr.lines().last().expect("a line");
        assert!(last.contains(advice), "{stderr}");
        // The features of the library are of no use to somebody who has the command.
        assert!(!stderr.contains("enable the feature"), "{stderr}");
    }
}

#[test]
fn quiet_says_the_failure_alone() {
    let ended = ended_with(Answer::status(401), &["-q"]);
    assert_eq!(ended.code, Some(4));
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn https_where_there_is_none_says_so() {
    // Not the test kit: it would wait for a request that it can read.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}/", listener.local_addr().expect("its address"));
    let server = thread::spawn(move || {
        let (mut connection, _) = listener.accept()?;
        // What a server without TLS makes of bytes that are no request.
        connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
        // Until the client leaves, or its answer could be lost in a reset.
        std::io::copy(&mut connection, &mut std::io::sink())
    });
    let ended = run(&[&url]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("try http://"), "{}", ended.stderr);
    let _ = server.join().expect("no panic");
}

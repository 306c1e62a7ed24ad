//! `--demo`: something to see with nothing else at hand.

use crate::support::{Running, command, run};

#[test]
fn events_come_and_the_limit_ends_them() {
    let ended = run(&["--demo", "-n", "3"]);
    assert_eq!(ended.code, Some(0));
    let events: String = (1..=3)
        .map(|n| format!("{{\"type\":\"message\",\"id\":\"1-{n}\",\"data\":\"hello\"}}\n"))
        .collect();
    assert_eq!(ended.stdout, events);
    assert!(
        ended
            .stderr
            .starts_with("sse-client: demo server on http://127.0.0.1:"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}

#[test]
fn the_server_resumes_and_others_can_tail_it() {
    let mut demo = Running::start(&mut command(&["--demo"]));
    let note = demo.error_line();
    let (_, url) = note.split_once("demo server on ").expect("the URL");
    for n in 1..=3 {
        assert!(demo.line().contains(&format!("\"id\":\"1-{n}\"")));
    }
    let other = run(&[url, "-n", "2", "--last-event-id", "1-1"]);
    let events: String = (2..=3)
        .map(|n| format!("{{\"type\":\"message\",\"id\":\"1-{n}\",\"data\":\"hello\"}}\n"))
        .collect();
    assert_eq!(other.stdout, events);
}

#[test]
fn an_id_that_the_server_has_not_given_is_answered_with_a_gap() {
    let ended = run(&["--demo", "-n", "2", "--last-event-id", "41"]);
    assert_eq!(
        ended.stdout,
        "{\"type\":\"gap\",\"id\":\"1-0\",\"data\":\"{\\\"after\\\":null,\\\"through\\\":\\\"1-0\\\"}\"}\n\
         {\"type\":\"message\",\"id\":\"1-1\",\"data\":\"hello\"}\n"
    );
}

#[test]
fn a_proxy_does_not_stand_between() {
    let mut command = command(&["--demo", "-n", "1"]);
    // Nobody listens there.
    command
        .env("http_proxy", "http://127.0.0.1:9")
        .env("all_proxy", "http://127.0.0.1:9");
    let ended = Running::start(&mut command).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

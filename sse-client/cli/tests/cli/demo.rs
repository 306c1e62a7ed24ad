//! `--demo`: something to see with nothing else at hand.

use crate::support::{Running, command, run};

#[test]
fn events_come_and_the_limit_ends_them() {
    let ended = run(&["--demo", "-n", "3"]);
    assert_eq!(ended.code, Some(0));
    let events: String = (1..=3)
        .map(|n| format!("{{\"type\":\"message\",\"id\":\"{n}\",\"data\":\"hello\"}}\n"))
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
fn the_server_resumes() {
    let ended = run(&["--demo", "-n", "1", "--last-event-id", "41"]);
    assert_eq!(
        ended.stdout,
        "{\"type\":\"message\",\"id\":\"42\",\"data\":\"hello\"}\n"
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

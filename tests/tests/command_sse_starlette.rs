//! The command tails sse-starlette on uvicorn while that server is killed, ended and started again: every event comes once,
//! in order.
#![cfg(unix)]

use serde_json::Value;
use sse_tests::counting_server::CountingServer;
use sse_tests::port::Port;
use sse_tests::prerequisites::sse_client;
use sse_tests::program::{Output, Program};

#[test]
fn nothing_is_lost_or_doubled_when_the_server_is_killed() {
    let port = Port::take();
    let mut server = CountingServer::start(&port, 1);
    server.count_to(120);
    let mut command = Command::start(&port);
    command.expect(1..=60, 1);
    // In the middle of the flow: how much more of it comes through is not known.
    server.kill();

    let mut server = CountingServer::start(&port, 2);
    server.count_to(200);
    let resumed_after = server.request();
    assert!((60..=120).contains(&resumed_after), "{resumed_after}");
    command.expect(61..=resumed_after, 1);
    command.expect(resumed_after + 1..=200, 2);
    // In the middle of an event, behind its ID. That event was not dispatched, so it has to come again.
    server.cut();
    server.kill();

    let mut server = CountingServer::start(&port, 3);
    server.count_to(300);
    assert_eq!(server.request(), 200);
    command.expect(201..=300, 3);
    // The server ends the stream behind the last event, and says that there are no more when asked again.
    assert_eq!(server.request(), 300);
    command.end();
}

#[test]
fn nothing_is_lost_or_doubled_when_the_server_ends_cleanly() {
    let port = Port::take();
    let mut server = CountingServer::start(&port, 1);
    server.count_to(150);
    let mut command = Command::start(&port);
    assert_eq!(server.request(), 0);
    command.expect(1..=150, 1);
    // The stream is open and quiet.
    server.shut_down();

    let mut server = CountingServer::start(&port, 2);
    assert_eq!(server.request(), 150);
    server.count_to(250);
    command.expect(151..=200, 2);
    // Events are on their way.
    server.shut_down();

    let mut server = CountingServer::start(&port, 3);
    server.count_to(300);
    let resumed_after = server.request();
    command.expect(201..=resumed_after, 2);
    command.expect(resumed_after + 1..=300, 3);
    assert_eq!(server.request(), 300);
    command.end();
}

#[test]
fn an_id_that_the_user_gives_is_where_the_stream_begins() {
    let port = Port::take();
    let mut server = CountingServer::start(&port, 1);
    server.count_to(300);
    let url = url(&port);
    let arguments = ["-o", "json", "--last-event-id", "297", "-n", "2", &url];
    let mut command = Command(Program::start(sse_client(), arguments));
    assert_eq!(server.request(), 297);
    command.expect(298..=299, 1);
    let ended = command.0.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

/// The command, tailing that server.
struct Command(Program);

impl Command {
    fn start(port: &Port) -> Self {
        Self(Program::start(
            sse_client(),
            ["--output", "json", "--verbose", &url(port)],
        ))
    }

    /// Reads the next events: exactly these, from that run of the server.
    fn expect(&mut self, numbers: impl Iterator<Item = u32>, run: u32) {
        for number in numbers {
            let line = self.0.line();
            let event: Value = serde_json::from_str(&line).expect("JSON");
            let expected = serde_json::json!({
                "type": CountingServer::event_type(number),
                "id": number.to_string(),
                "data": CountingServer::data(run, number),
            });
            assert_eq!(event, expected);
        }
    }

    /// Waits for the end, which comes by the server's own wish.
    fn end(mut self) {
        // The server sends `retry: 200`; without it the delays would be from 1 to 2 seconds.
        self.0
            .line_with(Output::Stderr, "the reconnection time is now 0.2 s");
        let ended = self.0.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let delays: Vec<f64> = (ended.stderr.lines())
            .filter(|line| line.contains("(attempt 1)"))
            .filter_map(|line| line.split_once(" in ")?.1.split(' ').next()?.parse().ok())
            .collect();
        assert_eq!(delays.len(), 3, "{}", ended.stderr);
        assert!(
            delays.iter().all(|delay| (0.2..=0.4).contains(delay)),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains("204 No Content"), "{}", ended.stderr);
        let events = u32::try_from(ended.stdout.lines().count());
        assert_eq!(events, Ok(CountingServer::TOTAL), "{}", ended.stdout);
    }
}

fn url(port: &Port) -> String {
    format!("http://127.0.0.1:{}/", port.number())
}

//! The clients, and where they differ from the standard.

use serde::Deserialize;
use sse_tests::prerequisites::{node, python, script};
use sse_tests::program::{Ended, Program};

use crate::steps::Step;

/// A client that runs.
pub(crate) struct Client {
    program: Program,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    EventSource,
    HttpxSse,
    Curl,
}

/// An event, as a client reports it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Seen {
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) id: String,
    pub(crate) data: String,
}

impl Seen {
    pub(crate) fn new(event_type: &str, id: &str, data: &str) -> Self {
        Self {
            event_type: event_type.to_owned(),
            id: id.to_owned(),
            data: data.to_owned(),
        }
    }
}

/// The npm package eventsource.
pub(crate) fn eventsource(url: &str) -> Client {
    let script = script("eventsource_client.mjs");
    let program = Program::start(node(), [script.as_os_str(), url.as_ref(), "grüße".as_ref()]);
    Client {
        program,
        kind: Kind::EventSource,
    }
}

/// The Python package httpx-sse.
pub(crate) fn httpx_sse(url: &str) -> Client {
    let script = script("httpx_sse_client.py");
    let program = Program::start(python(), [script.as_os_str(), url.as_ref()]);
    Client {
        program,
        kind: Kind::HttpxSse,
    }
}

/// `curl -N`, which shows the bytes.
pub(crate) fn curl(url: &str) -> Client {
    let arguments = ["-N", "-sS", "-H", "Accept: text/event-stream", url];
    Client {
        program: Program::start("curl", arguments),
        kind: Kind::Curl,
    }
}

impl Client {
    /// Waits until it knows that the stream is open.
    pub(crate) fn expect_open(&mut self) {
        match self.kind {
            // All that it has of an open stream is a first comment.
            Kind::Curl => self.expect_lines(":\n"),
            _ => assert_eq!(self.program.line(), "open"),
        }
    }

    /// Waits for the report of a step.
    pub(crate) fn expect(&mut self, step: &Step) {
        match self.kind {
            Kind::Curl => {
                for block in &step.blocks {
                    let bytes = block.to_bytes();
                    self.expect_lines(&String::from_utf8_lossy(&bytes));
                }
            }
            // It knows the ID only if the event has one of its own.
            Kind::EventSource if !step.has_own_id => self.expect_event(&Seen {
                id: String::new(),
                ..step.seen.clone()
            }),
            _ => self.expect_event(&step.seen),
        }
    }

    /// Waits for the report of an event.
    pub(crate) fn expect_event(&mut self, expected: &Seen) {
        let line = self.program.line();
        let seen: Seen =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(seen, *expected);
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Ended {
        self.program.end()
    }

    fn expect_lines(&mut self, text: &str) {
        for line in text.split_terminator('\n') {
            assert_eq!(self.program.line(), line);
        }
    }
}

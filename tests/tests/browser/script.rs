//! [`Script`]: what a server does, connection by connection, and what it sees meanwhile.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::server::{Connection, Request};

/// How long a script waits for what the client should do. Beyond what a client waits, so that the client's log tells too.
const PATIENCE: Duration = Duration::from_secs(40);

/// One thing that the server does with a connection. Behind the last one it closes it.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends bytes, in which [`HERE`] and [`THERE`] are replaced.
    Send(Vec<u8>),
    /// Waits until the client has dispatched so many events, over all connections.
    AwaitEvents(usize),
    /// Waits until the client closes the connection.
    AwaitClose,
    /// Closes the connection by a reset.
    Reset,
}

/// Stands for the URL that the run begins with, without a slash at its end.
pub(crate) const HERE: &str = "{here}";

/// Stands for the same path on another origin.
pub(crate) const THERE: &str = "{there}";

/// A client's run through the script of a case.
pub(crate) struct Run {
    replies: Vec<Vec<Step>>,
    /// For each connection but the first, how long it must not come after the end of the one before.
    not_before: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What the server has seen, in order.
    seen: Vec<String>,
    requests: usize,
    events: usize,
    last_end: Option<Instant>,
}

impl Run {
    pub(crate) fn new(replies: Vec<Vec<Step>>, not_before: Duration) -> Self {
        Self {
            replies,
            not_before,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Takes note that the client has dispatched one more event.
    pub(crate) fn note_event(&self) {
        self.state.lock().expect(NO_PANIC).events += 1;
        self.changed.notify_all();
    }

    /// What the server has seen.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.state.lock().expect(NO_PANIC).seen.clone()
    }

    /// Notes the request, and does what the script has for it. Behind its end every request is answered with 204.
    ///
    /// `path` is that of the request as seen from the run, `here` and `there` are what [`HERE`] and [`THERE`] stand for.
    pub(crate) fn serve(
        &self,
        request: &Request,
        path: &str,
        mut connection: Connection,
        (here, there): (&str, &str),
    ) {
        let Some(steps) = self.replies.get(self.note_request(request, path)) else {
            connection.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            return;
        };
        for step in steps {
            match step {
                Step::Send(bytes) => {
                    let bytes = replace(bytes, HERE, here);
                    connection.send(replace(&bytes, THERE, there));
                }
                Step::AwaitEvents(count) => self.await_events(*count),
                Step::AwaitClose => {
                    let text = if connection.client_closes_within(PATIENCE) {
                        "hangs up"
                    } else {
                        "does not hang up"
                    };
                    return self.note(text);
                }
                Step::Reset => {
                    self.note_end();
                    return connection.reset();
                }
            }
        }
        self.note_end();
    }

    /// Returns how many requests there were before.
    fn note_request(&self, request: &Request, path: &str) -> usize {
        let mut text = format!("{} {path}", request.method);
        let mut state = self.state.lock().expect(NO_PANIC);
        if !self.not_before.is_zero() {
            if let Some(end) = state.last_end {
                let is_early = end.elapsed() < self.not_before;
                text += if is_early { " too early" } else { " in time" };
            }
        }
        for (name, usual) in USUAL_HEADERS {
            let values: Vec<_> = request.header(name).collect();
            if values != usual {
                let values: Vec<_> = values
                    .iter()
                    .map(|value| value.escape_ascii().to_string())
                    .collect();
                text = if values.is_empty() {
                    format!("{text}, no {name}")
                } else {
                    format!("{text}, {name}: {}", shortened(&values.join(", ")))
                };
            }
        }
        state.seen.push(text);
        state.requests += 1;
        state.requests - 1
    }

    fn note(&self, text: &str) {
        self.state
            .lock()
            .expect(NO_PANIC)
            .seen
            .push(text.to_owned());
    }

    /// The connection is about to end.
    fn note_end(&self) {
        self.state.lock().expect(NO_PANIC).last_end = Some(Instant::now());
    }

    fn await_events(&self, count: usize) {
        let state = self.state.lock().expect(NO_PANIC);
        let waited = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| state.events < count);
        let (mut state, timeout) = waited.expect(NO_PANIC);
        if timeout.timed_out() {
            let events = state.events;
            state
                .seen
                .push(format!("dispatches {events} events, not {count}"));
        }
    }
}

/// The headers that are compared, and what every request should have.
const USUAL_HEADERS: [(&str, &[&[u8]]); 4] = [
    ("Accept", &[b"text/event-stream"]),
    ("Cache-Control", &[b"no-cache"]),
    ("Last-Event-ID", &[]),
    ("Cookie", &[]),
];

/// Shortens a long text so that it can be read.
pub(crate) fn shortened(text: &str) -> String {
    match text.get(..10) {
        Some(start) if text.len() > 100 => format!("{start}... ({} bytes)", text.len()),
        _ => text.to_owned(),
    }
}

fn replace(bytes: &[u8], name: &str, by: &str) -> Vec<u8> {
    let name = name.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(place) = rest.windows(name.len()).position(|window| window == name) {
        result.extend_from_slice(&rest[..place]);
        result.extend_from_slice(by.as_bytes());
        rest = &rest[place + name.len()..];
    }
    result.extend_from_slice(rest);
    result
}

const NO_PANIC: &str = "no thread panics while it holds the lock";

//! The engine under random happenings: never two requests at once, none before the delay is over, nothing after the end, and
//! the last event ID never lost or invented.

use http::header::{LOCATION, RETRY_AFTER};
use proptest::prelude::*;
use sse_codec::Event;

use super::tests::{at, event_stream, head_with, lost, sent_id, settings};
use super::*;

/// Something that can happen to the engine.
#[derive(Clone, Debug)]
enum Happening {
    Head(u16, Option<&'static str>),
    /// Events, each of them with an ID of its own or without one.
    Events(Vec<bool>),
    IdOnly,
    EmptyId,
    Retry(u64),
    HalfABlock,
    Lost,
    End,
    Pass(u64),
    /// Hands out at most so many items.
    Take(usize),
    ReconnectNow,
    Finish,
    Close,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => Just(Happening::Head(200, None)),
        1 => Just(Happening::Head(303, Some("/b"))),
        2 => (prop_oneof![Just(204_u16), Just(301), Just(307), Just(404), Just(429), Just(503)],
              proptest::option::of(prop_oneof![Just("/b"), Just("http://other/"), Just("ftp://x/"), Just("7")]))
            .prop_map(|(status, text)| Happening::Head(status, text)),
        6 => proptest::collection::vec(any::<bool>(), 1..5).prop_map(Happening::Events),
        2 => Just(Happening::IdOnly),
        1 => Just(Happening::EmptyId),
        1 => (0..100_000_u64).prop_map(Happening::Retry),
        2 => Just(Happening::HalfABlock),
        2 => Just(Happening::Lost),
        2 => Just(Happening::End),
        6 => (0..60_000_u64).prop_map(Happening::Pass),
        6 => (1..8_usize).prop_map(Happening::Take),
        1 => Just(Happening::ReconnectNow),
        1 => prop_oneof![
            8 => Just(Happening::Pass(1)), 1 => Just(Happening::Finish), 1 => Just(Happening::Close)
        ],
    ]
}

/// A driver that believes nothing: it keeps its own account of what the engine may do.
struct Simulation {
    connection: Connection,
    now: Now,
    /// Whether a request is under way or its answer is read.
    connected: bool,
    /// The earliest time of the next request.
    not_before: Duration,
    /// The connection is dropped by the caller's wish, but not before what it has brought is handed out.
    leaving: bool,
    /// Whether the method is one that must not be repeated, and whether it was sent.
    post: bool,
    was_sent: bool,
    /// Whether the next request is what a redirect asks for.
    redirected: bool,
    /// The end was handed out, or the caller has closed.
    over: bool,
    /// The last event ID by what was handed out.
    id: String,
    /// The blocks of this connection's stream that were fed and not handed out.
    written: Vec<Written>,
    next_id: u64,
}

/// A block that was fed.
#[derive(Clone, Debug)]
enum Written {
    Event { id: String },
    Id(String),
}

impl Simulation {
    fn step(&mut self) -> Result<bool, TestCaseError> {
        match self.connection.next() {
            Action::Send(request) => {
                prop_assert!(!self.over, "a request after the end");
                prop_assert!(
                    self.now.time >= self.not_before,
                    "a request before the delay is over"
                );
                prop_assert!(!self.waits(), "a request before all was handed out");
                self.leaving = false;
                prop_assert!(
                    !(self.post && self.was_sent) || self.redirected,
                    "a POST was repeated"
                );
                self.was_sent = true;
                self.redirected = false;
                let sent = sent_id(&request).map(|id| String::from_utf8(id.to_vec()).unwrap());
                let expected = Some(self.id.clone()).filter(|id| !id.is_empty());
                prop_assert_eq!(sent, expected, "the ID was lost or invented");
                self.connected = true;
                self.written.clear();
            }
            Action::Prepare(_) => return Err(TestCaseError::fail("there is no hook")),
            Action::Yield(update) => {
                prop_assert!(!self.over, "handed out after the end");
                match update {
                    Update::Event(event) => self.handed_out(&event)?,
                    Update::Reconnecting { delay, .. } => {
                        self.connected = false;
                        self.not_before = self.now.time.saturating_add(delay);
                        prop_assert!(delay >= Duration::from_millis(100));
                    }
                    Update::Closed { .. } => {
                        prop_assert!(!self.waits(), "the end before all was handed out");
                        self.over = true;
                    }
                    Update::Open(_) | Update::ReconnectionTime(_) | Update::Fruitless { .. } => {}
                    Update::Comment(_) | Update::Error(_) => prop_assert!(false, "{:?}", update),
                }
            }
            Action::Read => {
                prop_assert!(self.connected, "reads without a connection");
                return Ok(false);
            }
            Action::Wait => {
                prop_assert!(!self.connected);
                return Ok(false);
            }
            Action::End => {
                prop_assert!(self.over, "ends without a word");
                return Ok(false);
            }
        }
        self.take_ids();
        prop_assert_eq!(self.connection.last_event_id(), &self.id);
        Ok(true)
    }

    fn handed_out(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let Some(index) = self
            .written
            .iter()
            .position(|block| matches!(block, Written::Event { .. }))
        else {
            return Err(TestCaseError::fail("an event that was never written"));
        };
        let block = self.written.drain(..=index).next_back();
        if let Some(Written::Event { id }) = block {
            prop_assert_eq!(event.last_event_id(), id.as_str());
            self.id = id;
        }
        Ok(())
    }

    /// Returns whether an event waits to be handed out.
    fn waits(&self) -> bool {
        (self.written.iter()).any(|block| matches!(block, Written::Event { .. }))
    }

    /// Takes over the IDs of blocks without data, if no event stands before or behind them: where one follows in the same
    /// slice, the engine learns of the ID with that event.
    fn take_ids(&mut self) {
        if self.waits() {
            return;
        }
        if let Some(Written::Id(id)) = self.written.drain(..).next_back() {
            self.id = id;
        }
    }

    /// Hands out all there is, as a driver must before it feeds the next chunk.
    fn drain(&mut self) -> Result<(), TestCaseError> {
        while self.step()? {}
        Ok(())
    }

    /// The ID that the stream has come to.
    fn stream_id(&self) -> String {
        match self.written.last() {
            Some(Written::Event { id } | Written::Id(id)) => id.clone(),
            None => self.id.clone(),
        }
    }

    fn feed(&mut self, chunk: Vec<u8>, blocks: Vec<Written>) {
        self.written.extend(blocks);
        self.connection.chunk(self.now, chunk.into());
        self.take_ids();
    }

    fn happen(&mut self, happening: Happening) -> Result<(), TestCaseError> {
        if !matches!(
            happening,
            Happening::Take(_)
                | Happening::Pass(_)
                | Happening::ReconnectNow
                | Happening::Finish
                | Happening::Close
        ) {
            self.drain()?;
        }
        let open = self.connection.ready_state() == ReadyState::Open;
        match happening {
            Happening::Head(200, _) => self.connection.head(self.now, event_stream()),
            Happening::Head(status, text) => {
                let text = text.unwrap_or("1");
                let headers = [(LOCATION, text), (RETRY_AFTER, text)];
                let is_awaited = self.connection.needs_transport() && !open;
                self.connection.head(self.now, head_with(status, &headers));
                // Followed at once, if it is followed.
                self.redirected = is_awaited && !self.connection.needs_transport();
            }
            Happening::Events(events) if open => {
                let mut chunk = Vec::new();
                let mut blocks = Vec::new();
                let mut id = self.stream_id();
                for with_id in events {
                    if with_id {
                        self.next_id += 1;
                        id = self.next_id.to_string();
                        chunk.extend(format!("id: {id}\n").bytes());
                    }
                    chunk.extend(b"data: x\n\n");
                    blocks.push(Written::Event { id: id.clone() });
                }
                self.feed(chunk, blocks);
            }
            Happening::IdOnly if open => {
                self.next_id += 1;
                let id = self.next_id.to_string();
                self.feed(format!("id: {id}\n\n").into_bytes(), vec![Written::Id(id)]);
            }
            Happening::EmptyId if open => {
                self.feed(b"id\n\n".to_vec(), vec![Written::Id(String::new())]);
            }
            Happening::Retry(time) if open => {
                self.feed(format!("retry: {time}\n").into_bytes(), vec![]);
            }
            // The block never ends, since the connection does.
            Happening::HalfABlock if open => {
                self.feed(b"id: never\ndata: never\n".to_vec(), vec![]);
                self.drain()?;
                self.connection.end(self.now);
            }
            Happening::Lost => self.connection.failed(self.now, lost()),
            Happening::End => self.connection.end(self.now),
            Happening::Pass(milliseconds) => {
                let until = self.now.time + Duration::from_millis(milliseconds);
                // A driver wakes up at the deadline, and waits only when all is handed out.
                self.drain()?;
                while let Some(deadline) = self
                    .connection
                    .deadline(self.now.time)
                    .filter(|&deadline| deadline <= until)
                {
                    self.now.time = self.now.time.max(deadline);
                    self.connection.timer(self.now);
                    self.drain()?;
                }
                self.now.time = until;
            }
            Happening::Take(items) => {
                for _ in 0..items {
                    if !self.step()? {
                        break;
                    }
                }
            }
            Happening::ReconnectNow => {
                self.connection.reconnect_now(self.now.time);
                if !self.connection.needs_transport() {
                    self.connected = false;
                    self.not_before = Duration::ZERO;
                    self.leaving = true;
                }
            }
            Happening::Finish => {
                self.connection.finish(self.now.time);
                self.connected = false;
                self.leaving = true;
            }
            Happening::Close => {
                self.connection.close(self.now.time);
                self.over = true;
                self.written.clear();
            }
            _ => {}
        }
        // What is dropped with the connection was never handed out.
        if self.connection.ready_state() != ReadyState::Open && !self.leaving {
            self.written.clear();
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn whatever_happens(
        happenings in proptest::collection::vec((happening(), any::<u64>()), 1..80),
        seed in proptest::bool::ANY,
        standard in proptest::bool::ANY,
        post in proptest::bool::weighted(0.3),
    ) {
        let id = if seed { "seed" } else { "" };
        let policy = if standard { Policy::standard() } else { Policy::resilient() };
        let mut request = settings().request;
        if post {
            request.method = http::Method::POST;
        }
        let mut simulation = Simulation {
            connection: Connection::new(Settings {
                request,
                last_event_id: LastEventId::from_static(id),
                policy,
                idle_timeout: Some(Duration::from_secs(50)),
                ..settings()
            }),
            now: at(0),
            connected: false,
            leaving: false,
            post,
            was_sent: false,
            redirected: false,
            not_before: Duration::ZERO,
            over: false,
            id: id.to_owned(),
            written: Vec::new(),
            next_id: 0,
        };
        for (happening, random) in happenings {
            simulation.now.random = random;
            simulation.happen(happening)?;
        }
        simulation.drain()?;
    }
}

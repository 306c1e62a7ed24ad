//! The engine through days of simulated time, with a server that keeps a log, and everything going wrong on the way: between the
//! cursor that was acknowledged and the log no event is lost and none comes twice.

use std::collections::VecDeque;
use std::fmt::Write as _;

use http::header::{LOCATION, RETRY_AFTER};

use super::tests::{at, event_stream, head_with, lost, sent_id, settings};
use super::*;

/// A server with a log, a network, a consumer who acknowledges, and the account of what he has.
struct Soak {
    random: fastrand::Rng,
    connection: Connection,
    now: Now,
    /// The server's log: the events 1 to this one.
    log: u64,
    /// The stream that is open.
    stream: Option<Stream>,
    /// Whether anything goes wrong.
    faults: bool,
    /// The last event that was handed out, by this process or, if it has had none, acknowledged by one before.
    seen: u64,
    /// The last event that was acknowledged.
    acknowledged: u64,
    handed_out: u64,
    requests: u64,
    processes: u64,
}

/// What the server sends on one connection.
struct Stream {
    /// The last event that was written.
    written: u64,
    /// What was written and has not arrived.
    on_the_way: VecDeque<u8>,
}

impl Soak {
    fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            connection: process(0),
            now: at(0),
            log: 0,
            stream: None,
            faults: true,
            seen: 0,
            acknowledged: 0,
            handed_out: 0,
            requests: 0,
            processes: 1,
        }
    }

    /// Returns true with a chance of one in so many, as long as things go wrong.
    fn chance(&mut self, one_in: u32) -> bool {
        self.faults && self.random.u32(..one_in) == 0
    }

    fn step(&mut self) {
        self.now.random = self.random.u64(..);
        if self.faults && self.random.u32(..4) == 0 {
            self.log += self.random.u64(..4);
        }
        if self.chance(500) {
            // Killed, and begun anew.
            self.begin_anew();
        } else if self.chance(300) {
            self.connection.reconnect_now(self.now.time);
            self.stream = None;
        } else if self.chance(1_000) {
            self.connection.finish(self.now.time);
            self.stream = None;
        }
        match self.connection.next() {
            Action::Prepare(_) => panic!("there is no hook"),
            Action::Send(request) => self.answer(&request),
            Action::Yield(update) => self.take(update),
            Action::Read if self.stream.is_some() => self.serve(),
            // No answer comes, or a refused one has no end.
            Action::Read | Action::Wait => self.pass_until_deadline(),
            Action::End => panic!("ended without a word"),
        }
    }

    /// What becomes of a request.
    fn answer(&mut self, request: &Request) {
        self.requests += 1;
        let id = sent_id(request).map_or(0, |id| std::str::from_utf8(id).unwrap().parse().unwrap());
        assert_eq!(id, self.seen, "resumes in the wrong place");
        let text = self.random.u32(..100).to_string();
        let status = *self
            .random
            .choice(&[408, 421, 425, 429, 500, 502, 503, 504, 529])
            .unwrap();
        match if self.faults {
            self.random.u32(..12)
        } else {
            99
        } {
            0 => self.connection.failed(self.now, lost()),
            // No answer.
            1 => {}
            // One whose body does not end, so that it is cut by time.
            2 => self.connection.head(self.now, head_with(status, &[])),
            3 | 4 => {
                let head = head_with(status, &[(RETRY_AFTER, &text)]);
                self.connection.head(self.now, head);
                self.connection.chunk(self.now, Bytes::from_static(b"busy"));
                self.connection.end(self.now);
            }
            5 => {
                let location = format!("/{text}");
                let head = head_with(307, &[(LOCATION, &location)]);
                self.connection.head(self.now, head);
            }
            _ => {
                self.connection.head(self.now, event_stream());
                self.stream = Some(Stream {
                    written: id,
                    on_the_way: VecDeque::new(),
                });
            }
        }
    }

    /// What becomes of an open stream.
    fn serve(&mut self) {
        self.write();
        let Some(stream) = &mut self.stream else {
            return;
        };
        let most = stream.on_the_way.len();
        let longest = if self.random.u32(..10) == 0 {
            120_000
        } else {
            3_000
        };
        let pass = self.random.u64(..longest);
        let piece = self.random.usize(..=most.min(200));
        let lost_one = self.random.bool();
        if self.chance(100) {
            // What is on the way is lost with the connection.
            self.stream = None;
            if lost_one {
                self.connection.failed(self.now, lost());
            } else {
                self.connection.end(self.now);
            }
        } else if self.chance(200) {
            // The connection is dead, and nobody says so.
            self.pass_until_deadline();
        } else if most > 0 {
            let stream = self.stream.as_mut().expect("a stream");
            let chunk: Vec<_> = stream.on_the_way.drain(..piece).collect();
            self.connection.chunk(self.now, chunk.into());
        } else {
            self.pass(pass);
        }
    }

    /// Has the server write what it has, or a sign of life.
    fn write(&mut self) {
        let Some(stream) = &mut self.stream else {
            return;
        };
        let end = *self.random.choice(&["\n", "\r", "\r\n"]).unwrap();
        let mut text = String::new();
        if stream.written == self.log {
            match self.random.u32(..20) {
                0 => write!(text, ":{end}"),
                // An ID alone, as a keep-alive that moves the cursor: here to where it is.
                1 if stream.written > 0 => write!(text, "id: {}{end}{end}", stream.written),
                _ => Ok(()),
            }
            .expect("a string");
        }
        while stream.written < self.log && self.random.u32(..4) > 0 {
            stream.written += 1;
            let id = stream.written;
            if self.random.u32(..30) == 0 {
                let retry = self.random.u32(..20_000);
                write!(text, "retry: {retry}{end}").expect("a string");
            }
            write!(text, "id: {id}{end}data: {id}{end}{end}").expect("a string");
        }
        stream.on_the_way.extend(text.bytes());
    }

    fn take(&mut self, update: Update) {
        match update {
            Update::Event(event) => {
                let id = self.seen + 1;
                assert_eq!(event.data(), id.to_string(), "lost, or came twice");
                assert_eq!(event.last_event_id(), event.data());
                self.seen = id;
                self.handed_out += 1;
                if self.random.u32(..10) == 0 {
                    self.acknowledged = id;
                }
            }
            Update::Reconnecting { .. } => self.stream = None,
            Update::Closed { why, .. } => {
                assert!(matches!(why, CloseReason::Finished), "{why:?}");
                self.begin_anew();
            }
            Update::Open(_) | Update::ReconnectionTime(_) | Update::Fruitless { .. } => {}
            Update::Comment(_) | Update::Error(_) => panic!("{update:?}"),
        }
    }

    fn begin_anew(&mut self) {
        self.connection = process(self.acknowledged);
        self.seen = self.acknowledged;
        self.stream = None;
        self.processes += 1;
    }

    fn pass_until_deadline(&mut self) {
        let deadline = self.connection.deadline(self.now.time).expect("a deadline");
        self.set_time(deadline);
        self.connection.timer(self.now);
        if self.connection.ready_state() != ReadyState::Open {
            self.stream = None;
        }
    }

    /// Time passes. The driver wakes up at the deadline.
    fn pass(&mut self, milliseconds: u64) {
        let until = self.now.time + Duration::from_millis(milliseconds);
        match self.connection.deadline(self.now.time) {
            Some(deadline) if deadline <= until => self.pass_until_deadline(),
            _ => self.set_time(until),
        }
    }

    fn set_time(&mut self, time: Duration) {
        self.now.wall += time.saturating_sub(self.now.time);
        self.now.time = time;
    }
}

/// A process that begins behind an event.
fn process(cursor: u64) -> Connection {
    let id = match cursor {
        0 => String::new(),
        cursor => cursor.to_string(),
    };
    Connection::new(Settings {
        last_event_id: LastEventId::new(id).unwrap(),
        idle_timeout: Some(Duration::from_secs(50)),
        event_timeout: Some(Duration::from_secs(300)),
        ..settings()
    })
}

#[test]
fn between_the_acknowledged_cursor_and_the_log_nothing_is_lost_and_nothing_comes_twice() {
    for seed in 0..20 {
        let mut soak = Soak::new(seed);
        for _ in 0..20_000 {
            soak.step();
        }
        // Nothing goes wrong any more, and all arrives.
        soak.faults = false;
        for _ in 0..100_000 {
            if soak.seen == soak.log {
                break;
            }
            soak.step();
        }
        assert_eq!(soak.seen, soak.log, "seed {seed}: not all has arrived");
        assert!(soak.handed_out >= soak.log);
        // The simulation has done what it is for.
        assert!(
            soak.log > 1_000 && soak.requests > 200 && soak.processes > 20,
            "seed {seed}"
        );
        assert!(
            soak.now.time > Duration::from_secs(4 * 3_600),
            "seed {seed}"
        );
    }
}

//! The engine: what to do next, given what has happened. No socket, no clock, no randomness.
//!
//! The states and their transitions are those of
//! [`#sse-processing-model`](https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model):
//! announce the connection, reestablish the connection, fail the connection.
//!
//! Whoever drives it calls [`Connection::next`] and does what that says, again and again; what happens meanwhile he tells
//! by the other methods. Time is a `Duration` since a moment of the driver's choice that never changes.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::Url;
use sse_codec::LastEventId;

use self::failure::{EXCERPT_TIMEOUT, Refused, Row};
use crate::attempt::Attempt;
use crate::decision::Rule;
use crate::error::{Error, Excerpt, Kind, Refusal, Source};
use crate::intake::{Intake, IntakeSettings, Received};
use crate::outgoing::{Outgoing, RequestSettings};
use crate::policy::Policy;
use crate::request::Request;
use crate::response::{ResponseHead, Verdict, verdict};
use crate::retry_after::retry_after;
use crate::setbacks::Setbacks;
use crate::stats::Tally;
use crate::update::{CloseReason, ReadyState, Update};
use crate::watchdog::Watchdog;

mod control;
mod failure;
mod send;
mod timeout;

/// The engine of one event source, over all its connections.
pub(crate) struct Connection {
    policy: Policy,
    state: State,
    /// What is to be handed out before anything else is done.
    outbox: VecDeque<Update>,
    intake: Intake,
    outgoing: Outgoing,
    /// The next connection's first request, if it is known already.
    next_attempt: Option<Attempt>,
    /// Whether the caller has a hook that prepares each attempt.
    has_hook: bool,
    /// Whether it was reported that the last event ID cannot be sent. Once is enough for all redirects.
    reported_id: bool,
    setbacks: Setbacks,
    /// The head of the answer, if it is an event stream that is being read.
    head: Option<ResponseHead>,
    tally: Tally,
    response_watchdog: Watchdog,
    idle_watchdog: Watchdog,
    event_watchdog: Watchdog,
    excerpt_watchdog: Watchdog,
}

/// What the engine has to know before it starts.
pub(crate) struct Settings {
    pub(crate) request: RequestSettings,
    pub(crate) has_hook: bool,
    pub(crate) last_event_id: LastEventId<'static>,
    pub(crate) policy: Policy,
    pub(crate) intake: IntakeSettings,
    pub(crate) response_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) event_timeout: Option<Duration>,
}

/// The moment in which something happens, with the chance that it brings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// By the monotonic clock.
    pub(crate) time: Duration,
    /// By the wall clock, for dates that a server names.
    pub(crate) wall: SystemTime,
    /// Evenly spread over all of `u64`.
    pub(crate) random: u64,
}

/// What to do next.
#[derive(Debug)]
pub(crate) enum Action {
    /// Let the caller's hook prepare this, and say what came of it by [`prepared`](Connection::prepared). Until then
    /// [`Read`](Self::Read) holds.
    Prepare(Attempt),
    /// Send this request.
    Send(Request),
    /// Wait for the connection, and say what came of it. At [`deadline`](Connection::deadline) call
    /// [`timer`](Connection::timer).
    Read,
    /// Drop the connection. At [`deadline`](Connection::deadline) call [`timer`](Connection::timer).
    Wait,
    /// Hand this out.
    Yield(Update),
    /// Nothing will happen any more.
    End,
}

#[derive(Debug)]
enum State {
    /// A request is to be sent.
    Ready,
    /// A request is with the caller's hook.
    Preparing,
    /// A request was sent, and its answer has not come.
    Sent,
    /// The answer was refused, and the beginning of its body is read.
    Refused(Refused),
    /// What has arrived is handed out, then it ends.
    Finishing,
    Open,
    Waiting {
        until: Duration,
    },
    Closed,
}

impl Connection {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            policy: settings.policy,
            state: State::Ready,
            outbox: VecDeque::new(),
            intake: Intake::new(settings.intake, &settings.last_event_id),
            outgoing: Outgoing::new(settings.request),
            next_attempt: None,
            has_hook: settings.has_hook,
            reported_id: false,
            setbacks: Setbacks::default(),
            head: None,
            tally: Tally::default(),
            response_watchdog: Watchdog::new(settings.response_timeout),
            idle_watchdog: Watchdog::new(settings.idle_timeout),
            event_watchdog: Watchdog::new(settings.event_timeout),
            excerpt_watchdog: Watchdog::new(Some(EXCERPT_TIMEOUT)),
        }
    }

    /// Returns what to do next.
    pub(crate) fn next(&mut self) -> Action {
        if let Some(update) = self.outbox.pop_front() {
            return Action::Yield(update);
        }
        match self.state {
            // What an earlier connection has brought goes first, so that the request carries the ID of all of it.
            State::Ready => match self.receive() {
                Some(update) => Action::Yield(update),
                None => self.send(),
            },
            State::Finishing => match self.receive() {
                Some(update) => Action::Yield(update),
                None => {
                    self.state = State::Closed;
                    Action::Yield(Update::Closed {
                        why: CloseReason::Finished,
                        decision: None,
                    })
                }
            },
            State::Preparing | State::Sent | State::Refused(_) => Action::Read,
            State::Open => self.receive().map_or(Action::Read, Action::Yield),
            State::Waiting { .. } => Action::Wait,
            State::Closed => Action::End,
        }
    }

    /// Takes what the caller's hook has made of an attempt.
    pub(crate) fn prepared(&mut self, now: Now, attempt: Result<Attempt, Source>) {
        if !matches!(self.state, State::Preparing) {
            return;
        }
        self.next_attempt = None;
        let begun = match attempt {
            Ok(attempt) => self.outgoing.begin(attempt),
            Err(source) => Err(Error::passing(Kind::Prepare(source))),
        };
        match begun {
            Ok(()) => self.state = State::Ready,
            Err(error) => self.lose(now, error),
        }
    }

    /// Takes the head of the answer.
    pub(crate) fn head(&mut self, now: Now, head: ResponseHead) {
        if !matches!(self.state, State::Sent) {
            return;
        }
        self.tally.last_status = Some(head.status());
        self.outgoing.answered(&head);
        match verdict(&head, &self.policy) {
            Verdict::Open => self.announce(now, head),
            Verdict::Stop => {
                let retry_after = retry_after(head.headers(), now.wall);
                let cause = Error::passing(Kind::Refused {
                    why: Refusal::Status,
                    head,
                    body: Excerpt::default(),
                });
                self.decide(now, cause, Row::Stop, retry_after);
            }
            Verdict::Redirect => match self.outgoing.follow(&head) {
                Ok(()) => self.state = State::Ready,
                Err(why) => self.refuse(now, Refusal::Redirect(why), head, Row::Fail),
            },
            Verdict::Reconnect => self.refuse(now, Refusal::Status, head, Row::Reconnect),
            Verdict::Fail => {
                let refresh = self.has_hook
                    && !self.setbacks.has_asked_for_credentials()
                    && self.policy.asks_for_credentials(head.status());
                let row = if refresh { Row::Refresh } else { Row::Fail };
                self.refuse(now, Refusal::Status, head, row);
            }
            Verdict::NotEventStream => {
                self.refuse(now, Refusal::NotEventStream, head, Row::Fail);
            }
            Verdict::Compressed => self.refuse(now, Refusal::Compressed, head, Row::Fail),
        }
    }

    /// Takes a piece of the answer's body. Only after [`next`](Self::next) has said [`Action::Read`].
    pub(crate) fn chunk(&mut self, now: Now, chunk: Bytes) {
        match &mut self.state {
            State::Open => {
                if !chunk.is_empty() {
                    self.idle_watchdog.disarm();
                    self.tally.received(now.time, chunk.len());
                }
                self.intake.feed(chunk);
                self.note_progress();
            }
            State::Refused(refused) => {
                if refused.take(&chunk) {
                    self.conclude(now);
                }
            }
            State::Ready
            | State::Preparing
            | State::Sent
            | State::Finishing
            | State::Waiting { .. }
            | State::Closed => {}
        }
    }

    /// Takes note that the answer's body has ended.
    pub(crate) fn end(&mut self, now: Now) {
        match self.state {
            State::Open => {
                let in_event = self.intake.finish();
                self.lose(now, Error::passing(Kind::EndOfBody { in_event }));
            }
            State::Refused(_) => self.conclude(now),
            State::Ready
            | State::Preparing
            | State::Sent
            | State::Finishing
            | State::Waiting { .. }
            | State::Closed => {}
        }
    }

    /// Takes note that the HTTP client has failed. If the error is final, trying again would not help.
    pub(crate) fn failed(&mut self, now: Now, error: Error) {
        match self.state {
            State::Sent | State::Open => self.lose(now, error),
            // The verdict stands, whatever happens to the body.
            State::Refused(_) => self.conclude(now),
            State::Ready
            | State::Preparing
            | State::Finishing
            | State::Waiting { .. }
            | State::Closed => {}
        }
    }

    /// Takes the last event ID to begin with, or the reason why there is none. Only before the first [`next`](Self::next).
    pub(crate) fn loaded(&mut self, id: Result<Option<LastEventId<'_>>, Error>) {
        match id {
            Ok(Some(id)) => self.intake.set_last_event_id(&id),
            Ok(None) => {}
            Err(_) if matches!(self.state, State::Closed) => {}
            Err(error) => self.fail(error, Rule::Policy, None),
        }
    }

    pub(crate) fn last_event_id(&self) -> &str {
        self.intake.last_event_id()
    }

    pub(crate) fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Ready
            | State::Preparing
            | State::Sent
            | State::Refused(_)
            | State::Waiting { .. } => ReadyState::Connecting,
            State::Open => ReadyState::Open,
            State::Finishing | State::Closed => ReadyState::Closed,
        }
    }

    /// Returns whether there is a connection that is still of use, or a request under way.
    pub(crate) fn needs_transport(&self) -> bool {
        match self.state {
            State::Preparing | State::Sent | State::Refused(_) | State::Open => true,
            State::Ready | State::Finishing | State::Waiting { .. } | State::Closed => false,
        }
    }

    /// Returns whether nothing will be handed out any more.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.state, State::Closed) && self.outbox.is_empty()
    }

    /// Returns the head of the answer, if it is an event stream that is being read.
    pub(crate) fn head_of_open(&self) -> Option<&ResponseHead> {
        self.head.as_ref()
    }

    pub(crate) fn tally(&self) -> Tally {
        let mut tally = self.tally;
        (tally.events, tally.comments) = self.intake.counts();
        tally
    }

    /// Returns where a reconnect begins.
    pub(crate) fn home(&self) -> &Url {
        self.outgoing.home()
    }

    /// Announces the connection.
    fn announce(&mut self, now: Now, head: ResponseHead) {
        self.outgoing.opened(self.policy.keeps_redirects());
        self.intake.restart();
        self.idle_watchdog.disarm();
        self.event_watchdog.disarm();
        self.setbacks.opened(now.time, self.intake.last_event_id());
        self.tally.opened(now.time);
        self.head = Some(head.clone());
        self.state = State::Open;
        self.outbox.push_back(Update::Open(head));
    }

    /// Takes the next thing to hand out of what has arrived.
    fn receive(&mut self) -> Option<Update> {
        let received = self.intake.next();
        // A long chunk is parsed while it is handed out.
        self.note_progress();
        received.map(update)
    }

    /// Takes note that the connection is no more.
    fn leave_open(&mut self, now: Duration) {
        self.tally.lost(now);
        self.head = None;
    }

    /// An event has been dispatched: whatever was wrong before is over.
    fn note_progress(&mut self) {
        if self.intake.take_progress() {
            self.setbacks.forget();
            self.event_watchdog.disarm();
        }
    }
}

fn update(received: Received) -> Update {
    match received {
        Received::Event(event) => Update::Event(event),
        Received::Comment(comment) => Update::Comment(comment),
        Received::ReconnectionTime(time) => Update::ReconnectionTime(time),
        Received::Error(error) => Update::Error(Error::passing(Kind::Parse(error))),
    }
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use self::tests::settings;

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

use crate::attempt::Attempt;
use crate::classifier::Reaction;
use crate::decision::{Decision, Rule, Then};
use crate::error::{Error, Excerpt, Kind, Refusal, Source, Timeout};
use crate::intake::{Intake, IntakeSettings, Received};
use crate::outgoing::{Outgoing, RequestSettings};
use crate::policy::Policy;
use crate::request::{Request, last_event_id_value};
use crate::response::{ResponseHead, Verdict, verdict};
use crate::retry_after::retry_after;
use crate::setbacks::Setbacks;
use crate::stats::Tally;
use crate::update::{CloseReason, ReadyState, Update};
use crate::watchdog::Watchdog;

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

#[derive(Debug)]
struct Refused {
    why: Refusal,
    head: ResponseHead,
    body: Excerpt,
    row: Row,
    retry_after: Option<Duration>,
}

/// What the policy's table says about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Reconnect,
    /// Ask the hook for other credentials, and reconnect at once.
    Refresh,
    Fail,
    Stop,
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

    /// Returns when to call [`timer`](Self::timer), if nothing else happens before. To be called whenever waiting
    /// starts or goes on, since timeouts count from there.
    pub(crate) fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Preparing | State::Sent => self.response_watchdog.arm(now),
            State::Refused(_) => self.excerpt_watchdog.arm(now),
            State::Open => {
                let deadlines = [self.idle_watchdog.arm(now), self.event_watchdog.arm(now)];
                deadlines.into_iter().flatten().min()
            }
            State::Waiting { until } => Some(until),
            State::Ready | State::Finishing | State::Closed => None,
        }
    }

    /// Takes note that a deadline may have passed. Does nothing if none has.
    pub(crate) fn timer(&mut self, now: Now) {
        let timeout = match self.state {
            State::Preparing => {
                (self.response_watchdog.expired(now.time)).map(|time| (Timeout::Prepare, time))
            }
            State::Sent => {
                (self.response_watchdog.expired(now.time)).map(|time| (Timeout::Response, time))
            }
            State::Open => (self.idle_watchdog.expired(now.time))
                .map(|time| (Timeout::Bytes, time))
                .or_else(|| {
                    self.event_watchdog
                        .expired(now.time)
                        .map(|time| (Timeout::Event, time))
                }),
            State::Refused(_) => {
                if self.excerpt_watchdog.expired(now.time).is_some() {
                    self.conclude(now);
                }
                None
            }
            State::Waiting { until } => {
                if until <= now.time {
                    self.start();
                }
                None
            }
            State::Ready | State::Finishing | State::Closed => None,
        };
        if let Some((what, time)) = timeout {
            self.lose(now, Error::passing(Kind::Timeout(what, time)));
        }
    }

    /// Takes what the caller's hook has made of an attempt.
    pub(crate) fn prepared(&mut self, now: Now, attempt: Result<Attempt, Source>) {
        if !matches!(self.state, State::Preparing) {
            return;
        }
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
                let cause = Error::passing(Kind::Refused {
                    why: Refusal::Status,
                    head,
                    body: Excerpt::default(),
                });
                self.decide(now, cause, Row::Stop, None);
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
                let body = &mut refused.body.0;
                let room = MAX_EXCERPT_BYTES - body.len();
                body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                if body.len() == MAX_EXCERPT_BYTES {
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

    /// Closes the event source, by the caller's wish. Nothing more is handed out.
    pub(crate) fn close(&mut self, now: Duration) {
        self.leave_open(now);
        self.outbox.clear();
        self.intake.clear();
        self.state = State::Closed;
    }

    /// Ends the event source, by the caller's wish, when all that has arrived is handed out.
    pub(crate) fn finish(&mut self, now: Duration) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.leave_open(now);
        self.outbox.clear();
        self.state = State::Finishing;
    }

    /// Sends a new request, by the caller's wish, as soon as all that has arrived is handed out.
    pub(crate) fn reconnect_now(&mut self, now: Duration) {
        if matches!(self.state, State::Closed | State::Finishing) {
            return;
        }
        // Not even the caller's wish sends twice what may be done only once.
        let is_under_way = matches!(self.state, State::Sent | State::Refused(_) | State::Open);
        if is_under_way && !self.outgoing.may_repeat(None) {
            return;
        }
        self.leave_open(now);
        // What waits there tells of a connection, or of a delay, that is no more.
        self.outbox.clear();
        self.start();
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

    /// Makes ready for the first request of a connection.
    fn start(&mut self) {
        self.outgoing.restart();
        self.reported_id = false;
        self.state = State::Ready;
    }

    /// Sends the request, or first reports that it will not carry the ID.
    fn send(&mut self) -> Action {
        let id = self.intake.last_event_id();
        let value = if id.is_empty() {
            None
        } else {
            last_event_id_value(id)
        };
        if value.is_none() && !id.is_empty() && !self.reported_id {
            self.reported_id = true;
            return Action::Yield(Update::Error(Error::passing(Kind::LastEventIdNotSent {
                len: id.len(),
            })));
        }
        self.response_watchdog.disarm();
        if !self.outgoing.has_current() {
            let drafted = self.next_attempt.take().or_else(|| {
                (self.outgoing).draft(self.intake.last_event_id(), self.setbacks.attempts(), None)
            });
            let Some(attempt) = drafted else {
                return self.nothing_to_resume();
            };
            if self.has_hook {
                self.state = State::Preparing;
                return Action::Prepare(attempt);
            }
            if let Err(error) = self.outgoing.begin(attempt) {
                return self.cannot_begin(error);
            }
        }
        let Some(request) = self.outgoing.request(value) else {
            return Action::End;
        };
        self.tally.requests += 1;
        self.state = State::Sent;
        Action::Send(request)
    }

    /// Ends, since there is no request to resume with.
    fn nothing_to_resume(&mut self) -> Action {
        let cause = Error::passing(Kind::EndOfBody { in_event: false });
        self.give_up(cause, Rule::NothingToResume, None);
        self.next()
    }

    /// Ends, since the request is none that can be sent.
    fn cannot_begin(&mut self, error: Error) -> Action {
        self.fail(error, Rule::Policy, None);
        self.next()
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

    /// Reads the beginning of a refused answer's body before it is decided what becomes of it.
    fn refuse(&mut self, now: Now, why: Refusal, head: ResponseHead, row: Row) {
        self.excerpt_watchdog.disarm();
        self.state = State::Refused(Refused {
            why,
            // Now, since a date counts from here.
            retry_after: retry_after(head.headers(), now.wall),
            head,
            body: Excerpt::default(),
            row,
        });
    }

    /// Decides about a refused answer.
    fn conclude(&mut self, now: Now) {
        let State::Refused(refused) = std::mem::replace(&mut self.state, State::Closed) else {
            return;
        };
        let Refused {
            why,
            head,
            body,
            row,
            retry_after,
        } = refused;
        let cause = Error::passing(Kind::Refused { why, head, body });
        self.decide(now, cause, row, retry_after);
    }

    /// Takes note that the connection, or the attempt to make it, has come to its end.
    fn lose(&mut self, now: Now, cause: Error) {
        let row = if cause.is_final() {
            Row::Fail
        } else if self.policy.reconnects() {
            Row::Reconnect
        } else if cause.is_end_of_body() {
            Row::Stop
        } else {
            Row::Fail
        };
        self.decide(now, cause, row, None);
    }

    /// Decides what becomes of a failure. `row` is what the policy's table says.
    fn decide(&mut self, now: Now, cause: Error, row: Row, retry_after: Option<Duration>) {
        self.leave_open(now.time);
        let fruitless = (self.setbacks).lost(now.time, self.intake.last_event_id());
        if let Some(connections) = fruitless {
            self.outbox.push_back(Update::Fruitless { connections });
        }
        let (row, rule, not_before) = match self.policy.classified(&cause) {
            None if row == Row::Refresh => (row, Rule::Credentials, None),
            None => (row, Rule::Policy, retry_after),
            Some(Reaction::Reconnect) => (Row::Reconnect, Rule::Classifier, retry_after),
            Some(Reaction::ReconnectAfter(time)) => (Row::Reconnect, Rule::Classifier, Some(time)),
            Some(Reaction::Fail) => (Row::Fail, Rule::Classifier, retry_after),
            Some(Reaction::Stop) => (Row::Stop, Rule::Classifier, retry_after),
        };
        match row {
            Row::Fail => self.fail(cause, rule, retry_after),
            Row::Stop => self.stop(cause, rule, retry_after),
            Row::Reconnect if !self.outgoing.may_repeat(Some(&cause)) => {
                self.give_up(cause, Rule::UnsafeMethod, retry_after);
            }
            // The server has refused to do anything, so nothing is done twice.
            Row::Reconnect | Row::Refresh => {
                self.reestablish(now, cause, rule, retry_after, not_before);
            }
        }
    }

    /// Reestablishes the connection: waits, then sends the next request; unless there is a reason not to.
    fn reestablish(
        &mut self,
        now: Now,
        cause: Error,
        rule: Rule,
        retry_after: Option<Duration>,
        not_before: Option<Duration>,
    ) {
        let cause = cause.into_passing();
        let attempt = self.setbacks.next_attempt();
        let delay = if rule == Rule::Credentials {
            self.setbacks.ask_for_credentials();
            Duration::ZERO
        } else {
            let set_by_stream = self.intake.reconnection_time();
            (self.policy).delay(set_by_stream, not_before, attempt, now.random)
        };
        if let Some(limit) = (self.setbacks).limit_reached(&self.policy, now.time, delay) {
            let error = Error::last(Kind::RetriesExhausted {
                limit,
                last_failure: cause.clone(),
            });
            let decision = Decision::new(cause, Rule::Limit, retry_after, Then::Fail);
            return self.close_because(CloseReason::Failed(error), decision);
        }
        let id = self.intake.last_event_id();
        self.next_attempt = (self.outgoing).draft(id, attempt, Some(cause.clone()));
        if self.next_attempt.is_none() {
            return self.give_up(cause, Rule::NothingToResume, retry_after);
        }
        let then = Then::Reconnect {
            delay,
            attempt,
            max_attempts: self.policy.attempts_limit(),
            last_event_id: id.to_owned(),
        };
        let decision = Decision::new(cause.clone(), rule, retry_after, then);
        self.setbacks.reconnect();
        self.intake.clear();
        self.state = State::Waiting {
            until: now.time.saturating_add(delay),
        };
        self.outbox.push_back(Update::Reconnecting {
            delay,
            attempt,
            cause,
            decision,
        });
    }

    /// Ends, where there would be another attempt if there could be one: a body that has ended is the end then.
    fn give_up(&mut self, cause: Error, rule: Rule, retry_after: Option<Duration>) {
        if cause.is_end_of_body() {
            self.stop(cause, rule, retry_after);
        } else {
            self.fail(cause, rule, retry_after);
        }
    }

    /// Ends with an error.
    fn fail(&mut self, cause: Error, rule: Rule, retry_after: Option<Duration>) {
        let cause = cause.into_final();
        let why = CloseReason::Failed(cause.clone());
        let then = Then::Fail;
        let decision = Decision::new(cause, rule, retry_after, then);
        self.close_because(why, decision);
    }

    /// Ends without an error.
    fn stop(&mut self, cause: Error, rule: Rule, retry_after: Option<Duration>) {
        let cause = cause.into_final();
        let why = if rule == Rule::Classifier {
            CloseReason::Stopped(cause.clone())
        } else if cause.is_end_of_body() {
            CloseReason::EndOfBody
        } else {
            CloseReason::NoContent
        };
        let then = Then::Stop;
        let decision = Decision::new(cause, rule, retry_after, then);
        self.close_because(why, decision);
    }

    fn close_because(&mut self, why: CloseReason, decision: Decision) {
        self.intake.clear();
        self.state = State::Closed;
        self.outbox.push_back(Update::Closed {
            why,
            decision: Some(decision),
        });
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

/// How much of a refused answer's body is kept, in bytes.
const MAX_EXCERPT_BYTES: usize = 64 * 1024;

/// How long to wait for it: the verdict is clear already, so not long.
const EXCERPT_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod soak;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use tests::settings;

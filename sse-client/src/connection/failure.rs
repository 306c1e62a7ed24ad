//! What becomes of a failure: reestablish the connection, or fail it, as
//! [`#sse-processing-model`](https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model) calls it.

use std::time::Duration;

use super::{Connection, Now, State};
use crate::classifier::Reaction;
use crate::decision::{Decision, Rule, Then};
use crate::error::{Error, Excerpt, Kind, Refusal};
use crate::response::ResponseHead;
use crate::retry_after::retry_after;
use crate::update::{CloseReason, Update};

/// An answer that is refused, while the beginning of its body is read.
#[derive(Debug)]
pub(super) struct Refused {
    why: Refusal,
    head: ResponseHead,
    body: Excerpt,
    row: Row,
    retry_after: Option<Duration>,
}

/// What the policy's table says about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Reconnect,
    /// Ask the hook for other credentials, and reconnect at once.
    Refresh,
    Fail,
    Stop,
}

impl Refused {
    /// Takes a piece of the body, and returns whether that is enough.
    pub(super) fn take(&mut self, chunk: &[u8]) -> bool {
        let body = &mut self.body.0;
        let room = MAX_EXCERPT_BYTES - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(chunk));
        body.len() == MAX_EXCERPT_BYTES
    }
}

impl Connection {
    /// Reads the beginning of a refused answer's body before it is decided what becomes of it.
    pub(super) fn refuse(&mut self, now: Now, why: Refusal, head: ResponseHead, row: Row) {
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
    pub(super) fn conclude(&mut self, now: Now) {
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
    pub(super) fn lose(&mut self, now: Now, cause: Error) {
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
    pub(super) fn decide(
        &mut self,
        now: Now,
        cause: Error,
        row: Row,
        retry_after: Option<Duration>,
    ) {
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
    pub(super) fn reestablish(
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
    pub(super) fn give_up(&mut self, cause: Error, rule: Rule, retry_after: Option<Duration>) {
        if cause.is_end_of_body() {
            self.stop(cause, rule, retry_after);
        } else {
            self.fail(cause, rule, retry_after);
        }
    }

    /// Ends with an error.
    pub(super) fn fail(&mut self, cause: Error, rule: Rule, retry_after: Option<Duration>) {
        let cause = cause.into_final();
        let why = CloseReason::Failed(cause.clone());
        let then = Then::Fail;
        let decision = Decision::new(cause, rule, retry_after, then);
        self.close_because(why, decision);
    }

    /// Ends without an error.
    pub(super) fn stop(&mut self, cause: Error, rule: Rule, retry_after: Option<Duration>) {
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

    pub(super) fn close_because(&mut self, why: CloseReason, decision: Decision) {
        self.intake.clear();
        self.state = State::Closed;
        self.outbox.push_back(Update::Closed {
            why,
            decision: Some(decision),
        });
    }
}

/// How much of a refused answer's body is kept, in bytes.
pub(super) const MAX_EXCERPT_BYTES: usize = 64 * 1024;

/// How long to wait for it: the verdict is clear already, so not long.
pub(super) const EXCERPT_TIMEOUT: Duration = Duration::from_secs(1);

//! Which request is sent when a connection begins, and what keeps it from being sent.

use super::{Action, Connection, State};
use crate::decision::Rule;
use crate::error::{Error, Kind};
use crate::request::last_event_id_value;
use crate::update::Update;

impl Connection {
    /// Makes ready for the first request of a connection.
    pub(super) fn start(&mut self) {
        self.outgoing.restart();
        self.reported_id = false;
        self.state = State::Ready;
    }

    /// Sends the request, or first reports that it will not carry the ID.
    pub(super) fn send(&mut self) -> Action {
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
                // Should the hook be interrupted, it is asked again for the same reason.
                self.next_attempt = Some(attempt.clone());
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
    pub(super) fn nothing_to_resume(&mut self) -> Action {
        let cause = Error::passing(Kind::EndOfBody { in_event: false });
        self.give_up(cause, Rule::NothingToResume, None);
        self.next()
    }

    /// Ends, since the request is none that can be sent.
    pub(super) fn cannot_begin(&mut self, error: Error) -> Action {
        self.fail(error, Rule::Policy, None);
        self.next()
    }
}

//! What the caller asks for: to close, to finish, to reconnect at once.

use std::time::Duration;

use super::{Connection, State};

impl Connection {
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
        let is_under_way = match self.state {
            State::Sent | State::Refused(_) | State::Open => true,
            // A redirect has answered it, and by some of them the server says that it has done its work.
            State::Ready => self.outgoing.has_current(),
            State::Preparing | State::Waiting { .. } | State::Finishing | State::Closed => false,
        };
        if is_under_way && !self.outgoing.may_repeat(None) {
            return;
        }
        self.leave_open(now);
        // What waits there tells of a connection, or of a delay, that is no more.
        self.outbox.clear();
        self.start();
    }
}

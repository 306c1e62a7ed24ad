//! [`Update`]: everything that happens to an event source, for those who want more than its events.

use std::time::Duration;

use sse_codec::Event;

use crate::decision::Decision;
use crate::error::Error;
use crate::response::ResponseHead;

/// What has happened to an event source: an item of [`Updates`](crate::Updates).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Update {
    /// The server has answered with an event stream. Comes after every connection, the first one and all later ones.
    Open(ResponseHead),
    /// An event was dispatched.
    Event(Event),
    /// A comment line has come, with everything after its colon. Only if
    /// [`comments`](crate::EventSourceBuilder::comments) are asked for.
    Comment(String),
    /// The stream has set its reconnection time, with a `retry` field.
    ReconnectionTime(Duration),
    /// The connection is gone, and a new one will be made after the delay. The delay counts from the moment of the
    /// loss, so nothing has to be done but to go on polling.
    #[non_exhaustive]
    Reconnecting {
        /// How long the client waits before it sends the next request.
        delay: Duration,
        /// Which attempt that will be, counted from 1 since the last event. A connection that opens, but brings no
        /// event, does not start the count again.
        attempt: u32,
        /// Why the connection is gone. A body that ends as it should is a cause too, see
        /// [`Error::is_end_of_body`].
        cause: Error,
        /// The decision as a whole, which can be printed in one line.
        decision: Decision,
    },
    /// Several connections in a row were accepted, and lost without having brought an event or another last event ID.
    /// Reported once, at the third, before what becomes of it.
    ///
    /// Perhaps nothing has happened. But so behaves a server that no longer knows the last event ID, or a proxy that
    /// answers in its place. [`Policy::max_fruitless`](crate::Policy::max_fruitless) makes an end of it.
    #[non_exhaustive]
    Fruitless {
        /// How many there were.
        connections: u32,
    },
    /// Something is wrong, but the event source goes on: an event was dropped because it is too large or ill-formed
    /// ([`Error::parse_error`]), or the last event ID cannot be sent ([`Error::is_last_event_id_not_sent`]).
    Error(Error),
    /// The event source is at its end. This is the last item.
    #[non_exhaustive]
    Closed {
        /// Why it has ended.
        why: CloseReason,
        /// The decision that has ended it, unless it was the caller's own.
        decision: Option<Decision>,
    },
}

impl Update {
    /// Returns what was decided about a failure, and by which rule: for [`Reconnecting`](Self::Reconnecting) and
    /// [`Closed`](Self::Closed).
    ///
    /// `to_string` makes a line of it: `503, Retry-After 5 s, waiting 5.8 s, attempt 3 of 10, resuming after 42`.
    #[must_use]
    pub fn explain(&self) -> Option<&Decision> {
        match self {
            Self::Reconnecting { decision, .. } => Some(decision),
            Self::Closed { decision, .. } => decision.as_ref(),
            _ => None,
        }
    }
}

/// Why an event source has ended. (After [`close`](crate::Updates::close) nothing is reported.)
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The server has answered with 204 No Content, by which it asks the client to stop. Not an error.
    NoContent,
    /// The body has ended, and there is no reconnection: the policy is [`Policy::never`](crate::Policy::never), or the request
    /// was one that is [not repeated](crate::EventSourceBuilder::method). Not an error.
    EndOfBody,
    /// The caller has asked for it, with [`finish`](crate::Updates::finish). Not an error.
    Finished,
    /// The caller's classifier has said [`Reaction::Stop`](crate::Reaction::Stop) to this failure. Not an error.
    Stopped(Error),
    /// It has failed for good. The error [is final](Error::is_final).
    Failed(Error),
}

/// The state of an event source's connection, as
/// [`#dom-eventsource-readystate`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate)
/// has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the standard defines exactly these three"
)]
pub enum ReadyState {
    /// There is no connection, or none that has been accepted yet; one is being made or waited for.
    Connecting,
    /// The server has answered with an event stream, which is being read.
    Open,
    /// The event source has ended, and will not connect again.
    Closed,
}

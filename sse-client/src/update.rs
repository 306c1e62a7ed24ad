//! [`Update`]: everything that happens to an event source, for those who want more than its events.

use std::time::Duration;

use sse_codec::Event;

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
    },
    /// Something is wrong, but the event source goes on: an event was dropped because it is too large or ill-formed
    /// ([`Error::parse_error`]), or the last event ID cannot be sent ([`Error::is_last_event_id_not_sent`]).
    Error(Error),
    /// The event source is at its end. This is the last item.
    #[non_exhaustive]
    Closed {
        /// Why it has ended.
        why: CloseReason,
    },
}

/// Why an event source has ended by itself. (After [`close`](crate::Updates::close) nothing is reported.)
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The server has answered with 204 No Content, by which it asks the client to stop. Not an error.
    NoContent,
    /// The body has ended, and the policy is [`Policy::never`](crate::Policy::never). Not an error.
    EndOfBody,
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

//! [`EventSource`] and [`Updates`]: the two views of one connection.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use sse_codec::Event;

use crate::error::Error;
use crate::update::{ReadyState, Update};

/// A stream of events that reconnects by itself: a fused `Stream` of `Result<Event, Error>`, `Unpin` and `Send`.
///
/// Failures after which it reconnects are not items ([`updates`](Self::updates) shows them). An error among the items is either
/// [final](Error::is_final), then it is the last item, or tells of an event that was dropped, then the stream goes on.
#[derive(Debug)]
#[must_use = "an event source does nothing until it is polled"]
pub struct EventSource {
    inner: Updates,
}

/// The other view of an event source: a fused `Stream` of [`Update`]s. Comes from [`EventSource::updates`].
#[derive(Debug)]
#[must_use = "an event source does nothing until it is polled"]
pub struct Updates {}

impl EventSource {
    pub(crate) fn stub() -> Result<Self, Error> {
        Ok(Self { inner: Updates {} })
    }

    /// Turns it into a stream of everything that happens, not only of the events.
    pub fn updates(self) -> Updates {
        self.inner
    }

    /// Closes the event source. Whatever has arrived and was not handed out yet is dropped; the next item is the end.
    pub fn close(&mut self) {
        self.inner.close();
    }

    /// Drops the connection, or the wait for the next one, and connects at once, with the ID of the last event that was
    /// handed out. Does nothing after the end.
    pub fn reconnect_now(&mut self) {
        self.inner.reconnect_now();
    }

    /// Returns the last event ID: that of the last event that was handed out, or of a block without data behind it. Empty if
    /// there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.inner.last_event_id()
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.inner.ready_state()
    }
}

impl Updates {
    /// Closes the event source, as [`EventSource::close`] does. No [`Update::Closed`] follows.
    pub fn close(&mut self) {}

    /// Reconnects at once, see [`EventSource::reconnect_now`].
    pub fn reconnect_now(&mut self) {}

    /// Returns the last event ID, see [`EventSource::last_event_id`].
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        ""
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        ReadyState::Closed
    }
}

impl Stream for EventSource {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

impl FusedStream for EventSource {
    fn is_terminated(&self) -> bool {
        true
    }
}

impl Stream for Updates {
    type Item = Update;

    fn poll_next(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Update>> {
        Poll::Ready(None)
    }
}

impl FusedStream for Updates {
    fn is_terminated(&self) -> bool {
        true
    }
}

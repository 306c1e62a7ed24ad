//! [`OutgoingEvent`]: what a server writes.

use alloc::borrow::Cow;
use core::time::Duration;

use bytes::Bytes;

use crate::encoder::Encoder;
use crate::event_type::EventType;
use crate::last_event_id::LastEventId;

/// One block of an event stream, to be written by an [`Encoder`].
///
/// Everything in it is optional. A reader dispatches an event only if there is data, empty data included; without
/// data, an ID still moves the reader's last event ID, a reconnection time still counts, and a comment alone keeps a
/// connection alive.
///
/// The text can be borrowed: nothing is copied before the output buffer. For a block that has to live on its own,
/// [`into_owned`](Self::into_owned) gives an `OutgoingEvent<'static>`.
///
/// What an event type and an ID must not hold is proven when [`EventType`] and [`LastEventId`] are made, and data and
/// comments may hold anything, so encoding cannot fail and no text can add a field or an event of its own.
///
/// # Examples
///
/// ```
/// use sse_codec::{EventType, LastEventId, OutgoingEvent};
///
/// let event = OutgoingEvent::new()
///     .event_type(EventType::new("greeting")?)
///     .last_event_id(LastEventId::from(7))
///     .data("hello\nworld");
/// assert_eq!(event.to_bytes(), "id: 7\nevent: greeting\ndata: hello\ndata: world\n\n");
/// # Ok::<(), sse_codec::InvalidValue>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "an event does nothing until it is encoded"]
pub struct OutgoingEvent<'a> {
    pub(crate) comment: Option<Cow<'a, str>>,
    pub(crate) last_event_id: Option<LastEventId<'a>>,
    pub(crate) event_type: Option<EventType<'a>>,
    pub(crate) reconnection_time: Option<Duration>,
    pub(crate) data: Option<Cow<'a, str>>,
}

impl<'a> OutgoingEvent<'a> {
    /// Makes a block with nothing in it; written as it is, it is one blank line.
    #[inline]
    pub const fn new() -> Self {
        Self {
            comment: None,
            last_event_id: None,
            event_type: None,
            reconnection_time: None,
            data: None,
        }
    }

    /// Sets the event type. Without one a reader sees `message`.
    #[inline]
    pub fn event_type(mut self, event_type: EventType<'a>) -> Self {
        self.event_type = Some(event_type);
        self
    }

    /// Sets the data: any text.
    ///
    /// Each of its lines (ended by CR, LF or CRLF) becomes one `data` field. A reader joins them with LF, so any line
    /// end in the data comes back as LF.
    #[inline]
    pub fn data(mut self, data: impl Into<Cow<'a, str>>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Sets the ID, which a reader sends back as `Last-Event-ID` when it reconnects after this event.
    #[inline]
    pub fn last_event_id(mut self, id: LastEventId<'a>) -> Self {
        self.last_event_id = Some(id);
        self
    }

    /// Sets the reconnection time: how long a reader waits before it reconnects. Written in whole milliseconds,
    /// rounded down; a time beyond `u64` milliseconds is written as `u64::MAX`.
    #[inline]
    pub fn reconnection_time(mut self, time: Duration) -> Self {
        self.reconnection_time = Some(time);
        self
    }

    /// Sets a comment: any text, written before the fields, a comment line for each of its lines.
    ///
    /// Readers ignore it. The text follows the colon directly, so begin it with a space if you want to see one.
    #[inline]
    pub fn comment(mut self, comment: impl Into<Cow<'a, str>>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Encodes the block into bytes of its own.
    ///
    /// To write several blocks into one buffer, use an [`Encoder`].
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        Encoder::encode_alone(self).into()
    }

    /// Turns it into one that owns all its text, so that it can live as long as needed.
    pub fn into_owned(self) -> OutgoingEvent<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        OutgoingEvent {
            comment: self.comment.map(own),
            last_event_id: self.last_event_id.map(LastEventId::into_owned),
            event_type: self.event_type.map(EventType::into_owned),
            reconnection_time: self.reconnection_time,
            data: self.data.map(own),
        }
    }
}

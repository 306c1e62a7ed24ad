//! [`Event`] and its borrowed twin [`EventRef`]: what a dispatch yields.

use alloc::string::String;
use alloc::sync::Arc;

/// An event that a parser has dispatched, with its text borrowed from the parser or from the chunk that was fed.
///
/// Comes from [`Events::next`](crate::Events::next). [`to_event`](Self::to_event) makes it one's own.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a str,
    pub(crate) last_event_id: &'a str,
}

impl<'a> EventRef<'a> {
    /// Returns the event type: `message`, unless the event's block said otherwise.
    #[must_use]
    pub const fn event_type(&self) -> &'a str {
        // An empty event type buffer means the default, see `#dispatchMessage`.
        if self.event_type.is_empty() {
            MESSAGE
        } else {
            self.event_type
        }
    }

    /// Returns the data: the values of the block's `data` fields, joined with LF.
    #[must_use]
    pub const fn data(&self) -> &'a str {
        self.data
    }

    /// Returns the last event ID: the ID of this event or, if its block brought none, of the last one that did. Empty
    /// if there is none.
    #[must_use]
    pub const fn last_event_id(&self) -> &'a str {
        self.last_event_id
    }

    /// Makes an event that owns its text.
    ///
    /// Allocates for the data, the last event ID, and an event type other than `message`. In a sequence of events
    /// [`to_event_after`](Self::to_event_after) saves the last two.
    #[must_use]
    pub fn to_event(&self) -> Event {
        Event {
            event_type: share_type(self.event_type, None),
            data: self.data.into(),
            last_event_id: share(self.last_event_id, None),
        }
    }

    /// Makes an event that owns its text, and shares the event type and last event ID of the event before it while
    /// they have not changed. So there is one allocation, that of the data, as long as both stay the same.
    #[must_use]
    pub fn to_event_after(&self, previous: &Event) -> Event {
        Event {
            event_type: share_type(self.event_type, previous.event_type.as_ref()),
            data: self.data.into(),
            last_event_id: share(self.last_event_id, previous.last_event_id.as_ref()),
        }
    }
}

impl PartialEq for EventRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        // By the getter, since no event type and `message` are the same.
        self.event_type() == other.event_type()
            && self.data == other.data
            && self.last_event_id == other.last_event_id
    }
}

impl Eq for EventRef<'_> {}

/// An event that owns its text.
///
/// Cloning copies the data; the event type and the last event ID are shared. The [`Default`] is an event of type
/// `message` with no data and no ID.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Event {
    // `None` for empty text, which is what both are most of the time.
    event_type: Option<Arc<str>>,
    data: String,
    last_event_id: Option<Arc<str>>,
}

impl Event {
    /// Makes an event, as a parser would have done. An empty event type means `message`.
    ///
    /// Useful in tests of code that handles events.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_codec::Event;
    ///
    /// let event = Event::new("", "hello", "7");
    /// assert_eq!(event.event_type(), "message");
    /// ```
    #[must_use]
    pub fn new(event_type: &str, data: impl Into<String>, last_event_id: &str) -> Self {
        Self {
            event_type: share_type(event_type, None),
            data: data.into(),
            last_event_id: share(last_event_id, None),
        }
    }

    /// Returns the event type: `message`, unless the event's block said otherwise.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.event_type.as_deref().unwrap_or(MESSAGE)
    }

    /// Returns the data: the values of the block's `data` fields, joined with LF.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Returns the last event ID: the ID of this event or, if its block brought none, of the last one that did. Empty
    /// if there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.last_event_id.as_deref().unwrap_or_default()
    }

    /// Takes the data out, without a copy.
    #[must_use]
    pub fn into_data(self) -> String {
        self.data
    }

    /// The same event type and last event ID, shared, for the next event to share.
    #[cfg(feature = "stream")]
    pub(crate) fn without_data(&self) -> Self {
        Self {
            event_type: self.event_type.clone(),
            data: String::new(),
            last_event_id: self.last_event_id.clone(),
        }
    }

    /// Borrows the event.
    #[must_use]
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef {
            event_type: self.event_type(),
            data: self.data(),
            last_event_id: self.last_event_id(),
        }
    }
}

/// Like [`share`]. The type `message` is the same as none, also when a block names it.
fn share_type(event_type: &str, owned: Option<&Arc<str>>) -> Option<Arc<str>> {
    if event_type == MESSAGE {
        None
    } else {
        share(event_type, owned)
    }
}

/// Owns `text`, by way of what is owned already if that is the same. Empty text needs nothing to own it.
fn share(text: &str, owned: Option<&Arc<str>>) -> Option<Arc<str>> {
    if text.is_empty() {
        return None;
    }
    match owned {
        Some(owned) if **owned == *text => Some(Arc::clone(owned)),
        _ => Some(text.into()),
    }
}

/// The event type of an event whose block names none, see
/// [`#dispatchMessage`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage).
const MESSAGE: &str = "message";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_type_is_message() {
        let named = EventRef {
            event_type: "message",
            data: "x",
            last_event_id: "",
        };
        let unnamed = EventRef {
            event_type: "",
            ..named
        };
        assert_eq!(named, unnamed);
        assert_eq!(named.to_event(), unnamed.to_event());
        assert_eq!(unnamed.to_event().event_type(), "message");
        assert_eq!(unnamed.to_event().as_ref(), named);
    }

    #[test]
    fn an_event_shares_what_has_not_changed() {
        let first = Event::new("a", "1", "id");
        let same = EventRef {
            data: "2",
            ..first.as_ref()
        }
        .to_event_after(&first);
        assert_eq!(same, Event::new("a", "2", "id"));
        assert_eq!(same.event_type().as_ptr(), first.event_type().as_ptr());
        assert_eq!(
            same.last_event_id().as_ptr(),
            first.last_event_id().as_ptr()
        );
        let other = EventRef {
            event_type: "b",
            ..first.as_ref()
        }
        .to_event_after(&first);
        assert_eq!(other, Event::new("b", "1", "id"));
        assert_eq!(
            other.last_event_id().as_ptr(),
            first.last_event_id().as_ptr()
        );
    }
}

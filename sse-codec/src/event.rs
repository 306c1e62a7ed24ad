//! [`Event`] and its borrowed twin [`EventRef`]: what a dispatch yields.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

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
    /// That is one allocation, unless event type and last event ID are unusually long; then
    /// [`to_event_after`](Self::to_event_after) is better.
    #[must_use]
    #[inline]
    pub fn to_event(&self) -> Event {
        Event::own(self, None)
    }

    /// Makes an event that owns its text, after another one of the same event stream.
    ///
    /// As long as event type and last event ID are of 256 bytes at most, it is the same as [`to_event`](Self::to_event).
    /// If they are longer, the two events share them unless they have changed. So a peer cannot fill the memory by one long ID
    /// and many small events.
    #[must_use]
    #[inline]
    pub fn to_event_after(&self, previous: &Event) -> Event {
        Event::own(self, previous.long.as_ref())
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
/// The [`Default`] is an event of type `message` with no data and no ID.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Event {
    /// The data. Event type and last event ID stand behind it, so that there is one allocation for all of them, unless they are
    /// long.
    text: String,
    /// Length of the event type in `text`. Zero for `message`.
    event_type_len: u16,
    last_event_id_len: u16,
    long: Option<Arc<LongText>>,
}

/// Event type and last event ID that are too long to be copied for each event.
#[derive(Debug, PartialEq, Eq, Hash)]
struct LongText {
    event_type: String,
    last_event_id: String,
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
        let mut event = Self {
            text: data.into(),
            ..Self::default()
        };
        event.set_type_and_id(event_type, last_event_id, None);
        event
    }

    /// Owns the text of an event, with what is long by way of `long` if it is the same.
    #[inline]
    fn own(event: &EventRef<'_>, long: Option<&Arc<LongText>>) -> Self {
        if event.event_type.is_empty() && event.last_event_id.is_empty() {
            Self {
                text: event.data.into(),
                event_type_len: 0,
                last_event_id_len: 0,
                long: None,
            }
        } else {
            Self::own_all(event, long)
        }
    }

    #[inline(never)]
    fn own_all(event: &EventRef<'_>, long: Option<&Arc<LongText>>) -> Self {
        let EventRef {
            event_type,
            data,
            last_event_id,
        } = *event;
        let behind = short_lens(event_type, last_event_id).map_or(0, |(event_type, id)| {
            usize::from(event_type) + usize::from(id)
        });
        let mut event = Self {
            text: String::with_capacity(data.len() + behind),
            ..Self::default()
        };
        event.text.push_str(data);
        event.set_type_and_id(event_type, last_event_id, long);
        event
    }

    /// Completes an event that has only data.
    #[inline]
    fn set_type_and_id(
        &mut self,
        event_type: &str,
        last_event_id: &str,
        long: Option<&Arc<LongText>>,
    ) {
        // The type `message` is the same as none, also when a block names it.
        let event_type = if event_type == MESSAGE {
            ""
        } else {
            event_type
        };
        if let Some(lens) = short_lens(event_type, last_event_id) {
            self.text.push_str(event_type);
            self.text.push_str(last_event_id);
            (self.event_type_len, self.last_event_id_len) = lens;
        } else {
            self.long = Some(LongText::share(event_type, last_event_id, long));
        }
    }

    /// Returns the event type: `message`, unless the event's block said otherwise.
    #[must_use]
    #[inline]
    pub fn event_type(&self) -> &str {
        let event_type = match &self.long {
            None if self.event_type_len == 0 => MESSAGE,
            None => self.behind_data().split_at(self.event_type_len.into()).0,
            Some(long) => &long.event_type,
        };
        if event_type.is_empty() {
            MESSAGE
        } else {
            event_type
        }
    }

    /// Returns the data: the values of the block's `data` fields, joined with LF.
    #[must_use]
    #[inline]
    pub fn data(&self) -> &str {
        self.text.split_at(self.data_len()).0
    }

    /// Returns the last event ID: the ID of this event or, if its block brought none, of the last one that did. Empty
    /// if there is none.
    #[must_use]
    #[inline]
    pub fn last_event_id(&self) -> &str {
        match &self.long {
            None => self.behind_data().split_at(self.event_type_len.into()).1,
            Some(long) => &long.last_event_id,
        }
    }

    #[inline]
    fn data_len(&self) -> usize {
        self.text.len() - usize::from(self.event_type_len) - usize::from(self.last_event_id_len)
    }

    /// What stands behind the data: event type and last event ID.
    #[inline]
    fn behind_data(&self) -> &str {
        self.text.split_at(self.data_len()).1
    }

    /// Takes the data out, without a copy.
    #[must_use]
    pub fn into_data(self) -> String {
        let len = self.data_len();
        let mut text = self.text;
        text.truncate(len);
        text
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

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("event_type", &self.event_type())
            .field("data", &self.data())
            .field("last_event_id", &self.last_event_id())
            .finish()
    }
}

impl LongText {
    /// Owns the two texts, by way of `owned` if that is the same.
    #[cold]
    fn share(event_type: &str, last_event_id: &str, owned: Option<&Arc<Self>>) -> Arc<Self> {
        match owned {
            Some(owned)
                if owned.event_type == event_type && owned.last_event_id == last_event_id =>
            {
                Arc::clone(owned)
            }
            _ => Arc::new(Self {
                event_type: event_type.into(),
                last_event_id: last_event_id.into(),
            }),
        }
    }
}

/// Makes the events of a stream own their text, one after the other.
#[cfg(any(feature = "std", feature = "stream"))]
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    long: Option<Arc<LongText>>,
}

#[cfg(any(feature = "std", feature = "stream"))]
impl Sharing {
    #[inline]
    pub(crate) fn own(&mut self, event: EventRef<'_>) -> Event {
        let event = Event::own(&event, self.long.as_ref());
        if self.long.is_some() || event.long.is_some() {
            self.long.clone_from(&event.long);
        }
        event
    }
}

/// Returns the lengths of event type and last event ID, or `None` if they are long.
#[inline]
fn short_lens(event_type: &str, last_event_id: &str) -> Option<(u16, u16)> {
    if event_type.len() > SHORT || last_event_id.len() > SHORT {
        return None;
    }
    let len = |text: &str| u16::try_from(text.len()).ok();
    Some((len(event_type)?, len(last_event_id)?))
}

/// Bytes of event type and last event ID that are copied for each event.
const SHORT: usize = 256;

/// The event type of an event whose block names none, see
/// [`#dispatchMessage`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage).
const MESSAGE: &str = "message";

#[cfg(test)]
mod tests {
    use alloc::format;

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
    fn text_of_any_length_is_kept() {
        for type_len in [0, 1, 7, SHORT / 2, SHORT] {
            for id_len in [0, 1, SHORT / 3, SHORT / 3 + 1, SHORT] {
                let (event_type, id) = ("é".repeat(type_len), "\u{20AC}".repeat(id_len));
                for data in ["", "data"] {
                    let lent = EventRef {
                        event_type: &event_type,
                        data,
                        last_event_id: &id,
                    };
                    let event = lent.to_event();
                    assert_eq!(event.as_ref(), lent);
                    assert_eq!(event, Event::new(&event_type, data, &id));
                    assert_eq!(event, lent.to_event_after(&event));
                    assert_eq!(event.clone().into_data(), data);
                    assert_ne!(event, Event::new(&event_type, data, &format!("{id}1")));
                    assert_ne!(event, Event::new(&format!("{event_type}1"), data, &id));
                }
            }
        }
    }

    #[test]
    fn no_text_is_taken_for_another() {
        let events = [
            ("ab", "c", ""),
            ("a", "bc", ""),
            ("a", "b", "c"),
            ("", "ab", "c"),
            ("", "a", "bc"),
            ("bc", "a", ""),
            ("", "abc", ""),
        ]
        .map(|(event_type, data, id)| Event::new(event_type, data, id));
        for (index, event) in events.iter().enumerate() {
            assert_eq!(events.iter().position(|other| other == event), Some(index));
        }
    }

    #[test]
    fn long_text_is_shared_while_it_stays_the_same() {
        let id = "1".repeat(2 * SHORT);
        let first = Event::new("a", "1", &id);
        let lent = EventRef {
            data: "2",
            ..first.as_ref()
        };
        let same = lent.to_event_after(&first);
        assert_eq!(same, Event::new("a", "2", &id));
        assert_eq!(
            same.last_event_id().as_ptr(),
            first.last_event_id().as_ptr()
        );
        let lent = EventRef {
            event_type: "b",
            ..lent
        };
        assert_eq!(lent.to_event_after(&first), Event::new("b", "2", &id));
    }

    #[test]
    fn debugging_shows_the_parts() {
        assert_eq!(
            format!("{:?}", Event::new("", "x", "1")),
            r#"Event { event_type: "message", data: "x", last_event_id: "1" }"#
        );
    }
}

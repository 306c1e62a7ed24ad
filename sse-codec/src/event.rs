//! [`Event`] and its borrowed twin [`EventRef`]: what a dispatch yields.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::sync::atomic::{AtomicUsize, Ordering};

/// An event that a parser has dispatched, with its text borrowed from the parser or from the chunk that was fed.
///
/// Comes from [`Events::next`](crate::Events::next). [`to_event`](Self::to_event) makes it one's own.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    pub(crate) event_type: &'a str,
    pub(crate) data: &'a str,
    pub(crate) last_event_id: &'a str,
    /// Another number for each ID that any parser has taken, or 0 if it is not known. So two long IDs of the same number need
    /// not be compared.
    pub(crate) id_number: u64,
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
    /// That is one allocation, unless the last event ID is unusually long; then [`to_event_after`](Self::to_event_after) is
    /// better.
    #[must_use]
    #[inline]
    pub fn to_event(&self) -> Event {
        Event::own(self, None)
    }

    /// Makes an event that owns its text, after another one of the same event stream.
    ///
    /// As long as the last event ID is of 256 bytes at most, it is the same as [`to_event`](Self::to_event). If it is longer, the
    /// two events share it unless it has changed. So a peer cannot fill the memory by one long ID and many small events.
    #[must_use]
    #[inline]
    pub fn to_event_after(&self, previous: &Event) -> Event {
        Event::own(self, previous.long_id.as_ref())
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
    /// The data. Event type and last event ID stand behind it, so that there is one allocation for all of them, unless the ID is
    /// long.
    text: String,
    /// Length of the event type in `text`. Zero for `message`.
    event_type_len: usize,
    /// Length of the last event ID in `text`.
    short_id_len: usize,
    long_id: Option<Arc<LongId>>,
}

/// A last event ID that is too long to be copied for each event: many may carry it, while it is sent once.
#[derive(Debug)]
pub(crate) struct LongId {
    id: Box<str>,
    number: u64,
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
        let event_ref = EventRef {
            event_type,
            data: "",
            last_event_id,
            id_number: 0,
        };
        event.set_type_and_id(&event_ref, None);
        event
    }

    /// Owns the text of an event, with a long ID by way of `long_id` if it is the same.
    #[inline]
    pub(crate) fn own(event: &EventRef<'_>, long_id: Option<&Arc<LongId>>) -> Self {
        if event.event_type.is_empty() && event.last_event_id.is_empty() {
            Self::own_data(event.data)
        } else {
            Self::own_all(event, long_id)
        }
    }

    /// Owns the text of an event that has only data.
    #[inline]
    pub(crate) fn own_data(data: &str) -> Self {
        Self {
            text: data.into(),
            event_type_len: 0,
            short_id_len: 0,
            long_id: None,
        }
    }

    /// Owns the text of an event whose data is there as a string already.
    pub(crate) fn own_with(
        data: String,
        event: &EventRef<'_>,
        long_id: Option<&Arc<LongId>>,
    ) -> Self {
        let mut owned = Self {
            text: data,
            ..Self::default()
        };
        owned.set_type_and_id(event, long_id);
        owned
    }

    /// Becomes an event that has only data. It was an empty one.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) fn own_data_here(&mut self, data: &str) {
        self.text = data.into();
    }

    /// Owns the text of an event of any kind.
    #[inline(never)]
    fn own_all(event: &EventRef<'_>, long_id: Option<&Arc<LongId>>) -> Self {
        if is_short(event.last_event_id) {
            return Self::own_short(event.event_type, event.data, event.last_event_id);
        }
        let mut owned = Self {
            text: String::with_capacity(event.data.len() + event.event_type.len()),
            ..Self::default()
        };
        owned.text.push_str(event.data);
        owned.set_type_and_id(event, long_id);
        owned
    }

    /// Owns the text of an event whose ID is short.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "an event that is made in one place and moved to another takes twice the time"
    )]
    pub(crate) fn own_short(event_type: &str, data: &str, last_event_id: &str) -> Self {
        // The type `message` is the same as none, also when a block names it.
        let event_type = if event_type == MESSAGE {
            ""
        } else {
            event_type
        };
        let len = data.len() + event_type.len() + last_event_id.len();
        let mut text = String::with_capacity(len);
        text.push_str(data);
        text.push_str(event_type);
        text.push_str(last_event_id);
        Self {
            text,
            event_type_len: event_type.len(),
            short_id_len: last_event_id.len(),
            long_id: None,
        }
    }

    /// Completes an event that has only data.
    #[inline]
    fn set_type_and_id(&mut self, event: &EventRef<'_>, long_id: Option<&Arc<LongId>>) {
        // The type `message` is the same as none, also when a block names it.
        if !event.event_type.is_empty() && event.event_type != MESSAGE {
            self.text.push_str(event.event_type);
            self.event_type_len = event.event_type.len();
        }
        if is_short(event.last_event_id) {
            self.text.push_str(event.last_event_id);
            self.short_id_len = event.last_event_id.len();
        } else {
            self.long_id = Some(LongId::share(event, long_id));
        }
    }

    /// Returns the event type: `message`, unless the event's block said otherwise.
    #[must_use]
    #[inline]
    pub fn event_type(&self) -> &str {
        if self.event_type_len == 0 {
            MESSAGE
        } else {
            self.behind_data().split_at(self.event_type_len).0
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
        match &self.long_id {
            None => self.behind_data().split_at(self.event_type_len).1,
            Some(long) => &long.id,
        }
    }

    // Both lengths are of what has been put behind the data, so neither this nor a split there can go wrong.
    #[inline]
    fn data_len(&self) -> usize {
        self.text.len() - (self.event_type_len + self.short_id_len)
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

    /// The ID, if it is long, for another event to share it.
    #[inline]
    pub(crate) const fn long_id(&self) -> Option<&Arc<LongId>> {
        self.long_id.as_ref()
    }

    /// Makes an event of the same type and last event ID, with empty data: what to keep for
    /// [`to_event_after`](EventRef::to_event_after) when the event itself is passed on. A long ID is shared.
    #[must_use]
    pub fn without_data(&self) -> Self {
        Self {
            text: self.behind_data().into(),
            long_id: self.long_id.clone(),
            ..*self
        }
    }

    /// Borrows the event.
    #[must_use]
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef {
            event_type: self.event_type(),
            data: self.data(),
            last_event_id: self.last_event_id(),
            id_number: self.long_id.as_ref().map_or(0, |long| long.number),
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

impl LongId {
    /// Owns an event's last event ID, by way of `owned` if that is the same.
    #[cold]
    fn share(event: &EventRef<'_>, owned: Option<&Arc<Self>>) -> Arc<Self> {
        // To compare a megabyte for each small event would make all of them as expensive as that megabyte. IDs of other numbers may
        // be the same, but each has been sent.
        let is_same = |owned: &Self| match event.id_number {
            0 => *owned.id == *event.last_event_id,
            number => owned.number == number && owned.id.len() == event.last_event_id.len(),
        };
        match owned {
            Some(owned) if is_same(owned) => Arc::clone(owned),
            _ => Arc::new(Self {
                id: event.last_event_id.into(),
                number: event.id_number,
            }),
        }
    }
}

impl PartialEq for LongId {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for LongId {}

impl Hash for LongId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

/// Returns the first of a range of numbers for the IDs of a stream, which no other range overlaps before 2³² ranges have been
/// given out. Never 0.
pub(crate) fn first_id_number() -> u64 {
    static RANGES: AtomicUsize = AtomicUsize::new(0);
    let range = RANGES.fetch_add(1, Ordering::Relaxed) as u64;
    (range << 32) | 1
}

/// Returns the number for the next ID.
pub(crate) fn next_id_number(number: u64) -> u64 {
    let next = number + 1;
    if next & u64::from(u32::MAX) == 0 {
        first_id_number()
    } else {
        next
    }
}

/// Makes the events of a stream own their text, one after the other.
#[cfg(feature = "std")]
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    long_id: Option<Arc<LongId>>,
}

#[cfg(feature = "std")]
impl Sharing {
    #[inline]
    pub(crate) fn own(&mut self, event: EventRef<'_>) -> Event {
        let event = Event::own(&event, self.long_id.as_ref());
        if self.long_id.is_some() || event.long_id.is_some() {
            self.long_id.clone_from(&event.long_id);
        }
        event
    }
}

/// Whether a last event ID is copied for each event.
#[inline]
pub(crate) const fn is_short(last_event_id: &str) -> bool {
    last_event_id.len() <= SHORT
}

/// Bytes of the last event ID that are copied for each event.
const SHORT: usize = 256;

/// The event type of an event whose block names none, see
/// [`#dispatchMessage`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage).
const MESSAGE: &str = "message";

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::parser::Parser;

    #[test]
    fn no_event_type_is_message() {
        let named = EventRef {
            event_type: "message",
            data: "x",
            last_event_id: "",
            id_number: 0,
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
                        id_number: 0,
                    };
                    let event = lent.to_event();
                    assert_eq!(event.as_ref(), lent);
                    assert_eq!(event, Event::new(&event_type, data, &id));
                    assert_eq!(event, lent.to_event_after(&event));
                    assert_eq!(event.clone().into_data(), data);
                    assert_eq!(event.without_data(), Event::new(&event_type, "", &id));
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
        let other_type = lent.to_event_after(&first);
        assert_eq!(other_type, Event::new("b", "2", &id));
        assert_eq!(
            other_type.last_event_id().as_ptr(),
            first.last_event_id().as_ptr()
        );
    }

    #[test]
    fn a_long_id_is_shared_by_its_number() {
        let long = |digit: &str| digit.repeat(2 * SHORT);
        let (one, two) = (long("1"), long("2"));
        let mut parsers = [Parser::new(), Parser::new()];
        let mut previous = Event::default();
        // The same number of IDs has come to both parsers, and the IDs are of the same length.
        for (parser, id) in parsers.iter_mut().zip([&one, &two]) {
            let stream = format!("id: {id}\ndata\n\ndata\n\nid: {id}\ndata\n\n");
            let mut events = parser.feed(stream.as_bytes());
            let mut owned = Vec::new();
            while let Some(event) = events.next().unwrap() {
                previous = event.to_event_after(&previous);
                assert_eq!(previous.last_event_id(), id);
                owned.push(previous.clone());
            }
            let places: Vec<_> = owned
                .iter()
                .map(|event| event.last_event_id().as_ptr())
                .collect();
            assert_eq!(places[0], places[1]);
            assert_ne!(places[1], places[2]);
        }
    }

    #[test]
    fn numbers_of_ids_are_given_out_once() {
        let number = first_id_number();
        assert_eq!(next_id_number(number), number + 1);
        let last = number | u64::from(u32::MAX);
        assert!(next_id_number(last) > last + 1);
        assert_ne!(next_id_number(last), next_id_number(last));
    }

    #[test]
    fn debugging_shows_the_parts() {
        assert_eq!(
            format!("{:?}", Event::new("", "x", "1")),
            r#"Event { event_type: "message", data: "x", last_event_id: "1" }"#
        );
    }
}

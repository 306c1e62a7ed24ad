//! `Serialize` and `Deserialize`, written by hand: deriving them would bring a procedural macro to everybody who uses the
//! feature, and would not check what a value must not hold.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::time::Duration;

use serde_core::de::{
    DeserializeSeed, Deserializer, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_core::ser::{SerializeStruct, Serializer};
use serde_core::{Deserialize, Serialize};

use crate::event::{Event, EventRef};
use crate::event_type::EventType;
use crate::last_event_id::LastEventId;
use crate::outgoing::OutgoingEvent;

/// Written as a structure with the fields `event_type`, `data` and `last_event_id`, all of them text, none left out.
///
/// It cannot be read again, since borrowed text would have to come without escapes. Read an [`Event`].
impl Serialize for EventRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("Event", EVENT_FIELDS.len())?;
        event.serialize_field("event_type", self.event_type())?;
        event.serialize_field("data", self.data())?;
        event.serialize_field("last_event_id", self.last_event_id())?;
        event.end()
    }
}

/// Written as a structure with the fields `event_type`, `data` and `last_event_id`, all of them text, none left out.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().serialize(serializer)
    }
}

/// Reads what is written, and also the lines of the command `sse-client -o json`, which calls the fields `type`, `data` and
/// `id`. The event type and the last event ID may be missing, and fields with other names are ignored.
///
/// An event type or ID that no event stream can bring, because it holds a line end or, the ID, a U+0000, is an error.
///
/// # Examples
///
/// ```
/// use sse_codec::Event;
///
/// let event = Event::new("greeting", "hello", "1");
/// let json = serde_json::to_string(&event)?;
/// assert_eq!(json, r#"{"event_type":"greeting","data":"hello","last_event_id":"1"}"#);
/// assert_eq!(serde_json::from_str::<Event>(&json)?, event);
///
/// let event: Event = serde_json::from_str(r#"{"data":"hello"}"#)?;
/// assert_eq!(event.event_type(), "message");
///
/// assert!(serde_json::from_str::<Event>(r#"{"data":"","event_type":"a\nb"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Event", EVENT_FIELDS, EventVisitor)
    }
}

/// Written as text.
impl Serialize for EventType<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Read from text. A line end in it is an error, as of [`EventType::new`].
impl<'de> Deserialize<'de> for EventType<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(Error::custom)
    }
}

/// Written as text.
impl Serialize for LastEventId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Read from text. A line end or a U+0000 in it is an error, as of [`LastEventId::new`].
impl<'de> Deserialize<'de> for LastEventId<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(Error::custom)
    }
}

/// Written as a structure with the fields `comment`, `last_event_id`, `event_type`, `reconnection_time_ms` and `data`, none
/// left out.
///
/// The reconnection time is a number of milliseconds, as on the wire, rounded down. The others are text.
impl Serialize for OutgoingEvent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = self
            .reconnection_time
            .map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let mut event = serializer.serialize_struct("OutgoingEvent", OUTGOING_FIELDS.len())?;
        event.serialize_field("comment", &self.comment)?;
        event.serialize_field("last_event_id", &self.last_event_id)?;
        event.serialize_field("event_type", &self.event_type)?;
        event.serialize_field("reconnection_time_ms", &milliseconds)?;
        event.serialize_field("data", &self.data)?;
        event.end()
    }
}

/// Reads what is written. Each field may be missing.
///
/// A field with another name is an error, since it could not be sent, and so is an event type or ID that would not fit on
/// its line.
///
/// # Examples
///
/// ```
/// use sse_codec::OutgoingEvent;
///
/// // From a message queue, say.
/// let event: OutgoingEvent = serde_json::from_str(r#"{"event_type":"greeting","data":"hello"}"#)?;
/// assert_eq!(event.to_bytes(), "event: greeting\ndata: hello\n\n");
///
/// let forged = r#"{"event_type":"greeting\ndata: forged"}"#;
/// assert!(serde_json::from_str::<OutgoingEvent>(forged).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<'de> Deserialize<'de> for OutgoingEvent<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("OutgoingEvent", OUTGOING_FIELDS, OutgoingVisitor)
    }
}

const EVENT_FIELDS: &[&str] = &["event_type", "data", "last_event_id"];

/// The names of the command's output, with the fields that they are.
const EVENT_ALIASES: &[(&str, usize)] = &[("type", 0), ("id", 2)];

struct EventVisitor;

impl EventVisitor {
    fn event(
        event_type: Option<&EventType<'_>>,
        data: String,
        id: Option<&LastEventId<'_>>,
    ) -> Event {
        Event::new(
            event_type.map_or("", EventType::as_str),
            data,
            id.map_or("", LastEventId::as_str),
        )
    }
}

impl<'de> Visitor<'de> for EventVisitor {
    type Value = Event;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let (mut event_type, mut data, mut id) = (None, None, None);
        while let Some(field) = map.next_key_seed(FieldName(EVENT_FIELDS, EVENT_ALIASES))? {
            match field {
                Ok(0) => set(&mut event_type, "event_type", map.next_value()?)?,
                Ok(1) => set(&mut data, "data", map.next_value()?)?,
                Ok(_) => set(&mut id, "last_event_id", map.next_value()?)?,
                Err(_) => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let data = data.ok_or_else(|| A::Error::missing_field("data"))?;
        Ok(Self::event(event_type.as_ref(), data, id.as_ref()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Event, A::Error> {
        let event_type = element(&mut seq, 0, &self)?;
        let data = element(&mut seq, 1, &self)?;
        let id = element(&mut seq, 2, &self)?;
        Ok(Self::event(Some(&event_type), data, Some(&id)))
    }
}

const OUTGOING_FIELDS: &[&str] = &[
    "comment",
    "last_event_id",
    "event_type",
    "reconnection_time_ms",
    "data",
];

struct OutgoingVisitor;

impl OutgoingVisitor {
    fn event(
        comment: Option<String>,
        last_event_id: Option<LastEventId<'static>>,
        event_type: Option<EventType<'static>>,
        milliseconds: Option<u64>,
        data: Option<String>,
    ) -> OutgoingEvent<'static> {
        OutgoingEvent {
            comment: comment.map(Cow::Owned),
            last_event_id,
            event_type,
            reconnection_time: milliseconds.map(Duration::from_millis),
            data: data.map(Cow::Owned),
        }
    }
}

impl<'de> Visitor<'de> for OutgoingVisitor {
    type Value = OutgoingEvent<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an outgoing event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // For each field whether it was there, and what it holds.
        let (mut comment, mut id, mut event_type) = (None, None, None);
        let (mut milliseconds, mut data) = (None, None);
        while let Some(field) = map.next_key_seed(FieldName(OUTGOING_FIELDS, &[]))? {
            match field {
                Ok(0) => set(&mut comment, "comment", map.next_value()?)?,
                Ok(1) => set(&mut id, "last_event_id", map.next_value()?)?,
                Ok(2) => set(&mut event_type, "event_type", map.next_value()?)?,
                Ok(3) => set(&mut milliseconds, "reconnection_time_ms", map.next_value()?)?,
                Ok(_) => set(&mut data, "data", map.next_value()?)?,
                Err(name) => return Err(A::Error::unknown_field(&name, OUTGOING_FIELDS)),
            }
        }
        Ok(Self::event(
            comment.flatten(),
            id.flatten(),
            event_type.flatten(),
            milliseconds.flatten(),
            data.flatten(),
        ))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        Ok(Self::event(
            element(&mut seq, 0, &self)?,
            element(&mut seq, 1, &self)?,
            element(&mut seq, 2, &self)?,
            element(&mut seq, 3, &self)?,
            element(&mut seq, 4, &self)?,
        ))
    }
}

/// Fills a field, once.
fn set<T, E: Error>(field: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    match field.replace(value) {
        Some(_) => Err(E::duplicate_field(name)),
        None => Ok(()),
    }
}

/// Reads the next field of a structure that is written without names.
fn element<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
    seq: &mut A,
    index: usize,
    expected: &dyn Expected,
) -> Result<T, A::Error> {
    seq.next_element()?
        .ok_or_else(|| A::Error::invalid_length(index, expected))
}

/// Reads the name of a field, or its number, as its place among the names; another name as itself.
struct FieldName(&'static [&'static str], &'static [(&'static str, usize)]);

impl<'de> DeserializeSeed<'de> for FieldName {
    type Value = Result<usize, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for FieldName {
    type Value = Result<usize, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let Self(names, aliases) = self;
        let alias = || aliases.iter().find(|(alias, _)| *alias == name);
        Ok(names
            .iter()
            .position(|known| *known == name)
            .or_else(|| alias().map(|(_, place)| *place))
            .ok_or_else(|| name.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let place = usize::try_from(number).ok();
        Ok(place
            .filter(|place| *place < self.0.len())
            .ok_or_else(|| alloc::format!("{number}")))
    }
}

#[cfg(test)]
mod tests {
    use serde_core::de::value::{Error, MapDeserializer};

    use super::*;

    #[test]
    fn fields_may_be_named_by_their_numbers() {
        let fields = |pairs: &'static [(u64, &'static str)]| {
            MapDeserializer::<_, Error>::new(pairs.iter().copied())
        };
        let event = Event::deserialize(fields(&[(2, "1"), (7, "unknown"), (1, "x")]));
        assert_eq!(event, Ok(Event::new("", "x", "1")));
        let error = OutgoingEvent::deserialize(fields(&[(5, "unknown")])).unwrap_err();
        assert!(alloc::format!("{error}").contains("unknown field `5`"));
    }
}

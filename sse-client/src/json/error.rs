//! [`JsonError`]: what can go wrong with events whose data is JSON.

use std::error::Error as StdError;
use std::fmt;

use sse_codec::Event;

use crate::error::{Error, Source};

/// An error of a [`JsonEvents`](super::JsonEvents): of the event source, of an event's data, one that the server has sent, or an end
/// that came too early.
#[derive(Debug)]
pub struct JsonError {
    // Boxed, so that a result is not larger for the sake of its rare errors.
    kind: Box<Kind>,
}

#[derive(Debug)]
enum Kind {
    Stream(Error),
    Decode {
        event: Event,
        source: serde_json::Error,
    },
    InBand {
        event: Event,
        source: Source,
    },
    NoEndMarker,
}

impl JsonError {
    fn new(kind: Kind) -> Self {
        Self {
            kind: Box::new(kind),
        }
    }

    pub(super) fn stream(error: Error) -> Self {
        Self::new(Kind::Stream(error))
    }

    pub(super) fn decode(event: Event, source: serde_json::Error) -> Self {
        Self::new(Kind::Decode { event, source })
    }

    pub(super) fn in_band(event: Event, source: Source) -> Self {
        Self::new(Kind::InBand { event, source })
    }

    pub(super) fn no_end_marker() -> Self {
        Self::new(Kind::NoEndMarker)
    }

    /// Returns whether the stream has ended with this error. If not, it goes on.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match &*self.kind {
            Kind::Stream(error) => error.is_final(),
            Kind::Decode { .. } => false,
            Kind::InBand { .. } | Kind::NoEndMarker => true,
        }
    }

    /// Returns whether an event's data is not the JSON that was expected. [`event`](Self::event) is that event. Never final.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(*self.kind, Kind::Decode { .. })
    }

    /// Returns whether the server has sent this error as an event, which [`event`](Self::event) is. The error that
    /// [`error_events`](super::JsonEvents::error_events) has made of it is the `source`. Always final.
    #[must_use]
    pub fn is_in_band(&self) -> bool {
        matches!(*self.kind, Kind::InBand { .. })
    }

    /// Returns whether the stream has ended without the [end marker](super::JsonEvents::end_marker) that was to come: what was
    /// received is perhaps not all. Always final.
    #[must_use]
    pub fn is_no_end_marker(&self) -> bool {
        matches!(*self.kind, Kind::NoEndMarker)
    }

    /// Returns the error of the event source, if it is one.
    #[must_use]
    pub fn stream_error(&self) -> Option<&Error> {
        match &*self.kind {
            Kind::Stream(error) => Some(error),
            Kind::Decode { .. } | Kind::InBand { .. } | Kind::NoEndMarker => None,
        }
    }

    /// Returns the event that this is about.
    #[must_use]
    pub fn event(&self) -> Option<&Event> {
        match &*self.kind {
            Kind::Stream(_) | Kind::NoEndMarker => None,
            Kind::Decode { event, .. } | Kind::InBand { event, .. } => Some(event),
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, event) = match &*self.kind {
            Kind::Stream(error) => return error.fmt(f),
            Kind::NoEndMarker => return f.write_str("event stream ended without its end marker"),
            Kind::Decode { event, .. } => ("data that cannot be decoded", event),
            Kind::InBand { event, .. } => ("an error of the server", event),
        };
        write!(
            f,
            "{what}, in an event of the type {}",
            Shown(event.event_type())
        )?;
        if !event.last_event_id().is_empty() {
            write!(f, " with the ID {}", Shown(event.last_event_id()))?;
        }
        write!(f, ": {}", Shown(event.data()))
    }
}

impl StdError for JsonError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.kind {
            // Its text is this error's own, so what is behind it follows.
            Kind::Stream(error) => error.source(),
            Kind::Decode { source, .. } => Some(source),
            Kind::InBand { source, .. } => Some(&**source),
            Kind::NoEndMarker => None,
        }
    }
}

/// Text of a peer, fit for a message: short, and without characters that do things to a terminal.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for char in chars.by_ref().take(MAX_SHOWN_CHARS) {
            if char.is_control() {
                write!(f, "{}", char.escape_debug())?;
            } else {
                write!(f, "{char}")?;
            }
        }
        f.write_str(if chars.next().is_some() { "..." } else { "" })
    }
}

/// How much of an event's text is shown.
const MAX_SHOWN_CHARS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decode_error_shows_type_id_and_a_preview() {
        let source = serde_json::from_str::<u32>("x").unwrap_err();
        let event = Event::new("delta", "{\"a\"\u{1b}", "42");
        let error = JsonError::decode(event, source);
        assert_eq!(
            error.to_string(),
            "data that cannot be decoded, in an event of the type delta with the ID 42: {\"a\"\\u{1b}"
        );
        assert!(error.source().is_some() && error.is_decode() && !error.is_final());
        let long = JsonError::in_band(Event::new("", "x".repeat(1_000), ""), "busy".into());
        let text = long.to_string();
        assert!(text.ends_with("xxx...") && text.len() < 300, "{text}");
        assert!(text.starts_with("an error of the server, in an event of the type message: "));
    }

    #[test]
    fn goes_anywhere() {
        fn goes_anywhere<T: StdError + Send + Sync + 'static>() {}
        goes_anywhere::<JsonError>();
        assert!(size_of::<JsonError>() <= size_of::<usize>());
    }
}

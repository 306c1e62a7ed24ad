//! [`EventType`]: text proven free of CR and LF.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use crate::error::InvalidValue;
use crate::one_line;

/// The event type of an [`OutgoingEvent`](crate::OutgoingEvent): text that is proven to fit on one line.
///
/// A CR or LF in an event type would start a new field or a new event on the wire, so a value that holds one cannot
/// be made. That is what keeps names that come from users from injecting events.
///
/// An empty event type is allowed and means what no type means: `message`.
///
/// # Examples
///
/// ```
/// use sse_codec::EventType;
///
/// const PING: EventType<'static> = EventType::from_static("ping");
/// assert_eq!(PING.as_str(), "ping");
///
/// let from_a_user = EventType::new("x\ndata: forged");
/// assert!(from_a_user.is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventType<'a>(Cow<'a, str>);

impl<'a> EventType<'a> {
    /// Makes an event type from a `&str` or a `String`.
    ///
    /// # Errors
    ///
    /// If the text holds a CR or LF. Refuse the name, or replace the character.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Result<Self, InvalidValue> {
        let text = text.into();
        one_line::check(WHAT, &text, true)?;
        Ok(Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Turns it into one that owns its text, so that it can live as long as needed.
    #[must_use]
    pub fn into_owned(self) -> EventType<'static> {
        EventType(Cow::Owned(self.0.into_owned()))
    }
}

impl EventType<'static> {
    /// Makes an event type from text that is known when the program is compiled.
    ///
    /// # Panics
    ///
    /// If the text holds a CR or LF. In a `const` that is an error of the compiler.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "meant for constants, where it stops the compiler"
    )]
    pub const fn from_static(text: &'static str) -> Self {
        match one_line::check(WHAT, text, true) {
            Ok(()) => Self(Cow::Borrowed(text)),
            Err(_) => panic!("an event type holds a line end"),
        }
    }
}

impl<'a> TryFrom<&'a str> for EventType<'a> {
    type Error = InvalidValue;

    fn try_from(text: &'a str) -> Result<Self, InvalidValue> {
        Self::new(text)
    }
}

impl TryFrom<String> for EventType<'_> {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(text)
    }
}

impl From<EventType<'_>> for String {
    fn from(value: EventType<'_>) -> Self {
        value.0.into_owned()
    }
}

impl AsRef<str> for EventType<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for EventType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const WHAT: &str = "event type";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_one_line_is_kept_as_it_is() {
        for text in ["", "ping", " with spaces ", "nul\0", "\u{2028}", "a:b"] {
            assert_eq!(EventType::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_line_end_is_refused_with_its_place() {
        for (text, character, index) in [("a\rb", '\r', 1), ("\n", '\n', 0), ("né\r\n", '\r', 3)] {
            let error = EventType::new(text).unwrap_err();
            assert_eq!((error.character(), error.index()), (character, index));
        }
    }
}

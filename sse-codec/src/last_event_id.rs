//! [`LastEventId`]: text proven free of CR, LF and U+0000.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;

use crate::error::InvalidValue;
use crate::one_line;

/// The ID of an event: text that is proven to survive as the value of an `id` field.
///
/// A CR or LF would end the field's line, and a U+0000 makes every reader ignore the field, so a value that holds one
/// of them cannot be made. The same text comes back from a reader that reconnects, as the value of its
/// `Last-Event-ID` header.
///
/// The empty ID is allowed. On the wire it clears the reader's last event ID.
///
/// # Examples
///
/// ```
/// use sse_codec::LastEventId;
///
/// assert_eq!(LastEventId::new("1f-17")?.as_str(), "1f-17");
/// assert_eq!(LastEventId::from(17).as_str(), "17");
/// assert!(LastEventId::new("1\n2").is_err());
/// # Ok::<(), sse_codec::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastEventId<'a>(Cow<'a, str>);

impl<'a> LastEventId<'a> {
    /// Makes an ID from a `&str` or a `String`.
    ///
    /// # Errors
    ///
    /// If the text holds a CR, an LF or a U+0000.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Result<Self, InvalidValue> {
        let text = text.into();
        one_line::check(WHAT, &text, false)?;
        Ok(Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Turns it into one that owns its text, so that it can live as long as needed.
    #[must_use]
    pub fn into_owned(self) -> LastEventId<'static> {
        LastEventId(Cow::Owned(self.0.into_owned()))
    }
}

impl LastEventId<'static> {
    /// Makes an ID from text that is known when the program is compiled.
    ///
    /// # Panics
    ///
    /// If the text holds a CR, an LF or a U+0000. In a `const` that is an error of the compiler.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "meant for constants, where it stops the compiler"
    )]
    pub const fn from_static(text: &'static str) -> Self {
        match one_line::check(WHAT, text, false) {
            Ok(()) => Self(Cow::Borrowed(text)),
            Err(_) => panic!("an ID holds a line end or U+0000"),
        }
    }
}

/// The number in decimal digits, which is what most servers count their events with.
impl From<u64> for LastEventId<'_> {
    fn from(number: u64) -> Self {
        Self(Cow::Owned(number.to_string()))
    }
}

impl<'a> TryFrom<&'a str> for LastEventId<'a> {
    type Error = InvalidValue;

    fn try_from(text: &'a str) -> Result<Self, InvalidValue> {
        Self::new(text)
    }
}

impl TryFrom<String> for LastEventId<'_> {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::new(text)
    }
}

impl From<LastEventId<'_>> for String {
    fn from(value: LastEventId<'_>) -> Self {
        value.0.into_owned()
    }
}

impl AsRef<str> for LastEventId<'_> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for LastEventId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const WHAT: &str = "last event ID";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_survives_a_line_is_kept_as_it_is() {
        for text in ["", "42", " 1 ", "ü", "\u{2029}"] {
            assert_eq!(LastEventId::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn line_ends_and_nul_are_refused_with_their_place() {
        for (text, character, index) in [("\r", '\r', 0), ("4\n2", '\n', 1), ("42\0", '\0', 2)] {
            let error = LastEventId::new(text).unwrap_err();
            assert_eq!((error.character(), error.index()), (character, index));
        }
    }
}

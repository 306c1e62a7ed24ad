//! What can go wrong. By the standard no input is wrong, so only what this crate adds can fail: the rejection of
//! ill-formed UTF-8, the limit on size, and the proof that a value fits on a line.

use core::fmt;

/// An error in an event stream: what it is, and at which byte.
///
/// Only two things can be wrong with an event stream, and both are checks that this crate adds to the standard: the
/// limit on the size of an event, and, where it was asked for, the rejection of ill-formed UTF-8. After either the
/// parser drops the block (the lines up to the next blank one) and goes on behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    offset: u64,
}

/// What is wrong with an event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// A line is not well-formed UTF-8, and the parser was built with
    /// [`Utf8Policy::Reject`](crate::Utf8Policy::Reject).
    Utf8,
    /// A line, or what a block has collected for its event, is larger than
    /// [`max_event_bytes`](crate::ParserBuilder::max_event_bytes).
    #[non_exhaustive]
    TooLarge {
        /// The limit that was exceeded, in bytes.
        limit: usize,
    },
}

impl ParseError {
    /// Stands where there is no error.
    pub(crate) const NONE: Self = Self::new(ParseErrorKind::Utf8, 0);

    pub(crate) const fn new(kind: ParseErrorKind, offset: u64) -> Self {
        Self { kind, offset }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// Returns where it is wrong: the number of bytes of the event stream (since the start, or since
    /// [`Parser::reset`](crate::Parser::reset)) before the fault, a byte order mark included.
    ///
    /// For [`ParseErrorKind::Utf8`] that is the first byte that belongs to no character; for
    /// [`ParseErrorKind::TooLarge`] the first byte of a line that is beyond the limit, or the start of the line whose
    /// value makes the event too large.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ParseErrorKind::Utf8 => write!(
                f,
                "line with ill-formed UTF-8 at byte {} of the event stream, its event is dropped",
                self.offset
            ),
            ParseErrorKind::TooLarge { limit } => write!(
                f,
                "event larger than max_event_bytes ({limit}) at byte {} of the event stream, it is dropped",
                self.offset
            ),
        }
    }
}

impl core::error::Error for ParseError {}

/// A value that cannot be written as one line of an event stream.
///
/// Comes from the constructors of [`EventType`](crate::EventType) and [`LastEventId`](crate::LastEventId).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    what: &'static str,
    character: char,
    index: usize,
}

impl InvalidValue {
    pub(crate) const fn new(what: &'static str, character: char, index: usize) -> Self {
        Self {
            what,
            character,
            index,
        }
    }

    /// Returns the character that is not allowed: CR, LF, or U+0000.
    #[must_use]
    pub const fn character(&self) -> char {
        self.character
    }

    /// Returns where the character stands in the value, in bytes.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            character,
            index,
        } = self;
        write!(
            f,
            "{what} holds {character:?} at byte {index}, which would end or void its line"
        )
    }
}

impl core::error::Error for InvalidValue {}

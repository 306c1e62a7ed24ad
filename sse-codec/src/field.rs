//! The grammar of one complete line that is not blank: a comment, or a field name and a field value. See
//! [`#parsing-an-event-stream`](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream).
//!
//! The grammar works on bytes and answers where the value starts, so that it serves text that is known to be well-formed and
//! lines that are not.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till};
use nom::combinator::{map, opt, value};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser as _};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Comment,
    EventType,
    Data,
    Id,
    ReconnectionTime,
    /// A field that the standard does not know, which is ignored.
    Unknown,
}

/// Reads a line: what it is, and its value. Every line is right, so this cannot fail.
#[inline]
pub(crate) fn read(line: &str) -> (Kind, &str) {
    // The spellings that nearly all lines have, compared as values of fixed size. nom's `tag` compares byte by byte,
    // which is some 29 instructions more for a line. A test holds them to the grammar.
    if let Some(value) = usual_data(line) {
        (Kind::Data, value)
    } else if let Some(value) = line.strip_prefix(":") {
        (Kind::Comment, value)
    } else if let Some(value) = usual_event_type(line) {
        (Kind::EventType, value)
    } else if let Some(value) = usual_id(line) {
        (Kind::Id, value)
    } else if let Some(value) = usual_reconnection_time(line) {
        (Kind::ReconnectionTime, value)
    } else {
        read_in_full(line)
    }
}

/// Returns the value of a line that is data in the spelling that nearly all have.
#[inline]
pub(crate) fn usual_data(line: &str) -> Option<&str> {
    line.strip_prefix("data: ")
}

/// Whether some bytes are an LF and behind it the start of a `data` line in the spelling that nearly all have, whatever comes then.
#[inline]
pub(crate) fn is_usual_data_behind_lf(bytes: &[u8; SEEN]) -> bool {
    // All but the last one, as two values that overlap.
    let (_, from_second) = bytes.split_at(3);
    bytes.first_chunk() == Some(b"\ndat") && from_second.first_chunk() == Some(b"ta: ")
}

/// Bytes that [`is_usual_data_behind_lf`] is for.
pub(crate) const SEEN: usize = LF_AND_USUAL_DATA + 1;

/// Bytes of them in front of the value.
pub(crate) const LF_AND_USUAL_DATA: usize = "\ndata: ".len();

/// Returns the value of a line that is an event type in the spelling that nearly all have.
#[inline]
pub(crate) fn usual_event_type(line: &str) -> Option<&str> {
    line.strip_prefix("event: ")
}

/// Returns the value of a line that is an ID in the spelling that nearly all have.
#[inline]
pub(crate) fn usual_id(line: &str) -> Option<&str> {
    line.strip_prefix("id: ")
}

/// Returns the value of a line that is a reconnection time in the spelling that nearly all have.
#[inline]
pub(crate) fn usual_reconnection_time(line: &str) -> Option<&str> {
    line.strip_prefix("retry: ")
}

/// Reads a line by the whole grammar. Out of line, so that the short cuts stay small where they are inlined.
#[inline(never)]
pub(crate) fn read_in_full(line: &str) -> (Kind, &str) {
    let Line { kind, value_start } = read_bytes(line.as_bytes());
    // The value starts behind ASCII, or at the end.
    (kind, line.get(value_start..).unwrap_or_default())
}

/// What a line is, and where its value starts: behind the colon of a comment; behind the colon, and one space if there
/// is one, of a field; at the end of the line if there is no colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) kind: Kind,
    pub(crate) value_start: usize,
}

/// Reads a line that is not known to be well-formed, by the whole grammar.
pub(crate) fn read_bytes(line: &[u8]) -> Line {
    match alt((comment, field)).parse(line) {
        Ok((rest, kind)) => Line {
            kind,
            value_start: line.len() - rest.len(),
        },
        // `field` takes any bytes, so there is nothing that could come here.
        Err(_) => Line {
            kind: Kind::Unknown,
            value_start: line.len(),
        },
    }
}

/// `comment = colon *any-char`
fn comment(line: &[u8]) -> IResult<&[u8], Kind> {
    value(Kind::Comment, tag(":")).parse(line)
}

/// `field = 1*name-char [ colon [ space ] *any-char ]`, without the value.
fn field(line: &[u8]) -> IResult<&[u8], Kind> {
    map(pair(name, opt(colon_and_space)), |(kind, _)| kind).parse(line)
}

/// `1*name-char`: everything but a colon. Names are compared to the letter, case included.
fn name(line: &[u8]) -> IResult<&[u8], Kind> {
    map(take_till(|byte| byte == b':'), |name: &[u8]| match name {
        b"event" => Kind::EventType,
        b"data" => Kind::Data,
        b"id" => Kind::Id,
        b"retry" => Kind::ReconnectionTime,
        _ => Kind::Unknown,
    })
    .parse(line)
}

/// `colon [ space ]`: one space belongs to the field's syntax, all further ones to its value.
fn colon_and_space(line: &[u8]) -> IResult<&[u8], Option<&[u8]>> {
    preceded(tag(":"), opt(tag(" "))).parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_the_grammar_says() {
        for (line, kind, value) in [
            ("data: x", Kind::Data, "x"),
            ("data:x", Kind::Data, "x"),
            ("data:  x", Kind::Data, " x"),
            ("data", Kind::Data, ""),
            ("data:", Kind::Data, ""),
            ("data: ", Kind::Data, ""),
            ("data:: x", Kind::Data, ": x"),
            ("data :x", Kind::Unknown, "x"),
            ("Data: x", Kind::Unknown, "x"),
            (" data: x", Kind::Unknown, "x"),
            ("datax", Kind::Unknown, ""),
            ("event:", Kind::EventType, ""),
            ("event: a:b", Kind::EventType, "a:b"),
            ("id", Kind::Id, ""),
            ("id:1", Kind::Id, "1"),
            ("retry: 10", Kind::ReconnectionTime, "10"),
            (":", Kind::Comment, ""),
            (": x", Kind::Comment, " x"),
            ("::x", Kind::Comment, ":x"),
        ] {
            assert_eq!(read(line), (kind, value), "{line:?}");
            assert_eq!(read_in_full(line), (kind, value), "{line:?}");
        }
    }

    // Too slow for Miri.
    #[cfg(not(miri))]
    proptest::proptest! {
        #[test]
        fn short_cuts_and_grammar_agree(
            line in "(data|event|id|retry|dat|ids|[a-z\u{e9}]{0,3})?[: ]{0,3}[^\r\n]{0,4}",
        ) {
            proptest::prop_assume!(!line.is_empty());
            proptest::prop_assert_eq!(read(&line), read_in_full(&line));
        }
    }
}

//! One event at a time, from bytes that hold many: for the ways in that own their bytes and cannot lend an iterator over
//! them, [`EventReader`](crate::EventReader) and `EventDecoder`.
//!
//! The parser does some work for each chunk as a whole: it looks for the last line end and validates all that comes before
//! it. To feed the same bytes again for each event in them would do that work again and again, and to parse ahead into a
//! queue would make the parser's last event ID run ahead of the events that the consumer has. So bytes are fed up to the
//! next place where a blank line can end. Where chunks are cut never changes what comes out, so a wrong guess costs time
//! and nothing else.

use memchr::memchr2_iter;

use crate::error::ParseError;
use crate::event::EventRef;
use crate::parser::Parser;

/// Parses `bytes` as far as the next event or error. Returns how many bytes that took: all of them if there is neither. To be
/// called again, with nothing in the end, before more bytes are waited for.
pub(crate) fn parse<T>(
    parser: &mut Parser,
    bytes: &[u8],
    take: impl FnOnce(EventRef<'_>) -> T,
) -> (usize, Result<Option<T>, ParseError>) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(possible_blank_line(rest));
        let mut events = parser.feed(piece);
        let outcome = match events.next() {
            Ok(None) => {
                rest = behind;
                continue;
            }
            Ok(Some(event)) => Ok(Some(take(event))),
            Err(error) => Err(error),
        };
        let unread = behind.len() + events.remainder().len();
        return (bytes.len() - unread, outcome);
    }
    if bytes.is_empty() {
        // Comes before more bytes are waited for, perhaps for long. The parser frees what a huge event has left behind when
        // it is asked beyond the last event of a chunk, which has not been done here.
        let end = parser.feed(bytes).next().map(|event| event.is_none());
        debug_assert_eq!(end, Ok(true), "no bytes hold no event");
    }
    (bytes.len(), Ok(None))
}

/// Returns the end of the first line end that follows another directly, which a blank line does unless the bytes begin
/// with it, or the number of bytes if there is none.
fn possible_blank_line(bytes: &[u8]) -> usize {
    // What lies behind the line end before, and whether that can be the first half of a CRLF.
    let mut previous = None;
    for at in memchr2_iter(b'\r', b'\n', bytes) {
        let is_lf = bytes.get(at) == Some(&b'\n');
        match previous {
            Some((behind, after_cr)) if behind == at && !(after_cr && is_lf) => return at + 1,
            _ => previous = Some((at + 1, !is_lf)),
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;
    use crate::event::Event;

    #[test]
    fn a_blank_line_is_found_behind_every_kind_of_line_end() {
        for (bytes, end) in [
            ("", 0),
            ("data: x", 7),
            ("data: x\n", 8),
            ("a\nb\rc\r\nd", 8),
            ("a\n\nb", 3),
            ("a\r\rb", 3),
            ("a\n\rb", 3),
            ("a\r\n\rb", 4),
            ("a\r\n\r\nb", 4),
            ("a\r\n\nb", 4),
            ("a\nb\n\n\n", 5),
            ("\n\n", 2),
        ] {
            assert_eq!(possible_blank_line(bytes.as_bytes()), end, "{bytes:?}");
        }
    }

    #[test]
    fn bytes_behind_the_event_are_not_taken() {
        let mut parser = Parser::new();
        // The last of these begins with the blank line of an event that is complete but for it.
        for (bytes, rest, data) in [
            ("data: 1\r\n\r\ndata: 2\n\n", "\ndata: 2\n\n", Some("1")),
            ("\ndata: 2\n\n", "", Some("2")),
            ("id: 3\n\n\n: comment\n\nda", "", None),
            ("ta: 3\n", "", None),
            ("\ndata: 4\n\n", "data: 4\n\n", Some("3")),
        ] {
            let (consumed, outcome) = parse(&mut parser, bytes.as_bytes(), |event| {
                String::from(event.data())
            });
            assert_eq!(&bytes[consumed..], rest);
            assert_eq!(outcome.unwrap().as_deref(), data);
        }
        assert_eq!(parser.last_event_id(), "3");
    }

    #[test]
    fn an_error_leaves_what_is_behind_it() {
        let mut parser = Parser::builder().max_event_bytes(10).build();
        let mut rest = &b"data: too large\nid: 1\n\ndata: 2\n\n"[..];
        let mut seen = Vec::new();
        while !rest.is_empty() {
            let (consumed, outcome) = parse(&mut parser, rest, |event| event.to_event());
            rest = &rest[consumed..];
            seen.push(outcome);
        }
        assert!(seen.remove(0).is_err());
        assert_eq!(seen, [Ok(Some(Event::new("", "2", "1")))]);
    }
}

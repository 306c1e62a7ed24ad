//! Cuts chunks into lines, which end at CR, LF or CRLF. See
//! [`#parsing-an-event-stream`](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! `end-of-line`.
//!
//! Neither byte ever occurs inside the encoding of another character, so whole lines can be cut before UTF-8 is
//! decoded, and what is decoded ends at the end of a character.

use memchr::{memchr2, memrchr2};

/// Returns where the first line end in `bytes` begins.
#[inline]
pub(crate) fn find_end(bytes: &[u8]) -> Option<usize> {
    memchr2(b'\r', b'\n', bytes)
}

/// Returns how many bytes at the start of `bytes` are whole lines, with their ends: those that end within a window of
/// some size or, if none does, the first one. 0 if `bytes` has no line end.
///
/// The window keeps what is validated in one go in the processor's cache until it is parsed, and keeps the work that
/// is lost small when somebody stops in the middle of a huge chunk.
pub(crate) fn whole_lines(bytes: &[u8]) -> usize {
    let (window, behind) = bytes.split_at(bytes.len().min(WINDOW));
    match end_of_last(window) {
        0 => find_end(behind).map_or(0, |end| window.len() + end + 1),
        end => end,
    }
}

/// Returns where the last line in `bytes` that has an end ends, its end included. 0 if there is none.
pub(crate) fn end_of_last(bytes: &[u8]) -> usize {
    memrchr2(b'\r', b'\n', bytes).map_or(0, |end| end + 1)
}

/// Size of the window of [`whole_lines`], in bytes.
const WINDOW: usize = 32 * 1024;

/// The first line of some text, cut off.
pub(crate) struct FirstLine<'a> {
    /// The line, without its end.
    pub(crate) line: &'a str,
    /// The text behind the line's end.
    pub(crate) rest: &'a str,
    /// Whether the line ended with a CR that was the last byte of the text: an LF that comes next belongs to it.
    pub(crate) cr_at_end: bool,
}

/// Cuts the first line off `text`. If there is no line end, all of it is the line.
#[inline]
pub(crate) fn split_first(text: &str) -> FirstLine<'_> {
    let end = find_end(text.as_bytes()).unwrap_or(text.len());
    let (line, from_end) = text.split_at(end);
    let (end_len, cr_at_end) = match from_end.as_bytes() {
        [b'\r', b'\n', ..] => (2, false),
        [b'\r'] => (1, true),
        [] => (0, false),
        _ => (1, false),
    };
    FirstLine {
        line,
        rest: from_end.split_at(end_len).1,
        cr_at_end,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn lines_end_at_cr_lf_and_crlf() {
        let mut text = "a\nb\rc\r\n\n\r\r\nd\r";
        let mut lines = Vec::new();
        let mut cr_at_end = false;
        while !text.is_empty() {
            let first = split_first(text);
            lines.push(first.line);
            (text, cr_at_end) = (first.rest, first.cr_at_end);
        }
        assert_eq!(lines, ["a", "b", "c", "", "", "", "d"]);
        assert!(cr_at_end);
    }

    #[test]
    fn whole_lines_end_at_the_last_end_in_the_window() {
        assert_eq!(whole_lines(b""), 0);
        assert_eq!(whole_lines(b"abc"), 0);
        assert_eq!(whole_lines(b"a\nb\rc"), 4);
        let mut long = vec![b'x'; WINDOW + 10];
        assert_eq!(whole_lines(&long), 0);
        long.extend(b"\ny\n");
        assert_eq!(whole_lines(&long), WINDOW + 11);
        long[5] = b'\n';
        assert_eq!(whole_lines(&long), 6);
    }
}

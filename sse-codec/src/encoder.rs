//! Writes an [`OutgoingEvent`] into a buffer. Cannot fail, since the values were proven before.

use bytes::BufMut;
use memchr::memchr2;

use crate::outgoing::OutgoingEvent;

/// Writes blocks of an event stream, as
/// [`#parsing-an-event-stream`](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream)
/// reads them.
///
/// A block is written as its comment, `id`, `event`, `retry` and `data` lines, each only if it is set, then a blank
/// line unless it is a comment alone. Lines end with LF. There is one space after the colon of a field, so a value that begins with a space keeps
/// it.
///
/// # Examples
///
/// ```
/// use sse_codec::{Encoder, OutgoingEvent};
///
/// let mut buffer = Vec::new();
/// let mut encoder = Encoder::new();
/// encoder.encode(&OutgoingEvent::new().comment(" ready"), &mut buffer);
/// encoder.encode(&OutgoingEvent::new().data("hello"), &mut buffer);
/// assert_eq!(buffer, b": ready\ndata: hello\n\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    // No state today. Private, so that an option can come without breaking anybody.
    _private: (),
}

impl Encoder {
    /// Makes an encoder.
    #[must_use]
    pub const fn new() -> Self {
        Self { _private: () }
    }

    /// Appends a block to `buffer`.
    ///
    /// # Panics
    ///
    /// Only if `buffer` cannot grow and has less than [`encoded_len`](Self::encoded_len) bytes left. `Vec<u8>` and
    /// `BytesMut` grow.
    pub fn encode(&mut self, event: &OutgoingEvent<'_>, buffer: &mut impl BufMut) {
        for_each_piece(event, |piece| buffer.put_slice(piece));
    }

    /// Returns how many bytes [`encode`](Self::encode) writes for a block.
    #[must_use]
    pub fn encoded_len(event: &OutgoingEvent<'_>) -> usize {
        let mut len = 0;
        for_each_piece(event, |piece| len += piece.len());
        len
    }
}

/// Calls `put` with the pieces of the encoded block, in order. Both what is written and its length come from here.
#[inline]
fn for_each_piece(event: &OutgoingEvent<'_>, mut put: impl FnMut(&[u8])) {
    if let Some(comment) = &event.comment {
        for_each_line(comment, |line| {
            put(b":");
            put(line);
            put(b"\n");
        });
    }
    if let Some(id) = &event.last_event_id {
        put_field(b"id", id.as_str().as_bytes(), &mut put);
    }
    if let Some(event_type) = &event.event_type {
        put_field(b"event", event_type.as_str().as_bytes(), &mut put);
    }
    if let Some(time) = event.reconnection_time {
        let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let mut digits = [0; MAX_DIGITS];
        put_field(b"retry", decimal(milliseconds, &mut digits), &mut put);
    }
    if let Some(data) = &event.data {
        for_each_line(data, |line| put_field(b"data", line, &mut put));
    }
    // A comment needs no block. Some readers take every blank line for the end of an event.
    let only_comment = event.comment.is_some()
        && event.last_event_id.is_none()
        && event.event_type.is_none()
        && event.reconnection_time.is_none()
        && event.data.is_none();
    if !only_comment {
        put(b"\n");
    }
}

#[inline]
fn put_field(name: &[u8], value: &[u8], put: &mut impl FnMut(&[u8])) {
    put(name);
    // An empty value needs no space, and any other gets one, or a reader would take a leading space of the value.
    put(if value.is_empty() { b":" } else { b": " });
    put(value);
    put(b"\n");
}

/// Splits text at CR, LF and CRLF. There is always one line more than there are line ends, so empty text is one empty
/// line.
#[inline]
fn for_each_line(text: &str, mut line: impl FnMut(&[u8])) {
    let mut rest = text.as_bytes();
    while let Some(end) = memchr2(b'\r', b'\n', rest) {
        let (before, from_end) = rest.split_at(end);
        line(before);
        rest = match from_end {
            [b'\r', b'\n', behind @ ..] | [_, behind @ ..] => behind,
            [] => from_end,
        };
    }
    line(rest);
}

/// The digits of `u64::MAX`.
const MAX_DIGITS: usize = 20;

/// Writes a number in decimal digits at the end of `digits`.
fn decimal(mut number: u64, digits: &mut [u8; MAX_DIGITS]) -> &[u8] {
    let mut start = MAX_DIGITS;
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        // Less than ten, so nothing is lost.
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start = place;
        if number == 0 {
            break;
        }
    }
    digits.split_at(start).1
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use super::*;
    use crate::event_type::EventType;
    use crate::last_event_id::LastEventId;

    fn encoded(event: &OutgoingEvent<'_>) -> Vec<u8> {
        let mut buffer = Vec::new();
        Encoder::new().encode(event, &mut buffer);
        assert_eq!(buffer.len(), Encoder::encoded_len(event));
        assert_eq!(buffer, event.to_bytes());
        buffer
    }

    #[test]
    fn fields_come_in_a_fixed_order() {
        let event = OutgoingEvent::new()
            .data("x")
            .reconnection_time(Duration::from_secs(2))
            .event_type(EventType::from_static("t"))
            .last_event_id(LastEventId::from_static("1"))
            .comment("c");
        assert_eq!(
            encoded(&event),
            b":c\nid: 1\nevent: t\nretry: 2000\ndata: x\n\n"
        );
    }

    #[test]
    fn data_is_split_at_every_kind_of_line_end() {
        let event = OutgoingEvent::new().data("a\rb\nc\r\nd\n\re");
        assert_eq!(
            encoded(&event),
            b"data: a\ndata: b\ndata: c\ndata: d\ndata:\ndata: e\n\n"
        );
        let event = OutgoingEvent::new().data("\n");
        assert_eq!(encoded(&event), b"data:\ndata:\n\n");
    }

    #[test]
    fn a_comment_cannot_leave_its_lines() {
        let event = OutgoingEvent::new().comment("a\ndata: forged\r\r\n");
        assert_eq!(encoded(&event), b":a\n:data: forged\n:\n:\n");
    }

    #[test]
    fn empty_values_are_written_and_missing_ones_are_not() {
        assert_eq!(encoded(&OutgoingEvent::new()), b"\n");
        assert_eq!(encoded(&OutgoingEvent::new().data("")), b"data:\n\n");
        let event = OutgoingEvent::new()
            .event_type(EventType::from_static(""))
            .last_event_id(LastEventId::from_static(""));
        assert_eq!(encoded(&event), b"id:\nevent:\n\n");
    }

    #[test]
    fn a_leading_space_survives() {
        assert_eq!(encoded(&OutgoingEvent::new().data(" x")), b"data:  x\n\n");
    }

    #[test]
    fn reconnection_times_are_whole_milliseconds() {
        for (time, line) in [
            (Duration::ZERO, "retry: 0\n\n"),
            (Duration::from_micros(1999), "retry: 1\n\n"),
            (
                Duration::from_millis(u64::MAX),
                "retry: 18446744073709551615\n\n",
            ),
            (Duration::MAX, "retry: 18446744073709551615\n\n"),
        ] {
            assert_eq!(
                encoded(&OutgoingEvent::new().reconnection_time(time)),
                line.as_bytes()
            );
        }
    }
}

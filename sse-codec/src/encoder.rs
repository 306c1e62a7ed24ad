//! Writes an [`OutgoingEvent`] into a buffer. Cannot fail, since the values were proven before.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::BufMut;

use crate::outgoing::OutgoingEvent;
use crate::text_lines::{for_each_line, is_one_line};

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
    #[inline]
    pub fn encode(&mut self, event: &OutgoingEvent<'_>, buffer: &mut impl BufMut) {
        put_event(event, data_is_one_line(event), buffer);
    }

    /// Returns how many bytes [`encode`](Self::encode) writes for a block.
    #[must_use]
    pub fn encoded_len(event: &OutgoingEvent<'_>) -> usize {
        event_len(event, data_is_one_line(event))
    }

    /// Encodes a block into a buffer of its own, which it fills to the last byte.
    pub(crate) fn encode_alone(event: &OutgoingEvent<'_>) -> Vec<u8> {
        let one_line = data_is_one_line(event);
        let mut buffer = Vec::with_capacity(event_len(event, one_line));
        put_event(event, one_line, &mut buffer);
        buffer
    }
}

#[inline]
fn data_is_one_line(event: &OutgoingEvent<'_>) -> bool {
    event
        .data
        .as_ref()
        .is_some_and(|data| is_one_line(data.as_bytes()))
}

#[inline]
fn put_event(event: &OutgoingEvent<'_>, data_is_one_line: bool, buffer: &mut impl BufMut) {
    if !is_data_alone(event) {
        put_before_data(event, buffer);
    }
    match event.data.as_deref().map(str::as_bytes) {
        // By far the most frequent, so its pieces are as few as can be.
        Some([]) => buffer.put_slice(b"data:\n\n"),
        Some(data) if data_is_one_line => {
            buffer.put_slice(b"data: ");
            buffer.put_slice(data);
            buffer.put_slice(b"\n\n");
        }
        Some(data) => put_data_lines(data, buffer),
        None if is_comment_alone(event) => {}
        None => buffer.put_slice(b"\n"),
    }
}

/// Writes all that stands before the data.
#[inline(never)]
fn put_before_data(event: &OutgoingEvent<'_>, buffer: &mut impl BufMut) {
    if let Some(comment) = &event.comment {
        for_each_line(comment.as_bytes(), |line| {
            buffer.put_slice(b":");
            buffer.put_slice(line);
            buffer.put_slice(b"\n");
        });
    }
    if let Some(id) = &event.last_event_id {
        put_value(b"id:", id.as_str().as_bytes(), buffer);
    }
    if let Some(event_type) = &event.event_type {
        put_value(b"event:", event_type.as_str().as_bytes(), buffer);
    }
    if let Some(time) = event.reconnection_time {
        let mut digits = [0; MAX_DIGITS];
        put_value(b"retry:", decimal(milliseconds(time), &mut digits), buffer);
    }
}

/// Writes a field whose value is one line.
#[inline]
fn put_value<const NAME: usize>(name: &[u8; NAME], value: &[u8], buffer: &mut impl BufMut) {
    buffer.put_slice(name);
    // An empty value needs no space, and any other gets one, or a reader would take a leading space of the value.
    if !value.is_empty() {
        buffer.put_slice(b" ");
        buffer.put_slice(value);
    }
    buffer.put_slice(b"\n");
}

/// Writes a `data` field for each line of `data`, and the blank line.
#[inline(never)]
fn put_data_lines(data: &[u8], buffer: &mut impl BufMut) {
    let mut first = true;
    for_each_line(data, |line| {
        // The end of the line before and the start of this one are one piece.
        match (first, line) {
            (true, []) => buffer.put_slice(b"data:"),
            (true, _) => buffer.put_slice(b"data: "),
            (false, []) => buffer.put_slice(b"\ndata:"),
            (false, _) => buffer.put_slice(b"\ndata: "),
        }
        first = false;
        if !line.is_empty() {
            buffer.put_slice(line);
        }
    });
    buffer.put_slice(b"\n\n");
}

/// Returns how many bytes [`put_event`] writes.
fn event_len(event: &OutgoingEvent<'_>, data_is_one_line: bool) -> usize {
    let mut len = if is_comment_alone(event) { 0 } else { LF };
    if let Some(comment) = &event.comment {
        for_each_line(comment.as_bytes(), |line| {
            len += b":".len() + line.len() + LF;
        });
    }
    if let Some(id) = &event.last_event_id {
        len += value_len(b"id:", id.as_str().len());
    }
    if let Some(event_type) = &event.event_type {
        len += value_len(b"event:", event_type.as_str().len());
    }
    if let Some(time) = event.reconnection_time {
        let mut digits = [0; MAX_DIGITS];
        len += value_len(b"retry:", decimal(milliseconds(time), &mut digits).len());
    }
    match event.data.as_deref().map(str::as_bytes) {
        None => {}
        Some(data) if data_is_one_line => len += value_len(b"data:", data.len()),
        Some(data) => for_each_line(data, |line| {
            len += value_len(b"data:", line.len());
        }),
    }
    len
}

/// Returns how many bytes [`put_value`] writes.
const fn value_len<const NAME: usize>(_: &[u8; NAME], value: usize) -> usize {
    let space = if value == 0 { 0 } else { 1 };
    NAME + space + value + LF
}

#[inline]
const fn is_data_alone(event: &OutgoingEvent<'_>) -> bool {
    event.comment.is_none()
        && event.last_event_id.is_none()
        && event.event_type.is_none()
        && event.reconnection_time.is_none()
}

/// Whether a block is a comment and nothing else. A comment needs no blank line, and some readers take every blank line for
/// the end of an event.
const fn is_comment_alone(event: &OutgoingEvent<'_>) -> bool {
    event.comment.is_some()
        && event.last_event_id.is_none()
        && event.event_type.is_none()
        && event.reconnection_time.is_none()
        && event.data.is_none()
}

/// Length of the line end that is written.
const LF: usize = b"\n".len();

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
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
    use alloc::format;
    use alloc::string::{String, ToString};

    use bytes::BytesMut;

    use super::*;
    use crate::event_type::EventType;
    use crate::last_event_id::LastEventId;

    fn encoded(event: &OutgoingEvent<'_>) -> Vec<u8> {
        let mut buffer = Vec::new();
        Encoder::new().encode(event, &mut buffer);
        assert_eq!(buffer.len(), Encoder::encoded_len(event));
        assert_eq!(buffer, event.to_bytes());
        // Behind something, into another kind of buffer.
        let mut behind = BytesMut::from("x");
        Encoder::new().encode(event, &mut behind);
        assert_eq!(behind.get(1..), Some(&*buffer));
        buffer
    }

    /// Writes an event as slowly and literally as can be.
    fn encoded_literally(event: &OutgoingEvent<'_>) -> String {
        let lines = |text: &str| -> Vec<String> {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            text.split('\n').map(Into::into).collect()
        };
        let field = |name: &str, value: &str| match value {
            "" => format!("{name}:\n"),
            _ => format!("{name}: {value}\n"),
        };
        let mut text = String::new();
        for line in event.comment.iter().flat_map(|comment| lines(comment)) {
            text += &format!(":{line}\n");
        }
        if let Some(id) = &event.last_event_id {
            text += &field("id", id.as_str());
        }
        if let Some(event_type) = &event.event_type {
            text += &field("event", event_type.as_str());
        }
        if let Some(time) = event.reconnection_time {
            text += &field("retry", &time.as_millis().to_string());
        }
        for line in event.data.iter().flat_map(|data| lines(data)) {
            text += &field("data", &line);
        }
        let comment_alone = OutgoingEvent {
            comment: event.comment.clone(),
            ..OutgoingEvent::new()
        };
        if event.comment.is_none() || *event != comment_alone {
            text.push('\n');
        }
        text
    }

    #[test]
    fn data_of_every_length_is_written() {
        // Longer than some of the blocks in which text is looked at. Miri is slow.
        for len in (0..200).step_by(if cfg!(miri) { 33 } else { 1 }) {
            let mut data = "x".repeat(len);
            for end in ["", "\n", "\r", "\r\n"] {
                for place in [0, 1, len / 2, len.saturating_sub(1), len] {
                    data.insert_str(place.min(len), end);
                    let event = OutgoingEvent::new().data(&data);
                    assert_eq!(encoded(&event), encoded_literally(&event).as_bytes());
                    data.drain(place.min(len)..place.min(len) + end.len());
                }
            }
        }
    }

    // Too slow for Miri.
    #[cfg(not(miri))]
    proptest::proptest! {
        #[test]
        fn quick_and_literal_encoding_agree(
            comment in proptest::option::of("[a:\r\n]{0,6}"),
            id in proptest::option::of("[0-9a é]{0,40}"),
            event_type in proptest::option::of("[a-z :]{0,40}"),
            milliseconds in proptest::option::of(0..=u64::MAX),
            data in proptest::option::of("[aé \r\n]{0,80}|([^\r\n]{0,90}(\r|\n|\r\n)){0,4}[^\r\n]{0,90}"),
        ) {
            let event = OutgoingEvent {
                comment: comment.map(Into::into),
                last_event_id: id.map(|id| LastEventId::new(id).unwrap()),
                event_type: event_type.map(|event_type| EventType::new(event_type).unwrap()),
                reconnection_time: milliseconds.map(Duration::from_millis),
                data: data.map(Into::into),
            };
            proptest::prop_assert_eq!(encoded(&event), encoded_literally(&event).into_bytes());
        }
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

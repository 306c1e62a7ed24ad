//! `-o pretty`: for people. The event type, the ID behind a `#`, and the data: on the same line if it is one line,
//! otherwise below, a line each.

use sse_codec::EventRef;

use crate::escape;

pub(super) fn write(event: EventRef<'_>, escaped: bool, coloured: bool, buffer: &mut Vec<u8>) {
    let paint = if coloured {
        Paint::COLOURS
    } else {
        Paint::NONE
    };
    buffer.extend_from_slice(paint.event_type.as_bytes());
    put(event.event_type(), escaped, buffer);
    buffer.extend_from_slice(paint.end.as_bytes());
    if !event.last_event_id().is_empty() {
        buffer.push(b' ');
        buffer.extend_from_slice(paint.id.as_bytes());
        buffer.push(b'#');
        put(event.last_event_id(), escaped, buffer);
        buffer.extend_from_slice(paint.end.as_bytes());
    }
    let data = event.data();
    if data.contains('\n') {
        for line in data.split('\n') {
            buffer.extend_from_slice(b"\n    ");
            put(line, escaped, buffer);
        }
    } else if !data.is_empty() {
        buffer.extend_from_slice(b"  ");
        put(data, escaped, buffer);
    }
    buffer.push(b'\n');
}

/// Writes text that has no line end in it.
fn put(text: &str, escaped: bool, buffer: &mut Vec<u8>) {
    if escaped {
        // Tabs do no harm.
        buffer.extend_from_slice(escape::lines(text).as_bytes());
    } else {
        buffer.extend_from_slice(text.as_bytes());
    }
}

/// The terminal's sequences around the parts of an event.
struct Paint {
    event_type: &'static str,
    id: &'static str,
    end: &'static str,
}

impl Paint {
    const NONE: Self = Self {
        event_type: "",
        id: "",
        end: "",
    };
    /// Bold cyan and dim: readable on light and on dark ground.
    const COLOURS: Self = Self {
        event_type: "\x1b[1;36m",
        id: "\x1b[2m",
        end: "\x1b[0m",
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::written;
    use sse_codec::Event;

    fn pretty(event_type: &str, data: &str, id: &str) -> String {
        let event = Event::new(event_type, data, id);
        written(|buffer| write(event.as_ref(), true, false, buffer))
    }

    #[test]
    fn one_line_of_data_stays_on_the_line() {
        assert_eq!(pretty("", "hello", "1"), "message #1  hello\n");
        assert_eq!(pretty("tick", "hello", ""), "tick  hello\n");
        assert_eq!(pretty("tick", "", "x"), "tick #x\n");
    }

    #[test]
    fn more_lines_of_data_stand_below() {
        assert_eq!(
            pretty("", "a\n\nb\n", "1"),
            "message #1\n    a\n    \n    b\n    \n"
        );
    }

    #[test]
    fn text_of_the_peer_is_escaped_in_every_part() {
        assert_eq!(
            pretty("\x1bt", "\u{9b}\ta", "\u{202e}1"),
            "\\u{1b}t #\\u{202e}1  \\u{9b}\ta\n"
        );
    }

    #[test]
    fn colours_surround_the_type_and_the_id() {
        let event = Event::new("t", "d", "1");
        assert_eq!(
            written(|buffer| write(event.as_ref(), true, true, buffer)),
            "\x1b[1;36mt\x1b[0m \x1b[2m#1\x1b[0m  d\n"
        );
    }
}

//! `-o data`: the data and a newline.

use sse_codec::EventRef;

use crate::escape;

pub(super) fn write(event: EventRef<'_>, escaped: bool, buffer: &mut Vec<u8>) {
    if escaped {
        buffer.extend_from_slice(escape::lines(event.data()).as_bytes());
    } else {
        buffer.extend_from_slice(event.data().as_bytes());
    }
    buffer.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::written;
    use sse_codec::Event;

    #[test]
    fn data_ends_with_a_newline_whatever_it_is() {
        for data in ["", "hello", "two\nlines", "ends with one\n"] {
            let event = Event::new("t", data, "1");
            assert_eq!(
                written(|buffer| write(event.as_ref(), false, buffer)),
                format!("{data}\n")
            );
        }
    }

    #[test]
    fn only_a_terminal_gets_escaped_text() {
        let event = Event::new("", "\x1b[2J\tx\ny", "");
        assert_eq!(
            written(|buffer| write(event.as_ref(), true, buffer)),
            "\\u{1b}[2J\tx\ny\n"
        );
        assert_eq!(
            written(|buffer| write(event.as_ref(), false, buffer)),
            "\x1b[2J\tx\ny\n"
        );
    }
}

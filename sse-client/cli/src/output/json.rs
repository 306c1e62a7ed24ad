//! `-o json`: a JSON object on a line of its own, `{"type":…,"id":…,"data":…}`.

use sse_codec::EventRef;

use crate::escape;

pub(super) fn write(event: EventRef<'_>, escaped: bool, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(b"{\"type\":");
    string(event.event_type(), escaped, buffer);
    buffer.extend_from_slice(b",\"id\":");
    string(event.last_event_id(), escaped, buffer);
    buffer.extend_from_slice(b",\"data\":");
    string(event.data(), escaped, buffer);
    buffer.extend_from_slice(b"}\n");
}

/// Writes a JSON string. JSON has escapes of its own, so on a terminal the same string is only spelled in another way.
fn string(text: &str, escaped: bool, buffer: &mut Vec<u8>) {
    // Every text is a JSON string, and a `Vec` takes all that is written.
    if !escaped {
        let _ = serde_json::to_writer(buffer, text);
        return;
    }
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let mut units = [0; 2];
    for character in quoted.chars() {
        if escape::is_dangerous(character) {
            for unit in character.encode_utf16(&mut units) {
                buffer.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        } else {
            buffer.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::written;
    use sse_codec::Event;

    #[test]
    fn an_event_is_one_line_with_its_three_parts() {
        let event = Event::new("", "a \"b\"\n\\c\u{7f}é", "");
        assert_eq!(
            written(|buffer| write(event.as_ref(), false, buffer)),
            "{\"type\":\"message\",\"id\":\"\",\"data\":\"a \\\"b\\\"\\n\\\\c\u{7f}é\"}\n"
        );
    }

    #[test]
    fn on_a_terminal_the_value_is_the_same_and_all_of_it_visible() {
        let text = "\0\x1b\t\u{7f}\u{9b}\u{202e}\u{e0041}é😀\\u{1b}";
        let event = Event::new(text, text, text);
        let line = written(|buffer| write(event.as_ref(), true, buffer));
        assert!(!line.trim_end().contains(escape::is_dangerous), "{line:?}");
        assert!(line.contains("\\u009b\\u202e\\udb40\\udc41é😀"), "{line:?}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        for part in ["type", "id", "data"] {
            assert_eq!(value[part], text);
        }
    }
}

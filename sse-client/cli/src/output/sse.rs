//! `-o sse`: an event stream again, written by the codec's encoder.

use sse_codec::{Encoder, EventRef, EventType, LastEventId, OutgoingEvent};

use crate::escape;

/// Writes events so that a reader of the output sees the same events, with the same last event IDs.
#[derive(Debug, Default)]
pub(super) struct Sse {
    encoder: Encoder,
    /// The last event ID of whoever reads the output. An `id` line is written only where it changes, which is also
    /// what tells an event without an ID from one that repeats it.
    last_event_id: String,
}

impl Sse {
    pub(super) fn write(&mut self, event: EventRef<'_>, escaped: bool, buffer: &mut Vec<u8>) {
        let mut outgoing = OutgoingEvent::new().data(event.data());
        if event.event_type() != DEFAULT_TYPE {
            // Neither this nor the ID below can be refused: both come from a line of an event stream.
            if let Ok(event_type) = EventType::new(event.event_type()) {
                outgoing = outgoing.event_type(event_type);
            }
        }
        if event.last_event_id() != self.last_event_id {
            if let Ok(id) = LastEventId::new(event.last_event_id()) {
                outgoing = outgoing.last_event_id(id);
            }
            event.last_event_id().clone_into(&mut self.last_event_id);
        }
        if escaped {
            let block = outgoing.to_bytes();
            // The block was made of text.
            buffer.extend_from_slice(escape::lines(&String::from_utf8_lossy(&block)).as_bytes());
        } else {
            self.encoder.encode(&outgoing, buffer);
        }
    }
}

/// What a reader takes an event for whose block names no type.
const DEFAULT_TYPE: &str = "message";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::tests::written;
    use sse_codec::Event;

    #[test]
    fn an_id_is_written_where_it_changes() {
        let mut sse = Sse::default();
        let text = written(|buffer| {
            for (event_type, data, id) in [
                ("", "a", ""),
                ("", "b", "1"),
                ("t", "c", "1"),
                ("", "d\ne", "2"),
                ("", "f", ""),
            ] {
                sse.write(Event::new(event_type, data, id).as_ref(), false, buffer);
            }
        });
        assert_eq!(
            text,
            "data: a\n\nid: 1\ndata: b\n\nevent: t\ndata: c\n\nid: 2\ndata: d\ndata: e\n\nid:\ndata: f\n\n"
        );
    }

    #[test]
    fn only_a_terminal_gets_escaped_text() {
        let event = Event::new("t\x07", "\x1b", "\u{9b}");
        let write =
            |escaped| written(|buffer| Sse::default().write(event.as_ref(), escaped, buffer));
        assert_eq!(
            write(true),
            "id: \\u{9b}\nevent: t\\u{7}\ndata: \\u{1b}\n\n"
        );
        assert_eq!(write(false), "id: \u{9b}\nevent: t\x07\ndata: \x1b\n\n");
    }
}

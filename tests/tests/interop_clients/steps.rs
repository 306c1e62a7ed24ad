//! What the server emits, and what a client makes of it.

use std::time::Duration;

use sse_server::{EventType, LastEventId, OutgoingEvent};

use crate::client::Seen;

/// Blocks, of which the last one is an event, and that event.
pub(crate) struct Step {
    pub(crate) blocks: Vec<OutgoingEvent<'static>>,
    pub(crate) seen: Seen,
    pub(crate) has_own_id: bool,
}

/// Everything that an event stream can carry. The last event has the ID 7.
pub(crate) fn steps() -> Vec<Step> {
    let large = "漢字 and Latin. ".repeat(10_000);
    let multi_line = "Zeile eins\nline two\n\nletzte 🦀\u{2028}nicht noch eine\u{85}\u{b}\u{c}";
    vec![
        event("1", "hello").with(|event| {
            event
                .reconnection_time(Duration::from_millis(50))
                .comment("with a comment\n and a reconnection time")
        }),
        event("2", multi_line)
            .with(|event| event.event_type(EventType::new("grüße").expect("one line")))
            .seen_as("grüße"),
        event("3", ""),
        event("4", "  begins with spaces,\tand: colons:"),
        event("5", large),
        Step {
            blocks: vec![OutgoingEvent::new().data("no ID of its own")],
            seen: Seen::new("message", "5", "no ID of its own"),
            has_own_id: false,
        },
        event("6", "behind a comment").after(OutgoingEvent::new().comment(" all alone")),
        event("7", "a\nb\nc\n").with(|event| event.data("a\r\nb\rc\n")),
    ]
}

fn event(id: &'static str, data: impl Into<String>) -> Step {
    let data = data.into();
    let event = OutgoingEvent::new()
        .last_event_id(LastEventId::from_static(id))
        .data(data.clone());
    Step {
        blocks: vec![event],
        seen: Seen::new("message", id, &data),
        has_own_id: true,
    }
}

impl Step {
    fn with(
        mut self,
        change: impl FnOnce(OutgoingEvent<'static>) -> OutgoingEvent<'static>,
    ) -> Self {
        let last = self.blocks.pop().map(change);
        self.blocks.extend(last);
        self
    }

    fn seen_as(mut self, event_type: &str) -> Self {
        self.seen.event_type = event_type.to_owned();
        self
    }

    fn after(mut self, block: OutgoingEvent<'static>) -> Self {
        self.blocks.insert(0, block);
        self
    }
}

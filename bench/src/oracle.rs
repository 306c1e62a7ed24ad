//! A parser that follows the standard word by word and does not care for speed: it says what the events of a stream are.

use crate::sink::Sink;

/// Reads a whole stream of well-formed text.
pub fn parse(stream: &str, sink: &mut impl Sink) {
    let mut event_type = String::new();
    let mut data = String::new();
    let mut id_buffer = String::new();
    let mut rest = stream.strip_prefix('\u{FEFF}').unwrap_or(stream);
    while let Some(end) = rest.find(['\r', '\n']) {
        let line = &rest[..end];
        let from_end = &rest[end..];
        rest = from_end.strip_prefix("\r\n").unwrap_or(&from_end[1..]);
        if line.is_empty() {
            if data.is_empty() {
                event_type.clear();
                continue;
            }
            data.pop();
            let shown = if event_type.is_empty() {
                "message"
            } else {
                &event_type
            };
            sink.event(shown, &data, &id_buffer);
            data.clear();
            event_type.clear();
            continue;
        }
        let (name, value) = match line.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match name {
            "event" => event_type = value.to_owned(),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => id_buffer = value.to_owned(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct List(Vec<(String, String, String)>);

    impl Sink for List {
        fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
            self.0
                .push((event_type.into(), data.into(), last_event_id.into()));
        }
    }

    #[test]
    fn the_events_are_those_of_the_standard() {
        let mut list = List::default();
        parse(
            ": c\nid: 1\nevent: a\r\ndata: x\rdata\n\ndata:y\n\nevent: lost\n\ndata: z",
            &mut list,
        );
        let event = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
        assert_eq!(list.0, [event("a", "x\n", "1"), event("message", "y", "1")]);
    }
}

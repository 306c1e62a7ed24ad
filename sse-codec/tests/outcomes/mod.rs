//! Streams that are hard to cut, and what the parser makes of them as a whole: what every other way in must make of them too.

use sse_codec::{Event, ParseError, Parser, ParserBuilder, Utf8Policy};

/// What a stream brings, in order.
pub(crate) type Outcome = Result<Event, ParseError>;

/// Settings under which every kind of error can occur.
pub(crate) fn settings() -> ParserBuilder {
    Parser::builder()
        .utf8(Utf8Policy::Reject)
        .max_event_bytes(40)
}

/// Streams with all line ends, comments, blocks without data, and errors, complete and cut off.
pub(crate) fn streams() -> Vec<&'static [u8]> {
    vec![
        b"",
        b"\n\n\n",
        b"\xEF\xBB\xBFevent: a\ndata: 1\nid: 1\n\ndata: 2\n\nid: 3\n\n",
        b"data: a\r\n\r\ndata: b\rdata: c\r\rdata: d\n\r\ndata\r\n\n: x\r\r\ndata: e\n\n\n",
        b"retry: 5\nid\ndata: \xC3\xA9\n\nevent: cut\ndata: off\nid: 9\n",
        b"data: \xFF\nid: 2\n\ndata: good\n\n: \xC3(\n\ndata: better\n\n",
        b"id: 4\ndata: 0123456789012345678901234567890123456789 too large\ndata: x\n\ndata: good\n\n",
        b"data: 1234567890\ndata: 1234567890\ndata: 1234567890\ndata: 1234567890\n\ndata: x\r\n\r\nda",
    ]
}

/// What the parser brings from all of the bytes at once, and then its last event ID.
pub(crate) fn expected(stream: &[u8]) -> (Vec<Outcome>, String) {
    let mut parser = settings().build();
    let mut outcomes = Vec::new();
    let mut events = parser.feed(stream);
    while let Some(outcome) = events.next().transpose() {
        outcomes.push(outcome.map(|event| event.to_event()));
    }
    (outcomes, parser.last_event_id().to_owned())
}

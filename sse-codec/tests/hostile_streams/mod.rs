//! Streams that a hostile server could send: each goes on for ever.

use sse_codec::ParserBuilder;

/// A stream without an end: something to begin with, then the same bytes again and again.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) name: String,
    head: Vec<u8>,
    again: Vec<u8>,
}

impl Stream {
    fn new(name: &str, head: &[u8], again: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            head: head.to_vec(),
            again: again.to_vec(),
        }
    }

    /// The first `len` bytes.
    pub(crate) fn take(&self, len: usize) -> Vec<u8> {
        let again = self.again.iter().cycle();
        self.head.iter().chain(again).copied().take(len).collect()
    }
}

/// Streams that are endless in one place each.
pub(crate) fn endless() -> Vec<Stream> {
    let mut streams = vec![
        Stream::new("blank lines", b"", b"\n"),
        Stream::new("CRs", b"", b"\r"),
        Stream::new("byte order marks", b"", b"\xEF\xBB\xBF"),
        Stream::new("NULs", b"", b"\0"),
        Stream::new("data lines of one block", b"", b"data: x\n"),
        Stream::new("empty data lines of one block", b"", b"data\n"),
        Stream::new("events", b"", b"data: x\n\n"),
        Stream::new("events of two lines", b"", b"data: x\ndata: y\r\r"),
        Stream::new("comments", b"", b":x\n"),
        Stream::new("comments in a block", b"id: 1\ndata: x\n", b":x\n"),
        Stream::new("event types of one block", b"", b"event: x\nevent: yz\n"),
        Stream::new("IDs of one block", b"", b"id: x\nid: yz\n"),
        Stream::new("IDs without data", b"", b"id: x\n\nid: yz\n\n"),
        Stream::new("reconnection times", b"", b"retry: 1\n"),
        Stream::new("unknown fields", b"", b"x: y\n"),
        Stream::new("ill-formed lines", b"", b"\xFF\n"),
        Stream::new(
            "ill-formed events",
            b"",
            b"id: \xFF\nevent: \xC3\ndata: \xE2\x82\n\n",
        ),
    ];
    for line in [
        "data: ",
        "event: ",
        "id: ",
        "retry: ",
        ": ",
        ":",
        "unknown: ",
        "unknown",
    ] {
        for (what, again) in [
            ("x", &b"x"[..]),
            ("0", b"0"),
            ("\u{20AC}", "\u{20AC}".as_bytes()),
            ("0xFF", b"\xFF"),
            ("cut characters", b"\xF0\x9F\x98"),
        ] {
            let name = format!("a line {line:?} with {what}");
            streams.push(Stream::new(&name, line.as_bytes(), again));
            // The same inside a block that has begun.
            let head = ["id: 1\nevent: t\ndata: d\n", line].concat();
            streams.push(Stream::new(
                &format!("{name} in a block"),
                head.as_bytes(),
                again,
            ));
        }
    }
    // As large as HTTP allows a header to be, which is where the ID goes.
    for (what, filler) in [("x", b'x'), ("0xFF", 0xFF)] {
        let id = [b"id: ", &[filler; 8 * 1024][..], b"\ndata: x\n\n"].concat();
        let name = format!("header-sized IDs with {what}");
        streams.push(Stream::new(&name, b"", &id));
    }
    streams
}

/// Feeds a stream in chunks of `chunk` bytes, and takes all that comes out by one of the two views.
pub(crate) fn feed(builder: &ParserBuilder, stream: &[u8], chunk: usize, items: bool) {
    let mut parser = builder.clone().build();
    for chunk in stream.chunks(chunk) {
        if items {
            let mut items = parser.feed_items(chunk);
            while !matches!(items.next(), Ok(None)) {}
        } else {
            let mut events = parser.feed(chunk);
            while !matches!(events.next(), Ok(None)) {}
        }
    }
    parser.finish();
}

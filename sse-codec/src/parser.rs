//! [`Parser`] and its builder: the state that lives from chunk to chunk.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use crate::block;
use crate::block_end::Rest;
use crate::capacity;
use crate::chunk::Chunk;
use crate::events::{Events, Items};
use crate::interpreter::Interpreter;
use crate::last_event_id::LastEventId;
use crate::line::LineEnds;
use crate::utf8::{BYTE_ORDER_MARK, Decoder, Utf8Policy};

/// An incremental parser of an event stream: chunks of bytes in, events out.
///
/// Chunks may be cut anywhere, also inside a character or between CR and LF; where they are cut never changes what
/// comes out, and an event is dispatched as soon as its blank line has begun to arrive. It follows the standard's
/// [`#event-stream-interpretation`](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation)
/// to the letter.
///
/// # Memory
///
/// Nothing is allocated for events that lie within one chunk, but for an ID longer than those before. What has to be kept
/// between chunks is bounded: under three times [`max_event_bytes`](ParserBuilder::max_event_bytes) plus 64 KiB, whatever
/// the peer sends; after a huge event it shrinks again.
///
/// # Examples
///
/// ```
/// use sse_codec::Parser;
///
/// let mut parser = Parser::new();
/// let mut seen = Vec::new();
/// for chunk in [&b"data: hello\nid: 1\n\nda"[..], b"ta: wor", b"ld\r\n\r\n"] {
///     let mut events = parser.feed(chunk);
///     while let Some(event) = events.next()? {
///         seen.push((event.data().to_owned(), event.last_event_id().to_owned()));
///     }
/// }
/// assert_eq!(seen, [("hello".into(), "1".into()), ("world".into(), "1".into())]);
/// # Ok::<(), sse_codec::ParseError>(())
/// ```
#[derive(Debug)]
pub struct Parser {
    pub(crate) utf8: Utf8Policy,
    pub(crate) interpreter: Interpreter,
    /// How many bytes of a byte order mark have come at the start of the stream; 3 once the start is behind.
    pub(crate) mark_matched: usize,
    /// The last byte was a CR, so an LF that comes next belongs to its line end.
    pub(crate) swallow_lf: bool,
    pub(crate) open_line: OpenLine,
    /// Those of the chunk being read. Here, since it is too large to be set up for each chunk.
    pub(crate) line_ends: LineEnds,
    /// The text of a comment that did not lie within one chunk, or had to be mended.
    pub(crate) comment: String,
    /// Bytes of the stream that have been consumed.
    pub(crate) offset: u64,
    /// Bytes of a block that are kept over the end of a chunk.
    pub(crate) longest_block: usize,
}

/// The line, or the block, that has begun in an earlier chunk and has not ended yet.
#[derive(Debug)]
pub(crate) struct OpenLine {
    pub(crate) kind: OpenKind,
    /// Where it starts in the stream.
    pub(crate) start: u64,
    /// Bytes of the line so far.
    pub(crate) len: usize,
    /// The bytes themselves, if they are kept.
    pub(crate) bytes: Vec<u8>,
    /// Where in the bytes of a block the line starts that may be a reconnection time and has not ended, if there is one.
    pub(crate) retry: Option<usize>,
    /// Turns the bytes into text, if that is done while they arrive.
    pub(crate) decoder: Decoder,
}

/// What is done with the bytes of an open line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenKind {
    /// There is no open line.
    None,
    /// They are kept, and with them those of the lines before in the block, to be read when the block ends.
    Block,
    /// They are kept, to be read when the line ends.
    Kept,
    /// They are a comment. Its text is collected if it is asked for, from the colon on.
    Comment { collected: bool },
    /// They are a field's value that goes to the data buffer, as long as it fits.
    Data { too_large: bool },
    /// Nobody needs them.
    Ignored,
}

/// What the end of an event stream has cut off.
///
/// By the standard it is dropped. That is good to know when something seems to be missing: a server that ends its
/// stream in order ends it with a blank line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unfinished {
    /// The stream ended inside a line.
    Line,
    /// The stream ended after a line of a block, before the blank line that would have ended the block.
    Block,
}

impl Parser {
    /// Makes a parser that does as the standard says: ill-formed UTF-8 is replaced. The size of an event is limited to
    /// 16 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Makes a parser with other settings.
    pub const fn builder() -> ParserBuilder {
        ParserBuilder {
            last_event_id: String::new(),
            utf8: Utf8Policy::Replace,
            max_event_bytes: ParserBuilder::DEFAULT_MAX_EVENT_BYTES,
        }
    }

    /// Takes the next chunk of the event stream, and lends its events.
    ///
    /// The events have to be pulled: what is not pulled is not parsed. Whoever stops in the middle of a chunk gets the
    /// rest back from [`Events::remainder`], to be fed later, or loses it. A chunk may be empty.
    pub fn feed<'p, 'a>(&'p mut self, chunk: &'a [u8]) -> Events<'p, 'a> {
        Events::new(Chunk::Fed {
            parser: self,
            bytes: chunk,
            items: false,
            rest: Rest::Unknown,
        })
    }

    /// Takes the next chunk of the event stream, and lends all that it holds: events, comments, and reconnection times.
    ///
    /// It is the same machine as that of [`feed`](Self::feed), and chunks may be given to either by turns. A comment is
    /// lent only if all of its line was fed here.
    pub fn feed_items<'p, 'a>(&'p mut self, chunk: &'a [u8]) -> Items<'p, 'a> {
        Items::new(Chunk::Fed {
            parser: self,
            bytes: chunk,
            items: true,
            rest: Rest::Unknown,
        })
    }

    /// Leaves the parser with no more memory than it needs, at the end of a chunk. Nothing may be pending.
    #[inline]
    pub(crate) fn end_chunk(&mut self) {
        self.interpreter.release();
        self.forget_comment();
    }

    /// Frees the memory of a long comment, once it has been handed out.
    #[inline]
    pub(crate) fn forget_comment(&mut self) {
        if !self.comment.is_empty() && !matches!(self.open_line.kind, OpenKind::Comment { .. }) {
            self.comment.clear();
            capacity::trim(&mut self.comment, 0);
        }
    }

    /// Returns the ID that a client sends when it reconnects now: the last one that a complete block has set, also a block
    /// without data. Empty if there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.interpreter.last_event_id()
    }

    /// Returns the reconnection time that the stream has set last, or `None` if it has set none.
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.interpreter.reconnection_time()
    }

    /// Ends the event stream: drops the unfinished block, says whether there was one, and does what
    /// [`reset`](Self::reset) does.
    pub fn finish(&mut self) -> Option<Unfinished> {
        self.read_block_so_far();
        let mark_begun = (1..BYTE_ORDER_MARK.len()).contains(&self.mark_matched);
        let unfinished = if self.open_line.kind != OpenKind::None || mark_begun {
            Some(Unfinished::Line)
        } else if self.interpreter.has_unfinished_block() {
            Some(Unfinished::Block)
        } else {
            None
        };
        self.reset();
        unfinished
    }

    /// Makes the parser ready for the stream of the next connection.
    ///
    /// The unfinished line and block are dropped, a byte order mark may come again, and offsets count from zero. The last
    /// event ID and the reconnection time are kept, as browsers do when they reconnect.
    pub fn reset(&mut self) {
        self.interpreter.reset();
        self.mark_matched = 0;
        self.swallow_lf = false;
        self.open_line.close();
        self.comment = String::new();
        self.offset = 0;
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl OpenLine {
    const fn new() -> Self {
        Self {
            kind: OpenKind::None,
            start: 0,
            len: 0,
            bytes: Vec::new(),
            retry: None,
            decoder: Decoder::at(0),
        }
    }

    /// Forgets the line, and frees the memory of a long one.
    pub(crate) fn close(&mut self) {
        self.kind = OpenKind::None;
        self.len = 0;
        self.retry = None;
        let bytes = mem::take(&mut self.bytes);
        self.take_back(bytes);
    }

    /// Takes a buffer back that was lent, to use it again, unless it is large.
    pub(crate) fn take_back(&mut self, mut bytes: Vec<u8>) {
        bytes.clear();
        if bytes.capacity() <= KEPT_LINE {
            self.bytes = bytes;
        }
    }
}

/// Bytes that the buffer of the open line keeps.
const KEPT_LINE: usize = 4 * 1024;

/// The settings of a [`Parser`].
///
/// # Examples
///
/// ```
/// use sse_codec::{LastEventId, Parser, Utf8Policy};
///
/// let parser = Parser::builder()
///     .last_event_id(LastEventId::from(41))
///     .utf8(Utf8Policy::Reject)
///     .max_event_bytes(64 * 1024)
///     .build();
/// assert_eq!(parser.last_event_id(), "41");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ParserBuilder {
    last_event_id: String,
    utf8: Utf8Policy,
    max_event_bytes: usize,
}

impl ParserBuilder {
    /// What [`max_event_bytes`](Self::max_event_bytes) is unless it is set: 16 MiB.
    pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

    /// Sets the last event ID to start with: the one with which the stream was asked for. Empty by default.
    pub fn last_event_id(mut self, id: LastEventId<'_>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Sets what is done about ill-formed UTF-8. [`Utf8Policy::Replace`] by default, as the standard says.
    pub const fn utf8(mut self, policy: Utf8Policy) -> Self {
        self.utf8 = policy;
        self
    }

    /// Sets the largest event, in bytes: 16 MiB by default, `usize::MAX` for no limit. The standard has none.
    ///
    /// It is a limit for two things: a line, without its end, unless it is a comment; and what a block holds for its event,
    /// which is the data, the event type and the ID together, as text. If one of them is larger, there is one
    /// [error](crate::ParseErrorKind::TooLarge), the rest of the block is skipped, and parsing goes on behind it. The ID of
    /// the skipped block is taken nevertheless, or a client that reconnects would ask for the same event for ever.
    ///
    /// A comment has no limit, since it takes no memory. Only [`Parser::feed_items`] has to collect comments; it leaves out
    /// those whose line, as text and with its colon, is larger.
    pub const fn max_event_bytes(mut self, limit: usize) -> Self {
        self.max_event_bytes = limit;
        self
    }

    /// Makes the parser.
    #[must_use]
    pub fn build(self) -> Parser {
        Parser {
            utf8: self.utf8,
            interpreter: Interpreter::new(self.max_event_bytes, self.last_event_id),
            mark_matched: 0,
            swallow_lf: false,
            open_line: OpenLine::new(),
            line_ends: LineEnds::new(),
            comment: String::new(),
            offset: 0,
            longest_block: block::longest_block(self.max_event_bytes),
        }
    }
}

impl Default for ParserBuilder {
    fn default() -> Self {
        Parser::builder()
    }
}

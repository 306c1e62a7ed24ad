//! [`EventReader`]: the events of a [`Read`], such as a file, a pipe or a socket that blocks.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use core::fmt;
use core::iter::FusedIterator;
use core::time::Duration;
use std::io::{self, Read};

use crate::capacity;
use crate::error::ParseError;
use crate::event::{Event, EventRef, Sharing};
use crate::one_event;
use crate::parser::{Parser, Unfinished};

/// An iterator over the events in a [`Read`]: a file, a pipe, standard input, or a socket that blocks.
///
/// It yields events that own their text. A loop that needs each event only until the next saves their allocation by
/// [`next_event`](Self::next_event). Both can be used by turns.
///
/// Bytes are read in pieces of up to 16 KiB, so a `BufReader` around the source is of no use. An event is yielded as soon as
/// its blank line has begun to arrive; nothing waits for a buffer to fill.
///
/// - An error of the parser costs one event, and the next call goes on behind it.
/// - A read that was interrupted is repeated. An error of the kind [`WouldBlock`](io::ErrorKind::WouldBlock) or
///   [`TimedOut`](io::ErrorKind::TimedOut), as a socket with a read timeout gives, is returned, and the next call reads again:
///   nothing is lost.
/// - Any other error of the source ends the events, as its end does; from then on there is only `None`.
///
/// An event that the end has cut off is dropped, as the standard says; [`unfinished`](Self::unfinished) tells.
///
/// # Examples
///
/// ```
/// use sse_codec::EventReader;
///
/// // In place of a file or a socket.
/// let source = &b"event: greeting\ndata: hello\nid: 1\n\ndata: cut off"[..];
///
/// let mut events = EventReader::new(source);
/// for event in &mut events {
///     let event = event?;
///     assert_eq!(event.event_type(), "greeting");
///     assert_eq!(event.data(), "hello");
/// }
/// assert_eq!(events.last_event_id(), "1");
/// assert!(events.unfinished().is_some());
/// # Ok::<(), sse_codec::EventReaderError>(())
/// ```
#[must_use = "nothing is read until events are asked for"]
pub struct EventReader<R> {
    chunks: Chunks<R>,
    sharing: Sharing,
    // The text of the event that is lent.
    event_type: String,
    data: String,
}

impl<R: Read> EventReader<R> {
    /// Reads the events of `source` as the standard says. The size of an event is limited to 16 MiB.
    pub fn new(source: R) -> Self {
        Self::with_parser(source, Parser::new())
    }

    /// Reads the events of `source` with a parser of one's own settings.
    pub fn with_parser(source: R, parser: Parser) -> Self {
        Self {
            chunks: Chunks {
                source,
                parser,
                buffer: vec![0; BUFFER].into_boxed_slice(),
                start: 0,
                end: 0,
                ended: false,
                unfinished: None,
            },
            sharing: Sharing::default(),
            event_type: String::new(),
            data: String::new(),
        }
    }

    /// Lends the next event, or `None` at the end of the source.
    ///
    /// The text is copied into buffers that are used again, so there is no allocation for an event, unless it is larger than
    /// those before.
    ///
    /// # Errors
    ///
    /// [`EventReaderError::Parse`] if an event was dropped, and [`EventReaderError::Source`] if the source failed. After the
    /// former, and after a source that would block or has timed out, call again to go on.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_codec::EventReader;
    ///
    /// let mut reader = EventReader::new(&b"data: hello\n\ndata: world\n\n"[..]);
    /// let mut bytes = 0;
    /// while let Some(event) = reader.next_event()? {
    ///     bytes += event.data().len();
    /// }
    /// assert_eq!(bytes, 10);
    /// # Ok::<(), sse_codec::EventReaderError>(())
    /// ```
    pub fn next_event(&mut self) -> Result<Option<EventRef<'_>>, EventReaderError> {
        let Self {
            chunks,
            event_type,
            data,
            ..
        } = self;
        // A huge event must not keep its memory beyond the next call, though that may wait for long.
        event_type.clear();
        data.clear();
        capacity::trim(event_type, KEPT);
        capacity::trim(data, KEPT);
        let found = chunks.next(|event| {
            event_type.push_str(event.event_type());
            data.push_str(event.data());
        })?;
        Ok(found.map(|()| EventRef {
            event_type,
            data,
            last_event_id: chunks.parser.last_event_id(),
            id_number: chunks.parser.interpreter.id_number(),
        }))
    }
}

impl<R> EventReader<R> {
    /// Returns the last event ID: that of the last event that was yielded, or of a block without data behind it. It is never
    /// ahead of the events, so whoever has dealt with all that was yielded can resume from it. Empty if there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.chunks.parser.last_event_id()
    }

    /// Returns the reconnection time that the stream has set last, or `None` if it has set none.
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.chunks.parser.reconnection_time()
    }

    /// Returns what the end of the source has cut off: `None` before the end, and if it came in order.
    #[must_use]
    pub const fn unfinished(&self) -> Option<Unfinished> {
        self.chunks.unfinished
    }

    /// Borrows the source.
    #[must_use]
    pub const fn get_ref(&self) -> &R {
        &self.chunks.source
    }

    /// Borrows the source mutably. What is read from it is missing here.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.chunks.source
    }

    /// Returns the bytes that have been read from the source and not been parsed yet.
    #[must_use]
    pub fn buffer(&self) -> &[u8] {
        self.chunks.unread()
    }

    /// Gives the source back. The bytes of [`buffer`](Self::buffer), and the block that has begun, are lost.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.chunks.source
    }
}

impl<R: Read> Iterator for EventReader<R> {
    type Item = Result<Event, EventReaderError>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self {
            chunks, sharing, ..
        } = self;
        chunks.next(|event| sharing.own(event)).transpose()
    }
}

impl<R: Read> FusedIterator for EventReader<R> {}

impl<R> fmt::Debug for EventReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the source, which need not be `Debug`, and without the text.
        f.debug_struct("EventReader")
            .field("parser", &self.chunks.parser)
            .field("buffered", &self.chunks.unread().len())
            .field("ended", &self.chunks.ended)
            .finish_non_exhaustive()
    }
}

/// The source, and what has been read from it.
struct Chunks<R> {
    source: R,
    parser: Parser,
    buffer: Box<[u8]>,
    /// What is unread in the buffer lies from `start` to `end`.
    start: usize,
    end: usize,
    ended: bool,
    unfinished: Option<Unfinished>,
}

impl<R> Chunks<R> {
    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }
}

impl<R: Read> Chunks<R> {
    /// Parses and reads until there is an event, and gives it to `take`.
    fn next<T>(
        &mut self,
        mut take: impl FnMut(EventRef<'_>) -> T,
    ) -> Result<Option<T>, EventReaderError> {
        loop {
            // Not `unread`, since the parser has to be borrowed beside it.
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            let (consumed, outcome) = one_event::parse(&mut self.parser, unread, &mut take);
            self.start += consumed;
            if let Some(taken) = outcome.map_err(EventReaderError::Parse)? {
                return Ok(Some(taken));
            }
            if self.ended {
                return Ok(None);
            }
            match self.source.read(&mut self.buffer) {
                Ok(0) => self.end(),
                Ok(len) => {
                    self.start = 0;
                    // A source that claims more than it was given room for is wrong, but must not take us down.
                    self.end = len.min(self.buffer.len());
                }
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                        return Err(EventReaderError::Source(error));
                    }
                    _ => {
                        self.end();
                        return Err(EventReaderError::Source(error));
                    }
                },
            }
        }
    }

    fn end(&mut self) {
        self.ended = true;
        self.unfinished = self.parser.finish();
    }
}

/// How much is read at a time, in bytes.
const BUFFER: usize = 16 * 1024;

/// Bytes that the buffers of the lent event keep for the next.
const KEPT: usize = 64 * 1024;

/// An error of an [`EventReader`].
#[derive(Debug)]
#[non_exhaustive]
pub enum EventReaderError {
    /// An event was dropped; the next call goes on behind it.
    Parse(ParseError),
    /// The source failed. There are no further events, unless it would have blocked or has timed out.
    Source(io::Error),
}

impl fmt::Display for EventReaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => error.fmt(f),
            Self::Source(_) => f.write_str("source of the event stream failed"),
        }
    }
}

impl core::error::Error for EventReaderError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // Shown by `Display` already.
            Self::Parse(_) => None,
            Self::Source(error) => Some(error),
        }
    }
}

/// The source's own error, or [`InvalidData`](io::ErrorKind::InvalidData) around the parser's.
impl From<EventReaderError> for io::Error {
    fn from(error: EventReaderError) -> Self {
        match error {
            EventReaderError::Parse(error) => Self::new(io::ErrorKind::InvalidData, error),
            EventReaderError::Source(error) => error,
        }
    }
}

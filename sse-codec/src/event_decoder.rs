//! [`EventDecoder`]: events for `tokio_util::codec`, and the other way round by [`Encoder`].

use core::time::Duration;
use std::io;

use bytes::{Buf, BytesMut};
use tokio_util::codec;

use crate::encoder::Encoder;
use crate::error::ParseError;
use crate::event::{Event, Sharing};
use crate::one_event;
use crate::outgoing::OutgoingEvent;
use crate::parser::{Parser, Unfinished};

/// A [`tokio_util::codec::Decoder`](codec::Decoder) of events: with `FramedRead` it turns an `AsyncRead` into a `Stream` of
/// them.
///
/// For a source that is a `Stream` of chunks already, such as the body of an HTTP response, use `EventStream` (feature
/// `stream`).
///
/// Its items are `Result<Event, ParseError>`, and its error is that of the source alone, since `FramedRead` ends its stream
/// after an error. So there are two levels: an outer error ends the stream, an inner one means that one event was dropped,
/// and the stream goes on. Whoever wants neither writes two question marks.
///
/// All bytes are taken out of the buffer up to the event that is returned, and none behind it, or at most the LF of its last
/// line end. So the decoder's [`last_event_id`](Self::last_event_id) never runs ahead of the events, and what lies behind
/// them can be had from `FramedRead::into_parts`. No line has to lie in the buffer as a whole, so the buffer stays small.
///
/// An event that the end of the source has cut off is dropped, as the standard says; [`unfinished`](Self::unfinished) tells.
/// If the source goes on after its end, that is the next event stream.
///
/// # Examples
///
/// ```
/// use futures_util::TryStreamExt;
/// use sse_codec::EventDecoder;
/// use tokio_util::codec::FramedRead;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// // In place of a socket or the output of a child process.
/// let source = &b"event: greeting\ndata: hello\nid: 1\n\n"[..];
///
/// let mut events = FramedRead::new(source, EventDecoder::new());
/// while let Some(event) = events.try_next().await? {
///     match event {
///         Ok(event) => assert_eq!(event.data(), "hello"),
///         Err(dropped) => eprintln!("{dropped}"),
///     }
/// }
/// assert_eq!(events.decoder().last_event_id(), "1");
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct EventDecoder {
    parser: Parser,
    sharing: Sharing,
    unfinished: Option<Unfinished>,
}

impl EventDecoder {
    /// Makes a decoder that does as the standard says. The size of an event is limited to 16 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a decoder with a parser of one's own settings.
    #[must_use]
    pub fn with_parser(parser: Parser) -> Self {
        Self {
            parser,
            ..Self::default()
        }
    }

    /// Returns the last event ID: that of the last event that was returned, or of a block without data behind it. Empty if
    /// there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }

    /// Returns the reconnection time that the stream has set last, or `None` if it has set none.
    #[must_use]
    pub const fn reconnection_time(&self) -> Option<Duration> {
        self.parser.reconnection_time()
    }

    /// Returns what the end of the source has cut off: `None` before the end, and if it came in order.
    #[must_use]
    pub const fn unfinished(&self) -> Option<Unfinished> {
        self.unfinished
    }
}

impl codec::Decoder for EventDecoder {
    /// An event, or that one was dropped.
    type Item = Result<Event, ParseError>;

    /// Only ever the source's.
    type Error = io::Error;

    /// Takes the next event out of `buffer`. `None` means that it is empty now, and more bytes are needed.
    ///
    /// # Errors
    ///
    /// None. What is wrong with the event stream is an item.
    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Self::Item>, io::Error> {
        if !buffer.is_empty() {
            self.unfinished = None;
        }
        let (consumed, outcome) =
            one_event::parse(&mut self.parser, buffer, |event| self.sharing.own(event));
        buffer.advance(consumed);
        Ok(outcome.transpose())
    }

    /// Does what [`decode`](codec::Decoder::decode) does until `buffer` is empty, then drops the unfinished block.
    ///
    /// # Errors
    ///
    /// None, as of `decode`.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Self::Item>, io::Error> {
        let item = self.decode(buffer)?;
        if item.is_none() {
            // Asked again at the same end, there is nothing left to be cut off.
            self.unfinished = self.parser.finish().or(self.unfinished);
        }
        Ok(item)
    }
}

/// Writes events by `tokio_util::codec::FramedWrite`, which is a `Sink` of them.
///
/// # Examples
///
/// ```
/// use futures_util::SinkExt;
/// use sse_codec::{Encoder, OutgoingEvent};
/// use tokio_util::codec::FramedWrite;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// // In place of a socket.
/// let target = Vec::new();
///
/// let mut events = FramedWrite::new(target, Encoder::new());
/// events.send(OutgoingEvent::new().data("hello")).await?;
/// assert_eq!(events.get_ref(), b"data: hello\n\n");
///
/// // As there is a second implementation, for borrowed events, `close` has to be told which one is meant.
/// SinkExt::<OutgoingEvent<'_>>::close(&mut events).await?;
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
impl codec::Encoder<OutgoingEvent<'_>> for Encoder {
    type Error = io::Error;

    /// Appends a block to `buffer`.
    ///
    /// # Errors
    ///
    /// None.
    fn encode(&mut self, event: OutgoingEvent<'_>, buffer: &mut BytesMut) -> Result<(), io::Error> {
        codec::Encoder::encode(self, &event, buffer)
    }
}

/// Writes events that are only borrowed, such as one that goes to many clients.
impl codec::Encoder<&OutgoingEvent<'_>> for Encoder {
    type Error = io::Error;

    /// Appends a block to `buffer`.
    ///
    /// # Errors
    ///
    /// None.
    fn encode(
        &mut self,
        event: &OutgoingEvent<'_>,
        buffer: &mut BytesMut,
    ) -> Result<(), io::Error> {
        // Not the method of the trait but `Encoder`'s own.
        Self::encode(self, event, buffer);
        Ok(())
    }
}

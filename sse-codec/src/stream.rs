//! [`EventStream`]: a `Stream` of byte chunks becomes a `Stream` of events.

use alloc::collections::VecDeque;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use futures_core::{FusedStream, Stream, TryStream};
use pin_project_lite::pin_project;

use crate::error::ParseError;
use crate::event::Event;
use crate::parser::{Parser, Unfinished};

pin_project! {
    /// A [`Stream`] of the events in a stream of byte chunks, such as the body of an HTTP response.
    ///
    /// The chunks may be anything that lends bytes. After an error of the parser the stream goes on with the events behind
    /// it; after an error of the source, or the source's end, it has ended, and it may be polled again nevertheless.
    ///
    /// An event costs at most one allocation, that of its data, while event type and last event ID stay the same. Large
    /// chunks are parsed in slices of 16 KiB, so that few events wait here.
    ///
    /// There is no reconnection here; the crate `sse-client` does that. A stream that has to be parsed without a copy
    /// of its events is better fed to a [`Parser`] by hand.
    ///
    /// # Cancel safety
    ///
    /// Waiting for the next event can be dropped at any time; no event is lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures_util::{StreamExt, stream};
    /// use sse_codec::EventStream;
    ///
    /// # futures_util::future::FutureExt::now_or_never(async {
    /// let chunks = stream::iter([Ok::<_, std::io::Error>("data: hel"), Ok("lo\n\n")]);
    /// let mut events = EventStream::new(chunks);
    /// while let Some(event) = events.next().await {
    ///     assert_eq!(event?.data(), "hello");
    /// }
    /// # Ok::<(), sse_codec::EventStreamError<std::io::Error>>(())
    /// # }).unwrap().unwrap();
    /// ```
    #[must_use = "streams do nothing unless polled"]
    pub struct EventStream<S>
    where
        S: TryStream,
    {
        #[pin]
        source: S,
        parser: Parser,
        chunk: Option<S::Ok>,
        consumed: usize,
        events: VecDeque<Result<Event, ParseError>>,
        // Type and ID of the last event, for the next one to share.
        previous: Event,
        ended: bool,
        unfinished: Option<Unfinished>,
    }
}

impl<S> EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    /// Parses the chunks of `source` as the standard says.
    pub fn new(source: S) -> Self {
        Self::with_parser(source, Parser::new())
    }

    /// Parses the chunks of `source` with a parser of one's own settings.
    pub fn with_parser(source: S, parser: Parser) -> Self {
        Self {
            source,
            parser,
            chunk: None,
            consumed: 0,
            events: VecDeque::new(),
            previous: Event::default(),
            ended: false,
            unfinished: None,
        }
    }

    /// Returns the last event ID of what has been parsed, which may be ahead of the events that have been returned.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }

    /// Returns the reconnection time of what has been parsed, or `None` if the stream has set none.
    #[must_use]
    pub fn reconnection_time(&self) -> Option<Duration> {
        self.parser.reconnection_time()
    }

    /// Returns what the end of the source has cut off: `None` before the end, and if it came in order.
    #[must_use]
    pub fn unfinished(&self) -> Option<Unfinished> {
        self.unfinished
    }
}

impl<S> Stream for EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    type Item = Result<Event, EventStreamError<S::Error>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        loop {
            if let Some(event) = this.events.pop_front() {
                return Poll::Ready(Some(event.map_err(EventStreamError::Parse)));
            }
            if let Some(chunk) = this.chunk {
                let unread = chunk.as_ref().get(*this.consumed..).unwrap_or_default();
                let (slice, rest) = unread.split_at(unread.len().min(SLICE));
                *this.consumed += slice.len();
                parse(this.parser, slice, this.previous, this.events);
                if rest.is_empty() {
                    *this.chunk = None;
                }
                continue;
            }
            if *this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.source.as_mut().try_poll_next(context)) {
                Some(Ok(chunk)) => {
                    *this.chunk = Some(chunk);
                    *this.consumed = 0;
                }
                Some(Err(error)) => {
                    *this.ended = true;
                    *this.unfinished = this.parser.finish();
                    return Poll::Ready(Some(Err(EventStreamError::Source(error))));
                }
                None => {
                    *this.ended = true;
                    *this.unfinished = this.parser.finish();
                }
            }
        }
    }
}

impl<S> FusedStream for EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    fn is_terminated(&self) -> bool {
        self.ended && self.events.is_empty() && self.chunk.is_none()
    }
}

impl<S> fmt::Debug for EventStream<S>
where
    S: TryStream,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the source and its chunk, which need not be `Debug`.
        f.debug_struct("EventStream")
            .field("parser", &self.parser)
            .field("events", &self.events.len())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Moves what a slice holds to the queue.
fn parse(
    parser: &mut Parser,
    slice: &[u8],
    previous: &mut Event,
    queue: &mut VecDeque<Result<Event, ParseError>>,
) {
    let mut events = parser.feed(slice);
    loop {
        match events.next() {
            Ok(Some(event)) => {
                let event = event.to_event_after(previous);
                *previous = event.without_data();
                queue.push_back(Ok(event));
            }
            Ok(None) => return,
            Err(error) => queue.push_back(Err(error)),
        }
    }
}

/// How much is parsed ahead of the consumer, in bytes.
const SLICE: usize = 16 * 1024;

/// An error of an [`EventStream`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventStreamError<E> {
    /// An event was dropped; the stream goes on.
    Parse(ParseError),
    /// The source failed; the stream has ended.
    Source(E),
}

impl<E> fmt::Display for EventStreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => error.fmt(f),
            Self::Source(_) => f.write_str("source of the event stream failed"),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for EventStreamError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            // Shown by `Display` already.
            Self::Parse(_) => None,
            Self::Source(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    type Chunk = Result<Vec<u8>, &'static str>;

    fn all(
        chunks: Vec<Chunk>,
    ) -> (
        Vec<Result<Event, EventStreamError<&'static str>>>,
        Option<Unfinished>,
    ) {
        let mut events = EventStream::new(stream::iter(chunks));
        let seen = events.by_ref().collect().now_or_never().unwrap();
        assert!(events.is_terminated());
        assert_eq!(events.next().now_or_never(), Some(None));
        (seen, events.unfinished())
    }

    #[test]
    fn chunks_become_events() {
        let (events, unfinished) = all(vec![
            Ok(b"id: 1\nevent: a\nda".to_vec()),
            Ok(vec![]),
            Ok(b"ta: x\n\nevent: a\ndata: y\n\ndata: cut".to_vec()),
        ]);
        assert_eq!(
            events,
            [Ok(Event::new("a", "x", "1")), Ok(Event::new("a", "y", "1"))]
        );
        assert_eq!(unfinished, Some(Unfinished::Line));
    }

    #[test]
    fn a_chunk_larger_than_a_slice_loses_nothing() {
        // Two slices are enough for Miri, which is slow.
        let count = if cfg!(miri) { 1_500 } else { 10_000 };
        let lines: Vec<u8> = (0..count)
            .flat_map(|n| format!("data: {n}\n\n").into_bytes())
            .collect();
        assert!(lines.len() > SLICE);
        let (events, unfinished) = all(vec![Ok(lines)]);
        assert_eq!(events.len(), count);
        for (n, event) in events.iter().enumerate() {
            assert_eq!(event.as_ref().unwrap().data(), n.to_string());
        }
        assert_eq!(unfinished, None);
    }

    #[test]
    fn an_error_of_the_source_ends_it() {
        let (events, _) = all(vec![
            Ok(b"data: x\n\n".to_vec()),
            Err("cut"),
            Ok(b"data: y\n\n".to_vec()),
        ]);
        assert_eq!(
            events,
            [
                Ok(Event::new("", "x", "")),
                Err(EventStreamError::Source("cut"))
            ]
        );
    }

    #[test]
    fn an_error_of_the_parser_does_not() {
        let parser = Parser::builder().max_event_bytes(8).build();
        let chunks = [Ok::<_, &str>("data: too large\n\ndata: x\n\n")];
        let events: Vec<_> = EventStream::with_parser(stream::iter(chunks), parser)
            .collect()
            .now_or_never()
            .unwrap();
        assert!(
            matches!(events.as_slice(), [Err(EventStreamError::Parse(_)), Ok(event)] if event.data() == "x")
        );
    }
}

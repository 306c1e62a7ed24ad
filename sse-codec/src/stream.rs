//! [`EventStream`]: a `Stream` of byte chunks becomes a `Stream` of events.

use core::fmt;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;

use futures_core::{FusedStream, Stream, TryStream};
use pin_project_lite::pin_project;

use crate::ahead::Ahead;
use crate::error::ParseError;
use crate::event::Event;
use crate::parser::{Parser, Unfinished};

pin_project! {
    /// A [`Stream`] of the events in a stream of byte chunks, such as the body of an HTTP response.
    ///
    /// The chunks may be anything that lends bytes. After an error of the parser the stream goes on with the events behind
    /// it; after an error of the source, or the source's end, it has ended, and it may be polled again nevertheless.
    ///
    /// An event costs one allocation at most, unless event type or last event ID are unusually long. Few events are parsed ahead
    /// of the consumer, however large the chunks are.
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
        // What has been parsed ahead.
        events: Ahead,
        // Comes after the events.
        error: Option<ParseError>,
        // How many bytes of a chunk to parse next.
        slice: usize,
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
            events: Ahead::default(),
            error: None,
            slice: FIRST_SLICE,
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

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(event) = self.as_mut().project().events.pop() {
            // Straight from its place: by way of an `Option` of its own it would be moved in pieces.
            return Poll::Ready(Some(Ok(mem::take(event))));
        }
        self.poll_further(context)
    }
}

impl<S> EventStream<S>
where
    S: TryStream,
    S::Ok: AsRef<[u8]>,
{
    /// [`poll_next`](Stream::poll_next) when no event waits.
    #[inline(never)]
    fn poll_further(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<<Self as Stream>::Item>> {
        let mut this = self.project();
        loop {
            if let Some(error) = this.error.take() {
                return Poll::Ready(Some(Err(EventStreamError::Parse(error))));
            }
            if let Some(chunk) = this.chunk {
                let unread = chunk.as_ref().get(*this.consumed..).unwrap_or_default();
                let (slice, behind) = unread.split_at(unread.len().min(*this.slice));
                let parsed = parse(this.parser, slice, true, this.events);
                *this.consumed += parsed.len;
                *this.error = parsed.error;
                if parsed.to_the_end && behind.is_empty() {
                    *this.chunk = None;
                } else {
                    *this.slice = next_slice(slice.len(), parsed.len);
                }
                if let Some(event) = this.events.pop() {
                    return Poll::Ready(Some(Ok(mem::take(event))));
                }
                continue;
            }
            if *this.ended {
                return Poll::Ready(None);
            }
            match ready!(this.source.as_mut().try_poll_next(context)) {
                Some(Ok(chunk)) => {
                    let bytes = chunk.as_ref();
                    if this.parser.keep_piece(bytes) {
                        // To feed it takes twice as long.
                        continue;
                    }
                    *this.consumed = 0;
                    if bytes.len() <= *this.slice {
                        // All of it, without putting it away first: most chunks are small.
                        let parsed = parse(this.parser, bytes, false, this.events);
                        if !parsed.to_the_end {
                            *this.consumed = parsed.len;
                            *this.error = parsed.error;
                            *this.slice = next_slice(bytes.len(), parsed.len);
                            *this.chunk = Some(chunk);
                        }
                        if let Some(event) = this.events.pop() {
                            return Poll::Ready(Some(Ok(mem::take(event))));
                        }
                    } else {
                        *this.chunk = Some(chunk);
                    }
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
        self.ended && self.events.len() == 0 && self.error.is_none() && self.chunk.is_none()
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
            .field("events", &self.events)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// What has become of a slice.
struct Parsed {
    /// Bytes that were consumed.
    len: usize,
    /// Whether the parser has seen the end of the slice, and not only its last byte.
    to_the_end: bool,
    error: Option<ParseError>,
}

/// Parses a slice until there are some events, or an error. `may_be_piece` is as for [`Events::parse_ahead`](crate::Events::parse_ahead).
#[inline]
fn parse(parser: &mut Parser, slice: &[u8], may_be_piece: bool, ahead: &mut Ahead) -> Parsed {
    ahead.begin();
    let mut events = parser.feed(slice);
    let (to_the_end, error) = match events.parse_ahead(ahead, may_be_piece) {
        Ok(to_the_end) => (to_the_end, None),
        Err(error) => (false, Some(error)),
    };
    Parsed {
        len: slice.len() - events.remainder().len(),
        to_the_end,
        error,
    }
}

/// Returns how many bytes to parse after a slice of which `consumed` bytes have been enough. The parser looks at all it is given
/// before it goes through it, which is lost work if it stops early; and it has to copy what it is given of a block that does not
/// end. So slices become a little more than what it takes to fill the queue.
fn next_slice(slice: usize, consumed: usize) -> usize {
    let next = if consumed < slice {
        (slice - slice / 8).max(consumed + consumed / 8 + 64)
    } else {
        slice + slice / 2
    };
    next.clamp(SMALLEST_SLICE, LARGEST_SLICE)
}

/// Bytes of the first slice, before it is known how large the events are.
const FIRST_SLICE: usize = 1024;

const SMALLEST_SLICE: usize = 128;

const LARGEST_SLICE: usize = 16 * 1024;

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
    use crate::ahead::AHEAD;

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
        let count = if cfg!(miri) { 3_000 } else { 10_000 };
        let lines: Vec<u8> = (0..count)
            .flat_map(|n| format!("data: {n}\n\n").into_bytes())
            .collect();
        assert!(lines.len() > 2 * LARGEST_SLICE);
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

    /// What a parser that is fed by hand makes of the chunks.
    fn by_hand(mut parser: Parser, chunks: &[&[u8]]) -> Vec<Result<Event, ParseError>> {
        let mut seen = Vec::new();
        for chunk in chunks {
            let mut events = parser.feed(chunk);
            loop {
                match events.next() {
                    Ok(Some(event)) => seen.push(Ok(event.to_event())),
                    Ok(None) => break,
                    Err(error) => seen.push(Err(error)),
                }
            }
        }
        seen
    }

    #[test]
    fn events_of_changing_sizes_all_come() {
        // Slices grow and shrink with the events, and end everywhere.
        let sizes = [
            1, 2, 5_000, 1, 40, 300, 3, 70_000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9,
        ];
        let rounds = if cfg!(miri) { 1 } else { 4 };
        let lines: Vec<u8> = (0..rounds * sizes.len())
            .flat_map(|n| format!("data: {}\n\n", "x".repeat(sizes[n % sizes.len()])).into_bytes())
            .collect();
        let sizes = if cfg!(miri) {
            vec![1400, usize::MAX]
        } else {
            vec![1, 7, 1400, 16_384, usize::MAX]
        };
        for size in sizes {
            let chunks: Vec<&[u8]> = lines.chunks(size).collect();
            let (events, _) = all(chunks.iter().map(|chunk| Ok(chunk.to_vec())).collect());
            let expected: Vec<_> = by_hand(Parser::new(), &chunks)
                .into_iter()
                .map(|event| event.map_err(EventStreamError::Parse))
                .collect();
            assert!(events == expected, "in chunks of {size}");
        }
    }

    #[test]
    fn few_events_are_parsed_ahead() {
        let mut events = EventStream::new(stream::iter([Ok::<_, &str>("data\n\n".repeat(100))]));
        while events.next().now_or_never().unwrap().is_some() {
            assert!(events.events.len() < AHEAD);
        }
    }

    // Too slow for Miri.
    #[cfg(not(miri))]
    proptest::proptest! {
        #[test]
        fn it_agrees_with_the_parser(
            lines in proptest::collection::vec(
                "data: ?[a-zé]{0,12}|id: [0-9]{0,3}|event: [a-z]{0,3}|: c|retry: 1|x|(data: [a-z]{0,400}\n\n){0,20}|",
                0..40,
            ),
            ends in proptest::collection::vec("\n|\r|\r\n|\n\n", 40),
            broken in proptest::option::of(0..2_000_usize),
            size in 1..3_000_usize,
            limit in 5..500_usize,
        ) {
            let mut bytes: Vec<u8> = lines
                .iter()
                .zip(&ends)
                .flat_map(|(line, end)| [line.as_bytes(), end.as_bytes()].concat())
                .collect();
            if let Some(byte) = broken.and_then(|place| bytes.get_mut(place)) {
                *byte = 0xFF;
            }
            let parser = || {
                let builder = Parser::builder().utf8(crate::Utf8Policy::Reject);
                builder.max_event_bytes(limit).build()
            };
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            let source = stream::iter(chunks.iter().map(Ok::<_, &str>));
            let mut events = EventStream::with_parser(source, parser());
            let seen: Vec<_> = events.by_ref().collect().now_or_never().unwrap();
            let expected: Vec<_> = by_hand(parser(), &chunks)
                .into_iter()
                .map(|event| event.map_err(EventStreamError::Parse))
                .collect();
            proptest::prop_assert_eq!(seen, expected);
        }
    }
}

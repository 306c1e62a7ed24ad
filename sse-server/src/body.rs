//! [`EventStreamBody`]: a source of events as the body of a response.
//!
//! Three things here are less obvious than they look, and each has a test in `tests/`:
//!
//! - A poll is bounded, by bytes and by events, and so is a row of polls that all yield bytes: a source that is always
//!   ready must not keep its thread from everything else. A consumer may well loop until it sees `Pending`.
//! - `Pending` is only returned when the source or the timer has the waker, or after the waker was called.
//! - Between the last bytes and an error there is one `Pending`. hyper writes what it has collected when the body has
//!   nothing more for now, but throws it away on an error; with the break, events from before the failure arrive.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::{Body, Frame};
use pin_project_lite::pin_project;
use sse_codec::OutgoingEvent;

use crate::bytes_stream::BytesStream;
use crate::keep_alive::KeepAlive;
use crate::source_item::SourceItem;
use crate::timer::Timer;

pin_project! {
    /// The body of an event stream: what [`EventStreamResponse`](crate::EventStreamResponse) puts into its response.
    ///
    /// Its frames are [`Bytes`]; its error is that of the source. It is `Send` if the source and its error are. The
    /// first poll yields a frame. Events that are ready together share a frame of at most 64 KiB; a larger event has a
    /// frame of its own. Polls that would go on yielding frames without end are broken up, so that other tasks run.
    ///
    /// # Cancel safety
    ///
    /// An event is taken from the source only to be in the frame that is returned, or in the next one. Dropping the
    /// body drops the source at once.
    #[must_use = "a body does nothing unless polled"]
    pub struct EventStreamBody<S, T>
    where
        S: Stream,
        S::Item: SourceItem,
        T: Timer,
    {
        // `None` once it has ended or failed: what it holds is given back then, not when the connection closes.
        #[pin]
        source: Option<S>,
        #[pin]
        keep_alive: KeepAlive<T>,
        // Encoded and not handed out yet: at the start the reconnection time, later an event that its frame was too
        // full for.
        buffer: BytesMut,
        // The first frame has been handed out.
        opened: bool,
        // Frames since the last `Pending`.
        row: u8,
        failure: Option<Failure<<S::Item as SourceItem>::Error>>,
    }
}

/// An error of the source that has not been handed out yet.
struct Failure<E> {
    error: E,
    /// The consumer has had its chance to write out what came before.
    announced: bool,
}

impl<S, T> EventStreamBody<S, T>
where
    S: Stream,
    S::Item: SourceItem,
    T: Timer,
{
    pub(crate) fn new(
        source: S,
        keep_alive: KeepAlive<T>,
        reconnection_time: Option<Duration>,
    ) -> Self {
        let mut buffer = BytesMut::new();
        if let Some(time) = reconnection_time {
            let Ok(()) = OutgoingEvent::new()
                .reconnection_time(time)
                .encode(&mut buffer);
        }
        Self {
            source: Some(source),
            keep_alive,
            buffer,
            opened: false,
            row: 0,
            failure: None,
        }
    }

    /// Turns it into a stream of bytes, for frameworks whose bodies are streams: actix-web, warp and others.
    pub fn into_bytes_stream(self) -> BytesStream<Self> {
        BytesStream::new(self)
    }

    /// Collects what the source has ready, within the bounds of one frame.
    fn collect_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Bytes> {
        let mut this = self.project();
        for _ in 0..MAX_FRAME_EVENTS {
            if this.buffer.len() >= MAX_FRAME_BYTES {
                break;
            }
            let Some(source) = this.source.as_mut().as_pin_mut() else {
                break;
            };
            let Poll::Ready(item) = source.poll_next(cx) else {
                break;
            };
            let before = this.buffer.len();
            match item.map(|item| item.encode(this.buffer)) {
                Some(Ok(())) => {
                    if before > 0 && this.buffer.len() > MAX_FRAME_BYTES {
                        return Some(this.buffer.split_to(before).freeze());
                    }
                }
                ended => {
                    this.source.set(None);
                    *this.failure = ended.and_then(Result::err).map(|error| Failure {
                        error,
                        announced: false,
                    });
                    break;
                }
            }
        }
        if !this.buffer.is_empty() {
            // Taken whole, with its allocation: a connection that is idle holds no memory of busier times.
            return Some(mem::take(this.buffer).freeze());
        }
        (!*this.opened).then_some(COMMENT)
    }
}

impl<S, T> Body for EventStreamBody<S, T>
where
    S: Stream,
    S::Item: SourceItem,
    T: Timer,
{
    type Data = Bytes;
    type Error = <S::Item as SourceItem>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.row >= MAX_ROW {
            *self.project().row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = self.as_mut().collect_ready(cx);
        let this = self.project();
        if let Some(frame) = frame {
            *this.opened = true;
            *this.row += 1;
            this.keep_alive.restart();
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        *this.row = 0;
        if let Some(failure) = this.failure.as_mut() {
            if !mem::replace(&mut failure.announced, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        if let Some(failure) = this.failure.take() {
            return Poll::Ready(Some(Err(failure.error)));
        }
        if this.source.is_none() {
            return Poll::Ready(None);
        }
        ready!(this.keep_alive.poll_due(cx));
        Poll::Ready(Some(Ok(Frame::data(COMMENT))))
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_none() && self.failure.is_none() && self.buffer.is_empty()
    }
}

impl<S, T> fmt::Debug for EventStreamBody<S, T>
where
    S: Stream,
    S::Item: SourceItem,
    T: Timer,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStreamBody")
            .field("ended", &self.source.is_none())
            .finish_non_exhaustive()
    }
}

/// An empty comment: the least that can be written without a reader taking notice. Without a blank line, which by the
/// standard would do nothing either, but which some clients take for an event.
const COMMENT: Bytes = Bytes::from_static(b":\n");

/// Large enough that the cost of a frame and its write vanishes, small enough to be no burden as a buffer.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Bounds a poll when events are tiny.
const MAX_FRAME_EVENTS: usize = 1024;

/// Up to 1 MiB, unless single events are larger, goes without a break.
const MAX_ROW: u8 = 16;

//! [`SubscriptionBody`]: a subscription as the body of a response.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::Shared;
use super::state::delivering::Next;
use super::subscriber::SubscriberKey;
use crate::bytes_stream::BytesStream;

/// The body of a subscription, for hyper, axum and the like; [`into_bytes_stream`](Self::into_bytes_stream) makes it a
/// stream for others.
///
/// It cannot fail. The first poll yields bytes. What is pending is yielded in pieces of at most 64 KiB (an event that
/// is larger is one of its own), and a poll costs no more than that, however much there is to be replayed; after 1 MiB
/// without a break, other tasks get their turn.
///
/// # Cancel safety
///
/// It may be dropped at any time, which gives the place in the hub back at once.
#[must_use = "a body does nothing unless polled"]
pub struct SubscriptionBody {
    source: Source,
    /// Frames since the last `Pending`.
    row: u8,
}

enum Source {
    Subscriber(Arc<Shared>, SubscriberKey),
    Bytes(Bytes),
    Ended,
}

impl SubscriptionBody {
    pub(crate) fn new(shared: Arc<Shared>, key: SubscriberKey) -> Self {
        Self {
            source: Source::Subscriber(shared, key),
            row: 0,
        }
    }

    /// A body that is there already.
    pub(crate) fn of_bytes(bytes: Bytes) -> Self {
        Self {
            source: Source::Bytes(bytes),
            row: 0,
        }
    }

    /// Turns it into a stream of bytes, for frameworks whose bodies are streams: actix-web, warp and others.
    pub fn into_bytes_stream(self) -> BytesStream<Self> {
        BytesStream::new(self)
    }

    /// Tells whether it is that of a subscriber, so that it goes on until one of the two sides ends it.
    #[cfg(feature = "serve")]
    pub(crate) fn is_subscription(&self) -> bool {
        matches!(self.source, Source::Subscriber(..))
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let (shared, key) = match &mut self.source {
            Source::Subscriber(shared, key) => (shared, *key),
            Source::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                self.source = Source::Ended;
                return Poll::Ready(Some(bytes));
            }
            Source::Ended => return Poll::Ready(None),
        };
        if self.row >= MAX_ROW {
            self.row = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let next = shared.with(|state| state.poll(key, cx.waker()));
        match next {
            Next::Frame(bytes) => {
                self.row += 1;
                Poll::Ready(Some(bytes))
            }
            Next::Wait => {
                self.row = 0;
                Poll::Pending
            }
            Next::End => {
                self.end();
                Poll::Ready(None)
            }
        }
    }

    fn end(&mut self) {
        if let Source::Subscriber(shared, key) = std::mem::replace(&mut self.source, Source::Ended)
        {
            shared.unsubscribe(key);
        }
    }
}

impl Body for SubscriptionBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll_bytes(cx)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.source, Source::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Subscriber(..) => SizeHint::default(),
            Source::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Ended => SizeHint::with_exact(0),
        }
    }
}

impl Drop for SubscriptionBody {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for SubscriptionBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriptionBody")
            .field("ended", &matches!(self.source, Source::Ended))
            .finish_non_exhaustive()
    }
}

/// Up to 1 MiB, unless single events are larger, goes without a break.
const MAX_ROW: u8 = 16;

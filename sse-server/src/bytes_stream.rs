//! [`BytesStream`]: a body as a stream, for frameworks whose bodies are streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body;
use pin_project_lite::pin_project;

pin_project! {
    /// The frames of a body of this crate as a [`Stream`] of [`Bytes`], for actix-web, warp and others.
    ///
    /// Made by the `into_bytes_stream` of [`SubscriptionBody`](crate::SubscriptionBody) and
    /// [`EventStreamBody`](crate::EventStreamBody).
    #[derive(Debug)]
    #[must_use = "a stream does nothing unless polled"]
    pub struct BytesStream<B> {
        #[pin]
        body: B,
    }
}

impl<B> BytesStream<B> {
    pub(crate) fn new(body: B) -> Self {
        Self { body }
    }
}

impl<B: Body<Data = Bytes>> Stream for BytesStream<B> {
    type Item = Result<Bytes, B::Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(self.project().body.poll_frame(cx));
        // All frames of these bodies are data.
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default())))
    }
}

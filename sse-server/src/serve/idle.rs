//! [`Watched`]: a connection of HTTP/2 that has to have a request, or it does not hold its place for long.
//!
//! hyper has a timeout for the head of a request of HTTP/1.1. For HTTP/2 it has none: neither for the handshake, nor for
//! a client that answers pings and asks for nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;

/// Counts the open requests of one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Arc<AtomicUsize>);

impl Requests {
    /// Counts one more, until what is returned is dropped.
    pub(crate) fn open(&self) -> OpenRequest {
        self.0.fetch_add(1, Ordering::AcqRel);
        OpenRequest(Self(Arc::clone(&self.0)))
    }

    fn any(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }
}

#[derive(Debug)]
pub(crate) struct OpenRequest(Requests);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The body of an answer, and the request that is open as long as it lasts.
pub(crate) struct Answer<B> {
    body: B,
    _open: OpenRequest,
}

impl<B> Answer<B> {
    pub(crate) fn new(body: B, open: OpenRequest) -> Self {
        Self { body, _open: open }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Answer<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pin_project! {
    /// A connection that ends when it has had no open request for some time.
    ///
    /// It is asked to end first; if that changes nothing in the same time once more, it is over.
    pub(crate) struct Watched<C> {
        #[pin]
        connection: C,
        requests: Requests,
        timeout: Duration,
        sleep: Option<Pin<Box<Sleep>>>,
        asked: bool,
        shut_down: fn(Pin<&mut C>),
    }
}

impl<C> Watched<C> {
    pub(crate) fn new(
        connection: C,
        requests: Requests,
        timeout: Duration,
        shut_down: fn(Pin<&mut C>),
    ) -> Self {
        Self {
            connection,
            requests,
            timeout,
            sleep: None,
            asked: false,
            shut_down,
        }
    }

    pub(crate) fn shut_down(self: Pin<&mut Self>) {
        let this = self.project();
        (this.shut_down)(this.connection);
    }
}

impl<C: Future> Future for Watched<C> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        loop {
            if this.connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            if this.requests.any() {
                *this.sleep = None;
                return Poll::Pending;
            }
            let timeout = *this.timeout;
            let sleep = this
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
            ready!(sleep.as_mut().poll(cx));
            if *this.asked {
                return Poll::Ready(());
            }
            *this.asked = true;
            *this.sleep = None;
            (this.shut_down)(this.connection.as_mut());
        }
    }
}

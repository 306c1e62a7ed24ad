//! Streams that are always ready, for the crates that take nothing else than a stream.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::slice::Iter;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;

use crate::chunks::Chunks;

/// Lends the chunks.
pub struct Slices<'a>(Iter<'a, Bytes>);

impl<'a> Slices<'a> {
    pub fn new(chunks: &'a Chunks) -> Self {
        Self(chunks.list.iter())
    }
}

impl<'a> Stream for Slices<'a> {
    type Item = Result<&'a [u8], Infallible>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(|chunk| Ok(&**chunk)))
    }
}

/// Shares the chunks.
pub struct Shared<'a>(Iter<'a, Bytes>);

impl<'a> Shared<'a> {
    pub fn new(chunks: &'a Chunks) -> Self {
        Self(chunks.list.iter())
    }
}

impl Stream for Shared<'_> {
    type Item = Result<Bytes, Infallible>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(|chunk| Ok(chunk.clone())))
    }
}

/// Shares the chunks, and owns its list of them.
pub struct Owned<E> {
    list: Arc<[Bytes]>,
    next: usize,
    error: std::marker::PhantomData<fn() -> E>,
}

impl<E> Owned<E> {
    pub fn new(list: Arc<[Bytes]>) -> Self {
        Self {
            list,
            next: 0,
            error: std::marker::PhantomData,
        }
    }
}

impl<E> Stream for Owned<E> {
    type Item = Result<Bytes, E>;

    #[inline]
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = self.list.get(self.next).cloned();
        self.next += 1;
        Poll::Ready(chunk.map(Ok))
    }
}

/// Polls a stream that never waits.
#[inline]
pub fn next<S: Stream + Unpin>(stream: &mut S) -> io::Result<Option<S::Item>> {
    match Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(item) => Ok(item),
        Poll::Pending => Err(io::Error::other(
            "a stream waits where there is nothing to wait for",
        )),
    }
}

//! [`WriteTimeout`]: a socket whose peer has to read.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::handover::Handover;

/// Fails when a write has waited for too long. A client that stalls does not poll its body, so nothing but the socket
/// notices it.
pub(crate) struct WriteTimeout<I> {
    io: I,
    timeout: Duration,
    /// Runs while a write waits. Most never do.
    running: Option<Pin<Box<Sleep>>>,
    /// Is told when everything is written.
    handover: Option<Arc<Handover>>,
}

impl<I> WriteTimeout<I> {
    pub(crate) fn new(io: I, timeout: Duration, handover: Option<Arc<Handover>>) -> Self {
        Self {
            io,
            timeout,
            running: None,
            handover,
        }
    }

    pub(crate) fn into_inner(self) -> I {
        self.io
    }

    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.running = None;
            return result;
        }
        let timeout = self.timeout;
        let sleep = self
            .running
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        if sleep.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for WriteTimeout<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.judge(cx, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.judge(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Whoever flushes has written what it had.
        if let Some(handover) = &self.handover {
            handover.flushed();
        }
        let result = Pin::new(&mut self.io).poll_flush(cx);
        // Nothing to flush is no progress of a write that waits.
        match result {
            Poll::Ready(Ok(())) if self.running.is_some() => Poll::Ready(Ok(())),
            result => self.judge(cx, result),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.io).poll_shutdown(cx);
        self.judge(cx, result)
    }
}

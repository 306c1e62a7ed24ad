//! [`Wire`]: the connection's socket, with the faults that are its own.

use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A handle to a socket. It closes when its last handle is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Wire(Arc<State>);

#[derive(Debug)]
struct State {
    stream: TcpStream,
    /// Nothing goes out any more, and what comes in is thrown away.
    frozen: AtomicBool,
    /// Nothing goes out any more.
    half_closed: AtomicBool,
    /// The kernel takes no more bytes for now.
    blocked: AtomicBool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Without it, small pieces would come together. It cannot fail on a socket of TCP.
        let _ = stream.set_nodelay(true);
        Self(Arc::new(State {
            stream,
            frozen: AtomicBool::new(false),
            half_closed: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
        }))
    }

    /// Makes the socket send an RST when it closes.
    pub(crate) fn reset_on_close(&self) {
        // Fails if the client has reset it before.
        let _ = SockRef::from(&self.0.stream).set_linger(Some(Duration::ZERO));
    }

    pub(crate) fn freeze(&self) {
        self.0.frozen.store(true, Ordering::SeqCst);
    }

    pub(crate) fn half_close(&self) {
        self.0.half_closed.store(true, Ordering::SeqCst);
        // Fails if the client has gone.
        let _ = SockRef::from(&self.0.stream).shutdown(Shutdown::Write);
    }

    /// Returns whether bytes wait to be taken by the kernel.
    #[cfg(feature = "http2")]
    pub(crate) fn is_blocked(&self) -> bool {
        self.0.blocked.load(Ordering::SeqCst)
    }

    fn is_frozen(&self) -> bool {
        self.0.frozen.load(Ordering::SeqCst)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = &self.0.stream;
        loop {
            ready!(stream.poll_read_ready(cx))?;
            // Thrown away rather than left unread, so that the end behind it is seen.
            let mut waste = [0; 1024];
            let is_frozen = self.is_frozen();
            let read = if is_frozen {
                stream.try_read(&mut waste)
            } else {
                stream.try_read(buffer.initialize_unfilled())
            };
            match read {
                Ok(1..) if is_frozen => {}
                Ok(length) => {
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_frozen() || self.0.half_closed.load(Ordering::SeqCst) {
            // As if the kernel had taken them.
            return Poll::Ready(Ok(bytes.len()));
        }
        loop {
            let Poll::Ready(ready) = self.0.stream.poll_write_ready(cx) else {
                self.0.blocked.store(true, Ordering::SeqCst);
                return Poll::Pending;
            };
            ready?;
            match self.0.stream.try_write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => {
                    self.0.blocked.store(false, Ordering::SeqCst);
                    return Poll::Ready(written);
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_frozen() {
            self.half_close();
        }
        Poll::Ready(Ok(()))
    }
}

//! [`Stream`]: an event stream over HTTP/1.1, from its head to its end.
//!
//! hyper could write it too, and did: with 8 KiB of buffer for requests that do not come, and twice the work for each
//! event. What it takes here is the body, the socket, and the frame that is being written.

use std::future::Future;
use std::io::{self, IoSlice, Write};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::io::WriteTimeout;
use crate::hub::body::SubscriptionBody;

/// Writes the answer to a request. Is ready when the connection is to be closed, whatever the reason is.
pub(crate) struct Stream {
    socket: WriteTimeout<TcpStream>,
    body: SubscriptionBody,
    stage: Stage,
    /// The head of the answer, until it is written.
    head: Vec<u8>,
    /// What is being written.
    frame: Bytes,
    /// How much is written of the head, the frame, and what stands around it.
    written: usize,
    /// What the client has sent since, although it has nothing to say.
    received: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Frame,
    End,
    Shutdown,
}

impl Stream {
    pub(crate) fn new(
        socket: TcpStream,
        write_timeout: Duration,
        response: Response<SubscriptionBody>,
    ) -> Self {
        let head = head(&response);
        Self {
            socket: WriteTimeout::new(socket, write_timeout, None),
            body: response.into_body(),
            stage: Stage::Waiting,
            head,
            frame: Bytes::new(),
            written: 0,
            received: 0,
        }
    }

    /// Writes what there is, and fetches more. Is ready when there is no more to come.
    fn poll_stream(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            match self.stage {
                Stage::Waiting => match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                    Some(Ok(frame)) => {
                        self.frame = frame.into_data().unwrap_or_default();
                        if !self.frame.is_empty() {
                            self.stage = Stage::Frame;
                        }
                    }
                    None => self.stage = Stage::End,
                },
                Stage::Frame => {
                    ready!(self.poll_write(cx))?;
                    self.frame = Bytes::new();
                    self.stage = Stage::Waiting;
                }
                Stage::End => {
                    ready!(self.poll_write(cx))?;
                    self.stage = Stage::Shutdown;
                }
                Stage::Shutdown => return Pin::new(&mut self.socket).poll_shutdown(cx),
            }
        }
    }

    /// Writes the head, if it is not written yet, and a chunk of the frame, or the last chunk, which is empty.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut size = [0; SIZE_LEN];
        let size = write_size(self.frame.len(), &mut size);
        let all = self.head.len() + size.len() + self.frame.len() + LINE_END.len();
        while self.written < all {
            let pieces = [&self.head[..], size, &self.frame, LINE_END];
            let socket = Pin::new(&mut self.socket);
            let written = if all <= SMALL {
                // The kernel takes one small piece more readily than several.
                let mut copy = [0; SMALL];
                let mut end = 0;
                for piece in pieces {
                    copy[end..end + piece.len()].copy_from_slice(piece);
                    end += piece.len();
                }
                ready!(socket.poll_write(cx, &copy[self.written..end]))?
            } else {
                let mut slices = pieces.map(IoSlice::new);
                let mut rest = &mut slices[..];
                IoSlice::advance_slices(&mut rest, self.written);
                ready!(socket.poll_write_vectored(cx, rest))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
        self.written = 0;
        self.head = Vec::new();
        Poll::Ready(Ok(()))
    }

    /// Is ready when the client has left. Who does not wait for that only sees it at the next write.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [MaybeUninit::uninit(); 512];
        while self.received < MAX_RECEIVED {
            let mut buffer = ReadBuf::uninit(&mut bytes);
            match ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => self.received += buffer.filled().len(),
                _ => break,
            }
        }
        Poll::Ready(())
    }
}

impl Future for Stream {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_stream(cx).is_ready() {
            return Poll::Ready(());
        }
        self.poll_left(cx)
    }
}

/// Makes the head of an answer that is sent in chunks, and is the last one of its connection.
fn head(response: &Response<SubscriptionBody>) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(b"HTTP/1.1 ");
    head.extend_from_slice(response.status().as_str().as_bytes());
    head.extend_from_slice(b" OK\r\n");
    for (name, value) in response.headers() {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(LINE_END);
    }
    let date = httpdate::HttpDate::from(SystemTime::now());
    // Writing to memory does not fail.
    let _ = write!(
        head,
        "date: {date}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    );
    head
}

/// Writes the line that says how long a chunk is; behind the last one comes an empty line.
fn write_size(len: usize, line: &mut [u8; SIZE_LEN]) -> &[u8] {
    let mut rest = len;
    let mut start = SIZE_LEN - LINE_END.len();
    line[start..].copy_from_slice(LINE_END);
    loop {
        start -= 1;
        line[start] = b"0123456789ABCDEF"[rest % 16];
        rest /= 16;
        if rest == 0 {
            return &line[start..];
        }
    }
}

/// What is copied rather than written in pieces, in bytes.
const SMALL: usize = 1536;

const LINE_END: &[u8] = b"\r\n";

/// The digits of the greatest length, and a line end.
const SIZE_LEN: usize = 16 + LINE_END.len();

/// How many bytes a client may send behind its request, before it is taken for one who means harm.
const MAX_RECEIVED: usize = 64 * 1024;

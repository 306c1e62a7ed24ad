//! A connection of HTTP/1.1.

use std::future::pending;
use std::io::{self, Write as _};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{Method, StatusCode, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};

use crate::answer::Answer;
use crate::incoming::Incoming;
use crate::link::{Io, Link};
use crate::performance::{Carrier, Ending, perform};
use crate::playing::Playing;
use crate::request::Request;
use crate::step::{Coding, Head};
use crate::wire::Wire;

/// Serves a connection till its end.
pub(crate) async fn serve(io: Box<dyn Io>, link: &Link) {
    let read_and_write =
        |chunks, writer: Writer| serve_requests(Incoming::new(chunks), writer, link);
    with_halves(io, link, read_and_write).await;
}

/// Does on a connection what needs no request.
pub(crate) async fn act(io: Box<dyn Io>, link: &Link, answer: Answer) {
    let write = async |chunks, mut writer: Writer| {
        // What the client sends is not looked at.
        drop(chunks);
        let _playing = Playing::without_request(link);
        // Nobody says anything.
        let (_, mut said) = mpsc::unbounded_channel();
        let ending = perform(&mut writer, answer.into_steps(), &mut said, link.limit).await;
        finish(writer, ending, link).await;
    };
    with_halves(io, link, write).await;
}

/// Reads a connection while something is done with it, so that its end is seen at once.
async fn with_halves<F: Future<Output = ()>>(
    io: Box<dyn Io>,
    link: &Link,
    work: impl FnOnce(mpsc::Receiver<Bytes>, Writer) -> F,
) {
    let (read, write) = tokio::io::split(io);
    let (tell, gone) = watch::channel(false);
    let (sender, chunks) = mpsc::channel(READ_AHEAD);
    let writer = Writer {
        write,
        wire: link.wire.clone(),
        gone,
        framing: Framing::Wire,
        is_alive: true,
        asked: None,
    };
    let read = async {
        read_all(read, sender).await;
        link.log.closed();
        tell.send_replace(true);
        pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = work(chunks, writer) => {}
        () = read => {}
    }
}

async fn read_all(mut read: ReadHalf<Box<dyn Io>>, chunks: mpsc::Sender<Bytes>) {
    let mut buffer = [0; 2048];
    while let Ok(length @ 1..) = read.read(&mut buffer).await {
        // Fails when nobody looks at it any more. The end of the connection is looked for all the same.
        let _ = chunks.send(Bytes::copy_from_slice(&buffer[..length])).await;
    }
}

async fn serve_requests(mut incoming: Incoming, mut writer: Writer, link: &Link) {
    let ending = loop {
        let request = match next_request(&mut incoming, &mut writer, link).await {
            Ok(Some(request)) => request,
            Ok(None) => break Ending::Gone,
            Err(trouble) => {
                link.log.trouble(trouble);
                break Ending::Cut;
            }
        };
        let answer = link.source.answer(&request);
        let mut playing = Playing::new(&request, writer.gone.clone(), link);
        writer.begin(&request);
        let ending = perform(
            &mut writer,
            answer.into_steps(),
            &mut playing.said,
            link.limit,
        )
        .await;
        let ending = match ending {
            Ending::Complete => match writer.end().await {
                Ok(()) if writer.is_alive => continue,
                Ok(()) => Ending::Complete,
                Err(_) => Ending::Gone,
            },
            ending => ending,
        };
        if ending == Ending::Gone {
            playing.closed();
        }
        break ending;
    };
    drop(incoming);
    finish(writer, ending, link).await;
}

async fn next_request(
    incoming: &mut Incoming,
    writer: &mut Writer,
    link: &Link,
) -> Result<Option<Request>, String> {
    let Some(head) = incoming.head().await? else {
        return Ok(None);
    };
    if head
        .headers
        .get(EXPECT)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
    {
        // Fails if the client has left, which shows soon enough.
        let _ = writer.write(b"HTTP/1.1 100 Continue\r\n\r\n").await;
    }
    incoming.body(head, link.number).await.map(Some)
}

/// Ends a connection.
async fn finish(mut writer: Writer, ending: Ending, link: &Link) {
    match ending {
        Ending::Complete => {
            // With the closing alert of TLS. It fails if the client has left.
            let _ = writer.write.shutdown().await;
        }
        Ending::Cut => {}
        Ending::Reset => link.wire.reset_on_close(),
        // Until the reading half has seen it too, and told it.
        Ending::Gone => pending().await,
    }
}

/// The writing half.
struct Writer {
    write: WriteHalf<Box<dyn Io>>,
    wire: Wire,
    gone: watch::Receiver<bool>,
    framing: Framing,
    /// Whether another request may come.
    is_alive: bool,
    /// The method and the version of the request.
    asked: Option<(Method, Version)>,
}

/// How bytes of the body are written.
#[derive(Clone, Copy, Debug)]
enum Framing {
    /// There was no head, so they are bytes of the wire.
    Wire,
    Chunked,
    /// So many bytes are still to come.
    Length(u64),
    UntilClose,
    /// The answer has none, whatever the script sends.
    NoBody,
}

impl Writer {
    fn begin(&mut self, request: &Request) {
        self.framing = Framing::Wire;
        let wants_close = request.header_values("connection").iter().any(|value| {
            value
                .split(|&byte| byte == b',')
                .any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"))
        });
        self.is_alive = !wants_close && request.version() == Version::HTTP_11;
        self.asked = Some((request.method().clone(), request.version()));
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write.write_all(bytes).await?;
        self.write.flush().await
    }

    /// Ends the body.
    async fn end(&mut self) -> io::Result<()> {
        match self.framing {
            Framing::Chunked => self.write(b"0\r\n\r\n").await?,
            Framing::Length(0) | Framing::NoBody => {}
            Framing::Length(1..) | Framing::UntilClose | Framing::Wire => self.is_alive = false,
        }
        Ok(())
    }

    fn framing(&self, head: &Head) -> Framing {
        let status = head.status;
        let (is_head, is_http_10) = match &self.asked {
            Some((method, version)) => (method == Method::HEAD, *version == Version::HTTP_10),
            None => (false, false),
        };
        let has_no_body = status.is_informational()
            || status == StatusCode::NO_CONTENT
            || status == StatusCode::NOT_MODIFIED;
        match head.coding {
            _ if is_head || has_no_body => Framing::NoBody,
            Coding::Chunked if is_http_10 => Framing::UntilClose,
            Coding::Chunked => Framing::Chunked,
            Coding::Length(length) => Framing::Length(length),
            Coding::UntilClose => Framing::UntilClose,
        }
    }
}

impl Carrier for Writer {
    async fn head(&mut self, head: &Head) -> io::Result<()> {
        let mut bytes = Vec::new();
        let reason = head.status.canonical_reason().unwrap_or_default();
        write!(bytes, "HTTP/1.1 {} {reason}\r\n", head.status.as_u16())?;
        for (name, value) in &head.headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        self.framing = self.framing(head);
        if !head.headers.contains_key(CONTENT_LENGTH)
            && !head.headers.contains_key(TRANSFER_ENCODING)
        {
            match self.framing {
                Framing::Chunked => bytes.extend_from_slice(b"transfer-encoding: chunked\r\n"),
                Framing::Length(length) => write!(bytes, "content-length: {length}\r\n")?,
                Framing::UntilClose | Framing::NoBody | Framing::Wire => {}
            }
        }
        if let Some(value) = head.headers.get(CONNECTION) {
            self.is_alive &= !value.as_bytes().eq_ignore_ascii_case(b"close");
        } else if !self.is_alive || matches!(self.framing, Framing::UntilClose) {
            self.is_alive = false;
            bytes.extend_from_slice(b"connection: close\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        self.write(&bytes).await
    }

    async fn data(&mut self, bytes: Bytes) -> io::Result<()> {
        match &mut self.framing {
            Framing::Chunked => {
                let mut chunk = Vec::with_capacity(bytes.len() + 16);
                write!(chunk, "{:x}\r\n", bytes.len())?;
                chunk.extend_from_slice(&bytes);
                chunk.extend_from_slice(b"\r\n");
                self.write(&chunk).await
            }
            Framing::Length(left) => {
                let length = bytes.len() as u64;
                // More than was announced is a fault, which the client will take for the next answer.
                self.is_alive &= length <= *left;
                *left = left.saturating_sub(length);
                self.write(&bytes).await
            }
            Framing::UntilClose | Framing::Wire => self.write(&bytes).await,
            Framing::NoBody => Ok(()),
        }
    }

    async fn raw(&mut self, bytes: Bytes) -> io::Result<()> {
        self.write(&bytes).await
    }

    async fn partial_chunk(&mut self, bytes: Bytes) -> io::Result<()> {
        if !matches!(self.framing, Framing::Chunked) {
            return self.data(bytes).await;
        }
        let mut chunk = Vec::new();
        write!(chunk, "{:x}\r\n", bytes.len() + 16)?;
        chunk.extend_from_slice(&bytes);
        self.write(&chunk).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.write.flush().await
    }

    async fn half_close(&mut self) -> io::Result<()> {
        self.write.shutdown().await
    }

    fn freeze(&mut self) {
        self.wire.freeze();
    }

    fn go_away(&mut self) {}

    fn reset_stream(&mut self, _: u32) -> Ending {
        Ending::Reset
    }

    async fn gone(&mut self) {
        if self.gone.wait_for(|&gone| gone).await.is_err() {
            // The connection ends otherwise.
            pending::<()>().await;
        }
    }
}

/// How many pieces of what the client sends are kept while nobody looks at them.
const READ_AHEAD: usize = 8;

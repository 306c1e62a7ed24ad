//! [`Incoming`]: requests of HTTP/1.1, cut out of what the client sends.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::request::{Parts, Request};

pub(crate) struct Incoming {
    chunks: mpsc::Receiver<Bytes>,
    buffer: BytesMut,
}

/// The head of a request.
pub(crate) struct Head {
    pub(crate) headers: HeaderMap,
    method: Method,
    target: String,
    version: Version,
    bytes: Bytes,
}

impl Incoming {
    pub(crate) fn new(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self {
            chunks,
            buffer: BytesMut::new(),
        }
    }

    /// Waits for the head of the next request. There is none if the client has closed the connection.
    pub(crate) async fn head(&mut self) -> Result<Option<Head>, String> {
        loop {
            if let Some(head) = parse(&mut self.buffer)? {
                return Ok(Some(head));
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(format!("a request's head has more than {MAX_HEAD} bytes"));
            }
            if !self.more().await {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err("a request was cut within its head".to_owned()),
                };
            }
        }
    }

    /// Waits for the body of a request.
    pub(crate) async fn body(&mut self, head: Head, connection: usize) -> Result<Request, String> {
        let body = if is_chunked(&head.headers) {
            self.chunked().await?
        } else if let Some(length) = head.headers.get(CONTENT_LENGTH) {
            let length = std::str::from_utf8(length.as_bytes())
                .ok()
                .and_then(|length| length.parse().ok());
            self.take(length.ok_or("a request's Content-Length is no number")?)
                .await?
                .freeze()
        } else {
            Bytes::new()
        };
        Ok(Request::new(Parts {
            method: head.method,
            target: head.target,
            version: head.version,
            headers: head.headers,
            head: head.bytes,
            body,
            received_at: Instant::now(),
            connection,
        }))
    }

    async fn chunked(&mut self) -> Result<Bytes, String> {
        let mut body = BytesMut::new();
        loop {
            let line = self.line().await?;
            let length = line[..]
                .split(|&byte| byte == b';')
                .next()
                .unwrap_or_default();
            let length = std::str::from_utf8(length.trim_ascii())
                .ok()
                .and_then(|length| usize::from_str_radix(length, 16).ok())
                .ok_or("a request's chunk has no length")?;
            if length == 0 {
                // Trailers, and a blank line.
                while !self.line().await?.is_empty() {}
                return Ok(body.freeze());
            }
            if body.len().saturating_add(length) > MAX_BODY {
                return Err(too_large());
            }
            body.extend_from_slice(&self.take(length).await?);
            self.line().await?;
        }
    }

    async fn line(&mut self) -> Result<BytesMut, String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let mut line = self.buffer.split_to(end + 1);
                line.truncate(end);
                if line.ends_with(b"\r") {
                    line.truncate(end - 1);
                }
                return Ok(line);
            }
            if self.buffer.len() > MAX_HEAD {
                return Err("a request has a line without an end".to_owned());
            }
            self.more_of_the_body().await?;
        }
    }

    async fn take(&mut self, length: usize) -> Result<BytesMut, String> {
        if length > MAX_BODY {
            return Err(too_large());
        }
        while self.buffer.len() < length {
            self.more_of_the_body().await?;
        }
        Ok(self.buffer.split_to(length))
    }

    async fn more_of_the_body(&mut self) -> Result<(), String> {
        if self.more().await {
            Ok(())
        } else {
            Err("a request was cut within its body".to_owned())
        }
    }

    async fn more(&mut self) -> bool {
        let Some(chunk) = self.chunks.recv().await else {
            return false;
        };
        self.buffer.extend_from_slice(&chunk);
        true
    }
}

/// Cuts a head off the beginning, if it is there to its end.
fn parse(buffer: &mut BytesMut) -> Result<Option<Head>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("a request is not HTTP/1: {error}")),
    };
    let method = parsed.method.unwrap_or_default().as_bytes();
    let mut headers = HeaderMap::new();
    for header in parsed.headers {
        match (
            HeaderName::from_bytes(header.name.as_bytes()),
            HeaderValue::from_bytes(header.value),
        ) {
            (Ok(name), Ok(value)) => headers.append(name, value),
            _ => return Err(format!("a request has a wrong header {:?}", header.name)),
        };
    }
    let head = Head {
        method: Method::from_bytes(method).map_err(|error| error.to_string())?,
        target: parsed.path.unwrap_or_default().to_owned(),
        version: match parsed.version {
            Some(0) => Version::HTTP_10,
            _ => Version::HTTP_11,
        },
        headers,
        bytes: Bytes::new(),
    };
    let bytes = buffer.split_to(length).freeze();
    Ok(Some(Head { bytes, ..head }))
}

fn is_chunked(headers: &HeaderMap) -> bool {
    headers
        .get(TRANSFER_ENCODING)
        .is_some_and(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
}

pub(crate) fn too_large() -> String {
    format!("a request's body has more than {MAX_BODY} bytes")
}

const MAX_HEAD: usize = 256 * 1024;

const MAX_HEADERS: usize = 256;

pub(crate) const MAX_BODY: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    async fn requests(chunks: impl IntoIterator<Item = &[u8]>) -> Result<Vec<Request>, String> {
        let (sender, receiver) = mpsc::channel(1_000);
        for chunk in chunks {
            sender
                .try_send(Bytes::copy_from_slice(chunk))
                .expect("room");
        }
        drop(sender);
        let mut incoming = Incoming::new(receiver);
        let mut requests = Vec::new();
        while let Some(head) = incoming.head().await? {
            requests.push(incoming.body(head, 0).await?);
        }
        Ok(requests)
    }

    #[tokio::test]
    async fn requests_are_cut_out_of_what_comes_however_it_comes() {
        let bytes = b"POST /a?b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\
            3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: t\r\n\r\n\
            PUT /c HTTP/1.1\r\nContent-Length: 2\r\nLast-Event-ID: \xc3\xbc\r\n\r\nef\
            GET / HTTP/1.0\r\n\r\n";
        for size in [1, 7, bytes.len()] {
            let requests = requests(bytes.chunks(size)).await.unwrap();
            assert_eq!(requests.len(), 3);
            assert_eq!(requests[0].target(), "/a?b");
            assert_eq!(requests[0].body(), "abcd");
            assert_eq!(requests[0].header("HOST"), Some("h"));
            assert!(requests[0].head().starts_with(b"POST "));
            assert!(requests[0].head().ends_with(b"chunked\r\n\r\n"));
            assert_eq!(requests[1].method(), "PUT");
            assert_eq!(requests[1].body(), "ef");
            assert_eq!(requests[1].header("last-event-id"), Some("ü"));
            assert_eq!(requests[2].version(), Version::HTTP_10);
        }
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused() {
        for bytes in [
            &b"\x16\x03\x01\x02"[..],
            b"GET / HTTP/1.1\r\nHost",
            b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\na",
            b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\na",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        ] {
            requests([bytes]).await.unwrap_err();
        }
    }

    #[tokio::test]
    async fn a_head_without_an_end_meets_the_limit() {
        let line = b"x-a: b\r\n".repeat(100);
        let mut chunks = vec![&b"GET / HTTP/1.1\r\n"[..]];
        chunks.extend(std::iter::repeat_n(&line[..], 800));
        requests(chunks).await.unwrap_err();
    }
}

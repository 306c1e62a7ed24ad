//! [`Request`]: a request as it came.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use tokio::time::Instant;

use crate::patience::fail;

/// A request as it came, with its whole body. A clone is cheap.
#[derive(Clone)]
pub struct Request(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) head: Bytes,
    pub(crate) body: Bytes,
    pub(crate) received_at: Instant,
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.0.method
    }

    /// Returns the target as it stands on the wire: the path, with the query if there is one.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.0.target
    }

    /// Returns the version of HTTP.
    #[must_use]
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// Returns the headers. HTTP/2 has `:authority` in the place of `Host`; it is here under the name `host`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the only value of a header, if it is there.
    ///
    /// # Panics
    ///
    /// If the header is there more than once, or if its value is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.0.headers.get_all(name).iter();
        let value = values.next()?;
        if values.next().is_some() {
            fail(format_args!("the header {name} comes more than once"));
        }
        match std::str::from_utf8(value.as_bytes()) {
            Ok(value) => Some(value),
            Err(_) => fail(format_args!("the header {name} is not UTF-8: {value:?}")),
        }
    }

    /// Returns all values of a header, in their order, as the bytes that came.
    #[must_use]
    pub fn header_values(&self, name: &str) -> Vec<&[u8]> {
        let values = self.0.headers.get_all(name).iter();
        values.map(http::HeaderValue::as_bytes).collect()
    }

    /// Returns the head as it came, up to and with its blank line. Empty for HTTP/2, which compresses it.
    #[must_use]
    pub fn head(&self) -> &Bytes {
        &self.0.head
    }

    /// Returns the body, without its coding.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// Returns when its last byte was read, by the clock of the server's runtime.
    #[must_use]
    pub fn received_at(&self) -> Instant {
        self.0.received_at
    }

    /// Returns on which connection it came. The first is 0.
    #[must_use]
    pub fn connection(&self) -> usize {
        self.0.connection
    }
}

/// Writes the method, the target and the version, as the first line of HTTP/1.1 does.
///
/// # Examples
///
/// ```
/// use sse_test_kit::{Answer, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// let server = Server::start([Answer::status(204)]);
/// reqwest::get(server.url("/stream?a=b")).await?;
/// assert_eq!(server.requests()[0].to_string(), "GET /stream?a=b HTTP/1.1");
/// # Ok(())
/// # }
/// ```
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {:?}",
            self.method(),
            self.target(),
            self.version()
        )
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", self.method())
            .field("target", &self.target())
            .field("version", &self.version())
            .field("headers", self.headers())
            .field("body", self.body())
            .field("connection", &self.connection())
            .finish_non_exhaustive()
    }
}

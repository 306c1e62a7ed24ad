//! The HTTP client, reqwest: sends a request, reads its answer, and says what its errors mean. The only file that knows
//! it, but for the builder that takes one from the caller.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::Body as _;
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Response};

use crate::attempt::Attempt;
use crate::error::{Error, Kind, Source, Stage};
use crate::prepare::{Prepare, Preparing};
use crate::request::Request;
use crate::response::ResponseHead;

/// A request and its answer. To drop it is to close its connection.
#[derive(Default)]
pub(crate) enum Transport {
    #[default]
    Idle,
    /// The caller's hook has it.
    Preparing(Preparing),
    Sent(Pin<Box<dyn Future<Output = reqwest::Result<Response>> + Send>>),
    Reading(Body),
}

/// What has come over a connection.
#[derive(Debug)]
pub(crate) enum Progress {
    Prepared(Result<Box<Attempt>, Source>),
    Head(ResponseHead),
    Chunk(Bytes),
    End,
    Failed(Error),
}

impl Transport {
    /// Lets the caller's hook prepare an attempt; without one it stays as it is.
    pub(crate) fn prepare(hook: Option<&Prepare>, attempt: Attempt) -> Self {
        Self::Preparing(match hook {
            Some(hook) => hook.0(attempt),
            None => Box::pin(std::future::ready(Ok(attempt))),
        })
    }

    /// Makes the transport of a request. It is sent when this is polled.
    pub(crate) fn send(http: &HttpClient, request: Request) -> Self {
        let mut builder =
            (http.client.request(request.method, request.url)).headers(request.headers);
        if !request.body.is_empty() {
            builder = builder.body(request.body);
        }
        if http.is_callers {
            // A total timeout of the caller's, which would cut every stream, can be replaced but not removed.
            builder = builder.timeout(FOR_EVER);
        }
        Self::Sent(Box::pin(builder.send()))
    }

    /// Waits for what comes next. After [`Progress::End`] and [`Progress::Failed`] nothing does.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Progress> {
        let progress = match self {
            Self::Idle => return Poll::Pending,
            Self::Preparing(attempt) => {
                Progress::Prepared(ready!(attempt.as_mut().poll(cx)).map(Box::new))
            }
            Self::Sent(response) => match ready!(response.as_mut().poll(cx)) {
                Ok(response) => {
                    let head = ResponseHead::new(
                        response.url().clone(),
                        response.status(),
                        copied(response.headers()),
                    );
                    *self = Self::Reading(response.into());
                    return Poll::Ready(Progress::Head(head));
                }
                Err(error) => Progress::Failed(before_the_head(error)),
            },
            Self::Reading(body) => match ready!(Pin::new(body).poll_frame(cx)) {
                // Trailers have no bytes of the event stream.
                Some(Ok(frame)) => {
                    return Poll::Ready(Progress::Chunk(frame.into_data().unwrap_or_default()));
                }
                Some(Err(error)) => Progress::Failed(Error::passing(transport(Stage::Body, error))),
                None => Progress::End,
            },
        };
        *self = Self::Idle;
        Poll::Ready(progress)
    }
}

/// The HTTP client to send requests with.
pub(crate) struct HttpClient {
    client: Client,
    is_callers: bool,
}

impl HttpClient {
    /// Takes the caller's own.
    pub(crate) fn callers(client: Client) -> Self {
        Self {
            client,
            is_callers: true,
        }
    }

    /// Returns the one of this crate.
    pub(crate) fn of_this_crate() -> Result<Self, Error> {
        // One for the whole process, since to load the system's certificates takes milliseconds. It keeps no
        // connection, so event sources share nothing else, and can live on different runtimes.
        static SHARED: OnceLock<Client> = OnceLock::new();
        let client = match SHARED.get() {
            Some(client) => client,
            None => {
                let client =
                    build().map_err(|error| Error::last(transport(Stage::Build, error)))?;
                SHARED.get_or_init(|| client)
            }
        };
        Ok(Self {
            client: client.clone(),
            is_callers: false,
        })
    }
}

/// Builds the HTTP client that serves event streams best.
fn build() -> reqwest::Result<Client> {
    let mut builder = Client::builder()
        // The engine follows redirects by itself.
        .redirect(Policy::none())
        // A reconnect must not get the connection that has just died.
        .pool_max_idle_per_host(0)
        .tcp_nodelay(true)
        .tcp_keepalive(PING_INTERVAL)
        .tcp_keepalive_interval(PROBE_INTERVAL)
        .tcp_keepalive_retries(PROBES);
    if cfg!(not(feature = "system-proxy")) {
        builder = builder.no_proxy();
    }
    #[cfg(feature = "http2")]
    {
        builder = builder
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            // Without a pool, hyper takes a connection whose answer is being read for idle: nobody is left who could send
            // another request on it. So this does not ping more than one would expect, but at all.
            .http2_keep_alive_while_idle(true);
    }
    builder.build()
}

/// Copies headers. The values that hyper returns share the buffer that it reads with, and as long as one of them lives, it
/// needs another one: 8 KiB more for each open stream.
fn copied(headers: &HeaderMap) -> HeaderMap {
    let copy = |value: &HeaderValue| {
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        copy.set_sensitive(value.is_sensitive());
        Some(copy)
    };
    headers
        .iter()
        // Each value was valid, so it is again.
        .filter_map(|(name, value)| Some((name.clone(), copy(value)?)))
        .collect()
}

/// Returns whether this crate's own HTTP client can do `https`.
pub(crate) const fn has_tls() -> bool {
    cfg!(any(
        feature = "default-tls",
        feature = "native-tls",
        feature = "rustls"
    ))
}

/// Judges an error that came instead of an answer. Final is what a second try would not change.
fn before_the_head(error: reqwest::Error) -> Error {
    // The HTTP client hides what its parts report, so these two are found by their text. Should a part change its words,
    // the client reconnects where it would better have given up.
    if says(&error, "scheme is not http") {
        return Error::last(Kind::NoTls);
    }
    if says(&error, "certificate") {
        return Error::last(transport(Stage::Certificate, error));
    }
    if error.is_builder() {
        return Error::last(transport(Stage::Build, error));
    }
    if error.is_redirect() {
        return Error::last(transport(Stage::Redirect, error));
    }
    let stage = if error.is_connect() {
        Stage::Connect
    } else {
        Stage::Request
    };
    Error::passing(transport(stage, error))
}

/// Makes the error of a stage.
fn transport(stage: Stage, error: reqwest::Error) -> Kind {
    let is_timeout = error.is_timeout();
    // The URL may hold secrets.
    let source: Source = Box::new(error.without_url());
    Kind::Transport {
        stage,
        is_timeout,
        source,
    }
}

/// Returns whether an error, or one that has caused it, has a word in its text, in any case.
fn says(error: &reqwest::Error, word: &str) -> bool {
    // Not the outermost, whose text may repeat the URL.
    let mut source = error.source();
    while let Some(error) = source {
        if error.to_string().to_ascii_lowercase().contains(word) {
            return true;
        }
        source = error.source();
    }
    false
}

/// Ten years. The longest duration of all would overflow somebody's clock.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How long a connection may be silent before it is probed, so that a dead one is noticed although the client has nothing
/// to send.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long until a probe of the operating system is repeated, and how often, before the connection is given up. By default
/// that takes more than ten minutes.
const PROBE_INTERVAL: Duration = Duration::from_secs(10);
const PROBES: u32 = 3;

/// How long the answer to a ping may take.
#[cfg(feature = "http2")]
const PING_TIMEOUT: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_headers_are_the_same() {
        let mut headers = HeaderMap::new();
        let mut secret = HeaderValue::from_static("secret");
        secret.set_sensitive(true);
        headers.append("set-cookie", secret);
        headers.append("set-cookie", HeaderValue::from_bytes(b"\xff\t").unwrap());
        headers.append("x-empty", HeaderValue::from_static(""));
        let copies = copied(&headers);
        assert_eq!(copies, headers);
        assert!(copies["set-cookie"].is_sensitive());
    }
}

//! [`ServerBuilder`]: how a server is asked for.

use std::collections::VecDeque;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use crate::answer::Answer;
use crate::blocking;
#[cfg(feature = "tls")]
use crate::certificate::Certificate;
use crate::link::{Link, Otherwise, Source};
use crate::log::Log;
use crate::patience::{LIMIT, fail};
use crate::request::Request;
use crate::server::{Security, Server};

/// Builds a [`Server`]. Made by [`Server::builder`].
///
/// # Examples
///
/// ```
/// use sse_test_kit::{Answer, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// // The same for everybody, by path.
/// let server = Server::builder()
///     .answer_by(|request| match request.target() {
///         "/stream" => Answer::stream("data: a\n\n"),
///         _ => Answer::status(404),
///     })
///     .start();
/// assert_eq!(reqwest::get(server.url("/stream")).await?.status(), 200);
/// assert_eq!(reqwest::get(server.url("/other")).await?.status(), 404);
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `start` is called"]
pub struct ServerBuilder {
    answers: VecDeque<Answer>,
    otherwise: Otherwise,
    listener: Option<TcpListener>,
    limit: Duration,
    #[cfg(feature = "tls")]
    tls: Option<Certificate>,
    #[cfg(feature = "http2")]
    is_http2: bool,
}

impl ServerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            answers: VecDeque::new(),
            otherwise: Otherwise::Same(Answer::close()),
            listener: None,
            limit: LIMIT,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "http2")]
            is_http2: false,
        }
    }

    /// Adds answers, one for each request, in their order. Default: none.
    pub fn answers(mut self, answers: impl IntoIterator<Item = Answer>) -> Self {
        self.answers.extend(answers);
        self
    }

    /// Sets the answer to requests behind those. Default [`Answer::close`].
    pub fn otherwise(mut self, answer: Answer) -> Self {
        self.otherwise = Otherwise::Same(answer);
        self
    }

    /// Sets a function that answers requests behind those.
    pub fn answer_by(
        mut self,
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.otherwise = Otherwise::By(Box::new(answer));
        self
    }

    /// Speaks TLS with a certificate.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, certificate: &Certificate) -> Self {
        self.tls = Some(certificate.clone());
        self
    }

    /// Speaks HTTP/2, and nothing else: over TLS it is what the server offers, without TLS the client has to know it.
    #[cfg(feature = "http2")]
    pub fn http2(mut self) -> Self {
        self.is_http2 = true;
        self
    }

    /// Sets the listener, for a port that was chosen before: see [`ClosedPort`](crate::ClosedPort). Default: a free port of
    /// `127.0.0.1`.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Sets how long a wait may take, by the real clock, before it panics. Default 30 seconds.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts the server on the runtime that it is called in.
    ///
    /// # Panics
    ///
    /// If it is not called within a runtime of tokio that has I/O enabled, or if there is no free port.
    #[must_use]
    pub fn start(self) -> Server {
        let listener = self.listener.map_or_else(
            || TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            Ok,
        );
        let listener = listener.and_then(|listener| {
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((tokio::net::TcpListener::from_std(listener)?, address))
        });
        let (listener, address) = match listener {
            Ok(listening) => listening,
            Err(error) => fail(format_args!("cannot listen: {error}")),
        };
        #[cfg(feature = "http2")]
        let is_http2 = self.is_http2;
        #[cfg(all(feature = "tls", not(feature = "http2")))]
        let is_http2 = false;
        let security = Security {
            #[cfg(feature = "tls")]
            tls: self.tls.map(|certificate| {
                certificate.acceptor(if is_http2 { b"h2" } else { b"http/1.1" })
            }),
            #[cfg(feature = "http2")]
            is_http2,
        };
        let log = Arc::new(Log::new(self.limit));
        let source = Arc::new(Source::new(self.answers, self.otherwise));
        let link = {
            let (log, limit) = (Arc::clone(&log), self.limit);
            move |wire| Link {
                number: log.connected(),
                wire,
                log: Arc::clone(&log),
                source: Arc::clone(&source),
                limit,
            }
        };
        Server::run(listener, address, security, link, log)
    }

    /// Starts the server on a thread of its own, for tests that block.
    ///
    /// # Panics
    ///
    /// If there is no free port, or if the thread cannot be started.
    #[must_use]
    pub fn start_blocking(self) -> blocking::Server {
        blocking::Server::run(self)
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("answers", &self.answers)
            .field("otherwise", &self.otherwise)
            .finish_non_exhaustive()
    }
}

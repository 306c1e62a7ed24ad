//! [`Server`]: plays answers to whoever asks.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::answer::Answer;
use crate::builder::ServerBuilder;
use crate::exchange::Exchange;
use crate::http1;
#[cfg(feature = "http2")]
use crate::http2;
use crate::link::{Io, Link};
use crate::log::Log;
use crate::request::Request;
use crate::wire::Wire;

/// A server on a free port of the loopback interface, which answers each request by the next [`Answer`] of its script, and
/// keeps the requests.
///
/// It runs as a task of the runtime that it is started on, so it can share one thread, and one paused clock, with the client
/// under test. For tests that block, there is [`blocking::Server`](crate::blocking::Server). To drop it is to close it, with all
/// its connections.
///
/// Its answers are given to requests in the order in which these come, on whatever connection. Requests behind the last
/// answer are kept, and their connections closed, unless [`ServerBuilder::otherwise`] says what else to do.
///
/// # Waiting
///
/// Nothing here sleeps. What a test waits for is a signal, and each wait ends loudly, by a panic that tells what has
/// happened so far, if it takes longer than 30 seconds by the real clock ([`ServerBuilder::limit`]).
///
/// # Examples
///
/// ```
/// use sse_test_kit::{Answer, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// let server = Server::start([
///     Answer::redirect(307, "/there"),
///     Answer::status(503).header("Retry-After", "1"),
/// ]);
/// let response = reqwest::get(server.url("/here")).await?;
/// assert_eq!(response.status(), 503);
/// let requests = server.requests();
/// assert_eq!(requests[0].target(), "/here");
/// assert_eq!(requests[1].target(), "/there");
/// # Ok(())
/// # }
/// ```
pub struct Server {
    address: SocketAddr,
    is_tls: bool,
    log: Arc<Log>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts a server of HTTP/1.1 without TLS, with all defaults.
    ///
    /// # Panics
    ///
    /// If it is not called within a runtime of tokio that has I/O enabled, or if there is no free port.
    #[must_use]
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::builder().answers(answers).start()
    }

    /// Starts to build a server.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::new()
    }

    /// Returns the URL of a path, which begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the requests that have come so far, whole with their bodies.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.log.look(|happened| happened.requests.clone())
    }

    /// Returns how many connections have been accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.log.look(|happened| happened.connections)
    }

    /// Returns what clients have done wrong so far: what was no HTTP, what was cut, handshakes of TLS that have failed.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        self.log.look(|happened| happened.troubles.clone())
    }

    /// Waits for the request with that index, and returns it. The first is 0.
    ///
    /// # Panics
    ///
    /// If it does not come in time, as all that waits here.
    ///
    /// # Cancel safety
    ///
    /// To stop waiting changes nothing, as for all that waits here.
    pub async fn request(&self, index: usize) -> Request {
        self.log
            .wait(format!("request {index}"), |happened| {
                happened.requests.len() > index
            })
            .await;
        self.log.look(|happened| happened.requests[index].clone())
    }

    /// Waits until so many connections have been accepted.
    ///
    /// # Panics
    ///
    /// If that does not happen in time.
    pub async fn connected(&self, connections: usize) {
        self.log
            .wait(format!("{connections} connections"), |happened| {
                happened.connections >= connections
            })
            .await;
    }

    /// Waits until clients have closed, or reset, so many connections. Those that the server has ended do not count.
    ///
    /// # Panics
    ///
    /// If that does not happen in time.
    pub async fn closed(&self, connections: usize) {
        let what = format!("{connections} connections that the client has closed");
        self.log
            .wait(what, |happened| happened.closed >= connections)
            .await;
    }

    /// Waits until so many answers have been played to their end. One that holds ends when the client leaves.
    ///
    /// # Panics
    ///
    /// If that does not happen in time.
    pub async fn played(&self, answers: usize) {
        self.log
            .wait(format!("{answers} answers played"), |happened| {
                happened.played >= answers
            })
            .await;
    }

    /// Waits for a request that was not accepted before, and returns it, with a say in its answer if that is
    /// [live](Answer::live).
    ///
    /// # Panics
    ///
    /// If none comes in time.
    pub async fn accept(&self) -> Exchange {
        self.log.accept().await
    }

    pub(crate) fn run(
        listener: TcpListener,
        address: SocketAddr,
        security: Security,
        link: impl Fn(Wire) -> Link + Send + 'static,
        log: Arc<Log>,
    ) -> Self {
        let is_tls = security.is_tls();
        let task = tokio::spawn(async move {
            // Ends with this task.
            let mut connections = JoinSet::new();
            loop {
                let stream = tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => stream,
                        // The connection was reset before, or the process has too many. Others get their turn.
                        Err(_) => {
                            tokio::task::yield_now().await;
                            continue;
                        }
                    },
                    Some(_) = connections.join_next() => continue,
                };
                let link = link(Wire::new(stream));
                connections.spawn(serve(link, security.clone()));
            }
        });
        Self {
            address,
            is_tls,
            log,
            task,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

/// What comes between the socket and HTTP, and which HTTP that is.
#[derive(Clone)]
pub(crate) struct Security {
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<tokio_rustls::TlsAcceptor>,
    #[cfg(feature = "http2")]
    pub(crate) is_http2: bool,
}

impl Security {
    fn is_tls(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }
}

async fn serve(link: Link, security: Security) {
    let Security {
        #[cfg(feature = "tls")]
        tls,
        #[cfg(feature = "http2")]
        is_http2,
    } = security;
    if let Some(answer) = link.source.answer_at_accept() {
        return http1::act(Box::new(link.wire.clone()), &link, answer).await;
    }
    let io: Box<dyn Io> = Box::new(link.wire.clone());
    #[cfg(feature = "tls")]
    let io = match tls {
        Some(acceptor) => match acceptor.accept(io).await {
            Ok(io) => Box::new(io),
            Err(error) => {
                link.log.trouble(format!("no TLS: {error}"));
                link.log.closed();
                return;
            }
        },
        None => io,
    };
    #[cfg(feature = "http2")]
    if is_http2 {
        return http2::serve(io, &link).await;
    }
    http1::serve(io, &link).await;
}

//! The same for tests that block: a server on a thread of its own.
//!
//! It is for clients that are other programs, such as a built command, or that block. Time is real here, so a client with a
//! paused clock does not get on with it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::builder::ServerBuilder;
use crate::patience::fail;
use crate::request::Request;

/// A [`Server`](crate::Server) on a thread of its own, whose waits block.
///
/// # Panics
///
/// Every wait panics if it takes longer than 30 seconds ([`ServerBuilder::limit`]), or within async code.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use sse_test_kit::{Answer, blocking::Server};
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::start([Answer::stream("data: a\n\n").until_close()]);
/// let mut stream = TcpStream::connect(server.address())?;
/// stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
/// let mut response = String::new();
/// stream.read_to_string(&mut response)?;
/// assert!(response.ends_with("\r\n\r\ndata: a\n\n"));
/// # Ok(())
/// # }
/// ```
pub struct Server {
    server: crate::Server,
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server of HTTP/1.1 without TLS, with all defaults.
    #[must_use]
    pub fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        crate::Server::builder().answers(answers).start_blocking()
    }

    /// As [`Server::url`](crate::Server::url).
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.server.url(path)
    }

    /// As [`Server::address`](crate::Server::address).
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// As [`Server::requests`](crate::Server::requests).
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// As [`Server::connections`](crate::Server::connections).
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// As [`Server::troubles`](crate::Server::troubles).
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        self.server.troubles()
    }

    /// As [`Server::request`](crate::Server::request).
    #[must_use]
    pub fn request(&self, index: usize) -> Request {
        self.handle.block_on(self.server.request(index))
    }

    /// As [`Server::connected`](crate::Server::connected).
    pub fn connected(&self, connections: usize) {
        self.handle.block_on(self.server.connected(connections));
    }

    /// As [`Server::closed`](crate::Server::closed).
    pub fn closed(&self, connections: usize) {
        self.handle.block_on(self.server.closed(connections));
    }

    /// As [`Server::played`](crate::Server::played).
    pub fn played(&self, answers: usize) {
        self.handle.block_on(self.server.played(answers));
    }

    /// As [`Server::accept`](crate::Server::accept).
    #[must_use]
    pub fn accept(&self) -> Exchange {
        Exchange {
            exchange: self.handle.block_on(self.server.accept()),
            handle: self.handle.clone(),
        }
    }

    pub(crate) fn run(builder: ServerBuilder) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (started, starts) = mpsc::channel();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => fail(format_args!("cannot start a runtime: {error}")),
            };
            runtime.block_on(async {
                // The caller waits for it.
                let _ = started.send((builder.start(), Handle::current()));
                // Or dropped, which comes to the same.
                let _ = stopped.await;
            });
        };
        let thread = thread::Builder::new()
            .name("sse-test-kit server".to_owned())
            .spawn(run);
        let thread = match thread {
            Ok(thread) => thread,
            Err(error) => fail(format_args!("cannot start a thread: {error}")),
        };
        match starts.recv() {
            Ok((server, handle)) => Self {
                server,
                handle,
                stop: Some(stop),
                thread: Some(thread),
            },
            Err(_) => fail("the server has not started"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // If it has panicked, that is told already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

/// An [`Exchange`](crate::Exchange) of a server on a thread of its own, whose waits block.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use sse_test_kit::{Answer, Server};
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::builder().otherwise(Answer::live()).start_blocking();
/// let mut stream = TcpStream::connect(server.address())?;
/// stream.write_all(b"GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
///
/// let exchange = server.accept();
/// assert_eq!(exchange.request().target(), "/a");
/// exchange.play(Answer::stream("data: a\n\n"));
/// exchange.sent();
/// exchange.cut();
/// let mut response = String::new();
/// stream.read_to_string(&mut response)?;
/// // One chunk, and not the last.
/// assert!(response.ends_with("9\r\ndata: a\n\n\r\n"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Exchange {
    exchange: crate::Exchange,
    handle: Handle,
}

impl Exchange {
    /// As [`Exchange::request`](crate::Exchange::request).
    #[must_use]
    pub fn request(&self) -> &Request {
        self.exchange.request()
    }

    /// As [`Exchange::play`](crate::Exchange::play).
    pub fn play(&self, answer: Answer) {
        self.exchange.play(answer);
    }

    /// As [`Exchange::send`](crate::Exchange::send).
    pub fn send(&self, bytes: impl Into<Bytes>) {
        self.exchange.send(bytes);
    }

    /// As [`Exchange::cut`](crate::Exchange::cut).
    pub fn cut(self) {
        self.exchange.cut();
    }

    /// As [`Exchange::reset`](crate::Exchange::reset).
    pub fn reset(self) {
        self.exchange.reset();
    }

    /// As [`Exchange::sent`](crate::Exchange::sent).
    pub fn sent(&self) {
        self.handle.block_on(self.exchange.sent());
    }

    /// As [`Exchange::closed`](crate::Exchange::closed).
    pub fn closed(&self) {
        self.handle.block_on(self.exchange.closed());
    }
}

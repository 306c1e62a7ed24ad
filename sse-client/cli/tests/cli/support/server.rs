//! A server of raw bytes. The test is its script: it accepts, reads the request, and sends what it likes.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::PATIENCE;

/// A listener on a free port of the loopback interface.
pub(crate) struct Server {
    address: SocketAddr,
    accepted: Receiver<TcpStream>,
}

/// A connection whose request was read.
pub(crate) struct Connection {
    stream: TcpStream,
    /// The request line and the header lines, as they came.
    pub(crate) request: Vec<String>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    /// Starts on a listener that was made before.
    pub(crate) fn on(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("an address");
        let (sender, accepted) = mpsc::channel();
        // Ends with the test's process. It holds a port till then, and nothing else.
        thread::spawn(move || {
            for stream in listener.incoming() {
                if sender.send(stream.expect("a connection")).is_err() {
                    return;
                }
            }
        });
        Self { address, accepted }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Waits for the next connection and reads its request.
    pub(crate) fn accept(&self) -> Connection {
        let stream = self
            .accepted
            .recv_timeout(PATIENCE)
            .expect("no connection came");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        let mut request = Vec::new();
        for line in BufReader::new(&stream).lines() {
            match line.expect("a request") {
                end if end.is_empty() => break,
                line => request.push(line),
            }
        }
        Connection { stream, request }
    }

    /// Waits for the next connection, and answers it with the head of an event stream.
    pub(crate) fn accept_stream(&self) -> Connection {
        let mut connection = self.accept();
        connection.send(STREAM_HEAD);
        connection
    }

    /// Waits for the next connection, and answers it with a whole response that has no body.
    pub(crate) fn answer(&self, status: &str, headers: &str) -> Connection {
        let mut connection = self.accept();
        connection.send(&format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n"
        ));
        connection
    }

    /// Says whether a connection waits that nobody has accepted.
    pub(crate) fn has_more(&self) -> bool {
        self.accepted.try_recv().is_ok()
    }
}

impl Connection {
    pub(crate) fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the client reads");
    }

    /// Returns the value of a header of the request.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.request.iter().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end too.
        if let Err(error) = self.stream.read_to_end(&mut rest) {
            assert_eq!(
                error.kind(),
                ErrorKind::ConnectionReset,
                "the connection stays open: {error}"
            );
        }
    }
}

/// A port on which nobody listens yet: connections are refused, and no other process can take it.
#[cfg(unix)]
pub(crate) struct Closed {
    socket: std::os::fd::OwnedFd,
    address: SocketAddr,
}

#[cfg(unix)]
impl Closed {
    pub(crate) fn new() -> Self {
        use rustix::net;

        let socket = net::socket_with(
            net::AddressFamily::INET,
            net::SocketType::STREAM,
            net::SocketFlags::CLOEXEC,
            None,
        )
        .expect("a socket");
        net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let address = net::getsockname(&socket).expect("an address");
        Self {
            socket,
            address: address.try_into().expect("an address of the internet"),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn open(self) -> Server {
        rustix::net::listen(&self.socket, 16).expect("listening");
        Server::on(TcpListener::from(self.socket))
    }
}

/// The body ends with the connection.
const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

//! [`Server`]: raw bytes over TCP, and the requests as they came.
//!
//! The test kit's server would not do here. It refuses what HTTP forbids, as servers should, and a browser does not keep to that:
//! Chromium sends a last event ID with control characters as it is, which is one of the things that are to be seen.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::set_socket_linger;

/// A listener on a free port of the loopback interface.
pub(crate) struct Server(TcpListener);

/// The head of a request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, with the query if there is one.
    pub(crate) path: String,
    headers: Vec<(String, Vec<u8>)>,
}

/// A connection whose request was read. When it is dropped it is closed, by which the response ends.
pub(crate) struct Connection(TcpStream);

impl Server {
    pub(crate) fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a free port"))
    }

    /// The origin, without a slash at its end.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("an address"))
    }

    /// Serves until the process ends. Each connection carries one request, which is answered on a thread of its own.
    pub(crate) fn serve(self, answer: impl Fn(&Request, Connection) + Send + Sync + 'static) {
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in self.0.incoming() {
                let (answer, stream) = (Arc::clone(&answer), stream.expect("a connection"));
                thread::spawn(move || {
                    // Browsers open connections ahead, and then may not need them.
                    if let Some(request) = read_request(&stream) {
                        answer(&request, Connection(stream));
                    }
                });
            }
        });
    }
}

impl Request {
    /// The values of a header as they came, without space around them.
    pub(crate) fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        (self.headers.iter())
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| &value[..])
    }
}

impl Connection {
    /// Sends bytes at once. If the client has left there is nobody to tell, so that is no failure.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.0.write_all(bytes.as_ref());
    }

    /// Sends a whole response.
    pub(crate) fn answer(mut self, status: &str, content_type: &str, body: &str) {
        let length = body.len();
        self.send(format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ));
    }

    /// Closes the connection by a reset.
    pub(crate) fn reset(self) {
        set_socket_linger(&self.0, Some(Duration::ZERO)).expect("a socket has this option");
    }

    /// Waits until the client closes the connection, and returns whether it has done so in time.
    pub(crate) fn client_closes_within(mut self, time: Duration) -> bool {
        self.0.set_read_timeout(Some(time)).expect("a timeout");
        match self.0.read_to_end(&mut Vec::new()) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    stream.set_nodelay(true).ok()?;
    let mut lines = BufReader::new(stream).split(b'\n');
    let mut line = move || {
        let mut line = lines.next()?.ok()?;
        (line.pop() == Some(b'\r')).then_some(line)
    };
    let first = String::from_utf8(line()?).ok()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        if line.is_empty() {
            return Some(Request {
                method,
                path,
                headers,
            });
        }
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = String::from_utf8(line[..colon].to_vec()).ok()?;
        headers.push((name, line[colon + 1..].trim_ascii().to_vec()));
    }
}

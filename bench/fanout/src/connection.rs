//! [`Connection`]: a client of an event stream, which checks every event that it gets.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use sse_codec::Parser;

/// What a [`Connection`] tells of what it has read.
pub trait Events {
    /// An event has come, with the number that was published and the time of that.
    fn event(&mut self, number: u64, published: u64);
}

/// A stream that is read, without waiting.
pub struct Connection {
    pub socket: TcpStream,
    /// The head of the answer as far as it is there. `None` once it is complete.
    head: Option<Vec<u8>>,
    chunk: Chunk,
    parser: Parser,
    /// The number that has to come next.
    pub next: u64,
    /// The head of the answer is there.
    pub opened: bool,
    /// The stream is over, or the connection.
    pub ended: bool,
    /// An event came in the wrong order, or after others that never came.
    pub disordered: bool,
}

#[derive(Clone, Copy)]
enum Chunk {
    /// In the line that says how long it is.
    Size(usize),
    Data(usize),
    /// Between the data and the next line.
    LineEnd,
}

impl Connection {
    /// Connects and asks for the stream, waiting for neither answer nor event.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let mut socket = TcpStream::connect(address)?;
        let request = format!(
            "GET /events HTTP/1.1\r\nhost: localhost:{}\r\naccept: text/event-stream\r\n\r\n",
            address.port()
        );
        socket.write_all(request.as_bytes())?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            head: Some(Vec::new()),
            chunk: Chunk::Size(0),
            parser: Parser::new(),
            next: 0,
            opened: false,
            ended: false,
            disordered: false,
        })
    }

    /// Reads what is there.
    pub fn read(&mut self, buffer: &mut [u8], events: &mut impl Events) {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => self.ended = true,
                Ok(read) => {
                    let bytes = buffer.get(..read).unwrap_or_default();
                    self.take(bytes, events);
                    if read == buffer.len() {
                        continue;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => self.ended |= error.kind() != io::ErrorKind::WouldBlock,
            }
            return;
        }
    }

    fn take(&mut self, bytes: &[u8], events: &mut impl Events) {
        let Some(mut head) = self.head.take() else {
            return self.unchunk(bytes, events);
        };
        head.extend_from_slice(bytes);
        match head.windows(4).position(|end| end == b"\r\n\r\n") {
            Some(end) => {
                assert!(
                    head.starts_with(b"HTTP/1.1 200 "),
                    "the stream is refused: {}",
                    String::from_utf8_lossy(&head)
                );
                self.opened = true;
                self.unchunk(&head.split_off(end + 4), events);
            }
            None => self.head = Some(head),
        }
    }

    fn unchunk(&mut self, mut bytes: &[u8], events: &mut impl Events) {
        while let Some((first, rest)) = bytes.split_first() {
            match self.chunk {
                Chunk::Size(size) => {
                    bytes = rest;
                    self.chunk = match char::from(*first).to_digit(16) {
                        Some(digit) => Chunk::Size(size * 16 + digit as usize),
                        None if *first == b'\n' => {
                            // The last one is empty.
                            self.ended |= size == 0;
                            Chunk::Data(size)
                        }
                        None => Chunk::Size(size),
                    };
                }
                Chunk::Data(0) | Chunk::LineEnd => {
                    bytes = rest;
                    self.chunk = if *first == b'\n' {
                        Chunk::Size(0)
                    } else {
                        Chunk::LineEnd
                    };
                }
                Chunk::Data(size) => {
                    let (data, rest) = bytes.split_at(size.min(bytes.len()));
                    bytes = rest;
                    self.chunk = Chunk::Data(size - data.len());
                    self.parse(data, events);
                }
            }
        }
    }

    fn parse(&mut self, data: &[u8], events: &mut impl Events) {
        let mut parsed = self.parser.feed(data);
        while let Ok(Some(event)) = parsed.next() {
            let Some((number, published)) = numbers(event.data()) else {
                self.disordered = true;
                continue;
            };
            self.disordered |= number != self.next;
            self.next = number + 1;
            events.event(number, published);
        }
    }
}

/// Makes the data of an event: its number, the time in nanoseconds, and what it takes to be `size` bytes long.
pub fn data(number: u64, published: u64, size: usize) -> String {
    let mut data = format!("{number} {published} ");
    let letters = (b'a'..=b'z').cycle().map(char::from);
    data.extend(letters.take(size.saturating_sub(data.len())));
    data
}

fn numbers(data: &str) -> Option<(u64, u64)> {
    let mut words = data.splitn(3, ' ');
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

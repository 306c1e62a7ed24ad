//! [`Server`]: a server in a process of its own, and what it has used.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::server::Kind;

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// For what is not a stream.
    socket: TcpStream,
    /// What has come for the answers that are not read yet.
    answers: Vec<u8>,
}

/// Processor time, in seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    pub user: f64,
    pub system: f64,
}

impl Cpu {
    pub fn total(self) -> f64 {
        self.user + self.system
    }

    pub fn since(self, before: Self) -> Self {
        Self {
            user: self.user - before.user,
            system: self.system - before.system,
        }
    }
}

impl Server {
    /// Starts this program again, as a server. With one thread it stays on the first processor.
    pub fn start(kind: Kind, threads: usize) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["server", kind.name(), &threads.to_string()])
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line
            .trim()
            .parse()
            .map_err(|_| io::Error::other("the server did not start"))?;
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            child,
            address,
            socket,
            answers: Vec::new(),
        })
    }

    /// Sends some requests at once, and returns the last answer.
    pub fn post<'a>(
        &mut self,
        path: &str,
        bodies: impl IntoIterator<Item = &'a str>,
    ) -> io::Result<String> {
        let mut requests = String::new();
        let mut answer = String::new();
        let mut waiting = 0;
        for body in bodies {
            waiting += 1;
            let (port, len) = (self.address.port(), body.len());
            requests.push_str(&format!("POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\ncontent-length: {len}\r\n\r\n{body}"));
        }
        self.socket.write_all(requests.as_bytes())?;
        while waiting > 0 {
            if let Some(whole) = self.take_answer() {
                answer = whole;
                waiting -= 1;
                continue;
            }
            let mut buffer = [0; 8192];
            let read = self.socket.read(&mut buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.answers
                .extend_from_slice(buffer.get(..read).unwrap_or_default());
        }
        Ok(answer)
    }

    /// Takes the body of the next answer, if it is there in full.
    fn take_answer(&mut self) -> Option<String> {
        let text = std::str::from_utf8(&self.answers).ok()?;
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let len = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))?
            .parse()
            .ok()?;
        let body = rest.get(..len)?.to_owned();
        let used = head.len() + 4 + len;
        self.answers.drain(..used);
        Some(body)
    }

    /// What it has used so far, in steps of a hundredth of a second.
    pub fn cpu(&self) -> io::Result<Cpu> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name stands in parentheses, and may hold anything.
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let mut times = fields
            .split(' ')
            .skip(11)
            .map(|field| field.parse::<f64>().unwrap_or(0.0) / 100.0);
        Ok(Cpu {
            user: times.next().unwrap_or(0.0),
            system: times.next().unwrap_or(0.0),
        })
    }

    /// The memory that it has, in bytes, without what the kernel holds for its sockets.
    pub fn memory(&self) -> io::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Ok(kilobytes.unwrap_or(0) * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! [`Load`]: what is done to a server, and [`Run`]: what came of it.

use std::io;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_recv_buffer_size;

use crate::connection::data;
use crate::process::{Cpu, Server};
use crate::readers::{Readers, now};
use crate::server::Kind;

/// What is done to a server.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    pub connections: usize,
    /// Bytes of data of an event.
    pub size: usize,
    pub pace: Pace,
    /// Connections that never read, besides.
    pub stuck: usize,
    /// How many threads the server has.
    pub threads: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// At most so many events are published that not everybody has yet; so many are published at once.
    Window(u64, u64),
    /// So many events a second.
    Rate(u64),
}

/// What one run has shown.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub deliveries: u64,
    pub cpu: Cpu,
    pub seconds: f64,
    /// From publishing to reading, in milliseconds.
    pub p50: f64,
    pub p99: f64,
    /// Bytes of memory of each connection while nothing happens.
    pub idle: f64,
    /// Bytes of memory that came on top while there was traffic.
    pub grown: f64,
    /// How long publishing took inside the server, in microseconds: half of the times, and 99 of a hundred.
    pub publish: (f64, f64),
}

impl Run {
    /// Deliveries for each second of processor time.
    pub fn rate(&self) -> f64 {
        self.deliveries as f64 / self.cpu.total().max(0.01)
    }

    /// User time for each delivery, in microseconds.
    pub fn user(&self) -> f64 {
        self.cpu.user * 1e6 / self.deliveries.max(1) as f64
    }
}

impl Load {
    /// Runs until the server has used so many seconds of processor time. Fails if a connection misses anything.
    pub fn run(&self, kind: Kind, seconds: f64) -> io::Result<Run> {
        let mut server = Server::start(kind, self.threads)?;
        let empty = server.memory()?;
        let readers = Readers::start(
            server.address,
            self.connections,
            READER_THREADS,
            self.threads == 1,
        );
        wait_until("the connections are open", || {
            readers.opened() >= self.connections
        })?;
        let _stuck = self.stick(&server)?;
        // Until what was needed for opening them is given back.
        thread::sleep(Duration::from_millis(500));
        let idle = server.memory()?;

        self.publish(&mut server, 0, 1)?;
        wait_until("everybody has the first event", || readers.all_have(0))?;
        thread::sleep(Duration::from_millis(200));
        let (cpu, start) = (server.cpu()?, Instant::now());
        let mut published = 0;
        while published % 16 != 0 || published < 32 || server.cpu()?.since(cpu).total() < seconds {
            match self.pace {
                Pace::Window(window, burst) => {
                    let needed = (published + burst).saturating_sub(window);
                    wait_until("everybody has an event", || readers.all_have(needed))?;
                    self.publish(&mut server, published + 1, burst)?;
                    published += burst;
                }
                Pace::Rate(rate) => {
                    let due = Duration::from_nanos(1_000_000_000 / rate * published);
                    thread::sleep(due.saturating_sub(start.elapsed()));
                    self.publish(&mut server, published + 1, 1)?;
                    published += 1;
                }
            }
        }
        wait_until("everybody has the last event", || {
            readers.all_have(published)
        })?;
        let (cpu, elapsed) = (server.cpu()?.since(cpu), start.elapsed());
        let grown = server.memory()?;
        let times = server.post("/times", [""])?;
        let read = readers.stop()?;
        let complete = |(next, ordered): &(u64, bool)| *next == published + 1 && *ordered;
        if !read.connections.iter().all(complete) {
            return Err(io::Error::other(format!(
                "{}: events are missing or out of order",
                kind.name()
            )));
        }
        let mut times = times
            .split(' ')
            .map(|time| time.parse().unwrap_or(0.0) / 1e3);
        Ok(Run {
            deliveries: published * self.connections as u64,
            cpu,
            seconds: elapsed.as_secs_f64(),
            p50: read.latencies.per_mille(500) as f64 / 1e6,
            p99: read.latencies.per_mille(990) as f64 / 1e6,
            idle: idle.saturating_sub(empty) as f64 / (self.connections + self.stuck) as f64,
            grown: grown.saturating_sub(idle) as f64,
            publish: (times.next().unwrap_or(0.0), times.next().unwrap_or(0.0)),
        })
    }

    fn publish(&self, server: &mut Server, first: u64, count: u64) -> io::Result<()> {
        let data: Vec<String> = (first..first + count)
            .map(|number| data(number, now(), self.size))
            .collect();
        server.post("/publish", data.iter().map(String::as_str))?;
        Ok(())
    }

    /// Opens the connections that never read.
    fn stick(&self, server: &Server) -> io::Result<Vec<TcpStream>> {
        let stick = |_| {
            let connection = crate::connection::Connection::open(server.address)?;
            set_socket_recv_buffer_size(&connection.socket, 4096)?;
            Ok(connection.socket)
        };
        (0..self.stuck).map(stick).collect()
    }
}

/// What it takes for a crowd to come at once, and to be sent away: seconds until all have an answer, and until all
/// streams have ended, for each of the windows that were asked for.
pub fn crowd(kind: Kind, connections: usize, window: Duration) -> io::Result<(f64, f64)> {
    let mut server = Server::start(kind, 1)?;
    let start = Instant::now();
    let readers = Readers::start(server.address, connections, READER_THREADS, false);
    wait_until("the connections are open", || {
        readers.opened() >= connections
    })?;
    let opened = start.elapsed().as_secs_f64();
    thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    server.post("/drain", [window.as_millis().to_string().as_str()])?;
    wait_until("the streams have ended", || readers.ended() >= connections)?;
    let ended = start.elapsed().as_secs_f64();
    readers.stop()?;
    Ok((opened, ended))
}

fn wait_until(what: &str, done: impl Fn() -> bool) -> io::Result<()> {
    let start = Instant::now();
    while !done() {
        if start.elapsed() > Duration::from_secs(60) {
            return Err(io::Error::other(format!(
                "a minute has passed, and it is not so that {what}"
            )));
        }
        thread::sleep(Duration::from_micros(20));
    }
    Ok(())
}

const READER_THREADS: usize = 2;

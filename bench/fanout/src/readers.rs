//! [`Readers`]: threads that open connections and read them, and count what they get.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::connection::{Connection, Events};
use crate::histogram::Histogram;

pub struct Readers {
    counts: Vec<Arc<Counts>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<io::Result<Read>>>,
    connections: u64,
}

/// What one thread has counted so far.
struct Counts {
    opened: AtomicUsize,
    ended: AtomicUsize,
    /// How often each event has come, by its number modulo the length.
    arrivals: Vec<AtomicU64>,
}

/// What was read in the end.
#[derive(Default)]
pub struct Read {
    pub latencies: Histogram,
    /// The number behind the last event of each connection, and whether all came in their order.
    pub connections: Vec<(u64, bool)>,
}

impl Readers {
    /// Starts to open connections to a server and to read them. If they are to `spin`, the threads never sleep, so that
    /// a server on the same machine does not pay for waking them, which it would not over a network.
    pub fn start(address: SocketAddr, connections: usize, threads: usize, spin: bool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let mut readers = Self {
            counts: Vec::new(),
            stop,
            threads: Vec::new(),
            connections: connections as u64,
        };
        for thread in 0..threads {
            let share = connections / threads + usize::from(thread < connections % threads);
            let counts = Arc::new(Counts {
                opened: AtomicUsize::new(0),
                ended: AtomicUsize::new(0),
                arrivals: (0..LAPS_AFTER).map(|_| AtomicU64::new(0)).collect(),
            });
            readers.counts.push(Arc::clone(&counts));
            let stop = Arc::clone(&readers.stop);
            let read = move || read(address, share, spin, &counts, &stop);
            readers.threads.push(thread::spawn(read));
        }
        readers
    }

    pub fn opened(&self) -> usize {
        self.counts
            .iter()
            .map(|counts| counts.opened.load(Ordering::Relaxed))
            .sum()
    }

    pub fn ended(&self) -> usize {
        self.counts
            .iter()
            .map(|counts| counts.ended.load(Ordering::Relaxed))
            .sum()
    }

    /// Whether everybody has an event. Right as long as fewer than [`LAPS_AFTER`] are under way.
    pub fn all_have(&self, number: u64) -> bool {
        let slot = usize::try_from(number).unwrap_or_default() % LAPS_AFTER;
        let lap = number / LAPS_AFTER as u64 + 1;
        let arrived = |counts: &Arc<Counts>| {
            counts
                .arrivals
                .get(slot)
                .map_or(0, |count| count.load(Ordering::Relaxed))
        };
        self.counts.iter().map(arrived).sum::<u64>() >= lap * self.connections
    }

    /// Ends the threads, which closes the connections.
    pub fn stop(self) -> io::Result<Read> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Read::default();
        for thread in self.threads {
            let read = thread
                .join()
                .map_err(|_| io::Error::other("a reader has panicked"))??;
            all.latencies.add(&read.latencies);
            all.connections.extend(read.connections);
        }
        Ok(all)
    }
}

/// Nanoseconds of a clock that all processes of the machine share.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    u64::try_from(now.tv_sec).unwrap_or_default() * 1_000_000_000
        + u64::try_from(now.tv_nsec).unwrap_or_default()
}

fn read(
    address: SocketAddr,
    share: usize,
    spin: bool,
    counts: &Counts,
    stop: &AtomicBool,
) -> io::Result<Read> {
    if spin {
        leave_the_first_processor()?;
    }
    let mut reading = Reading {
        epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
        connections: Vec::with_capacity(share),
        tally: Tally {
            counts,
            latencies: Histogram::default(),
            now: 0,
        },
        ready: Vec::with_capacity(512),
        buffer: vec![0; 256 * 1024],
    };
    while reading.connections.len() < share {
        reading.open(address)?;
        if reading.connections.len() % 16 == 0 {
            reading.turn(0)?;
        }
    }
    while !stop.load(Ordering::Relaxed) {
        reading.turn(if spin { 0 } else { 10_000_000 })?;
    }
    let of = |connection: &Connection| (connection.next, !connection.disordered);
    Ok(Read {
        latencies: reading.tally.latencies,
        connections: reading.connections.iter().map(of).collect(),
    })
}

/// Leaves it to the server, which keeps to it.
fn leave_the_first_processor() -> io::Result<()> {
    let mut others = CpuSet::new();
    for processor in 1..thread::available_parallelism()?.get() {
        others.set(processor);
    }
    if others.count() > 0 {
        sched_setaffinity(None, &others)?;
    }
    Ok(())
}

struct Reading<'a> {
    epoll: OwnedFd,
    connections: Vec<Connection>,
    tally: Tally<'a>,
    ready: Vec<epoll::Event>,
    buffer: Vec<u8>,
}

impl Reading<'_> {
    fn open(&mut self, address: SocketAddr) -> io::Result<()> {
        let connection = Connection::open(address)?;
        let place = epoll::EventData::new_u64(self.connections.len() as u64);
        epoll::add(
            &self.epoll,
            &connection.socket,
            place,
            epoll::EventFlags::IN,
        )?;
        self.connections.push(connection);
        Ok(())
    }

    fn turn(&mut self, nanoseconds: i64) -> io::Result<()> {
        self.ready.clear();
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: nanoseconds,
        };
        match epoll::wait(&self.epoll, spare_capacity(&mut self.ready), Some(&timeout)) {
            Err(rustix::io::Errno::INTR) => return Ok(()),
            result => result?,
        };
        for event in &self.ready {
            let place = usize::try_from(event.data.u64()).unwrap_or_default();
            let Some(connection) = self
                .connections
                .get_mut(place)
                .filter(|connection| !connection.ended)
            else {
                continue;
            };
            let opened = connection.opened;
            self.tally.now = now();
            connection.read(&mut self.buffer, &mut self.tally);
            let counts = self.tally.counts;
            counts
                .opened
                .fetch_add(usize::from(connection.opened && !opened), Ordering::Relaxed);
            if connection.ended {
                epoll::delete(&self.epoll, &connection.socket)?;
            }
            counts
                .ended
                .fetch_add(usize::from(connection.ended), Ordering::Relaxed);
        }
        Ok(())
    }
}

struct Tally<'a> {
    counts: &'a Counts,
    latencies: Histogram,
    now: u64,
}

impl Events for Tally<'_> {
    fn event(&mut self, number: u64, published: u64) {
        let slot = usize::try_from(number).unwrap_or_default() % LAPS_AFTER;
        if let Some(count) = self.counts.arrivals.get(slot) {
            // Only this thread writes here.
            count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        if number > 0 {
            self.latencies.count(self.now.saturating_sub(published));
        }
    }
}

/// More than are ever under way.
const LAPS_AFTER: usize = 1024;

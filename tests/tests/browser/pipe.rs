//! Pipes from other processes, read so that waiting can be bounded.

use std::io::{BufRead, BufReader, Read};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Reads what a pipe brings on a thread of its own, which ends with the pipe.
pub(crate) fn records<T: Send + 'static>(
    pipe: impl Read + Send + 'static,
    end: u8,
    convert: impl Fn(&[u8]) -> T + Send + 'static,
) -> Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for record in BufReader::new(pipe).split(end) {
            let Ok(record) = record else { return };
            // Nobody may want them any more, but they are read all the same: a full pipe would hold the other end up.
            let _ = sender.send(convert(&record));
        }
    });
    receiver
}

/// The lines of a pipe.
pub(crate) fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    records(pipe, b'\n', |line| {
        String::from_utf8_lossy(line).into_owned()
    })
}

/// Returns whether the other end of a pipe closes in time.
pub(crate) fn closes_within<T>(time: Duration, pipe: &Receiver<T>) -> bool {
    let deadline = Instant::now() + time;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match pipe.recv_timeout(left) {
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

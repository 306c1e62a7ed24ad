//! Standard output, written from another thread: a reader that stalls must not keep the command from seeing a signal.

use std::io::{self, Write as _};
use std::mem;

use tokio::task::JoinHandle;

/// Standard output.
#[derive(Debug, Default)]
pub(super) struct Stdout {
    /// The write that is going on. It gives the buffer back, empty.
    running: Option<JoinHandle<io::Result<Vec<u8>>>>,
}

impl Stdout {
    /// Writes all of `buffer` and empties it. A write that a dropped future has left running is waited for first.
    pub(super) async fn write(&mut self, buffer: &mut Vec<u8>) -> io::Result<()> {
        loop {
            if let Some(running) = &mut self.running {
                let result = running.await;
                self.running = None;
                let spare = result.map_err(io::Error::other)??;
                if buffer.capacity() == 0 {
                    *buffer = spare;
                }
            }
            if buffer.is_empty() {
                return Ok(());
            }
            let full = mem::take(buffer);
            self.running = Some(tokio::task::spawn_blocking(move || write_all(full)));
        }
    }
}

fn write_all(mut buffer: Vec<u8>) -> io::Result<Vec<u8>> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(&buffer)?;
    stdout.flush()?;
    buffer.clear();
    // One huge event must not cost its memory for ever.
    buffer.shrink_to(KEPT);
    Ok(buffer)
}

/// The capacity that a buffer keeps, in bytes.
const KEPT: usize = 256 * 1024;

/// Waits until whoever reads standard output has closed it, for ever if that cannot be seen (a file, for example).
///
/// Without it, `sse-client URL | head -n 1` would sit there until the stream's next event.
#[cfg(unix)]
pub(crate) async fn reader_left() {
    use std::os::fd::AsFd as _;
    use tokio::io::Interest;
    use tokio::net::unix::pipe::Sender;

    // Unchecked leaves it a descriptor that blocks, which it has to stay: other processes may share it. Nothing is
    // written by way of this one. A file cannot be registered, but has no reader that could leave either.
    let stdout = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .and_then(Sender::from_owned_fd_unchecked);
    if let Ok(stdout) = stdout {
        if stdout.ready(Interest::ERROR).await.is_ok() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Waits for ever: only a write tells that the reader has gone.
#[cfg(not(unix))]
pub(crate) async fn reader_left() {
    std::future::pending::<()>().await;
}

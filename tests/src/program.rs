//! [`Program`]: a program on the other end of the wire. Every wait for it is bounded, fails with all that it has said, and
//! leaves nothing running.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before a test fails. Long enough for a machine that is busy with other tests, short enough to see
/// a test fail.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. Killed when dropped, so also when a test panics.
///
/// Its standard input is a pipe that stays open as long as this lives. So a program that ends at the end of its input cannot
/// outlive a test process that was killed.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    said: Arc<Said>,
    /// How much of each of the two outputs was waited for and handed out.
    read: [usize; 2],
}

/// How a program has ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; `None` if a signal has ended it.
    pub code: Option<i32>,
    /// Everything on its standard output.
    pub stdout: String,
    /// Everything on its standard error.
    pub stderr: String,
}

/// The two outputs of a program.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

impl Program {
    /// Starts a program by its name or path, with these arguments.
    ///
    /// # Panics
    ///
    /// If it cannot be started. If there is no such program, the message says how to install it.
    #[must_use]
    pub fn start<A: AsRef<OsStr>>(
        path: impl AsRef<OsStr>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut command = Command::new(path);
        command.args(arguments);
        let name = format!("{command:?}");
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            let advice = match error.kind() {
                ErrorKind::NotFound => "; run scripts/setup, which installs what the tests need",
                _ => "",
            };
            panic!("cannot start {name}: {error}{advice}")
        });
        let said = Arc::new(Said::default());
        if let Some(stdout) = child.stdout.take() {
            said.listen(Output::Stdout, stdout);
        }
        if let Some(stderr) = child.stderr.take() {
            said.listen(Output::Stderr, stderr);
        }
        Self {
            name,
            stdin: child.stdin.take(),
            child,
            said,
            read: [0; 2],
        }
    }

    /// Waits for the next line on standard output.
    ///
    /// # Panics
    ///
    /// If none comes, or if it is not UTF-8.
    pub fn line(&mut self) -> String {
        self.line_on(Output::Stdout)
    }

    /// Waits for the next line on one of the outputs, without its line end.
    ///
    /// # Panics
    ///
    /// If none comes, or if it is not UTF-8.
    pub fn line_on(&mut self, output: Output) -> String {
        let at = self.read[output as usize];
        let line = self.wait(&format!("a line on {output:?}"), |streams| {
            let rest = &streams[output as usize].bytes[at..];
            let end = rest.iter().position(|&byte| byte == b'\n')?;
            Some(rest[..end].to_vec())
        });
        self.read[output as usize] += line.len() + 1;
        let line = String::from_utf8(line);
        line.unwrap_or_else(|error| self.give_up(&format!("a line of UTF-8: {error}")))
    }

    /// Waits for a line on one of the outputs that contains this text, and skips those before it.
    ///
    /// # Panics
    ///
    /// If none comes.
    pub fn line_with(&mut self, output: Output, text: &str) -> String {
        loop {
            let line = self.line_on(output);
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Writes bytes to its standard input.
    ///
    /// # Panics
    ///
    /// If it has closed that.
    pub fn write(&mut self, bytes: &[u8]) {
        let Some(stdin) = &mut self.stdin else {
            panic!("the standard input of {} was closed before", self.name);
        };
        let written = stdin.write_all(bytes).and_then(|()| stdin.flush());
        if let Err(error) = written {
            self.give_up(&format!("it to read its standard input: {error}"));
        }
    }

    /// Writes a line to its standard input.
    ///
    /// # Panics
    ///
    /// If it has closed that.
    pub fn say(&mut self, line: &str) {
        self.write(format!("{line}\n").as_bytes());
    }

    /// Ends its standard input.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// If it has ended before.
    pub fn signal(&mut self, signal: Signal) {
        if let Err(error) = kill_process(Pid::from_child(&self.child), signal) {
            self.give_up(&format!("it to take a signal: {error}"));
        }
    }

    /// Asks it to end, and waits for that; kills it if it takes too long. Does not panic, so it can be called when dropped.
    pub fn terminate(mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        self.reap(Instant::now() + PATIENCE);
    }

    /// Waits for its end.
    ///
    /// # Panics
    ///
    /// If that does not come.
    #[must_use]
    pub fn end(mut self) -> Ended {
        let both = self.wait("its end", |streams| {
            let [stdout, stderr] = streams;
            (stdout.ended && stderr.ended).then(|| [stdout.bytes.clone(), stderr.bytes.clone()])
        });
        let [stdout, stderr] = both.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        // Both pipes are closed, so it has ended or is about to.
        let Some(status) = self.reap(Instant::now() + PATIENCE) else {
            self.give_up("its end")
        };
        Ended {
            code: status.code(),
            stdout,
            stderr,
        }
    }

    /// Waits until `found` finds something in what was said.
    fn wait<T>(&self, what: &str, mut found: impl FnMut(&[Stream; 2]) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut streams = self.said.lock();
        loop {
            if let Some(found) = found(&streams) {
                return found;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || streams.iter().all(|stream| stream.ended) {
                drop(streams);
                self.give_up(what);
            }
            (streams, _) = self
                .said
                .more
                .wait_timeout(streams, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Fails the test, with all that the program has said.
    fn give_up(&self, what: &str) -> ! {
        let mut message = format!("waited in vain for {what}, from {}", self.name);
        for (stream, name) in self.said.lock().iter().zip(["output", "error"]) {
            let text = String::from_utf8_lossy(&stream.bytes);
            let state = if stream.ended { "ended" } else { "open" };
            // Writing to a `String` cannot fail.
            let _ = write!(message, "\n-- standard {name}, which is {state}:\n{text}");
        }
        panic!("{message}")
    }

    /// Waits till a deadline for a program that is about to end.
    fn reap(&mut self, deadline: Instant) -> Option<ExitStatus> {
        loop {
            match self.child.try_wait() {
                // The standard library cannot wait for an end for a limited time.
                Ok(None) if Instant::now() < deadline => thread::park_timeout(BETWEEN_LOOKS),
                ended => return ended.ok().flatten(),
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails if it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program has said so far; threads of its own read it, so that every wait can be bounded and no pipe fills up.
#[derive(Debug, Default)]
struct Said {
    streams: Mutex<[Stream; 2]>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Stream {
    bytes: Vec<u8>,
    ended: bool,
}

impl Said {
    fn listen(self: &Arc<Self>, output: Output, mut pipe: impl Read + Send + 'static) {
        let said = Arc::clone(self);
        thread::spawn(move || {
            let mut chunk = vec![0; 64 * 1024];
            loop {
                let length = pipe.read(&mut chunk).unwrap_or(0);
                let mut streams = said.lock();
                let stream = &mut streams[output as usize];
                stream.bytes.extend_from_slice(&chunk[..length]);
                stream.ended = length == 0;
                said.more.notify_all();
                if length == 0 {
                    return;
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, [Stream; 2]> {
        // What a thread that has panicked leaves behind is as good as what any other does.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often to look whether a program has ended whose outputs are closed already.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

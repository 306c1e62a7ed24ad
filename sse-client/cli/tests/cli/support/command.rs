//! The built command as a child process.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use super::PATIENCE;

/// Makes the command, with nothing in its environment that would change what it does.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sse-client"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").env("RUST_BACKTRACE", "1");
    command
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    Running::start(&mut command(arguments)).end()
}

/// Runs the command to its end with bytes on its standard input.
pub(crate) fn run_with_input(arguments: &[&str], input: &[u8]) -> Ended {
    let mut running = Running::start(command(arguments).stdin(Stdio::piped()));
    let mut stdin = running.stdin();
    let input = input.to_vec();
    // The command may end before it has read everything.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let ended = running.end();
    writer.join().expect("writer of standard input");
    ended
}

/// A command that runs. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Option<Pipe>,
    stderr: Pipe,
}

/// How a command has ended. What was read by [`Running::line`] before is not in `stdout`.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Running {
    /// Starts a command. Its standard output is read from here unless it is set before.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_with_stdout(command, Stdio::piped())
    }

    /// Starts a command whose standard output is read, or not, by the caller.
    pub(crate) fn start_unread(command: &mut Command) -> (Self, ChildStdout) {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let stdout = child.stdout.take().expect("piped");
        (Self::new(child), stdout)
    }

    pub(crate) fn start_with_stdout(command: &mut Command, stdout: Stdio) -> Self {
        Self::new(
            command
                .stdout(stdout)
                .stderr(Stdio::piped())
                .spawn()
                .expect("the command starts"),
        )
    }

    fn new(mut child: Child) -> Self {
        let stdout = child
            .stdout
            .take()
            .map(|stdout| Pipe::new("standard output", stdout));
        let stderr = Pipe::new("standard error", child.stderr.take().expect("piped"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input is piped")
    }

    /// Waits for the next line on standard output.
    pub(crate) fn line(&mut self) -> String {
        let line = self
            .stdout
            .as_mut()
            .expect("standard output is piped")
            .line();
        line.unwrap_or_else(|| {
            panic!(
                "standard output ended; on standard error: {}",
                self.stderr.rest()
            )
        })
    }

    /// Waits for the next line on standard error.
    pub(crate) fn error_line(&mut self) -> String {
        self.stderr.line().expect("standard error ended")
    }

    /// Waits for the end.
    pub(crate) fn end(mut self) -> Ended {
        let stdout = self.stdout.as_mut().map(Pipe::rest).unwrap_or_default();
        let stderr = self.stderr.rest();
        // Both pipes are closed, so it has ended or is about to.
        let status = self.child.wait().expect("the command can be waited for");
        Ended {
            code: status.code(),
            stdout,
            stderr,
        }
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("the command can be signalled");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A pipe that a thread reads, so that every wait can be bounded.
struct Pipe {
    name: &'static str,
    chunks: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
}

impl Pipe {
    fn new(name: &'static str, mut pipe: impl Read + Send + 'static) -> Self {
        let (sender, chunks) = mpsc::channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut chunk) {
                if sender.send(chunk[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            name,
            chunks,
            buffer: Vec::new(),
        }
    }

    fn line(&mut self) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line = self.buffer.drain(..=end).take(end).collect();
                return Some(String::from_utf8(line).expect("text"));
            }
            if !self.more(deadline) {
                return None;
            }
        }
    }

    fn rest(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        while self.more(deadline) {}
        String::from_utf8(std::mem::take(&mut self.buffer)).expect("text")
    }

    fn more(&mut self, deadline: Instant) -> bool {
        match self
            .chunks
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            Ok(chunk) => {
                self.buffer.extend(chunk);
                true
            }
            Err(RecvTimeoutError::Disconnected) => false,
            Err(RecvTimeoutError::Timeout) => {
                panic!(
                    "nothing more on {}; so far: {}",
                    self.name,
                    String::from_utf8_lossy(&self.buffer)
                )
            }
        }
    }
}

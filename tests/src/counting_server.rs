//! [`CountingServer`]: sse-starlette on uvicorn, which counts as far as a test allows.

use rustix::process::Signal;

use crate::port::Port;
use crate::prerequisites::{python, script};
use crate::program::Program;

/// The server of `tests/interop/count.py`. Killed when dropped.
///
/// Event number N has the ID N; the even ones have the type `tick`. The first event of each connection sets the reconnection
/// time to 200 milliseconds.
#[derive(Debug)]
pub struct CountingServer {
    program: Program,
}

impl CountingServer {
    /// The number of the last event. Behind it the stream ends, and whoever has seen it is answered 204.
    pub const TOTAL: u32 = 300;

    /// Starts it, as the run of that number, which is in its data.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(port: &Port, run: u32) -> Self {
        let arguments =
            [u32::from(port.number()), run, Self::TOTAL].map(|number| number.to_string());
        let script = [script("count.py").into_os_string()];
        let arguments = script.into_iter().chain(arguments.map(Into::into));
        let mut program = Program::start(python(), arguments);
        assert_eq!(program.line(), "listening");
        Self { program }
    }

    /// Lets it count up to a number.
    ///
    /// # Panics
    ///
    /// If it does not run any more.
    pub fn count_to(&mut self, number: u32) {
        self.program.say(&format!("to {number}"));
    }

    /// Lets it send the first half of the next event, with its ID, and waits until it has.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn cut(&mut self) {
        self.program.say("cut");
        assert_eq!(self.program.line(), "cut");
    }

    /// Waits for a request, and returns its last event ID, or 0 if it has none.
    ///
    /// # Panics
    ///
    /// If none comes, or if it has an ID that is not from here.
    pub fn request(&mut self) -> u32 {
        let line = self.program.line();
        match line.strip_prefix("request ") {
            Some("") => 0,
            Some(id) => id
                .parse()
                .unwrap_or_else(|_| panic!("the ID {id} is not ours")),
            None => panic!("expected a request, not {line}"),
        }
    }

    /// Returns what the data of an event is in a run.
    #[must_use]
    pub fn data(run: u32, number: u32) -> String {
        format!("{number} of run {run}\nzweite Zeile: ü🦀")
    }

    /// Returns what the type of an event is.
    #[must_use]
    pub fn event_type(number: u32) -> &'static str {
        if number % 2 == 0 { "tick" } else { "message" }
    }

    /// Kills it: its connections are closed in the middle of whatever it was sending.
    ///
    /// # Panics
    ///
    /// If it has ended before.
    pub fn kill(mut self) {
        self.program.signal(Signal::KILL);
        let _ = self.program.end();
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Panics
    ///
    /// If it does not end cleanly.
    pub fn shut_down(mut self) {
        self.program.signal(Signal::TERM);
        let ended = self.program.end();
        assert!(
            ended.stderr.contains("Application shutdown complete"),
            "{}",
            ended.stderr
        );
    }
}

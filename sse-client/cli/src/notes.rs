//! What the command says on standard error: one line each, `sse-client: ...`.

use std::fmt;
use std::io::{self, Write as _};

use crate::escape;

/// Writes lines on standard error, as many as the user asked for.
///
/// Every line is escaped as a whole, so no text of a peer can reach the terminal another way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notes {
    level: Level,
}

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Only why the command failed.
    Quiet,
    /// And what happens to the connection and to the stream.
    #[default]
    Normal,
    /// And what goes well.
    Verbose,
}

impl Notes {
    pub(crate) const fn new(level: Level) -> Self {
        Self { level }
    }

    pub(crate) fn is_verbose(self) -> bool {
        self.level == Level::Verbose
    }

    /// Says why the command fails.
    pub(crate) fn error(self, message: impl fmt::Display) {
        self.write(Level::Quiet, &message);
    }

    /// Says what has happened, when the command goes on or ends well.
    pub(crate) fn status(self, message: impl fmt::Display) {
        self.write(Level::Normal, &message);
    }

    /// Says what only somebody who looks for a fault wants to know.
    pub(crate) fn detail(self, message: impl fmt::Display) {
        self.write(Level::Verbose, &message);
    }

    /// Says how the command is to be used. Text of several lines, and nothing in it comes from a peer.
    pub(crate) fn usage(self, message: impl fmt::Display) {
        let _ = io::stderr().write_all(format!("sse-client: {message}\n").as_bytes());
    }

    fn write(self, level: Level, message: &dyn fmt::Display) {
        if level <= self.level {
            let line = format!("sse-client: {}\n", escape::line(&message.to_string()));
            // In one call, so that lines of several processes do not mix. If nobody can be told, nobody can be told
            // of that either; `eprintln!` would panic.
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }
}

//! Runs the built command, and plays the server that it talks to. Every wait is bounded and fails loudly.

mod command;
mod server;

use std::time::Duration;

pub(crate) use command::{Ended, Running, command, run, run_with_input};
pub(crate) use server::{Accept, server, server_on};

/// Long enough for a machine that is busy with other tests, short enough to see a test fail.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

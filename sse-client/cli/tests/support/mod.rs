//! Runs the built command, and plays the server that it talks to. Every wait is bounded and fails loudly.
#![allow(dead_code, reason = "each test file uses a part of it")]

mod command;
mod server;

use std::time::Duration;

pub use command::{Ended, Running, command, run, run_with_input};
pub use server::{Connection, Server};

/// Long enough for a machine that is busy with other tests, short enough to see a test fail.
pub const PATIENCE: Duration = Duration::from_secs(30);

//! The built command, run as its users run it: one behaviour a file.

mod demo;
mod flush;
mod formats;
mod help;
mod max_events;
mod request;
mod stdin;
mod strict;
mod support;

// These need ports that refuse, pipes that close, signals, or a terminal.
#[cfg(unix)]
mod closed_pipe;
#[cfg(unix)]
mod exit_codes;
#[cfg(unix)]
mod reconnection;
#[cfg(unix)]
mod secrets;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod terminal;

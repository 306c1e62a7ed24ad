//! The built command, run as its users run it: one behaviour a file.

mod demo;
mod exit_codes;
mod flush;
mod formats;
mod help;
mod max_events;
mod reconnection;
mod request;
mod secrets;
mod stdin;
mod strict;
mod support;

// These need pipes that close, signals, or a terminal.
#[cfg(unix)]
mod advice;
mod closed_pipe;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod terminal;

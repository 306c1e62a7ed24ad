//! What the tests of this workspace share: the vectors, the rules that they cover, a slow and literal oracle, and the
//! laws that a parser and an encoder must keep; and what starts other people's programs and waits for them.
//!
//! Nothing here depends on a test framework, so that fuzz targets can call the same [`laws`] with their own input.

#[cfg(unix)]
pub mod counting_server;
pub mod feeding;
pub mod laws;
#[cfg(unix)]
pub mod nginx;
pub mod oracle;
pub mod pieces;
#[cfg(unix)]
pub mod port;
pub mod prerequisites;
#[cfg(unix)]
pub mod program;
pub mod rules;
pub mod transcript;
pub mod vector;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

//! A scripted HTTP server with every fault on request, to test clients for server-sent events (`text/event-stream`), or any
//! client that streams.
//!
//! The script says what comes over the wire, step by step: an event, half of one, silence until the test has seen that, a
//! reset. The server keeps every request. It runs on the client's own runtime, also under a paused clock, or on a thread of
//! its own for tests that block. Nothing sleeps: what a test waits for is a signal, and a wait that lasts too long ends
//! loudly.
//!
//! # Examples
//!
//! ```
//! use sse_test_kit::{Answer, Server, Signal};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), reqwest::Error> {
//! let seen = Signal::new();
//! let server = Server::start([
//!     // An event and a half, and when the test has seen them, a reset.
//!     Answer::stream("id: 1\ndata: a\n\ndata: ha").wait(&seen).reset(),
//!     Answer::status(503).header("Retry-After", "1"),
//!     // Every byte by itself, and then nothing, while the connection stays open.
//!     Answer::stream("").in_pieces(1).send("id: 2\ndata: b\n\n").hold(),
//! ]);
//!
//! let mut response = reqwest::get(server.url("/stream")).await?;
//! assert_eq!(response.chunk().await?.unwrap(), "id: 1\ndata: a\n\ndata: ha");
//! seen.give();
//! assert!(response.chunk().await.is_err());
//!
//! let client = reqwest::Client::new();
//! let request = client.get(server.url("/stream")).header("Last-Event-ID", "1");
//! assert_eq!(request.send().await?.status(), 503);
//! assert_eq!(server.requests()[1].header("Last-Event-ID"), Some("1"));
//! # Ok(())
//! # }
//! ```
//!
//! # What can be had
//!
//! | wanted | by |
//! |---|---|
//! | an event stream, a status, a redirect, no HTTP at all | [`Answer::stream`], [`Answer::status`], [`Answer::redirect`], [`Answer::raw`] |
//! | a wrong content type, or none | [`Answer::content_type`], [`Answer::without_content_type`] |
//! | bodies in chunks, of a length, until the end of the connection | [`Answer::chunked`], [`Answer::content_length`], [`Answer::until_close`] |
//! | a split at every byte, packets of 1460 | [`Answer::in_pieces`] |
//! | a stall, by a signal or by time | [`Answer::wait`], [`Answer::pause`], [`Answer::hold`] |
//! | no answer at all | [`Answer::silence`] |
//! | a reset, of the connection or of the stream | [`Answer::reset`], [`Answer::reset_stream`] |
//! | a body without its end, a chunk without its end | [`Answer::cut`], [`Answer::cut_within_chunk`] |
//! | a connection closed in one direction | [`Answer::half_close`] |
//! | a dead connection, whose pings nobody answers | [`Answer::freeze`] |
//! | a server that is shut down | [`Answer::go_away`] |
//! | gzip with and without flush | `Answer::gzip`, `Answer::gzip_without_flush` |
//! | faults before the request, or before TLS | [`Answer::at_accept`] |
//! | connections that are refused | [`ClosedPort`] |
//! | a test that is the script itself | [`Answer::live`], [`Server::accept`] |
//! | HTTP/2, TLS, certificates that are refused | `ServerBuilder::http2`, `ServerBuilder::tls`, `Certificate` |
//!
//! # Features
//!
//! None of them is on by default.
//!
//! | feature | |
//! |---|---|
//! | `clock` | the module `clock`: runs a test under a clock that stands still until it is moved |
//! | `gzip` | compressed answers |
//! | `http2` | HTTP/2, over TLS and by prior knowledge |
//! | `tls` | `https`, with certificates that are made at run time |
//!
//! # Rust version
//!
//! The minimum supported Rust version is the `rust-version` of the manifest. It is raised only in a minor version.

#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod answer;
pub mod blocking;
mod builder;
#[cfg(feature = "tls")]
mod certificate;
#[cfg(feature = "clock")]
pub mod clock;
mod closed_port;
mod exchange;
#[cfg(feature = "gzip")]
mod gzip;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod incoming;
mod link;
mod log;
mod patience;
mod performance;
mod playing;
mod request;
mod server;
mod signal;
mod step;
mod wire;

pub use answer::Answer;
pub use builder::ServerBuilder;
#[cfg(feature = "tls")]
pub use certificate::Certificate;
pub use closed_port::ClosedPort;
pub use exchange::Exchange;
pub use request::Request;
pub use server::Server;
pub use signal::Signal;

// The examples of the README are tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

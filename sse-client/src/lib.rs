//! A client for server-sent events (`text/event-stream`) that reconnects and resumes by itself.
//!
//! It is built on reqwest and tokio, and follows the WHATWG HTML standard, section
//! [Server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html). To parse a stream that comes from
//! anywhere else, use the crate `sse-codec`, which this one is built on; to look at a stream in a terminal or a script, the
//! command `sse-client`, package `sse-client-cli`.
//!
//! # Examples
//!
//! ```no_run
//! use futures_util::TryStreamExt;
//! use sse_client::EventSource;
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), sse_client::Error> {
//!     let mut events = EventSource::get("https://example.com/stream")?;
//!     while let Some(event) = events.try_next().await? {
//!         println!("{}: {}", event.event_type(), event.data());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`EventSource`] is a stream of events, in which failures that pass do not show. [`EventSource::updates`] turns it into a
//! stream of everything that happens. [`EventSource::builder`] sets headers, timeouts, limits, the HTTP client, and where to
//! resume.
//!
//! # Reconnection
//!
//! What is final and what is tried again is up to the [`Policy`]. This is the default, and what the standard, and so a
//! browser, would do:
//!
//! | what happens | [`Policy::resilient`] (default) | [`Policy::standard`] |
//! |---|---|---|
//! | network error, cut body, timeout, end of the body | reconnect | reconnect |
//! | certificate refused, request that cannot be built, redirects that lead nowhere | final error | final error |
//! | event over the limit, or ill-formed UTF-8 where it is rejected | an error, the stream goes on | the same |
//! | 200 with an event stream | open | open |
//! | 200 with another content type or none | final error | final error |
//! | 204 | the end | final error |
//! | 408, 421, 425, 429, 500, 502 to 504, 520 to 524, 529 | reconnect, not before `Retry-After` | final error |
//! | 301, 302, 303, 307, 308 | follow, up to 20; a reconnect asks the original URL | follow; a reconnect asks the last URL |
//! | 401, 407 | ask the hook that prepares attempts, once until an event; final error without one | final error |
//! | any other status | final error | final error |
//!
//! `println!("{}", Policy::default())` prints that of any policy, together with its delays: they begin with the
//! reconnection time (1 second, unless the stream sets one with `retry`), grow with each failure in a row, and are spread at
//! random. Only an event starts the count again, an accepted connection does not. By default there is no limit to it, see
//! [`Policy::max_attempts`], [`Policy::max_downtime`] and [`Policy::max_fruitless`].
//!
//! A function of yours can have its say before the table, see [`Policy::classify`]. What was decided, and by which rule, is
//! said in one line by [`Update::explain`]: `503, Retry-After 5 s, waiting 5.8 s, attempt 3 of 10, resuming after 42`.
//!
//! A reconnect sends the last event ID as `Last-Event-ID`, and that is the ID of the last event that was handed out, not of
//! one that has arrived but was never seen. With a server that keeps its IDs, nothing is lost then, and nothing comes
//! twice.
//!
//! To go on where another process has left off, give the builder a [`CursorStore`]. It keeps the ID of the last event that you
//! have [acknowledged](EventSource::acknowledge), so each event is worked on at least once.
//!
//! # Requests
//!
//! [Method](EventSourceBuilder::method), [body](EventSourceBuilder::body) and [headers](EventSourceBuilder::header) are set on
//! the builder. A request whose method is not safe, such as a `POST`, is not repeated: the end of its body is the end of the
//! stream, unless it is [resumed by another request](EventSourceBuilder::resume_with). An
//! [async hook](EventSourceBuilder::prepare) can change each attempt, for example to give it a fresh token.
//!
//! ```no_run
//! # use futures_util::TryStreamExt;
//! # async fn run() -> Result<(), sse_client::Error> {
//! let mut events = sse_client::EventSource::builder("https://example.com/chat")
//!     .method("POST")
//!     .header("Content-Type", "application/json")
//!     .body(r#"{"prompt": "Hello!", "stream": true}"#)
//!     .build()?;
//! while let Some(event) = events.try_next().await? {
//!     println!("{}", event.data());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What can go wrong
//!
//! An [`Error`] among the items is either [final](Error::is_final) and the last one, or the stream goes on behind it.
//! Its predicates tell what it is about. An answer that was refused can be read: its status, its headers, and the beginning
//! of its body. Messages do not show credentials, queries of URLs, or headers that were sent.
//!
//! # Cancel safety
//!
//! Waiting for the next item can be given up at any time and taken up again; nothing is lost. There is no task behind the
//! stream: it does something only while it is polled, and to drop it is to close the connection, wherever it stands: a hook that
//! prepares an attempt, a request under way, a body that is read, a delay.
//!
//! While it is polled elsewhere, a [`Handle`] can close it or make it reconnect at once.
//!
//! # Features
//!
//! Those for the network have reqwest's names and meanings.
//!
//! | feature | default | |
//! |---|---|---|
//! | `default-tls` | yes | `https`, by reqwest's choice of a TLS library |
//! | `http2` | yes | HTTP/2, where the server offers it |
//! | `json` | no | `EventSource::json`: events whose data is JSON, as values of a type |
//! | `native-tls` | no | `https` by the system's TLS library |
//! | `rustls` | no | `https` by rustls |
//! | `socks` | no | SOCKS proxies, for a client that is given to the builder |
//! | `brotli`, `gzip`, `zstd` | no | compressed streams, see [`EventSourceBuilder::compression`] |
//! | `file-store` | no | `FileStore`, which keeps a cursor in a file |
//! | `system-proxy` | no | the proxy that the system, or the environment, names |
//! | `tracing` | no | spans and events for `tracing`: no headers, no data, URLs without credentials and query |
//!
//! Without any of those for TLS, `https` fails at once, and says so.
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

mod attempt;
mod backoff;
mod builder;
mod classifier;
mod connection;
mod cursor;
mod decision;
mod driver;
mod error;
mod event_source;
#[cfg(feature = "file-store")]
mod file_store;
mod handle;
mod intake;
#[cfg(feature = "json")]
mod json;
mod outgoing;
mod policy;
mod prepare;
mod redirect;
mod request;
mod response;
mod retry_after;
mod setbacks;
mod stats;
mod trace;
mod transport;
mod update;
mod updates;
mod url;
mod watchdog;

pub use attempt::Attempt;
pub use builder::EventSourceBuilder;
pub use classifier::Reaction;
pub use cursor::{CursorFuture, CursorStore, MemoryStore};
pub use decision::{Decision, Rule};
pub use error::Error;
pub use event_source::EventSource;
#[cfg(feature = "file-store")]
pub use file_store::FileStore;
pub use handle::Handle;
#[cfg(feature = "json")]
pub use json::{JsonError, JsonEvent, JsonEvents};
pub use policy::Policy;
pub use response::ResponseHead;
pub use sse_codec::{Event, InvalidValue, LastEventId, ParseError, ParseErrorKind, Utf8Policy};
pub use stats::Stats;
pub use update::{CloseReason, ReadyState, Update};
pub use updates::Updates;

// The examples of the README are tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! The grammar of server-sent events (`text/event-stream`): an incremental parser and an encoder.
//!
//! Bytes in, events out, and the other way round, to the letter of the WHATWG HTML standard, section
//! [Server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html). There is no connection here, no
//! clock, and no randomness. To read a stream over HTTP and stay connected, use the crate `sse-client`; to send events from an
//! HTTP server, `sse-server`. Both are built on this one.
//!
//! | what you have | what you use | what you get | feature |
//! |---|---|---|---|
//! | chunks of bytes, from anywhere | [`Parser`] | events that are lent, comments, reconnection times | |
//! | a `Read`: file, pipe, blocking socket | [`EventReader`] | an iterator, or events that are lent | `std` |
//! | a `Stream` of chunks: the body of a response | [`EventStream`] | a `Stream` of events | `stream` |
//! | an `AsyncRead` | [`EventDecoder`] | a `Stream` of events, by `FramedRead` | `tokio-util` |
//! | an event to send | [`Encoder`], [`OutgoingEvent`] | bytes in any `BufMut` | |
//! | an `AsyncWrite` | [`Encoder`] | a `Sink` of events, by `FramedWrite` | `tokio-util` |
//! | data that is JSON | [`Event::json`], [`OutgoingEvent::json_data`] | values of your own types | `json` |
//!
//! # Parsing
//!
//! ## Chunks of bytes
//!
//! A [`Parser`] takes chunks as they arrive and lends the events in them. Nothing is copied or allocated for an event that
//! lies within one chunk.
//!
//! ```
//! use sse_codec::Parser;
//!
//! let mut parser = Parser::new();
//! // As they come from a socket: cut anywhere.
//! for chunk in ["event: greeting\ndata: hel", "lo\nid: 1\n", "\n: a comment\n\n"] {
//!     let mut events = parser.feed(chunk.as_bytes());
//!     while let Some(event) = events.next()? {
//!         assert_eq!(event.event_type(), "greeting");
//!         assert_eq!(event.data(), "hello");
//!         assert_eq!(event.last_event_id(), "1");
//!     }
//! }
//! assert_eq!(parser.last_event_id(), "1");
//! # Ok::<(), sse_codec::ParseError>(())
//! ```
//!
//! An [`Event`] owns its text; [`EventRef::to_event`] makes one. Comments and reconnection times come too if you feed by
//! [`Parser::feed_items`].
//!
//! ## A `Read`
//!
//! An [`EventReader`] is an iterator over the events in a file, a pipe or a socket that blocks.
//!
//! ```
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), sse_codec::EventReaderError> {
//! use sse_codec::EventReader;
//!
//! // Or a `File`, a `TcpStream`, `stdin().lock()`.
//! let source = &b"data: hello\n\ndata: world\n\n"[..];
//!
//! for event in EventReader::new(source) {
//!     println!("{}", event?.data());
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```
//!
//! ## A `Stream` of chunks
//!
//! An [`EventStream`] turns a `Stream` of chunks, such as the body of an HTTP response, into a `Stream` of events.
//!
//! ```
//! # #[cfg(feature = "stream")]
//! # fn main() {
//! # futures_util::FutureExt::now_or_never(async {
//! use futures_util::{TryStreamExt, stream};
//! use sse_codec::EventStream;
//!
//! let chunks = stream::iter([Ok::<_, std::io::Error>("data: hel"), Ok("lo\n\n")]);
//! let mut events = EventStream::new(chunks);
//! while let Some(event) = events.try_next().await? {
//!     assert_eq!(event.data(), "hello");
//! }
//! # Ok::<(), sse_codec::EventStreamError<std::io::Error>>(())
//! # }).expect("is ready").expect("has no error");
//! # }
//! # #[cfg(not(feature = "stream"))]
//! # fn main() {}
//! ```
//!
//! ## An `AsyncRead`
//!
//! An [`EventDecoder`] is a `tokio_util::codec::Decoder`. In the other direction [`Encoder`] is a `tokio_util::codec::Encoder`.
//!
//! ```
//! # #[cfg(feature = "tokio-util")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! use futures_util::{SinkExt, TryStreamExt};
//! use sse_codec::{Encoder, EventDecoder, OutgoingEvent};
//! use tokio_util::codec::{FramedRead, FramedWrite};
//!
//! // Or the two ends of a connection.
//! let (server, client) = tokio::io::duplex(1024);
//! FramedWrite::new(server, Encoder::new()).send(OutgoingEvent::new().data("hello")).await?;
//!
//! let mut events = FramedRead::new(client, EventDecoder::new());
//! while let Some(event) = events.try_next().await? {
//!     // The source has not failed. That an event was dropped is another error, and does not end the stream.
//!     assert_eq!(event?.data(), "hello");
//! }
//! # Ok(())
//! # })
//! # }
//! # #[cfg(not(feature = "tokio-util"))]
//! # fn main() {}
//! ```
//!
//! # Encoding
//!
//! An [`Encoder`] writes [`OutgoingEvent`]s into any [`BufMut`](bytes::BufMut). Event types and IDs are values that cannot
//! hold a line end, so no text, wherever it comes from, can add a field or an event of its own.
//!
//! ```
//! use sse_codec::{Encoder, EventType, LastEventId, OutgoingEvent};
//!
//! let event = OutgoingEvent::new()
//!     .event_type(EventType::from_static("greeting"))
//!     .last_event_id(LastEventId::from(1))
//!     .data("hello\nworld");
//! let mut buffer = Vec::new();
//! Encoder::new().encode(&event, &mut buffer);
//! assert_eq!(buffer, b"id: 1\nevent: greeting\ndata: hello\ndata: world\n\n");
//! ```
//!
//! # JSON
//!
//! Most data is JSON today. [`Event::json`] and [`EventRef::json`] read it, the latter without copying the text in it, and
//! [`OutgoingEvent::json_data`] writes it. What is not JSON, such as the `[DONE]` that ends the answer of a language model, has
//! to be looked at first.
//!
//! ```
//! # #[cfg(feature = "json")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use serde::{Deserialize, Serialize};
//! use sse_codec::{OutgoingEvent, Parser};
//!
//! #[derive(Deserialize, Serialize)]
//! struct Delta<'a> {
//!     text: &'a str,
//! }
//!
//! let mut bytes = OutgoingEvent::new().json_data(&Delta { text: "hello" })?.to_bytes().to_vec();
//! bytes.extend_from_slice(b"data: [DONE]\n\n");
//!
//! let mut parser = Parser::new();
//! let mut events = parser.feed(&bytes);
//! while let Some(event) = events.next()? {
//!     if event.data() == "[DONE]" {
//!         break;
//!     }
//!     let delta: Delta<'_> = event.json()?;
//!     assert_eq!(delta.text, "hello");
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "json"))]
//! # fn main() {}
//! ```
//!
//! # What can go wrong
//!
//! By the standard, nothing: no event stream is malformed. Two checks are added to it, and both end in a [`ParseError`]
//! after which parsing goes on:
//!
//! - An event has a limit, 16 MiB unless set by [`ParserBuilder::max_event_bytes`], so that no peer can fill the memory.
//! - UTF-8 that is ill-formed is replaced by U+FFFD, as the standard says, or reported with its place if you ask for
//!   [`Utf8Policy::Reject`].
//!
//! A source that fails is an error of its own, which ends what was built around it.
//!
//! # Features
//!
//! | feature | default | brings | by |
//! |---|---|---|---|
//! | `std` | yes | [`EventReader`]; lets the dependencies find the processor's vector instructions when the program runs | |
//! | `stream` | no | [`EventStream`] | `futures-core` |
//! | `tokio-util` | no | [`EventDecoder`], and `tokio_util::codec::Encoder` for [`Encoder`]; switches `std` on | `tokio-util` |
//! | `serde` | no | `Serialize` and `Deserialize` for [`Event`], [`OutgoingEvent`], [`EventType`] and [`LastEventId`] | `serde_core` |
//! | `json` | no | [`Event::json`], [`EventRef::json`], [`OutgoingEvent::json_data`] | `serde_json` |
//!
//! Features only add: none changes what code does that was written without it. The names of fields that `serde` writes are
//! those of the getters, and stay.
//!
//! # `no_std`
//!
//! Without `std` the crate needs `alloc` and atomic pointers, and nothing else; `stream`, `serde` and `json` are there too. It
//! does the same, but validation of UTF-8 and the search for line ends use only the vector instructions that the target is
//! compiled for.
//!
//! # Rust version
//!
//! The minimum supported Rust version is the `rust-version` of the manifest, whatever the features. It is raised only in a minor
//! version.
//!
//! # Speed
//!
//! Compared with the fastest of the other published crates on the same streams, in one run; below 1 that one is faster. How that
//! was measured, and all other figures, are in `docs/benchmarks.md` of the repository.
//!
//! <!-- speed: `UPDATE_DOCS=1 cargo test -p sse-tests --test speed_table` writes this from docs/benchmarks.md -->
//!
//! Events that are lent, in chunks of 16 KiB, on x86-64 (AMD EPYC, 4 cores), linux, rustc 1.95.0, 2026-11-23:
//!
//! | | stream | times the best other crate | which is | instructions per byte |
//! |---|---|---|---|---|
//! | a | chat completion chunks: one `data` line of about 250 B | 2.84 | sse-stream | 1.36 |
//! | b | named events: `event`, and `data` of about 130 B | 4.21 | sse-stream | 2.06 |
//! | c | tiny events: `data: x` | 5.00 | sse-stream | 14.61 |
//! | d | one `data` line of 1 MiB an event | 1.66 | sse-stream | 0.44 |
//! | e | `event`, `id`, `retry` and 40 `data` lines of 60 B | 2.23 | sse-stream | 1.87 |
//! | f | as a, with CRLF and `id` | 2.86 | sse-stream | 2.01 |
//! | g | one `data` line of Thai, CJK and emoji text | 8.55 | sse-stream | 2.49 |
//! | h | mostly comments: nine to an event | 1.75 | sse-core | 3.44 |
//!
//! <!-- /speed -->
#![cfg_attr(feature = "std", doc = "[`EventReader`]: EventReader")]
#![cfg_attr(not(feature = "std"), doc = "[`EventReader`]: #features")]
#![cfg_attr(feature = "stream", doc = "[`EventStream`]: EventStream")]
#![cfg_attr(not(feature = "stream"), doc = "[`EventStream`]: #features")]
#![cfg_attr(feature = "tokio-util", doc = "[`EventDecoder`]: EventDecoder")]
#![cfg_attr(not(feature = "tokio-util"), doc = "[`EventDecoder`]: #features")]
#![cfg_attr(feature = "json", doc = "[`Event::json`]: Event::json")]
#![cfg_attr(feature = "json", doc = "[`EventRef::json`]: EventRef::json")]
#![cfg_attr(
    feature = "json",
    doc = "[`OutgoingEvent::json_data`]: OutgoingEvent::json_data"
)]
#![cfg_attr(not(feature = "json"), doc = "[`Event::json`]: #features")]
#![cfg_attr(not(feature = "json"), doc = "[`EventRef::json`]: #features")]
#![cfg_attr(not(feature = "json"), doc = "[`OutgoingEvent::json_data`]: #features")]
#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::alloc_instead_of_core,
    clippy::indexing_slicing
)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "stream")]
mod ahead;
mod block;
mod block_end;
mod capacity;
mod chunk;
mod cursor;
mod encoder;
mod error;
mod event;
#[cfg(feature = "tokio-util")]
mod event_decoder;
mod event_type;
mod events;
mod field;
mod interpreter;
#[cfg(feature = "json")]
mod json;
mod last_event_id;
mod line;
mod masks;
#[cfg(feature = "std")]
mod one_event;
mod one_line;
mod outgoing;
mod parser;
mod pending;
mod piece;
#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "serde")]
mod serde_impls;
#[cfg(feature = "stream")]
mod stream;
mod text_lines;
mod utf8;

pub use encoder::Encoder;
pub use error::{InvalidValue, ParseError, ParseErrorKind};
pub use event::{Event, EventRef};
#[cfg(feature = "tokio-util")]
pub use event_decoder::EventDecoder;
pub use event_type::EventType;
pub use events::{Events, Item, Items};
#[cfg(feature = "json")]
pub use json::{JsonDataError, JsonError, JsonErrorKind};
pub use last_event_id::LastEventId;
pub use outgoing::OutgoingEvent;
pub use parser::{Parser, ParserBuilder, Unfinished};
#[cfg(feature = "std")]
pub use reader::{EventReader, EventReaderError};
#[cfg(feature = "stream")]
pub use stream::{EventStream, EventStreamError};
pub use utf8::Utf8Policy;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

//! The grammar of server-sent events (`text/event-stream`): an incremental parser and an encoder.
//!
//! Bytes in, events out, and the other way round, to the letter of the WHATWG HTML standard, section
//! [Server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html). There is no I/O here, no clock, and
//! no randomness. To read a stream over HTTP and stay connected, use the crate `sse-client`; to send events from an HTTP
//! server, `sse-server`. Both are built on this one.
//!
//! # Parsing
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
//! Comments and reconnection times come too if you feed by [`Parser::feed_items`]. If what you have is a `Stream` of chunks
//! and what you want is a `Stream` of events that own their text, wrap it in an `EventStream` (feature `stream`).
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
//! # What can go wrong
//!
//! By the standard, nothing: no event stream is malformed. Two checks are added to it, and both end in a [`ParseError`]
//! after which parsing goes on:
//!
//! - An event has a limit, 16 MiB unless set by [`ParserBuilder::max_event_bytes`], so that no peer can fill the memory.
//! - UTF-8 that is ill-formed is replaced by U+FFFD, as the standard says, or reported with its place if you ask for
//!   [`Utf8Policy::Reject`].
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `std` | yes | lets the dependencies find the processor's vector instructions when the program runs; adds no interface |
//! | `stream` | no | `EventStream`, by `futures-core` |
//!
//! # `no_std`
//!
//! Without `std` the crate needs `alloc` and atomic pointers, and nothing else. It does the same, but validation of UTF-8
//! and the search for line ends use only the vector instructions that the target is compiled for.
//!
//! # Rust version
//!
//! The minimum supported Rust version is the `rust-version` of the manifest. It is raised only in a minor version.

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

mod capacity;
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
#[cfg(feature = "std")]
mod one_event;
mod one_line;
mod outgoing;
mod parser;
#[cfg(feature = "std")]
mod reader;
#[cfg(feature = "serde")]
mod serde_impls;
#[cfg(feature = "stream")]
mod stream;
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

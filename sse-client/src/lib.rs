//! A client for server-sent events (`text/event-stream`) that reconnects and resumes by itself.
#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod backoff;
mod builder;
mod connection;
mod error;
mod event_source;
mod intake;
mod policy;
mod redirect;
mod request;
mod response;
mod retry_after;
mod transport;
mod update;
mod watchdog;

pub use builder::EventSourceBuilder;
pub use error::Error;
pub use event_source::{EventSource, Updates};
pub use policy::Policy;
pub use response::ResponseHead;
pub use sse_codec::{Event, InvalidValue, LastEventId, ParseError, ParseErrorKind, Utf8Policy};
pub use update::{CloseReason, ReadyState, Update};

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

mod builder;
mod error;
mod event_source;
mod policy;
mod response;
mod update;

pub use builder::EventSourceBuilder;
pub use error::Error;
pub use event_source::{EventSource, Updates};
pub use policy::Policy;
pub use response::ResponseHead;
pub use sse_codec::{Event, InvalidValue, LastEventId, ParseError, ParseErrorKind, Utf8Policy};
pub use update::{CloseReason, ReadyState, Update};

//! The grammar of server-sent events.
#![cfg_attr(not(test), no_std)]
extern crate alloc;

mod capacity;
mod cursor;
mod encoder;
mod error;
mod event;
mod event_type;
mod events;
mod field;
mod interpreter;
mod last_event_id;
mod line;
mod one_line;
mod outgoing;
mod parser;
mod utf8;

pub use encoder::Encoder;
pub use error::{InvalidValue, ParseError, ParseErrorKind};
pub use event::{Event, EventRef};
pub use event_type::EventType;
pub use events::{Events, Item, Items};
pub use last_event_id::LastEventId;
pub use outgoing::OutgoingEvent;
pub use parser::{Parser, ParserBuilder, Unfinished};
pub use utf8::Utf8Policy;

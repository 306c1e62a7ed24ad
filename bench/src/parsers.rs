//! The parsers that are compared: `sse-codec` in three ways, and its peers.

use std::error::Error;

use sse_codec::{EventStream, Parser};

use crate::chunks::Chunks;
use crate::peers;
use crate::ready::{self, Slices};
use crate::sink::{Count, Digest, Sink};

/// A parser under test.
#[derive(Clone, Copy)]
pub struct Contender {
    /// The crate.
    pub name: &'static str,
    /// By what of its interface.
    pub by: &'static str,
    pub role: Role,
    /// Parses for the clock.
    pub run: fn(&Chunks, &mut Count) -> Outcome,
    /// Parses to have the events checked.
    pub check: fn(&Chunks, &mut Digest) -> Outcome,
}

/// What a contender is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ours, with events that borrow.
    Borrowed,
    /// Ours, with events that own their text.
    Owned,
    /// Another crate. All of them make events that own their text, or share the chunk's.
    Peer,
}

/// What parsing ends with.
pub type Outcome = Result<(), Box<dyn Error>>;

macro_rules! contenders {
    ($($name:literal, $by:literal, $role:ident, $parse:path;)*) => {
        &[$(Contender {
            name: $name,
            by: $by,
            role: Role::$role,
            run: $parse,
            check: $parse,
        }),*]
    };
}

pub const CONTENDERS: &[Contender] = contenders! {
    "sse-codec", "`Parser::feed`, borrowed events", Borrowed, borrowed;
    "sse-codec `Event`", "`Parser::feed` and `Events::next_owned`", Owned, owned;
    "sse-codec `EventStream`", "`EventStream`, polled", Owned, stream;
    "sse-core", "`SseDecoder::next` on a slice", Peer, peers::sse_core;
    "sse-stream", "`SseByteStream` of slices, polled", Peer, peers::sse_stream;
    "sseer", "`EventStream` of `Bytes`, polled; its events share the chunk", Peer, peers::sseer;
    "sse-parse", "`SseParser::feed` and `next_event`", Peer, peers::sse_parse;
    "eventsource-stream2", "`EventStream` of slices, polled", Peer, peers::eventsource_stream2;
    "eventsource-stream", "`EventStream` of slices, polled", Peer, peers::eventsource_stream;
    "russe", "`Decoder::decode` on a `BytesMut`", Peer, peers::russe;
    "sse-codec 0.3 (older crate)", "`Decoder::decode` on a `BytesMut`", Peer, peers::older;
    "eventsource-client", "`Client::stream` over a transport of `Bytes`, polled", Peer, peers::eventsource_client;
};

/// A contender by its name.
pub fn by_name(name: &str) -> Option<&'static Contender> {
    CONTENDERS.iter().find(|contender| contender.name == name)
}

fn borrowed<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut parser = Parser::builder().max_event_bytes(limit(chunks)).build();
    for chunk in chunks.slices() {
        let mut events = parser.feed(chunk);
        while let Some(event) = events.next()? {
            sink.event(event.event_type(), event.data(), event.last_event_id());
        }
    }
    Ok(())
}

fn owned<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let mut parser = Parser::builder().max_event_bytes(limit(chunks)).build();
    for chunk in chunks.slices() {
        let mut events = parser.feed(chunk);
        while let Some(event) = events.next_owned()? {
            sink.event(event.event_type(), event.data(), event.last_event_id());
        }
    }
    Ok(())
}

fn stream<S: Sink>(chunks: &Chunks, sink: &mut S) -> Outcome {
    let parser = Parser::builder().max_event_bytes(limit(chunks)).build();
    let mut events = EventStream::with_parser(Slices::new(chunks), parser);
    while let Some(event) = ready::next(&mut events)? {
        let event = event?;
        sink.event(event.event_type(), event.data(), event.last_event_id());
    }
    Ok(())
}

/// The limit stays on, and is the default one, except for the one line that is longer.
fn limit(chunks: &Chunks) -> usize {
    sse_codec::ParserBuilder::DEFAULT_MAX_EVENT_BYTES.max(chunks.stream.len())
}

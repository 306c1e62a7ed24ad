//! A parser never holds three times the limit and 64 KiB, whatever long lines come in whatever order and chunks.

#![no_main]

use std::alloc::System;

use arbitrary::Arbitrary;
use cap::Cap;
use libfuzzer_sys::fuzz_target;
use sse_codec::{Parser, Utf8Policy};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

#[derive(Arbitrary, Debug)]
struct Input {
    reject: bool,
    by_items: u8,
    chunk: u8,
    lines: Vec<Line>,
}

/// A line that may be about as long as the limit.
#[derive(Arbitrary, Debug)]
struct Line {
    start: Start,
    filler: Filler,
    /// In 200ths of the limit.
    len: u8,
    end: End,
}

#[derive(Arbitrary, Debug)]
enum Start {
    Data,
    DataWithoutSpace,
    EventType,
    Id,
    Retry,
    Comment,
    Unknown,
    Nothing,
}

#[derive(Arbitrary, Debug)]
enum Filler {
    Letter,
    Euro,
    IllFormed,
    PartlyIllFormed,
}

#[derive(Arbitrary, Debug)]
enum End {
    Line,
    Block,
    /// The next line goes on where this one stops.
    None,
    /// A comment is handed out before the next line.
    Comment,
}

fuzz_target!(|input: Input| {
    let stream: Vec<u8> = input.lines.iter().take(24).flat_map(Line::bytes).collect();
    let size = match input.chunk {
        0 => usize::MAX,
        // From some bytes to some times the limit.
        chunk => 7 << (chunk % 16),
    };
    let utf8 = if input.reject {
        Utf8Policy::Reject
    } else {
        Utf8Policy::Replace
    };
    // What goes beyond is an allocation that fails, which ends the process. Only the parser allocates here: libFuzzer has an
    // allocator of its own.
    let before = ALLOCATOR.allocated();
    ALLOCATOR
        .set_limit(before + BOUND)
        .expect("nothing else allocates");
    let mut parser = Parser::builder().utf8(utf8).max_event_bytes(LIMIT).build();
    for (number, chunk) in stream.chunks(size).enumerate() {
        if input.by_items >> (number % 8) & 1 == 1 {
            let mut items = parser.feed_items(chunk);
            while !matches!(items.next(), Ok(None)) {}
        } else {
            let mut events = parser.feed(chunk);
            while !matches!(events.next(), Ok(None)) {}
        }
    }

    // What huge events have left behind goes with the next small one.
    parser.reset();
    let mut events = parser.feed(b"id: 1\ndata\n\n");
    while !matches!(events.next(), Ok(None)) {}
    let kept = ALLOCATOR.allocated() - before;
    ALLOCATOR
        .set_limit(usize::MAX)
        .expect("there is no less than this");
    assert!(kept < 64 * 1024, "{kept} bytes are kept");
});

impl Line {
    fn bytes(&self) -> Vec<u8> {
        let start: &[u8] = match self.start {
            Start::Data => b"data: ",
            Start::DataWithoutSpace => b"data:",
            Start::EventType => b"event: ",
            Start::Id => b"id: ",
            Start::Retry => b"retry: ",
            Start::Comment => b":",
            Start::Unknown => b"unknown: ",
            Start::Nothing => b"",
        };
        let filler: &[u8] = match self.filler {
            Filler::Letter => b"x",
            Filler::Euro => "\u{20AC}".as_bytes(),
            Filler::IllFormed => b"\xFF",
            Filler::PartlyIllFormed => b"aa\xFF",
        };
        let end: &[u8] = match self.end {
            End::Line => b"\n",
            End::Block => b"\n\n",
            End::None => b"",
            End::Comment => b"\n:c\n",
        };
        // Ill-formed bytes are slow, and as text three times as long.
        let text = String::from_utf8_lossy(filler).len();
        let filler = filler.repeat(usize::from(self.len) * LIMIT / 200 / text);
        [start, &filler, end].concat()
    }
}

const LIMIT: usize = 64 * 1024;

const BOUND: usize = 3 * LIMIT + 64 * 1024;

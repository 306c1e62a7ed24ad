//! Memory is bounded, whatever a server sends: under three times the limit plus 64 KiB, at any moment.
//!
//! One test in a binary of its own, since the allocator counts for the whole process.

mod hostile_streams;

use hostile_streams::{endless, feed};
use sse_codec::{Parser, ParserBuilder, Utf8Policy};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[test]
fn memory_is_bounded() {
    let mut failures = Vec::new();
    let mut check = |limit, name: &str, bytes: &[u8], utf8, chunk, items| {
        let builder = Parser::builder().max_event_bytes(limit).utf8(utf8);
        let peak = peak(&builder, bytes, chunk, items);
        let bound = 3 * limit + 64 * KIB;
        if peak >= bound {
            failures.push(format!(
                "{name}: {peak} bytes, allowed {bound}; chunks of {chunk}, items {items}, {builder:?}"
            ));
        }
    };

    let limit = 64 * KIB / SLOWER;
    for stream in endless() {
        // Long enough for every buffer to be full.
        let bytes = stream.take(limit + limit / 4);
        for (utf8, chunk, items) in [
            (Utf8Policy::Replace, 1, true),
            (Utf8Policy::Reject, 1, false),
            (Utf8Policy::Replace, usize::MAX, true),
            (Utf8Policy::Reject, 4 * KIB, true),
        ] {
            check(limit, &stream.name, &bytes, utf8, chunk, items);
        }
    }
    // Lines that are longer than what they leave in a buffer.
    for stream in endless()
        .iter()
        .filter(|stream| stream.name.contains("data lines"))
    {
        let bytes = stream.take(10 * limit);
        check(
            limit,
            &stream.name,
            &bytes,
            Utf8Policy::Replace,
            4 * KIB,
            false,
        );
    }
    let limit = 256 * KIB / SLOWER;
    for (name, bytes) in crowded(limit) {
        for (utf8, chunk, items) in [
            (Utf8Policy::Replace, 1000, true),
            (Utf8Policy::Replace, usize::MAX, true),
            (Utf8Policy::Replace, usize::MAX, false),
            (Utf8Policy::Reject, 4 * KIB, true),
        ] {
            check(limit, &name, &bytes, utf8, chunk, items);
        }
    }
    let limit = 1024 * KIB / SLOWER / SLOWER;
    for (name, bytes) in crowded(limit) {
        for chunk in [64 * KIB, usize::MAX] {
            check(limit, &name, &bytes, Utf8Policy::Replace, chunk, true);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The most bytes that a parser holds at once.
fn peak(builder: &ParserBuilder, stream: &[u8], chunk: usize, items: bool) -> usize {
    let _profiler = dhat::Profiler::builder().testing().build();
    feed(builder, stream, chunk, items);
    dhat::HeapStats::get().max_bytes
}

/// Streams that fill several of the parser's buffers, each as far as the limit lets them.
fn crowded(limit: usize) -> Vec<(String, Vec<u8>)> {
    let line = |name: &str, filler: &str, len: usize| {
        let filler = filler.repeat(len.saturating_sub(name.len()) / filler.len());
        format!("{name}{filler}\n").into_bytes()
    };
    // Bytes that are a third of their text, and three quarters of it.
    let ill_formed = |name: &str, filler: &[u8], text: usize| {
        let text_of_filler = String::from_utf8_lossy(filler).len();
        let filler = filler.repeat(text.saturating_sub(name.len()) / text_of_filler);
        [name.as_bytes(), &filler, b"\n"].concat()
    };
    let last_id = [line("id: ", "i", limit), b"\n".to_vec()].concat();
    let half = limit / 2;
    let (over_half, under_half) = (half + 100, half - 100);
    let data = |len| line("data: ", "d", len);
    let two_data = |len: usize| [data(len / 2), data(len / 2 - 100)].concat();
    let event_type = |len| line("event: ", "t", len);
    let blank = || b"\n".to_vec();
    let comment = || b":c\n".to_vec();

    let mut streams = Vec::new();
    let mut add = |name: &str, parts: &[Vec<u8>]| {
        // Each begins with a last event ID of the limit's size, and goes on with one again.
        let parts = parts.concat();
        let bytes = [&last_id[..], &parts, b"\n", &last_id, &parts].concat();
        streams.push((name.to_owned(), bytes));
    };

    let last_lines = [
        ("unknown", line("x: ", "u", limit)),
        ("event type", event_type(limit)),
        ("ID", line("id: ", "j", limit)),
        ("data", data(limit)),
        ("comment", line(":", "c", limit)),
        ("ill-formed comment", ill_formed(":", b"\xFF", limit)),
        (
            "ill-formed event type",
            ill_formed("event: ", b"\xFF", limit),
        ),
        ("ill-formed ID", ill_formed("id: ", b"\xFFaa", limit)),
        ("ill-formed data", ill_formed("data: ", b"\xFFaa", limit)),
        ("ill-formed unknown", ill_formed("x: ", b"\xFFaa", limit)),
        ("retry", line("retry: ", "0", limit)),
    ];
    for (name, last) in last_lines.iter().step_by(SLOWER) {
        let name = |block: &str| format!("{block}, then a line: {name}");
        let last = last.clone();
        add(&name("two data lines"), &[two_data(limit), last.clone()]);
        add(&name("data"), &[data(over_half), last.clone()]);
        add(
            &name("data and event type"),
            &[data(over_half), event_type(under_half), last.clone()],
        );
        add(
            &name("data in three lines and event type"),
            &[
                data(half / 2),
                data(half / 2),
                data(200),
                event_type(under_half - 500),
                last.clone(),
            ],
        );
        add(
            &name("event type and data"),
            &[event_type(under_half), two_data(over_half), last.clone()],
        );
        add(
            &name("growing event types"),
            &[
                event_type(over_half - 10),
                event_type(over_half + 10),
                last.clone(),
            ],
        );
        add(
            &name("growing IDs"),
            &[
                line("id: ", "j", over_half),
                line("id: ", "k", over_half + 10),
                last.clone(),
            ],
        );
        add(
            &name("ill-formed fields"),
            &[
                ill_formed("event: ", b"\xFFaa", limit / 3 + 100),
                ill_formed("id: ", b"\xFFaa", limit / 3 + 100),
                ill_formed("data: ", b"\xFFaa", limit / 4),
                last.clone(),
            ],
        );
        add(
            &name("ill-formed ID"),
            &[ill_formed("id: ", b"\xFFaa", over_half), last.clone()],
        );
        // What an event leaves behind, under what comes next in the same chunk.
        add(
            &name("event, then fields"),
            &[
                event_type(under_half),
                two_data(half),
                blank(),
                two_data(limit),
                blank(),
                event_type(limit),
                comment(),
                blank(),
                line("id: ", "k", limit),
                comment(),
                ill_formed(":", b"\xFFaa", limit),
                last.clone(),
            ],
        );
        add(
            &name("ID replaced in the block"),
            &[
                line("id: ", "k", limit),
                comment(),
                line("id: ", "l", limit),
                blank(),
                two_data(limit),
                last.clone(),
            ],
        );
        add(
            &name("ID of an ill-formed block"),
            &[
                line("id: ", "k", limit),
                comment(),
                b"\xFF\n\n".to_vec(),
                two_data(limit),
                last.clone(),
            ],
        );
        add(
            &name("block that is too large"),
            &[
                line("id: ", "k", limit),
                two_data(limit),
                ill_formed("id: ", b"\xFFaa", limit),
                last,
            ],
        );
    }
    streams
}

const KIB: usize = 1024;

/// Limits are smaller without optimization, where everything takes thirty times as long.
const SLOWER: usize = if cfg!(debug_assertions) { 4 } else { 1 };

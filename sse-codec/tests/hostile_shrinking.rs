//! What a huge event has taken is given back soon after it.
//!
//! One test in a binary of its own, since the allocator counts for the whole process.

use sse_codec::{Parser, Utf8Policy};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[test]
fn memory_shrinks_after_a_huge_event() {
    let huge = |name: &str, filler: &[u8]| {
        let filler = filler.repeat((LIMIT - 100) / String::from_utf8_lossy(filler).len());
        [name.as_bytes(), &filler, b"\n"].concat()
    };
    let mut huge_lines = Vec::new();
    for name in ["data: ", "event: ", "id: ", ":", "unknown: ", "retry: "] {
        for filler in [&b"x"[..], b"0", "\u{20AC}".as_bytes(), b"\xFF", b"aa\xFF"] {
            huge_lines.push((name, huge(name, filler)));
        }
        huge_lines.push((name, [name.as_bytes(), &[b'x'; LIMIT + 1], b"\n"].concat()));
    }
    for (name, line) in huge_lines {
        for (before, behind) in [
            ("", ""),
            ("data: a\n", ""),
            ("id: 1\nevent: t\n", "event: u\n"),
            ("data: a\ndata: b\n", ":c\nid: 2\n"),
        ] {
            let stream = [before.as_bytes(), &line, behind.as_bytes(), b"\n"].concat();
            for (utf8, chunk) in [
                (Utf8Policy::Replace, 30_000),
                (Utf8Policy::Replace, usize::MAX),
                (Utf8Policy::Reject, 30_000),
            ] {
                let _profiler = dhat::Profiler::builder().testing().build();
                let mut parser = Parser::builder().max_event_bytes(LIMIT).utf8(utf8).build();
                for chunk in stream.chunks(chunk) {
                    read(&mut parser, chunk);
                }
                // A new ID takes the place of a huge one.
                read(&mut parser, b"id: 1\n\n");
                let held = dhat::HeapStats::get().curr_bytes;
                assert!(
                    held < 64 * 1024,
                    "{held} bytes held after a huge {name:?} between {before:?} and {behind:?}, {utf8:?}, chunks of {chunk}"
                );
            }
        }
    }
}

fn read(parser: &mut Parser, chunk: &[u8]) {
    let mut items = parser.feed_items(chunk);
    while !matches!(items.next(), Ok(None)) {}
}

/// Smaller without optimization, where everything takes thirty times as long.
const LIMIT: usize = if cfg!(debug_assertions) { 80 } else { 1024 } * 1024;

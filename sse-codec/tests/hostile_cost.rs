//! What is allocated grows in line with what a server sends, and no faster: twice the bytes, twice the allocation.
//!
//! One test in a binary of its own, since the allocator counts for the whole process. A buffer that moves counts again, so
//! what is copied between buffers is counted too.

mod hostile_streams;

use hostile_streams::{endless, feed};
use sse_codec::{Parser, ParserBuilder, Utf8Policy};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[test]
fn allocation_is_linear() {
    // Not near a power of two, where one more byte doubles a buffer.
    let len = if cfg!(debug_assertions) {
        10_000
    } else {
        200_000
    };
    let mut failures = Vec::new();
    for limit in [len / 5, usize::MAX] {
        for (utf8, chunk, items) in [
            (Utf8Policy::Replace, 1, true),
            (Utf8Policy::Reject, 1000, true),
            (Utf8Policy::Replace, usize::MAX, false),
        ] {
            let builder = Parser::builder().max_event_bytes(limit).utf8(utf8);
            for stream in endless() {
                let once = allocated(&builder, &stream.take(len), chunk, items);
                let twice = allocated(&builder, &stream.take(2 * len), chunk, items);
                // A tenth is allowed, and a kilobyte for what is not worth a comparison. A byte can become three, in a
                // buffer that has doubled again and again.
                if twice > 2 * once + once / 5 + 1024 || once > 16 * len as u64 {
                    failures.push(format!(
                        "{}: {once} bytes allocated for {len} bytes, {twice} for twice as many; limit {limit}, {utf8:?}, \
                         chunks of {chunk}, items {items}",
                        stream.name
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// All bytes that were ever allocated for a stream.
fn allocated(builder: &ParserBuilder, stream: &[u8], chunk: usize, items: bool) -> u64 {
    let _profiler = dhat::Profiler::builder().testing().build();
    feed(builder, stream, chunk, items);
    dhat::HeapStats::get().total_bytes
}

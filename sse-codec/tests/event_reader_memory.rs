//! `EventReader` allocates for an event nothing that is lent and one block that is owned, and a huge event leaves no huge
//! buffer.
//!
//! One test in a binary of its own, since the allocator counts for the whole process.

#![cfg(feature = "std")]

use dhat::HeapStats;
use sse_codec::EventReader;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[test]
fn events_cost_what_is_promised() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let event = "event: a\nid: 1\ndata: some data\n\n";
    let huge = format!("data: {}\ndata: x\n\n", "x".repeat(4 << 20));
    // More than is read at a time, and than is read twice: what a huge event leaves is kept for the next one until then.
    let many = event.repeat(10_000);
    let stream = [many.clone(), huge.clone(), many.clone(), huge, many].concat();
    let mut reader = EventReader::new(stream.as_bytes());

    // The first ones make the buffers.
    for _ in 0..100 {
        assert!(reader.next_event().unwrap().is_some());
        assert!(reader.next().unwrap().is_ok());
    }
    let before = HeapStats::get();
    for _ in 0..4_000 {
        assert_eq!(reader.next_event().unwrap().unwrap().data(), "some data");
    }
    assert_eq!(HeapStats::get().total_blocks, before.total_blocks);

    let before = HeapStats::get();
    for _ in 0..5_800 {
        assert_eq!(reader.next().unwrap().unwrap().data(), "some data");
    }
    assert_eq!(HeapStats::get().total_blocks, before.total_blocks + 5_800);
    assert_eq!(HeapStats::get().curr_bytes, before.curr_bytes);

    // Lent, then owned.
    assert!(reader.next_event().unwrap().unwrap().data().len() > 4 << 20);
    for _ in 0..10_000 {
        assert_eq!(reader.next_event().unwrap().unwrap().data(), "some data");
    }
    assert!(HeapStats::get().curr_bytes < before.curr_bytes + 64 * 1024);
    assert!(reader.next().unwrap().unwrap().data().len() > 4 << 20);
    for _ in 0..10_000 {
        assert_eq!(reader.next().unwrap().unwrap().data(), "some data");
    }
    assert!(HeapStats::get().curr_bytes < before.curr_bytes + 64 * 1024);
}

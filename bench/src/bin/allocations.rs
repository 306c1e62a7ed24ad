//! Counts allocations per event. A program of its own, since the allocator that counts takes time.
//!
//! Arguments are triples of contender, workload and chunk size; it writes one number per triple.

use std::error::Error;

use bytes::Bytes;
use sse_bench::chunks::Chunks;
use sse_bench::parsers;
use sse_bench::sink::Count;
use sse_bench::workload::Workload;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Bytes of a stream. Half of it is parsed first, and what that takes is not counted.
const SIZE: usize = 8 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let _profiler = dhat::Profiler::builder().testing().build();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for triple in arguments.chunks_exact(3) {
        let contender = parsers::by_name(&triple[0]).ok_or("no such parser")?;
        let workload = Workload::by_name(&triple[1]).ok_or("no such workload")?;
        let size = triple[2].parse()?;
        let (half, half_events) = allocations(contender, &workload.generate(SIZE / 2), size)?;
        let (whole, whole_events) = allocations(contender, &workload.generate(SIZE), size)?;
        println!(
            "{}",
            (whole as f64 - half as f64) / (whole_events - half_events) as f64
        );
    }
    Ok(())
}

/// Returns the allocations for a stream, and its events.
fn allocations(
    contender: &parsers::Contender,
    stream: &str,
    size: usize,
) -> Result<(u64, u64), Box<dyn Error>> {
    let chunks = Chunks::new(&Bytes::copy_from_slice(stream.as_bytes()), size);
    let mut count = Count::default();
    let before = dhat::HeapStats::get().total_blocks;
    (contender.run)(&chunks, &mut count)?;
    let after = dhat::HeapStats::get().total_blocks;
    Ok((after - before, count.events))
}

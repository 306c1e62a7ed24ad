//! Parsing, for daily work: realistic streams in chunks of a few sizes. For a comparison with other crates see `bench/` in the
//! repository.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use sse_codec::{Event, Parser};

/// About the size of each stream, in bytes: small enough to stay in the cache, so that it is the parser that shows.
const SIZE: usize = 256 * 1024;

/// Chunks of 64 bytes, of a TCP segment, of a usual read, and everything at once.
const CHUNKS: [usize; 4] = [64, 1400, 16 * 1024, usize::MAX];

fn streams() -> [(&'static str, String); 6] {
    let chat = "data: {\"id\":\"chatcmpl-B9qXo2kTzR7LhVd3wYc5aEsJ\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\
                \"choices\":[{\"index\":0,\"delta\":{\"content\":\" stream\"},\"finish_reason\":null}]}\n\n";
    let named = "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\
                 \"delta\":{\"type\":\"text_delta\",\"text\":\" stream\"}}\n\n";
    let row = "data: {\"row\":17,\"columns\":[\"name\",\"size\",\"time\"]}\n";
    let rows = format!(
        "event: report\r\nid: 42\r\nretry: 3000\r\n{}\r\n",
        row.repeat(40)
    );
    let times = |block: &str| block.repeat((SIZE / block.len()).max(1));
    [
        ("chat", times(chat)),
        ("named", times(named)),
        ("tiny", times("data: x\n\n")),
        ("huge", format!("data: {}\n\n", "x".repeat(SIZE))),
        ("rows", times(&rows)),
        (
            "text",
            times("data: สวัสดีครับ 服务器 事件流 こんにちは 🚀\n\n: ping\n\n"),
        ),
    ]
}

fn parse(criterion: &mut Criterion) {
    for (name, stream) in streams() {
        let mut group = criterion.benchmark_group(format!("parse/{name}"));
        group.throughput(Throughput::Bytes(stream.len() as u64));
        for size in CHUNKS {
            let size = size.min(stream.len());
            group.bench_function(BenchmarkId::new("borrowed", size), |bencher| {
                let mut parser = Parser::new();
                bencher.iter(|| {
                    for chunk in stream.as_bytes().chunks(size) {
                        let mut events = parser.feed(chunk);
                        while let Ok(Some(event)) = events.next() {
                            black_box((event.event_type(), event.data(), event.last_event_id()));
                        }
                    }
                });
            });
        }
        let size = 16 * 1024;
        group.bench_function(BenchmarkId::new("owned", size), |bencher| {
            let mut parser = Parser::new();
            let mut previous = Event::default();
            bencher.iter(|| {
                for chunk in stream.as_bytes().chunks(size) {
                    let mut events = parser.feed(chunk);
                    while let Ok(Some(event)) = events.next() {
                        previous = black_box(event.to_event_after(&previous));
                    }
                }
            });
        });
        group.finish();
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    parse(&mut criterion);
    criterion.final_summary();
}

//! Writing, for daily work: events of a few sizes into a buffer that is used again.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use sse_codec::{Encoder, EventType, LastEventId, OutgoingEvent};

fn encode(criterion: &mut Criterion) {
    let chat = "x".repeat(250);
    let rows = ["{\"row\":17,\"columns\":[\"name\",\"size\",\"time\"]}"; 40].join("\n");
    let huge = "x".repeat(1024 * 1024);
    let events = [
        ("chat", OutgoingEvent::new().data(&chat)),
        ("tiny", OutgoingEvent::new().data("x")),
        (
            "rows",
            OutgoingEvent::new()
                .event_type(EventType::from_static("report"))
                .last_event_id(LastEventId::from(42))
                .data(&rows),
        ),
        ("huge", OutgoingEvent::new().data(&huge)),
    ];
    let mut group = criterion.benchmark_group("encode");
    for (name, event) in events {
        group.throughput(Throughput::Bytes(Encoder::encoded_len(&event) as u64));
        group.bench_function(name, |bencher| {
            let mut encoder = Encoder::new();
            let mut buffer = Vec::new();
            bencher.iter(|| {
                buffer.clear();
                encoder.encode(black_box(&event), &mut buffer);
                black_box(&buffer);
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    encode(&mut criterion);
    criterion.final_summary();
}

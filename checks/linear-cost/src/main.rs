//! Parses the first bytes of a stream that a hostile server could send, and does nothing else, so that what it costs can be
//! counted from outside: `sse-linear-cost-check STREAM LENGTH CHUNK LIMIT`. Without arguments it lists the streams.

// Those of the codec's own tests.
#[path = "../../../sse-codec/tests/hostile_streams/mod.rs"]
mod hostile_streams;

use hostile_streams::{endless, feed};
use sse_codec::Parser;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, numbers @ ..] = arguments.as_slice() else {
        for stream in endless() {
            println!("{}", stream.name);
        }
        return;
    };
    let numbers: Vec<usize> = numbers
        .iter()
        .map(|text| text.parse().expect("a number"))
        .collect();
    let [len, chunk, limit] = numbers.as_slice() else {
        panic!("length, chunk and limit are missing");
    };
    let stream = endless().into_iter().find(|stream| stream.name == *name);
    let bytes = stream.expect("a stream that is listed").take(*len);
    let builder = Parser::builder().max_event_bytes(*limit);
    feed(&builder, &bytes, *chunk, true);
}

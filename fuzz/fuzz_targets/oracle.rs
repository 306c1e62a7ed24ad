//! The parser reads every stream as the literal oracle does, as early as can be known, and the next stream too.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sse_fuzz::{Reading, holds};
use sse_tests::laws;

fuzz_target!(|reading: Reading<'_>| {
    let stream = reading.stream();
    let options = reading.options();
    let cuts = reading.cuts(&stream);
    holds(laws::oracle_agreement(&stream, &cuts, &options));
    let (first, second) = stream.split_at(cuts.first().map_or(0, |cut| cut % (stream.len() + 1)));
    holds(laws::reset(first, second, &options));
});

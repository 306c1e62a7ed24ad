//! However a stream is cut, and by whichever view and habit it is read, it means the same.

#![no_main]

use futures_util::{FutureExt, StreamExt, stream};
use libfuzzer_sys::fuzz_target;
use sse_codec::{EventStream, EventStreamError};
use sse_fuzz::{Reading, holds};
use sse_tests::feeding::cut;
use sse_tests::laws;

fuzz_target!(|reading: Reading<'_>| {
    let bytes = reading.stream();
    let cuts = reading.cuts(&bytes);
    let options = reading.options();
    holds(laws::chunking(&bytes, &cuts, &options));

    // The stream adapter too.
    let mut parser = options.parser();
    let mut lent = Vec::new();
    let mut events = parser.feed(&bytes);
    loop {
        match events.next() {
            Ok(None) => break,
            Ok(Some(event)) => lent.push(Ok(event.to_event())),
            Err(error) => lent.push(Err(EventStreamError::Parse(error))),
        }
    }
    let chunks = cut(&bytes, &cuts).into_iter().map(Ok::<_, ()>);
    let adapter = EventStream::with_parser(stream::iter(chunks), options.parser());
    let streamed: Vec<_> = adapter
        .collect()
        .now_or_never()
        .expect("nothing is waited for");
    assert_eq!(streamed, lent);
});

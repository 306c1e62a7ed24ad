//! Parsing any bytes never panics, ends, consumes all bytes, and reports errors at places that exist, in order.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sse_codec::{Item, ParseError};
use sse_fuzz::Reading;
use sse_tests::feeding::cut;

fuzz_target!(|reading: Reading<'_>| {
    let stream = reading.stream();
    let options = reading.options();
    let mut parser = options.parser();
    let mut fed = 0;
    let mut last_error = None;
    for (number, chunk) in cut(&stream, &reading.cuts(&stream)).into_iter().enumerate() {
        fed += chunk.len() as u64;
        let mut check = |error: ParseError| {
            assert!(error.offset() < fed, "{error} after {fed} bytes");
            assert!(
                last_error <= Some(error.offset()),
                "{error} after {last_error:?}"
            );
            last_error = Some(error.offset());
        };
        let mut steps = 0;
        // Both views on one parser, by turns.
        if number % 2 == 0 {
            let mut items = parser.feed_items(chunk);
            loop {
                steps += 1;
                match items.next() {
                    Ok(None) => break,
                    Ok(Some(Item::Event(event))) => {
                        assert!(!event.event_type().is_empty());
                        assert!(!event.event_type().contains(['\r', '\n']));
                        assert!(!event.last_event_id().contains(['\r', '\n', '\0']));
                        assert!(!event.data().contains('\r'));
                        assert_eq!(event.to_event().as_ref(), event);
                    }
                    Ok(Some(Item::Comment(comment))) => assert!(!comment.contains(['\r', '\n'])),
                    Ok(Some(_)) => {}
                    Err(error) => check(error),
                }
            }
            assert!(items.remainder().is_empty());
        } else {
            let mut events = parser.feed(chunk);
            loop {
                steps += 1;
                match events.next() {
                    Ok(None) => break,
                    Ok(Some(_)) => {}
                    Err(error) => check(error),
                }
            }
            assert!(events.remainder().is_empty());
        }
        assert!(steps <= chunk.len() + 1, "more outcomes than bytes");
    }
    let id = parser.last_event_id().to_owned();
    assert!(!id.contains(['\r', '\n', '\0']));
    parser.finish();
    assert_eq!(parser.last_event_id(), id);
    assert_eq!(parser.finish(), None);
});

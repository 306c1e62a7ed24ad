//! The parser's public interface: what is lent, what stays, and what an early stop leaves. The rules of the format have
//! their vectors in the workspace's `tests`.

use std::time::Duration;

use sse_codec::{Item, LastEventId, ParseErrorKind, Parser, Unfinished, Utf8Policy};

/// All events of a chunk as `type|data|id`, errors as `!kind@offset`.
fn events(parser: &mut Parser, chunk: &[u8]) -> Vec<String> {
    let mut seen = Vec::new();
    let mut events = parser.feed(chunk);
    loop {
        match events.next() {
            Ok(Some(event)) => seen.push(format!(
                "{}|{}|{}",
                event.event_type(),
                event.data(),
                event.last_event_id()
            )),
            Ok(None) => return seen,
            Err(error) => seen.push(match error.kind() {
                ParseErrorKind::Utf8 => format!("!utf8@{}", error.offset()),
                _ => format!("!large@{}", error.offset()),
            }),
        }
    }
}

#[test]
fn events_are_lent_one_by_one() {
    let mut parser = Parser::new();
    assert_eq!(
        events(
            &mut parser,
            b"event: a\ndata: 1\ndata: 2\nid: x\n\ndata\n\n"
        ),
        ["a|1\n2|x", "message||x"]
    );
}

#[test]
fn a_stop_in_the_middle_of_a_chunk_leaves_the_rest_unfed() {
    let mut parser = Parser::new();
    let chunk = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n";
    let mut events = parser.feed(chunk);
    assert_eq!(events.next().unwrap().unwrap().data(), "a");
    assert_eq!(events.remainder(), b"id: 2\ndata: b\n\n");
    assert_eq!(parser.last_event_id(), "1");
    assert_eq!(parser.finish(), None);
}

#[test]
fn a_stop_at_a_comment_keeps_the_block_so_far() {
    let mut parser = Parser::new();
    let chunk = b"id: 1\nevent: t\ndata: a\n: c\ndata: b\n\n";
    let mut items = parser.feed_items(chunk);
    assert_eq!(items.next(), Ok(Some(Item::Comment(" c"))));
    let rest = items.remainder();
    assert_eq!(rest, b"data: b\n\n");
    assert_eq!(events(&mut parser, rest), ["t|a\nb|1"]);
}

#[test]
fn nothing_is_left_to_parse_after_the_end_of_a_chunk() {
    let mut parser = Parser::new();
    let mut events = parser.feed(b"data: a\n\ndata");
    assert!(events.next().unwrap().is_some());
    assert!(events.next().unwrap().is_none());
    assert!(events.next().unwrap().is_none());
    assert_eq!(events.remainder(), b"");
    assert_eq!(self::events(&mut parser, b": b\n\n"), ["message|b|"]);
}

#[test]
fn the_next_stream_keeps_the_last_event_id_and_the_reconnection_time() {
    let mut parser = Parser::builder()
        .last_event_id(LastEventId::from(7))
        .build();
    assert_eq!(parser.last_event_id(), "7");
    assert_eq!(
        events(
            &mut parser,
            b"\xEF\xBB\xBFretry: 5\nid: 8\n\nid: 9\ndata: lost"
        ),
        [""; 0]
    );
    assert_eq!(parser.finish(), Some(Unfinished::Line));
    assert_eq!(parser.last_event_id(), "8");
    assert_eq!(parser.reconnection_time(), Some(Duration::from_millis(5)));
    assert_eq!(
        events(&mut parser, b"\xEF\xBB\xBFdata: a\n\n"),
        ["message|a|8"]
    );
}

#[test]
fn the_end_says_what_it_cuts_off() {
    for (stream, unfinished) in [
        (&b""[..], None),
        (b"data: a\n\n", None),
        (b"data: a\n", Some(Unfinished::Block)),
        (b"id: a\n", Some(Unfinished::Block)),
        (b"event: a\r", Some(Unfinished::Block)),
        (b": comment\nretry: 1\nx: y\n", None),
        (b"data: a\n\n:", Some(Unfinished::Line)),
        (b"\xEF\xBB", Some(Unfinished::Line)),
        (b"\xEF\xBB\xBF", None),
    ] {
        let mut parser = Parser::new();
        let _ = events(&mut parser, stream);
        assert_eq!(parser.finish(), unfinished, "{stream:?}");
        assert_eq!(parser.finish(), None, "{stream:?}");
    }
}

#[test]
fn an_event_that_is_too_large_is_dropped_and_its_id_is_taken() {
    let mut parser = Parser::builder().max_event_bytes(12).build();
    assert_eq!(
        events(
            &mut parser,
            b"id: 1\ndata: 12345\ndata: 67890\ndata: x\nid: 2\n\ndata: a\n\n"
        ),
        ["!large@30", "message|a|2"]
    );
    assert_eq!(events(&mut parser, b"data: 1234567"), ["!large@66"]);
    assert_eq!(events(&mut parser, b"89\n\ndata: b\n\n"), ["message|b|2"]);
}

#[test]
fn ill_formed_lines_are_rejected_with_their_place() {
    let mut parser = Parser::builder().utf8(Utf8Policy::Reject).build();
    assert_eq!(
        events(
            &mut parser,
            b"id: 1\ndata: a\n\nid: 2\n: \xFF\ndata: b\n\ndata: c\n\n"
        ),
        ["message|a|1", "!utf8@23", "message|c|1"]
    );
    // A character in three chunks, then one that is cut off by the line's end.
    for chunk in [&b"data: \xE2"[..], b"\x82", b"\xAC\n"] {
        assert_eq!(events(&mut parser, chunk), [""; 0]);
    }
    assert_eq!(
        events(&mut parser, b"\ndata: \xE2\x82"),
        ["message|\u{20AC}|1"]
    );
    assert_eq!(events(&mut parser, b"\n"), ["!utf8@60"]);
}

#[test]
fn comments_are_lent_whole_or_not_at_all() {
    let mut parser = Parser::new();
    assert_eq!(parser.feed_items(b": be").next(), Ok(None));
    assert_eq!(parser.feed_items(b"gun \xFF").next(), Ok(None));
    let mut items = parser.feed_items(b"\n:\xFF\n");
    assert_eq!(items.next(), Ok(Some(Item::Comment(" begun \u{FFFD}"))));
    assert_eq!(items.next(), Ok(Some(Item::Comment("\u{FFFD}"))));
    assert_eq!(items.next(), Ok(None));
    assert_eq!(events(&mut parser, b": begun elsewhere"), [""; 0]);
    assert_eq!(parser.feed_items(b" and finished\n").next(), Ok(None));
}

#[test]
fn a_parser_can_move_between_threads() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Parser>();
    is_send_and_sync::<sse_codec::Event>();
    is_send_and_sync::<sse_codec::ParseError>();
}

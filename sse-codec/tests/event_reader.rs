//! `EventReader`: the events of a `Read`, however it is cut, and whatever errors come in between.

#![cfg(feature = "std")]

mod outcomes;

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};

use outcomes::{Outcome, expected, settings, streams};
use proptest::prelude::*;
use sse_codec::{Event, EventReader, EventReaderError, ParseErrorKind, Parser, Unfinished};

/// A source that does what it is told, piece by piece. To read on after its end is a fault.
#[derive(Debug, Default)]
struct Script(VecDeque<Result<Vec<u8>, ErrorKind>>);

impl Script {
    fn new<'a>(steps: impl IntoIterator<Item = Result<&'a [u8], ErrorKind>>) -> Self {
        let own = |step: Result<&[u8], _>| step.map(<[u8]>::to_vec);
        Self(steps.into_iter().map(own).chain([Ok(Vec::new())]).collect())
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.0.pop_front().expect("read after the end")?;
        let rest = bytes.split_off(bytes.len().min(buffer.len()));
        if !rest.is_empty() {
            self.0.push_front(Ok(rest));
        }
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

/// The outcomes of a stream in pieces, by the iterator and lent, which must be the same.
fn outcomes(pieces: &[&[u8]]) -> (Vec<Outcome>, String) {
    let reader = || {
        let pieces = pieces.iter().filter(|piece| !piece.is_empty());
        let source = Script::new(pieces.map(|piece| Ok(*piece)));
        EventReader::with_parser(source, settings().build())
    };
    let outcome = |item: Result<Event, _>| match item {
        Ok(event) => Ok(event),
        Err(EventReaderError::Parse(error)) => Err(error),
        Err(error) => panic!("{error}"),
    };
    let mut owned = reader();
    let yielded: Vec<_> = owned.by_ref().map(outcome).collect();
    assert!(owned.next().is_none());

    let mut lent = reader();
    for expected in &yielded {
        let event = lent.next_event().map(|event| event.unwrap().to_event());
        assert_eq!(outcome(event), *expected);
    }
    assert!(lent.next_event().unwrap().is_none());
    assert_eq!(lent.last_event_id(), owned.last_event_id());
    assert_eq!(lent.unfinished(), owned.unfinished());
    (yielded, owned.last_event_id().to_owned())
}

#[test]
fn where_reads_are_cut_changes_nothing() {
    for stream in streams() {
        let expected = expected(stream);
        let bytes: Vec<_> = stream.chunks(1).collect();
        assert_eq!(outcomes(&bytes), expected);
        for at in 0..=stream.len() {
            let (first, second) = stream.split_at(at);
            assert_eq!(outcomes(&[first, second]), expected, "cut at {at}");
        }
    }
}

proptest! {
    #[test]
    fn any_stream_in_any_pieces_is_read_as_the_parser_reads_it(
        tokens in proptest::collection::vec(
            prop_oneof![
                Just("data"), Just("id"), Just("event"), Just(":"), Just(" "), Just("x"), Just("€"), Just("\0"),
                Just("\r"), Just("\n"), Just("\r\n"), Just("\n\n"), Just("data: x\n\n"), Just("id: 1\n"),
            ],
            0..60,
        ),
        ill_formed in proptest::option::of(0_usize..60),
        size in 1_usize..40,
    ) {
        let mut stream = tokens.concat().into_bytes();
        if let Some(byte) = ill_formed.and_then(|at| stream.get_mut(at)) {
            *byte = 0xFF;
        }
        let pieces: Vec<_> = stream.chunks(size).collect();
        prop_assert_eq!(outcomes(&pieces), expected(&stream));
    }
}

#[test]
fn events_larger_than_the_buffer_are_read() {
    let long = "é".repeat(50_000);
    let stream = format!("data: {long}\n\ndata: {long}\ndata: x\n\n");
    let mut reader = EventReader::new(stream.as_bytes());
    assert_eq!(reader.next().unwrap().unwrap().data(), long);
    let event = reader.next_event().unwrap().unwrap();
    assert_eq!(event.data(), format!("{long}\nx"));
    assert!(reader.next().is_none());
}

#[test]
fn the_last_event_id_is_never_ahead_of_the_events() {
    let mut reader = EventReader::new(&b"id: 1\ndata\n\nid: 2\ndata\n\nid: 3\n\n"[..]);
    assert_eq!(reader.last_event_id(), "");
    for id in ["1", "2"] {
        assert_eq!(reader.next().unwrap().unwrap().last_event_id(), id);
        assert_eq!(reader.last_event_id(), id);
    }
    assert!(reader.next().is_none());
    assert_eq!(reader.last_event_id(), "3");
}

#[test]
fn the_two_views_can_be_used_by_turns() {
    let mut reader =
        EventReader::new(&b"event: a\ndata: 1\n\ndata: 2\n\nevent: a\ndata: 3\n\n"[..]);
    assert_eq!(reader.next().unwrap().unwrap(), Event::new("a", "1", ""));
    let lent = reader.next_event().unwrap().unwrap();
    assert_eq!(lent.to_event(), Event::new("", "2", ""));
    assert_eq!(reader.next().unwrap().unwrap(), Event::new("a", "3", ""));
}

#[test]
fn an_interrupted_read_is_repeated() {
    let source = Script::new([
        Err(ErrorKind::Interrupted),
        Ok(&b"data: a\n"[..]),
        Err(ErrorKind::Interrupted),
        Err(ErrorKind::Interrupted),
        Ok(b"\n"),
    ]);
    let events: Result<Vec<_>, _> = EventReader::new(source).collect();
    assert_eq!(events.unwrap(), [Event::new("", "a", "")]);
}

#[test]
fn a_source_that_would_block_or_times_out_loses_nothing() {
    for kind in [ErrorKind::WouldBlock, ErrorKind::TimedOut] {
        let stream = b"id: 1\ndata: a\r\n\r\n";
        for at in 0..stream.len() {
            let (first, second) = stream.split_at(at);
            // A piece without bytes would be the end.
            let pieces = [first, second]
                .into_iter()
                .filter(|piece| !piece.is_empty());
            let source = Script::new(pieces.flat_map(|piece| [Err(kind), Ok(piece), Err(kind)]));
            let mut reader = EventReader::new(source);
            let mut events = Vec::new();
            let mut waits = 0;
            loop {
                match reader.next_event() {
                    Ok(Some(event)) => events.push(event.to_event()),
                    Ok(None) => break,
                    Err(EventReaderError::Source(error)) if error.kind() == kind => waits += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            assert_eq!(events, [Event::new("", "a", "1")], "cut at {at}");
            assert!(waits >= 2);
            assert_eq!(reader.unfinished(), None);
        }
    }
}

#[test]
fn an_error_of_the_source_ends_the_events() {
    let source = Script::new([
        Ok(&b"data: a\n\ndata: b\n\ndata: cut"[..]),
        Err(ErrorKind::ConnectionReset),
        Ok(b"data: c\n\n"),
    ]);
    let mut reader = EventReader::new(source);
    assert_eq!(reader.next().unwrap().unwrap().data(), "a");
    assert_eq!(reader.next().unwrap().unwrap().data(), "b");
    let error = reader.next().unwrap().unwrap_err();
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(io::Error::from(error).kind(), ErrorKind::ConnectionReset);
    assert!(reader.next().is_none());
    assert!(reader.next_event().unwrap().is_none());
    assert_eq!(reader.unfinished(), Some(Unfinished::Line));
    // The rest has not been asked for.
    assert_eq!(reader.into_inner().0.len(), 2);
}

#[test]
fn an_error_of_the_parser_costs_one_event() {
    let parser = Parser::builder().max_event_bytes(8).build();
    let source = &b"data: a\n\ndata: too large\n\ndata: b\n\n"[..];
    let mut reader = EventReader::with_parser(source, parser);
    assert_eq!(reader.next().unwrap().unwrap().data(), "a");
    let error = reader.next().unwrap().unwrap_err();
    assert!(matches!(
        &error,
        EventReaderError::Parse(error) if matches!(error.kind(), ParseErrorKind::TooLarge { limit: 8, .. })
    ));
    assert_eq!(io::Error::from(error).kind(), ErrorKind::InvalidData);
    assert_eq!(reader.next().unwrap().unwrap().data(), "b");
    assert!(reader.next().is_none());
}

#[test]
fn a_line_without_end_is_an_error_and_not_a_full_memory() {
    let parser = Parser::builder().max_event_bytes(100_000).build();
    let source = b"data: "
        .chain(io::repeat(b'x').take(10_000_000))
        .chain(&b"\n\ndata: b\n\n"[..]);
    let mut reader = EventReader::with_parser(source, parser);
    assert!(reader.next().unwrap().is_err());
    assert_eq!(reader.next().unwrap().unwrap().data(), "b");
    assert!(reader.next().is_none());
}

#[test]
fn the_source_can_be_had_back_with_what_was_not_parsed() {
    let mut reader = EventReader::new(&b"retry: 20\ndata: a\n\ndata: b\n\n"[..]);
    assert_eq!(reader.next().unwrap().unwrap().data(), "a");
    assert_eq!(reader.reconnection_time().unwrap().as_millis(), 20);
    assert_eq!(reader.buffer(), b"data: b\n\n");
    assert_eq!(reader.get_ref(), b"");
    assert_eq!(reader.get_mut(), b"");
    assert_eq!(reader.into_inner(), b"");
}

/// A source that breaks the contract of `Read`.
struct Liar(usize);

impl Read for Liar {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 -= 1;
        Ok(if self.0 == 0 { 0 } else { buffer.len() * 2 })
    }
}

#[test]
fn a_source_that_claims_too_much_does_no_harm() {
    assert!(EventReader::new(Liar(3)).next().is_none());
}

//! `EventDecoder` and `Encoder` as codecs of `tokio_util`: by hand, and under `FramedRead` and `FramedWrite`.

#![cfg(feature = "tokio-util")]

mod outcomes;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt, TryStreamExt};
use outcomes::{Outcome, expected, settings, streams};
use sse_codec::{Encoder, Event, EventDecoder, LastEventId, OutgoingEvent, Parser, Unfinished};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::codec::{Decoder, Framed, FramedRead, FramedWrite};

/// All items of the buffer, each of which must leave it smaller.
fn decode(decoder: &mut EventDecoder, buffer: &mut BytesMut, items: &mut Vec<Outcome>) {
    while let Some(item) = decoder.decode(buffer).unwrap() {
        items.push(item);
    }
    assert!(buffer.is_empty());
}

fn in_pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Outcome>, String) {
    let mut decoder = EventDecoder::with_parser(settings().build());
    let mut buffer = BytesMut::new();
    let mut items = Vec::new();
    for piece in pieces {
        buffer.extend_from_slice(piece);
        decode(&mut decoder, &mut buffer, &mut items);
    }
    assert!(decoder.decode_eof(&mut buffer).unwrap().is_none());
    (items, decoder.last_event_id().to_owned())
}

#[test]
fn where_the_bytes_are_cut_changes_nothing() {
    for stream in streams() {
        let expected = expected(stream);
        assert_eq!(in_pieces(stream.chunks(1)), expected);
        for at in 0..=stream.len() {
            let (first, second) = stream.split_at(at);
            assert_eq!(in_pieces([first, second]), expected, "cut at {at}");
            assert_eq!(in_pieces([first, b"", second]), expected, "cut at {at}");
        }
    }
}

#[test]
fn all_can_be_left_to_the_end() {
    for stream in streams() {
        let mut decoder = EventDecoder::with_parser(settings().build());
        let mut buffer = BytesMut::from(stream);
        let mut items = Vec::new();
        while let Some(item) = decoder.decode_eof(&mut buffer).unwrap() {
            items.push(item);
        }
        assert!(buffer.is_empty());
        assert_eq!(
            (items, decoder.last_event_id().to_owned()),
            expected(stream)
        );
    }
}

#[test]
fn the_end_drops_the_unfinished_block_and_says_so() {
    let mut decoder = EventDecoder::new();
    let mut buffer = BytesMut::from("id: 1\ndata: a\n");
    assert_eq!(decoder.decode(&mut buffer).unwrap(), None);
    assert_eq!(decoder.unfinished(), None);
    for _ in 0..2 {
        assert_eq!(decoder.decode_eof(&mut buffer).unwrap(), None);
        assert_eq!(decoder.unfinished(), Some(Unfinished::Block));
    }
    // What comes behind the end is the next stream.
    buffer.extend_from_slice(b"\xEF\xBB\xBFdata: b\n\n");
    let event = decoder.decode(&mut buffer).unwrap().unwrap().unwrap();
    assert_eq!(event, Event::new("", "b", ""));
    assert_eq!(decoder.decode_eof(&mut buffer).unwrap(), None);
    assert_eq!(decoder.unfinished(), None);
}

/// A source that does what it is told, piece by piece.
struct Script(VecDeque<io::Result<&'static [u8]>>);

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(piece) = self.0.pop_front() {
            buffer.put_slice(piece?);
        }
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_stream_goes_on_behind_an_event_that_was_dropped() {
    let parser = Parser::builder().max_event_bytes(8).build();
    let source = Script(
        [
            Ok(&b"data: a\n\ndata: too la"[..]),
            Ok(b"rge\n\ndata: b\n\n"),
        ]
        .into(),
    );
    let events = FramedRead::new(source, EventDecoder::with_parser(parser));
    let items: Vec<_> = events.try_collect().await.unwrap();
    assert!(
        matches!(items.as_slice(), [Ok(a), Err(_), Ok(b)] if a.data() == "a" && b.data() == "b"),
        "{items:?}"
    );
}

#[tokio::test]
async fn an_error_of_the_source_ends_the_stream() {
    let source = Script(
        [
            Ok(&b"data: a\n\ndata: b"[..]),
            Err(io::ErrorKind::ConnectionReset.into()),
        ]
        .into(),
    );
    let mut events = FramedRead::new(source, EventDecoder::new());
    assert_eq!(events.next().await.unwrap().unwrap().unwrap().data(), "a");
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn nothing_behind_an_event_is_taken_before_it_is_asked_for() {
    let source = &b"id: 1\nretry: 20\ndata: a\n\nid: 2\ndata: b\n\nrest"[..];
    let mut events = FramedRead::new(source, EventDecoder::new());
    let event = events.next().await.unwrap().unwrap().unwrap();
    assert_eq!(event.last_event_id(), "1");
    assert_eq!(events.decoder().last_event_id(), "1");
    assert_eq!(
        events.decoder().reconnection_time().unwrap().as_millis(),
        20
    );
    assert_eq!(events.read_buffer(), "id: 2\ndata: b\n\nrest");
}

#[tokio::test]
async fn a_large_event_needs_no_large_buffer() {
    let long = "x".repeat(1 << 20);
    let stream = format!("data: {long}\n\n");
    let mut events = FramedRead::with_capacity(stream.as_bytes(), EventDecoder::new(), 4096);
    assert_eq!(events.next().await.unwrap().unwrap().unwrap().data(), long);
    assert!(events.read_buffer().capacity() <= 64 * 1024);
}

#[tokio::test]
async fn what_is_written_is_read() {
    // Less than an event, so that both ends wait for each other.
    let (ours, theirs) = tokio::io::duplex(7);
    let mut written = FramedWrite::new(ours, Encoder::new());
    let mut read = Framed::new(theirs, Both::default());
    let event = OutgoingEvent::new()
        .last_event_id(LastEventId::from(1))
        .data("a\n b");
    let write = async {
        written.send(&event).await.unwrap();
        written.send(event.clone()).await.unwrap();
        SinkExt::<&OutgoingEvent<'_>>::close(&mut written)
            .await
            .unwrap();
    };
    let read = async {
        for _ in 0..2 {
            let event = read.next().await.unwrap().unwrap().unwrap();
            assert_eq!(event, Event::new("", "a\n b", "1"));
        }
        assert!(read.next().await.is_none());
    };
    let both = async { tokio::join!(write, read) };
    tokio::time::timeout(Duration::from_secs(60), both)
        .await
        .expect("both ends finish");
}

/// A codec of one's own, made of ours.
#[derive(Default)]
struct Both(EventDecoder);

impl Decoder for Both {
    type Item = <EventDecoder as Decoder>::Item;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        self.0.decode(buffer)
    }
}

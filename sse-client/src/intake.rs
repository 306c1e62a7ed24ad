//! Turns the chunks of event streams into items to hand out, and keeps the last event ID: that of what was handed out.

use std::collections::VecDeque;
use std::ptr;
use std::time::Duration;

use bytes::Bytes;
use sse_codec::{Event, Item, LastEventId, ParseError, Parser, Utf8Policy};

/// What an [`Intake`] hands out.
#[derive(Debug)]
pub(crate) enum Received {
    Event(Event),
    Comment(String),
    ReconnectionTime(Duration),
    Error(ParseError),
}

/// The streams' way from chunks to the consumer, over all connections.
///
/// A chunk is parsed in slices, and the next slice only when everything of the one before has been handed out. So what is
/// queued is bounded, however large the chunks are that the transport comes with.
#[derive(Debug)]
pub(crate) struct Intake {
    settings: IntakeSettings,
    parser: Parser,
    /// What of the last chunk has not been parsed.
    rest: Bytes,
    queue: VecDeque<Queued>,
    /// An event of the last event ID that was queued last, so that the next one can share it if it is long.
    newest: Event,
    /// The last event ID, by what has been handed out.
    last_event_id: String,
    /// Set by the stream. Unlike the last event ID it counts as soon as it is read, and it outlives the connection.
    reconnection_time: Option<Duration>,
    /// Whether an event has been dispatched since this was last asked.
    progress: bool,
    /// How many events and comments there were.
    events: u64,
    comments: u64,
}

/// What of the builder's settings concerns the parsing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IntakeSettings {
    pub(crate) utf8: Utf8Policy,
    pub(crate) max_event_bytes: usize,
    pub(crate) comments: bool,
}

#[derive(Debug)]
enum Queued {
    Received(Received),
    /// A block without data has set the ID. Nothing to hand out, but it takes its turn.
    LastEventId(String),
}

impl Intake {
    pub(crate) fn new(settings: IntakeSettings, last_event_id: &LastEventId<'_>) -> Self {
        let mut intake = Self {
            settings,
            parser: Parser::new(),
            rest: Bytes::new(),
            queue: VecDeque::new(),
            newest: Event::default(),
            last_event_id: last_event_id.as_str().to_owned(),
            reconnection_time: None,
            progress: false,
            events: 0,
            comments: 0,
        };
        intake.restart();
        intake
    }

    /// Starts over for the stream of a new connection, which continues behind what has been handed out. What has not
    /// is dropped: the server will send it again.
    pub(crate) fn restart(&mut self) {
        let mut builder = Parser::builder()
            .utf8(self.settings.utf8)
            .max_event_bytes(self.settings.max_event_bytes);
        // Always so, since the ID has come out of a stream or of a `LastEventId`.
        if let Ok(id) = LastEventId::new(self.last_event_id.as_str()) {
            builder = builder.last_event_id(id);
        }
        self.parser = builder.build();
        self.newest = Event::new("", "", &self.last_event_id);
        self.clear();
    }

    /// Drops what has not been handed out.
    pub(crate) fn clear(&mut self) {
        self.rest = Bytes::new();
        self.queue = VecDeque::new();
    }

    /// Takes the next chunk. The one before must have been used up, so that [`next`](Self::next) has returned `None`.
    pub(crate) fn feed(&mut self, chunk: Bytes) {
        self.rest = chunk;
        self.parse_slices();
    }

    /// Ends the stream, and returns whether that cuts off an event.
    pub(crate) fn finish(&mut self) -> bool {
        self.parser.finish().is_some()
    }

    /// Returns the next item to hand out. Thereby its last event ID, and that of blocks without data behind it,
    /// becomes [the one](Self::last_event_id) to reconnect with.
    pub(crate) fn next(&mut self) -> Option<Received> {
        let received = self.pop();
        if let Some(Received::Event(event)) = &received {
            event.last_event_id().clone_into(&mut self.last_event_id);
        }
        // Only after the item, so that an ID never goes ahead of it.
        self.pop_ids();
        self.parse_slices();
        received
    }

    /// Replaces the last event ID, before the first stream.
    pub(crate) fn set_last_event_id(&mut self, id: &LastEventId<'_>) {
        id.as_str().clone_into(&mut self.last_event_id);
        self.restart();
    }

    pub(crate) fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    pub(crate) fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    /// Returns how many events were dispatched, and how many comments there were, over all streams.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.events, self.comments)
    }

    /// Returns whether an event has been dispatched since the last call.
    pub(crate) fn take_progress(&mut self) -> bool {
        std::mem::take(&mut self.progress)
    }

    fn pop(&mut self) -> Option<Received> {
        match self.queue.pop_front()? {
            Queued::Received(received) => Some(received),
            // Those in front are gone already, see `pop_ids`.
            Queued::LastEventId(_) => None,
        }
    }

    /// Takes over the IDs that stand in front of the queue.
    fn pop_ids(&mut self) {
        while let Some(Queued::LastEventId(id)) = self.queue.front_mut() {
            self.last_event_id = std::mem::take(id);
            self.queue.pop_front();
        }
    }

    /// Parses until there is something to hand out, or the chunk is used up.
    fn parse_slices(&mut self) {
        while self.queue.is_empty() && !self.rest.is_empty() {
            let slice = self.rest.split_to(self.rest.len().min(MAX_SLICE_BYTES));
            self.parse(&slice);
            self.pop_ids();
        }
    }

    fn parse(&mut self, slice: &[u8]) {
        let mut items = self.parser.feed_items(slice);
        loop {
            let received = match items.next() {
                Ok(None) => break,
                Ok(Some(Item::Event(event))) => {
                    self.progress = true;
                    self.events += 1;
                    let event = event.to_event_after(&self.newest);
                    let (new, old) = (event.last_event_id(), self.newest.last_event_id());
                    // A long ID is shared while it stays the same, and to compare it for each event could cost more than all
                    // the rest.
                    if !ptr::eq(new, old) && (new.len() > LONG_ID || new != old) {
                        self.newest = event.without_data();
                    }
                    Received::Event(event)
                }
                Ok(Some(Item::ReconnectionTime(time))) => {
                    self.reconnection_time = Some(time);
                    Received::ReconnectionTime(time)
                }
                Ok(Some(Item::Comment(comment))) => {
                    self.comments += 1;
                    if !self.settings.comments {
                        continue;
                    }
                    Received::Comment(comment.to_owned())
                }
                // An item of a kind that this crate does not know.
                Ok(Some(_)) => continue,
                Err(error) => Received::Error(error),
            };
            self.queue.push_back(Queued::Received(received));
        }
        let id = self.parser.last_event_id();
        if id != self.newest.last_event_id() {
            self.queue.push_back(Queued::LastEventId(id.to_owned()));
            self.newest = Event::new("", "", id);
        }
    }
}

/// How much is parsed at once, in bytes. Large enough for the parser's full speed, and the events of one slice are
/// the most that waits for the consumer.
const MAX_SLICE_BYTES: usize = 16 * 1024;

/// Bytes of a last event ID from which on it is not compared if it is not shared.
const LONG_ID: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn intake(last_event_id: &'static str) -> Intake {
        let settings = IntakeSettings {
            utf8: Utf8Policy::Replace,
            max_event_bytes: 1024 * 1024,
            comments: true,
        };
        Intake::new(settings, &LastEventId::from_static(last_event_id))
    }

    fn event(intake: &mut Intake) -> Event {
        match intake.next() {
            Some(Received::Event(event)) => event,
            other => panic!("not an event: {other:?}"),
        }
    }

    #[test]
    fn the_last_event_id_is_that_of_what_was_handed_out() {
        let mut intake = intake("0");
        intake.feed(Bytes::from_static(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n"));
        assert_eq!(intake.last_event_id(), "0");
        assert_eq!(event(&mut intake), Event::new("", "a", "1"));
        assert_eq!(intake.last_event_id(), "1");
        assert_eq!(event(&mut intake), Event::new("", "b", "2"));
        assert_eq!(intake.last_event_id(), "2");
        assert!(intake.next().is_none());
    }

    #[test]
    fn an_id_only_block_counts_once_what_stands_before_it_was_handed_out() {
        let mut intake = intake("");
        intake.feed(Bytes::from_static(b"id: 1\ndata: a\n\n:c\n\nid: 2\n\n"));
        event(&mut intake);
        assert_eq!(intake.last_event_id(), "1");
        assert!(matches!(intake.next(), Some(Received::Comment(comment)) if comment == "c"));
        assert_eq!(intake.last_event_id(), "2");
        assert!(intake.next().is_none());
        intake.feed(Bytes::from_static(b"id: 3\n\n"));
        assert_eq!(intake.last_event_id(), "3");
        intake.feed(Bytes::from_static(b"id\n\n"));
        assert_eq!(intake.last_event_id(), "");
    }

    #[test]
    fn a_new_stream_goes_on_behind_what_was_handed_out() {
        let mut intake = intake("");
        intake.feed(Bytes::from_static(
            b"id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata",
        ));
        event(&mut intake);
        intake.restart();
        assert_eq!(intake.last_event_id(), "1");
        assert!(intake.next().is_none());
        intake.feed(Bytes::from_static(b"data: c\n\n"));
        assert_eq!(event(&mut intake), Event::new("", "c", "1"));
    }

    #[test]
    fn a_chunk_is_parsed_in_slices() {
        let block = b"data: 123456789\n\n";
        let mut intake = intake("");
        intake.feed(Bytes::from(block.repeat(100_000)));
        let mut most = 0;
        for _ in 0..100_000 {
            event(&mut intake);
            most = most.max(intake.queue.len());
        }
        assert!(intake.next().is_none());
        assert!(
            most <= MAX_SLICE_BYTES / block.len() + 1,
            "{most} events were queued"
        );
    }

    #[test]
    fn an_error_is_an_item_and_the_stream_goes_on() {
        let mut intake = intake("");
        intake.settings.max_event_bytes = 10;
        intake.restart();
        intake.feed(Bytes::from_static(b"data: larger than ten\n\ndata: a\n\n"));
        assert!(matches!(intake.next(), Some(Received::Error(_))));
        assert_eq!(event(&mut intake).data(), "a");
    }

    #[test]
    fn a_reconnection_time_outlives_the_stream() {
        let mut intake = intake("");
        intake.feed(Bytes::from_static(b"retry: 7\n"));
        assert!(matches!(intake.next(), Some(Received::ReconnectionTime(_))));
        intake.restart();
        assert_eq!(intake.reconnection_time(), Some(Duration::from_millis(7)));
    }

    #[test]
    fn only_an_event_is_progress() {
        let mut intake = intake("");
        intake.feed(Bytes::from_static(b":c\nretry: 7\nid: 1\n\n"));
        assert!(!intake.take_progress());
        intake.restart();
        intake.feed(Bytes::from_static(b"data\n\n"));
        assert!(intake.take_progress());
        assert!(!intake.take_progress());
    }

    #[test]
    fn events_share_a_long_id() {
        let mut intake = intake("");
        let id = "1".repeat(10_000);
        intake.feed(Bytes::from(format!("id: {id}\ndata: a\n\ndata: b\n\n")));
        let (first, second) = (event(&mut intake), event(&mut intake));
        assert!(ptr::eq(first.last_event_id(), second.last_event_id()));
    }
}

//! What a subscriber is given when it is polled.

use std::mem;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use sse_codec::{EventType, OutgoingEvent};

use super::{State, retry};
use crate::event_id::EventId;
use crate::hub::journal::Batch;
use crate::hub::options::GapPolicy;
use crate::hub::payload::id_only;
use crate::hub::subscriber::{Stage, SubscriberKey};
use crate::hub::subscription::{EndReason, Outcome};

/// What a subscriber is to do.
#[derive(Debug)]
pub(crate) enum Next {
    Frame(Bytes),
    Wait,
    End,
}

impl State {
    /// Says what a subscriber is to do. If that is to wait, `waker` is woken when there is something else to do.
    pub(crate) fn poll(&mut self, key: SubscriberKey, waker: &Waker) -> Next {
        let Some(reader) = self.subscribers.get_mut(key) else {
            return Next::End;
        };
        let feed_key = reader.feed;
        let Some(feed) = self.feeds.get_mut(feed_key) else {
            return Next::End;
        };
        match reader.stage {
            Stage::Ended(_) => return Next::End,
            Stage::Opening(outcome) => {
                reader.stage = Stage::Live;
                if let Some(bytes) = self.opening(key, outcome) {
                    return self.written(key, bytes);
                }
                return self.poll(key, waker);
            }
            Stage::Live | Stage::Ending(..) => {}
        }
        let last = self.journal.last(&feed.topics);
        let enough = match reader.stage {
            Stage::Ending(_, through) => reader.after >= through,
            _ => false,
        };
        if reader.after < last && !enough {
            let trimmed = self.journal.trimmed(&feed.topics);
            if reader.after >= trimmed {
                return self.deliver(key, last);
            }
            self.counts.lagged += 1;
            match (self.options.gap_policy, reader.stage) {
                (GapPolicy::Event, _) => {
                    let bytes = self.gap(key, Some(trimmed));
                    return self.written(key, bytes);
                }
                (GapPolicy::Disconnect, Stage::Live) => {
                    reader.stage = Stage::Ending(EndReason::Lagged, reader.after);
                }
                (GapPolicy::Disconnect, _) => {}
            }
        }
        if let Stage::Ending(reason, _) = reader.stage {
            reader.stage = Stage::Ended(reason);
            let bytes = retry(self.spread());
            return self.written(key, bytes);
        }
        if mem::take(&mut reader.keep_alive) {
            let newest = self.journal.newest();
            if reader.after < newest {
                reader.after = newest;
                return self.written(key, id_only(newest));
            }
            return self.written(key, COMMENT);
        }
        let old = feed
            .waiting
            .join(&mut self.subscribers, key, waker, self.tick);
        self.discarded.extend(old);
        Next::Wait
    }

    /// Hands out what comes next, which is there.
    fn deliver(&mut self, key: SubscriberKey, last: EventId) -> Next {
        let Some(reader) = self.subscribers.get_mut(key) else {
            return Next::End;
        };
        let Some(feed) = self.feeds.get(reader.feed) else {
            return Next::End;
        };
        let batch = match self.frames.find(reader.feed, reader.after, last) {
            Some(batch) => batch.clone(),
            None => {
                let Some(batch) = self
                    .journal
                    .read(&feed.topics, reader.after, MAX_FRAME_BYTES)
                else {
                    return Next::End;
                };
                if batch.events > 1 {
                    self.frames.keep(reader.feed, reader.after, last, &batch);
                }
                batch
            }
        };
        let Batch {
            bytes,
            through,
            events,
        } = batch;
        reader.after = through;
        reader.keep_alive = false;
        reader.delivered += events as u64;
        self.counts.delivered += events as u64;
        self.counts.coalesced += events as u64 - 1;
        self.written(key, bytes)
    }

    fn written(&mut self, key: SubscriberKey, bytes: Bytes) -> Next {
        self.counts.bytes += bytes.len() as u64;
        // One who is polled without having been woken is still in the list, where its place is no longer the right one.
        let feed = self.subscribers.get(key).map(|reader| reader.feed);
        if let Some(feed) = feed.and_then(|feed| self.feeds.get_mut(feed)) {
            self.discarded
                .extend(feed.waiting.leave(&mut self.subscribers, key));
        }
        Next::Frame(bytes)
    }

    /// What a stream begins with. `None` if its events are there and nothing needs to stand before them.
    fn opening(&mut self, key: SubscriberKey, outcome: Outcome) -> Option<Bytes> {
        let mut bytes = BytesMut::new();
        if let Some(time) = self.options.reconnection_time {
            bytes.extend_from_slice(&retry(time));
        }
        let newest = self.journal.newest();
        if let Outcome::Truncated { .. } = outcome {
            bytes.extend_from_slice(&self.gap(key, None));
        } else {
            let reader = self.subscribers.get_mut(key)?;
            let feed = self.feeds.get(reader.feed)?;
            if reader.after >= self.journal.last(&feed.topics) {
                // Nothing to send yet, but an ID to come back with.
                reader.after = newest;
                bytes.extend_from_slice(&id_only(newest));
            }
        }
        (!bytes.is_empty()).then(|| bytes.freeze())
    }

    /// Makes the gap event of a subscriber. `through` is given if it goes on from there, without that it is there
    /// already.
    fn gap(&mut self, key: SubscriberKey, through: Option<EventId>) -> Bytes {
        self.counts.gaps += 1;
        let Some(reader) = self.subscribers.get_mut(key) else {
            return COMMENT;
        };
        let mut data = String::from("{\"after\":");
        match through {
            Some(through) => {
                data.push_str(&format!("\"{}\"", reader.after));
                reader.after = through;
            }
            None => data.push_str("null"),
        }
        data.push_str(&format!(",\"through\":\"{}\"}}", reader.after));
        let event_type: EventType<'_> = self.options.gap_event_type.clone();
        OutgoingEvent::new()
            .event_type(event_type)
            .last_event_id(reader.after.into())
            .data(data)
            .to_bytes()
    }
}

/// An empty comment, without a blank line, for which some clients would take it for an event.
const COMMENT: Bytes = Bytes::from_static(b":\n");

/// Large enough that the cost of a frame and its write vanishes, small enough to be no burden as a buffer.
const MAX_FRAME_BYTES: usize = 64 * 1024;

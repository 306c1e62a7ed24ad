//! [`Journal`]: the log. What was published lately, bounded, in one sequence, by topic.
//!
//! Everything that must not be wrong about gaps is here, so these are the rules:
//!
//! - IDs only grow, over all topics. `newest` is the last one that was given.
//! - A topic has `trimmed`, the newest ID of its events that is no longer there. A reader of the topic who has seen
//!   everything up to some ID misses nothing if that ID is not before `trimmed`, whatever other topics lost.
//! - Events go in the order in which they came, whatever their topic.
//! - A topic that is forgotten leaves its last ID in `forgotten`, where every new topic starts. So a topic that comes
//!   back claims to have lost more than it did, and never less.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::mem;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use slab::Slab;

use super::error::{PublishError, check_topic};
use super::payload::Payload;
use crate::event_id::EventId;

/// Where a topic is found. Given to another topic once this one is forgotten.
pub(crate) type TopicKey = usize;

/// What a [`Journal`] may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) events: usize,
    /// Counts what an event takes in memory, not only what is sent.
    pub(crate) bytes: usize,
    pub(crate) topics: usize,
}

#[derive(Debug)]
pub(crate) struct Journal {
    bounds: Bounds,
    /// The place behind which everything was seen here.
    newest: EventId,
    /// What a topic may have lost that is not listed.
    forgotten: EventId,
    topics: Slab<Topic>,
    names: HashMap<Arc<str>, TopicKey>,
    /// All events in their order. May hold some that are gone with their topic.
    order: VecDeque<(EventId, TopicKey)>,
    events: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    entries: VecDeque<Entry>,
    trimmed: EventId,
    /// The ID of the last event, kept or not.
    last: EventId,
    /// How many hold on to the topic, so that it must not be forgotten.
    holders: usize,
}

#[derive(Debug)]
struct Entry {
    id: EventId,
    bytes: Bytes,
}

/// Events that were read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) bytes: Bytes,
    /// The ID of the last of them.
    pub(crate) through: EventId,
    pub(crate) events: usize,
}

impl Journal {
    /// Makes an empty one that knows everything behind `origin`, which is nothing yet.
    pub(crate) fn new(bounds: Bounds, origin: EventId) -> Self {
        Self {
            bounds,
            newest: origin,
            forgotten: origin,
            topics: Slab::new(),
            names: HashMap::new(),
            order: VecDeque::new(),
            events: 0,
            bytes: 0,
        }
    }

    /// Adds an event, with the next ID.
    pub(crate) fn push(
        &mut self,
        topic: &str,
        payload: Payload,
    ) -> Result<(EventId, TopicKey), PublishError> {
        let id = self.newest.next().ok_or(PublishError::OutOfOrder)?;
        let key = self.insert(id, topic, payload)?;
        Ok((id, key))
    }

    /// Adds an event that has an ID already.
    pub(crate) fn insert(
        &mut self,
        id: EventId,
        topic: &str,
        payload: Payload,
    ) -> Result<TopicKey, PublishError> {
        check_topic(topic)?;
        if id <= self.newest {
            return Err(PublishError::OutOfOrder);
        }
        // What is kept is a little less, since few IDs are of the greatest length.
        if cost(payload.len()) > self.bounds.bytes {
            let limit = self.bounds.bytes;
            return Err(PublishError::TooLarge { limit });
        }
        let key = match self.names.get(topic) {
            Some(key) => *key,
            None => self.add_topic(topic, true)?,
        };
        let Some(topic) = self.topics.get_mut(key) else {
            return Err(PublishError::InvalidTopic);
        };
        let entry = Entry {
            id,
            bytes: payload.seal(id),
        };
        self.newest = id;
        self.events += 1;
        self.bytes += entry.cost();
        self.order.push_back((id, key));
        topic.last = id;
        topic.entries.push_back(entry);
        while self.events > self.bounds.events || self.bytes > self.bounds.bytes {
            if !self.trim_oldest() {
                break;
            }
        }
        if self.order.len() > 2 * self.events + 64 {
            let topics = &self.topics;
            self.order
                .retain(|(id, key)| topics.get(*key).is_some_and(|topic| topic.has(*id)));
        }
        Ok(key)
    }

    /// Drops all events up to `id`, which may be none.
    pub(crate) fn trim_through(&mut self, id: EventId) {
        while self.order.front().is_some_and(|(oldest, _)| *oldest <= id) {
            self.trim_oldest();
        }
    }

    /// Notes that events up to `id` may be missing, in any topic, and drops what is there of them.
    pub(crate) fn interrupt(&mut self, id: EventId) {
        self.trim_through(id);
        self.newest = self.newest.max(id);
        self.forgotten = self.forgotten.max(id);
        for (_, topic) in &mut self.topics {
            topic.trimmed = topic.trimmed.max(id);
            topic.last = topic.last.max(id);
        }
    }

    /// Finds a topic, or makes it, and keeps it from being forgotten until it is released.
    ///
    /// Never costs another topic its events: whoever only reads must not be able to do that.
    pub(crate) fn hold(&mut self, topic: &str) -> Result<TopicKey, PublishError> {
        check_topic(topic)?;
        let key = match self.names.get(topic) {
            Some(key) => *key,
            None => self.add_topic(topic, false)?,
        };
        if let Some(topic) = self.topics.get_mut(key) {
            topic.holders += 1;
        }
        Ok(key)
    }

    /// Undoes one [`hold`](Self::hold).
    pub(crate) fn release(&mut self, topic: TopicKey) {
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.holders = topic.holders.saturating_sub(1);
        }
    }

    /// The newest event's ID, or the place before the first.
    pub(crate) fn newest(&self) -> EventId {
        self.newest
    }

    /// The oldest event's ID, if there are any.
    pub(crate) fn oldest(&mut self) -> Option<EventId> {
        self.drop_stale();
        self.order.front().map(|(id, _)| *id)
    }

    pub(crate) fn events(&self) -> usize {
        self.events
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn topics(&self) -> usize {
        self.topics.len()
    }

    /// The ID of the last event in any of the topics.
    pub(crate) fn last(&self, topics: &[TopicKey]) -> EventId {
        self.newest_of(topics, |topic| topic.last)
    }

    /// The ID up to which events in any of the topics may be gone.
    pub(crate) fn trimmed(&self, topics: &[TopicKey]) -> EventId {
        self.newest_of(topics, |topic| topic.trimmed)
    }

    fn newest_of(&self, topics: &[TopicKey], id: impl Fn(&Topic) -> EventId) -> EventId {
        let ids = topics
            .iter()
            .filter_map(|key| self.topics.get(*key).map(&id));
        ids.max().unwrap_or(EventId::new(0, 0))
    }

    /// Reads the events of some topics behind an ID, in their order: as many as fit into `max_bytes`, but at least one.
    pub(crate) fn read(
        &self,
        topics: &[TopicKey],
        after: EventId,
        max_bytes: usize,
    ) -> Option<Batch> {
        if let [topic] = topics {
            let topic = self.topics.get(*topic)?;
            let first = topic.place_behind(after);
            return merge(topic.entries.range(first..), max_bytes);
        }
        merge(self.in_order(topics, after), max_bytes)
    }

    /// Several topics as one sequence.
    fn in_order<'a>(
        &'a self,
        topics: &[TopicKey],
        after: EventId,
    ) -> impl Iterator<Item = &'a Entry> + Clone {
        let logs: Vec<(&VecDeque<Entry>, usize)> = topics
            .iter()
            .filter_map(|key| self.topics.get(*key))
            .filter(|topic| topic.last > after)
            .map(|topic| (&topic.entries, topic.place_behind(after)))
            .collect();
        let heads = logs
            .iter()
            .enumerate()
            .filter_map(|(log, (entries, place))| {
                Some(Reverse((entries.get(*place)?.id, log, *place)))
            });
        InOrder {
            heads: heads.collect(),
            logs,
        }
    }

    fn add_topic(&mut self, name: &str, publishing: bool) -> Result<TopicKey, PublishError> {
        if self.topics.len() >= self.bounds.topics && !self.make_room(publishing) {
            let limit = self.bounds.topics;
            return Err(PublishError::TooManyTopics { limit });
        }
        let name: Arc<str> = name.into();
        let key = self.topics.insert(Topic {
            name: Arc::clone(&name),
            entries: VecDeque::new(),
            trimmed: self.forgotten,
            last: self.forgotten,
            holders: 0,
        });
        self.names.insert(name, key);
        Ok(key)
    }

    /// Forgets topics that nobody holds: all those without events, or else the one that has been quiet for longest.
    fn make_room(&mut self, publishing: bool) -> bool {
        let unheld = || self.topics.iter().filter(|(_, topic)| topic.holders == 0);
        let mut victims: Vec<TopicKey> = unheld()
            .filter(|(_, topic)| topic.entries.is_empty())
            .map(|(key, _)| key)
            .collect();
        if victims.is_empty() && publishing {
            let quietest = unheld().min_by_key(|(_, topic)| topic.last);
            victims.extend(quietest.map(|(key, _)| key));
        }
        for key in &victims {
            let topic = self.topics.remove(*key);
            self.names.remove(&topic.name);
            self.forgotten = self.forgotten.max(topic.last);
            self.events -= topic.entries.len();
            let bytes: usize = topic.entries.iter().map(Entry::cost).sum();
            self.bytes -= bytes;
        }
        !victims.is_empty()
    }

    /// Drops the oldest event. Returns whether there was one.
    fn trim_oldest(&mut self) -> bool {
        self.drop_stale();
        let Some((id, key)) = self.order.pop_front() else {
            return false;
        };
        let Some(topic) = self.topics.get_mut(key) else {
            return true;
        };
        if let Some(entry) = topic.entries.pop_front() {
            topic.trimmed = topic.trimmed.max(id);
            self.events -= 1;
            self.bytes -= entry.cost();
            if topic.entries.is_empty() {
                // A topic of old bursts is not to keep their room.
                mem::take(&mut topic.entries);
            }
        }
        true
    }

    /// Drops from the front of the order what went with its topic.
    fn drop_stale(&mut self) {
        while let Some((id, key)) = self.order.front() {
            let kept = self
                .topics
                .get(*key)
                .and_then(|topic| topic.entries.front())
                .is_some_and(|entry| entry.id == *id);
            if kept {
                break;
            }
            self.order.pop_front();
        }
    }
}

impl Topic {
    /// The place of the first event behind an ID.
    fn place_behind(&self, after: EventId) -> usize {
        place(&self.entries, |entry| entry.id > after)
    }

    fn has(&self, id: EventId) -> bool {
        self.entries
            .binary_search_by_key(&id, |entry| entry.id)
            .is_ok()
    }
}

impl Entry {
    fn cost(&self) -> usize {
        cost(self.bytes.len())
    }
}

/// The place of the first entry that is behind something, where those behind it follow those that are not.
fn place<T>(entries: &VecDeque<T>, is_behind: impl Fn(&T) -> bool) -> usize {
    // A reader who keeps up is near the end, so look there first.
    let tail = entries.iter().rev().take(NEAR);
    let behind = tail.take_while(|entry| is_behind(entry)).count();
    if behind < NEAR {
        return entries.len() - behind;
    }
    entries.partition_point(|entry| !is_behind(entry))
}

/// Walks several topics at once.
#[derive(Clone)]
struct InOrder<'a> {
    logs: Vec<(&'a VecDeque<Entry>, usize)>,
    heads: BinaryHeap<Reverse<(EventId, usize, usize)>>,
}

impl<'a> Iterator for InOrder<'a> {
    type Item = &'a Entry;

    fn next(&mut self) -> Option<&'a Entry> {
        let Reverse((_, log, place)) = self.heads.pop()?;
        let (entries, _) = self.logs.get(log)?;
        if let Some(next) = entries.get(place + 1) {
            self.heads.push(Reverse((next.id, log, place + 1)));
        }
        entries.get(place)
    }
}

/// Puts events into one piece. A single one is shared as it is.
fn merge<'a>(entries: impl Iterator<Item = &'a Entry> + Clone, max_bytes: usize) -> Option<Batch> {
    let mut rest = entries.clone();
    let first = rest.next()?;
    let mut bytes = first.bytes.len();
    let mut through = first.id;
    let mut events = 1;
    for entry in rest {
        if bytes + entry.bytes.len() > max_bytes {
            break;
        }
        bytes += entry.bytes.len();
        through = entry.id;
        events += 1;
    }
    let bytes = if events == 1 {
        first.bytes.clone()
    } else {
        let mut merged = BytesMut::with_capacity(bytes);
        for entry in entries.take(events) {
            merged.extend_from_slice(&entry.bytes);
        }
        merged.freeze()
    };
    Some(Batch {
        bytes,
        through,
        events,
    })
}

/// What an event takes in memory: its bytes, and about what it costs to keep them.
const fn cost(bytes: usize) -> usize {
    bytes + ENTRY_BYTES
}

/// Its places in two queues, what an allocation takes, and the room for an ID that was not used.
const ENTRY_BYTES: usize = 192;

/// How many events from the end a reader is looked for before the search goes over the whole topic.
const NEAR: usize = 16;

#[cfg(test)]
mod tests;

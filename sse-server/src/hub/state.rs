//! [`State`]: everything that the parts of a hub share, as it is under its lock.
//!
//! Nothing here waits, wakes, or calls anything of the application: wakers are handed out, to be called when the lock is
//! free again.

pub(crate) mod delivering;
mod draining;
mod subscribing;
pub(crate) mod waking;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use bytes::Bytes;
use draining::Drain;
use slab::Slab;
use sse_codec::OutgoingEvent;

use super::error::PublishError;
use super::frames::Frames;
use super::journal::{Journal, TopicKey};
use super::options::Options;
use super::payload::Payload;
use super::statistics::Statistics;
use super::subscriber::{Subscriber, WaitingList};
use crate::event_id::EventId;

type FeedKey = usize;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) journal: Journal,
    options: Options,
    feeds: Slab<Feed>,
    /// The feed of each set of topics that has subscribers; the topics are sorted.
    sets: HashMap<Box<[TopicKey]>, FeedKey>,
    audiences: Vec<Audience>,
    subscribers: Slab<Subscriber>,
    per_key: HashMap<Arc<str>, usize>,
    frames: Frames,
    dirty: VecDeque<TopicKey>,
    ready: VecDeque<FeedKey>,
    /// Feeds in which somebody may need a keep-alive.
    idle: VecDeque<FeedKey>,
    tick: u64,
    /// The newest event at each of the last ticks of the age bound.
    ages: VecDeque<EventId>,
    driver: Driver,
    drain: Option<Drain>,
    /// The last hub is gone.
    closed: bool,
    counts: Statistics,
    random: fastrand::Rng,
    /// Wakers that are no longer needed. To drop one may end a task, and so a subscription of it, so that is not done
    /// under the lock.
    discarded: Vec<Waker>,
}

/// Subscribers with the same topics.
#[derive(Debug)]
struct Feed {
    topics: Box<[TopicKey]>,
    subscribers: usize,
    waiting: WaitingList,
    /// Is among the ready ones.
    ready: bool,
}

/// Who is to be told of events of a topic.
#[derive(Debug, Default)]
struct Audience {
    feeds: BTreeSet<FeedKey>,
    dirty: bool,
}

#[derive(Debug)]
enum Driver {
    /// Nobody polls it.
    Absent,
    /// It will look by itself.
    Busy,
    /// It waits to be woken.
    Parked(Waker),
}

/// What the caller has to wake once the lock is free.
#[derive(Debug, Default)]
#[must_use = "somebody waits to be woken"]
pub(crate) struct Wakes(Vec<Waker>);

impl Wakes {
    pub(crate) fn wake(self) {
        for waker in self.0 {
            waker.wake();
        }
    }
}

impl State {
    pub(crate) fn new(options: Options, origin: EventId) -> Self {
        Self {
            journal: Journal::new(options.bounds, origin),
            options,
            feeds: Slab::new(),
            sets: HashMap::new(),
            audiences: Vec::new(),
            subscribers: Slab::new(),
            per_key: HashMap::new(),
            frames: Frames::default(),
            dirty: VecDeque::new(),
            ready: VecDeque::new(),
            idle: VecDeque::new(),
            tick: 0,
            ages: VecDeque::new(),
            driver: Driver::Absent,
            drain: None,
            closed: false,
            counts: Statistics::default(),
            random: fastrand::Rng::new(),
            discarded: Vec::new(),
        }
    }

    /// Adds an event under the next ID.
    pub(crate) fn publish(
        &mut self,
        topic: &str,
        payload: Payload,
    ) -> Result<(EventId, Wakes), PublishError> {
        let (id, topic) = self.journal.push(topic, payload)?;
        self.counts.published += 1;
        Ok((id, self.announce(topic)))
    }

    /// Adds an event that has an ID already.
    pub(crate) fn insert(
        &mut self,
        id: EventId,
        topic: &str,
        payload: Payload,
    ) -> Result<Wakes, PublishError> {
        let topic = self.journal.insert(id, topic, payload)?;
        self.counts.published += 1;
        Ok(self.announce(topic))
    }

    /// Notes that events up to `id` may be missing.
    pub(crate) fn interrupt(&mut self, id: EventId) -> Wakes {
        self.journal.interrupt(id);
        for topic in 0..self.audiences.len() {
            self.mark_dirty(topic);
        }
        self.wake_driver_or_all()
    }

    /// Returns the wakers that are to be dropped when the lock is free.
    pub(crate) fn take_discarded(&mut self) -> Vec<Waker> {
        mem::take(&mut self.discarded)
    }

    /// A part of the greatest age has passed, one of [`AGE_TICKS`].
    pub(crate) fn age_tick(&mut self) {
        self.ages.push_back(self.journal.newest());
        if self.ages.len() >= AGE_TICKS as usize {
            if let Some(old) = self.ages.pop_front() {
                self.journal.trim_through(old);
            }
        }
    }

    /// A reconnection time by chance, so that those who are sent away together do not come back together.
    pub(crate) fn spread(&mut self) -> Duration {
        let (low, high) = self.options.spread;
        low + high.saturating_sub(low).mul_f64(self.random.f64())
    }

    pub(crate) fn statistics(&mut self) -> Statistics {
        Statistics {
            subscribers: self.subscribers.len(),
            topics: self.journal.topics(),
            log_events: self.journal.events(),
            log_bytes: self.journal.bytes(),
            oldest: self.journal.oldest(),
            newest: Some(self.journal.newest()),
            ..self.counts.clone()
        }
    }
}

/// Makes a block that sets the reconnection time.
pub(crate) fn retry(time: Duration) -> Bytes {
    OutgoingEvent::new().reconnection_time(time).to_bytes()
}

/// In how many parts the greatest age is measured.
pub(crate) const AGE_TICKS: u32 = 16;

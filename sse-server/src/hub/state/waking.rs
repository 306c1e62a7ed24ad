//! Waking those who wait, in the order in which they should be.
//!
//! - Subscribers with the same topics share a *feed*. Those who have read everything wait in its list.
//! - Publishing only marks the topic as *dirty* and wakes the driver, so it costs the same for any number of readers.
//! - The driver turns dirty topics into *ready* feeds, and takes those who wait from the front of their lists, a few at
//!   a time. A subscriber who has read everything joins the list at the end, so whoever is in front has seen least; once
//!   the one in front has seen all there is, so have the others.
//! - While there is no driver, publishing hands out the wakers of all of them at once.

use std::mem;
use std::task::Waker;

use super::{Driver, State, Wakes};
use crate::hub::journal::TopicKey;
use crate::hub::subscriber::Subscriber;

impl State {
    /// Notes that there is something new in a topic.
    pub(super) fn announce(&mut self, topic: TopicKey) -> Wakes {
        if self.mark_dirty(topic) {
            self.wake_driver_or_all()
        } else {
            Wakes::default()
        }
    }

    /// Returns whether there is anybody to be told of events of a topic, and notes that there are some.
    pub(super) fn mark_dirty(&mut self, topic: TopicKey) -> bool {
        match self.audiences.get_mut(topic) {
            Some(audience) if !audience.feeds.is_empty() => {
                if !mem::replace(&mut audience.dirty, true) {
                    self.dirty.push_back(topic);
                }
                true
            }
            _ => false,
        }
    }

    pub(super) fn wake_driver_or_all(&mut self) -> Wakes {
        let mut wakes = Wakes::default();
        if matches!(self.driver, Driver::Absent) {
            self.take_due(&mut wakes.0, usize::MAX);
        }
        self.wake_driver(&mut wakes.0);
        wakes
    }

    /// Wakes the driver if it waits.
    pub(super) fn wake_driver(&mut self, batch: &mut Vec<Waker>) {
        if matches!(self.driver, Driver::Parked(_)) {
            if let Driver::Parked(waker) = mem::replace(&mut self.driver, Driver::Busy) {
                batch.push(waker);
            }
        }
    }

    /// Lets the driver look. Fills `batch` with the next few to be woken, at most `limit`. If those were all, the
    /// driver counts as parked from now on, and `false` is returned.
    pub(crate) fn drive(&mut self, batch: &mut Vec<Waker>, limit: usize, driver: &Waker) -> bool {
        self.take_due(batch, limit);
        if batch.len() >= limit {
            self.set_driver(Driver::Busy);
            return true;
        }
        self.set_driver(Driver::Parked(driver.clone()));
        false
    }

    fn set_driver(&mut self, driver: Driver) {
        if let Driver::Parked(waker) = mem::replace(&mut self.driver, driver) {
            self.discarded.push(waker);
        }
    }

    /// Notes that nobody polls the driver any more. What it would have done is done at once.
    pub(crate) fn driver_gone(&mut self) -> Wakes {
        self.set_driver(Driver::Absent);
        let mut wakes = Wakes::default();
        if self.drain.is_some() {
            self.end_all(&mut wakes.0);
        }
        self.take_due(&mut wakes.0, usize::MAX);
        wakes
    }

    /// Takes those who wait for something that is there.
    fn take_due(&mut self, batch: &mut Vec<Waker>, limit: usize) {
        while let Some(topic) = self.dirty.pop_front() {
            let Some(audience) = self.audiences.get_mut(topic) else {
                continue;
            };
            audience.dirty = false;
            for key in &audience.feeds {
                match self.feeds.get_mut(*key) {
                    Some(feed) if !feed.ready && !feed.waiting.is_empty() => {
                        feed.ready = true;
                        self.ready.push_back(*key);
                    }
                    _ => {}
                }
            }
        }
        while let Some(key) = self.idle.front() {
            if let Some(feed) = self.feeds.get_mut(*key) {
                while let Some((reader, _, since)) = feed.waiting.first(&self.subscribers) {
                    if since + u64::from(KEEP_ALIVE_TICKS) > self.tick {
                        break;
                    }
                    if batch.len() >= limit {
                        return;
                    }
                    batch.extend(feed.waiting.leave(&mut self.subscribers, reader));
                    if let Some(reader) = self.subscribers.get_mut(reader) {
                        reader.keep_alive = true;
                    }
                }
            }
            self.idle.pop_front();
        }
        while let Some(key) = self.ready.pop_front() {
            let Some(feed) = self.feeds.get_mut(key) else {
                continue;
            };
            let last = self.journal.last(&feed.topics);
            while let Some((reader, Subscriber { after, .. }, _)) =
                feed.waiting.first(&self.subscribers)
            {
                if *after >= last {
                    break;
                }
                if batch.len() >= limit {
                    // At the end, so that a busy feed does not keep the others waiting.
                    self.ready.push_back(key);
                    return;
                }
                batch.extend(feed.waiting.leave(&mut self.subscribers, reader));
            }
            feed.ready = false;
        }
    }

    /// A part of the keep-alive's interval has passed, one of [`KEEP_ALIVE_TICKS`].
    pub(crate) fn keep_alive_tick(&mut self) {
        self.tick += 1;
        self.idle.clear();
        self.idle.extend(self.feeds.iter().map(|(key, _)| key));
    }
}

/// In how many parts the keep-alive's interval is measured.
pub(crate) const KEEP_ALIVE_TICKS: u32 = 4;

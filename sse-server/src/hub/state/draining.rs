//! Ending all streams, a few at a time.

use std::task::Waker;
use std::time::Duration;

use super::{Driver, State, Wakes};
use crate::hub::subscriber::{Stage, SubscriberKey};
use crate::hub::subscription::EndReason;

#[derive(Debug)]
pub(super) struct Drain {
    /// How long until the next few are ended.
    step: Duration,
    /// How many are ended at a step.
    amount: usize,
    steps_left: usize,
    /// Those before it were ended.
    next: SubscriberKey,
    over: bool,
    /// Who waits for its end.
    pub(super) waiting: Vec<Waker>,
}

impl State {
    /// Starts to end all streams, over some time, and to refuse new ones.
    pub(crate) fn start_drain(&mut self, window: Duration) -> Wakes {
        let mut wakes = Wakes::default();
        if let Some(drain) = &mut self.drain {
            // Asked again: only an end at once makes a difference.
            if !window.is_zero() {
                return wakes;
            }
            drain.steps_left = 0;
        } else {
            // A timer that counts milliseconds is up to one late, at each step.
            let steps = u32::try_from(window.as_millis() / 2).unwrap_or(u32::MAX);
            let steps = steps.clamp(1, DRAIN_STEPS);
            let step = (window / steps).saturating_sub(MILLISECOND);
            // What is left of the window is time for the ends to be written.
            let ending_steps = (steps as usize * 3 / 4).max(1);
            self.drain = Some(Drain {
                step: step.max(MILLISECOND),
                amount: self.subscribers.len().div_ceil(ending_steps),
                steps_left: if window.is_zero() { 0 } else { steps as usize },
                next: 0,
                over: false,
                waiting: Vec::new(),
            });
        }
        if window.is_zero() || matches!(self.driver, Driver::Absent) {
            self.end_all(&mut wakes.0);
        }
        self.wake_driver(&mut wakes.0);
        wakes
    }

    /// Returns how long it is from one step of the drain to the next, while there is something to do.
    pub(crate) fn drain_step(&self) -> Option<Duration> {
        let drain = self.drain.as_ref()?;
        (drain.steps_left > 0).then_some(drain.step)
    }

    /// Ends the next few.
    pub(crate) fn drain_tick(&mut self, batch: &mut Vec<Waker>) {
        let Some(drain) = &mut self.drain else {
            return;
        };
        drain.steps_left = drain.steps_left.saturating_sub(1);
        let (mut key, mut left) = (drain.next, drain.amount);
        while left > 0 && key < self.subscribers.capacity() {
            if self.end(key, EndReason::Drained, batch) {
                left -= 1;
            }
            key += 1;
        }
        if let Some(drain) = &mut self.drain {
            drain.next = key;
            if drain.steps_left == 0 {
                drain.over = true;
                batch.append(&mut drain.waiting);
            }
        }
    }

    /// Is true once a drain has ended all streams, or its time is over. Otherwise `waker` is woken then.
    pub(crate) fn poll_drained(&mut self, waker: &Waker) -> bool {
        let Some(drain) = &mut self.drain else {
            return true;
        };
        if self.subscribers.is_empty() || drain.over {
            return true;
        }
        if !drain.waiting.iter().any(|other| other.will_wake(waker)) {
            drain.waiting.push(waker.clone());
        }
        false
    }

    pub(super) fn end_all(&mut self, batch: &mut Vec<Waker>) {
        for key in 0..self.subscribers.capacity() {
            self.end(key, EndReason::Drained, batch);
        }
        if let Some(drain) = &mut self.drain {
            drain.steps_left = 0;
            drain.over = true;
            batch.append(&mut drain.waiting);
        }
    }

    /// Lets a stream end once it has caught up with what is there now.
    fn end(&mut self, key: SubscriberKey, reason: EndReason, batch: &mut Vec<Waker>) -> bool {
        let newest = self.journal.newest();
        let Some(reader) = self.subscribers.get_mut(key) else {
            return false;
        };
        if !matches!(reader.stage, Stage::Live | Stage::Opening(_)) {
            return false;
        }
        reader.stage = Stage::Ending(reason, newest);
        if let Some(feed) = self.feeds.get_mut(reader.feed) {
            batch.extend(feed.waiting.leave(&mut self.subscribers, key));
        }
        true
    }

    /// Ends all streams for good: nobody can publish any more.
    pub(crate) fn close(&mut self) -> Wakes {
        self.closed = true;
        self.start_drain(Duration::ZERO)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.drain.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }
}

/// In how many steps a drain goes, unless its window is too short for them.
const DRAIN_STEPS: u32 = 64;

const MILLISECOND: Duration = Duration::from_millis(1);

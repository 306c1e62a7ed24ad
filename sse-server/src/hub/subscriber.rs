//! [`Subscriber`]: a cursor in the log, and [`WaitingList`]: those who have read everything, in the order in which they
//! came to that.

use std::mem;
use std::sync::Arc;
use std::task::Waker;

use slab::Slab;

use super::subscription::{EndReason, Outcome};
use crate::event_id::EventId;

pub(crate) type SubscriberKey = usize;

#[derive(Debug)]
pub(crate) struct Subscriber {
    /// The feed, which is where its topics are.
    pub(crate) feed: usize,
    /// The reader has everything up to here, and was told this ID.
    pub(crate) after: EventId,
    pub(crate) stage: Stage,
    /// Is to write something although there is nothing to write.
    pub(crate) keep_alive: bool,
    pub(crate) delivered: u64,
    /// Whom it counts for.
    pub(crate) key: Option<Arc<str>>,
    waiting: Option<Waiting>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing has been written yet.
    Opening(Outcome),
    Live,
    /// Is to end once it has written what there is up to an ID.
    Ending(EndReason, EventId),
    Ended(EndReason),
}

#[derive(Debug)]
struct Waiting {
    waker: Waker,
    /// The tick of the keep-alive at which it began to wait.
    since: u64,
    previous: Option<SubscriberKey>,
    next: Option<SubscriberKey>,
}

impl Subscriber {
    pub(crate) fn new(
        feed: usize,
        after: EventId,
        outcome: Outcome,
        key: Option<Arc<str>>,
    ) -> Self {
        Self {
            feed,
            after,
            stage: Stage::Opening(outcome),
            keep_alive: false,
            delivered: 0,
            key,
            waiting: None,
        }
    }
}

/// A list whose links are in the subscribers, so that anyone can leave it from anywhere at once.
///
/// Subscribers join at its end when there is nothing for them to read, so those in front have been waiting for longest
/// and have seen least.
#[derive(Debug, Default)]
pub(crate) struct WaitingList {
    first: Option<SubscriberKey>,
    last: Option<SubscriberKey>,
}

impl WaitingList {
    /// Returns who has been waiting for longest, and since which tick.
    pub(crate) fn first<'a>(
        &self,
        all: &'a Slab<Subscriber>,
    ) -> Option<(SubscriberKey, &'a Subscriber, u64)> {
        let key = self.first?;
        let subscriber = all.get(key)?;
        let since = subscriber.waiting.as_ref()?.since;
        Some((key, subscriber, since))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Lets a subscriber wait. One who waits already keeps its place; if it is to be woken in another way from now on,
    /// the old waker is returned.
    pub(crate) fn join(
        &mut self,
        all: &mut Slab<Subscriber>,
        key: SubscriberKey,
        waker: &Waker,
        now: u64,
    ) -> Option<Waker> {
        let subscriber = all.get_mut(key)?;
        if let Some(waiting) = &mut subscriber.waiting {
            let other = !waiting.waker.will_wake(waker);
            return other.then(|| mem::replace(&mut waiting.waker, waker.clone()));
        }
        subscriber.waiting = Some(Waiting {
            waker: waker.clone(),
            since: now,
            previous: self.last,
            next: None,
        });
        match self.last.and_then(|last| all.get_mut(last)) {
            Some(Subscriber {
                waiting: Some(last),
                ..
            }) => last.next = Some(key),
            _ => self.first = Some(key),
        }
        self.last = Some(key);
        None
    }

    /// Takes a subscriber out of the list, if it is in there, and returns what wakes it.
    pub(crate) fn leave(
        &mut self,
        all: &mut Slab<Subscriber>,
        key: SubscriberKey,
    ) -> Option<Waker> {
        let waiting = all.get_mut(key)?.waiting.take()?;
        match waiting.previous.and_then(|previous| all.get_mut(previous)) {
            Some(Subscriber {
                waiting: Some(previous),
                ..
            }) => previous.next = waiting.next,
            _ => self.first = waiting.next,
        }
        match waiting.next.and_then(|next| all.get_mut(next)) {
            Some(Subscriber {
                waiting: Some(next),
                ..
            }) => next.previous = waiting.previous,
            _ => self.last = waiting.previous,
        }
        Some(waiting.waker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd(n: usize) -> (Slab<Subscriber>, WaitingList) {
        let mut all = Slab::new();
        for _ in 0..n {
            all.insert(Subscriber::new(0, EventId::new(0, 0), Outcome::Fresh, None));
        }
        (all, WaitingList::default())
    }

    fn leave_all(list: &mut WaitingList, all: &mut Slab<Subscriber>) -> Vec<(SubscriberKey, u64)> {
        let mut left = Vec::new();
        while let Some((key, _, since)) = list.first(all) {
            left.push((key, since));
            assert!(list.leave(all, key).is_some());
        }
        assert!(list.is_empty() && list.last.is_none());
        left
    }

    #[test]
    fn the_order_is_that_of_joining() {
        let (mut all, mut list) = crowd(4);
        for (now, key) in [2, 0, 3, 1].into_iter().enumerate() {
            list.join(&mut all, key, Waker::noop(), now as u64);
        }
        list.join(&mut all, 2, Waker::noop(), 9);
        assert_eq!(
            leave_all(&mut list, &mut all),
            [(2, 0), (0, 1), (3, 2), (1, 3)]
        );
    }

    #[test]
    fn anyone_can_leave_from_anywhere() {
        for leaver in 0..3 {
            let (mut all, mut list) = crowd(3);
            for key in 0..3 {
                list.join(&mut all, key, Waker::noop(), 0);
            }
            assert!(list.leave(&mut all, leaver).is_some());
            assert!(list.leave(&mut all, leaver).is_none());
            list.join(&mut all, leaver, Waker::noop(), 1);
            let mut expected: Vec<_> = (0..3)
                .filter(|key| *key != leaver)
                .map(|key| (key, 0))
                .collect();
            expected.push((leaver, 1));
            assert_eq!(leave_all(&mut list, &mut all), expected);
        }
    }
}

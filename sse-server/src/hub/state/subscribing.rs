//! Granting subscriptions and taking them back.

use std::sync::Arc;

use sse_codec::LastEventId;

use super::{Audience, Feed, FeedKey, State, Wakes};
use crate::hub::error::PublishError;
use crate::hub::journal::TopicKey;
use crate::hub::refusal::RefusalReason;
use crate::hub::subscriber::{Stage, Subscriber, SubscriberKey, WaitingList};
use crate::hub::subscription::{EndReason, Ended, Outcome};

impl State {
    /// Grants a subscription, or says why not.
    pub(crate) fn subscribe(
        &mut self,
        topics: &[&str],
        asked: Option<&LastEventId<'_>>,
        key: Option<&str>,
    ) -> Result<(SubscriberKey, Outcome), RefusalReason> {
        let granted = self.try_subscribe(topics, asked, key);
        match granted {
            Ok(_) => self.counts.subscribed += 1,
            Err(_) => self.counts.refused += 1,
        }
        granted
    }

    /// Counts a subscription that was refused before it came here.
    pub(crate) fn refused(&mut self) {
        self.counts.refused += 1;
    }

    fn try_subscribe(
        &mut self,
        topics: &[&str],
        asked: Option<&LastEventId<'_>>,
        key: Option<&str>,
    ) -> Result<(SubscriberKey, Outcome), RefusalReason> {
        if self.drain.is_some() || self.closed {
            return Err(RefusalReason::Draining);
        }
        if self.subscribers.len() >= self.options.subscribers {
            return Err(RefusalReason::Full);
        }
        let others = key.and_then(|key| self.per_key.get(key)).copied();
        if others.unwrap_or(0) >= self.options.subscribers_per_key && key.is_some() {
            return Err(RefusalReason::KeyFull);
        }
        let feed = self.join_feed(topics)?;
        let outcome = self.outcome(feed, asked);
        let after = match outcome {
            Outcome::Fresh => self.journal.newest(),
            Outcome::Replayed { from } => from,
            Outcome::Truncated { at } => at,
        };
        let key: Option<Arc<str>> = key.map(Into::into);
        if let Some(key) = &key {
            *self.per_key.entry(Arc::clone(key)).or_default() += 1;
        }
        let subscriber = Subscriber::new(feed, after, outcome, key);
        Ok((self.subscribers.insert(subscriber), outcome))
    }

    fn outcome(&self, feed: FeedKey, asked: Option<&LastEventId<'_>>) -> Outcome {
        let Some(asked) = asked else {
            return Outcome::Fresh;
        };
        let topics = self.feeds.get(feed).map_or(&[][..], |feed| &feed.topics);
        let at = self.journal.trimmed(topics);
        match asked.as_str().parse() {
            Ok(from) if from >= at && from <= self.journal.newest() => Outcome::Replayed { from },
            _ => Outcome::Truncated { at },
        }
    }

    /// Finds or makes the feed of some topics, and counts one subscriber more.
    fn join_feed(&mut self, topics: &[&str]) -> Result<FeedKey, RefusalReason> {
        if topics.is_empty() {
            return Err(RefusalReason::InvalidTopic);
        }
        if topics.len() > self.options.topics_each {
            return Err(RefusalReason::TooManyTopics);
        }
        let mut held = Vec::with_capacity(topics.len());
        for topic in topics {
            match self.journal.hold(topic) {
                Ok(key) => held.push(key),
                Err(error) => {
                    self.release(&held);
                    return Err(match error {
                        PublishError::InvalidTopic => RefusalReason::InvalidTopic,
                        _ => RefusalReason::TooManyTopics,
                    });
                }
            }
        }
        held.sort_unstable();
        let mut set = held.clone();
        set.dedup();
        if let Some(key) = self.sets.get(&*set) {
            let key = *key;
            // The feed holds its topics already.
            self.release(&held);
            if let Some(feed) = self.feeds.get_mut(key) {
                feed.subscribers += 1;
            }
            return Ok(key);
        }
        // Named twice, held once.
        for pair in held.windows(2) {
            if let [one, other] = pair {
                if one == other {
                    self.journal.release(*one);
                }
            }
        }
        let topics: Box<[TopicKey]> = set.into();
        let key = self.feeds.insert(Feed {
            topics: topics.clone(),
            subscribers: 1,
            waiting: WaitingList::default(),
            ready: false,
        });
        for topic in &topics {
            if self.audiences.len() <= *topic {
                self.audiences.resize_with(topic + 1, Audience::default);
            }
            if let Some(audience) = self.audiences.get_mut(*topic) {
                audience.feeds.insert(key);
            }
        }
        self.sets.insert(topics, key);
        Ok(key)
    }

    fn release(&mut self, topics: &[TopicKey]) {
        for topic in topics {
            self.journal.release(*topic);
        }
    }

    /// Takes a subscriber out. `None` if it is out already.
    pub(crate) fn unsubscribe(&mut self, key: SubscriberKey) -> Option<(Ended, Wakes)> {
        let feed_key = self.subscribers.get(key)?.feed;
        if let Some(feed) = self.feeds.get_mut(feed_key) {
            self.discarded
                .extend(feed.waiting.leave(&mut self.subscribers, key));
            feed.subscribers -= 1;
            if feed.subscribers == 0 {
                self.remove_feed(feed_key);
            }
        }
        let reader = self.subscribers.try_remove(key)?;
        if let Some(key) = &reader.key {
            if let Some(count) = self.per_key.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    self.per_key.remove(key);
                }
            }
        }
        let reason = match reader.stage {
            Stage::Ended(reason) => reason,
            _ => EndReason::Closed,
        };
        let ended = Ended::new(reason, reader.key, reader.after, reader.delivered);
        let mut wakes = Wakes::default();
        if self.subscribers.is_empty() {
            if let Some(drain) = &mut self.drain {
                wakes.0.append(&mut drain.waiting);
            }
        }
        Some((ended, wakes))
    }

    fn remove_feed(&mut self, key: FeedKey) {
        let feed = self.feeds.remove(key);
        self.sets.remove(&feed.topics);
        self.frames.forget(key);
        if feed.ready {
            self.ready.retain(|ready| *ready != key);
        }
        for topic in &feed.topics {
            if let Some(audience) = self.audiences.get_mut(*topic) {
                audience.feeds.remove(&key);
            }
            self.journal.release(*topic);
        }
    }
}

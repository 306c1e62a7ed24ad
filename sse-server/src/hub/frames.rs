//! [`Frames`]: pieces of several events that were put together lately, so that all readers at one place share one.

use std::collections::VecDeque;

use super::journal::Batch;
use crate::event_id::EventId;

/// A small memory of merged frames. What it holds is bounded by its length and by that of a frame.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// The newest is in front, since it is the one that is asked for next.
    recent: VecDeque<Frame>,
}

#[derive(Debug)]
struct Frame {
    feed: usize,
    after: EventId,
    batch: Batch,
    /// It was cut off where it would have become too long, so it is the same whatever comes behind it.
    full: bool,
}

impl Frames {
    /// Finds what a reader of `feed` who has everything up to `after` has to be sent, if the topics end at `last`.
    pub(crate) fn find(&self, feed: usize, after: EventId, last: EventId) -> Option<&Batch> {
        let frame = self
            .recent
            .iter()
            .find(|frame| frame.after == after && frame.feed == feed)?;
        (frame.full || frame.batch.through == last).then_some(&frame.batch)
    }

    pub(crate) fn keep(&mut self, feed: usize, after: EventId, last: EventId, batch: &Batch) {
        let same = |frame: &Frame| frame.after == after && frame.feed == feed;
        if let Some(place) = self.recent.iter().position(same) {
            self.recent.remove(place);
        }
        self.recent.truncate(MAX_FRAMES - 1);
        self.recent.push_front(Frame {
            feed,
            after,
            batch: batch.clone(),
            full: batch.through < last,
        });
    }

    /// Forgets what belongs to a feed.
    pub(crate) fn forget(&mut self, feed: usize) {
        self.recent.retain(|frame| frame.feed != feed);
    }
}

/// A few: readers who keep up are at one or two places.
const MAX_FRAMES: usize = 16;

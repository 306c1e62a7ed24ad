//! [`Statistics`]: what a hub has done so far.

use crate::event_id::EventId;

/// What a hub holds and has done since it was made, all at one moment.
///
/// Made by [`Hub::statistics`](crate::Hub::statistics), which costs no more than a look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Subscribers there are now.
    pub subscribers: usize,
    /// Subscriptions that were granted.
    pub subscribed: u64,
    /// Subscriptions that were refused.
    pub refused: u64,
    /// Events that were published.
    pub published: u64,
    /// Events that were handed to connections, each counted once for each connection.
    pub delivered: u64,
    /// Of those, the ones that shared a frame with the event before them, and so cost no write of their own.
    pub coalesced: u64,
    /// How often a subscriber fell out of the log while it was connected.
    pub lagged: u64,
    /// Gap events that were written, to those who lagged and to those whose last event ID was of no use.
    pub gaps: u64,
    /// Bytes that were handed to connections, keep-alives included.
    pub bytes: u64,
    /// Topics that are known.
    pub topics: usize,
    /// Events in the log.
    pub log_events: usize,
    /// Bytes of memory that the log takes, about.
    pub log_bytes: usize,
    /// The ID of the oldest event in the log. None if it is empty.
    pub oldest: Option<EventId>,
    /// The ID of the newest event that was published, in the log or not; with sequence 0 if there was none.
    pub newest: Option<EventId>,
}

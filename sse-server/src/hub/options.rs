//! [`Options`]: what a hub was asked to be.

use std::time::Duration;

use sse_codec::EventType;

use super::journal::Bounds;
use crate::keep_alive::DEFAULT_INTERVAL;

/// What becomes of a subscriber who has fallen so far behind that the log no longer holds what comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapPolicy {
    /// The stream goes on from the oldest event that is kept, behind a gap event that says so.
    #[default]
    Event,
    /// The stream ends, with a reconnection time. The client comes back with the ID of the last event that it has seen;
    /// the application learns from [`Outcome::Truncated`](crate::Outcome) that it cannot be served without a gap, and
    /// can answer with something else. If it serves the subscription all the same, a gap event comes first.
    Disconnect,
}

#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) bounds: Bounds,
    pub(crate) topics_each: usize,
    pub(crate) subscribers: usize,
    pub(crate) subscribers_per_key: usize,
    pub(crate) gap_policy: GapPolicy,
    pub(crate) gap_event_type: EventType<'static>,
    /// What a stream begins with.
    pub(crate) reconnection_time: Option<Duration>,
    /// What a stream that the hub ends, ends with: one of these, by chance.
    pub(crate) spread: (Duration, Duration),
    pub(crate) keep_alive: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bounds: Bounds {
                events: 10_000,
                bytes: 16 << 20,
                topics: 10_000,
            },
            topics_each: 64,
            subscribers: 65_536,
            subscribers_per_key: usize::MAX,
            gap_policy: GapPolicy::Event,
            gap_event_type: EventType::from_static("gap"),
            reconnection_time: None,
            spread: (Duration::from_secs(1), Duration::from_secs(10)),
            keep_alive: Some(DEFAULT_INTERVAL),
            max_age: None,
        }
    }
}

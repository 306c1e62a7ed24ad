//! [`HubBuilder`]: the bounds and habits of a hub.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sse_codec::EventType;

use super::Hub;
use super::driver::Driver;
use super::log::{Inlet, Log, MemoryLog};
use super::options::{GapPolicy, Options};
use super::shared::{Hooks, Shared};
use super::subscription::Ended;
use crate::event_id::EventId;
use crate::keep_alive::MIN_INTERVAL;
use crate::timer::Timer;

/// Makes a [`Hub`]. Every bound has a default.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use sse_server::{GapPolicy, Hub, NoTimer};
///
/// let (hub, driver) = Hub::builder()
///     .max_events(1_000)
///     .max_subscribers_per_key(6)
///     .gap_policy(GapPolicy::Disconnect)
///     .on_end(|ended| println!("{:?} after {} events", ended.reason(), ended.delivered()))
///     .build(NoTimer::new());
/// # let _ = (hub, driver);
/// ```
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct HubBuilder {
    options: Options,
    hooks: Hooks,
    epoch: Option<u64>,
}

impl HubBuilder {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Sets how many events the log keeps. 10,000 by default; at least 1.
    pub fn max_events(mut self, events: usize) -> Self {
        self.options.bounds.events = events.max(1);
        self
    }

    /// Sets how many bytes of memory the log takes, about: the events as they are sent, and 192 bytes for each. 16 MiB
    /// by default. An event that does not fit is refused.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.options.bounds.bytes = bytes;
        self
    }

    /// Sets how old an event in the log can become. Unbounded by default.
    ///
    /// Measured by the driver in steps of a sixteenth: an event goes when it has at least 15 sixteenths of the age.
    pub fn max_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.options.max_age = age.into();
        self
    }

    /// Sets how many topics the hub knows. 10,000 by default; at least 1.
    ///
    /// When an event is published to a topic more, the one that has been quiet for longest and has no subscribers is
    /// forgotten, with its events. A client that comes back to a topic that was forgotten may be told of a gap where
    /// nothing was lost.
    ///
    /// A topic that has subscribers is not forgotten, also if nothing was ever published to it. So where clients choose
    /// the names, let [`admit`](Self::admit) pass only those that exist, or they can fill the hub with others.
    pub fn max_topics(mut self, topics: usize) -> Self {
        self.options.bounds.topics = topics.max(1);
        self
    }

    /// Sets how many topics one subscriber can have. 64 by default; at least 1.
    pub fn max_topics_per_subscriber(mut self, topics: usize) -> Self {
        self.options.topics_each = topics.max(1);
        self
    }

    /// Sets how many subscribers there can be at a time. 65,536 by default.
    pub fn max_subscribers(mut self, subscribers: usize) -> Self {
        self.options.subscribers = subscribers;
        self
    }

    /// Sets how many subscribers there can be at a time with the same key. Unbounded by default. Those without a key are
    /// not counted.
    pub fn max_subscribers_per_key(mut self, subscribers: usize) -> Self {
        self.options.subscribers_per_key = subscribers;
        self
    }

    /// Sets what becomes of a subscriber who has fallen out of the log. A gap event by default.
    pub fn gap_policy(mut self, policy: GapPolicy) -> Self {
        self.options.gap_policy = policy;
        self
    }

    /// Sets the event type of gap events. `gap` by default.
    pub fn gap_event_type(mut self, event_type: EventType<'static>) -> Self {
        self.options.gap_event_type = event_type;
        self
    }

    /// Sets the reconnection time that every stream begins with. None by default, which leaves it to the client.
    pub fn reconnection_time(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.options.reconnection_time = time.into();
        self
    }

    /// Sets between which bounds the reconnection time lies that a client is sent away with: when it is refused, when
    /// the hub is drained, and when it lagged. Each gets another one by chance. 1 to 10 s by default.
    pub fn send_away_for(mut self, shortest: Duration, longest: Duration) -> Self {
        self.options.spread = (shortest, longest.max(shortest));
        self
    }

    /// Sets after which time without anything to write something is written all the same; `None` turns that off. 15 s
    /// by default; less than a second is taken as a second.
    ///
    /// It comes between three quarters of the interval and the whole. What is written is an ID alone, if other topics
    /// have moved on, so that a client of a quiet topic does not come back with an ID that is long forgotten, or else
    /// an empty comment.
    pub fn keep_alive(mut self, interval: impl Into<Option<Duration>>) -> Self {
        let interval: Option<Duration> = interval.into();
        self.options.keep_alive = interval.map(|interval| interval.max(MIN_INTERVAL));
        self
    }

    /// Sets the epoch of the IDs. By default it comes from the clock and some chance.
    ///
    /// Has to be another one for every hub whose IDs a client could bring, and best a greater one than before.
    pub fn epoch(mut self, epoch: u64) -> Self {
        self.epoch = Some(epoch);
        self
    }

    /// Sets a check that every subscription has to pass, for each of its topics, before anything is looked up: it gets
    /// the name of the topic and the key that [`Hub::subscribe_as`] was given. Everything is admitted by default.
    ///
    /// A replay reads the same topics as live delivery, so what is not admitted is not replayed either.
    pub fn admit(
        mut self,
        check: impl Fn(&str, Option<&str>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.hooks.admit = Some(Arc::new(check));
        self
    }

    /// Sets what is called when a subscriber's stream has ended, once for each, and at once: servers drop the body when
    /// the connection closes.
    ///
    /// Called where the body is dropped, so it must be quick.
    pub fn on_end(mut self, hook: impl Fn(&Ended) + Send + Sync + 'static) -> Self {
        self.hooks.on_end = Some(Arc::new(hook));
        self
    }

    /// Makes the hub, and its driver with a timer.
    pub fn build<T: Timer>(self, timer: T) -> (Hub, Driver<T>) {
        self.build_on(timer, MemoryLog::new)
    }

    /// Makes a hub with a log of your own: `log` gets the way into the hub.
    pub fn build_on<L: Log, T: Timer>(
        self,
        timer: T,
        log: impl FnOnce(Inlet) -> L,
    ) -> (Hub<L>, Driver<T>) {
        let Options {
            keep_alive,
            max_age,
            ..
        } = self.options;
        let origin = EventId::new(self.epoch.unwrap_or_else(new_epoch), 0);
        let shared = Arc::new(Shared::new(self.options, self.hooks, origin));
        let driver = Driver::new(Arc::clone(&shared), timer, keep_alive, max_age);
        let hub = Hub::with_log(Arc::clone(&shared), log(Inlet::new(shared)));
        (hub, driver)
    }

    /// Makes the hub and spawns its driver on tokio's runtime (feature `tokio`).
    ///
    /// # Panics
    ///
    /// If it is not called inside a tokio runtime. The driver panics in one whose time driver is not enabled.
    #[cfg(feature = "tokio")]
    #[must_use]
    pub fn spawn(self) -> Hub {
        let (hub, driver) = self.build(crate::timer::TokioTimer::new());
        tokio::spawn(driver);
        hub
    }
}

impl fmt::Debug for HubBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubBuilder")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An epoch that no other hub has: milliseconds, which grow from one start of a server to the next, and chance, which
/// tells apart servers that were started together. Exact as a number of JavaScript for centuries.
fn new_epoch() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let milliseconds = u64::try_from(since.as_millis()).unwrap_or_default();
    (milliseconds << 10) | fastrand::u64(..1 << 10)
}

//! [`Hub`]: publish once, deliver to all who have subscribed.

pub(crate) mod body;
pub(crate) mod builder;
pub(crate) mod drained;
pub(crate) mod driver;
pub(crate) mod error;
mod frames;
mod journal;
pub(crate) mod log;
pub(crate) mod options;
pub(crate) mod payload;
pub(crate) mod refusal;
mod shared;
mod state;
pub(crate) mod statistics;
mod subscriber;
pub(crate) mod subscription;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sse_codec::{LastEventId, OutgoingEvent};

use builder::HubBuilder;
use drained::Drained;
use driver::Driver;
use error::{AppendError, PublishError, check_topic};
use log::{Log, MemoryLog};
use payload::Payload;
use refusal::{Refusal, RefusalReason};
pub(crate) use shared::Shared;
use state::State;
use statistics::Statistics;
use subscription::Subscription;

use crate::event_id::EventId;
use crate::timer::NoTimer;

/// Delivers events to everybody who has subscribed to their topic, and again to those who come back.
///
/// [`publish`](Self::publish) encodes an event once, gives it its ID, adds it to a log and returns; it waits for nobody,
/// and costs the same for any number of subscribers. The log is bounded. [`subscribe`](Self::subscribe) gives a body that
/// reads the log from where the client's last event ID says; live delivery is the same reading, from further on. So a
/// slow client costs no queue and no memory of its own, and one that is too slow for the log is told so, by a gap event
/// or by the end of its stream.
///
/// A hub is cheap to clone; all clones are the same hub. When the last one is dropped, the streams end.
///
/// # The driver
///
/// A hub comes with a [`Driver`], a future that wakes the subscribers, keeps their connections alive, and watches the
/// age of events. Spawn it (`HubBuilder::spawn` of the feature `tokio` does). It wakes subscribers a few at a time, so
/// that those who come later find more to write at once, which is what makes a busy hub several times faster. While
/// nobody polls it, `publish` wakes all subscribers itself, and there are no keep-alives and no age bound.
///
/// # The gap event
///
/// A client whose next event is no longer in the log, or that comes with an ID which this hub has not given, gets a
/// block of the event type `gap`, whose data is a JSON object: `through` is the ID behind which nothing is missing, and
/// `after` the last ID that the client was sent, or null if that is unknown. The ID of the block is that of `through`,
/// so a client that comes back with it is not told of the same gap again.
///
/// # Examples
///
/// ```
/// use sse_server::{Hub, Outcome, OutgoingEvent};
///
/// let (hub, _driver) = Hub::new();
/// let id = hub.publish("news", &OutgoingEvent::new().data("hello"))?;
///
/// // A client that has not seen it: its last event ID is the place before.
/// let before = sse_server::EventId::new(id.epoch(), id.sequence() - 1);
/// let subscription = hub.subscribe(["news"], Some(&before.into()))?;
/// assert_eq!(subscription.outcome(), Outcome::Replayed { from: before });
/// let response = subscription.into_response();
/// # assert_eq!(response.headers()["content-type"], "text/event-stream");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Hub<L = MemoryLog> {
    handle: Arc<Handle<L>>,
}

/// What all clones of a hub share. Its end is the end of the hub.
struct Handle<L> {
    shared: Arc<Shared>,
    log: L,
}

impl<L> Drop for Handle<L> {
    fn drop(&mut self) {
        let wakes = self.shared.with(State::close);
        wakes.wake();
    }
}

impl Hub {
    /// Makes a hub with the default bounds, and its driver, which has no timer: without one there are no keep-alives
    /// and no bound on age, and a drain ends all streams at once.
    ///
    /// [`builder`](Self::builder) takes the bounds and a timer; its `spawn` (feature `tokio`) leaves nothing else to do.
    pub fn new() -> (Self, Driver<NoTimer>) {
        Self::builder().build(NoTimer::new())
    }

    /// Starts to make a hub.
    pub fn builder() -> HubBuilder {
        HubBuilder::new()
    }

    /// Publishes an event to all who have subscribed to a topic now, or come back later, and returns its ID.
    ///
    /// Can be called from synchronous code, and waits for nobody. The topic is any name; it is made if it is new.
    ///
    /// # Errors
    ///
    /// Nothing was published if the event brings an ID of its own ([`PublishError::HasId`]) or does not fit into the log
    /// ([`TooLarge`](PublishError::TooLarge)), or if the topic has no usable name
    /// ([`InvalidTopic`](PublishError::InvalidTopic)) or is one too many
    /// ([`TooManyTopics`](PublishError::TooManyTopics)).
    pub fn publish(&self, topic: &str, event: &OutgoingEvent<'_>) -> Result<EventId, PublishError> {
        check_topic(topic)?;
        self.handle.log.append_now(topic, Payload::encode(event)?)
    }
}

impl<L: Log> Hub<L> {
    /// Publishes an event by the hub's log, whatever that is, and returns its ID.
    ///
    /// With the log in memory it is ready at once, and the same as [`publish`](Hub::publish).
    ///
    /// # Errors
    ///
    /// If the event or the topic cannot be used, or if the log failed.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the event may have been published or not.
    pub async fn append(
        &self,
        topic: &str,
        event: &OutgoingEvent<'_>,
    ) -> Result<EventId, AppendError<L::Error>> {
        let payload = check_topic(topic).and_then(|()| Payload::encode(event));
        let payload = payload.map_err(AppendError::Publish)?;
        self.handle
            .log
            .append(topic, payload)
            .await
            .map_err(AppendError::Log)
    }
}

impl<L> Hub<L> {
    pub(crate) fn with_log(shared: Arc<Shared>, log: L) -> Self {
        Self {
            handle: Arc::new(Handle { shared, log }),
        }
    }

    fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// Subscribes to some topics, from behind the last event ID that the client came with, if it came with one.
    ///
    /// [`last_event_id`](crate::last_event_id) reads that from the request. Topics need not exist. What came of the ID is
    /// in [`Subscription::outcome`].
    ///
    /// # Errors
    ///
    /// If it is refused, for one of the [`RefusalReason`]s: a limit, a drain, a name that is none, or the application's own
    /// check. [`Refusal::into_response`] makes the answer.
    pub fn subscribe<T: AsRef<str>>(
        &self,
        topics: impl IntoIterator<Item = T>,
        last_event_id: Option<&LastEventId<'_>>,
    ) -> Result<Subscription, Refusal> {
        self.subscribe_as(None, topics, last_event_id)
    }

    /// Subscribes like [`subscribe`](Self::subscribe), under a key: a user, a session or an address, say.
    ///
    /// The hub counts the subscribers of each key (`max_subscribers_per_key` of the builder), shows the key to the
    /// check that `admit` sets, and names it in the report of the stream's end.
    ///
    /// # Errors
    ///
    /// If it is refused: [`Refusal::into_response`] makes the answer.
    pub fn subscribe_as<T: AsRef<str>>(
        &self,
        key: Option<&str>,
        topics: impl IntoIterator<Item = T>,
        last_event_id: Option<&LastEventId<'_>>,
    ) -> Result<Subscription, Refusal> {
        let shared = self.shared();
        // One more than there may be is enough to see that there are too many.
        let topics: Vec<T> = topics
            .into_iter()
            .take(shared.max_topics_each().saturating_add(1))
            .collect();
        let topics: Vec<&str> = topics.iter().map(AsRef::as_ref).collect();
        // Before anything is looked up: who may not see a topic is not to learn what is in its log.
        let admitted = topics.iter().all(|topic| shared.admits(topic, key));
        let granted = shared.with(|state| {
            let granted = if admitted {
                state.subscribe(&topics, last_event_id, key)
            } else {
                state.refused();
                Err(RefusalReason::NotAdmitted)
            };
            granted.map_err(|reason| Refusal::new(reason, state.spread()))
        });
        let (subscriber, outcome) = granted?;
        Ok(Subscription::new(Arc::clone(shared), subscriber, outcome))
    }

    /// Ends all streams within `window`, spread out, and refuses new ones from now on.
    ///
    /// Each stream is ended when it has been given what was published, and with a reconnection time of its own, so that
    /// the crowd does not come back in step. Without a [`Driver`] that is polled and has a timer, they are all ended at
    /// once.
    ///
    /// The future is ready when all streams have ended, at the latest when the window is over: a client that does
    /// not read cannot hold it up. It need not be awaited.
    #[expect(
        clippy::must_use_candidate,
        reason = "its work is done whether the future is awaited or not"
    )]
    pub fn drain(&self, window: Duration) -> Drained {
        let wakes = self.shared().with(|state| state.start_drain(window));
        wakes.wake();
        Drained::new(Arc::clone(self.shared()))
    }

    /// Tells whether the hub is being drained, so that new subscriptions are refused.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.shared().with(|state| state.is_draining())
    }

    /// Returns what the hub holds and has done.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.shared().with(State::statistics)
    }
}

impl<L> Clone for Hub<L> {
    fn clone(&self) -> Self {
        Self {
            handle: Arc::clone(&self.handle),
        }
    }
}

impl<L> fmt::Debug for Hub<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

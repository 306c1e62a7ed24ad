//! [`Log`]: where events get their IDs, and [`MemoryLog`], which gives them itself.

use std::future::Future;
use std::sync::Arc;

use super::Shared;
use super::error::PublishError;
use super::payload::Payload;
use crate::event_id::EventId;

/// Puts the events of a [`Hub`](crate::Hub) in their order and gives them their IDs.
///
/// The hub's own is [`MemoryLog`], whose events live and end with the process. Another implementation can keep them
/// elsewhere and share them between processes: [`append`](Self::append) sends an event there, and a task of its own,
/// one for the process and not one for a subscriber, reads what comes back, its own events among them, and puts it into
/// the hub by the [`Inlet`]. Subscribers only ever read what the hub has in memory.
pub trait Log: Send + Sync + 'static {
    /// How appending fails.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Appends an event, and returns the ID that it was given.
    ///
    /// # Errors
    ///
    /// If the event was not taken, or if that is not known.
    fn append(
        &self,
        topic: &str,
        payload: Payload,
    ) -> impl Future<Output = Result<EventId, Self::Error>> + Send;
}

/// So that a task can hold on to the log that a hub has.
impl<L: Log> Log for Arc<L> {
    type Error = L::Error;

    async fn append(&self, topic: &str, payload: Payload) -> Result<EventId, L::Error> {
        L::append(self, topic, payload).await
    }
}

/// The log that is in the hub itself: nothing waits, and events last as long as the process and the hub's bounds allow.
#[derive(Debug)]
pub struct MemoryLog {
    inlet: Inlet,
}

impl MemoryLog {
    pub(crate) fn new(inlet: Inlet) -> Self {
        Self { inlet }
    }

    pub(crate) fn append_now(
        &self,
        topic: &str,
        payload: Payload,
    ) -> Result<EventId, PublishError> {
        let (id, wakes) = self
            .inlet
            .shared
            .with(|state| state.publish(topic, payload))?;
        wakes.wake();
        Ok(id)
    }
}

impl Log for MemoryLog {
    type Error = PublishError;

    async fn append(&self, topic: &str, payload: Payload) -> Result<EventId, PublishError> {
        self.append_now(topic, payload)
    }
}

/// Puts events that have IDs into a hub: the way in for a [`Log`] that is elsewhere.
///
/// It does not keep the hub: once the last [`Hub`](crate::Hub) is dropped, nobody reads what is put in.
#[derive(Clone, Debug)]
pub struct Inlet {
    shared: Arc<Shared>,
}

impl Inlet {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Adds an event, which has to be behind all that were added before.
    ///
    /// # Errors
    ///
    /// [`PublishError::OutOfOrder`] if it is not, and else as [`Hub::publish`](crate::Hub::publish).
    pub fn insert(&self, id: EventId, topic: &str, payload: Payload) -> Result<(), PublishError> {
        let wakes = self.shared.with(|state| state.insert(id, topic, payload))?;
        wakes.wake();
        Ok(())
    }

    /// Says that events up to `id` may be missing, in any topic: after a connection was lost, or a log began anew.
    /// Every subscriber who has not seen everything up to there is told of a gap. What the hub has of them is dropped.
    pub fn interrupt(&self, id: EventId) {
        let wakes = self.shared.with(|state| state.interrupt(id));
        wakes.wake();
    }

    /// Returns the ID of the newest event, or the place before the first one.
    #[must_use]
    pub fn newest(&self) -> EventId {
        self.shared.with(|state| state.journal.newest())
    }
}

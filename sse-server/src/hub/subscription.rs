//! [`Subscription`]: what a hub grants, and what came of it.

use std::fmt;
use std::sync::Arc;

use http::Response;

use super::Shared;
use super::body::SubscriptionBody;
use super::subscriber::SubscriberKey;
use crate::event_id::EventId;
use crate::response::headers;

/// What a hub has made of the last event ID that a subscriber came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There was no ID: the stream begins with what is published from now on.
    Fresh,
    /// The stream goes on behind the ID, and nothing is missing.
    Replayed {
        /// The ID that the client came with.
        from: EventId,
    },
    /// What followed the ID is no longer there in full, or the ID is of another life of the hub, or made up. The stream
    /// begins with a gap event, then with the oldest events that are kept.
    Truncated {
        /// The ID of the gap event: everything behind it is there.
        at: EventId,
    },
}

/// Why a subscriber's stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// The body was dropped, which is what a server does when the connection closes.
    Closed,
    /// It fell out of the log, and the policy is [`GapPolicy::Disconnect`](crate::GapPolicy).
    Lagged,
    /// The hub was drained or dropped.
    Drained,
}

/// A report of a subscriber whose stream has ended, for the hook that
/// [`HubBuilder::on_end`](crate::HubBuilder::on_end) sets.
#[derive(Clone, Debug)]
pub struct Ended {
    reason: EndReason,
    key: Option<Arc<str>>,
    last_event_id: EventId,
    delivered: u64,
}

impl Ended {
    pub(crate) fn new(
        reason: EndReason,
        key: Option<Arc<str>>,
        last_event_id: EventId,
        delivered: u64,
    ) -> Self {
        Self {
            reason,
            key,
            last_event_id,
            delivered,
        }
    }

    /// Returns why it ended.
    #[must_use]
    pub fn reason(&self) -> EndReason {
        self.reason
    }

    /// Returns the key that the subscriber was counted under, if there was one.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Returns the last ID that was handed to the connection. Whether it arrived is not known.
    #[must_use]
    pub fn last_event_id(&self) -> EventId {
        self.last_event_id
    }

    /// Returns how many events were handed to the connection.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }
}

/// A place among the subscribers of a hub: a body, and what came of the last event ID.
///
/// Made by [`Hub::subscribe`](crate::Hub::subscribe). Dropping it, or its body, gives the place back at once.
#[must_use = "a subscription does nothing until its body is sent"]
pub struct Subscription {
    outcome: Outcome,
    body: SubscriptionBody,
}

impl Subscription {
    pub(crate) fn new(shared: Arc<Shared>, key: SubscriberKey, outcome: Outcome) -> Self {
        Self {
            outcome,
            body: SubscriptionBody::new(shared, key),
        }
    }

    /// Returns what came of the last event ID.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// Turns it into the body alone, for a response of your own. Its headers should be those that
    /// [`into_response`](Self::into_response) sets.
    pub fn into_body(self) -> SubscriptionBody {
        self.body
    }

    /// Makes the response: status 200, the headers of an event stream, and the body. More headers can be added to it.
    pub fn into_response(self) -> Response<SubscriptionBody> {
        let mut response = Response::new(self.body);
        *response.headers_mut() = headers(false);
        response
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

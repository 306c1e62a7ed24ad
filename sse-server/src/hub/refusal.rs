//! [`Refusal`]: a subscription that was not granted, and how to answer it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use super::body::SubscriptionBody;
use super::state::retry;
use crate::response::headers;

/// Why a subscription was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The hub has as many subscribers as it may have (`max_subscribers` of the builder).
    Full,
    /// There are as many subscribers with this key as there may be (`max_subscribers_per_key`).
    KeyFull,
    /// The hub is being drained, or is gone.
    Draining,
    /// More topics were asked for than one subscriber may have (`max_topics_per_subscriber`), or there is no room for a
    /// new one (`max_topics`).
    TooManyTopics,
    /// No topic was named, or a name is empty or longer than 256 bytes.
    InvalidTopic,
    /// The application's own check (`admit`) said no.
    NotAdmitted,
}

impl RefusalReason {
    /// Tells whether it may be granted later, so that it makes sense for the client to come back.
    fn is_temporary(self) -> bool {
        match self {
            Self::Full | Self::KeyFull | Self::Draining => true,
            Self::TooManyTopics | Self::InvalidTopic | Self::NotAdmitted => false,
        }
    }
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "too many subscribers",
            Self::KeyFull => "too many subscribers with this key",
            Self::Draining => "the server is about to end",
            Self::TooManyTopics => "too many topics",
            Self::InvalidTopic => "no topic, or one whose name is empty or too long",
            Self::NotAdmitted => "not allowed to subscribe to these topics",
        })
    }
}

/// A subscription that was not granted.
///
/// [`into_response`](Self::into_response) answers it so that every client does the right thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    reason: RefusalReason,
    retry: Duration,
}

impl Refusal {
    pub(crate) fn new(reason: RefusalReason, retry: Duration) -> Self {
        Self { reason, retry }
    }

    /// Returns why.
    #[must_use]
    pub fn reason(&self) -> RefusalReason {
        self.reason
    }

    /// Returns when the client should come back. Another time for each, so that a crowd does not come back together.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.retry
    }

    /// Makes the answer.
    ///
    /// If the client may come back later, that is an event stream (status 200) that sets the reconnection time and
    /// ends: a browser's `EventSource` gives up for good on any other status. If it may not, the status is 403 (not
    /// admitted) or 400 (wrong topics), which makes every client give up. To send a client away for good although
    /// nothing is wrong, answer with status 204 yourself.
    #[must_use]
    pub fn into_response(self) -> Response<SubscriptionBody> {
        if !self.reason.is_temporary() {
            let status = match self.reason {
                RefusalReason::NotAdmitted => StatusCode::FORBIDDEN,
                _ => StatusCode::BAD_REQUEST,
            };
            return self.plain(status);
        }
        let mut response = Response::new(SubscriptionBody::of_bytes(retry(self.retry)));
        *response.headers_mut() = headers(false);
        response
    }

    /// Makes the answer for clients that are no browsers: like [`into_response`](Self::into_response), but with status
    /// 503 and `Retry-After`, in whole seconds, where the client may come back later.
    pub fn into_unavailable(self) -> Response<SubscriptionBody> {
        if !self.reason.is_temporary() {
            return self.into_response();
        }
        let seconds = self.retry.as_secs() + u64::from(self.retry.subsec_nanos() > 0);
        let mut response = self.plain(StatusCode::SERVICE_UNAVAILABLE);
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
        response
    }

    fn plain(&self, status: StatusCode) -> Response<SubscriptionBody> {
        let body = SubscriptionBody::of_bytes(Bytes::from(format!("{}\n", self.reason)));
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the subscription is refused: {}", self.reason)
    }
}

impl Error for Refusal {}

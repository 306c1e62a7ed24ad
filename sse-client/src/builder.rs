//! [`EventSourceBuilder`]: how an event source is asked for.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use sse_codec::{LastEventId, Utf8Policy};

use crate::error::Error;
use crate::event_source::EventSource;
use crate::policy::Policy;

/// Builds an [`EventSource`]. Comes from [`EventSource::builder`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct EventSourceBuilder {
    url: String,
    headers: HeaderMap,
    policy: Policy,
}

impl EventSource {
    /// Makes an event source with all defaults. Nothing is sent before it is polled.
    ///
    /// # Errors
    ///
    /// As [`EventSourceBuilder::build`].
    pub fn get(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Starts to build an event source. A wrong URL is reported by [`EventSourceBuilder::build`].
    pub fn builder(url: impl AsRef<str>) -> EventSourceBuilder {
        EventSourceBuilder {
            url: url.as_ref().to_owned(),
            headers: HeaderMap::new(),
            policy: Policy::default(),
        }
    }
}

impl EventSourceBuilder {
    /// Adds a header to every request. A name may be added more than once. Wrong names and values are reported by
    /// [`build`](Self::build).
    ///
    /// A header of the name of one that the client sets by itself (`Accept`, `Accept-Encoding`, `Cache-Control`)
    /// replaces that one. `Last-Event-ID` is refused: use [`last_event_id`](Self::last_event_id).
    ///
    /// When a redirect leads to another origin, only a few harmless headers go there.
    pub fn header<N, V>(self, _name: N, _value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self
    }

    /// Adds headers to every request, as [`header`](Self::header) does; names that have been set before are replaced.
    pub fn headers(self, _headers: HeaderMap) -> Self {
        self
    }

    /// Sets the HTTP client. Its default headers, proxies, certificates, redirect policy and connection timeout hold; its total timeout does not.
    pub fn client(self, _client: reqwest::Client) -> Self {
        self
    }

    /// Sets the ID to send with the first request, to go on where an earlier event source has ended. Default: none.
    pub fn last_event_id(self, _id: LastEventId<'_>) -> Self {
        self
    }

    /// Sets the policy. Default [`Policy::resilient`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets what to do about ill-formed UTF-8. Default [`Utf8Policy::Replace`].
    pub fn utf8(self, _utf8: Utf8Policy) -> Self {
        self
    }

    /// Sets how large an event may be, in bytes. Default 16 MiB. A larger one is dropped with an error, and the stream goes on.
    pub fn max_event_bytes(self, _limit: usize) -> Self {
        self
    }

    /// Sets how long to wait for the head of a response. Default 30 seconds. `None` waits for ever.
    pub fn response_timeout(self, _timeout: Option<Duration>) -> Self {
        self
    }

    /// Sets after how long without a byte the connection counts as dead. Default `None`: never.
    pub fn idle_timeout(self, _timeout: Option<Duration>) -> Self {
        self
    }

    /// Sets after how long without an event the connection counts as stalled, even if comments come. Default `None`: never.
    pub fn event_timeout(self, _timeout: Option<Duration>) -> Self {
        self
    }

    /// Sets whether [`Updates`](crate::Updates) has comments among its items. Default `false`.
    pub fn comments(self, _comments: bool) -> Self {
        self
    }

    /// Makes the event source. Nothing is sent before it is polled.
    ///
    /// # Errors
    ///
    /// [`Error::is_builder`], if the URL or a header is wrong, or the URL is `https` and TLS is not built in.
    pub fn build(self) -> Result<EventSource, Error> {
        EventSource::stub()
    }
}

impl fmt::Debug for EventSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = (&self.url, &self.headers);
        f.debug_struct("EventSourceBuilder")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

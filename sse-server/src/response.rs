//! [`EventStreamResponse`]: the head of the response and the options of its body.

use std::time::Duration;

use futures_core::Stream;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, VARY};
use http::{HeaderMap, Response};

use crate::body::EventStreamBody;
use crate::keep_alive::{DEFAULT_INTERVAL, KeepAlive};
use crate::source_item::SourceItem;
use crate::timer::{NoTimer, Timer};

/// Builds the response that carries a source of events.
///
/// A source is a [`Stream`] of [`OutgoingEvent`](crate::OutgoingEvent)s or of `Result`s of them. It is polled
/// only when the connection can take more, dropped as soon as it has ended or the connection has closed, and its first
/// error aborts the body.
///
/// With the feature `tokio`, start with `EventStreamResponse::new`; otherwise with [`with_timer`](Self::with_timer), or
/// with [`without_keep_alive`](EventStreamResponse::without_keep_alive) for a source that is never quiet for long.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use futures_util::stream;
/// use sse_server::{EventStreamResponse, OutgoingEvent};
///
/// let events = stream::iter([OutgoingEvent::new().data("hello")]);
/// let response = EventStreamResponse::without_keep_alive(events)
///     .reconnection_time(Duration::from_secs(5))
///     .vary_accept(true)
///     .into_response();
/// assert_eq!(response.headers()["vary"], "accept");
/// ```
#[derive(Debug)]
#[must_use = "a response does nothing until it is sent"]
pub struct EventStreamResponse<S, T = NoTimer> {
    source: S,
    timer: T,
    keep_alive: Option<Duration>,
    reconnection_time: Option<Duration>,
    vary_accept: bool,
}

#[cfg(feature = "tokio")]
impl<S> EventStreamResponse<S, crate::timer::TokioTimer>
where
    S: Stream,
    S::Item: SourceItem,
{
    /// Starts a response that is kept alive by tokio's timer (feature `tokio`), every 15 seconds unless
    /// [`keep_alive`](Self::keep_alive) says otherwise.
    ///
    /// # Panics
    ///
    /// Not here, but the body panics when it is polled outside a tokio runtime with time enabled.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures_util::stream;
    /// use sse_server::{EventStreamResponse, OutgoingEvent};
    ///
    /// let events = stream::iter([OutgoingEvent::new().data("hello")]);
    /// let response = EventStreamResponse::new(events).into_response();
    /// assert_eq!(response.headers()["content-type"], "text/event-stream");
    /// ```
    pub fn new(source: S) -> Self {
        Self::with_timer(source, crate::timer::TokioTimer::new())
    }
}

impl<S> EventStreamResponse<S, NoTimer>
where
    S: Stream,
    S::Item: SourceItem,
{
    /// Starts a response without a timer, so without a keep-alive, whatever [`keep_alive`](Self::keep_alive) says.
    pub fn without_keep_alive(source: S) -> Self {
        Self::with_timer(source, NoTimer::new())
    }
}

impl<S, T> EventStreamResponse<S, T>
where
    S: Stream,
    S::Item: SourceItem,
    T: Timer,
{
    /// Starts a response that is kept alive by a timer of your own, every 15 seconds unless
    /// [`keep_alive`](Self::keep_alive) says otherwise.
    pub fn with_timer(source: S, timer: T) -> Self {
        Self {
            source,
            timer,
            keep_alive: Some(DEFAULT_INTERVAL),
            reconnection_time: None,
            vary_accept: false,
        }
    }

    /// Sets after which time without anything to write a comment is written; `None` turns that off. 15 seconds by
    /// default; less than a second is taken as a second.
    ///
    /// The comment shows proxies and clients that the connection lives, and shows the server when it does not: without
    /// traffic a peer that vanished is never noticed.
    pub fn keep_alive(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.keep_alive = interval.into();
        self
    }

    /// Sets the reconnection time that the client is told first of all: how long it waits before it reconnects. None by
    /// default, which leaves it to the client. Written in whole milliseconds.
    pub fn reconnection_time(mut self, time: Duration) -> Self {
        self.reconnection_time = Some(time);
        self
    }

    /// Sets whether the response carries `Vary: Accept`, as it should where the same URL serves something else to those
    /// that do not ask for an event stream (give that the same header). Off by default.
    pub fn vary_accept(mut self, vary: bool) -> Self {
        self.vary_accept = vary;
        self
    }

    /// Makes the response: status 200, the headers of an event stream, and the body. More headers can be added to it.
    pub fn into_response(self) -> Response<EventStreamBody<S, T>> {
        let keep_alive = KeepAlive::new(self.timer, self.keep_alive);
        let body = EventStreamBody::new(self.source, keep_alive, self.reconnection_time);
        let mut response = Response::new(body);
        *response.headers_mut() = headers(self.vary_accept);
        response
    }
}

/// Returns the headers that every event stream is sent with.
pub(crate) fn headers(vary_accept: bool) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // `no-cache` is the standard's own advice, `no-store` keeps a cache from collecting a body that does not end, and
    // `no-transform` keeps a proxy from compressing it, which holds events back.
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store, no-transform"),
    );
    // Understood by nginx and by some that imitate it: pass the bytes on as they come.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    if vary_accept {
        headers.insert(VARY, HeaderValue::from(ACCEPT));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_are_those_of_an_event_stream() {
        let headers = headers(false);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-cache, no-store, no-transform");
        assert_eq!(headers["x-accel-buffering"], "no");
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn vary_is_there_when_asked_for() {
        let headers = headers(true);
        assert_eq!(headers["vary"], "accept");
        assert_eq!(headers.len(), 4);
    }
}

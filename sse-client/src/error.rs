//! [`Error`]: what can go wrong with an event source, told apart by predicates.

use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use sse_codec::ParseError;

use crate::response::ResponseHead;

/// An error of an event source. Cheap to clone.
///
/// Its predicates tell what it is about; at most one of `is_builder`, `is_connect`, `is_timeout`, `is_status`, `is_not_event_stream`,
/// `is_redirect`, `is_end_of_body`, `is_last_event_id_not_sent`, `is_retries_exhausted`, and `parse_error` says yes.
/// Where none does, the connection broke after it was made, or what came over it was not HTTP.
///
/// Neither its `Display` nor its `Debug` output shows credentials, queries of URLs, or values of headers that were sent.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
    is_final: bool,
}

struct Inner {}

impl Error {
    /// Returns whether the event source has ended with this error. If not, it goes on: the same event source
    /// reconnects, or reads on.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    /// Returns whether the event source could not be built: a wrong URL or header, or `https` without TLS. Always final.
    #[must_use]
    pub fn is_builder(&self) -> bool {
        false
    }

    /// Returns whether no connection could be made: the name does not resolve, the connection is refused, the TLS
    /// handshake fails.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        false
    }

    /// Returns whether the server's certificate, or the one that it asks of the client, was refused. Then
    /// [`is_connect`](Self::is_connect) holds as well, and the error is final.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        false
    }

    /// Returns whether one of the timeouts has passed: for the response, for bytes, for an event.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        false
    }

    /// Returns whether the server has answered with a status that is not a success (or, by
    /// [`Policy::standard`](crate::Policy::standard), not 200). [`response`](Self::response) and [`body`](Self::body) tell more.
    #[must_use]
    pub fn is_status(&self) -> bool {
        false
    }

    /// Returns whether the server has answered 200, but with something that is not an event stream.
    #[must_use]
    pub fn is_not_event_stream(&self) -> bool {
        false
    }

    /// Returns whether redirects have led nowhere: too many of them, or one to a place that HTTP cannot reach.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        false
    }

    /// Returns whether the body has ended as HTTP says it should. Only ever the cause of a reconnection.
    #[must_use]
    pub fn is_end_of_body(&self) -> bool {
        false
    }

    /// Returns whether the last event ID could not be sent: it holds control characters, or is longer than 8 KiB.
    /// The request is sent without one. Never final.
    #[must_use]
    pub fn is_last_event_id_not_sent(&self) -> bool {
        false
    }

    /// Returns whether a limit of the policy on reconnections was reached. Always final;
    /// [`last_failure`](Self::last_failure) is what the last attempt failed with.
    #[must_use]
    pub fn is_retries_exhausted(&self) -> bool {
        false
    }

    /// Returns what the last attempt failed with, if [retries are exhausted](Self::is_retries_exhausted).
    #[must_use]
    pub fn last_failure(&self) -> Option<&Self> {
        None
    }

    /// Returns the parse error, if an event was dropped because of one. Never final: the stream goes on behind that event.
    #[must_use]
    pub fn parse_error(&self) -> Option<&ParseError> {
        None
    }

    /// Returns the status of the answer that was refused, for [`is_status`](Self::is_status),
    /// [`is_not_event_stream`](Self::is_not_event_stream) and [`is_redirect`](Self::is_redirect).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(ResponseHead::status)
    }

    /// Returns the head of the answer that was refused.
    #[must_use]
    pub fn response(&self) -> Option<&ResponseHead> {
        None
    }

    /// Returns the first bytes of the body of the answer that was refused, at most 8 KiB of what came within a
    /// second. Empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        let _ = &self.inner;
        &[]
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("error")
    }
}

impl std::error::Error for Error {}

//! [`Error`]: what can go wrong with an event source, told apart by predicates.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use sse_codec::ParseError;

pub(crate) use self::kind::{CursorStep, Excerpt, Kind, Limit, Refusal, Source, Stage, Timeout};
use crate::response::ResponseHead;

mod kind;
mod message;

/// An error of an event source. Cheap to clone.
///
/// [`is_final`](Self::is_final) tells whether the event source has ended with it, the other predicates what it is about.
/// Where none of them says yes, the connection broke after it was made, or what came over it was not HTTP.
///
/// Neither its `Display` nor its `Debug` output shows credentials, queries of URLs, or values of headers that were
/// sent.
///
/// # Examples
///
/// ```
/// use sse_client::Error;
///
/// fn advice(error: &Error) -> &'static str {
///     match error.status().map(|status| status.as_u16()) {
///         Some(401 | 403) => "log in again",
///         Some(404) => "is that the right URL?",
///         _ if error.is_certificate() => "the server is not who it should be",
///         _ if error.is_retries_exhausted() => "look at error.last_failure()",
///         _ if !error.is_final() => "nothing to do, it goes on",
///         _ => "read what it says",
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Error {
    kind: Arc<Kind>,
    is_final: bool,
}

impl Error {
    /// Makes an error after which the event source goes on.
    pub(crate) fn passing(kind: Kind) -> Self {
        Self {
            kind: Arc::new(kind),
            is_final: false,
        }
    }

    /// Makes an error with which the event source ends.
    pub(crate) fn last(kind: Kind) -> Self {
        Self {
            is_final: true,
            ..Self::passing(kind)
        }
    }

    /// Turns it into one with which the event source ends.
    pub(crate) fn into_final(self) -> Self {
        Self {
            is_final: true,
            ..self
        }
    }

    /// Turns it into one after which the event source goes on.
    pub(crate) fn into_passing(self) -> Self {
        Self {
            is_final: false,
            ..self
        }
    }

    /// Returns whether the event source has ended with this error. If not, it goes on by itself: it reconnects, or
    /// reads on.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    /// Returns whether the request could not be built: a wrong URL or header, or `https` without TLS. Always final.
    #[must_use]
    pub fn is_builder(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Builder(_)
                | Kind::NoTls
                | Kind::Transport {
                    stage: Stage::Build,
                    ..
                }
        )
    }

    /// Returns whether the hook that [prepares](crate::EventSourceBuilder::prepare) each attempt has failed. Its error is the
    /// [`source`](std::error::Error::source).
    #[must_use]
    pub fn is_prepare(&self) -> bool {
        matches!(*self.kind, Kind::Prepare(_))
    }

    /// Returns whether it is certain that the server has not seen the request.
    pub(crate) fn is_unsent(&self) -> bool {
        self.is_connect()
            || self.is_prepare()
            || self.is_builder()
            || matches!(*self.kind, Kind::Timeout(Timeout::Prepare, _))
    }

    /// Returns whether no connection could be made: the name does not resolve, the connection is refused, the TLS
    /// handshake fails.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Transport {
                stage: Stage::Connect | Stage::Certificate,
                ..
            }
        )
    }

    /// Returns whether the server's certificate, or the one that it asks of the client, was refused. A kind of
    /// [`is_connect`](Self::is_connect); always final.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Transport {
                stage: Stage::Certificate,
                ..
            }
        )
    }

    /// Returns whether a timeout has passed: that for the response, for the hook before it, for bytes, for an event, or one
    /// of the caller's own HTTP client.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Timeout(..)
                | Kind::Transport {
                    is_timeout: true,
                    ..
                }
        )
    }

    /// Returns whether the server has answered with a status that the policy does not accept.
    /// [`status`](Self::status), [`response`](Self::response) and [`body`](Self::body) tell more.
    #[must_use]
    pub fn is_status(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Refused {
                why: Refusal::Status,
                ..
            }
        )
    }

    /// Returns whether the server has answered 200, but with something that is not an event stream, or with one that is
    /// compressed in a way that the HTTP client cannot undo. Always final.
    #[must_use]
    pub fn is_not_event_stream(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Refused {
                why: Refusal::NotEventStream | Refusal::Compressed,
                ..
            }
        )
    }

    /// Returns whether redirects have led nowhere: too many of them, one to a place that HTTP cannot reach, or one that would
    /// take a request's body to another origin. Always final.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(
            *self.kind,
            Kind::Refused {
                why: Refusal::Redirect(_),
                ..
            } | Kind::Transport {
                stage: Stage::Redirect,
                ..
            }
        )
    }

    /// Returns whether the body has ended as HTTP says it should. Only ever the cause of a reconnection, or the last
    /// failure before retries were exhausted.
    #[must_use]
    pub fn is_end_of_body(&self) -> bool {
        matches!(*self.kind, Kind::EndOfBody { .. })
    }

    /// Returns whether the body has ended in the middle of an event, which is dropped. A kind of
    /// [`is_end_of_body`](Self::is_end_of_body).
    #[must_use]
    pub fn is_end_in_event(&self) -> bool {
        matches!(*self.kind, Kind::EndOfBody { in_event: true })
    }

    /// Returns whether the last event ID could not be sent, since it holds control characters, or nothing but spaces, or
    /// is longer than 8 KiB. Never final: the request goes out without an ID.
    #[must_use]
    pub fn is_last_event_id_not_sent(&self) -> bool {
        matches!(*self.kind, Kind::LastEventIdNotSent { .. })
    }

    /// Returns whether the [cursor store](crate::CursorStore) has failed, or there is none. Its error is the
    /// [`source`](std::error::Error::source). Final if the ID could not be loaded, but not if it could not be saved.
    #[must_use]
    pub fn is_cursor(&self) -> bool {
        matches!(*self.kind, Kind::Cursor(..) | Kind::NoCursorStore)
    }

    /// Returns whether a connection was waited for, by [`connect`](crate::EventSource::connect), and the event source has ended
    /// without an error: by 204 No Content, or by the caller's wish.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(*self.kind, Kind::Closed)
    }

    /// Returns whether a limit of the policy on reconnections was reached. Always final.
    #[must_use]
    pub fn is_retries_exhausted(&self) -> bool {
        matches!(*self.kind, Kind::RetriesExhausted { .. })
    }

    /// Returns what the last attempt failed with, if [retries are exhausted](Self::is_retries_exhausted).
    #[must_use]
    pub fn last_failure(&self) -> Option<&Self> {
        match &*self.kind {
            Kind::RetriesExhausted { last_failure, .. } => Some(last_failure),
            _ => None,
        }
    }

    /// Returns the parse error for which an event was dropped. Never final: the stream goes on behind that event.
    #[must_use]
    pub fn parse_error(&self) -> Option<&ParseError> {
        match &*self.kind {
            Kind::Parse(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the status of the answer that was refused, for [`is_status`](Self::is_status),
    /// [`is_not_event_stream`](Self::is_not_event_stream), and a redirect that the client itself did not follow.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(ResponseHead::status)
    }

    /// Returns the head of the answer that was refused.
    #[must_use]
    pub fn response(&self) -> Option<&ResponseHead> {
        match &*self.kind {
            Kind::Refused { head, .. } => Some(head),
            _ => None,
        }
    }

    /// Returns the beginning of the body of the answer that was refused: at most 64 KiB, and only what came within one
    /// second or without a break. Servers put their reasons there. Empty if there is none.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &*self.kind {
            Kind::Refused { body, .. } => &body.0,
            _ => &[],
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("is_final", &self.is_final)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.kind {
            Kind::Transport { source, .. } | Kind::Prepare(source) | Kind::Cursor(_, source) => {
                Some(&**source)
            }
            Kind::RetriesExhausted { last_failure, .. } => Some(last_failure),
            // The text of a parse error is this error's own, so it must not come again as its source.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::redirect::BadRedirect;

    #[test]
    fn is_small_and_goes_anywhere() {
        fn goes_anywhere<T: StdError + Send + Sync + Clone + 'static>() {}
        goes_anywhere::<Error>();
        assert!(size_of::<Error>() <= 2 * size_of::<usize>());
    }

    #[test]
    fn retries_exhausted_carries_the_last_failure() {
        let last_failure =
            Error::passing(Kind::Timeout(Timeout::Response, Duration::from_secs(30)));
        let error = Error::last(Kind::RetriesExhausted {
            limit: Limit::Attempts(3),
            last_failure,
        });
        assert!(error.is_final() && error.is_retries_exhausted() && !error.is_timeout());
        assert_eq!(
            error.to_string(),
            "gave up after 3 reconnection attempts without an event (max_attempts)"
        );
        let last_failure = error.last_failure().unwrap();
        assert!(last_failure.is_timeout() && !last_failure.is_final());
        assert_eq!(
            error.source().unwrap().to_string(),
            "no response for 30s (response_timeout)"
        );
    }

    #[test]
    fn shows_no_secrets() {
        let head = ResponseHead::new(
            "https://me:secret@host/path?key=secret#secret"
                .parse()
                .unwrap(),
            StatusCode::NOT_FOUND,
            [("set-cookie", "secret")]
                .into_iter()
                .map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()))
                .collect(),
        );
        for why in [
            Refusal::Status,
            Refusal::NotEventStream,
            Refusal::Redirect(BadRedirect::NoLocation),
            Refusal::Redirect(BadRedirect::BadLocation),
            Refusal::Redirect(BadRedirect::BadScheme),
            Refusal::Redirect(BadRedirect::BodyToOtherOrigin),
            Refusal::Redirect(BadRedirect::TooMany),
        ] {
            let error = Error::last(Kind::Refused {
                why,
                head: head.clone(),
                body: Excerpt::default(),
            });
            for shown in [
                error.to_string(),
                format!("{error:?}"),
                format!("{error:#?}"),
            ] {
                assert!(
                    !shown.contains("secret") && !shown.contains("me:"),
                    "{shown}"
                );
                assert!(shown.contains("https://host/path"), "{shown}");
            }
        }
    }
}

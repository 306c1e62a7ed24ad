//! [`Attempt`]: a request that is about to be sent, for a caller who wants to change it.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;

use crate::error::{Error, Kind};
use crate::request::LAST_EVENT_ID;
use crate::response::safe;
use crate::url::parse_url;

/// A request that an event source is about to send, given to [`prepare`] and [`resume_with`], which may change it.
///
/// It holds what the builder was given; the headers that the client sets by itself (`Accept`, `Cache-Control`,
/// `Last-Event-ID` and so on) are added later. What is wrong with a change, such as a URL that is none, ends the event source
/// with an error that says so.
///
/// [`prepare`]: crate::EventSourceBuilder::prepare
/// [`resume_with`]: crate::EventSourceBuilder::resume_with
#[derive(Clone)]
#[must_use = "an attempt is sent only if it is returned"]
pub struct Attempt {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) number: u32,
    pub(crate) last_event_id: String,
    pub(crate) cause: Option<Error>,
    /// The first thing that was wrong with a change.
    pub(crate) complaint: Option<String>,
}

impl Attempt {
    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Returns the URL, with its credentials and its query; mind what that may hold before you log it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Returns the caller's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the body. Empty if there is none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Returns which reconnection attempt this is, counted from 1 since the last event; 0 if it is none, but the first
    /// request or one that [`reconnect_now`](crate::EventSource::reconnect_now) has asked for right after an event.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the last event ID, which is sent as `Last-Event-ID`. Empty if there is none.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Returns why there is another attempt: what has become of the one before. `None` for the first.
    ///
    /// Its [`status`](Error::status) is 401 if the server did not like the token.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    /// Changes the method.
    pub fn with_method(mut self, method: impl TryInto<Method>) -> Self {
        match method.try_into() {
            Ok(method) => self.method = method,
            Err(_) => self.complain("method is not one"),
        }
        self
    }

    /// Changes the URL.
    ///
    /// The headers stay, whichever origin it is: mind your secrets.
    pub fn with_url(mut self, url: impl AsRef<str>) -> Self {
        match parse_url(url.as_ref()) {
            Ok(url) => self.url = url,
            Err(complaint) => self.complain(&complaint),
        }
        self
    }

    /// Sets a header, in the place of all of that name.
    pub fn with_header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match header(name, value) {
            Ok((name, _)) if name == LAST_EVENT_ID => self.complain(LAST_EVENT_ID_IS_OURS),
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(complaint) => self.complain(&complaint),
        }
        self
    }

    /// Removes all headers of a name.
    pub fn without_header(mut self, name: impl TryInto<HeaderName>) -> Self {
        // What is no name is nobody's.
        if let Ok(name) = name.try_into() {
            self.headers.remove(name);
        }
        self
    }

    /// Changes the body. An empty one is none.
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Turns it into a `GET`, without a body and without the headers that tell of one.
    pub(crate) fn into_get(mut self) -> Self {
        become_get(&mut self.method, &mut self.headers, &mut self.body);
        self
    }

    fn complain(&mut self, complaint: &str) {
        self.complaint.get_or_insert_with(|| complaint.to_owned());
    }

    /// Returns what is wrong with it.
    pub(crate) fn error(&self) -> Option<Error> {
        let complaint = self.complaint.clone()?;
        Some(Error::last(Kind::Builder(complaint)))
    }
}

/// Shows the names of the headers, but not their values, and no credentials.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("method", &self.method)
            .field("url", &safe(&self.url))
            .field("headers", &names(&self.headers))
            .field("body_bytes", &self.body.len())
            .field("number", &self.number)
            .field("last_event_id", &self.last_event_id)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

/// Makes a request a `GET`, as some redirects ask for.
pub(crate) fn become_get(method: &mut Method, headers: &mut HeaderMap, body: &mut Bytes) {
    *method = Method::GET;
    *body = Bytes::new();
    for name in [
        CONTENT_TYPE,
        CONTENT_LENGTH,
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
    ] {
        headers.remove(name);
    }
}

/// Makes a header, or says what is wrong with it; not with its value, which may be a secret.
pub(crate) fn header<N, V>(name: N, value: V) -> Result<(HeaderName, HeaderValue), String>
where
    N: TryInto<HeaderName>,
    V: TryInto<HeaderValue>,
{
    match (name.try_into(), value.try_into()) {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Ok(name), Err(_)) => Err(format!(
            "value of the header {name} holds a character that HTTP forbids"
        )),
        (Err(_), _) => {
            Err("header name is empty or holds a character that HTTP forbids".to_owned())
        }
    }
}

/// The names of headers. Not `keys()`, whose `Debug` output shows the values too.
pub(crate) fn names(headers: &HeaderMap) -> Vec<&str> {
    headers.keys().map(HeaderName::as_str).collect()
}

pub(crate) const LAST_EVENT_ID_IS_OURS: &str =
    "header last-event-id is the client's own: use the builder's last_event_id instead";

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        Attempt {
            method: Method::POST,
            url: "http://alice:secret@host/path?secret".parse().unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"secret"),
            number: 0,
            last_event_id: String::new(),
            cause: None,
            complaint: None,
        }
    }

    #[test]
    fn debug_shows_no_secrets() {
        let attempt = attempt().with_header("authorization", "secret");
        let shown = format!("{attempt:?}");
        assert!(shown.contains("authorization") && shown.contains("http://host/path"));
        assert!(
            !shown.contains("secret") && !shown.contains("alice"),
            "{shown}"
        );
    }

    #[test]
    fn the_first_wrong_change_is_reported_without_its_value() {
        for (attempt, complaint) in [
            (attempt().with_method("a b"), "method is not one"),
            (attempt().with_url("secret"), "URL is not one"),
            (
                attempt().with_url("ftp://secret/"),
                "not with http: or https:",
            ),
            (attempt().with_header("x-key", "secret\n"), "header x-key"),
            (
                attempt().with_header("Last-Event-ID", "secret"),
                "last_event_id",
            ),
        ] {
            let error = attempt.with_method("\n").error().unwrap();
            assert!(error.is_builder() && error.is_final());
            let text = error.to_string();
            assert!(
                text.contains(complaint) && !text.contains("secret"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_get_has_no_body_and_says_nothing_of_one() {
        let attempt = attempt()
            .with_header("content-type", "application/json")
            .with_header("x-key", "1")
            .into_get();
        assert_eq!(attempt.method(), Method::GET);
        assert!(attempt.body().is_empty());
        assert_eq!(names(attempt.headers()), ["x-key"]);
    }
}

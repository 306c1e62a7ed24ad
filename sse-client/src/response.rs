//! The head of a response, and the verdict on it: status and content type become what to do.

use std::fmt;
use std::sync::Arc;

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, StatusCode};
use reqwest::Url;

use crate::policy::{Policy, StatusVerdict};

/// The head of an HTTP response. Cheap to clone.
///
/// Its `Debug` output shows neither credentials nor query of the URL, and of the headers only the content type, so that
/// it can be logged.
#[derive(Clone)]
pub struct ResponseHead {
    inner: Arc<Inner>,
}

struct Inner {
    url: Url,
    status: StatusCode,
    headers: HeaderMap,
}

impl ResponseHead {
    pub(crate) fn new(url: Url, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            inner: Arc::new(Inner {
                url,
                status,
                headers,
            }),
        }
    }

    /// Returns the URL that has answered: the last one, if there were redirects.
    ///
    /// It has no credentials, but it has its query; mind what that may hold before you log it.
    #[must_use]
    pub fn url(&self) -> &str {
        self.inner.url.as_str()
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.inner.headers
    }

    pub(crate) fn parsed_url(&self) -> &Url {
        &self.inner.url
    }

    /// Returns the URL fit for a log: without credentials, query and fragment.
    pub(crate) fn safe_url(&self) -> String {
        safe(&self.inner.url)
    }

    /// Returns the content type fit for a log.
    pub(crate) fn safe_content_type(&self) -> Option<String> {
        self.safe_header(&CONTENT_TYPE)
    }

    /// Returns the value of a header fit for a log: short, and without characters that do things to a terminal.
    pub(crate) fn safe_header(&self, name: &HeaderName) -> Option<String> {
        let value = self.inner.headers.get(name)?;
        let text = String::from_utf8_lossy(value.as_bytes());
        Some(
            text.chars()
                .take(MAX_SHOWN_CHARS)
                .flat_map(char::escape_debug)
                .collect(),
        )
    }
}

impl fmt::Debug for ResponseHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("status", &self.inner.status)
            .field("url", &self.safe_url())
            .field("content_type", &self.safe_content_type())
            .finish_non_exhaustive()
    }
}

/// Returns a URL without what may be secret.
pub(crate) fn safe(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    without_credentials(&url)
}

/// Returns a URL without its credentials and its fragment.
pub(crate) fn without_credentials(url: &Url) -> String {
    let mut url = url.clone();
    // Fails only on URLs that cannot have credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    url.into()
}

/// What to do about the head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Open,
    Stop,
    Redirect,
    Reconnect,
    Fail,
    NotEventStream,
    Compressed,
}

/// Judges the head of a response.
pub(crate) fn verdict(head: &ResponseHead, policy: &Policy) -> Verdict {
    match policy.on_status(head.status()) {
        StatusVerdict::Accept
            if !policy.takes_any_content_type() && !is_event_stream(head.headers()) =>
        {
            Verdict::NotEventStream
        }
        StatusVerdict::Accept if is_compressed(head.headers()) => Verdict::Compressed,
        StatusVerdict::Accept => Verdict::Open,
        StatusVerdict::Stop => Verdict::Stop,
        StatusVerdict::Redirect => Verdict::Redirect,
        StatusVerdict::Reconnect => Verdict::Reconnect,
        StatusVerdict::Fail => Verdict::Fail,
    }
}

/// Returns whether the essence of the content type is `text/event-stream`. Parameters do not matter, not even a
/// `charset`, since an event stream is always UTF-8.
///
/// If there are several types, in as many headers or in one, the last counts, as the Fetch standard says
/// ([`#concept-header-extract-mime-type`](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type)).
fn is_event_stream(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONTENT_TYPE).iter();
    let types = values.flat_map(|value| split_at_commas(value.as_bytes()));
    let essences = types.map(|bytes| {
        let essence = bytes.split(|&byte| byte == b';').next();
        essence.unwrap_or_default().trim_ascii()
    });
    let last = essences.filter(|essence| is_type(essence)).last();
    last.is_some_and(|essence| essence.eq_ignore_ascii_case(b"text/event-stream"))
}

/// Returns whether this is a type and a subtype.
fn is_type(essence: &[u8]) -> bool {
    let is_token = |part: &[u8]| {
        let is_in_tokens =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        !part.is_empty() && part.iter().all(is_in_tokens)
    };
    let mut parts = essence.splitn(2, |&byte| byte == b'/');
    essence != b"*/*" && parts.next().is_some_and(is_token) && parts.next().is_some_and(is_token)
}

/// Splits at the commas that are not within a quoted string.
fn split_at_commas(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    value.split(move |&byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' => return !is_quoted,
            _ => {}
        }
        false
    })
}

/// Returns whether the body is in a content coding. An HTTP client that undoes a coding takes the header away, so what is
/// still there would be read as an event stream, and found to hold nothing.
fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        let mut codings = value.as_bytes().split(|&byte| byte == b',');
        codings.any(|coding| {
            let coding = coding.trim_ascii();
            !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
        })
    })
}

/// How much of a content type is shown in a message.
const MAX_SHOWN_CHARS: usize = 100;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn head(status: u16, content_type: Option<&str>) -> ResponseHead {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_bytes(content_type.as_bytes()).unwrap(),
            );
        }
        let url = "http://me:secret@host:81/path?token=secret#secret"
            .parse()
            .unwrap();
        ResponseHead::new(url, StatusCode::from_u16(status).unwrap(), headers)
    }

    #[test]
    fn the_content_type_is_compared_by_its_essence() {
        for (content_type, yes) in [
            (Some("text/event-stream"), true),
            (Some("TEXT/Event-Stream"), true),
            (Some("text/event-stream;charset=latin1"), true),
            (Some(" text/event-stream ; charset=utf-8; x=\"y;z\""), true),
            (Some("text/event-stream;"), true),
            (Some("text/event-streams"), false),
            (Some("text/event-stream x"), false),
            (Some("text/plain"), false),
            (Some("text/html; x=text/event-stream"), false),
            (Some(""), false),
            (Some("\u{fc}"), false),
            (Some("text/plain, text/event-stream"), true),
            (Some("text/event-stream, text/plain"), false),
            (Some("text/event-stream, */*"), true),
            (Some("text/event-stream, x"), true),
            (Some("text/plain; x=\"a, text/event-stream\""), false),
            (Some("text/plain; x=\"\\\", text/event-stream\""), false),
            (None, false),
        ] {
            let verdict = verdict(&head(200, content_type), &Policy::default());
            assert_eq!(verdict == Verdict::Open, yes, "{content_type:?}");
            assert_eq!(verdict == Verdict::NotEventStream, !yes, "{content_type:?}");
        }
    }

    #[test]
    fn a_compressed_event_stream_is_none_that_can_be_read() {
        for (coding, expected) in [
            ("gzip", Verdict::Compressed),
            ("identity, br", Verdict::Compressed),
            ("\u{fc}", Verdict::Compressed),
            ("Identity", Verdict::Open),
            ("", Verdict::Open),
        ] {
            let head = head(200, Some("text/event-stream"));
            let mut headers = head.headers().clone();
            let value = HeaderValue::from_bytes(coding.as_bytes()).unwrap();
            headers.insert(CONTENT_ENCODING, value);
            let head = ResponseHead::new(head.parsed_url().clone(), head.status(), headers);
            assert_eq!(verdict(&head, &Policy::default()), expected, "{coding}");
        }
    }

    #[test]
    fn the_content_type_of_other_answers_does_not_matter() {
        for content_type in [Some("text/event-stream"), Some("text/html"), None] {
            for (status, expected) in [
                (204, Verdict::Stop),
                (307, Verdict::Redirect),
                (503, Verdict::Reconnect),
                (404, Verdict::Fail),
            ] {
                assert_eq!(
                    verdict(&head(status, content_type), &Policy::default()),
                    expected
                );
            }
        }
    }

    #[test]
    fn debug_shows_no_secrets() {
        let shown = format!("{:?}", head(200, Some("text/html\u{9b}2J")));
        assert!(shown.contains("http://host:81/path"), "{shown}");
        assert!(
            !shown.contains("secret") && !shown.contains("me:"),
            "{shown}"
        );
        assert!(!shown.contains('\u{9b}'), "{shown}");
    }

    #[test]
    fn a_long_content_type_is_shown_in_part() {
        let head = head(200, Some(&"x".repeat(10_000)));
        assert_eq!(head.safe_content_type().unwrap().len(), MAX_SHOWN_CHARS);
    }
}

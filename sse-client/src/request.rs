//! What is sent: the headers of a request for an event stream.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;

use crate::redirect::{Target, may_travel};

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// Empty if there is none.
    pub(crate) body: Bytes,
}

impl Request {
    /// Makes the request to a target: a `GET` without a body.
    ///
    /// The caller's headers win over those that the client sets by itself, except that the last event ID is the
    /// client's alone. It is sent as its UTF-8 bytes, and not at all if it is empty.
    pub(crate) fn new(
        target: &Target,
        callers: &HeaderMap,
        last_event_id: Option<HeaderValue>,
    ) -> Self {
        let mut headers = HeaderMap::with_capacity(callers.len() + 4);
        for (name, value) in callers {
            if !target.foreign || may_travel(name) {
                headers.append(name, value.clone());
            }
        }
        for (name, value) in DEFAULTS {
            headers
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
        headers.remove(LAST_EVENT_ID);
        if let Some(id) = last_event_id {
            headers.insert(LAST_EVENT_ID, id);
        }
        Self {
            method: Method::GET,
            url: target.url.clone(),
            headers,
            body: Bytes::new(),
        }
    }
}

/// Returns the value of the `Last-Event-ID` header, or `None` if HTTP cannot carry the ID.
///
/// The ID must not be empty; without an ID there is no header, see
/// [`#the-last-event-id-header`](https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header).
pub(crate) fn last_event_id_value(id: &str) -> Option<HeaderValue> {
    // Space around a value is not part of it, so an ID of nothing else would arrive as an empty one.
    if id.len() > MAX_LAST_EVENT_ID_BYTES || id.trim_matches([' ', '\t']).is_empty() {
        return None;
    }
    HeaderValue::from_bytes(id.as_bytes()).ok()
}

pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The longest ID that is sent, in bytes. Common servers refuse requests whose head is much larger, and then every
/// reconnection would fail.
pub(crate) const MAX_LAST_EVENT_ID_BYTES: usize = 8 * 1024;

/// The content codings that are built in.
pub(crate) fn codings() -> Option<HeaderValue> {
    let known = [
        (cfg!(feature = "gzip"), "gzip"),
        (cfg!(feature = "brotli"), "br"),
        (cfg!(feature = "zstd"), "zstd"),
    ];
    let known: Vec<_> = (known.into_iter())
        .filter_map(|(is_known, coding)| is_known.then_some(coding))
        .collect();
    let value = HeaderValue::from_str(&known.join(", ")).ok()?;
    (!value.is_empty()).then_some(value)
}

/// What the client asks for by itself. `Cache-Control` is what browsers put on the wire. `identity`, because the
/// underlying HTTP client may know compression by a feature that somebody else has enabled, and a compressed stream
/// is one that a server or proxy holds back to fill its blocks.
const DEFAULTS: [(HeaderName, &str); 3] = [
    (ACCEPT, "text/event-stream"),
    (CACHE_CONTROL, "no-cache"),
    (ACCEPT_ENCODING, "identity"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target::new("http://host/stream".parse().unwrap())
    }

    fn lines(request: &Request) -> Vec<String> {
        let mut lines: Vec<_> = (request.headers.iter())
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        lines.sort();
        lines
    }

    #[test]
    fn asks_for_an_event_stream_past_all_caches_and_uncompressed() {
        let request = Request::new(&target(), &HeaderMap::new(), None);
        assert_eq!(
            lines(&request),
            [
                "accept-encoding: identity",
                "accept: text/event-stream",
                "cache-control: no-cache"
            ]
        );
    }

    #[test]
    fn the_callers_headers_win() {
        let mut callers = HeaderMap::new();
        callers.append(
            ACCEPT,
            HeaderValue::from_static("text/event-stream, application/json"),
        );
        callers.append("x-two", HeaderValue::from_static("1"));
        callers.append("x-two", HeaderValue::from_static("2"));
        let request = Request::new(&target(), &callers, None);
        assert_eq!(
            lines(&request),
            [
                "accept-encoding: identity",
                "accept: text/event-stream, application/json",
                "cache-control: no-cache",
                "x-two: 1",
                "x-two: 2"
            ]
        );
    }

    #[test]
    fn the_last_event_id_is_the_clients_alone() {
        let mut callers = HeaderMap::new();
        callers.append(LAST_EVENT_ID, HeaderValue::from_static("forged"));
        assert!(
            !Request::new(&target(), &callers, None)
                .headers
                .contains_key(LAST_EVENT_ID)
        );
        let request = Request::new(&target(), &callers, last_event_id_value("7"));
        let values: Vec<_> = request.headers.get_all(LAST_EVENT_ID).iter().collect();
        assert_eq!(values, ["7"]);
    }

    #[test]
    fn secrets_stay_at_home() {
        let mut callers = HeaderMap::new();
        for name in ["authorization", "x-api-key", "cookie", "accept-language"] {
            callers.append(name, HeaderValue::from_static("x"));
        }
        let foreign = target().moved_to("http://other/".parse().unwrap());
        let request = Request::new(&foreign, &callers, last_event_id_value("7"));
        assert_eq!(
            lines(&request),
            [
                "accept-encoding: identity",
                "accept-language: x",
                "accept: text/event-stream",
                "cache-control: no-cache",
                "last-event-id: 7"
            ]
        );
    }

    #[test]
    fn a_last_event_id_travels_as_its_utf_8_bytes() {
        let value = last_event_id_value("ünï 漢").unwrap();
        assert_eq!(value.as_bytes(), "ünï 漢".as_bytes());
        assert_eq!(
            last_event_id_value(&"x".repeat(8 * 1024)).unwrap().len(),
            8 * 1024
        );
    }

    #[test]
    fn an_id_that_http_cannot_carry_has_no_value() {
        for id in ["\u{1}", "a\u{7f}", "a\u{1b}[0m", " ", "\t \t"] {
            assert_eq!(last_event_id_value(id), None, "{id:?}");
        }
        assert_eq!(last_event_id_value(&"x".repeat(8 * 1024 + 1)), None);
    }
}

//! Reads where a client that reconnects wants to go on: the header `Last-Event-ID`, or the query.

use sse_codec::LastEventId;

use crate::query;
use crate::request_head::RequestHead;

/// Returns the ID of the last event that the client has seen, so that the response can go on behind it.
///
/// It is the value of the header `Last-Event-ID`, which a browser's `EventSource` sends when it reconnects, as bytes of
/// UTF-8 ([`#the-last-event-id-header`](https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header)).
/// Without that header it is the parameter `lastEventId` of the query: an `EventSource` cannot be told an ID to start
/// with, so pages that know one put it into the URL. The header counts first, because a browser reconnects with the
/// same URL, when the ID in there is the older one. The first header and the first parameter of that name count.
///
/// The query is read as `URLSearchParams` reads it: `%2B` is a plus sign, and a plus sign is a space.
///
/// `None` is for a client that has seen nothing: no ID, or an empty one. It is also for an ID that no event stream can
/// have given out, so that nobody has to handle it twice: one that is not UTF-8, holds U+0000 or a line end, or is
/// longer than 8 KiB. Such a header is not replaced by an older ID from the query.
///
/// The ID is whatever the client chose to send. Look it up, and do not trust it.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use sse_server::last_event_id;
///
/// let reconnect = Request::builder().header("Last-Event-ID", "17").body(()).unwrap();
/// assert_eq!(last_event_id(&reconnect).unwrap().as_str(), "17");
///
/// let page = Request::get("/news?lastEventId=16").body(()).unwrap();
/// assert_eq!(last_event_id(&page).unwrap().as_str(), "16");
///
/// let first = Request::get("/news").body(()).unwrap();
/// assert_eq!(last_event_id(&first), None);
/// ```
#[must_use]
pub fn last_event_id(request: &impl RequestHead) -> Option<LastEventId<'static>> {
    match request.headers().get("last-event-id") {
        Some(value) if !value.is_empty() => proven(value.as_bytes().iter().copied()),
        _ => from_query(request.query()?),
    }
}

fn from_query(query: &str) -> Option<LastEventId<'static>> {
    proven(query::values(query, "lastEventId").next()?.into_iter())
}

/// Makes an ID of bytes that can be one.
fn proven(bytes: impl Iterator<Item = u8>) -> Option<LastEventId<'static>> {
    let bytes: Vec<u8> = bytes.take(MAX_BYTES + 1).collect();
    if bytes.is_empty() || bytes.len() > MAX_BYTES {
        return None;
    }
    let text = String::from_utf8(bytes).ok()?;
    LastEventId::new(text).ok()
}

/// What servers and proxies commonly take as the size of a header, so no longer ID can be counted on to come back.
const MAX_BYTES: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Request};

    use super::*;

    fn from_header(value: &[u8]) -> Option<String> {
        let value = HeaderValue::from_bytes(value).unwrap();
        let headers = HeaderMap::from_iter([("last-event-id".parse().unwrap(), value)]);
        last_event_id(&headers).map(|id| id.as_str().to_owned())
    }

    fn from_url(url: &str) -> Option<String> {
        let request = Request::get(url).body(()).unwrap();
        let id = last_event_id(&request).map(|id| id.as_str().to_owned());
        let (parts, ()) = request.into_parts();
        assert_eq!(last_event_id(&parts).map(|id| id.as_str().to_owned()), id);
        id
    }

    #[test]
    fn a_header_is_taken_as_it_is() {
        for (value, id) in [
            ("17", "17"),
            ("a b", "a b"),
            ("a+b%20c", "a+b%20c"),
            ("1f-17", "1f-17"),
            ("grün 🦀", "grün 🦀"),
        ] {
            assert_eq!(from_header(value.as_bytes()).as_deref(), Some(id));
        }
    }

    #[test]
    fn a_header_that_no_event_can_have_given_is_no_id() {
        assert_eq!(from_header(b""), None);
        assert_eq!(from_header(b"gr\xfcn"), None, "Latin-1");
        assert_eq!(from_header(b"\xed\xa0\x80"), None, "a surrogate");
    }

    #[test]
    fn the_first_header_counts() {
        let mut headers = HeaderMap::new();
        headers.append("last-event-id", HeaderValue::from_static("18"));
        headers.append("last-event-id", HeaderValue::from_static("17"));
        assert_eq!(
            last_event_id(&headers).as_ref().map(LastEventId::as_str),
            Some("18")
        );
    }

    #[test]
    fn an_id_has_a_bound() {
        let longest = "i".repeat(MAX_BYTES);
        let longer = format!("{longest}d");
        assert_eq!(from_header(longest.as_bytes()).as_ref(), Some(&longest));
        assert_eq!(from_header(longer.as_bytes()), None);
        assert_eq!(
            from_url(&format!("/?lastEventId={longest}")).as_ref(),
            Some(&longest)
        );
        assert_eq!(from_url(&format!("/?lastEventId={longer}")), None);
        let encoded = "%69".repeat(MAX_BYTES);
        assert_eq!(
            from_url(&format!("/?lastEventId={encoded}")).as_ref(),
            Some(&longest)
        );
    }

    #[test]
    fn a_query_is_read_like_url_search_params() {
        for (url, id) in [
            ("/?lastEventId=17", Some("17")),
            ("/a/b?x=1&lastEventId=17&y", Some("17")),
            ("/?lastEventId=1&lastEventId=2", Some("1")),
            ("/?l%61stEventId=17", Some("17")),
            ("/?lastEventId=a+b%2Bc%20d", Some("a b+c d")),
            ("/?lastEventId=a=b", Some("a=b")),
            ("/?lastEventId=a%26b", Some("a&b")),
            ("/?lastEventId=gr%C3%BCn", Some("grün")),
            ("/?lastEventId=100%", Some("100%")),
            ("/?lastEventId=%zz", Some("%zz")),
            ("/?&&lastEventId=17", Some("17")),
            ("/?lastEventId=", None),
            ("/?lastEventId", None),
            ("/?lasteventid=17", None),
            ("/?xlastEventId=17", None),
            ("/lastEventId=17", None),
            ("/", None),
            ("/?lastEventId=gr%FCn", None),
            ("/?lastEventId=a%00", None),
            ("/?lastEventId=a%0Ab", None),
            ("/?lastEventId=a%0Db", None),
        ] {
            assert_eq!(from_url(url).as_deref(), id, "{url}");
        }
    }

    #[test]
    fn the_header_counts_before_the_query() {
        for (header, id) in [(&b"18"[..], Some("18")), (b"", Some("17")), (b"\xff", None)] {
            let value = HeaderValue::from_bytes(header).unwrap();
            let request = Request::get("/?lastEventId=17")
                .header("Last-Event-ID", value)
                .body(())
                .unwrap();
            assert_eq!(
                last_event_id(&request).as_ref().map(LastEventId::as_str),
                id
            );
        }
    }
}

//! Reads the header `Accept`: does the client ask for an event stream?

use http::header::ACCEPT;

use crate::request_head::RequestHead;

/// Tells whether a request asks for an event stream by name: whether `text/event-stream` is among the types of its
/// `Accept`, in upper or lower case and with any parameters, unless the weight there is zero (`q=0`).
///
/// For a URL that serves both events and something else, as a page and its stream. Every `EventSource` sends
/// `Accept: text/event-stream`, while `*/*` and `text/*`, which are what curl and others send that take anything, are
/// **not** counted: such a client would wait for the end of a stream that has none. Where a URL serves nothing but
/// events there is nothing to ask.
///
/// A weight that is no number is ignored. Whether another type has a higher weight is not compared.
///
/// # Examples
///
/// ```
/// use http::Request;
/// use sse_server::accepts_event_stream;
///
/// let browser = Request::builder().header("Accept", "text/event-stream").body(()).unwrap();
/// assert!(accepts_event_stream(&browser));
///
/// let curl = Request::builder().header("Accept", "*/*").body(()).unwrap();
/// assert!(!accepts_event_stream(&curl));
/// ```
#[must_use]
pub fn accepts_event_stream(request: &impl RequestHead) -> bool {
    let mut lists = request.headers().get_all(ACCEPT).iter();
    lists.any(|list| Unquoted::new(list.as_bytes(), b',').any(asks_for_event_stream))
}

/// Judges one member of the list: a type with its parameters.
fn asks_for_event_stream(member: &[u8]) -> bool {
    let mut parts = Unquoted::new(member, b';');
    let essence = parts.next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"text/event-stream") && !parts.any(is_zero_weight)
}

/// Recognizes `q=0`, with up to three zeros behind a point, by RFC 9110, section "Quality Values".
fn is_zero_weight(parameter: &[u8]) -> bool {
    match parameter.trim_ascii() {
        [b'q' | b'Q', b'=', b'0', decimals @ ..] => match decimals {
            [] => true,
            [b'.', zeros @ ..] => zeros.len() <= 3 && zeros.iter().all(|digit| *digit == b'0'),
            _ => false,
        },
        _ => false,
    }
}

/// Splits at a separator, but not inside a quoted string, where it is text.
struct Unquoted<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Unquoted<'a> {
    fn new(text: &'a [u8], separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
        }
    }
}

impl<'a> Iterator for Unquoted<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.rest.take()?;
        let mut quoted = false;
        let mut escaped = false;
        let end = text.iter().position(|&byte| {
            if escaped {
                escaped = false;
            } else if quoted && byte == b'\\' {
                escaped = true;
            } else if byte == b'"' {
                quoted = !quoted;
            }
            byte == self.separator && !quoted
        });
        let Some(end) = end else {
            return Some(text);
        };
        let (piece, behind) = text.split_at(end);
        self.rest = behind.get(1..);
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let lines = lines
            .iter()
            .map(|line| (ACCEPT, HeaderValue::from_str(line).unwrap()));
        lines.collect()
    }

    #[test]
    fn an_event_stream_is_asked_for_by_name() {
        for accept in [
            "text/event-stream",
            "Text/Event-STREAM",
            " text/event-stream ",
            "text/event-stream;charset=utf-8",
            "text/event-stream ; q=0.001",
            "text/event-stream;q=1",
            "text/event-stream;q=often",
            "text/event-stream;q=0.0000",
            "text/event-stream;",
            "text/html,text/event-stream",
            "application/json, text/event-stream",
            "*/*, text/event-stream;q=0.5",
            ",,text/event-stream,",
            "text/event-stream;q=0, text/event-stream",
            r#"a/b;c="x,\",y", text/event-stream"#,
            r#"text/event-stream;c=";q=0""#,
        ] {
            assert!(accepts_event_stream(&headers(&[accept])), "{accept}");
        }
    }

    #[test]
    fn anything_else_does_not_ask_for_one() {
        for accept in [
            "",
            "*/*",
            "text/*",
            "text/html",
            "text/event",
            "text/event-streams",
            "text/event-stream+json",
            "text /event-stream",
            "xtext/event-stream",
            "text/html;level=text/event-stream",
            "text/event-stream;q=0",
            "text/event-stream; Q=0.0",
            "text/event-stream;q=0.",
            "text/event-stream;charset=utf-8;q=0.000",
            r#"a/b;c=", text/event-stream""#,
            r#"a/b;c="\", text/event-stream"#,
        ] {
            assert!(!accepts_event_stream(&headers(&[accept])), "{accept}");
        }
    }

    #[test]
    fn every_line_of_the_header_counts() {
        assert!(accepts_event_stream(&headers(&[
            "text/html",
            "text/event-stream"
        ])));
        assert!(!accepts_event_stream(&headers(&[])));
    }

    #[test]
    fn bytes_that_are_no_text_are_no_type() {
        let value = HeaderValue::from_bytes(b"\xff\xfe, text/event-stream").unwrap();
        assert!(accepts_event_stream(&HeaderMap::from_iter([(
            ACCEPT, value
        )])));
    }
}

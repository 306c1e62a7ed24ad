//! What an error says.

use std::fmt;

use http::header::CONTENT_ENCODING;

use super::{CursorStep, Error, Kind, Limit, Refusal, Stage, Timeout};
use crate::redirect::{BadRedirect, MAX_REDIRECTS};
use crate::request::MAX_LAST_EVENT_ID_BYTES;
use crate::response::ResponseHead;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            Kind::Builder(what) => f.write_str(what),
            Kind::NoTls => f.write_str(
                "https needs TLS, which is not built in: enable the feature default-tls, rustls or native-tls of \
                 sse-client",
            ),
            Kind::Prepare(_) => f.write_str("request could not be prepared"),
            Kind::Transport { stage, .. } => f.write_str(match stage {
                Stage::Build => "request cannot be built",
                Stage::Connect => "cannot connect",
                Stage::Certificate => "certificate refused",
                Stage::Redirect => "redirects lead nowhere",
                Stage::Request => "connection lost before the response",
                Stage::Body => "connection lost",
            }),
            Kind::Refused { why, head, .. } => refused(f, *why, head),
            Kind::Timeout(what, time) => {
                let (what, setting) = match what {
                    Timeout::Prepare => ("request from the hook that prepares it", "response_timeout"),
                    Timeout::Response => ("response", "response_timeout"),
                    Timeout::Bytes => ("bytes", "idle_timeout"),
                    Timeout::Event => ("event", "event_timeout"),
                };
                write!(f, "no {what} for {time:?} ({setting})")
            }
            Kind::EndOfBody { in_event: false } => f.write_str("event stream ended"),
            Kind::EndOfBody { in_event: true } => {
                f.write_str("event stream ended in the middle of an event, which is dropped")
            }
            Kind::LastEventIdNotSent { len } => write!(
                f,
                "last event ID of {len} bytes cannot be sent in a header (control characters, nothing but spaces, or \
                 more than {MAX_LAST_EVENT_ID_BYTES} bytes), the request is sent without it"
            ),
            Kind::Parse(error) => error.fmt(f),
            Kind::Cursor(CursorStep::Load, _) => f.write_str("last event ID could not be loaded"),
            Kind::Cursor(CursorStep::Save, _) => f.write_str("last event ID could not be saved"),
            Kind::NoCursorStore => f.write_str("there is no cursor store: give one to the builder"),
            Kind::Closed => f.write_str("event source is closed"),
            Kind::RetriesExhausted { limit: Limit::Attempts(attempts), .. } => {
                write!(f, "gave up after {attempts} reconnection attempts without an event (max_attempts)")
            }
            Kind::RetriesExhausted { limit: Limit::Downtime(time), .. } => {
                write!(f, "gave up after {time:?} without a connection (max_downtime)")
            }
            Kind::RetriesExhausted { limit: Limit::Fruitless(connections), .. } => {
                write!(
                    f,
                    "gave up after {connections} connections in a row that were accepted and brought neither an event nor \
                     another last event ID (max_fruitless)"
                )
            }
        }
    }
}

fn refused(f: &mut fmt::Formatter<'_>, why: Refusal, head: &ResponseHead) -> fmt::Result {
    let url = head.safe_url();
    let status = head.status();
    match why {
        Refusal::Status => write!(f, "{url} answered {status}"),
        Refusal::NotEventStream => match head.safe_content_type() {
            Some(content_type) => write!(
                f,
                "{url} answered with {content_type}, not text/event-stream"
            ),
            None => write!(
                f,
                "{url} answered without a content type, not with text/event-stream"
            ),
        },
        Refusal::Compressed => write!(
            f,
            "{url} answered with an event stream compressed by {}, which cannot be undone: enable the feature of sse-client \
             for that (gzip, brotli, zstd)",
            head.safe_header(&CONTENT_ENCODING).unwrap_or_default()
        ),
        Refusal::Redirect(why) => match why {
            BadRedirect::NoLocation => write!(f, "{url} answered {status} without a Location"),
            BadRedirect::BadLocation => write!(f, "{url} redirects to something that is not a URL"),
            BadRedirect::BadScheme => {
                write!(f, "{url} redirects to a URL that is neither http nor https")
            }
            BadRedirect::BodyToOtherOrigin => write!(
                f,
                "{url} redirects to another origin, and the request's body is not sent there"
            ),
            BadRedirect::TooMany => write!(
                f,
                "{url} redirects, after {MAX_REDIRECTS} redirects in a row"
            ),
        },
    }
}

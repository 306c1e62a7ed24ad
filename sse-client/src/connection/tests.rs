//! The engine as a plain function: given times and random numbers in, actions out.

use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use sse_codec::{ParseErrorKind, Utf8Policy};

use super::failure::MAX_EXCERPT_BYTES;
use super::*;
use crate::classifier::Reaction;
use crate::error::{Source, Stage};

mod answers;
mod control;
mod decisions;
mod delays;
mod ids;
mod redirects;
mod requests;

const URL: &str = "http://host/stream";

/// Sun, 06 Nov 1994 08:49:37 GMT.
const WALL: Duration = Duration::from_secs(784_111_777);

/// Seconds since the start, with the lowest random number: every delay is its base.
pub(super) fn at(seconds: u64) -> Now {
    Now {
        time: Duration::from_secs(seconds),
        wall: SystemTime::UNIX_EPOCH + WALL,
        random: 0,
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        request: RequestSettings {
            url: URL.parse().unwrap(),
            method: http::Method::GET,
            headers: http::HeaderMap::new(),
            body: None,
            resume: None,
            repeat_unsafe: false,
        },
        has_hook: false,
        last_event_id: LastEventId::from_static(""),
        policy: Policy::default(),
        intake: IntakeSettings {
            utf8: Utf8Policy::Replace,
            max_event_bytes: 1024,
            comments: false,
        },
        response_timeout: Some(Duration::from_secs(30)),
        idle_timeout: None,
        event_timeout: None,
    }
}

fn with_policy(policy: Policy) -> Connection {
    Connection::new(Settings {
        policy,
        ..settings()
    })
}

pub(super) fn head_with(status: u16, headers: &[(http::HeaderName, &str)]) -> ResponseHead {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
        .collect();
    ResponseHead::new(
        URL.parse().unwrap(),
        StatusCode::from_u16(status).unwrap(),
        headers,
    )
}

pub(super) fn event_stream() -> ResponseHead {
    head_with(200, &[(CONTENT_TYPE, "text/event-stream")])
}

pub(super) fn lost() -> Error {
    let source: Source = "connection reset".into();
    Error::passing(Kind::Transport {
        stage: Stage::Request,
        is_timeout: false,
        source,
    })
}

trait Drive {
    fn expect_send(&mut self) -> Request;
    fn expect_yield(&mut self) -> Update;
    fn expect_read(&mut self);
    fn expect_reconnecting(&mut self) -> (Duration, u32, Error);
    fn expect_closed(&mut self) -> CloseReason;
    fn open(&mut self, now: Now);
    fn expect_events(&mut self, data: &[&str]);
}

impl Drive for Connection {
    fn expect_send(&mut self) -> Request {
        match self.next() {
            Action::Send(request) => request,
            other => panic!("not a request: {other:?}"),
        }
    }

    fn expect_yield(&mut self) -> Update {
        match self.next() {
            Action::Yield(update) => update,
            other => panic!("nothing to hand out: {other:?}"),
        }
    }

    fn expect_read(&mut self) {
        let action = self.next();
        assert!(matches!(action, Action::Read), "{action:?}");
    }

    fn expect_reconnecting(&mut self) -> (Duration, u32, Error) {
        match self.expect_yield() {
            // Said once, before what becomes of it.
            Update::Fruitless { .. } => self.expect_reconnecting(),
            Update::Reconnecting {
                delay,
                attempt,
                cause,
                ..
            } => {
                assert!(matches!(self.next(), Action::Wait));
                assert!(!cause.is_final());
                (delay, attempt, cause)
            }
            other => panic!("does not reconnect: {other:?}"),
        }
    }

    fn expect_closed(&mut self) -> CloseReason {
        match self.expect_yield() {
            Update::Closed { why, .. } => {
                assert!(matches!(self.next(), Action::End));
                assert!(self.is_done());
                assert_eq!(self.ready_state(), ReadyState::Closed);
                why
            }
            other => panic!("not closed: {other:?}"),
        }
    }

    fn open(&mut self, now: Now) {
        self.expect_send();
        self.expect_read();
        self.head(now, event_stream());
        assert!(matches!(self.expect_yield(), Update::Open(_)));
        assert_eq!(self.ready_state(), ReadyState::Open);
    }

    fn expect_events(&mut self, data: &[&str]) {
        for data in data {
            match self.expect_yield() {
                Update::Event(event) => assert_eq!(event.data(), *data),
                other => panic!("not an event: {other:?}"),
            }
        }
        self.expect_read();
    }
}

fn failed_with(why: CloseReason) -> Error {
    match why {
        CloseReason::Failed(error) => {
            assert!(error.is_final());
            error
        }
        other => panic!("no failure: {other:?}"),
    }
}

pub(super) fn sent_id(request: &Request) -> Option<&[u8]> {
    request
        .headers
        .get("last-event-id")
        .map(HeaderValue::as_bytes)
}

#[test]
fn an_event_far_behind_in_a_long_chunk_starts_the_count_of_attempts_again() {
    let mut connection = Connection::new(Settings {
        intake: IntakeSettings {
            max_event_bytes: 1024 * 1024,
            ..settings().intake
        },
        ..settings()
    });
    connection.open(at(0));
    connection.end(at(0));
    assert_eq!(connection.expect_reconnecting().1, 1);
    connection.timer(at(1));
    connection.open(at(1));
    // What is handed out first keeps the rest of the chunk from being parsed.
    let data = "x".repeat(100_000);
    let chunk = format!("retry: 1000\n\ndata: {data}\n\n");
    connection.chunk(at(1), chunk.into());
    assert!(matches!(
        connection.expect_yield(),
        Update::ReconnectionTime(_)
    ));
    connection.expect_events(&[&data]);
    connection.expect_read();
    connection.end(at(1));
    assert_eq!(connection.expect_reconnecting().1, 1);
}

#[test]
fn opens_and_hands_out_events() {
    let mut connection = Connection::new(settings());
    assert_eq!(connection.ready_state(), ReadyState::Connecting);
    let request = connection.expect_send();
    assert_eq!(request.url.as_str(), URL);
    assert_eq!(sent_id(&request), None);
    connection.expect_read();
    connection.head(at(0), event_stream());
    assert!(matches!(connection.expect_yield(), Update::Open(head) if head.status() == 200));
    connection.expect_read();
    connection.chunk(at(0), Bytes::from_static(b"data: a\n\ndata: b\n\nda"));
    connection.expect_events(&["a", "b"]);
    connection.chunk(at(0), Bytes::from_static(b"ta: c\n\n"));
    connection.expect_events(&["c"]);
}

#[test]
fn network_error_cut_body_and_end_of_body_reconnect_under_both_policies() {
    for policy in [Policy::resilient(), Policy::standard()] {
        let mut connection = with_policy(policy);
        connection.expect_send();
        connection.failed(at(0), lost());
        assert_eq!(connection.expect_reconnecting().1, 1);
        connection.timer(at(1));
        connection.open(at(1));
        connection.failed(at(1), lost());
        assert_eq!(connection.expect_reconnecting().1, 2);
        connection.timer(at(2));
        connection.open(at(2));
        connection.end(at(2));
        let (_, attempt, cause) = connection.expect_reconnecting();
        assert!(attempt == 3 && cause.is_end_of_body());
    }
}

#[test]
fn a_final_error_of_the_http_client_ends_it() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.failed(at(0), lost().into_final());
    failed_with(connection.expect_closed());
}

#[test]
fn parse_errors_are_items_and_the_stream_goes_on() {
    let mut settings = settings();
    settings.intake.utf8 = Utf8Policy::Reject;
    let mut connection = Connection::new(settings);
    connection.open(at(0));
    let mut stream = b"data: \xff\n\ndata: a\n\ndata: ".to_vec();
    stream.extend([b'x'; 2_000]);
    stream.extend(b"\n\ndata: b\n\n");
    connection.chunk(at(0), stream.into());
    let mut kind = || match connection.expect_yield() {
        Update::Error(error) => {
            assert!(!error.is_final());
            error.parse_error().unwrap().kind()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(), ParseErrorKind::Utf8);
    assert!(matches!(connection.expect_yield(), Update::Event(event) if event.data() == "a"));
    let mut kind = || match connection.expect_yield() {
        Update::Error(error) => error.parse_error().unwrap().kind(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        kind(),
        ParseErrorKind::TooLarge { limit: 1024, .. }
    ));
    connection.expect_events(&["b"]);
}

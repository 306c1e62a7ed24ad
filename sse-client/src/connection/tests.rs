//! The engine as a plain function: given times and random numbers in, actions out.

use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use sse_codec::{ParseErrorKind, Utf8Policy};

use super::*;
use crate::error::{Source, Stage};

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

pub(super) fn settings() -> Settings {
    Settings {
        url: URL.parse().unwrap(),
        headers: HeaderMap::new(),
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
            Update::Reconnecting {
                delay,
                attempt,
                cause,
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
            Update::Closed { why } => {
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

/// What a policy makes of an answer: `None` if it reconnects, otherwise why it closes.
fn answered(policy: Policy, head: ResponseHead) -> Option<CloseReason> {
    let mut connection = with_policy(policy);
    connection.expect_send();
    connection.head(at(0), head);
    if matches!(connection.state, State::Refused(_)) {
        connection.expect_read();
        connection.end(at(0));
    }
    match connection.expect_yield() {
        Update::Reconnecting { .. } => None,
        Update::Closed { why } => Some(why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_content_is_the_end_and_by_the_standard_an_error() {
    assert!(matches!(
        answered(Policy::resilient(), head_with(204, &[])),
        Some(CloseReason::NoContent)
    ));
    assert!(matches!(
        answered(Policy::never(), head_with(204, &[])),
        Some(CloseReason::NoContent)
    ));
    let error = failed_with(answered(Policy::standard(), head_with(204, &[])).unwrap());
    assert_eq!(error.status(), Some(StatusCode::NO_CONTENT));
}

#[test]
fn another_type_or_none_is_final_under_all_policies() {
    for policy in [Policy::resilient(), Policy::standard(), Policy::never()] {
        for headers in [&[(CONTENT_TYPE, "text/html")][..], &[]] {
            let error = failed_with(answered(policy.clone(), head_with(200, headers)).unwrap());
            assert!(error.is_not_event_stream() && !error.is_status());
        }
    }
}

#[test]
fn overload_and_restart_reconnect_and_by_the_standard_are_final() {
    for status in [
        408, 421, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529,
    ] {
        assert!(
            answered(Policy::resilient(), head_with(status, &[])).is_none(),
            "{status}"
        );
        for policy in [Policy::standard(), Policy::never()] {
            let error = failed_with(answered(policy, head_with(status, &[])).unwrap());
            assert!(error.is_status() && error.status().unwrap() == status);
        }
    }
}

#[test]
fn any_other_status_is_final() {
    for status in [
        201, 202, 206, 300, 304, 400, 401, 403, 404, 407, 410, 418, 451, 501, 505, 525, 599, 999,
    ] {
        for policy in [Policy::resilient(), Policy::standard(), Policy::never()] {
            let error = failed_with(answered(policy, head_with(status, &[])).unwrap());
            assert!(
                error.is_status() && error.status().unwrap() == status,
                "{status}"
            );
        }
    }
}

#[test]
fn the_beginning_of_a_refused_body_is_kept() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.head(at(0), head_with(404, &[]));
    connection.chunk(at(0), Bytes::from_static(b"no such "));
    connection.expect_read();
    connection.chunk(at(0), Bytes::from_static(b"stream"));
    connection.expect_read();
    connection.end(at(0));
    assert_eq!(
        failed_with(connection.expect_closed()).body(),
        b"no such stream"
    );
}

#[test]
fn a_refused_body_without_end_is_cut_by_size_and_by_time() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.head(at(0), head_with(404, &[]));
    connection.chunk(at(0), Bytes::from(vec![b'x'; 5_000]));
    connection.expect_read();
    connection.chunk(at(0), Bytes::from(vec![b'x'; 5_000]));
    assert_eq!(
        failed_with(connection.expect_closed()).body().len(),
        MAX_EXCERPT_BYTES
    );

    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.head(at(5), head_with(503, &[]));
    assert_eq!(connection.deadline(at(5).time), Some(at(6).time));
    connection.timer(at(6));
    assert!(connection.expect_reconnecting().2.is_status());
}

#[test]
fn retry_after_in_both_forms_is_not_before() {
    for (value, seconds) in [
        ("120", 120),
        ("Sun, 06 Nov 1994 08:51:37 GMT", 120),
        ("0", 1),
        ("soon", 1),
        ("999999", 3_600),
    ] {
        let mut connection = Connection::new(settings());
        connection.expect_send();
        connection.head(at(0), head_with(503, &[(RETRY_AFTER, value)]));
        connection.end(at(0));
        assert_eq!(
            connection.expect_reconnecting().0.as_secs(),
            seconds,
            "{value}"
        );
    }
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.head(at(0), head_with(503, &[(RETRY_AFTER, "100")]));
    connection.end(Now {
        random: u64::MAX,
        ..at(0)
    });
    let delay = connection.expect_reconnecting().0;
    assert!(
        delay > Duration::from_secs(149) && delay <= Duration::from_secs(150),
        "{delay:?}"
    );
}

#[test]
fn the_attempt_count_is_cleared_by_an_event_and_not_by_an_accepted_connection() {
    let mut connection = Connection::new(settings());
    for attempt in 1..10 {
        connection.open(at(0));
        // None of these is an event.
        connection.chunk(at(0), Bytes::from_static(b":c\nid: 7\n\nevent: t\n\n"));
        connection.expect_read();
        connection.end(at(0));
        assert_eq!(connection.expect_reconnecting().1, attempt);
        connection.reconnect_now();
    }
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"data\n\n"));
    connection.expect_events(&[""]);
    connection.end(at(0));
    assert_eq!(connection.expect_reconnecting().1, 1);
}

#[test]
fn accepted_and_ended_again_and_again_backs_off_exponentially() {
    let mut connection = Connection::new(settings());
    let mut now = Now {
        random: u64::MAX,
        ..at(0)
    };
    let mut delays = Vec::new();
    for _ in 0..6 {
        connection.open(now);
        connection.end(now);
        let (delay, ..) = connection.expect_reconnecting();
        delays.push(delay.as_secs_f64().round());
        now.time += delay;
        connection.timer(now);
    }
    assert_eq!(delays, [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
}

#[test]
fn retry_counts_at_its_line_also_in_a_block_without_data() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"retry: 7000\n"));
    assert!(
        matches!(connection.expect_yield(), Update::ReconnectionTime(time) if time.as_secs() == 7)
    );
    connection.expect_read();
    connection.end(at(0));
    assert_eq!(connection.expect_reconnecting().0.as_secs(), 7);
    // And on, over connections that do not say it again.
    connection.timer(at(7));
    connection.open(at(7));
    connection.end(at(7));
    assert_eq!(connection.expect_reconnecting().0.as_secs(), 7);
}

#[test]
fn no_request_before_the_delay_is_over() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.failed(at(10), lost());
    let (delay, ..) = connection.expect_reconnecting();
    let until = at(10).time + delay;
    assert_eq!(connection.deadline(at(10).time), Some(until));
    connection.timer(Now {
        time: until - Duration::from_nanos(1),
        ..at(0)
    });
    assert!(matches!(connection.next(), Action::Wait));
    connection.timer(Now {
        time: until,
        ..at(0)
    });
    connection.expect_send();
}

#[test]
fn the_id_of_a_reconnect_is_that_of_the_last_event_handed_out() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(
        at(0),
        Bytes::from_static(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n"),
    );
    assert!(
        matches!(connection.expect_yield(), Update::Event(event) if event.last_event_id() == "1")
    );
    assert_eq!(connection.last_event_id(), "1");
    connection.reconnect_now();
    assert_eq!(sent_id(&connection.expect_send()), Some(&b"1"[..]));
}

#[test]
fn an_id_only_block_moves_the_id() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"id: 1\ndata: a\n\nid: 2\n\n"));
    connection.expect_events(&["a"]);
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.timer(at(1));
    assert_eq!(sent_id(&connection.expect_send()), Some(&b"2"[..]));
}

#[test]
fn an_id_of_a_block_that_never_ended_is_not_sent() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(
        at(0),
        Bytes::from_static(b"id: 1\ndata: a\n\nid: 2\ndata: b\n"),
    );
    connection.expect_events(&["a"]);
    connection.end(at(0));
    let (_, _, cause) = connection.expect_reconnecting();
    assert_eq!(
        cause.to_string(),
        "event stream ended in the middle of an event, which is dropped"
    );
    connection.timer(at(1));
    assert_eq!(sent_id(&connection.expect_send()), Some(&b"1"[..]));
}

#[test]
fn an_id_survives_connections_that_bring_none_and_is_cleared_by_an_empty_one() {
    let mut connection = Connection::new(Settings {
        last_event_id: LastEventId::from_static("seed"),
        ..settings()
    });
    for _ in 0..3 {
        let request = connection.expect_send();
        assert_eq!(sent_id(&request), Some(&b"seed"[..]));
        connection.head(at(0), event_stream());
        connection.expect_yield();
        connection.chunk(at(0), Bytes::from_static(b"data: a\n\n"));
        assert!(
            matches!(connection.expect_yield(), Update::Event(event) if event.last_event_id() == "seed")
        );
        connection.end(at(0));
        connection.expect_reconnecting();
        connection.reconnect_now();
    }
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"id\n\n"));
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.reconnect_now();
    assert_eq!(sent_id(&connection.expect_send()), None);
}

#[test]
fn an_id_that_http_cannot_carry_is_left_out_and_reported_once_a_connection() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(
        at(0),
        Bytes::from_static(b"id: 1\ndata: a\n\nid: \x01\ndata: b\n\n"),
    );
    connection.expect_events(&["a", "b"]);
    for _ in 0..2 {
        connection.reconnect_now();
        let update = connection.expect_yield();
        assert!(
            matches!(update, Update::Error(error) if error.is_last_event_id_not_sent() && !error.is_final())
        );
        // Never the older one.
        assert_eq!(sent_id(&connection.expect_send()), None);
        connection.head(at(0), head_with(307, &[(LOCATION, "/b")]));
        assert_eq!(sent_id(&connection.expect_send()), None);
    }
    assert_eq!(connection.last_event_id(), "\u{1}");
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

#[test]
fn redirects_are_followed_and_a_reconnect_asks_the_original_url_or_by_the_standard_the_last() {
    for (policy, asked) in [
        (Policy::resilient(), URL),
        (Policy::standard(), "http://host/b"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let mut connection = with_policy(policy.clone());
            connection.expect_send();
            connection.head(at(0), head_with(status, &[(LOCATION, "/b")]));
            assert_eq!(connection.expect_send().url.as_str(), "http://host/b");
            let url = "http://host/b".parse().unwrap();
            connection.head(
                at(0),
                ResponseHead::new(url, StatusCode::OK, event_stream().headers().clone()),
            );
            assert!(
                matches!(connection.expect_yield(), Update::Open(head) if head.url() == "http://host/b")
            );
            connection.end(at(0));
            connection.expect_reconnecting();
            connection.timer(at(9));
            assert_eq!(connection.expect_send().url.as_str(), asked);
        }
    }
}

#[test]
fn twenty_redirects_are_followed_and_no_more() {
    for policy in [Policy::resilient(), Policy::standard(), Policy::never()] {
        let mut connection = with_policy(policy);
        for _ in 0..=20 {
            connection.expect_send();
            connection.head(at(0), head_with(302, &[(LOCATION, "/")]));
        }
        connection.expect_read();
        connection.end(at(0));
        let error = failed_with(connection.expect_closed());
        assert!(error.is_redirect() && !error.is_status());
    }
}

#[test]
fn secrets_stay_at_home_and_are_back_on_a_reconnect() {
    for (policy, keeps) in [(Policy::resilient(), true), (Policy::standard(), false)] {
        let mut settings = Settings {
            policy,
            ..settings()
        };
        settings
            .headers
            .insert("x-api-key", HeaderValue::from_static("secret"));
        let mut connection = Connection::new(settings);
        assert!(connection.expect_send().headers.contains_key("x-api-key"));
        connection.head(at(0), head_with(307, &[(LOCATION, "http://other/")]));
        assert!(!connection.expect_send().headers.contains_key("x-api-key"));
        let url = "http://other/".parse().unwrap();
        connection.head(
            at(0),
            ResponseHead::new(url, StatusCode::OK, event_stream().headers().clone()),
        );
        connection.expect_yield();
        connection.end(at(0));
        connection.expect_reconnecting();
        connection.timer(at(9));
        assert_eq!(
            connection.expect_send().headers.contains_key("x-api-key"),
            keeps
        );
    }
}

#[test]
fn never_ends_with_the_body_and_fails_with_the_connection() {
    let mut connection = with_policy(Policy::never());
    connection.open(at(0));
    connection.end(at(0));
    assert!(matches!(connection.expect_closed(), CloseReason::EndOfBody));

    let mut connection = with_policy(Policy::never());
    connection.open(at(0));
    connection.failed(at(0), lost());
    failed_with(connection.expect_closed());
}

#[test]
fn a_limit_on_attempts_counts_refused_connections_and_carries_the_last_cause() {
    let mut connection = with_policy(Policy::default().max_attempts(Some(2)));
    for attempt in 1..=2 {
        connection.expect_send();
        connection.failed(at(0), lost());
        assert_eq!(connection.expect_reconnecting().1, attempt);
        connection.timer(at(99));
    }
    connection.expect_send();
    connection.failed(at(0), lost());
    let error = failed_with(connection.expect_closed());
    assert!(error.is_retries_exhausted());
    assert_eq!(
        error.last_failure().unwrap().to_string(),
        "connection lost before the response"
    );

    let mut connection = with_policy(Policy::default().max_attempts(Some(0)));
    connection.open(at(0));
    connection.end(at(0));
    assert!(failed_with(connection.expect_closed()).is_retries_exhausted());
}

#[test]
fn a_limit_on_downtime_counts_only_what_is_lost_since_the_last_event() {
    let mut connection = with_policy(Policy::default().max_downtime(Some(Duration::from_secs(10))));
    connection.open(at(0));
    // A quiet connection of an hour is no downtime.
    connection.end(at(3_600));
    connection.expect_reconnecting();
    connection.timer(at(3_601));
    connection.expect_send();
    connection.failed(at(3_608), lost());
    connection.expect_reconnecting();
    connection.timer(at(3_609));
    connection.open(at(3_609));
    // 9 seconds so far, and the next would be the tenth.
    connection.end(at(5_000));
    connection.expect_reconnecting();
    connection.timer(at(5_001));
    connection.expect_send();
    connection.failed(at(5_001), lost());
    assert!(failed_with(connection.expect_closed()).is_retries_exhausted());
}

#[test]
fn an_event_clears_the_downtime() {
    let mut connection = with_policy(Policy::default().max_downtime(Some(Duration::from_secs(10))));
    for round in 0..10 {
        let now = round * 10;
        connection.expect_send();
        connection.failed(at(now), lost());
        connection.expect_reconnecting();
        connection.timer(at(now + 8));
        connection.open(at(now + 8));
        connection.chunk(at(now + 8), Bytes::from_static(b"data\n\n"));
        connection.expect_events(&[""]);
        connection.end(at(now + 8));
        connection.expect_reconnecting();
        connection.timer(at(now + 9));
    }
}

#[test]
fn the_response_timeout_counts_from_the_request() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    assert_eq!(connection.deadline(at(5).time), Some(at(35).time));
    assert_eq!(connection.deadline(at(6).time), Some(at(35).time));
    connection.timer(at(34));
    connection.expect_read();
    connection.timer(at(35));
    assert!(connection.expect_reconnecting().2.is_timeout());
    connection.timer(at(36));
    connection.expect_send();
    assert_eq!(connection.deadline(at(36).time), Some(at(66).time));
}

#[test]
fn the_idle_timeout_is_put_off_by_any_byte_and_the_event_timeout_only_by_an_event() {
    let timeouts = Settings {
        idle_timeout: Some(Duration::from_secs(10)),
        event_timeout: Some(Duration::from_secs(25)),
        ..settings()
    };
    let mut connection = Connection::new(timeouts);
    connection.open(at(0));
    assert_eq!(connection.deadline(at(0).time), Some(at(10).time));
    connection.chunk(at(9), Bytes::from_static(b":\n"));
    connection.expect_read();
    assert_eq!(connection.deadline(at(9).time), Some(at(19).time));
    connection.chunk(at(18), Bytes::from_static(b":\n"));
    assert_eq!(connection.deadline(at(18).time), Some(at(25).time));
    connection.timer(at(25));
    let (_, _, cause) = connection.expect_reconnecting();
    assert_eq!(cause.to_string(), "no event for 25s (event_timeout)");
    connection.timer(at(26));
    connection.open(at(26));
    assert_eq!(connection.deadline(at(26).time), Some(at(36).time));
    connection.timer(at(36));
    assert_eq!(
        connection.expect_reconnecting().2.to_string(),
        "no bytes for 10s (idle_timeout)"
    );
}

#[test]
fn a_slow_consumer_is_not_taken_for_a_dead_connection() {
    let mut connection = Connection::new(Settings {
        idle_timeout: Some(Duration::from_secs(10)),
        ..settings()
    });
    connection.open(at(0));
    connection.deadline(at(0).time);
    connection.chunk(at(1), Bytes::from_static(b"data\n\n"));
    connection.expect_yield();
    // He comes back a minute later; only now the waiting starts.
    connection.expect_read();
    assert_eq!(connection.deadline(at(61).time), Some(at(71).time));
}

#[test]
fn after_close_nothing_more_is_handed_out() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"data: a\n\ndata: b\n\n"));
    assert!(matches!(connection.expect_yield(), Update::Event(_)));
    connection.close();
    for _ in 0..3 {
        assert!(matches!(connection.next(), Action::End));
        connection.chunk(at(0), Bytes::from_static(b"data: c\n\n"));
        connection.head(at(0), event_stream());
        connection.failed(at(0), lost());
        connection.end(at(0));
        connection.timer(at(99));
        connection.reconnect_now();
        assert_eq!(connection.deadline(at(99).time), None);
    }
}

#[test]
fn close_during_the_wait_and_before_its_report() {
    for report_first in [true, false] {
        let mut connection = Connection::new(settings());
        connection.expect_send();
        connection.failed(at(0), lost());
        if report_first {
            connection.expect_reconnecting();
        }
        connection.close();
        assert!(matches!(connection.next(), Action::End));
        connection.timer(at(99));
        assert!(matches!(connection.next(), Action::End));
    }
}

#[test]
fn reconnect_now_ends_the_wait() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.failed(at(0), lost());
    connection.expect_reconnecting();
    connection.reconnect_now();
    connection.expect_send();
    // The count goes on.
    connection.failed(at(0), lost());
    assert_eq!(connection.expect_reconnecting().1, 2);
}

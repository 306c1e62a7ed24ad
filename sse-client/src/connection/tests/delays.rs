//! When the next request is sent, and when there is none any more: delays, limits, timeouts.

use super::*;

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
        connection.reconnect_now(at(0).time);
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

//! What becomes of an answer, by its status and type, under each policy.

use super::*;

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
        Update::Closed { why, .. } => Some(why),
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
    connection.chunk(at(0), Bytes::from(vec![b'x'; 40_000]));
    connection.expect_read();
    connection.chunk(at(0), Bytes::from(vec![b'x'; 40_000]));
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

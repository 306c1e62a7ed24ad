//! What decides about a failure: the table, the caller's classifier, or a limit; and how that is said.

use super::*;
use crate::decision::Rule;

/// Hands out the update of a decision, and the decision as a line.
fn explained(connection: &mut Connection) -> (Update, String, Rule) {
    let update = connection.expect_yield();
    let decision = update.explain().expect("a decision").clone();
    (update, decision.to_string(), decision.rule())
}

fn refused(
    connection: &mut Connection,
    now: Now,
    status: u16,
    headers: &[(http::HeaderName, &str)],
) {
    connection.expect_send();
    connection.head(now, head_with(status, headers));
    connection.end(now);
}

#[test]
fn a_decision_says_which_rule_applied() {
    let mut connection = Connection::new(Settings {
        last_event_id: LastEventId::from_static("42"),
        policy: Policy::resilient().max_attempts(Some(10)),
        ..settings()
    });
    for attempt in 1..=2 {
        connection.expect_send();
        connection.failed(at(0), lost());
        assert_eq!(connection.expect_reconnecting().1, attempt);
        connection.reconnect_now(at(0).time);
    }
    // 0.8 of the 25 seconds between base and cap.
    let now = Now {
        random: u64::MAX / 125 * 4,
        ..at(0)
    };
    refused(&mut connection, now, 503, &[(RETRY_AFTER, "5")]);
    let (update, line, rule) = explained(&mut connection);
    assert_eq!(
        line,
        "503, Retry-After 5 s, waiting 5.8 s, attempt 3 of 10, resuming after 42"
    );
    assert_eq!(rule, Rule::Policy);
    assert_eq!(
        update.explain().unwrap().retry_after(),
        Some(Duration::from_secs(5))
    );
}

#[test]
fn the_end_is_explained_too() {
    let mut connection = Connection::new(settings());
    refused(&mut connection, at(0), 404, &[]);
    assert_eq!(explained(&mut connection).1, "404, final");

    let mut connection = Connection::new(settings());
    refused(&mut connection, at(0), 204, &[]);
    assert_eq!(explained(&mut connection).1, "204, the end");

    let mut connection = with_policy(Policy::never());
    connection.open(at(0));
    connection.end(at(0));
    assert_eq!(explained(&mut connection).1, "event stream ended, the end");

    let mut connection = with_policy(Policy::default().max_attempts(Some(0)));
    connection.expect_send();
    connection.failed(at(0), lost());
    let (_, line, rule) = explained(&mut connection);
    assert_eq!(
        line,
        "connection lost before the response, a limit is reached, final"
    );
    assert_eq!(rule, Rule::Limit);
}

#[test]
fn a_classifier_overrides_any_row() {
    let policy = |reaction| Policy::resilient().classify(move |_| reaction);

    // Final by the table.
    let mut connection = with_policy(policy(Some(Reaction::Reconnect)));
    refused(&mut connection, at(0), 404, &[(RETRY_AFTER, "7")]);
    let (update, line, rule) = explained(&mut connection);
    assert!(matches!(update, Update::Reconnecting { delay, .. } if delay.as_secs() == 7));
    assert_eq!(
        line,
        "404, Retry-After 7 s, decided by the classifier, waiting 7 s, attempt 1, without a last event ID"
    );
    assert_eq!(rule, Rule::Classifier);
    connection.timer(at(7));
    connection.expect_send();
    connection.failed(at(7), lost().into_final());
    assert!(!connection.expect_reconnecting().2.is_final());

    // The end by the table.
    let mut connection = with_policy(policy(Some(Reaction::ReconnectAfter(Duration::from_secs(
        9,
    )))));
    refused(&mut connection, at(0), 204, &[]);
    assert_eq!(connection.expect_reconnecting().0.as_secs(), 9);

    // Passing by the table.
    let mut connection = with_policy(policy(Some(Reaction::Fail)));
    connection.open(at(0));
    connection.end(at(0));
    assert!(failed_with(connection.expect_closed()).is_end_of_body());

    let mut connection = with_policy(policy(Some(Reaction::Stop)));
    refused(&mut connection, at(0), 503, &[]);
    let CloseReason::Stopped(cause) = connection.expect_closed() else {
        panic!("not stopped");
    };
    assert_eq!(cause.status().unwrap(), 503);

    // What it has no word on is the table's.
    let mut connection = with_policy(policy(None));
    refused(&mut connection, at(0), 503, &[]);
    assert_eq!(connection.expect_reconnecting().1, 1);
}

#[test]
fn a_classifier_that_goes_on_after_204_obeys_its_retry_after() {
    let policy = Policy::resilient().classify(|_| Some(Reaction::Reconnect));
    let mut connection = with_policy(policy);
    connection.expect_send();
    connection.head(at(0), head_with(204, &[(RETRY_AFTER, "7")]));
    assert_eq!(connection.expect_reconnecting().0, Duration::from_secs(7));
}

#[test]
fn a_classifier_reads_the_body() {
    let policy = Policy::resilient()
        .classify(|failure| (failure.body() == b"overloaded").then_some(Reaction::Reconnect));
    let mut connection = with_policy(policy);
    connection.expect_send();
    connection.head(at(0), head_with(400, &[]));
    connection.expect_read();
    connection.chunk(at(0), Bytes::from_static(b"overloaded"));
    connection.end(at(0));
    connection.expect_reconnecting();
}

#[test]
fn limits_hold_against_a_classifier() {
    let policy = Policy::resilient().max_attempts(Some(1));
    let mut connection = with_policy(policy.classify(|_| Some(Reaction::Reconnect)));
    refused(&mut connection, at(0), 404, &[]);
    connection.expect_reconnecting();
    connection.timer(at(1));
    refused(&mut connection, at(1), 404, &[]);
    assert!(failed_with(connection.expect_closed()).is_retries_exhausted());
}

#[test]
fn any_content_type_is_taken_if_asked_for() {
    for headers in [&[(CONTENT_TYPE, "text/html")][..], &[]] {
        let mut connection = with_policy(Policy::resilient().any_content_type(true));
        connection.expect_send();
        connection.head(at(0), head_with(200, headers));
        assert!(matches!(connection.expect_yield(), Update::Open(_)));
    }
}

/// Opens a connection, feeds it, and ends it. Returns what is reported then, but for the reconnection.
fn connected(connection: &mut Connection, now: Now, chunk: &'static [u8]) -> Vec<Update> {
    connection.open(now);
    connection.chunk(now, Bytes::from_static(chunk));
    while let Action::Yield(_) = connection.next() {}
    connection.end(now);
    let mut reported = Vec::new();
    loop {
        match connection.expect_yield() {
            Update::Reconnecting { .. } => break,
            update @ Update::Closed { .. } => {
                reported.push(update);
                break;
            }
            update => reported.push(update),
        }
    }
    connection.reconnect_now(at(0).time);
    reported
}

#[test]
fn connections_that_are_accepted_and_bring_nothing_new_are_reported_at_the_third() {
    let mut connection = Connection::new(Settings {
        last_event_id: LastEventId::from_static("7"),
        ..settings()
    });
    // A comment, a reconnection time, and the ID that the client has already, are nothing new.
    for chunk in [b"".as_slice(), b":c\nretry: 10\n\n"] {
        assert!(connected(&mut connection, at(0), chunk).is_empty());
    }
    let reported = connected(&mut connection, at(0), b"id: 7\n\n");
    assert!(
        matches!(reported[..], [Update::Fruitless { connections: 3 }]),
        "{reported:?}"
    );
    assert!(connected(&mut connection, at(0), b"").is_empty());
    // Another ID is, and an event.
    for chunk in [b"id: 8\n\n".as_slice(), b"data: a\n\n"] {
        assert!(connected(&mut connection, at(0), chunk).is_empty());
        for _ in 0..2 {
            assert!(connected(&mut connection, at(0), b"").is_empty());
        }
        assert_eq!(connected(&mut connection, at(0), b"").len(), 1);
    }
}

#[test]
fn a_limit_on_fruitless_connections_holds() {
    let mut connection = with_policy(Policy::resilient().max_fruitless(Some(2)));
    assert!(connected(&mut connection, at(0), b"").is_empty());
    let reported = connected(&mut connection, at(0), b"");
    let [
        Update::Closed {
            why: CloseReason::Failed(error),
            ..
        },
    ] = &reported[..]
    else {
        panic!("{reported:?}");
    };
    assert!(error.is_retries_exhausted() && error.to_string().contains("max_fruitless"));
}

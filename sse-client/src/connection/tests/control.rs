//! What the caller asks for: to close, or to reconnect at once.

use super::*;

#[test]
fn after_close_nothing_more_is_handed_out() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"data: a\n\ndata: b\n\n"));
    assert!(matches!(connection.expect_yield(), Update::Event(_)));
    connection.close(at(0).time);
    for _ in 0..3 {
        assert!(matches!(connection.next(), Action::End));
        connection.chunk(at(0), Bytes::from_static(b"data: c\n\n"));
        connection.head(at(0), event_stream());
        connection.failed(at(0), lost());
        connection.end(at(0));
        connection.timer(at(99));
        connection.reconnect_now(at(0).time);
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
        connection.close(at(0).time);
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
    connection.reconnect_now(at(0).time);
    connection.expect_send();
    // The count goes on.
    connection.failed(at(0), lost());
    assert_eq!(connection.expect_reconnecting().1, 2);
}

#[test]
fn finish_hands_out_what_has_arrived_and_then_ends() {
    let mut connection = Connection::new(settings());
    connection.open(at(0));
    connection.chunk(
        at(0),
        Bytes::from_static(b"data: a\n\ndata: b\n\ndata: cut"),
    );
    connection.finish(at(0).time);
    assert!(!connection.needs_transport());
    assert_eq!(connection.ready_state(), ReadyState::Closed);
    // Nothing of these matters now.
    connection.chunk(at(0), Bytes::from_static(b"data: c\n\n"));
    connection.end(at(0));
    connection.timer(at(99));
    connection.reconnect_now(at(0).time);
    for data in ["a", "b"] {
        assert!(!connection.is_done());
        assert!(matches!(connection.expect_yield(), Update::Event(event) if event.data() == data));
    }
    assert!(matches!(connection.expect_closed(), CloseReason::Finished));
    connection.finish(at(0).time);
    assert!(matches!(connection.next(), Action::End));
}

#[test]
fn finish_during_a_wait_ends_at_once() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.failed(at(0), lost());
    connection.finish(at(0).time);
    assert!(matches!(connection.expect_closed(), CloseReason::Finished));
}

#[test]
fn what_is_counted() {
    let mut connection = Connection::new(settings());
    connection.expect_send();
    connection.head(at(0), head_with(503, &[]));
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.timer(at(1));
    connection.open(at(10));
    assert_eq!(connection.tally().open_since, Some(at(10).time));
    connection.chunk(at(13), Bytes::from_static(b"data: a\n\n:c\n"));
    connection.expect_events(&["a"]);
    connection.chunk(at(15), Bytes::from_static(b"data: b\n\n"));
    connection.expect_events(&["b"]);
    connection.failed(at(20), lost());
    let tally = connection.tally();
    assert_eq!((tally.requests, tally.connections), (2, 1));
    assert_eq!(tally.last_status, Some(StatusCode::OK));
    assert_eq!((tally.events, tally.comments, tally.bytes), (2, 1, 21));
    assert_eq!(tally.longest_silence, Duration::from_secs(5));
    assert_eq!(tally.open_since, None);
}

//! What the caller asks for: to close, or to reconnect at once.

use super::*;

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

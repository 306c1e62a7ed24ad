//! The last event ID that a request carries.

use super::*;

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
    // What has arrived goes first, so that nothing is lost, even by a server that knows nothing of IDs.
    connection.reconnect_now(at(0).time);
    assert!(!connection.needs_transport());
    assert_eq!(connection.last_event_id(), "1");
    assert!(matches!(connection.expect_yield(), Update::Event(event) if event.data() == "b"));
    assert_eq!(sent_id(&connection.expect_send()), Some(&b"2"[..]));
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
        connection.reconnect_now(at(0).time);
    }
    connection.open(at(0));
    connection.chunk(at(0), Bytes::from_static(b"id\n\n"));
    connection.end(at(0));
    connection.expect_reconnecting();
    connection.reconnect_now(at(0).time);
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
        connection.reconnect_now(at(0).time);
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

//! Feature `serde`: what is written, what is read again, and that nothing is read that could not have been made.

#![cfg(feature = "serde")]

use std::borrow::Cow;
use std::time::Duration;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sse_codec::{Event, EventType, LastEventId, OutgoingEvent, Parser};

/// Reads it again by field names, and by their order, as formats without names do.
fn again<T: Serialize + DeserializeOwned>(value: &T, order: &[&str]) -> [T; 2] {
    let named = serde_json::to_value(value).unwrap();
    let fields = named.as_object().unwrap();
    assert_eq!(fields.len(), order.len());
    let in_order: Vec<_> = order.iter().map(|name| fields[*name].clone()).collect();
    [
        serde_json::from_value(named).unwrap(),
        serde_json::from_value(in_order.into()).unwrap(),
    ]
}

fn read<T: DeserializeOwned>(json: &serde_json::Value) -> Result<T, String> {
    let text = json.to_string();
    let value = serde_json::from_str(&text).map_err(|error| error.to_string());
    // From borrowed text and from owned.
    assert_eq!(
        value.is_ok(),
        serde_json::from_reader::<_, T>(text.as_bytes()).is_ok()
    );
    value
}

#[test]
fn an_event_is_written_under_the_names_of_its_getters() {
    let event = Event::new("", "a\n\"b\"", "");
    let json = r#"{"event_type":"message","data":"a\n\"b\"","last_event_id":""}"#;
    assert_eq!(serde_json::to_string(&event).unwrap(), json);
    assert_eq!(serde_json::to_string(&event.as_ref()).unwrap(), json);
}

#[test]
fn of_an_event_only_the_data_must_be_there() {
    let event = read::<Event>(&json!({ "data": "x", "received": "today" }));
    assert_eq!(event, Ok(Event::new("", "x", "")));
    let error = read::<Event>(&json!({ "event_type": "x", "last_event_id": "1" })).unwrap_err();
    assert!(error.contains("missing field `data`"), "{error}");
}

#[test]
fn the_output_of_the_command_is_read() {
    let line = json!({ "type": "t", "id": "1", "data": "x" });
    assert_eq!(read::<Event>(&line), Ok(Event::new("t", "x", "1")));
    let error = read::<Event>(&json!({ "type": "t", "event_type": "t", "data": "x" })).unwrap_err();
    assert!(error.contains("duplicate field `event_type`"), "{error}");
}

#[test]
fn what_no_stream_can_bring_is_refused() {
    for (event_type, id, what) in [
        ("a\nb", "", "event type"),
        ("a\r", "", "event type"),
        ("", "1\n", "last event ID"),
        ("", "\r", "last event ID"),
        ("", "1\0", "last event ID"),
    ] {
        for json in [
            json!({ "event_type": event_type, "data": "", "last_event_id": id }),
            json!([event_type, "", id]),
        ] {
            let error = read::<Event>(&json).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
        let json = json!({ "event_type": event_type, "last_event_id": id });
        let error = read::<OutgoingEvent<'_>>(&json).unwrap_err();
        assert!(error.contains(what), "{error}");
    }
    assert!(read::<EventType<'_>>(&json!("a\nb")).is_err());
    assert!(read::<LastEventId<'_>>(&json!("1\0")).is_err());
}

#[test]
fn values_of_another_type_are_refused() {
    for json in [
        json!({ "data": 1 }),
        json!({ "data": null }),
        json!({ "data": "x", "last_event_id": 1 }),
        json!([]),
        json!(["message", "x"]),
        json!("x"),
    ] {
        assert!(read::<Event>(&json).is_err(), "{json}");
    }
    assert!(read::<LastEventId<'_>>(&json!(1)).is_err());
    for json in [
        json!({ "reconnection_time_ms": -1 }),
        json!({ "reconnection_time_ms": 0.5 }),
        json!({ "data": 1 }),
        json!([null, null, null, null]),
    ] {
        assert!(read::<OutgoingEvent<'_>>(&json).is_err(), "{json}");
    }
}

#[test]
fn event_types_and_ids_are_text() {
    let (event_type, id) = (EventType::from_static("a b"), LastEventId::from(7));
    assert_eq!(serde_json::to_value(&event_type).unwrap(), json!("a b"));
    assert_eq!(serde_json::to_value(&id).unwrap(), json!("7"));
    assert_eq!(read(&json!("a b")), Ok(event_type));
    assert_eq!(read(&json!("7")), Ok(id));
}

#[test]
fn a_field_of_an_outgoing_event_that_does_not_exist_is_refused() {
    // The names of the wire, which somebody will try.
    let error = read::<OutgoingEvent<'_>>(&json!({ "event": "x", "data": "y" })).unwrap_err();
    assert!(error.contains("unknown field `event`"), "{error}");
    let twice = r#"{"data":null,"data":"x"}"#;
    let error = serde_json::from_str::<OutgoingEvent<'_>>(twice).unwrap_err();
    assert!(
        error.to_string().contains("duplicate field `data`"),
        "{error}"
    );
}

#[test]
fn an_outgoing_event_is_written_as_a_whole() {
    let event = OutgoingEvent::new().reconnection_time(Duration::from_micros(1999));
    let json = json!({
        "comment": null, "last_event_id": null, "event_type": null, "reconnection_time_ms": 1, "data": null,
    });
    assert_eq!(serde_json::to_value(&event).unwrap(), json);
    assert_eq!(read(&json!({})), Ok(OutgoingEvent::new()));
    let forever = OutgoingEvent::new().reconnection_time(Duration::MAX);
    let json = serde_json::to_value(&forever).unwrap();
    assert_eq!(json["reconnection_time_ms"], u64::MAX);
}

proptest! {
    #[test]
    fn every_event_of_a_stream_comes_back(stream in r"(event: ?.{0,5}\n|data: ?.{0,5}\n|id: ?.{0,5}\n|\n){0,20}") {
        let mut parser = Parser::new();
        let mut events = parser.feed(stream.as_bytes());
        while let Some(event) = events.next().unwrap() {
            let event = event.to_event();
            for back in again(&event, &["event_type", "data", "last_event_id"]) {
                prop_assert_eq!(&back, &event);
            }
        }
    }

    #[test]
    fn every_outgoing_event_comes_back(
        comment in proptest::option::of(any::<String>()),
        id in proptest::option::of("[^\r\n\0]*"),
        event_type in proptest::option::of("[^\r\n]*"),
        milliseconds in proptest::option::of(any::<u64>()),
        data in proptest::option::of(any::<String>()),
    ) {
        let mut event = OutgoingEvent::new();
        if let Some(comment) = comment {
            event = event.comment(comment);
        }
        if let Some(id) = id {
            event = event.last_event_id(LastEventId::new(id).unwrap());
        }
        if let Some(event_type) = event_type {
            event = event.event_type(EventType::new(event_type).unwrap());
        }
        if let Some(milliseconds) = milliseconds {
            event = event.reconnection_time(Duration::from_millis(milliseconds));
        }
        if let Some(data) = data {
            event = event.data(Cow::Owned(data));
        }
        let order = ["comment", "last_event_id", "event_type", "reconnection_time_ms", "data"];
        for back in again(&event, &order) {
            prop_assert_eq!(back, event.clone());
        }
    }
}

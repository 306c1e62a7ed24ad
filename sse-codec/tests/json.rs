//! Feature `json`: data that is JSON becomes a value, and a value becomes data.

#![cfg(feature = "json")]

use std::collections::BTreeMap;
use std::error::Error;

use proptest::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use sse_codec::{Event, JsonErrorKind, OutgoingEvent, Parser};

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Delta<'a> {
    text: &'a str,
}

/// What a reader gets, fed in small chunks.
fn received(event: &OutgoingEvent<'_>) -> Event {
    let mut parser = Parser::new();
    let mut received = None;
    for chunk in event.to_bytes().chunks(3) {
        let mut events = parser.feed(chunk);
        if let Some(event) = events.next().unwrap() {
            assert!(received.replace(event.to_event()).is_none());
        }
    }
    received.expect("an event")
}

#[test]
fn a_value_comes_back() {
    let delta = Delta { text: "a b" };
    let event = received(&OutgoingEvent::new().json_data(&delta).unwrap());
    assert_eq!(event.data(), r#"{"text":"a b"}"#);
    assert_eq!(event.json::<Delta<'_>>().unwrap(), delta);
    // Unsized, too.
    assert_eq!(
        received(&OutgoingEvent::new().json_data("a\r\n").unwrap()).data(),
        r#""a\r\n""#
    );
}

#[test]
fn text_without_escapes_is_borrowed() {
    let mut parser = Parser::new();
    let chunk = b"data: {\"text\":\"borrowed\"}\n\n";
    let mut events = parser.feed(chunk);
    let delta: Delta<'_> = events.next().unwrap().unwrap().json().unwrap();
    assert!(chunk.as_ptr_range().contains(&delta.text.as_ptr()));
}

#[test]
fn data_of_several_lines_is_one_value() {
    let mut parser = Parser::new();
    let mut events = parser.feed(b"data: [1,\ndata: 2,\ndata:  oops]\n\n");
    let event = events.next().unwrap().unwrap();
    let error = event.json::<Value>().unwrap_err();
    assert_eq!((error.line(), error.column()), (3, 2));
    assert_eq!(error.excerpt(), "[1,\n2,\n oops]");
}

#[test]
fn the_end_marker_of_language_models_is_no_json() {
    for data in ["[DONE]", "", "ping"] {
        let event = Event::new("", data, "");
        assert_eq!(
            event.json::<Value>().unwrap_err().kind(),
            JsonErrorKind::Syntax
        );
    }
    let unknown = Event::new("", r#"{"usage":1}"#, "");
    let error = unknown.json::<Delta<'_>>().unwrap_err();
    assert_eq!(error.kind(), JsonErrorKind::Shape);
    assert!(
        error
            .source()
            .unwrap()
            .to_string()
            .contains("missing field `text`")
    );
}

#[test]
fn nesting_without_end_is_an_error_and_not_a_full_stack() {
    for open in ["[", "{\"a\":"] {
        let event = Event::new("", open.repeat(1_000_000), "");
        assert_eq!(
            event.json::<Value>().unwrap_err().kind(),
            JsonErrorKind::Syntax
        );
    }
}

#[test]
fn line_ends_in_a_raw_value_stay_inside_the_data() {
    let text = "{\n\"a\":\r\n1,\r\"b\": 2}";
    let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
    let event = OutgoingEvent::new().json_data(&raw).unwrap();
    assert_eq!(
        event.to_bytes(),
        "data: {\ndata: \"a\":\ndata: 1,\ndata: \"b\": 2}\n\n"
    );
    assert_eq!(
        received(&event).json::<Value>().unwrap(),
        serde_json::from_str::<Value>(text).unwrap()
    );
}

#[test]
fn a_value_that_is_no_json_leaves_no_event() {
    let error = OutgoingEvent::new()
        .json_data(&BTreeMap::from([([1, 2], 3)]))
        .unwrap_err();
    assert_eq!(error.to_string(), "value cannot be written as JSON");
    assert!(
        error
            .source()
            .unwrap()
            .to_string()
            .contains("key must be a string")
    );

    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no"))
        }
    }
    let error = OutgoingEvent::new().json_data(&Refuses).unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "no");
}

proptest! {
    #[test]
    fn every_text_comes_back_on_one_line(text in any::<String>()) {
        let event = OutgoingEvent::new().json_data(&Delta { text: &text }).unwrap();
        let bytes = event.to_bytes();
        prop_assert_eq!(bytes.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count(), 2);
        let value: Value = received(&event).json().unwrap();
        prop_assert_eq!(value["text"].as_str(), Some(text.as_str()));
    }

    #[test]
    fn no_data_makes_reading_or_its_error_fail(data in r#"[\[\]{}",:0-9a-z\n é\\]{0,400}"#) {
        let event = Event::new("", data.clone(), "");
        if let Err(error) = event.json::<Value>() {
            prop_assert!(data.contains(error.excerpt()));
            prop_assert!(error.to_string().lines().count() == 1);
        }
    }
}

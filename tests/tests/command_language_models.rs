//! The command reads streams in the shape of real interfaces to language models from its standard input, in pieces of all
//! sizes, and writes them in every format.
#![cfg(unix)]

use std::fs;

use serde_json::Value;
use sse_codec::Parser;
use sse_tests::prerequisites::{repository, sse_client};
use sse_tests::program::Program;

#[test]
fn chat_completions_are_told_whole() {
    let stream = Stream::read("chat_completions.sse");
    let events = stream.events();
    assert_eq!(events.len(), 262);
    let (done, deltas) = events.split_last().expect("events");
    assert_eq!(done.data, "[DONE]");
    assert!(events.iter().all(|event| event.event_type == "message"));
    let told: String = (deltas.iter())
        .map(|event| json(&event.data))
        .filter_map(|delta| Some(delta["choices"][0]["delta"]["content"].as_str()?.to_owned()))
        .collect();
    assert_eq!(told, story());
}

#[test]
fn messages_are_told_whole() {
    let stream = Stream::read("messages.sse");
    let events = stream.events();
    assert_eq!(events.len(), 275);
    for event in &events {
        assert_eq!(json(&event.data)["type"], event.event_type);
    }
    assert!(events.iter().any(|event| event.event_type == "ping"));
    assert_eq!(
        events.last().map(|event| event.event_type.as_str()),
        Some("message_stop")
    );
    let told: String = (events.iter())
        .map(|event| json(&event.data))
        .filter_map(|event| Some(event["delta"]["text"].as_str()?.to_owned()))
        .collect();
    assert_eq!(told, story());
}

#[test]
fn every_format_says_the_same() {
    for name in STREAMS {
        let stream = Stream::read(name);
        let events = stream.events();
        let data: String = (events.iter())
            .map(|event| format!("{}\n", event.data))
            .collect();
        assert_eq!(stream.output("data"), data);
        let pretty: String = (events.iter())
            .map(|event| format!("{}  {}\n", event.event_type, event.data))
            .collect();
        assert_eq!(stream.output("pretty"), pretty);
        // An event stream again, which the command reads as well as the first one.
        let again = Stream(stream.output("sse").into_bytes());
        assert_eq!(again.events(), events);
        assert_eq!(again.output("json"), stream.output("json"));
    }
}

#[test]
fn no_event_waits_for_the_bytes_behind_it() {
    for name in STREAMS {
        let stream = Stream::read(name);
        let mut command = Program::start(sse_client(), ["-", "-o", "data"]);
        let mut parser = Parser::new();
        for (block, size) in stream.blocks().into_iter().zip(ODD_SIZES.iter().cycle()) {
            for piece in block.chunks(*size) {
                command.write(piece);
            }
            // Only the parser knows which blocks hold an event; comments do not.
            let mut events = parser.feed(block);
            while let Some(event) = events.next().expect("well-formed") {
                assert_eq!(command.line(), event.data());
            }
        }
        command.close_stdin();
        let ended = command.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

const STREAMS: [&str; 2] = ["chat_completions.sse", "messages.sse"];

/// Sizes of pieces that fit nothing: no line, no block, no page.
const ODD_SIZES: [usize; 9] = [1, 2, 3, 5, 7, 13, 31, 61, 127];

/// The bytes of an event stream.
struct Stream(Vec<u8>);

/// An event, as the command writes it as JSON.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
struct Event {
    #[serde(rename = "type")]
    event_type: String,
    id: String,
    data: String,
}

impl Stream {
    fn read(name: &str) -> Self {
        Self(fs::read(repository().join("tests/streams").join(name)).expect("a stream"))
    }

    /// Pipes it through the command, and returns its events.
    fn events(&self) -> Vec<Event> {
        let output = self.output("json");
        output
            .lines()
            .map(|line| serde_json::from_str(line).expect("an event"))
            .collect()
    }

    /// Pipes it through the command, in odd pieces.
    fn output(&self, format: &str) -> String {
        let mut command = Program::start(sse_client(), ["-", "--strict", "-o", format]);
        let mut rest = &self.0[..];
        for size in ODD_SIZES.iter().cycle() {
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            command.write(piece);
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        command.close_stdin();
        let ended = command.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stderr, "");
        ended.stdout
    }

    /// Cuts it behind each blank line.
    fn blocks(&self) -> Vec<&[u8]> {
        let mut blocks = Vec::new();
        let mut rest = &self.0[..];
        while let Some(end) = rest.windows(2).position(|pair| pair == b"\n\n") {
            let (block, behind) = rest.split_at(end + 2);
            blocks.push(block);
            rest = behind;
        }
        assert!(rest.is_empty(), "the stream ends with a blank line");
        blocks
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn story() -> String {
    fs::read_to_string(repository().join("tests/streams/story.txt")).expect("the story")
}

//! [`Vector`]: the bytes of a stream and what a reader must make of them, from `vectors/NAME.sse` and
//! `vectors/NAME.jsonl`.
//!
//! The first line of the JSON file says what the vector is about, which rules it covers, and which options differ from
//! the default. Each further line is one outcome, in order. The last one says how the stream ends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use sse_codec::Utf8Policy;

use crate::transcript::{End, ErrorKind, Options, Outcome, Transcript};

/// A stream and what is expected of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Vector {
    /// The name of its two files, without the extension.
    pub name: String,
    /// What it is about, in one sentence.
    pub about: String,
    /// The ids of the rules that it covers.
    pub rules: Vec<String>,
    /// How the stream is to be read.
    pub options: Options,
    /// The stream.
    pub stream: Vec<u8>,
    /// What it yields.
    pub expected: Transcript,
}

impl Vector {
    /// Reads all vectors, in the order of their names.
    ///
    /// # Panics
    ///
    /// If a file cannot be read, stands alone, or is not what it should be; the text says which and where.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
        let mut names = BTreeSet::new();
        let entries = fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry of the folder can be read").path();
            let is_known = path
                .extension()
                .is_some_and(|end| end == "sse" || end == "jsonl");
            assert!(is_known, "{} is neither .sse nor .jsonl", path.display());
            let stem = path.file_stem().and_then(|stem| stem.to_str());
            names.insert(stem.expect("names of vectors are ASCII").to_owned());
        }
        names
            .into_iter()
            .map(|name| Self::load(&folder, name))
            .collect()
    }

    fn load(folder: &Path, name: String) -> Self {
        let read = |extension: &str| {
            let path = folder.join(format!("{name}.{extension}"));
            fs::read(&path)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
        };
        let stream = read("sse");
        let text = String::from_utf8(read("jsonl"))
            .unwrap_or_else(|error| panic!("{name}.jsonl: {error}"));
        let bad = |number: usize, error: &str| -> ! { panic!("{name}.jsonl:{number}: {error}") };

        let mut lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line));
        let Some((_, head)) = lines.next() else {
            bad(1, "the file is empty")
        };
        let head: Head =
            serde_json::from_str(head).unwrap_or_else(|error| bad(1, &error.to_string()));
        let mut outcomes = Vec::new();
        let mut end = None;
        for (number, line) in lines {
            if end.is_some() {
                bad(number, "there is something behind the end");
            }
            match serde_json::from_str(line) {
                Ok(Line::Event(Event {
                    event_type,
                    data,
                    id,
                })) => outcomes.push(Outcome::Event {
                    event_type,
                    data,
                    last_event_id: id,
                }),
                Ok(Line::Comment(text)) => outcomes.push(Outcome::Comment(text)),
                Ok(Line::ReconnectionTime(time)) => outcomes.push(Outcome::ReconnectionTime(time)),
                Ok(Line::Error(Error { kind, offset })) => {
                    outcomes.push(Outcome::Error { kind, offset });
                }
                Ok(Line::End(what)) => end = Some(what),
                Err(error) => bad(number, &error.to_string()),
            }
        }
        let Some(end) = end else {
            bad(text.lines().count(), "the end is missing")
        };

        let mut options = Options::default();
        if let Some(utf8) = head.utf8 {
            options.utf8 = match utf8 {
                Utf8::Replace => Utf8Policy::Replace,
                Utf8::Reject => Utf8Policy::Reject,
            };
        }
        if let Some(limit) = head.max_event_bytes {
            options.max_event_bytes = limit;
        }
        options.last_event_id = head.last_event_id.unwrap_or_default();
        Self {
            name,
            about: head.about,
            rules: head.rules,
            options,
            stream,
            expected: Transcript { outcomes, end },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    about: String,
    rules: Vec<String>,
    utf8: Option<Utf8>,
    max_event_bytes: Option<usize>,
    last_event_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Utf8 {
    Replace,
    Reject,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Event(Event),
    Comment(String),
    ReconnectionTime(u64),
    Error(Error),
    End(End),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    #[serde(rename = "type")]
    event_type: String,
    data: String,
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Error {
    kind: ErrorKind,
    offset: u64,
}

//! [`Transcript`]: everything that an event stream yields, in order, and how it ends. Parser, oracle and vectors are
//! compared by it.

use core::fmt::{self, Write as _};

use serde::Deserialize;
use sse_codec::{LastEventId, Parser, Utf8Policy};

/// How a stream is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by tests, which state every setting"
)]
pub struct Options {
    /// What happens to ill-formed UTF-8.
    pub utf8: Utf8Policy,
    /// The limit, in bytes.
    pub max_event_bytes: usize,
    /// The last event ID of the connection before.
    pub last_event_id: String,
    /// The reconnection time from the connection before, in milliseconds.
    pub reconnection_time: Option<u64>,
}

impl Options {
    /// Builds a parser with these settings. The reconnection time is not one: it can only come from a stream.
    ///
    /// # Panics
    ///
    /// If the last event ID holds a line end or U+0000.
    #[must_use]
    pub fn parser(&self) -> Parser {
        let id = LastEventId::new(self.last_event_id.as_str())
            .unwrap_or_else(|error| panic!("the vector's last event ID cannot be one: {error}"));
        Parser::builder()
            .utf8(self.utf8)
            .max_event_bytes(self.max_event_bytes)
            .last_event_id(id)
            .build()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            utf8: Utf8Policy::Replace,
            max_event_bytes: DEFAULT_MAX_EVENT_BYTES,
            last_event_id: String::new(),
            reconnection_time: None,
        }
    }
}

/// The documented default of `max_event_bytes`: 16 MiB.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// One thing that a stream yields.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests match on every outcome")]
pub enum Outcome {
    /// An event was dispatched.
    Event {
        /// Its event type.
        event_type: String,
        /// Its data.
        data: String,
        /// Its last event ID.
        last_event_id: String,
    },
    /// A comment ended, with this text behind its colon.
    Comment(String),
    /// The reconnection time was set, in milliseconds.
    ReconnectionTime(u64),
    /// An error.
    Error {
        /// What is wrong.
        kind: ErrorKind,
        /// Where in the stream, in bytes.
        offset: u64,
    },
}

/// What is wrong with a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "tests match on every kind")]
pub enum ErrorKind {
    /// A line is not well-formed UTF-8.
    Utf8,
    /// A line or a block is over the limit.
    TooLarge,
}

/// What holds when a stream has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by tests, which state every part"
)]
pub struct End {
    /// The last event ID.
    pub last_event_id: String,
    /// The reconnection time, in milliseconds.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reconnection_time: Option<u64>,
    /// What the end cut off.
    #[serde(deserialize_with = "Option::deserialize")]
    pub unfinished: Option<Unfinished>,
}

/// What the end of a stream cuts off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "tests match on both")]
pub enum Unfinished {
    /// A line without its line end.
    Line,
    /// A block without its blank line.
    Block,
}

/// Everything that a stream yields, and how it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by tests, which state every part"
)]
pub struct Transcript {
    /// What it yields, in order.
    pub outcomes: Vec<Outcome>,
    /// How it ends.
    pub end: End,
}

impl Transcript {
    /// Leaves only what the view of events shows: no comments and no reconnection times.
    #[must_use]
    pub fn without_items(&self) -> Self {
        let shown =
            |outcome: &&Outcome| matches!(outcome, Outcome::Event { .. } | Outcome::Error { .. });
        Self {
            outcomes: self.outcomes.iter().filter(shown).cloned().collect(),
            end: self.end.clone(),
        }
    }

    /// Compares with what is expected.
    ///
    /// # Errors
    ///
    /// If they differ: a text that shows both around the first difference.
    pub fn expect(&self, expected: &Self) -> Result<(), String> {
        if self == expected {
            return Ok(());
        }
        let same = self
            .outcomes
            .iter()
            .zip(&expected.outcomes)
            .take_while(|(got, wanted)| got == wanted)
            .count();
        let mut text = format!("differs after {same} equal outcomes\n");
        for (who, transcript) in [("expected", expected), ("got", self)] {
            let _ = writeln!(text, "  {who}:");
            for outcome in transcript.outcomes.iter().skip(same).take(4) {
                let _ = writeln!(text, "    {outcome}");
            }
            let left = transcript.outcomes.len().saturating_sub(same + 4);
            if left > 0 {
                let _ = writeln!(text, "    and {left} more");
            }
            let _ = writeln!(text, "    {}", transcript.end);
        }
        Err(text)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event {
                event_type,
                data,
                last_event_id,
            } => {
                write!(
                    f,
                    "event type={event_type:?} id={last_event_id:?} data={data:?}"
                )
            }
            Self::Comment(text) => write!(f, "comment {text:?}"),
            Self::ReconnectionTime(time) => write!(f, "reconnection time {time}"),
            Self::Error { kind, offset } => write!(f, "error {kind:?} at byte {offset}"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            last_event_id,
            reconnection_time,
            unfinished,
        } = self;
        write!(
            f,
            "end id={last_event_id:?} reconnection time={reconnection_time:?} unfinished={unfinished:?}"
        )
    }
}

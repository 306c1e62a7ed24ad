//! What a server writes on one connection, and what the client has to make of it.

use std::time::Duration;

use crate::happening::{Block, Data, Id, LineEnd};

/// A connection's event stream.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) bytes: Vec<u8>,
    /// How many of the bytes have arrived.
    pub(crate) fed: usize,
    pub(crate) planned: Vec<Planned>,
    /// The last event ID of all that was written.
    id: String,
    /// A block was left unfinished, and what follows would belong to it.
    unfinished: bool,
}

/// Something that the stream means, and how many of its bytes it takes to know.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) decided_at: usize,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    Event {
        data: String,
        id: String,
    },
    Comment,
    ReconnectionTime(Duration),
    Error,
    /// A block without an event has ended. Nothing to hand out, but it may have changed the last event ID.
    Id(String),
}

impl Script {
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn write(&mut self, block: &Block, reject: bool) {
        if self.unfinished {
            return;
        }
        let end: &[u8] = match block.line_end {
            LineEnd::Lf => b"\n",
            LineEnd::Cr => b"\r",
            LineEnd::CrLf => b"\r\n",
        };
        let line = |bytes: &mut Vec<u8>, text: &[u8]| {
            bytes.extend(text);
            // The line is known with the first byte of its end.
            let decided_at = bytes.len() + 1;
            bytes.extend(end);
            decided_at
        };
        if block.comment {
            let decided_at = line(&mut self.bytes, b":c");
            self.plan(decided_at, What::Comment);
        }
        if let Some(time) = block.reconnection_time {
            let decided_at = line(&mut self.bytes, format!("retry: {time}").as_bytes());
            let time = Duration::from_millis(time.into());
            self.plan(decided_at, What::ReconnectionTime(time));
        }
        let mut id = self.id.clone();
        if let Some(new) = block.id {
            line(&mut self.bytes, format!("id: {}", new.text()).as_bytes());
            if !matches!(new, Id::Nul) {
                id = new.text();
            }
        }
        let mut data = block.data.text();
        if let Some(text) = &data {
            let start = self.bytes.len();
            line(&mut self.bytes, format!("data: {text}").as_bytes());
            if matches!(block.data, Data::TooLarge) {
                self.plan(start + LIMIT + 1, What::Error);
                data = None;
            }
        }
        if block.ill_formed {
            let decided_at = line(&mut self.bytes, b"x: \xFF");
            if reject && !matches!(block.data, Data::TooLarge) {
                self.plan(decided_at, What::Error);
                data = None;
                id.clone_from(&self.id);
            }
        }
        if block.unfinished {
            self.unfinished = true;
            return;
        }
        let decided_at = line(&mut self.bytes, b"");
        self.id.clone_from(&id);
        let what = match data {
            Some(data) => What::Event { data, id },
            None => What::Id(id),
        };
        self.plan(decided_at, what);
    }

    /// Drops what was written and has not arrived.
    pub(crate) fn cut(&mut self) {
        self.bytes.truncate(self.fed);
        self.planned
            .retain(|planned| planned.decided_at <= self.fed);
    }

    fn plan(&mut self, decided_at: usize, what: What) {
        self.planned.push(Planned { decided_at, what });
    }
}

impl Id {
    pub(crate) fn text(self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Number(number) => number.to_string(),
            Self::NotAscii => "\u{20AC}\u{1F600}".to_owned(),
            Self::Control => "a\u{1B}b".to_owned(),
            Self::Blank => "  ".to_owned(),
            Self::Long => "l".repeat(8 * 1024 + 1),
            Self::AsLongAsPossible => "p".repeat(8 * 1024),
            Self::Nul => "a\0b".to_owned(),
        }
    }

    /// Whether an HTTP header can carry this ID, and would not be the same as none.
    pub(crate) fn can_be_sent(text: &str) -> bool {
        let is_text = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7F);
        text.len() <= 8 * 1024 && text.bytes().all(is_text) && text.bytes().any(|byte| byte > b' ')
    }
}

impl Data {
    fn text(self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Number(number) => Some(number.to_string()),
            Self::Long => Some("d".repeat(20_000)),
            Self::TooLarge => Some("t".repeat(LIMIT)),
        }
    }
}

/// The limit of an event, in bytes. A block of the longest ID and the longest data stays below it.
pub(crate) const LIMIT: usize = 40_000;

//! A slow, literal reading of the standard, with the additions of `sse-codec`, over a whole stream at once. It shares
//! no code with the codec and does nothing clever, so that the two can be compared.
//!
//! The words are those of
//! [`#event-stream-interpretation`](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
//! What the standard does not say (the limit, the policy Reject, the report at the end) is marked as an addition.

use sse_codec::Utf8Policy;

use crate::transcript::{End, ErrorKind, Options, Outcome, Transcript, Unfinished};

/// What a stream means, and how early each part of it must be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "read by tests")]
pub struct Reading {
    /// What the stream yields.
    pub transcript: Transcript,
    /// For each outcome, how many bytes of the stream decide it: it must come out as soon as they are there.
    pub decided_at: Vec<usize>,
}

/// Reads a whole stream.
#[must_use]
pub fn read(stream: &[u8], options: &Options) -> Reading {
    let mut oracle = Oracle::new(options);
    let mut unfinished_line = false;
    if BYTE_ORDER_MARK.starts_with(stream) && stream != BYTE_ORDER_MARK {
        // Not known to be text: nothing can be said about it but that it is there.
        unfinished_line = !stream.is_empty();
    } else {
        for line in lines(stream) {
            if line.end.is_none() {
                unfinished_line = !line.bytes.is_empty();
            }
            oracle.process_line(&line);
        }
    }
    oracle.finish(unfinished_line)
}

/// One line of the stream.
struct Line<'a> {
    /// The line without its line end and without a byte order mark before it.
    bytes: &'a [u8],
    /// Its place in the stream.
    start: usize,
    /// Where the first byte of its line end stands; `None` for what is left at the end of the stream.
    end: Option<usize>,
    /// How many bytes of the stream it takes to know that it does not start with a byte order mark.
    known_to_be_text: usize,
}

/// Cuts the stream into lines at CR, LF and CRLF. The last one has no line end, and may be empty.
fn lines(stream: &[u8]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let has_mark = stream.starts_with(BYTE_ORDER_MARK);
    let mut start = if has_mark { BYTE_ORDER_MARK.len() } else { 0 };
    let mut known_to_be_text = if has_mark {
        0
    } else {
        let same = stream
            .iter()
            .zip(BYTE_ORDER_MARK)
            .take_while(|(a, b)| a == b)
            .count();
        same + 1
    };
    let mut at = start;
    while at < stream.len() {
        let here = stream[at];
        if here != CR && here != LF {
            at += 1;
            continue;
        }
        lines.push(Line {
            bytes: &stream[start..at],
            start,
            end: Some(at),
            known_to_be_text,
        });
        let is_pair = here == CR && stream.get(at + 1) == Some(&LF);
        at += if is_pair { 2 } else { 1 };
        start = at;
        known_to_be_text = 0;
    }
    lines.push(Line {
        bytes: &stream[start..],
        start,
        end: None,
        known_to_be_text,
    });
    lines
}

/// What has become of the block that is being read. An addition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Whole,
    TooLarge,
    IllFormed,
}

struct Oracle<'a> {
    options: &'a Options,
    reading: Reading,

    data_buffer: String,
    event_type_buffer: String,
    last_event_id_buffer: String,
    last_event_id: String,
    reconnection_time: Option<u64>,

    fate: Fate,
    /// How many bytes the ID has that this block brought.
    id_bytes_of_block: usize,
    has_event_type_field: bool,
    has_id_field: bool,
}

impl<'a> Oracle<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            reading: Reading::default(),
            data_buffer: String::new(),
            event_type_buffer: String::new(),
            // Against the letter of the standard: see the rule `id-seed`.
            last_event_id_buffer: options.last_event_id.clone(),
            last_event_id: options.last_event_id.clone(),
            reconnection_time: options.reconnection_time,
            fate: Fate::Whole,
            id_bytes_of_block: 0,
            has_event_type_field: false,
            has_id_field: false,
        }
    }

    fn process_line(&mut self, line: &Line<'_>) {
        let limit = self.options.max_event_bytes;
        let is_comment = line.bytes.first() == Some(&b':');

        // Addition: the limit on a line. It does not wait for the line end.
        if !is_comment && line.bytes.len() > limit {
            if self.fate == Fate::Whole {
                let first_too_many = line.start + limit;
                let decided_at = (first_too_many + 1).max(line.known_to_be_text);
                self.error(ErrorKind::TooLarge, first_too_many, decided_at);
                self.fate = Fate::TooLarge;
            }
            return;
        }

        // "Once the end of the file is reached, any pending data must be discarded."
        let Some(end) = line.end else { return };
        let decided_at = end + 1;

        // "If the line is empty (a blank line)"
        if line.bytes.is_empty() {
            self.dispatch(decided_at);
            return;
        }

        // Addition: nothing in an ill-formed block counts.
        if self.fate == Fate::IllFormed {
            return;
        }
        let text = match (self.options.utf8, core::str::from_utf8(line.bytes)) {
            (_, Ok(text)) => text.to_owned(),
            (Utf8Policy::Reject, Err(error)) => {
                // Addition: the policy Reject.
                if self.fate == Fate::Whole {
                    let offset = line.start + error.valid_up_to();
                    self.error(ErrorKind::Utf8, offset, decided_at);
                    self.fate = Fate::IllFormed;
                    self.last_event_id_buffer = self.last_event_id.clone();
                }
                return;
            }
            (_, Err(_)) => String::from_utf8_lossy(line.bytes).into_owned(),
        };

        // "If the line starts with a U+003A COLON character (:): Ignore the line."
        if is_comment {
            // Addition: comments are outcomes too, unless they are longer than the limit.
            if self.fate == Fate::Whole && text.len() <= limit {
                self.outcome(Outcome::Comment(text[1..].to_owned()), decided_at);
            }
            return;
        }

        // "Collect the characters on the line before the first U+003A COLON character (:) ...
        // If value starts with a U+0020 SPACE character, remove it from value."
        // "Otherwise ... using the whole line as the field name, and the empty string as the field value."
        let (name, value) = match text.find(':') {
            Some(colon) => {
                let value = &text[colon + 1..];
                (&text[..colon], value.strip_prefix(' ').unwrap_or(value))
            }
            None => (text.as_str(), ""),
        };

        // Addition: in the rest of a block that is too large only the ID counts.
        if self.fate == Fate::TooLarge {
            if name == "id" && !value.contains('\0') && value.len() <= limit {
                self.last_event_id_buffer = value.to_owned();
            }
            return;
        }

        self.process_field(name, value, decided_at);

        // Addition: the limit on what the block holds for its event.
        let data_bytes = self.data_buffer.len().saturating_sub(1);
        if data_bytes + self.event_type_buffer.len() + self.id_bytes_of_block > limit {
            self.error(ErrorKind::TooLarge, line.start, decided_at);
            self.fate = Fate::TooLarge;
        }
    }

    /// "The steps to process the field given a field name and a field value"
    fn process_field(&mut self, name: &str, value: &str, decided_at: usize) {
        match name {
            "event" => {
                self.event_type_buffer = value.to_owned();
                self.has_event_type_field = true;
            }
            "data" => {
                self.data_buffer.push_str(value);
                self.data_buffer.push('\n');
            }
            // "If the field value does not contain U+0000 NULL ... Otherwise, ignore the field."
            "id" if !value.contains('\0') => {
                // Addition: an ID that is longer than the limit by itself counts, but is not kept.
                if value.len() <= self.options.max_event_bytes {
                    self.last_event_id_buffer = value.to_owned();
                }
                self.id_bytes_of_block = value.len();
                self.has_id_field = true;
            }
            "retry" => {
                let only_digits = value.bytes().all(|byte| byte.is_ascii_digit());
                // An empty value and one too large are no numbers to `parse`: see `retry-empty`, `retry-too-large`.
                if let (true, Ok(time)) = (only_digits, value.parse::<u64>()) {
                    self.reconnection_time = Some(time);
                    self.outcome(Outcome::ReconnectionTime(time), decided_at);
                }
            }
            _ => {}
        }
    }

    /// "dispatch the event", see
    /// [`#dispatchMessage`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage).
    fn dispatch(&mut self, decided_at: usize) {
        // For an ill-formed block the buffer holds the former ID again.
        self.last_event_id = self.last_event_id_buffer.clone();

        if self.fate == Fate::Whole && !self.data_buffer.is_empty() {
            if self.data_buffer.ends_with('\n') {
                self.data_buffer.pop();
            }
            let mut event_type = "message".to_owned();
            if !self.event_type_buffer.is_empty() {
                event_type = self.event_type_buffer.clone();
            }
            let event = Outcome::Event {
                event_type,
                data: self.data_buffer.clone(),
                last_event_id: self.last_event_id.clone(),
            };
            self.outcome(event, decided_at);
        }

        self.data_buffer.clear();
        self.event_type_buffer.clear();
        self.fate = Fate::Whole;
        self.id_bytes_of_block = 0;
        self.has_event_type_field = false;
        self.has_id_field = false;
    }

    /// Addition: the report at the end of the stream.
    fn finish(mut self, unfinished_line: bool) -> Reading {
        let unfinished_block = self.fate != Fate::Whole
            || !self.data_buffer.is_empty()
            || self.has_event_type_field
            || self.has_id_field;
        self.reading.transcript.end = End {
            last_event_id: self.last_event_id,
            reconnection_time: self.reconnection_time,
            unfinished: if unfinished_line {
                Some(Unfinished::Line)
            } else if unfinished_block {
                Some(Unfinished::Block)
            } else {
                None
            },
        };
        self.reading
    }

    fn error(&mut self, kind: ErrorKind, offset: usize, decided_at: usize) {
        let offset = offset as u64;
        self.outcome(Outcome::Error { kind, offset }, decided_at);
    }

    fn outcome(&mut self, outcome: Outcome, decided_at: usize) {
        self.reading.transcript.outcomes.push(outcome);
        self.reading.decided_at.push(decided_at);
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const CR: u8 = b'\r';
const LF: u8 = b'\n';

//! The line that crosses the end of a chunk.
//!
//! Its bytes are kept until the line ends, so that a chunk in the middle of a line costs little more than the copy, and a
//! line that came in many small pieces is validated in one go. Only a long line of data goes on to the data buffer
//! piece by piece, or it would be held twice, and validated when it has left the processor's cache.

use alloc::string::String;
use alloc::vec::Vec;
use core::mem;

use super::{Cursor, Outcome};
use crate::capacity;
use crate::error::ParseError;
use crate::field;
use crate::interpreter::{Block, TooLarge};
use crate::parser::{OpenKind, OpenLine, Parser};
use crate::utf8::{self, BYTE_ORDER_MARK, Decoder, IllFormed, Utf8Policy};

impl Cursor<'_, '_> {
    /// Compares the start of the stream with a byte order mark. Bytes that are not one are the start of a line.
    pub(super) fn match_mark(&mut self) {
        let unread = self.remainder();
        // Less than all of it has been matched, or nobody would come here.
        let (matched, missing) = BYTE_ORDER_MARK.split_at(self.parser.mark_matched);
        let more = missing
            .iter()
            .zip(unread)
            .take_while(|(a, b)| a == b)
            .count();
        self.text_end += more;
        if more == missing.len() || more == unread.len() {
            self.parser.mark_matched += more;
            return;
        }
        // No mark. What looked like one may have come in earlier chunks.
        self.parser.mark_matched = BYTE_ORDER_MARK.len();
        let len = matched.len() + more;
        if len > 0 {
            let start = self.offset() - len as u64;
            let open_line = &mut self.parser.open_line;
            open_line.kind = OpenKind::Kept;
            open_line.start = start;
            open_line.len = len;
            open_line
                .bytes
                .extend_from_slice(BYTE_ORDER_MARK.split_at(len).0);
        }
    }

    /// Handles the end of the chunk, where there is no line end any more: the bytes begin a line.
    pub(super) fn open_line(&mut self) -> Result<(), ParseError> {
        self.parser.forget_comment();
        let bytes = self.chunk.get(self.text_end..).unwrap_or_default();
        let is_comment = bytes.first() == Some(&b':');
        let open_line = &mut self.parser.open_line;
        open_line.start = self.chunk_offset + self.text_end as u64;
        open_line.kind = match self.parser.interpreter.block() {
            _ if is_comment && self.comments_ignored => OpenKind::Ignored,
            Block::Read if is_comment => {
                open_line.decoder = Decoder::at(open_line.start);
                OpenKind::Comment {
                    collected: self.items,
                }
            }
            Block::Read => OpenKind::Kept,
            Block::SkippedButForId if !is_comment => OpenKind::Kept,
            Block::SkippedButForId | Block::Skipped => OpenKind::Ignored,
        };
        self.extend_open_line(bytes)?;
        self.text_end = self.chunk.len();
        Ok(())
    }

    /// Goes on with a line whose bytes are kept, or data, if it is within the limit, and ends it if it is of the usual kind. That is
    /// what there is to small chunks most of the time, and the whole way is several times as long. Returns whether this was
    /// all that there is to do for the chunk.
    #[inline]
    pub(super) fn read_piece(&mut self) -> bool {
        let line = &mut self.parser.open_line;
        if !matches!(line.kind, OpenKind::Kept | OpenKind::Data { .. }) {
            return false;
        }
        let Some(unread) = self.chunk.get(self.text_end..) else {
            return false;
        };
        let is_long = unread.len() >= LONG_PIECE && line.len >= LONG_PIECE;
        let end = if is_long {
            self.line_ends.next_of_long_line(self.chunk, self.text_end)
        } else {
            self.line_ends.next(self.chunk, self.text_end)
        };
        let piece = match end {
            Some(end) => unread.get(..end - self.text_end).unwrap_or_default(),
            None => unread,
        };
        let len = line.len.saturating_add(piece.len());
        if len > self.parser.interpreter.max_event_bytes() {
            return false;
        }
        line.len = len;
        let room = line.bytes.capacity() - line.bytes.len();
        let is_short = piece.len() <= room.min(LONG_PIECE);
        if is_short {
            line.bytes.extend_from_slice(piece);
        } else {
            self.extend_long_line(piece);
        }
        let Some(end) = end else {
            self.text_end = self.chunk.len();
            return is_short;
        };
        if self.parser.open_line.kind == OpenKind::Kept && self.close_usual_line() {
            self.consume_line_end(end);
            self.keep_rest()
        } else {
            // The whole way comes by here again.
            self.text_end = end;
            false
        }
    }

    /// Keeps the rest of the chunk, if it is a short piece of a line. Returns whether nothing is left then. The block is not
    /// skipped.
    #[inline]
    fn keep_rest(&mut self) -> bool {
        let rest = self.chunk.get(self.text_end..).unwrap_or_default();
        let Some(first) = rest.first() else {
            return true;
        };
        let line = &mut self.parser.open_line;
        let room = line.bytes.capacity().min(LONG_PIECE);
        let limit = self.parser.interpreter.max_event_bytes();
        if matches!(first, b':' | b'\r' | b'\n')
            || rest.len() > room.min(limit)
            || self.line_ends.next(self.chunk, self.text_end).is_some()
        {
            return false;
        }
        line.kind = OpenKind::Kept;
        line.start = self.chunk_offset + self.text_end as u64;
        line.len = rest.len();
        line.bytes.extend_from_slice(rest);
        self.text_end = self.chunk.len();
        true
    }

    /// Goes on with the line that an earlier chunk has begun.
    pub(super) fn read_open_line(&mut self) -> Outcome {
        let unread = self.chunk.get(self.text_end..).unwrap_or_default();
        let end = self.line_ends.next(self.chunk, self.text_end);
        let rest_of_line = match end {
            Some(end) => unread.get(..end - self.text_end).unwrap_or_default(),
            None => unread,
        };
        self.extend_open_line(rest_of_line)?;
        match end {
            Some(end) => {
                self.consume_line_end(end);
                self.close_open_line()
            }
            None => {
                self.text_end = self.chunk.len();
                Ok(None)
            }
        }
    }

    /// Adds bytes to the open line. If that makes it too long, nothing is consumed: the line is ignored from then on, and
    /// comes here again.
    #[inline]
    fn extend_open_line(&mut self, bytes: &[u8]) -> Result<(), ParseError> {
        let line = &mut self.parser.open_line;
        line.len = line.len.saturating_add(bytes.len());
        if !matches!(line.kind, OpenKind::Kept | OpenKind::Data { .. }) {
            if matches!(line.kind, OpenKind::Comment { .. }) {
                self.decode(Some(bytes));
            }
            return Ok(());
        }
        if line.len > self.parser.interpreter.max_event_bytes() {
            return self.refuse_open_line();
        }
        // What is long enough to be worth a call goes straight to where it belongs.
        let room = line.bytes.capacity() - line.bytes.len();
        if bytes.len() <= room && bytes.len() < LONG_PIECE {
            line.bytes.extend_from_slice(bytes);
        } else {
            self.extend_long_line(bytes);
        }
        Ok(())
    }

    /// Ignores the open line, which has become longer than the limit.
    #[cold]
    fn refuse_open_line(&mut self) -> Result<(), ParseError> {
        let limit = self.parser.interpreter.max_event_bytes();
        let line = &mut self.parser.open_line;
        let offset = line.start + limit as u64;
        line.close();
        line.kind = OpenKind::Ignored;
        match self.parser.interpreter.block() {
            Block::Read => Err(self.too_large(offset)),
            Block::SkippedButForId | Block::Skipped => Ok(()),
        }
    }

    /// Adds bytes to the open line that do not fit where its bytes are kept.
    #[inline(never)]
    fn extend_long_line(&mut self, bytes: &[u8]) {
        let line = &mut self.parser.open_line;
        let is_short = bytes.len() < LONG_PIECE;
        let fits = line.bytes.len() + bytes.len() <= KEPT_DATA;
        match line.kind {
            OpenKind::Kept | OpenKind::Data { .. } if is_short && fits => self.keep(bytes),
            OpenKind::Kept => {
                if self.parser.interpreter.block() != Block::Read || !self.begin_data(bytes) {
                    self.keep(bytes);
                }
            }
            OpenKind::Data { .. } => {
                self.decode_kept();
                if is_short {
                    self.keep(bytes);
                } else {
                    self.decode(Some(bytes));
                }
            }
            OpenKind::None | OpenKind::Ignored | OpenKind::Comment { .. } => {}
        }
    }

    /// Adds bytes to those that are kept of the open line.
    fn keep(&mut self, bytes: &[u8]) {
        let Parser {
            interpreter,
            open_line: OpenLine { bytes: kept, .. },
            ..
        } = &mut *self.parser;
        let limit = interpreter.max_event_bytes();
        if let Some(grown) = capacity::grown(kept.len(), kept.capacity(), bytes.len(), limit) {
            interpreter.make_room(grown);
            capacity::reserve_bytes(kept, bytes.len(), limit);
        }
        kept.extend_from_slice(bytes);
    }

    /// If the open line with these bytes is known to be data, lets its value go to the data buffer. Returns whether it is.
    fn begin_data(&mut self, bytes: &[u8]) -> bool {
        let open_line = &mut self.parser.open_line;
        let mut start = [0; KNOWN_BY];
        let mut known = open_line.bytes.iter().chain(bytes);
        for place in &mut start {
            let Some(byte) = known.next() else {
                return false;
            };
            *place = *byte;
        }
        if !start.starts_with(DATA_FIELD) {
            return false;
        }
        let field::Line { value_start, .. } = field::read_bytes(&start);
        open_line.kind = OpenKind::Data { too_large: false };
        open_line.decoder = Decoder::at(open_line.start + value_start as u64);
        let kept = mem::take(&mut open_line.bytes);
        self.parser.interpreter.begin_data_line();
        if let Some(value) = kept.get(value_start..) {
            self.decode(Some(value));
        }
        let value_start = value_start.saturating_sub(kept.len());
        self.decode(bytes.get(value_start..));
        self.parser.open_line.take_back(kept);
        true
    }

    /// Lets the bytes of a data line that have been kept go to the data buffer.
    fn decode_kept(&mut self) {
        if self.parser.open_line.bytes.is_empty() {
            return;
        }
        let kept = mem::take(&mut self.parser.open_line.bytes);
        self.decode(Some(&kept));
        self.parser.open_line.take_back(kept);
    }

    /// Decodes further bytes of the open line, or with `None` its end, and lets the text go where it belongs.
    fn decode(&mut self, bytes: Option<&[u8]>) {
        let Parser {
            interpreter,
            open_line,
            comment,
            ..
        } = &mut *self.parser;
        let OpenLine { kind, decoder, .. } = open_line;
        let limit = interpreter.max_event_bytes();
        let text = |text: &str| match kind {
            OpenKind::Data { too_large } => {
                *too_large = *too_large || interpreter.append_data_within_limit(text).is_err();
            }
            OpenKind::Comment { collected: true } => {
                if comment.len().saturating_add(text.len()) > limit {
                    *kind = OpenKind::Comment { collected: false };
                    *comment = String::new();
                } else {
                    let (len, more) = (comment.len(), text.len());
                    if let Some(grown) = capacity::grown(len, comment.capacity(), more, limit) {
                        interpreter.make_room(grown);
                        capacity::reserve(comment, more, limit);
                    }
                    comment.push_str(text);
                }
            }
            OpenKind::Comment { collected: false }
            | OpenKind::None
            | OpenKind::Kept
            | OpenKind::Ignored => {}
        };
        match bytes {
            Some(bytes) => decoder.push(bytes, text),
            None => decoder.finish(text),
        }
    }

    /// Ends the open line.
    fn close_open_line(&mut self) -> Outcome {
        match self.parser.open_line.kind {
            OpenKind::None | OpenKind::Ignored => {
                self.parser.open_line.close();
                Ok(None)
            }
            OpenKind::Kept => {
                if self.close_usual_line() {
                    return Ok(None);
                }
                let start = self.parser.open_line.start;
                let bytes = mem::take(&mut self.parser.open_line.bytes);
                self.parser.open_line.close();
                let outcome = self.kept_line(&bytes, start);
                self.parser.open_line.take_back(bytes);
                outcome
            }
            OpenKind::Comment { .. } | OpenKind::Data { .. } => self.close_decoded_line(),
        }
    }

    /// Ends the open line, if it is short, well-formed, and data in its usual spelling. Returns whether it is.
    #[inline]
    fn close_usual_line(&mut self) -> bool {
        let Parser {
            interpreter,
            open_line,
            ..
        } = &mut *self.parser;
        let bytes = &mut open_line.bytes;
        let len = bytes.len();
        if bytes.capacity() > KEPT_DATA || interpreter.block() != Block::Read {
            return false;
        }
        if let Some(padding) = PADDING.get(len..) {
            // What is added is no part of any character, so it makes no difference.
            bytes.extend_from_slice(padding);
        }
        let text = utf8::validate(bytes, false).ok();
        let line = text.and_then(|text| text.get(..len));
        let value = line.and_then(field::usual_data);
        let is_usual = value.is_some_and(|value| interpreter.data_line(value));
        if is_usual {
            bytes.clear();
            open_line.kind = OpenKind::None;
            open_line.len = 0;
        } else {
            bytes.truncate(len);
        }
        is_usual
    }

    /// Ends the open line, whose bytes have been decoded.
    #[inline(never)]
    fn close_decoded_line(&mut self) -> Outcome {
        self.decode_kept();
        self.decode(None);
        let OpenLine {
            kind,
            start,
            decoder,
            ..
        } = self.parser.open_line;
        self.parser.open_line.close();
        match (self.parser.utf8, decoder.first_fault(), kind) {
            (Utf8Policy::Reject, Some(fault), _) => Err(self.ill_formed(fault)),
            (_, _, OpenKind::Comment { collected: true }) => Ok(Some(self.collected_comment())),
            (_, _, OpenKind::Data { too_large }) => {
                let within = self.parser.interpreter.end_data_line(too_large);
                within
                    .map(|()| None)
                    .map_err(|TooLarge| self.too_large(start))
            }
            _ => Ok(None),
        }
    }

    /// Handles a line whose bytes were kept over the end of a chunk.
    #[inline(never)]
    fn kept_line(&mut self, line: &Vec<u8>, start: u64) -> Outcome {
        if line.capacity() > KEPT_DATA {
            // The value is there twice for a moment; as text it can be three times as long.
            let interpreter = &mut self.parser.interpreter;
            let text = line.len().saturating_mul(3);
            let text = text.min(interpreter.max_event_bytes());
            interpreter.make_room(line.capacity().saturating_add(text));
        }
        let text = match utf8::validate(line, false) {
            Ok(text) => text,
            Err(IllFormed { valid_up_to }) => {
                return self.ill_formed_line(line, start, valid_up_to as u64);
            }
        };
        let (kind, value) = field::read(text);
        let interpreter = &mut self.parser.interpreter;
        if interpreter.block() != Block::Read {
            interpreter.process_skipped(kind, value);
            return Ok(None);
        }
        match interpreter.process_copied(kind, value) {
            Ok(time) => Ok(self.time_if_asked(time)),
            Err(TooLarge) => Err(self.too_large(start)),
        }
    }
}

/// Bytes from which on the processor's vector instructions are used to validate them.
const FAST_TO_VALIDATE: usize = 64;

/// ASCII to fill up with.
const PADDING: &[u8; FAST_TO_VALIDATE] = &[b' '; FAST_TO_VALIDATE];

/// The data field's name and the colon.
const DATA_FIELD: &[u8] = b"data:";

/// How many bytes tell that a line is data, and whether a space follows its colon.
const KNOWN_BY: usize = DATA_FIELD.len() + 1;

/// Bytes of a data line that are kept before they go to the data buffer.
const KEPT_DATA: usize = 4 * 1024;

/// Length of a piece of a data line, in bytes, from which on it goes to the data buffer at once.
const LONG_PIECE: usize = 512;

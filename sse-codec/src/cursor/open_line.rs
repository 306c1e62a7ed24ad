//! The line that crosses the end of a chunk, where [`Parser::read_piece`](crate::parser::Parser::read_piece) is not all that there is to
//! it.

use alloc::vec::Vec;
use core::mem;

use super::{Cursor, HUGE_LINE, Outcome};
use crate::error::ParseError;
use crate::field;
use crate::interpreter::{Block, TooLarge};
use crate::masks;
use crate::parser::{OpenKind, OpenLine};
use crate::piece::{DATA_FIELD, KEPT_DATA, LONG_PIECE};
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

    /// Keeps the chunk from `start` on, where a block starts, to be read when the block ends. Returns whether it has done so. All that is
    /// pending has come behind `start`.
    #[inline]
    pub(super) fn keep_block(&mut self, start: usize) -> bool {
        let kept = start..self.text_end;
        let is_kept =
            self.blocks_kept && self.parser.keep_block(self.chunk, kept, self.chunk_offset);
        if is_kept {
            self.pending.clear();
            self.text_end = self.chunk.len();
        }
        is_kept
    }

    /// Handles the end of the chunk, where there is no line end any more: the bytes begin a line.
    pub(super) fn open_line(&mut self) -> Result<(), ParseError> {
        if self.keep_block(self.text_end) {
            return Ok(());
        }
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

    /// Reads a huge line of data up to its last piece, if one stands next, as if it had come in many chunks.
    ///
    /// To find its end, to validate it, and to copy it to its event would be three ways through memory. In pieces it is one.
    pub(super) fn read_huge_line(&mut self) {
        let parser = &mut *self.parser;
        if parser.open_line.kind != OpenKind::None
            || parser.interpreter.block() != Block::Read
            || parser.mark_matched < BYTE_ORDER_MARK.len()
            || parser.swallow_lf
        {
            return;
        }
        let start = self.chunk.get(self.text_end..self.text_end + HUGE_LINE);
        if !start.is_some_and(is_huge_data) {
            return;
        }
        parser.forget_comment();
        parser.open_line.kind = OpenKind::Kept;
        parser.open_line.start = self.chunk_offset + self.text_end as u64;
        self.text_end = parser.read_huge_piece(self.chunk, self.text_end);
    }

    /// Goes on with the line that an earlier chunk has begun.
    pub(super) fn read_open_line(&mut self) -> Outcome {
        let unread = self.chunk.get(self.text_end..).unwrap_or_default();
        let end = self.parser.line_ends.next(self.chunk, self.text_end);
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
                self.parser.decode(Some(bytes));
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
            self.parser.extend_long_line(bytes);
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

    /// Ends the open line.
    fn close_open_line(&mut self) -> Outcome {
        match self.parser.open_line.kind {
            OpenKind::None | OpenKind::Block | OpenKind::Ignored => {
                self.parser.open_line.close();
                Ok(None)
            }
            OpenKind::Kept => {
                if self.parser.close_usual_line() {
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

    /// Ends the open line, whose bytes have been decoded.
    #[inline(never)]
    fn close_decoded_line(&mut self) -> Outcome {
        self.parser.decode_kept();
        self.parser.decode(None);
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

/// Whether some bytes, which are many, are the start of one line of data.
#[inline]
fn is_huge_data(bytes: &[u8]) -> bool {
    // Nearly every line is short, and to look far ahead for each would be to wait for the memory.
    bytes.starts_with(DATA_FIELD)
        && bytes
            .first_chunk()
            .is_some_and(|near: &[u8; NEAR]| !masks::may_have_ends(near))
        && !masks::may_have_ends(bytes)
}

/// Bytes in which most lines end.
const NEAR: usize = 1024;

//! Whole lines of validated text, of all kinds.

use core::mem;

use super::quick_event::without_line_end;
use super::{Cursor, Outcome, Step};
use crate::field::{self, Kind};
use crate::interpreter::{Block, TooLarge};
use crate::line;

impl<'a> Cursor<'_, 'a> {
    /// Goes on to the next thing to hand out. There is text.
    #[inline(never)]
    pub(super) fn step_in_text(&mut self) -> Step {
        let is_start = !self.items && !self.pending.is_anything();
        if is_start && self.parser.interpreter.is_idle() {
            self.skip_comments();
            if let Some(step) = self.usual_lines() {
                return step;
            }
        }
        loop {
            while let Some((start, line)) = self.consume_line() {
                if !line.is_empty() {
                    if let Some(step) = self.line(line, start) {
                        return step;
                    }
                    if !self.consume_blank_line() {
                        continue;
                    }
                }
                if let Some(step) = self.blank_line() {
                    return step;
                }
            }
            if let Some(step) = self.read() {
                return step;
            }
        }
    }

    /// Consumes comments that nobody asks for, and the blank lines behind them. The block has brought nothing yet.
    #[inline]
    fn skip_comments(&mut self) {
        let mut text = self.text;
        while let Some(from_value) = text.strip_prefix(':') {
            let start = self.text_end - from_value.len();
            let len = self.parser.line_ends.short_len_in_window(start);
            let cut = from_value.split_at_checked(len);
            let Some(behind) = cut.and_then(|(_, from_end)| without_line_end(from_end)) else {
                break;
            };
            text = without_line_end(behind).unwrap_or(behind);
        }
        self.text = text;
        self.block_start = self.consumed();
    }

    /// Reads an `event`, an `id`, a `retry` line and `data` lines that stand next in the text, as far as they are of the usual kind and in
    /// this order, and the blank line behind them. The block has brought nothing yet.
    #[inline]
    fn usual_lines(&mut self) -> Option<Step> {
        if self.text.len() > self.parser.interpreter.max_event_bytes() {
            return None;
        }
        if let Some(from_value) = field::usual_event_type(self.text) {
            let (value, behind) = self.usual_line(from_value)?;
            self.text = behind;
            self.pending.set_event_type(value);
        }
        if let Some(from_value) = field::usual_id(self.text) {
            let (value, behind) = self.usual_line(from_value)?;
            self.text = behind;
            self.pending.set_id(value);
        }
        if let Some(from_value) = field::usual_reconnection_time(self.text) {
            let (value, behind) = self.usual_line(from_value)?;
            self.text = behind;
            let _ = self.parser.interpreter.set_reconnection_time(value);
        }
        let from_value = field::usual_data(self.text)?;
        let (value, behind) = self.usual_line(from_value)?;
        let line = mem::replace(&mut self.text, behind);
        if field::usual_data(behind).is_none() {
            self.pending.set_data(value);
        } else if !self.join_data_lines(value) {
            self.text = line;
            return None;
        }
        if self.consume_blank_line() {
            self.blank_line()
        } else {
            None
        }
    }

    /// Splits some text that ends where the text does into the rest of a line and what stands behind its end, if that is not a CR alone.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a call with two texts to return takes as long as the line"
    )]
    fn usual_line(&mut self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let (line, from_end) = self.split_line(text)?;
        Some((line, without_line_end(from_end)?))
    }

    /// Consumes a line of the text with its end, and returns where it starts, and it without its end. `None` if there is no
    /// text.
    #[inline]
    fn consume_line(&mut self) -> Option<(usize, &'a str)> {
        let text = self.text;
        if text.is_empty() {
            return None;
        }
        let start = self.text_end - text.len();
        let len = self.parser.line_ends.short_len_in_window(start);
        let cut = text.split_at_checked(len);
        let line = if let Some((line, behind)) =
            cut.and_then(|(line, from_end)| Some((line, without_line_end(from_end)?)))
        {
            self.text = behind;
            line
        } else {
            self.consume_unusual_line(start)
        };
        Some((start, line))
    }

    /// Consumes the line of the text that starts at `start`, if its end is not in the window, or a CR alone, or not the first that
    /// might be one.
    #[inline(never)]
    fn consume_unusual_line(&mut self, start: usize) -> &'a str {
        let text = self.text;
        // Text ends with a line end, so there is one; and it is ASCII, so text can be cut there.
        let end = self.parser.line_ends.next(self.chunk, start);
        let cut = end.and_then(|end| text.split_at_checked(end - start));
        let Some((line, from_end)) = cut else {
            self.text = "";
            return text;
        };
        self.text = if let Some(behind) = without_line_end(from_end) {
            behind
        } else {
            // What stands behind the text is no LF, or it would be part of it.
            self.parser.swallow_lf = from_end.len() == 1 && self.text_end == self.chunk.len();
            from_end.strip_prefix("\r").unwrap_or_default()
        };
        line
    }

    /// Consumes a blank line of the text, if all of one stands next. One that ends with a CR alone is left: it comes up by
    /// itself.
    #[inline]
    fn consume_blank_line(&mut self) -> bool {
        let behind = without_line_end(self.text);
        self.text = behind.unwrap_or(self.text);
        behind.is_some()
    }

    /// Handles a line of the text, which starts at `start`, is not blank, and has been consumed.
    #[inline]
    fn line(&mut self, line: &'a str, start: usize) -> Option<Step> {
        let (kind, value) = field::read(line);
        // Most lines take no more than to remember where the value stands.
        match kind {
            Kind::Data => {
                let is_first = self.is_simple() && !self.pending.has_data();
                if is_first && field::usual_data(self.text).is_none() {
                    self.pending.set_data(value);
                    return None;
                }
                if self.join_data_lines(value) {
                    return None;
                }
            }
            Kind::Comment => {
                if !self.items {
                    return None;
                }
            }
            Kind::EventType => {
                if self.is_simple() {
                    self.pending.set_event_type(value);
                    return None;
                }
            }
            Kind::Id => {
                if self.is_simple() {
                    self.pending.set_id(value);
                    return None;
                }
            }
            Kind::ReconnectionTime => {
                if self.is_simple() && !self.items {
                    let _ = self.parser.interpreter.set_reconnection_time(value);
                    return None;
                }
            }
            Kind::Unknown => {}
        }
        self.line_in_full(kind, line, value, start)
    }

    /// Whether all that the block has brought is pending, and within the limit.
    #[inline]
    fn is_simple(&self) -> bool {
        let interpreter = &self.parser.interpreter;
        // What is pending can only exceed the limit if the lines that it stands in do.
        interpreter.is_idle() && self.consumed() - self.block_start <= interpreter.max_event_bytes()
    }

    /// Handles a line of the text that takes more than to remember where its value stands.
    #[inline(never)]
    fn line_in_full(
        &mut self,
        kind: Kind,
        line: &'a str,
        value: &'a str,
        start: usize,
    ) -> Option<Step> {
        let outcome = self.try_line_in_full(kind, line, value, start);
        self.settle(outcome)
    }

    /// Joins the value of a `data` line to the data, and with it those of the lines that stand next in the text, as far as they are of
    /// the usual kind. Returns `false` if it takes [`line_in_full`](Self::line_in_full); then the line has not been processed.
    #[inline(never)]
    fn join_data_lines(&mut self, value: &str) -> bool {
        if self.parser.interpreter.block() != Block::Read {
            return false;
        }
        if self.pending.has_data() {
            self.spill();
        }
        let interpreter = &mut self.parser.interpreter;
        // Event type and ID stay pending. They may be to take the place of others, so there may be more room; then the whole way
        // finds it. A line is within the limit too, hence its name counts here.
        let room = interpreter.room().saturating_sub(self.pending.len());
        let Some(room) = room.checked_sub(value.len() + USUAL_DATA_NAME) else {
            return false;
        };
        interpreter.begin_joining(value);
        // What there is room for as it stands there is within the limit, wherever it is cut.
        let lines = text_up_to(self.text, room);
        let lines_end = self.text_end - self.text.len() + lines.len();
        let line_ends = &mut self.parser.line_ends;
        let mut joined = 0;
        while let Some(from_value) = lines.get(joined..).and_then(field::usual_data) {
            let behind = line_ends.behind_start(lines_end - from_value.len());
            let from_value = interpreter.join_usual_lines(from_value, line_ends, behind);
            joined = lines.len() - from_value.len();
            // The last line, or one that is not like the others.
            let start = lines_end - from_value.len();
            let mut len = line_ends.short_len_in_window(start);
            if len == line::NONE {
                len = line_ends
                    .look_further(self.chunk, start)
                    .wrapping_sub(start);
            }
            let up_to_end = from_value.get(..len.wrapping_add(1));
            let Some(value) = up_to_end.filter(|value| value.ends_with('\n')) else {
                joined -= USUAL_DATA_NAME;
                break;
            };
            interpreter.join_data(value);
            joined += value.len();
        }
        interpreter.end_joining();
        self.text = self.text.get(joined..).unwrap_or_default();
        true
    }

    fn try_line_in_full(
        &mut self,
        kind: Kind,
        line: &'a str,
        value: &'a str,
        start: usize,
    ) -> Outcome {
        let offset = self.chunk_offset + start as u64;
        if line.len() > self.parser.interpreter.max_event_bytes() {
            return self.long_line(kind, offset);
        }
        if self.parser.interpreter.block() != Block::Read {
            self.parser.interpreter.process_skipped(kind, value);
            return Ok(None);
        }
        // A reconnection time that nobody asks for touches nothing that is pending.
        if kind != Kind::ReconnectionTime || self.items {
            self.spill();
        }
        if kind == Kind::Comment {
            self.comment = Some(value);
            return Ok(Some(Step::Comment));
        }
        match self.parser.interpreter.process_copied(kind, value) {
            Ok(time) => Ok(self.time_if_asked(time)),
            Err(TooLarge) => Err(self.too_large(offset)),
        }
    }
}

/// Returns the start of some text, as far as `len` bytes hold whole characters.
fn text_up_to(text: &str, len: usize) -> &str {
    if text.len() <= len {
        return text;
    }
    // No character has more than four bytes.
    let start = (0..4).find_map(|less| text.get(..len.checked_sub(less)?));
    start.unwrap_or_default()
}

/// Bytes in front of the value of a `data` line in its usual spelling, which is the longest. That is more than the two LFs by which the
/// value is joined to others.
const USUAL_DATA_NAME: usize = "data: ".len();

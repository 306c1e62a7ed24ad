//! Whole lines of validated text, of all kinds.

use super::quick_event::without_line_end;
use super::{Cursor, Outcome, Step};
use crate::field::{self, Kind};
use crate::interpreter::{Block, TooLarge};
use crate::line;

impl<'a> Cursor<'_, 'a> {
    /// Goes on to the next thing to hand out. There is text.
    #[inline(never)]
    pub(super) fn step_in_text(&mut self) -> Step {
        self.skip_comments();
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

    /// Consumes comments that nobody asks for, and the blank lines behind them, if the block has brought nothing yet.
    #[inline]
    fn skip_comments(&mut self) {
        if self.items || self.pending.is_anything() || !self.parser.interpreter.is_idle() {
            return;
        }
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
                if self.is_simple() && !self.pending.has_data() {
                    self.pending.set_data(value);
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
            Kind::ReconnectionTime | Kind::Unknown => {}
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
        if kind == Kind::Data && self.parser.interpreter.block() == Block::Read {
            self.join_data_lines();
        }
        self.settle(outcome)
    }

    /// Joins the `data` lines that stand next in the text to the one that has been processed, as far as they are of the usual
    /// kind.
    fn join_data_lines(&mut self) {
        let interpreter = &mut self.parser.interpreter;
        let longest = interpreter
            .max_event_bytes()
            .saturating_sub(USUAL_DATA_EXTRA);
        // A little less than there is may be found where the block is nearly as large as the limit; then the whole way counts.
        let mut room = interpreter.room().min(longest);
        if room == 0 {
            return;
        }
        interpreter.begin_joining();
        let (chunk, text_end) = (self.chunk, self.text_end);
        let mut text = self.text;
        while let Some(from_value) = field::usual_data(text) {
            let start = text_end - from_value.len();
            let line_ends = &mut self.parser.line_ends;
            let mut len = line_ends.short_len_in_window(start);
            if len == line::NONE {
                len = line_ends.look_further(chunk, start).wrapping_sub(start);
            }
            // With its line end, which takes the place of the LF that joins it to the next one.
            let cut = from_value.split_at_checked(len.wrapping_add(1));
            let Some((value, behind)) = cut else {
                break;
            };
            if value.as_bytes().last() != Some(&b'\n') || value.len() > room {
                break;
            }
            room -= value.len();
            interpreter.join_data(value);
            text = behind;
        }
        self.text = text;
        interpreter.end_joining();
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

/// Bytes by which a usual `data` line is longer than its value with an LF.
const USUAL_DATA_EXTRA: usize = "data: ".len() - "\n".len();

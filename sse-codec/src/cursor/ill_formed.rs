//! Lines that are not well-formed UTF-8: mended or refused, one by one.

use super::{Cursor, Outcome, Step};
use crate::capacity;
use crate::error::{ParseError, ParseErrorKind};
use crate::field::{self, Kind};
use crate::interpreter::{Block, TooLarge};
use crate::line;
use crate::parser::Parser;
use crate::utf8::{self, Utf8Policy};

impl<'a> Cursor<'_, 'a> {
    /// Deals with whole lines that are ill-formed, the first of them at `fault`.
    #[cold]
    pub(super) fn read_up_to_fault(&mut self, region: &'a [u8], fault: usize) -> Outcome {
        self.fault_expected = true;
        // The lines in front of the ill-formed one, if there are any, are text. The fault is one of the region, and what ends
        // in front of it is too, so neither split can be beyond the end.
        let (valid, _) = region.split_at(fault);
        let (lines, _) = region.split_at(line::end_of_last(valid));
        if let (false, Ok(text)) = (lines.is_empty(), utf8::validate(lines, false)) {
            self.enter_text(text);
            return Ok(None);
        }
        let start = self.text_end;
        let region_end = start + region.len();
        let next_end = self.parser.line_ends.next(self.chunk, start);
        let end = next_end.unwrap_or(region_end);
        let offset = self.offset();
        self.consume_line_end(end);
        let line = self.chunk.get(start..end).unwrap_or_default();
        self.ill_formed_line(line, offset, fault as u64)
    }

    /// Handles a line whose bytes are ill-formed, the first of them `fault` bytes behind its start.
    #[cold]
    pub(super) fn ill_formed_line(&mut self, line: &[u8], start: u64, fault: u64) -> Outcome {
        let field::Line { kind, value_start } = field::read_bytes(line);
        // The value starts in the line, or at its end.
        let (_, value) = line.split_at(value_start);
        let limit = self.parser.interpreter.max_event_bytes();
        if line.len() > limit && kind != Kind::Comment {
            return self.long_line(kind, start);
        }
        let reject = self.parser.utf8 == Utf8Policy::Reject;
        if self.parser.interpreter.block() != Block::Read {
            if !reject {
                self.parser
                    .interpreter
                    .process_skipped_replaced(kind, value);
            }
            return Ok(None);
        }
        if reject {
            return Err(self.ill_formed(start + fault));
        }
        if kind == Kind::Comment {
            return Ok(self.replaced_comment(line));
        }
        match self.parser.interpreter.process_replaced(kind, value) {
            Ok(()) => Ok(None),
            Err(TooLarge) => Err(self.too_large(start)),
        }
    }

    fn replaced_comment(&mut self, line: &[u8]) -> Option<Step> {
        let len = utf8::replaced_len(line);
        let Parser {
            interpreter,
            comment,
            ..
        } = &mut *self.parser;
        if !self.items || len > interpreter.max_event_bytes() {
            return None;
        }
        interpreter.make_room(len);
        capacity::fit(comment, len);
        utf8::replace(line, |text| comment.push_str(text));
        Some(self.collected_comment())
    }

    /// Skips the block as one that is ill-formed.
    #[cold]
    pub(super) fn ill_formed(&mut self, offset: u64) -> ParseError {
        self.parser.interpreter.skip_ill_formed();
        ParseError::new(ParseErrorKind::Utf8, offset)
    }
}

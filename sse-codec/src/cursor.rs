//! [`Cursor`]: one chunk on its way through lines, UTF-8, fields and buffers. [`Events`](crate::Events) and
//! [`Items`](crate::Items) are two views of it.
//!
//! How it works, for the next reader. Lines that lie within the chunk are the common case: many of them are validated as
//! UTF-8 in one go and then handled as text, their values as places in it. Everything else is rare and takes a way of its
//! own: the line that crosses a chunk's end (`piece.rs` and `open_line.rs`), and the ill-formed line, which is cut out of the
//! text around it.
//!
//! Whenever something is handed out, the parser's state is that of the bytes consumed so far, so that the cursor can be
//! dropped at any time; a comment or a reconnection time in the middle of a block therefore moves what is pending to the
//! buffers.
//!
//! The way of an event of a few lines has to stay short: each instruction on it is several per cent. So a line and the blank
//! line behind it are one step, and what [`Cursor::step`] gives is one byte.

mod ill_formed;
mod open_line;

use core::mem;
use core::time::Duration;

use crate::error::{ParseError, ParseErrorKind};
use crate::event::{Event, EventRef};
use crate::field::{self, Kind};
use crate::interpreter::{Block, Dispatched, TooLarge};
use crate::line;
use crate::parser::{OpenKind, Parser};
use crate::pending::{Pending, has_nul};
use crate::utf8::{self, BYTE_ORDER_MARK, IllFormed, Utf8Policy};

#[derive(Debug)]
pub(crate) struct Cursor<'p, 'a> {
    parser: &'p mut Parser,
    chunk: &'a [u8],
    /// Where the chunk starts in the stream.
    chunk_offset: u64,
    /// What is left of the text: whole lines, validated.
    text: &'a str,
    /// Where in the chunk the text ends. What stands behind has not been looked at.
    text_end: usize,
    /// From where in the chunk on the block's fields stand, as far as they are pending.
    block_start: usize,
    pending: Pending<'a>,
    /// Ill-formed bytes were seen in this chunk.
    fault_expected: bool,
    /// Whether comments and reconnection times are asked for.
    items: bool,
    /// Whether nobody cares for what is in a comment.
    comments_ignored: bool,
    /// Whether a block that does not end in the chunk may be kept until it does.
    blocks_kept: bool,
    /// Whether the next event is likely to be a [simple](Self::simple_event) one, since the last one was. If so, the block has brought
    /// nothing yet, and all the text that is left is within the limit.
    simple_expected: bool,
    dispatched: Dispatched,
    /// The comment; if `None`, the parser has collected it.
    comment: Option<&'a str>,
    error: ParseError,
}

/// What the cursor has come to. What belongs to it is asked for by the cursor's methods, since to return it from here by way
/// of memory would cost a small event a good part of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// [`Cursor::event`] has it.
    Event,
    /// [`Cursor::comment`] has it.
    Comment,
    /// [`Cursor::reconnection_time`] has it.
    ReconnectionTime,
    /// [`Cursor::error`] has it.
    Error,
    /// The end of the chunk.
    End,
}

/// What came of a piece of the chunk: something to hand out, or nothing.
type Outcome = Result<Option<Step>, ParseError>;

impl<'p, 'a> Cursor<'p, 'a> {
    #[inline]
    pub(crate) fn new(parser: &'p mut Parser, chunk: &'a [u8], start: usize, items: bool) -> Self {
        parser.forget_comment();
        Self {
            chunk_offset: parser.offset,
            comments_ignored: !items && parser.utf8 == Utf8Policy::Replace,
            blocks_kept: true,
            parser,
            chunk,
            text: "",
            text_end: start,
            block_start: start,
            pending: Pending::default(),
            fault_expected: false,
            items,
            simple_expected: false,
            dispatched: Dispatched::default(),
            comment: None,
            error: ParseError::NONE,
        }
    }

    /// Whether the next event is likely to be a [quick](Self::quick_event) one.
    #[inline]
    pub(crate) const fn is_quick(&self) -> bool {
        self.simple_expected
    }

    /// Goes on to the next event, if that is a block of a `data` line, and perhaps an `event` and an `id` line before it, which most
    /// are, and the window of line ends has all of it. Returns event type and data, or `None` if it takes
    /// [`simple_event`](Self::simple_event); then nothing has happened. To be asked for if it [is likely](Self::is_quick).
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a call with two texts to return takes a tenth of the time of a small event"
    )]
    pub(crate) fn quick_event(&mut self) -> Option<(&'a str, &'a str)> {
        let text = self.text;
        let Some(from_value) = field::usual_event_type(text) else {
            return Some(("", self.quick_data(text)?));
        };
        let start = self.text_end - from_value.len();
        let len = self.parser.line_ends.short_len_in_window(start);
        let (value, from_end) = from_value.split_at_checked(len)?;
        Some((value, self.quick_data(without_line_end(from_end)?)?))
    }

    /// Like [`quick_event`](Self::quick_event), at any time.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as what it calls")]
    pub(crate) fn quick_event_if_likely(&mut self) -> Option<(&'a str, &'a str)> {
        if self.is_quick() {
            self.quick_event()
        } else {
            None
        }
    }

    /// The rest of [`quick_event`](Self::quick_event).
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as what it is a part of")]
    fn quick_data(&mut self, text: &'a str) -> Option<&'a str> {
        let Some(from_value) = field::usual_data(text) else {
            return self.quick_id(text);
        };
        let start = self.text_end - from_value.len();
        let len = self.parser.line_ends.len_in_window(start);
        let (data, from_end) = from_value.split_at_checked(len)?;
        self.text = without_two_line_ends(from_end)?;
        self.parser.offset = self.offset();
        Some(data)
    }

    /// The rest of [`quick_event`](Self::quick_event) if there is an `id` line.
    #[inline(never)]
    fn quick_id(&mut self, text: &'a str) -> Option<&'a str> {
        let from_value = field::usual_id(text)?;
        let start = self.text_end - from_value.len();
        let len = self.parser.line_ends.short_len_in_window(start);
        let (id, from_end) = from_value.split_at_checked(len)?;
        let from_value = field::usual_data(without_line_end(from_end)?)?;
        let start = self.text_end - from_value.len();
        let len = self.parser.line_ends.len_in_window(start);
        let (data, from_end) = from_value.split_at_checked(len)?;
        let behind = without_two_line_ends(from_end)?;
        if has_nul(id.as_bytes()) {
            return None;
        }
        self.text = behind;
        self.parser.interpreter.take_id_in_text(id);
        self.parser.offset = self.offset();
        Some(data)
    }

    /// Like [`quick_event`](Self::quick_event), but the line ends may have to be looked for. Returns `None` if it takes
    /// [`step`](Self::step).
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    pub(crate) fn simple_event(&mut self) -> Option<(&'a str, &'a str)> {
        self.block_start = self.consumed();
        if !mem::take(&mut self.simple_expected) {
            return None;
        }
        let mut event_type = "";
        if let Some(from_value) = field::usual_event_type(self.text) {
            let (value, from_end) = self.split_line(from_value)?;
            // It has been processed, whatever comes next.
            self.text = without_line_end(from_end)?;
            self.pending.set_event_type(value);
            event_type = value;
        }
        if let Some(from_value) = field::usual_id(self.text) {
            let (value, from_end) = self.split_line(from_value)?;
            self.text = without_line_end(from_end)?;
            self.pending.set_id(value);
        }
        let from_value = field::usual_data(self.text)?;
        let (data, from_end) = self.split_line(from_value)?;
        self.text = without_two_line_ends(from_end)?;
        if let Some(id) = self.pending.id() {
            self.parser.interpreter.take_id_in_text(id);
        }
        self.pending.clear();
        self.simple_expected = true;
        self.parser.offset = self.offset();
        Some((event_type, data))
    }

    /// Splits the end of the text in front of what may be its first line end.
    #[inline]
    fn split_line(&mut self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let start = self.text_end - text.len();
        let mut len = self.parser.line_ends.short_len_in_window(start);
        if len == line::NONE {
            let line_ends = &mut self.parser.line_ends;
            len = line_ends
                .look_further(self.chunk, start)
                .wrapping_sub(start);
        }
        text.split_at_checked(len)
    }

    /// Reads all of a chunk that has nothing to hand out, and keeps no block.
    pub(crate) fn read_all(mut self) {
        self.blocks_kept = false;
        while self.step() != Step::End {}
    }

    /// The event that [`simple_event`](Self::simple_event) has found.
    #[inline]
    pub(crate) fn event_of<'e>(&'e self, event_type: &'e str, data: &'e str) -> EventRef<'e> {
        let interpreter = &self.parser.interpreter;
        EventRef {
            event_type,
            data,
            last_event_id: interpreter.last_event_id(),
            id_number: interpreter.id_number(),
        }
    }

    /// Goes on to the next thing to hand out.
    #[inline]
    pub(crate) fn step(&mut self) -> Step {
        let read = if self.text.is_empty() {
            self.read()
        } else {
            None
        };
        let step = match read {
            Some(step) => step,
            None => self.step_in_text(),
        };
        self.parser.offset = self.offset();
        step
    }

    /// Like [`step`](Self::step), for an event that will own its text.
    #[inline]
    pub(crate) fn step_to_owned(&mut self) -> Step {
        if self.chunk.len() > HUGE_LINE {
            if let Some(step) = self.step_over_huge_line() {
                return step;
            }
        }
        self.step()
    }

    /// Reads a huge line first, if one stands next.
    #[cold]
    #[inline(never)]
    fn step_over_huge_line(&mut self) -> Option<Step> {
        if !self.text.is_empty() {
            return None;
        }
        if self.pending.is_anything() {
            self.spill();
        }
        let outcome = self.read_huge_line().map(|()| None);
        let step = self.settle(outcome);
        self.parser.offset = self.offset();
        step
    }

    /// Goes on to the next thing to hand out, or to text if there was none. In that case there is nothing yet, and
    /// [`simple_event`](Self::simple_event) can be tried again.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) fn step_or_find_text(&mut self) -> Option<Step> {
        if !self.text.is_empty() {
            return Some(self.step());
        }
        let Some(step) = self.read() else {
            let interpreter = &self.parser.interpreter;
            let within_limit = self.text.len() <= interpreter.max_event_bytes();
            self.simple_expected = interpreter.is_idle() && within_limit;
            return None;
        };
        self.parser.offset = self.offset();
        Some(step)
    }

    /// The event, after [`Step::Event`].
    #[inline]
    pub(crate) fn event(&self) -> EventRef<'_> {
        let interpreter = &self.parser.interpreter;
        interpreter.event(self.dispatched, &self.pending)
    }

    /// Like [`event_of`](Self::event_of), as an event that owns its text.
    #[inline]
    pub(crate) fn owned_event_of(&mut self, event_type: &str, data: &str) -> Event {
        self.parser.interpreter.own(event_type, data)
    }

    /// Like [`owned_event_of`](Self::owned_event_of), into a place.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) fn own_event_of(&mut self, event_type: &str, data: &str, place: &mut Event) {
        self.parser.interpreter.own_into(event_type, data, place);
    }

    /// The event, after [`Step::Event`], as one that owns its text.
    #[inline]
    pub(crate) fn owned_event(&mut self) -> Event {
        let interpreter = &mut self.parser.interpreter;
        interpreter.owned_event(self.dispatched, &self.pending)
    }

    /// The comment, after [`Step::Comment`].
    pub(crate) fn comment(&self) -> &str {
        self.comment.unwrap_or_else(|| {
            let comment = &self.parser.comment;
            comment.strip_prefix(':').unwrap_or(comment)
        })
    }

    /// The reconnection time, after [`Step::ReconnectionTime`].
    pub(crate) fn reconnection_time(&self) -> Duration {
        let time = self.parser.interpreter.reconnection_time();
        time.unwrap_or_default()
    }

    /// The error, after [`Step::Error`].
    pub(crate) const fn error(&self) -> ParseError {
        self.error
    }

    /// Frees the comment that was handed out last.
    #[inline]
    pub(crate) fn forget_comment(&mut self) {
        self.parser.forget_comment();
    }

    /// What has not been consumed.
    #[inline]
    pub(crate) fn remainder(&self) -> &'a [u8] {
        self.chunk.get(self.consumed()..).unwrap_or_default()
    }

    /// How much of the chunk has been consumed.
    #[inline]
    const fn consumed(&self) -> usize {
        self.text_end - self.text.len()
    }

    /// How much of the stream has been consumed.
    #[inline]
    const fn offset(&self) -> u64 {
        self.chunk_offset + self.consumed() as u64
    }

    /// Goes on to the next thing to hand out. There is text.
    #[inline(never)]
    fn step_in_text(&mut self) -> Step {
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

    /// Handles a blank line, which has been consumed.
    #[inline]
    fn blank_line(&mut self) -> Option<Step> {
        self.block_start = self.consumed();
        let interpreter = &mut self.parser.interpreter;
        self.dispatched = interpreter.dispatch(&mut self.pending)?;
        let interpreter = &self.parser.interpreter;
        let within_limit = self.text.len() <= interpreter.max_event_bytes();
        self.simple_expected = self.dispatched.is_in_text() && within_limit;
        Some(Step::Event)
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

    /// Keeps an error to be asked for.
    #[inline]
    fn settle(&mut self, outcome: Outcome) -> Option<Step> {
        outcome.unwrap_or_else(|error| {
            self.error = error;
            Some(Step::Error)
        })
    }

    /// Moves what is pending to the buffers.
    fn spill(&mut self) {
        self.parser.interpreter.spill(&mut self.pending);
    }

    /// Hands a reconnection time out, if it has been set and somebody asks for it. Nothing may be pending.
    fn time_if_asked(&self, time: Option<Duration>) -> Option<Step> {
        (self.items && time.is_some()).then_some(Step::ReconnectionTime)
    }

    /// Handles a line that is longer than the limit and starts at `start` of the stream.
    #[cold]
    fn long_line(&mut self, kind: Kind, start: u64) -> Outcome {
        if kind == Kind::Comment || self.parser.interpreter.block() != Block::Read {
            return Ok(None);
        }
        let limit = self.parser.interpreter.max_event_bytes();
        Err(self.too_large(start + limit as u64))
    }

    /// Reads on behind the text, all of which has been consumed, until there is text again or something to hand out.
    #[inline(never)]
    fn read(&mut self) -> Option<Step> {
        if self.pending.is_anything() {
            let is_last = self
                .parser
                .line_ends
                .next(self.chunk, self.text_end)
                .is_none();
            if !is_last || !self.keep_block(self.block_start) {
                self.spill();
            }
        }
        while self.text.is_empty() {
            if self.text_end >= self.chunk.len() {
                self.parser.end_chunk();
                return Some(Step::End);
            }
            let outcome = self.try_read();
            if let Some(step) = self.settle(outcome) {
                return Some(step);
            }
        }
        None
    }

    /// Finds whole lines, or deals with what is in their way. There are bytes left, and no text.
    #[inline]
    fn try_read(&mut self) -> Outcome {
        if self.parser.open_line.kind != OpenKind::None {
            return self.read_open_line();
        }
        let start = self.text_end;
        if mem::take(&mut self.parser.swallow_lf) && self.chunk.get(start) == Some(&b'\n') {
            self.text_end += 1;
            return Ok(None);
        }
        if self.parser.mark_matched < BYTE_ORDER_MARK.len() {
            self.match_mark();
            return Ok(None);
        }
        if self.chunk.get(start) == Some(&b'\n') {
            self.text_end += 1;
            return Ok(self.blank_line());
        }
        let Some(end) = self.parser.line_ends.next(self.chunk, start) else {
            return self.open_line().map(|()| None);
        };
        if self.comments_ignored && self.chunk.get(start) == Some(&b':') {
            self.consume_line_end(end);
            return Ok(None);
        }
        if let Some(text) = self.validated_lines(start, end) {
            self.enter_text(text);
            return Ok(None);
        }
        let region_end = self.parser.line_ends.end_of_last(self.chunk, start, end);
        let region = self.chunk.get(start..region_end).unwrap_or_default();
        match utf8::validate(region, self.fault_expected) {
            Ok(text) => {
                self.enter_text(text);
                Ok(None)
            }
            Err(IllFormed { valid_up_to }) => self.read_up_to_fault(region, valid_up_to),
        }
    }

    /// Validates the lines from `start` on, the first of which ends at `end`, if there are many and they are well-formed.
    ///
    /// They are validated before the last line end is looked for: to look there first is to wait for the memory.
    #[inline]
    fn validated_lines(&self, start: usize, end: usize) -> Option<&'a str> {
        if self.fault_expected {
            return None;
        }
        let region = self
            .parser
            .line_ends
            .unseen_region(self.chunk, start, end)?;
        let text = utf8::validate_but_for_cut(region)?;
        text.get(..line::end_of_last(text.as_bytes()))
    }

    /// Goes on to text that stands next in the chunk.
    #[inline]
    fn enter_text(&mut self, text: &'a str) {
        self.block_start = self.text_end;
        self.text_end += text.len();
        self.text = text;
    }

    /// Consumes the chunk up to the line end at `end`, and that. There is no text.
    #[inline]
    fn consume_line_end(&mut self, end: usize) {
        self.text_end = self.parser.behind_line_end(self.chunk, end);
    }

    /// Hands out the comment that the parser has collected.
    fn collected_comment(&mut self) -> Step {
        self.comment = None;
        Step::Comment
    }

    /// Skips the block as one that is too large.
    #[cold]
    fn too_large(&mut self, offset: u64) -> ParseError {
        self.spill();
        let interpreter = &mut self.parser.interpreter;
        let limit = interpreter.max_event_bytes();
        interpreter.skip_too_large();
        ParseError::new(ParseErrorKind::TooLarge { limit }, offset)
    }
}

/// Returns what stands behind the line end at the start of some text, if there is one that is not a CR alone.
#[inline]
fn without_line_end(text: &str) -> Option<&str> {
    text.strip_prefix("\n")
        .or_else(|| text.strip_prefix("\r\n"))
}

/// Returns what stands behind two line ends of the same kind at the start of some text, if there are such that are not a CR
/// alone.
#[inline]
fn without_two_line_ends(text: &str) -> Option<&str> {
    text.strip_prefix("\n\n")
        .or_else(|| text.strip_prefix("\r\n\r\n"))
}

/// Bytes of a line from which on, if its event will own its text, it is read in pieces.
const HUGE_LINE: usize = 128 * 1024;

/// Bytes by which a usual `data` line is longer than its value with an LF.
const USUAL_DATA_EXTRA: usize = "data: ".len() - "\n".len();

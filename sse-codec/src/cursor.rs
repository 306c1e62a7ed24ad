//! [`Cursor`]: one chunk on its way through lines, UTF-8, fields and buffers. [`Events`](crate::Events) and
//! [`Items`](crate::Items) are two views of it.
//!
//! How it works, for the next reader. Lines that lie within the chunk are the common case: many of them are validated as
//! UTF-8 in one go and then handled as text, their values as places in it. Everything else is rare and takes a way of its
//! own: the line or block that crosses a chunk's end (`piece.rs`, `block.rs` and `open_line.rs`), and the ill-formed line, which
//! is cut out of the text around it.
//!
//! Whenever something is handed out, the parser's state is that of the bytes consumed so far, so that the cursor can be
//! dropped at any time; a comment or a reconnection time in the middle of a block therefore moves what is pending to the
//! buffers.
//!
//! The way of an event of a few lines has to stay short: each instruction on it is several per cent. So a line and the blank
//! line behind it are one step, and what [`Cursor::step`] gives is one byte.

mod ill_formed;
mod open_line;
mod quick_event;
mod text;

use core::mem;
use core::time::Duration;

use crate::error::{ParseError, ParseErrorKind};
use crate::event::{Event, EventRef};
use crate::field::Kind;
use crate::interpreter::{Block, Dispatched};
use crate::line;
use crate::parser::{OpenKind, Parser};
use crate::pending::Pending;
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
    /// Whether lines are validated some KiB at a time where they can be.
    small_regions: bool,
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
            small_regions: true,
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

    /// Reads all of a chunk that has nothing to hand out, and keeps no block.
    pub(crate) fn read_all(mut self) {
        self.blocks_kept = false;
        while self.step() != Step::End {}
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
            self.read_huge_line_first();
        }
        self.step()
    }

    /// Reads a huge line first, if one stands next.
    #[cold]
    #[inline(never)]
    fn read_huge_line_first(&mut self) {
        if self.text.is_empty() {
            if self.pending.is_anything() {
                self.spill();
            }
            self.read_huge_line();
        }
    }

    /// Validates lines many KiB at a time from now on. For where several events are made before the first one is used: while they fill
    /// the processor's first cache, nothing is gained by small pieces.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) const fn use_large_regions(&mut self) {
        self.small_regions = false;
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
        if self.fault_expected || !self.small_regions {
            return None;
        }
        // Events of several lines are copied, wherever the text ends. To go on behind its end takes some work, so there are to be few.
        let (len, end_in): (_, fn(&[u8]) -> _) = if self.parser.interpreter.joins() {
            (JOINED_REGION, line::end_of_lines)
        } else {
            (SMALL_REGION, line::end_of_blocks)
        };
        let line_ends = &self.parser.line_ends;
        let region = line_ends.small_region(self.chunk, start, end, len)?;
        let text = utf8::validate_but_for_cut(region)?;
        text.get(..end_in(text.as_bytes())?)
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

/// Bytes of a line from which on, if its event will own its text, it is read in pieces.
const HUGE_LINE: usize = 128 * 1024;

/// Bytes of lines that are validated in one go. So the processor has time to fetch what comes next while it parses.
const SMALL_REGION: usize = 6 * 1024;

/// Bytes of lines that are validated in one go where they are joined.
const JOINED_REGION: usize = 16 * 1024;

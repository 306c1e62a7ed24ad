//! [`Cursor`]: one chunk on its way through lines, UTF-8, fields and buffers. [`Events`](crate::Events) and
//! [`Items`](crate::Items) are two views of it.
//!
//! How it works, for the next reader. Lines that lie within the chunk are the common case: many of them are validated as
//! UTF-8 in one go and then handled as text, their values as slices of the chunk. Everything else is rare and takes a way
//! of its own: the line that crosses a chunk's end ([`OpenLine`]), and the ill-formed line, which is cut out of the text
//! around it. Whenever something is handed out, the parser's state is that of the bytes consumed so far, so that the
//! cursor can be dropped at any time; a comment or a reconnection time in the middle of a block therefore moves what
//! is pending to the buffers.

use alloc::string::String;
use core::mem;
use core::time::Duration;

use crate::capacity;
use crate::error::{ParseError, ParseErrorKind};
use crate::event::EventRef;
use crate::field::{self, Kind};
use crate::interpreter::{Block, Dispatched, Pending, TooLarge};
use crate::line;
use crate::parser::{OpenKind, OpenLine, Parser};
use crate::utf8::{self, BYTE_ORDER_MARK, Decoder, IllFormed, Utf8Policy};

#[derive(Debug)]
pub(crate) struct Cursor<'p, 'a> {
    parser: &'p mut Parser,
    chunk: &'a [u8],
    /// Where the chunk starts in the stream.
    chunk_offset: u64,
    /// Whole lines, validated, that have not been consumed yet.
    text: &'a str,
    /// Where `text` ends in the chunk; what stands behind has not been looked at.
    text_end: usize,
    /// Ill-formed bytes were seen in this chunk.
    fault_expected: bool,
    pending: Pending<'a>,
    /// Whether comments and reconnection times are asked for.
    items: bool,
}

/// What the cursor has come to.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    Event(Dispatched<'a>),
    /// A comment: in the chunk or, if `None`, collected by the parser.
    Comment(Option<&'a str>),
    ReconnectionTime(Duration),
    /// The end of the chunk.
    End,
}

/// What came of a piece of the chunk: something to hand out, or nothing.
type Outcome<'a> = Result<Option<Step<'a>>, ParseError>;

impl<'p, 'a> Cursor<'p, 'a> {
    pub(crate) fn new(parser: &'p mut Parser, chunk: &'a [u8], items: bool) -> Self {
        parser.forget_comment();
        Self {
            chunk_offset: parser.offset,
            parser,
            chunk,
            text: "",
            text_end: 0,
            fault_expected: false,
            pending: Pending::default(),
            items,
        }
    }

    /// Goes on to the next thing to hand out.
    #[inline]
    pub(crate) fn step(&mut self) -> Result<Step<'a>, ParseError> {
        let outcome = self.advance();
        self.parser.offset = self.chunk_offset + self.position() as u64;
        outcome
    }

    pub(crate) fn event<'b>(&'b self, dispatched: &Dispatched<'b>) -> EventRef<'b> {
        self.parser.interpreter.event(dispatched)
    }

    /// Frees the comment that was handed out last.
    #[inline]
    pub(crate) fn forget_comment(&mut self) {
        self.parser.forget_comment();
    }

    /// The comment that the parser has collected, without its colon.
    pub(crate) fn collected_comment(&self) -> &str {
        let comment = &self.parser.comment;
        comment.strip_prefix(':').unwrap_or(comment)
    }

    pub(crate) fn remainder(&self) -> &'a [u8] {
        self.chunk.split_at(self.position()).1
    }

    /// How much of the chunk has been consumed.
    fn position(&self) -> usize {
        self.text_end - self.text.len()
    }

    fn advance(&mut self) -> Result<Step<'a>, ParseError> {
        loop {
            while !self.text.is_empty() {
                let start = self.position();
                let first = line::split_first(self.text);
                self.text = first.rest;
                self.parser.swallow_lf = first.cr_at_end;
                if let Some(step) = self.line(first.line, start)? {
                    return Ok(step);
                }
            }
            let unread = self.chunk.split_at(self.text_end).1;
            if unread.is_empty() {
                self.end_chunk();
                return Ok(Step::End);
            }
            if let Some(step) = self.read(unread)? {
                return Ok(step);
            }
        }
    }

    /// Handles a line of well-formed text that lies within the chunk.
    #[inline]
    fn line(&mut self, line: &'a str, start: usize) -> Outcome<'a> {
        if line.is_empty() {
            let dispatched = self.parser.interpreter.dispatch(&mut self.pending);
            return Ok(dispatched.map(Step::Event));
        }
        let field::Line { kind, value_start } = field::read(line.as_bytes());
        let (_, value) = line.split_at(value_start);
        if line.len() > self.parser.interpreter.max_event_bytes() {
            return self.long_line(kind, self.chunk_offset + start as u64);
        }
        if self.parser.interpreter.block() != Block::Read {
            self.parser.interpreter.process_skipped(kind, value);
            return Ok(None);
        }
        if kind == Kind::Comment {
            if !self.items {
                return Ok(None);
            }
            self.parser.interpreter.spill(&mut self.pending);
            return Ok(Some(Step::Comment(Some(value))));
        }
        match self
            .parser
            .interpreter
            .process(&mut self.pending, kind, value)
        {
            Ok(time) => Ok(self.reconnection_time(time)),
            Err(TooLarge) => Err(self.too_large(self.chunk_offset + start as u64)),
        }
    }

    /// Hands a reconnection time out, if somebody asks for it.
    fn reconnection_time(&mut self, time: Option<Duration>) -> Option<Step<'a>> {
        let time = time.filter(|_| self.items)?;
        self.parser.interpreter.spill(&mut self.pending);
        Some(Step::ReconnectionTime(time))
    }

    /// Handles a line that is longer than the limit and starts at `start` of the stream.
    #[cold]
    fn long_line(&mut self, kind: Kind, start: u64) -> Outcome<'a> {
        if kind == Kind::Comment || self.parser.interpreter.block() != Block::Read {
            return Ok(None);
        }
        let limit = self.parser.interpreter.max_event_bytes();
        Err(self.too_large(start + limit as u64))
    }

    /// Reads on behind the text: finds whole lines, or deals with what is in their way. `unread` is not empty.
    fn read(&mut self, unread: &'a [u8]) -> Outcome<'a> {
        if mem::take(&mut self.parser.swallow_lf) && unread.first() == Some(&b'\n') {
            self.text_end += 1;
            return Ok(None);
        }
        if self.parser.mark_matched < BYTE_ORDER_MARK.len() {
            self.match_mark(unread);
            return Ok(None);
        }
        if self.parser.open_line.kind != OpenKind::None {
            return self.read_open_line(unread);
        }
        let whole_lines = line::whole_lines(unread);
        if whole_lines == 0 {
            return self.open_line(unread).map(|()| None);
        }
        let (region, _) = unread.split_at(whole_lines);
        let valid_up_to = match utf8::validate(region, self.fault_expected) {
            Ok(text) => {
                self.text = text;
                self.text_end += region.len();
                return Ok(None);
            }
            Err(IllFormed { valid_up_to }) => valid_up_to,
        };
        self.fault_expected = true;
        // The lines in front of the ill-formed one, if there are any, are text.
        let (valid, _) = region.split_at(valid_up_to);
        let (lines, from_fault) = region.split_at(line::end_of_last(valid));
        if let (false, Ok(text)) = (lines.is_empty(), utf8::validate(lines, false)) {
            self.text = text;
            self.text_end += lines.len();
            return Ok(None);
        }
        let start = self.chunk_offset + self.text_end as u64;
        let end = line::find_end(from_fault).unwrap_or(from_fault.len());
        let (line, from_end) = from_fault.split_at(end);
        self.consume_line_end(end, from_end);
        self.ill_formed_line(line, start, valid_up_to as u64)
    }

    /// Consumes `len` bytes and the line end behind them.
    fn consume_line_end(&mut self, len: usize, from_end: &[u8]) {
        self.text_end += len + 1;
        self.parser.swallow_lf = from_end.first() == Some(&b'\r');
    }

    /// Compares the start of the stream with a byte order mark. Bytes that are not one are the start of a line.
    fn match_mark(&mut self, unread: &[u8]) {
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
            let start = self.chunk_offset + self.text_end as u64 - len as u64;
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
    fn open_line(&mut self, bytes: &[u8]) -> Result<(), ParseError> {
        let block = self.parser.interpreter.block();
        let is_comment = bytes.first() == Some(&b':');
        let start = self.chunk_offset + self.text_end as u64;
        let Parser {
            open_line, comment, ..
        } = &mut *self.parser;
        comment.clear();
        capacity::trim(comment, 0);
        open_line.start = start;
        open_line.kind = match block {
            Block::Read if is_comment => {
                open_line.decoder = Decoder::at(start);
                OpenKind::Comment {
                    collected: self.items,
                }
            }
            Block::Read => OpenKind::Kept,
            Block::SkippedButForId if !is_comment => OpenKind::Kept,
            Block::SkippedButForId | Block::Skipped => OpenKind::Ignored,
        };
        // Nothing of the chunk may be pending when data is appended, and what an event has left behind goes first.
        self.parser.interpreter.release(false);
        self.parser.interpreter.spill(&mut self.pending);
        self.extend_open_line(bytes)?;
        self.text_end += bytes.len();
        Ok(())
    }

    /// Goes on with the line that an earlier chunk has begun.
    fn read_open_line(&mut self, unread: &'a [u8]) -> Outcome<'a> {
        let Some(end) = line::find_end(unread) else {
            self.extend_open_line(unread)?;
            self.text_end += unread.len();
            return Ok(None);
        };
        let (rest_of_line, from_end) = unread.split_at(end);
        self.extend_open_line(rest_of_line)?;
        self.consume_line_end(end, from_end);
        self.close_open_line()
    }

    /// Adds bytes to the open line. If that makes it too long, nothing is consumed: the line is ignored from then on, and
    /// comes here again.
    fn extend_open_line(&mut self, bytes: &[u8]) -> Result<(), ParseError> {
        let limit = self.parser.interpreter.max_event_bytes();
        let line = &mut self.parser.open_line;
        let len = line.len.saturating_add(bytes.len());
        let limited = matches!(line.kind, OpenKind::Kept | OpenKind::Data { .. });
        if limited && len > limit {
            let offset = line.start + limit as u64;
            line.close();
            line.kind = OpenKind::Ignored;
            return match self.parser.interpreter.block() {
                Block::Read => Err(self.too_large(offset)),
                Block::SkippedButForId | Block::Skipped => Ok(()),
            };
        }
        line.len = len;
        match line.kind {
            OpenKind::Kept => {
                if self.parser.interpreter.block() != Block::Read || !self.begin_data(bytes) {
                    self.keep(bytes);
                }
            }
            OpenKind::Data { .. } | OpenKind::Comment { .. } => self.decode(Some(bytes)),
            OpenKind::None | OpenKind::Ignored => {}
        }
        Ok(())
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

    /// If these bytes make it known that the open line is data, lets its value go where it belongs, so that a long one is
    /// neither kept twice nor validated when it has left the cache. Returns whether they do.
    fn begin_data(&mut self, bytes: &[u8]) -> bool {
        let Parser {
            interpreter,
            open_line,
            ..
        } = &mut *self.parser;
        let mut start = [0; KNOWN_BY];
        let (before, from_here) = start.split_at_mut(open_line.bytes.len().min(KNOWN_BY));
        if from_here.is_empty() || bytes.len() < from_here.len() {
            return false;
        }
        let (here, behind) = bytes.split_at(from_here.len());
        before.copy_from_slice(&open_line.bytes);
        from_here.copy_from_slice(here);
        if !start.starts_with(DATA_FIELD) {
            return false;
        }
        let field::Line { value_start, .. } = field::read(&start);
        open_line.bytes.clear();
        open_line.kind = OpenKind::Data { too_large: false };
        open_line.decoder = Decoder::at(open_line.start + value_start as u64);
        interpreter.begin_data_line();
        let value = start.split_at(value_start).1;
        if !value.is_empty() {
            self.decode(Some(value));
        }
        self.decode(Some(behind));
        true
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
    fn close_open_line(&mut self) -> Outcome<'a> {
        self.decode(None);
        let OpenLine {
            kind,
            start,
            decoder,
            ..
        } = self.parser.open_line;
        let bytes = mem::take(&mut self.parser.open_line.bytes);
        let outcome = match kind {
            OpenKind::None | OpenKind::Ignored => Ok(None),
            OpenKind::Kept => {
                // The value is there twice for a moment; as text it can be three times as long.
                let interpreter = &mut self.parser.interpreter;
                let text = bytes
                    .len()
                    .saturating_mul(3)
                    .min(interpreter.max_event_bytes());
                interpreter.make_room(bytes.capacity().saturating_add(text));
                self.kept_line(&bytes, start)
            }
            OpenKind::Comment { .. } | OpenKind::Data { .. } => {
                match (self.parser.utf8, decoder.first_fault(), kind) {
                    (Utf8Policy::Reject, Some(fault), _) => Err(self.ill_formed(fault)),
                    (_, _, OpenKind::Comment { collected: true }) => Ok(Some(Step::Comment(None))),
                    (_, _, OpenKind::Data { too_large }) => {
                        let too_large = self.parser.interpreter.end_data_line(too_large);
                        too_large
                            .map(|()| None)
                            .map_err(|TooLarge| self.too_large(start))
                    }
                    _ => Ok(None),
                }
            }
        };
        self.parser.open_line.take_back(bytes);
        self.parser.open_line.close();
        outcome
    }

    /// Handles a line whose bytes were kept over the end of a chunk.
    fn kept_line(&mut self, line: &[u8], start: u64) -> Outcome<'a> {
        let text = match utf8::validate(line, false) {
            Ok(text) => text,
            Err(IllFormed { valid_up_to }) => {
                return self.ill_formed_line(line, start, valid_up_to as u64);
            }
        };
        let field::Line { kind, value_start } = field::read(line);
        let (_, value) = text.split_at(value_start);
        if self.parser.interpreter.block() != Block::Read {
            self.parser.interpreter.process_skipped(kind, value);
            return Ok(None);
        }
        match self.parser.interpreter.process_copied(kind, value) {
            Ok(time) => Ok(self.reconnection_time(time)),
            Err(TooLarge) => Err(self.too_large(start)),
        }
    }

    /// Handles a line whose bytes are ill-formed, the first of them `valid_up_to` bytes behind its start.
    #[cold]
    fn ill_formed_line(&mut self, line: &[u8], start: u64, valid_up_to: u64) -> Outcome<'a> {
        let field::Line { kind, value_start } = field::read(line);
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
            return Err(self.ill_formed(start + valid_up_to));
        }
        self.parser.interpreter.spill(&mut self.pending);
        if kind == Kind::Comment {
            return Ok(self.replaced_comment(line));
        }
        match self.parser.interpreter.process_replaced(kind, value) {
            Ok(()) => Ok(None),
            Err(TooLarge) => Err(self.too_large(start)),
        }
    }

    fn replaced_comment(&mut self, line: &[u8]) -> Option<Step<'a>> {
        let len = utf8::replaced_len(line);
        let Parser {
            interpreter,
            comment,
            ..
        } = &mut *self.parser;
        if !self.items || len > interpreter.max_event_bytes() {
            return None;
        }
        interpreter.release(false);
        interpreter.make_room(len);
        capacity::fit(comment, len);
        utf8::replace(line, |text| comment.push_str(text));
        Some(Step::Comment(None))
    }

    /// Skips the block as one that is too large.
    #[cold]
    fn too_large(&mut self, offset: u64) -> ParseError {
        let interpreter = &mut self.parser.interpreter;
        let limit = interpreter.max_event_bytes();
        interpreter.skip_too_large(&mut self.pending);
        ParseError::new(ParseErrorKind::TooLarge { limit }, offset)
    }

    /// Skips the block as one that is ill-formed.
    #[cold]
    fn ill_formed(&mut self, offset: u64) -> ParseError {
        self.parser.interpreter.skip_ill_formed(&mut self.pending);
        ParseError::new(ParseErrorKind::Utf8, offset)
    }

    /// Leaves the parser with nothing that belongs to the chunk, and with no more memory than it needs.
    fn end_chunk(&mut self) {
        let Parser {
            interpreter,
            open_line,
            comment,
            ..
        } = &mut *self.parser;
        interpreter.release(open_line.is_data());
        interpreter.spill(&mut self.pending);
        if !matches!(open_line.kind, OpenKind::Comment { .. }) {
            comment.clear();
            capacity::trim(comment, 0);
        }
    }
}

/// The data field's name and the colon.
const DATA_FIELD: &[u8] = b"data:";

/// How many bytes tell that a line is data, and whether a space follows its colon.
const KNOWN_BY: usize = DATA_FIELD.len() + 1;

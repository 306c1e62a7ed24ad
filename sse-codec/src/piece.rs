//! What chunks do to the open line, the one that has begun and not yet ended.
//!
//! Its bytes are kept until it ends, so that a chunk in the middle of a line costs little more than the copy, and a line that came in
//! many small pieces is validated in one go. Only a long line of data goes on to the data buffer piece by piece, or it would be held
//! twice, and validated when it has left the processor's cache.

use alloc::string::String;
use core::mem;

use crate::capacity;
use crate::field;
use crate::interpreter::Block;
use crate::masks;
use crate::parser::{OpenKind, OpenLine, Parser};
use crate::utf8::{self, BYTE_ORDER_MARK, Decoder, Utf8Policy};

impl Parser {
    /// Keeps a chunk that is a short piece from the middle of a line, if that is in a block that is kept, or an open line that is long
    /// already. Returns whether it has done so.
    #[inline]
    pub(crate) fn keep_piece(&mut self, chunk: &[u8]) -> bool {
        let line = &mut self.open_line;
        let (is_inside, len, longest) = match line.kind {
            OpenKind::Block => {
                let is_inside = line.bytes.last() != Some(&b'\n');
                (is_inside, line.bytes.len(), self.longest_block)
            }
            OpenKind::Kept | OpenKind::Data { .. } => {
                let longest = self.interpreter.max_event_bytes();
                (line.len >= LONG_PIECE, line.len, longest)
            }
            OpenKind::None | OpenKind::Comment { .. } | OpenKind::Ignored => return false,
        };
        let room = line.bytes.capacity() - line.bytes.len();
        let len = len.saturating_add(chunk.len());
        if !is_inside
            || chunk.len() > room.min(LONG_PIECE)
            || len > longest
            || masks::may_have_ends(chunk)
        {
            return false;
        }
        line.len = len;
        line.bytes.extend_from_slice(chunk);
        self.offset += chunk.len() as u64;
        true
    }

    /// Goes on with the open line at the start of a chunk, if it is kept, or data, and within the limit, and ends it if it is of the
    /// usual kind. That is what there is to small chunks most of the time, and the whole way is several times as long.
    #[inline]
    pub(crate) fn read_piece(&mut self, chunk: &[u8]) -> Piece {
        let line = &mut self.open_line;
        if !matches!(line.kind, OpenKind::Kept | OpenKind::Data { .. }) {
            return Piece::UpTo(0);
        }
        let is_long = chunk.len() >= LONG_PIECE && line.len >= LONG_PIECE;
        let is_huge = chunk.len() > HUGE_PIECE && matches!(line.kind, OpenKind::Data { .. });
        let start = if is_long && is_huge {
            self.read_huge_piece(chunk, 0)
        } else {
            0
        };
        let line = &mut self.open_line;
        let end = if is_long {
            self.line_ends.next_of_long_line(chunk, start)
        } else {
            self.line_ends.next(chunk, 0)
        };
        let piece = chunk.get(start..end.unwrap_or(chunk.len()));
        let piece = piece.unwrap_or_default();
        let len = line.len.saturating_add(piece.len());
        if len > self.interpreter.max_event_bytes() {
            return Piece::UpTo(start);
        }
        line.len = len;
        let room = line.bytes.capacity() - line.bytes.len();
        let is_short = piece.len() <= room.min(LONG_PIECE);
        if is_short {
            line.bytes.extend_from_slice(piece);
        } else {
            self.extend_long_line(piece);
        }
        match end {
            None if is_short && start == 0 => Piece::Whole,
            None if self.open_line.kind == (OpenKind::Data { too_large: false }) => {
                self.interpreter.end_piece();
                Piece::Whole
            }
            None => Piece::UpTo(chunk.len()),
            Some(end) if self.open_line.kind == OpenKind::Kept && self.close_usual_line() => {
                let behind = self.behind_line_end(chunk, end);
                self.keep_rest(chunk, behind)
            }
            // The whole way comes by here again.
            Some(end) => Piece::UpTo(end),
        }
    }

    /// Goes on with the open line, which is data and long, from `start` of a chunk on, as far as it has no line end, in pieces. Returns
    /// where that is: the last piece is left. Stops at the limit, too.
    ///
    /// To look for a line end, to validate, and to copy are three ways through memory. In pieces that stay in the processor's first
    /// cache, they are one, and what is written goes to memory while the next piece comes from it.
    pub(crate) fn read_huge_piece(&mut self, chunk: &[u8], start: usize) -> usize {
        let mut start = start;
        while let Some(piece) = chunk.get(start..start + HUGE_PIECE) {
            let len = self.open_line.len.saturating_add(piece.len());
            let mut steps = piece.chunks_exact(STEP).filter_map(<[u8]>::first_chunk);
            if len > self.interpreter.max_event_bytes() || steps.any(masks::may_have_end::<STEP>) {
                break;
            }
            let read = self.read_text_piece(piece);
            let read = read.unwrap_or_else(|| {
                self.extend_long_line(piece);
                piece.len()
            });
            self.open_line.len += read;
            start += read;
        }
        start
    }

    /// Goes on with the open line, if its text can go to the data buffer as it is. Returns how many bytes that are: those of a character
    /// that is cut off are left.
    #[inline]
    fn read_text_piece(&mut self, piece: &[u8]) -> Option<usize> {
        let line = &mut self.open_line;
        let is_known = line.kind == (OpenKind::Data { too_large: false });
        if !is_known || !line.bytes.is_empty() || !line.decoder.is_between_characters() {
            return None;
        }
        let text = utf8::validate_but_for_cut(piece)?;
        line.decoder.pass(text.len());
        let too_large = self.interpreter.append_data_within_limit(text).is_err();
        line.kind = OpenKind::Data { too_large };
        Some(text.len())
    }

    /// Keeps the rest of a chunk, if it is a short piece of a line. The block is not skipped.
    #[inline]
    fn keep_rest(&mut self, chunk: &[u8], start: usize) -> Piece {
        let rest = chunk.get(start..).unwrap_or_default();
        let Some(first) = rest.first() else {
            return Piece::Whole;
        };
        let line = &mut self.open_line;
        let room = line.bytes.capacity().min(LONG_PIECE);
        let limit = self.interpreter.max_event_bytes();
        if matches!(first, b':' | b'\r' | b'\n')
            || rest.len() > room.min(limit)
            || self.line_ends.next(chunk, start).is_some()
        {
            return Piece::UpTo(start);
        }
        line.kind = OpenKind::Kept;
        line.start = self.offset + start as u64;
        line.len = rest.len();
        line.bytes.extend_from_slice(rest);
        Piece::Whole
    }

    /// Whether a chunk starts with comments that nobody asks for, which are all that there is of their blocks.
    #[inline]
    pub(crate) fn may_skip_comments(&self, chunk: &[u8]) -> bool {
        let starts_with_comment = match self.open_line.kind {
            OpenKind::None => chunk.first() == Some(&b':'),
            OpenKind::Ignored => true,
            _ => false,
        };
        starts_with_comment
            && self.interpreter.is_idle()
            && self.utf8 == Utf8Policy::Replace
            && self.mark_matched == BYTE_ORDER_MARK.len()
            && !self.swallow_lf
    }

    /// Consumes the comments at the start of a chunk, and blank lines between them. Returns how many bytes that are.
    pub(crate) fn skip_comments(&mut self, chunk: &[u8]) -> usize {
        let mut is_open = self.open_line.kind == OpenKind::Ignored;
        let mut start = 0;
        let mut place = 0;
        let mut rest = chunk;
        'lines: while !rest.is_empty() {
            let mut ends = match rest.split_first_chunk() {
                Some((block, behind)) => {
                    rest = behind;
                    masks::ends_in_block(block)
                }
                None => masks::ends_in_rest(mem::take(&mut rest)),
            };
            while ends != 0 {
                let end = place + ends.trailing_zeros() as usize;
                ends &= ends - 1;
                // The LF of a CRLF is one more blank line here, and neither has an effect.
                if !is_open && start != end && chunk.get(start) != Some(&b':') {
                    break 'lines;
                }
                is_open = false;
                start = end + 1;
            }
            place += masks::BLOCK;
        }
        is_open = is_open || chunk.get(start) == Some(&b':');
        if is_open {
            start = chunk.len();
        }
        self.swallow_lf = start == chunk.len() && chunk.last() == Some(&b'\r');
        self.open_line.kind = if is_open {
            OpenKind::Ignored
        } else {
            OpenKind::None
        };
        self.open_line.len = 0;
        self.offset += start as u64;
        start
    }

    /// Returns where in a chunk the next line starts, behind the line end at `end`.
    #[inline]
    pub(crate) fn behind_line_end(&mut self, chunk: &[u8], end: usize) -> usize {
        if chunk.get(end) == Some(&b'\r') {
            match chunk.get(end + 1) {
                Some(b'\n') => return end + 2,
                Some(_) => {}
                None => self.swallow_lf = true,
            }
        }
        end + 1
    }

    /// Adds bytes to the open line that do not fit where its bytes are kept.
    #[inline(never)]
    pub(crate) fn extend_long_line(&mut self, bytes: &[u8]) {
        let line = &mut self.open_line;
        let is_short = bytes.len() < LONG_PIECE;
        let fits = line.bytes.len() + bytes.len() <= KEPT_DATA;
        match line.kind {
            OpenKind::Kept | OpenKind::Data { .. } if is_short && fits => self.keep(bytes),
            OpenKind::Kept => {
                if self.interpreter.block() != Block::Read || !self.begin_data(bytes) {
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
            OpenKind::None | OpenKind::Block | OpenKind::Ignored | OpenKind::Comment { .. } => {}
        }
    }

    /// Adds bytes to those that are kept of the open line.
    pub(crate) fn keep(&mut self, bytes: &[u8]) {
        let Self {
            interpreter,
            open_line: OpenLine { bytes: kept, .. },
            ..
        } = self;
        let limit = interpreter.max_event_bytes();
        if let Some(grown) = capacity::grown(kept.len(), kept.capacity(), bytes.len(), limit) {
            interpreter.make_room(grown);
            capacity::reserve_bytes(kept, bytes.len(), limit);
        }
        kept.extend_from_slice(bytes);
    }

    /// If the open line with these bytes is known to be data, lets its value go to the data buffer. Returns whether it is.
    fn begin_data(&mut self, bytes: &[u8]) -> bool {
        let open_line = &mut self.open_line;
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
        self.interpreter.begin_data_line();
        if let Some(value) = kept.get(value_start..) {
            self.decode(Some(value));
        }
        let value_start = value_start.saturating_sub(kept.len());
        self.decode(bytes.get(value_start..));
        self.open_line.take_back(kept);
        true
    }

    /// Lets the bytes of a data line that have been kept go to the data buffer.
    pub(crate) fn decode_kept(&mut self) {
        if self.open_line.bytes.is_empty() {
            return;
        }
        let kept = mem::take(&mut self.open_line.bytes);
        self.decode(Some(&kept));
        self.open_line.take_back(kept);
    }

    /// Decodes further bytes of the open line, or with `None` its end, and lets the text go where it belongs.
    pub(crate) fn decode(&mut self, bytes: Option<&[u8]>) {
        let Self {
            interpreter,
            open_line,
            comment,
            ..
        } = self;
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
            | OpenKind::Block
            | OpenKind::Kept
            | OpenKind::Ignored => {}
        };
        match bytes {
            Some(bytes) => decoder.push(bytes, text),
            None => decoder.finish(text),
        }
    }

    /// Ends the open line, if it is short, well-formed, and data in its usual spelling. Returns whether it is.
    #[inline]
    pub(crate) fn close_usual_line(&mut self) -> bool {
        let Self {
            interpreter,
            open_line,
            ..
        } = self;
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
}

/// What has become of the open line's piece at the start of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// There is nothing else in the chunk.
    Whole,
    /// The chunk has been consumed up to here.
    UpTo(usize),
}

/// Bytes from which on the processor's vector instructions are used to validate them.
const FAST_TO_VALIDATE: usize = 64;

/// ASCII to fill up with.
pub(crate) const PADDING: &[u8; FAST_TO_VALIDATE] = &[b' '; FAST_TO_VALIDATE];

/// The data field's name and the colon.
pub(crate) const DATA_FIELD: &[u8] = b"data:";

/// How many bytes tell that a line is data, and whether a space follows its colon.
const KNOWN_BY: usize = DATA_FIELD.len() + 1;

/// Bytes of a data line that are kept before they go to the data buffer.
pub(crate) const KEPT_DATA: usize = 4 * 1024;

/// Bytes of a huge line that are read in one go.
const HUGE_PIECE: usize = 4 * 1024;

/// Bytes of it that are looked at in one go.
const STEP: usize = 512;

/// Length of a piece of a data line, in bytes, from which on it goes to the data buffer at once.
pub(crate) const LONG_PIECE: usize = 512;

//! The block that crosses the ends of chunks.
//!
//! Its bytes are kept as they come until it ends, if it is short, so that a small chunk costs little more than a look for the blank
//! line and the copy; then the block is validated and read in one go. If the block becomes long, or something comes that has to be
//! handled at once, what is kept is read as if it came only now, and the rest goes the whole way, line by line.
//!
//! This is for small chunks. In a large one there is at most one such block, and to open a cursor pays.

use core::mem;
use core::ops::Range;

use memchr::memchr;

#[cfg(feature = "stream")]
use crate::ahead::Ahead;
use crate::block_end::{End, Rest, find_end};
use crate::cursor::Cursor;
use crate::event::Event;
use crate::field::{self, Kind};
use crate::interpreter::{Dispatched, Interpreter};
use crate::parser::{OpenKind, OpenLine, Parser};
use crate::pending::Pending;
use crate::piece::PADDING;
use crate::utf8::{self, BYTE_ORDER_MARK, Utf8Policy};

/// What has become of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extended {
    /// All of it is kept.
    Kept,
    /// The block that is kept is complete. The chunk has been consumed up to `consumed`, behind the blank line.
    Complete { consumed: usize, rest: Rest },
    /// It has to go the whole way. No block is kept.
    Not,
}

impl Parser {
    /// Goes on with the block that is kept, or keeps a small chunk that starts one.
    #[inline]
    pub(crate) fn extend_block(&mut self, chunk: &[u8], rest: Rest, items: bool) -> Extended {
        let kept = match self.open_line.kind {
            OpenKind::Block => self.open_line.bytes.len(),
            OpenKind::None if is_small_part(chunk) && self.may_keep_block(chunk) => 0,
            _ => return Extended::Not,
        };
        match rest {
            Rest::Unknown => {}
            Rest::GoesOn if kept == 0 && chunk.len() <= self.longest_block => {
                self.add_to_block(chunk);
                self.begin_block(self.offset);
                self.offset += chunk.len() as u64;
                return Extended::Kept;
            }
            Rest::GoesOn | Rest::Ends => return Extended::Not,
        }
        let is_start = kept == 0 || self.open_line.bytes.last() == Some(&b'\n');
        let room = self.longest_block.saturating_sub(kept);
        let window = chunk.get(..room).unwrap_or(chunk);
        match find_end(window, is_start, items) {
            Some(End::Further { retry }) if chunk.len() <= room => {
                self.add_to_block(chunk);
                if kept == 0 {
                    self.begin_block(self.offset);
                }
                self.offset += chunk.len() as u64;
                if let Some(retry) = self
                    .open_line
                    .retry
                    .or_else(|| retry.map(|place| kept + place))
                {
                    self.read_reconnection_times(retry);
                }
                Extended::Kept
            }
            Some(End::At {
                blank_line,
                consumed,
                rest,
            }) if kept > 0 => {
                self.add_to_block(chunk.get(..blank_line).unwrap_or_default());
                self.offset += consumed as u64;
                let rest = if rest == Rest::GoesOn && chunk.len() > room {
                    Rest::Unknown
                } else {
                    rest
                };
                Extended::Complete { consumed, rest }
            }
            _ => {
                self.read_block_so_far();
                Extended::Not
            }
        }
    }

    /// Keeps the end of a chunk that starts at `offset` of the stream, if most of the chunk is the start of a block: `lines`, and the line
    /// behind them, which has not ended. Returns whether it has done so.
    #[inline]
    pub(crate) fn keep_block(&mut self, chunk: &[u8], lines: Range<usize>, offset: u64) -> bool {
        let bytes = chunk.get(lines.start..).unwrap_or_default();
        let open_line = chunk.get(lines.end..).unwrap_or_default();
        if bytes.len() < chunk.len() / 2
            || !is_small_part(chunk)
            || bytes.len() > self.longest_block
            || !self.may_keep_block(open_line)
        {
            return false;
        }
        // There is no blank line, but perhaps a CR without an LF.
        if !lines.is_empty() && find_end(bytes, true, false).is_none() {
            return false;
        }
        self.add_to_block(bytes);
        self.begin_block(offset + lines.start as u64);
        true
    }

    /// Whether what comes next is part of a block that may be kept.
    #[inline]
    fn may_keep_block(&self, from_line: &[u8]) -> bool {
        let first = from_line.first();
        // Comments that nobody asks for could be kept, but to ignore them is less work; and a line that is to be rejected is to be so
        // when it ends.
        first.is_none_or(|first| matches!(first, b'd' | b'e' | b'i'))
            && self.utf8 == Utf8Policy::Replace
            && self.open_line.kind == OpenKind::None
            && self.mark_matched == BYTE_ORDER_MARK.len()
            && !self.swallow_lf
            && self.interpreter.is_idle()
    }

    /// Sets the reconnection times that have come, which take effect at once. The first line that may be one starts at `start` of what is
    /// kept.
    #[cold]
    fn read_reconnection_times(&mut self, start: usize) {
        let Self {
            interpreter,
            open_line,
            ..
        } = self;
        let mut from_line = open_line.bytes.get(start..).unwrap_or_default();
        while let Some(end) = memchr(b'\n', from_line) {
            let (line, from_end) = from_line.split_at(end);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let field::Line { kind, value_start } = field::read_bytes(line);
            let value = line.get(value_start..).map(core::str::from_utf8);
            if let (Kind::ReconnectionTime, Some(Ok(value))) = (kind, value) {
                let _ = interpreter.process_copied(kind, value);
            }
            from_line = from_end.strip_prefix(b"\n").unwrap_or_default();
        }
        let is_open = from_line.first() == Some(&b'r');
        open_line.retry = is_open.then_some(open_line.bytes.len() - from_line.len());
    }

    #[inline]
    fn begin_block(&mut self, start: u64) {
        self.end_chunk();
        self.open_line.kind = OpenKind::Block;
        self.open_line.start = start;
    }

    #[inline]
    fn add_to_block(&mut self, bytes: &[u8]) {
        let kept = &mut self.open_line.bytes;
        if bytes.len() > kept.capacity() - kept.len() {
            self.keep(bytes);
        } else {
            kept.extend_from_slice(bytes);
        }
    }

    /// Reads what is kept of a block as if it came only now. That gives nothing to hand out: there is no blank line in it and nothing
    /// that has to be handled at once, and what it holds is within the limit.
    #[inline(never)]
    pub(crate) fn read_block_so_far(&mut self) {
        if self.open_line.kind != OpenKind::Block {
            return;
        }
        let bytes = mem::take(&mut self.open_line.bytes);
        self.open_line.close();
        let offset = mem::replace(&mut self.offset, self.open_line.start);
        self.line_ends.begin();
        Cursor::new(self, &bytes, 0, false).read_all();
        self.offset = offset;
        if self.open_line.bytes.capacity() == 0 {
            self.open_line.take_back(bytes);
        }
    }

    /// Dispatches the block that is kept and complete.
    #[inline]
    pub(crate) fn dispatch_block(&mut self) -> Option<Dispatched> {
        self.end_block(|interpreter, pending| {
            interpreter.spill(pending);
            interpreter.dispatch(&mut Pending::default())
        })
    }

    /// Dispatches the block that is kept and complete, as an event that owns its text.
    #[inline]
    pub(crate) fn dispatch_owned_block(&mut self) -> Option<Event> {
        self.end_block(|interpreter, pending| {
            let dispatched = interpreter.dispatch(pending)?;
            Some(match pending.text_of(dispatched) {
                Some((event_type, data)) => interpreter.own(event_type, data),
                None => interpreter.owned_event(dispatched, pending),
            })
        })
    }

    /// Like [`dispatch_owned_block`](Self::dispatch_owned_block), into a place that is asked for if there is an event.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) fn dispatch_block_ahead(&mut self, ahead: &mut Ahead) {
        self.end_block(|interpreter, pending| {
            let dispatched = interpreter.dispatch(pending)?;
            let place = ahead.place()?;
            match pending.text_of(dispatched) {
                Some((event_type, data)) => interpreter.own_into(event_type, data, place),
                None => *place = interpreter.owned_event(dispatched, pending),
            }
            Some(())
        });
    }

    /// Reads the block that is kept and complete, and has it dispatched.
    #[inline]
    fn end_block<T>(
        &mut self,
        mut dispatch: impl FnMut(&mut Interpreter, &mut Pending<'_>) -> Option<T>,
    ) -> Option<T> {
        let Self {
            interpreter,
            open_line,
            ..
        } = self;
        interpreter.release_large();
        let OpenLine { bytes, kind, .. } = open_line;
        let len = bytes.len();
        if let Some(padding) = PADDING.get(len..) {
            // What is added is no part of any character, so it makes no difference.
            bytes.extend_from_slice(padding);
        }
        let text = utf8::validate(bytes, false).ok();
        let Some(mut text) = text.and_then(|text| text.get(..len)) else {
            bytes.truncate(len);
            self.read_block_so_far();
            return dispatch(&mut self.interpreter, &mut Pending::default());
        };
        let mut pending = Pending::default();
        // All of its lines have an end.
        while !text.is_empty() {
            let end = memchr(b'\n', text.as_bytes());
            let Some((line, from_end)) = end.and_then(|end| text.split_at_checked(end)) else {
                break;
            };
            text = from_end.strip_prefix("\n").unwrap_or_default();
            let line = line.strip_suffix("\r").unwrap_or(line);
            match field::read(line) {
                (Kind::Data, value) => {
                    if interpreter.is_idle() && !pending.has_data() {
                        pending.set_data(value);
                    } else {
                        if pending.is_anything() {
                            interpreter.spill(&mut pending);
                        }
                        // All that is kept is within the limit, so what it holds is too.
                        interpreter.append_data_line(value);
                    }
                }
                (Kind::EventType, value) => pending.set_event_type(value),
                (Kind::Id, value) => pending.set_id(value),
                // To set a reconnection time once more makes no difference.
                (Kind::ReconnectionTime, value) => {
                    let _ = interpreter.process_copied(Kind::ReconnectionTime, value);
                }
                (Kind::Comment | Kind::Unknown, _) => {}
            }
        }
        let outcome = dispatch(interpreter, &mut pending);
        bytes.clear();
        *kind = OpenKind::None;
        open_line.len = 0;
        open_line.retry = None;
        outcome
    }
}

/// Returns how many bytes of a block are kept before it goes on line by line. As text they may be three times as much, and must not
/// exceed the limit then.
pub(crate) const fn longest_block(max_event_bytes: usize) -> usize {
    let longest = max_event_bytes / 3;
    if longest < KEPT_BLOCK {
        longest
    } else {
        KEPT_BLOCK
    }
}

/// Bytes of a block that are kept at most.
const KEPT_BLOCK: usize = 4 * 1024;

/// Whether a chunk is likely to be part of one block only.
#[inline]
fn is_small_part(chunk: &[u8]) -> bool {
    chunk.len() <= SMALL_CHUNK && chunk.last() != Some(&b'\n')
}

/// Bytes of a chunk that is looked at whether it is part of one block only.
const SMALL_CHUNK: usize = 256;

#[cfg(test)]
mod tests {
    use alloc::format;
    use core::time::Duration;

    use super::*;
    use crate::parser::Unfinished;

    /// A parser that keeps blocks: it has seen the start of the stream.
    fn parser() -> Parser {
        let mut parser = Parser::new();
        assert_eq!(parser.feed(b":\n\n").next().unwrap(), None);
        parser
    }

    #[test]
    fn a_block_is_kept_until_it_ends() {
        let mut parser = parser();
        for piece in ["id: 1\nda", "ta: one", "\r\nevent: e", "\ndata: two\n"] {
            assert_eq!(parser.feed(piece.as_bytes()).next().unwrap(), None);
            assert_eq!(parser.open_line.kind, OpenKind::Block, "{piece}");
        }
        let mut events = parser.feed(b"\ndata: next\n\n");
        assert_eq!(events.remainder(), b"\ndata: next\n\n");
        let event = events.next().unwrap().unwrap();
        assert_eq!(
            (event.event_type(), event.data(), event.last_event_id()),
            ("e", "one\ntwo", "1")
        );
        // Nobody has to go on.
        assert_eq!(events.remainder(), b"data: next\n\n");
        assert_eq!(parser.last_event_id(), "1");
        assert_eq!(
            parser.feed(b"data: x\n\n").next().unwrap().unwrap().data(),
            "x"
        );
    }

    #[test]
    fn a_reconnection_time_takes_effect_at_its_line_end() {
        for line_end in ["\n", "\r\n"] {
            let lines = [
                "data: x", "retry: 1", "event: r", "retry: 2", "retry: x", "id: 5", "retry",
            ];
            let stream = lines.map(|line| format!("{line}{line_end}")).concat();
            for cut in 1..stream.len() {
                let mut parser = parser();
                let (first, second) = stream.as_bytes().split_at(cut);
                for (piece, len) in [(first, cut), (second, stream.len())] {
                    assert_eq!(parser.feed(piece).next().unwrap(), None);
                    // A CR ends its line before the LF has come.
                    let so_far = &stream[..len];
                    let has_ended = |time: &u64| {
                        let line = format!("retry: {time}{}", &line_end[..1]);
                        so_far.contains(&line)
                    };
                    let time = [2, 1].into_iter().find(has_ended);
                    assert_eq!(
                        parser.reconnection_time(),
                        time.map(Duration::from_millis),
                        "{so_far:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_end_of_the_stream_drops_what_is_kept() {
        for (stream, unfinished) in [
            ("d", Some(Unfinished::Line)),
            ("data: x\nid", Some(Unfinished::Line)),
            ("data: x\n", Some(Unfinished::Block)),
            ("ignored: x\n", None),
        ] {
            let mut parser = parser();
            let (first, second) = stream.as_bytes().split_at(1);
            for piece in [first, second] {
                assert_eq!(parser.feed(piece).next().unwrap(), None);
            }
            assert_eq!(parser.finish(), unfinished, "{stream:?}");
            assert_eq!(
                parser.feed(b"\n\ndata\n\n").next().unwrap().unwrap().data(),
                ""
            );
        }
    }
}

//! [`Chunk`]: a chunk that has been fed.

use core::mem;

#[cfg(feature = "stream")]
use crate::ahead::Ahead;
use crate::block::Extended;
use crate::block_end::Rest;
use crate::cursor::Cursor;
use crate::event::{Event, EventRef};
use crate::interpreter::Dispatched;
use crate::parser::{OpenKind, Parser};
use crate::pending::Pending;
use crate::piece::Piece;

/// A chunk that has been fed, with as much machinery as it takes.
///
/// Small chunks often are a piece from the middle of a line. All that there is to do for one is to keep it, and to set up
/// a [`Cursor`] first would take longer than that.
#[derive(Debug)]
pub(crate) enum Chunk<'p, 'a> {
    /// Nothing has been asked for.
    Fed {
        parser: &'p mut Parser,
        bytes: &'a [u8],
        items: bool,
        rest: Rest,
    },
    /// It is being read.
    Open(Cursor<'p, 'a>),
    /// It was a piece of a line, which the parser has kept.
    Kept,
}

impl<'p, 'a> Chunk<'p, 'a> {
    /// Whether the next event is likely to be a [quick](Cursor::quick_event) one.
    #[inline]
    pub(crate) const fn is_quick(&self) -> bool {
        match self {
            Self::Open(cursor) => cursor.is_quick(),
            Self::Fed { .. } | Self::Kept => false,
        }
    }

    /// Goes on to the next event, if that is a [quick](Cursor::quick_event) one. To be asked for if it is likely.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as is what it calls")]
    pub(crate) fn quick_event(&mut self) -> Option<(&'a str, &'a str)> {
        match self {
            Self::Open(cursor) => cursor.quick_event(),
            Self::Fed { .. } | Self::Kept => None,
        }
    }

    /// The event that [`quick_event`](Self::quick_event) has found.
    #[inline]
    pub(crate) fn event_of<'e>(
        &'e self,
        event_type: &'e str,
        data: &'e str,
    ) -> Option<EventRef<'e>> {
        match self {
            Self::Open(cursor) => Some(cursor.event_of(event_type, data)),
            Self::Fed { .. } | Self::Kept => None,
        }
    }

    /// Whether it is being read by a cursor.
    #[inline]
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// The cursor, if there is one.
    #[inline]
    pub(crate) const fn cursor(&mut self) -> Option<&mut Cursor<'p, 'a>> {
        match self {
            Self::Open(cursor) => Some(cursor),
            Self::Fed { .. } | Self::Kept => None,
        }
    }

    /// Starts to read the chunk, or goes on behind a block. It is not open.
    #[inline(never)]
    pub(crate) fn start(&mut self) -> Start {
        let Self::Fed { parser, bytes, .. } = self else {
            return Start::Nothing;
        };
        if parser.keep_piece(bytes) {
            *self = Self::Kept;
            return Start::Nothing;
        }
        self.start_more_than_piece()
    }

    /// Like [`start`](Self::start), where what is left of the chunk is known not to be a [piece](Parser::keep_piece) of a line.
    #[inline]
    pub(crate) fn start_more_than_piece(&mut self) -> Start {
        let Self::Fed {
            parser,
            bytes,
            items,
            ..
        } = self
        else {
            return Start::Nothing;
        };
        if !*items && parser.may_skip_comments(bytes) {
            let skipped = parser.skip_comments(bytes);
            *bytes = bytes.get(skipped..).unwrap_or_default();
        }
        if bytes.is_empty() {
            parser.end_chunk();
            *self = Self::Kept;
            return Start::Nothing;
        }
        match parser.open_line.kind {
            OpenKind::None | OpenKind::Block => self.start_by_block(),
            OpenKind::Kept
            | OpenKind::Comment { .. }
            | OpenKind::Data { .. }
            | OpenKind::Ignored => self.open(),
        }
    }

    /// Starts to read the chunk where a block is kept, or may be kept.
    #[inline(never)]
    fn start_by_block(&mut self) -> Start {
        let Self::Fed {
            parser,
            bytes,
            items,
            rest: known,
        } = self
        else {
            return Start::Nothing;
        };
        match parser.extend_block(bytes, *known, *items) {
            Extended::Kept => {
                *self = Self::Kept;
                Start::Nothing
            }
            Extended::Complete { consumed, rest } => {
                *bytes = bytes.get(consumed..).unwrap_or_default();
                *known = rest;
                Start::Block
            }
            Extended::Not => self.open(),
        }
    }

    /// Opens a chunk that is no part of a block that is kept.
    #[inline(never)]
    fn open(&mut self) -> Start {
        if let Self::Fed {
            parser,
            bytes,
            items,
            ..
        } = mem::replace(self, Self::Kept)
        {
            parser.line_ends.begin();
            match parser.read_piece(bytes) {
                Piece::Whole => parser.offset += bytes.len() as u64,
                Piece::UpTo(start) => {
                    *self = Self::Open(Cursor::new(parser, bytes, start, items));
                    return Start::Cursor;
                }
            }
        }
        Start::Nothing
    }

    /// Dispatches the block, after [`Start::Block`].
    #[inline]
    pub(crate) fn dispatch_block(&mut self) -> Option<Dispatched> {
        match self {
            Self::Fed { parser, .. } => parser.dispatch_block(),
            Self::Open(_) | Self::Kept => None,
        }
    }

    /// The event that has been dispatched.
    #[inline]
    pub(crate) fn block_event(&self, dispatched: Dispatched) -> Option<EventRef<'_>> {
        match self {
            Self::Fed { parser, .. } => {
                Some(parser.interpreter.event(dispatched, &Pending::default()))
            }
            Self::Open(_) | Self::Kept => None,
        }
    }

    /// Dispatches the block, after [`Start::Block`], as an event that owns its text.
    #[inline]
    pub(crate) fn owned_block(&mut self) -> Option<Event> {
        match self {
            Self::Fed { parser, .. } => parser.dispatch_owned_block(),
            Self::Open(_) | Self::Kept => None,
        }
    }

    /// Like [`owned_block`](Self::owned_block), into a place.
    #[cfg(feature = "stream")]
    #[inline(never)]
    pub(crate) fn block_ahead(&mut self, ahead: &mut Ahead) {
        if let Self::Fed { parser, .. } = self {
            parser.dispatch_block_ahead(ahead);
        }
    }

    /// What has not been consumed.
    pub(crate) fn remainder(&self) -> &'a [u8] {
        match self {
            Self::Fed { bytes, .. } => bytes,
            Self::Open(cursor) => cursor.remainder(),
            Self::Kept => &[],
        }
    }
}

/// How the reading of a chunk starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// By a cursor.
    Cursor,
    /// A block that began earlier is complete, and is to be dispatched.
    Block,
    /// There is nothing to hand out.
    Nothing,
}

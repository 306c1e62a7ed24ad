//! [`Chunk`]: a chunk that has been fed.

use core::mem;

use crate::cursor::Cursor;
use crate::event::EventRef;
use crate::parser::Parser;
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

    /// What there is to read, or `None` if there is nothing to hand out.
    #[inline]
    pub(crate) fn cursor(&mut self) -> Option<&mut Cursor<'p, 'a>> {
        if !matches!(self, Self::Open(_)) {
            self.open();
        }
        match self {
            Self::Open(cursor) => Some(cursor),
            Self::Fed { .. } | Self::Kept => None,
        }
    }

    #[inline(never)]
    fn open(&mut self) {
        if let Self::Fed {
            parser,
            bytes,
            items,
        } = mem::replace(self, Self::Kept)
        {
            if parser.keep_piece(bytes) {
                return;
            }
            parser.line_ends.begin();
            match parser.read_piece(bytes) {
                Piece::Whole => parser.offset += bytes.len() as u64,
                Piece::UpTo(start) => {
                    *self = Self::Open(Cursor::new(parser, bytes, start, items));
                }
            }
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

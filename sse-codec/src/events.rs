//! [`Events`] and [`Items`]: what a chunk holds, lent one by one.

use core::time::Duration;

use crate::cursor::{Cursor, Step};
use crate::error::ParseError;
use crate::event::EventRef;

/// The events of a chunk, lent one by one. Comes from [`Parser::feed`](crate::Parser::feed).
///
/// It is not an [`Iterator`], since an event borrows the parser's buffers until the next one is asked for. It has no
/// `Drop`: the parser's state is always that of the bytes consumed so far, and whoever stops early simply has not fed the
/// rest.
#[derive(Debug)]
#[must_use = "a chunk is parsed only as far as its events are pulled"]
pub struct Events<'p, 'a> {
    cursor: Cursor<'p, 'a>,
}

impl<'p, 'a> Events<'p, 'a> {
    pub(crate) const fn new(cursor: Cursor<'p, 'a>) -> Self {
        Self { cursor }
    }

    /// Returns the next event, or `None` when the chunk holds no further one.
    ///
    /// # Errors
    ///
    /// [`ParseErrorKind::TooLarge`](crate::ParseErrorKind::TooLarge) for an event beyond the limit, and
    /// [`ParseErrorKind::Utf8`](crate::ParseErrorKind::Utf8) for an ill-formed line, if those are to be rejected. The events
    /// before it have been returned, the event itself is dropped; call `next` again to go on behind it.
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "a lending iterator cannot be an `Iterator`, and this is the name that reads right"
    )]
    pub fn next(&mut self) -> Result<Option<EventRef<'_>>, ParseError> {
        loop {
            match self.cursor.step()? {
                Step::Event(dispatched) => return Ok(Some(self.cursor.event(&dispatched))),
                Step::End => return Ok(None),
                Step::Comment(_) | Step::ReconnectionTime(_) => {}
            }
        }
    }

    /// Returns the bytes of the chunk that have not been consumed yet.
    #[must_use]
    pub fn remainder(&self) -> &'a [u8] {
        self.cursor.remainder()
    }
}

/// All that a chunk holds, lent piece by piece. Comes from [`Parser::feed_items`](crate::Parser::feed_items).
///
/// Like [`Events`] it is not an [`Iterator`] and has no `Drop`.
#[derive(Debug)]
#[must_use = "a chunk is parsed only as far as its items are pulled"]
pub struct Items<'p, 'a> {
    cursor: Cursor<'p, 'a>,
}

impl<'p, 'a> Items<'p, 'a> {
    pub(crate) const fn new(cursor: Cursor<'p, 'a>) -> Self {
        Self { cursor }
    }

    /// Returns the next item, or `None` when the chunk holds no further one.
    ///
    /// # Errors
    ///
    /// As of [`Events::next`].
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "a lending iterator cannot be an `Iterator`, and this is the name that reads right"
    )]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, ParseError> {
        self.cursor.forget_comment();
        Ok(match self.cursor.step()? {
            Step::Event(dispatched) => Some(Item::Event(self.cursor.event(&dispatched))),
            Step::Comment(comment) => Some(Item::Comment(match comment {
                Some(comment) => comment,
                None => self.cursor.collected_comment(),
            })),
            Step::ReconnectionTime(time) => Some(Item::ReconnectionTime(time)),
            Step::End => None,
        })
    }

    /// Returns the bytes of the chunk that have not been consumed yet.
    #[must_use]
    pub fn remainder(&self) -> &'a [u8] {
        self.cursor.remainder()
    }
}

/// What an event stream holds, in the order in which it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Item<'a> {
    /// An event, at the blank line that dispatches it.
    Event(EventRef<'a>),
    /// A comment, at its line end: everything behind the colon, a space included.
    Comment(&'a str),
    /// A reconnection time, at the end of its `retry` line. It takes effect there, also in a block without data.
    ReconnectionTime(Duration),
}

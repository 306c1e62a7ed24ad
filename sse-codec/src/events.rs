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
        if let Some((event_type, data)) = self.cursor.simple_event() {
            return Ok(Some(self.cursor.event_of(event_type, data)));
        }
        loop {
            match self.cursor.step() {
                Step::Event => return Ok(Some(self.cursor.event())),
                Step::Error => return Err(self.cursor.error()),
                Step::End => return Ok(None),
                Step::Comment | Step::ReconnectionTime => {}
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
        if let Some((event_type, data)) = self.cursor.simple_event() {
            let event = self.cursor.event_of(event_type, data);
            return Ok(Some(Item::Event(event)));
        }
        Ok(match self.cursor.step() {
            Step::Event => Some(Item::Event(self.cursor.event())),
            Step::Comment => Some(Item::Comment(self.cursor.comment())),
            Step::ReconnectionTime => Some(Item::ReconnectionTime(self.cursor.reconnection_time())),
            Step::Error => return Err(self.cursor.error()),
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

//! [`Events`] and [`Items`]: what a chunk holds, lent one by one.

use core::time::Duration;

#[cfg(feature = "stream")]
use crate::ahead::Ahead;
use crate::chunk::{Chunk, Start};
use crate::cursor::Step;
use crate::error::ParseError;
use crate::event::{Event, EventRef};

/// The events of a chunk, lent one by one. Comes from [`Parser::feed`](crate::Parser::feed).
///
/// It is not an [`Iterator`], since an event borrows the parser's buffers until the next one is asked for. It has no
/// `Drop`: the parser's state is always that of the bytes consumed so far, and whoever stops early simply has not fed the
/// rest.
#[derive(Debug)]
#[must_use = "a chunk is parsed only as far as its events are pulled"]
pub struct Events<'p, 'a> {
    chunk: Chunk<'p, 'a>,
}

impl<'p, 'a> Events<'p, 'a> {
    #[inline]
    pub(crate) const fn new(chunk: Chunk<'p, 'a>) -> Self {
        Self { chunk }
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
        if self.chunk.is_quick() {
            self.next_quickly()
        } else {
            self.next_in_full()
        }
    }

    // Out of line, so that what it needs in registers is not set up where there is nothing to do.
    #[inline(never)]
    fn next_quickly(&mut self) -> Result<Option<EventRef<'_>>, ParseError> {
        if let Some((event_type, data)) = self.chunk.quick_event() {
            return Ok(self.chunk.event_of(event_type, data));
        }
        self.next_in_full()
    }

    #[inline(never)]
    fn next_in_full(&mut self) -> Result<Option<EventRef<'_>>, ParseError> {
        while !self.chunk.is_open() {
            match self.chunk.start() {
                Start::Cursor => {}
                Start::Block => {
                    if let Some(dispatched) = self.chunk.dispatch_block() {
                        return Ok(self.chunk.block_event(dispatched));
                    }
                }
                Start::Nothing => return Ok(None),
            }
        }
        let Some(cursor) = self.chunk.cursor() else {
            return Ok(None);
        };
        if let Some((event_type, data)) = cursor.simple_event() {
            return Ok(Some(cursor.event_of(event_type, data)));
        }
        loop {
            match cursor.step() {
                Step::Event => return Ok(Some(cursor.event())),
                Step::Error => return Err(cursor.error()),
                Step::End => return Ok(None),
                Step::Comment | Step::ReconnectionTime => {}
            }
        }
    }

    /// Returns the next event as one that owns its text, or `None` when the chunk holds no further one.
    ///
    /// It is [`next`](Self::next) and [`EventRef::to_event`] in one, and better: large data that came in several chunks is handed
    /// over instead of copied, and an unusually long last event ID is shared with the events before. The event may have up to
    /// twice the memory that large data needs.
    ///
    /// # Errors
    ///
    /// As of [`next`](Self::next).
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_codec::Parser;
    ///
    /// let mut parser = Parser::new();
    /// let mut queue = Vec::new();
    /// let mut events = parser.feed(b"data: 1\n\ndata: 2\n\n");
    /// while let Some(event) = events.next_owned()? {
    ///     queue.push(event);
    /// }
    /// assert_eq!(queue.len(), 2);
    /// # Ok::<(), sse_codec::ParseError>(())
    /// ```
    #[inline]
    pub fn next_owned(&mut self) -> Result<Option<Event>, ParseError> {
        while !self.chunk.is_open() {
            match self.chunk.start() {
                Start::Cursor => {}
                Start::Block => {
                    if let Some(event) = self.chunk.owned_block() {
                        return Ok(Some(event));
                    }
                }
                Start::Nothing => return Ok(None),
            }
        }
        let Some(cursor) = self.chunk.cursor() else {
            return Ok(None);
        };
        if let Some((event_type, data)) = cursor.quick_event_if_likely() {
            return Ok(Some(cursor.owned_event_of(event_type, data)));
        }
        if let Some((event_type, data)) = cursor.simple_event() {
            return Ok(Some(cursor.owned_event_of(event_type, data)));
        }
        loop {
            match cursor.step_to_owned() {
                Step::Event => return Ok(Some(cursor.owned_event())),
                Step::Error => return Err(cursor.error()),
                Step::End => return Ok(None),
                Step::Comment | Step::ReconnectionTime => {}
            }
        }
    }

    /// Parses events ahead, as [`next_owned`](Self::next_owned) returns them, until there are enough. Returns whether the chunk holds no
    /// further one. `may_be_piece` says whether all of the chunk may be a [piece](crate::parser::Parser::keep_piece) of a line.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) fn parse_ahead(
        &mut self,
        ahead: &mut Ahead,
        may_be_piece: bool,
    ) -> Result<bool, ParseError> {
        let mut may_be_piece = may_be_piece;
        while !self.chunk.is_open() {
            let start = if may_be_piece {
                self.chunk.start()
            } else {
                self.chunk.start_more_than_piece()
            };
            match start {
                Start::Cursor => {}
                Start::Block => self.chunk.block_ahead(ahead),
                Start::Nothing => return Ok(true),
            }
            // What is behind a block is another matter.
            may_be_piece = true;
        }
        self.parse_text_ahead(ahead)
    }

    #[cfg(feature = "stream")]
    // Out of line, so that what it needs in registers is not set up where a chunk is only kept.
    #[inline(never)]
    fn parse_text_ahead(&mut self, ahead: &mut Ahead) -> Result<bool, ParseError> {
        let Some(cursor) = self.chunk.cursor() else {
            return Ok(true);
        };
        cursor.use_large_regions();
        while !ahead.is_full() {
            let simple = match cursor.quick_event_if_likely() {
                Some(event) => Some(event),
                None => cursor.simple_event(),
            };
            if let Some((event_type, data)) = simple {
                if let Some(place) = ahead.place() {
                    cursor.own_event_of(event_type, data, place);
                }
                continue;
            }
            // The first event of a slice comes here, and is likely to be as simple as the others.
            let Some(step) = cursor.step_or_find_text() else {
                continue;
            };
            match step {
                Step::Event => {
                    if let Some(place) = ahead.place() {
                        *place = cursor.owned_event();
                    }
                }
                Step::Error => return Err(cursor.error()),
                Step::End => return Ok(true),
                Step::Comment | Step::ReconnectionTime => {}
            }
        }
        Ok(false)
    }

    /// Returns the bytes of the chunk that have not been consumed yet.
    #[must_use]
    pub fn remainder(&self) -> &'a [u8] {
        self.chunk.remainder()
    }
}

/// All that a chunk holds, lent piece by piece. Comes from [`Parser::feed_items`](crate::Parser::feed_items).
///
/// Like [`Events`] it is not an [`Iterator`] and has no `Drop`.
#[derive(Debug)]
#[must_use = "a chunk is parsed only as far as its items are pulled"]
pub struct Items<'p, 'a> {
    chunk: Chunk<'p, 'a>,
}

impl<'p, 'a> Items<'p, 'a> {
    #[inline]
    pub(crate) const fn new(chunk: Chunk<'p, 'a>) -> Self {
        Self { chunk }
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
        while !self.chunk.is_open() {
            match self.chunk.start() {
                Start::Cursor => {}
                Start::Block => {
                    if let Some(dispatched) = self.chunk.dispatch_block() {
                        let event = self.chunk.block_event(dispatched);
                        return Ok(event.map(Item::Event));
                    }
                }
                Start::Nothing => return Ok(None),
            }
        }
        let Some(cursor) = self.chunk.cursor() else {
            return Ok(None);
        };
        cursor.forget_comment();
        if let Some((event_type, data)) = cursor.quick_event_if_likely() {
            let event = cursor.event_of(event_type, data);
            return Ok(Some(Item::Event(event)));
        }
        if let Some((event_type, data)) = cursor.simple_event() {
            let event = cursor.event_of(event_type, data);
            return Ok(Some(Item::Event(event)));
        }
        Ok(match cursor.step() {
            Step::Event => Some(Item::Event(cursor.event())),
            Step::Comment => Some(Item::Comment(cursor.comment())),
            Step::ReconnectionTime => Some(Item::ReconnectionTime(cursor.reconnection_time())),
            Step::Error => return Err(cursor.error()),
            Step::End => None,
        })
    }

    /// Returns the bytes of the chunk that have not been consumed yet.
    #[must_use]
    pub fn remainder(&self) -> &'a [u8] {
        self.chunk.remainder()
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

#[cfg(test)]
// Too slow for Miri, for the size of the data.
#[cfg(not(miri))]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::parser::Parser;
    use crate::utf8::Utf8Policy;

    fn lent(stream: &[u8], chunk: usize) -> Vec<(String, String, String)> {
        let mut parser = Parser::new();
        let mut seen = Vec::new();
        for chunk in stream.chunks(chunk) {
            let mut events = parser.feed(chunk);
            while let Some(event) = events.next().unwrap() {
                let texts = [event.event_type(), event.data(), event.last_event_id()];
                seen.push(texts.map(Into::into).into());
            }
        }
        seen
    }

    #[test]
    fn what_is_near_a_line_end_is_text() {
        for text in [
            "a\tb",
            "\x0B",
            "a\x0Cb\x0B",
            "\x0B\x0B\x0C",
            "\x0E",
            "\x09\x0C",
        ] {
            for end in ["\n", "\r\n", "\r"] {
                let lines = [
                    "data: 1",
                    "",
                    &format!("event: {text}"),
                    &format!("id: {text}"),
                    &format!("data: {text}"),
                    "",
                    &format!(":{text}"),
                    "",
                    &format!("data: {text}"),
                    &format!("data: {text}"),
                    &format!("data: {text}"),
                    "",
                    "",
                ];
                let stream = lines.join(end).repeat(3);
                let joined = [text; 3].join("\n");
                for chunk in [1, 7, 64, 65, stream.len()] {
                    let seen = lent(stream.as_bytes(), chunk);
                    let seen: Vec<_> = seen.iter().map(|(a, b, c)| [a, b, c]).collect();
                    assert_eq!(seen.len(), 9, "{text:?} {end:?} {chunk}");
                    for events in seen.chunks(3) {
                        assert_eq!(events[0][1], "1");
                        assert_eq!(events[1], [text, text, text]);
                        assert_eq!(events[2], ["message", &joined, text]);
                    }
                }
            }
        }
    }

    fn owned(stream: &[u8], chunk: usize) -> Vec<(String, String, String)> {
        let mut parser = Parser::new();
        let mut seen = Vec::new();
        for chunk in stream.chunks(chunk) {
            let mut events = parser.feed(chunk);
            while let Some(event) = events.next_owned().unwrap() {
                let texts = [event.event_type(), event.data(), event.last_event_id()];
                seen.push(texts.map(Into::into).into());
            }
        }
        seen
    }

    #[test]
    fn data_that_lies_within_a_chunk_is_lent_from_it() {
        for size in [1, 500, 31 * 1024, 33 * 1024, 1_000_000] {
            let data = "x".repeat(size);
            let stream = format!("data: {data}\n\ndata: {data}\r\n\r\n");
            let chunk = stream.as_bytes();
            let mut parser = Parser::new();
            let mut events = parser.feed(chunk);
            for _ in 0..2 {
                let event = events.next().unwrap().unwrap();
                assert_eq!(event.data().len(), size);
                assert!(
                    chunk.as_ptr_range().contains(&event.data().as_ptr()),
                    "{size}"
                );
            }
            assert!(events.next().unwrap().is_none());
        }
    }

    #[test]
    fn owned_events_are_the_same() {
        let large = |size: usize| "x".repeat(size);
        let mut stream = String::new();
        // Around the sizes from which on data is handed over, and back to small ones; IDs that are short, long, and gone.
        for size in [
            1, 300, 16_384, 16_385, 40_000, 33_000, 5, 100_000, 99_000, 20_000,
        ] {
            let data = large(size);
            stream += &format!("data: {data}\n\nevent: t\ndata: {data}\n\n");
            stream += &format!("id: {size}\ndata: {data}\ndata: y\n\ndata: small\n\n");
            stream += &format!("id: {data}\nevent: u\ndata: {data}\n\ndata: small\n\nid\n\n");
        }
        let stream = stream.as_bytes();
        for chunk in [63, 1_400, 4_096, 16_384, usize::MAX] {
            assert_eq!(owned(stream, chunk), lent(stream, chunk), "{chunk}");
        }
    }

    #[test]
    fn owned_events_of_huge_lines_are_the_same() {
        let large = "é€x".repeat(50_000);
        let mut stream =
            format!("data: small\n\ndata: {large}\n\ndata:{large}\r\n\r\n").into_bytes();
        stream.extend(format!("event: t\nid: 1\ndata: {large}\ndata:  {large}\n\n").bytes());
        stream.extend(format!("data: {large}\rdata: {large}\r\rdata: {large}").bytes());
        stream.extend(b"\xE2\x82");
        stream.extend(format!("{large}\n\n: {large}\n{large}: x\ndata: y\n\n").bytes());
        stream.extend(format!("id: 2\ndata: {large}{large}{large}\n\ndata: {large}\n\n").bytes());
        stream.extend(format!("data: {large}").bytes());
        for policy in [Utf8Policy::Replace, Utf8Policy::Reject] {
            let builder = Parser::builder().utf8(policy).max_event_bytes(800_000);
            let (mut lender, mut owner) = (builder.clone().build(), builder.build());
            let mut lent = lender.feed(&stream);
            let mut owned = owner.feed(&stream);
            let mut count = 0;
            loop {
                let expected = lent.next().map(|event| event.map(|event| event.to_event()));
                let seen = owned.next_owned();
                assert!(seen == expected, "{count}");
                if seen == Ok(None) {
                    break;
                }
                count += 1;
            }
            assert_eq!(count, 9);
            assert_eq!(lender.finish(), owner.finish());
        }
    }

    #[test]
    fn owned_events_are_not_much_larger_than_their_data() {
        let mut parser = Parser::new();
        let mut sizes = Vec::new();
        let stream = [1_000_000, 1_000_000, 20_000, 10, 50_000]
            .map(|size| format!("data: {}\n\n", "x".repeat(size)))
            .concat();
        for chunk in stream.as_bytes().chunks(1_000) {
            let mut events = parser.feed(chunk);
            while let Some(event) = events.next_owned().unwrap() {
                sizes.push((event.data().len(), event.into_data().capacity()));
            }
        }
        assert_eq!(sizes.len(), 5);
        for (len, capacity) in sizes {
            assert!(capacity <= 2 * len + 1, "{capacity} bytes for {len}");
        }
    }
}

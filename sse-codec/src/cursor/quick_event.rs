//! The short way of the events that most streams consist of: a block of a `data` line, and perhaps an `event` and an `id` line before it.

use core::mem;

use super::Cursor;
use crate::event::{Event, EventRef};
use crate::field;
use crate::line;
use crate::pending::has_nul;

impl<'a> Cursor<'_, 'a> {
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
    pub(super) fn split_line(&mut self, text: &'a str) -> Option<(&'a str, &'a str)> {
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
}

/// Returns what stands behind the line end at the start of some text, if there is one that is not a CR alone.
#[inline]
pub(super) fn without_line_end(text: &str) -> Option<&str> {
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

//! Events that own their text.

use core::mem;

use super::{Dispatched, Interpreter, LARGE_DATA};
use crate::event::{self, Event, EventRef};
use crate::pending::{Fields, Pending};

impl Interpreter {
    /// Makes an event that owns its text of one that has been dispatched.
    #[inline]
    pub(crate) fn own(&mut self, event_type: &str, data: &str) -> Event {
        if event_type.is_empty() && self.last_event_id.is_empty() {
            Event::own_data(data)
        } else if event::is_short(&self.last_event_id) {
            Event::own_short(event_type, data, &self.last_event_id)
        } else {
            self.own_with_long_id(event_type, data)
        }
    }

    /// Like [`own`](Self::own), into a place.
    #[cfg(feature = "stream")]
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a call is a tenth of what a small event takes"
    )]
    pub(crate) fn own_into(&mut self, event_type: &str, data: &str, place: &mut Event) {
        if event_type.is_empty() && self.last_event_id.is_empty() {
            place.own_data_here(data);
        } else if event::is_short(&self.last_event_id) {
            *place = Event::own_short(event_type, data, &self.last_event_id);
        } else {
            *place = self.own_with_long_id(event_type, data);
        }
    }

    /// Like [`own`](Self::own), for an event with a long ID.
    #[cold]
    fn own_with_long_id(&mut self, event_type: &str, data: &str) -> Event {
        let event = EventRef {
            event_type,
            data,
            last_event_id: &self.last_event_id,
            id_number: self.id_number,
        };
        let event = Event::own(&event, self.long_id.as_ref());
        self.keep_long_id(&event);
        event
    }

    /// Keeps the ID that an event shares with those behind it, if it is long.
    #[inline]
    fn keep_long_id(&mut self, event: &Event) {
        if event.long_id().is_some() {
            self.long_id = event.long_id().cloned();
        }
    }

    /// Like [`event`](Self::event), for an event that owns its text. Large data is handed over with its buffer, unless that would
    /// be much too large.
    pub(crate) fn owned_event(&mut self, dispatched: Dispatched, pending: &Pending<'_>) -> Event {
        let (len, capacity) = (self.data.len(), self.data.capacity());
        let is_buffered = !dispatched.in_text.has(Fields::DATA);
        if is_buffered && len > LARGE_DATA && capacity / 2 <= len {
            self.handed_over = capacity;
            let data = mem::take(&mut self.data);
            let event = self.event(dispatched, pending);
            let event = Event::own_with(data, &event, self.long_id.as_ref());
            self.keep_long_id(&event);
            return event;
        }
        let event = self.event(dispatched, pending);
        let event = Event::own(&event, self.long_id.as_ref());
        self.keep_long_id(&event);
        event
    }
}

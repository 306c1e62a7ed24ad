//! The three buffers; "process the field" and "dispatch the event". See
//! [`#event-stream-interpretation`](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
//!
//! A block's fields are held in two places. Values that stand in the text being read are kept as places in it, in
//! [`Pending`], so that most events are dispatched without a copy. When the text ends in the middle of a block they are
//! moved to the buffers here ([`Interpreter::spill`]).

mod joined;
mod owned;

use alloc::string::String;
use alloc::sync::Arc;
use core::mem;
use core::time::Duration;

use crate::capacity;
use crate::event::{self, EventRef, LongId};
use crate::field::Kind;
use crate::pending::{Fields, Pending, has_nul};
use crate::utf8;

/// Which parts of a dispatched event its block has brought: those that stand in the text, and those in the buffers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dispatched {
    in_text: Fields,
    in_buffers: Fields,
}

impl Dispatched {
    /// Whether all there was stands in the text.
    #[inline]
    pub(crate) fn is_in_text(self) -> bool {
        self.in_buffers == Fields::NONE
    }

    #[inline]
    pub(crate) const fn has(self, field: Fields) -> bool {
        self.in_text.has(field) || self.in_buffers.has(field)
    }
}

/// The block has become larger than the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLarge;

/// What becomes of the lines up to the next blank one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// They are read.
    Read,
    /// They are skipped after an event that was too large, but the ID is taken, or a client that resumes would be sent
    /// the same event for ever.
    SkippedButForId,
    /// They are skipped after ill-formed UTF-8. The ID cannot be trusted.
    Skipped,
}

#[derive(Debug)]
pub(crate) struct Interpreter {
    /// Which of the buffers count. Data and event type outlive their dispatch, so that the event can borrow them until the
    /// next one is asked for. Flags, since to compare empty slices costs more than an event.
    fields: Fields,
    data: String,
    /// Whether data has been appended since the last [`release`](Self::release).
    data_used: bool,
    /// Whether an event that needs little of the data buffer, or nothing, has been dispatched since the last
    /// [`release`](Self::release).
    small_dispatched: bool,
    /// Whether `data` lines have been joined since the last event whose data stood in the text.
    joins: bool,
    event_type: String,
    id: String,
    max_event_bytes: usize,
    last_event_id: String,
    /// The number of the last event ID, see [`EventRef`].
    id_number: u64,
    /// The last event ID as owned events share it, if it is long and there have been any.
    long_id: Option<Arc<LongId>>,
    /// Size of the data buffer that was handed over last, until something small comes.
    handed_over: usize,
    reconnection_time: Option<Duration>,
}

impl Interpreter {
    pub(crate) fn new(max_event_bytes: usize, last_event_id: String) -> Self {
        Self {
            fields: Fields::NONE,
            data: String::new(),
            data_used: false,
            small_dispatched: false,
            joins: false,
            event_type: String::new(),
            id: String::new(),
            max_event_bytes,
            last_event_id,
            id_number: event::first_id_number(),
            long_id: None,
            handed_over: 0,
            reconnection_time: None,
        }
    }

    #[inline]
    pub(crate) const fn id_number(&self) -> u64 {
        self.id_number
    }

    pub(crate) fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    pub(crate) const fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    #[inline]
    pub(crate) const fn max_event_bytes(&self) -> usize {
        self.max_event_bytes
    }

    pub(crate) const fn block(&self) -> Block {
        if self.fields.has(Fields::SKIPPED) {
            Block::Skipped
        } else if self.fields.has(Fields::SKIPPED_BUT_FOR_ID) {
            Block::SkippedButForId
        } else {
            Block::Read
        }
    }

    /// Whether events of several `data` lines are likely, since the last one was such.
    #[inline]
    pub(crate) const fn joins(&self) -> bool {
        self.joins
    }

    /// Whether the block is read, and all that it has brought so far is pending.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.fields == Fields::NONE
    }

    /// Whether the end of the stream would drop something of the block. Nothing is pending between chunks.
    pub(crate) fn has_unfinished_block(&self) -> bool {
        !self.is_idle()
    }

    /// Processes a field by the buffers. Nothing may be pending.
    pub(crate) fn process_copied(
        &mut self,
        kind: Kind,
        value: &str,
    ) -> Result<Option<Duration>, TooLarge> {
        match kind {
            Kind::Data => {
                self.begin_data_line();
                self.append_data_within_limit(value)?;
            }
            Kind::EventType => {
                self.make_event_type(value.len())?;
                self.event_type.push_str(value);
            }
            Kind::Id => {
                if !has_nul(value.as_bytes()) {
                    let fits = self.make_id(value.len());
                    self.id.push_str(value);
                    fits?;
                }
            }
            Kind::ReconnectionTime => return Ok(self.set_reconnection_time(value)),
            Kind::Comment | Kind::Unknown => {}
        }
        Ok(None)
    }

    /// Processes a field whose value is ill-formed, by replacing what is. Nothing may be pending.
    pub(crate) fn process_replaced(&mut self, kind: Kind, value: &[u8]) -> Result<(), TooLarge> {
        // Counted before anything is decoded, since text can be three times as long as its bytes.
        let len = utf8::replaced_len(value);
        match kind {
            Kind::Data => {
                self.begin_data_line();
                if self.held() + len > self.max_event_bytes {
                    return Err(TooLarge);
                }
                utf8::replace(value, |text| self.append_data(text));
                self.fields.add(Fields::DATA);
            }
            Kind::EventType => {
                self.make_event_type(len)?;
                utf8::replace(value, |text| self.event_type.push_str(text));
            }
            Kind::Id => {
                if has_nul(value) {
                    return Ok(());
                }
                if len > self.max_event_bytes {
                    return Err(TooLarge);
                }
                let fits = self.make_id(len);
                utf8::replace(value, |text| self.id.push_str(text));
                fits?;
            }
            // Digits are well-formed, so this is no reconnection time.
            Kind::ReconnectionTime | Kind::Comment | Kind::Unknown => {}
        }
        Ok(())
    }

    /// Processes a `data` field whose value is there as a whole, if there is room for it within the limit. Returns whether it has
    /// done so. Nothing may be pending, and the block not be skipped.
    #[inline]
    #[expect(
        clippy::single_char_add_str,
        reason = "`push` is a call that is not inlined, for each line"
    )]
    pub(crate) fn data_line(&mut self, value: &str) -> bool {
        let joins = self.fields.has(Fields::DATA);
        let additional = value.len() + usize::from(joins);
        if additional > self.room() {
            return false;
        }
        if !joins {
            self.data.clear();
        }
        if self.data.capacity() - self.data.len() < additional {
            self.reserve_data(additional);
        }
        if joins {
            self.data.push_str("\n");
        }
        self.data.push_str(value);
        self.data_used = true;
        self.fields.add(Fields::DATA);
        true
    }

    /// Processes a `data` field for which there is room within the limit. Nothing may be pending.
    #[inline]
    pub(crate) fn append_data_line(&mut self, value: &str) {
        if self.fields.has(Fields::DATA) {
            self.append_data("\n");
        } else {
            self.data.clear();
        }
        self.append_data(value);
        self.fields.add(Fields::DATA);
    }

    /// Bytes that the block may yet bring. Nothing may be pending.
    #[inline]
    pub(crate) fn room(&self) -> usize {
        self.max_event_bytes.saturating_sub(self.held())
    }

    /// Begins a `data` line: joins it to those before, if there are any. Nothing may be pending.
    pub(crate) fn begin_data_line(&mut self) {
        if self.fields.has(Fields::DATA) {
            // The limit may be reached by this byte alone. Then the value finds it.
            self.append_data("\n");
        } else {
            self.data.clear();
        }
        // It counts from here on, as what the block holds. Nothing is dispatched before the line has ended.
        self.fields.add(Fields::DATA);
    }

    /// Appends to the `data` line that has begun, if there is room for it within the limit.
    pub(crate) fn append_data_within_limit(&mut self, text: &str) -> Result<(), TooLarge> {
        if self.held() + text.len() > self.max_event_bytes {
            self.data = String::new();
            return Err(TooLarge);
        }
        self.append_data(text);
        Ok(())
    }

    /// Ends the `data` line that has begun. `too_large` says that not all of it was appended.
    pub(crate) fn end_data_line(&mut self, too_large: bool) -> Result<(), TooLarge> {
        if too_large {
            Err(TooLarge)
        } else {
            self.check_held()
        }
    }

    /// A blank line: dispatches the event, if the block has data, and takes the block's ID in any case.
    #[inline]
    pub(crate) fn dispatch(&mut self, pending: &mut Pending<'_>) -> Option<Dispatched> {
        let dispatched = Dispatched {
            in_text: pending.fields,
            in_buffers: self.fields,
        };
        if dispatched.in_text == Fields::NONE && dispatched.in_buffers == Fields::NONE {
            return None;
        }
        pending.fields = Fields::NONE;
        self.fields = Fields::NONE;
        if dispatched.has(Fields::ID) {
            self.take_id(dispatched, pending.id);
        }
        if !dispatched.has(Fields::DATA) {
            return None;
        }
        let is_in_text = dispatched.in_text.has(Fields::DATA);
        self.small_dispatched = is_in_text || self.data.len() < self.data.capacity() / 4;
        self.joins &= !is_in_text;
        Some(dispatched)
    }

    fn take_id(&mut self, dispatched: Dispatched, id_in_text: &str) {
        if dispatched.in_text.has(Fields::ID) {
            self.take_id_in_text(id_in_text);
        } else {
            self.take_id_in_buffer();
        }
    }

    /// Takes the ID of a block that is dispatched.
    #[inline(never)]
    pub(crate) fn take_id_in_text(&mut self, id: &str) {
        assign(&mut self.last_event_id, id);
        self.forget_id();
    }

    /// Takes the ID of a block that is dispatched, from the buffer.
    #[inline(never)]
    fn take_id_in_buffer(&mut self) {
        mem::swap(&mut self.last_event_id, &mut self.id);
        self.forget_id();
    }

    /// Forgets what belonged to the ID before.
    #[inline]
    fn forget_id(&mut self) {
        self.id_number = event::next_id_number(self.id_number);
        self.long_id = None;
        self.id.clear();
        capacity::trim(&mut self.id, 0);
    }

    /// Puts a dispatched event together. It borrows the buffers, which keep their contents until the next field.
    #[inline]
    pub(crate) fn event<'a>(
        &'a self,
        dispatched: Dispatched,
        pending: &Pending<'a>,
    ) -> EventRef<'a> {
        let Dispatched {
            in_text,
            in_buffers,
        } = dispatched;
        EventRef {
            event_type: if in_text.has(Fields::EVENT_TYPE) {
                pending.event_type
            } else if in_buffers.has(Fields::EVENT_TYPE) {
                &self.event_type
            } else {
                ""
            },
            data: if in_text.has(Fields::DATA) {
                pending.data
            } else {
                &self.data
            },
            last_event_id: &self.last_event_id,
            id_number: self.id_number,
        }
    }

    /// Makes room in the data buffer for `additional` bytes more.
    #[inline(never)]
    fn reserve_data(&mut self, additional: usize) {
        let needed = self.data.len().saturating_add(additional);
        if needed > LARGE_DATA && needed < self.handed_over {
            // As large as the one before. To grow step by step would be to copy it once more.
            self.data.reserve_exact(self.handed_over - self.data.len());
        } else {
            capacity::reserve(&mut self.data, additional, self.max_event_bytes);
        }
    }

    /// Moves what is pending into the buffers, because the text ends or a value has to be joined to it.
    pub(crate) fn spill(&mut self, pending: &mut Pending<'_>) {
        let fields = mem::take(&mut pending.fields);
        if fields.has(Fields::EVENT_TYPE) {
            assign(&mut self.event_type, pending.event_type);
        } else if !self.fields.has(Fields::EVENT_TYPE) {
            capacity::trim(&mut self.event_type, 0);
        }
        if fields.has(Fields::ID) {
            assign(&mut self.id, pending.id);
        }
        if fields.has(Fields::DATA) {
            self.data.clear();
            self.append_data(pending.data);
        }
        self.fields.add(fields);
    }

    /// Drops the block up to the next blank line, because it is too large. Nothing may be pending.
    pub(crate) fn skip_too_large(&mut self) {
        self.drop_data();
        self.fields.add(Fields::SKIPPED_BUT_FOR_ID);
    }

    /// Drops the block up to the next blank line, because it is ill-formed. Nothing may be pending.
    pub(crate) fn skip_ill_formed(&mut self) {
        self.drop_data();
        self.fields = Fields::SKIPPED;
        self.id.clear();
        capacity::trim(&mut self.id, 0);
    }

    /// Takes the ID of a block that is skipped otherwise.
    pub(crate) fn process_skipped(&mut self, kind: Kind, value: &str) {
        if kind == Kind::Id && self.block() == Block::SkippedButForId && !has_nul(value.as_bytes())
        {
            assign(&mut self.id, value);
            self.fields.add(Fields::ID);
        }
    }

    /// Takes the ID of a block that is skipped otherwise, from ill-formed bytes.
    pub(crate) fn process_skipped_replaced(&mut self, kind: Kind, value: &[u8]) {
        if kind == Kind::Id && self.block() == Block::SkippedButForId && !has_nul(value) {
            let len = utf8::replaced_len(value);
            if len <= self.max_event_bytes {
                capacity::fit(&mut self.id, len);
                utf8::replace(value, |text| self.id.push_str(text));
                self.fields.add(Fields::ID);
            }
        }
    }

    /// Frees what a huge event has left behind. To be called at the end of a chunk. What one event after the other needs is
    /// kept, or it would be made anew for each.
    pub(crate) fn release(&mut self) {
        if self.data.capacity() > KEPT_DATA {
            if !self.fields.has(Fields::DATA) {
                if self.small_dispatched || !self.data_used {
                    self.data = String::new();
                }
            } else if self.small_dispatched {
                self.data.shrink_to(KEPT_DATA);
            }
        }
        if self.small_dispatched || !self.data_used {
            self.handed_over = 0;
        }
        self.data_used = false;
        self.small_dispatched = false;
        if !self.fields.has(Fields::EVENT_TYPE) {
            capacity::trim(&mut self.event_type, 0);
        }
        if !self.fields.has(Fields::ID) {
            capacity::trim(&mut self.id, 0);
        }
    }

    /// What [`release`](Self::release) comes to at the end of a chunk that was a piece of data and nothing else.
    #[inline]
    pub(crate) fn end_piece(&mut self) {
        self.data_used = false;
    }

    /// [`release`](Self::release) if the data buffer is large. For where no chunk ends.
    #[inline]
    pub(crate) fn release_large(&mut self) {
        if self.data.capacity() > KEPT_DATA {
            self.release();
        }
    }

    /// Gives back what the data buffer has grown ahead of its contents, or what an event has left in it, if together with `elsewhere`, bytes that the parser
    /// holds or is about to take, there would be more than was promised. That is rare: both have to be about as large as
    /// the limit, so what is copied here is less than what has come since the last time.
    pub(crate) fn make_room(&mut self, elsewhere: usize) {
        let held = self.data.capacity()
            + self.event_type.capacity()
            + self.id.capacity()
            + self.last_event_id.capacity();
        let promised = self.max_event_bytes.saturating_mul(3);
        if held.saturating_add(elsewhere) <= promised.saturating_add(TOLERATED) {
            return;
        }
        if self.fields.has(Fields::DATA) {
            self.data.shrink_to_fit();
        } else {
            self.data = String::new();
        }
    }

    /// Starts the next connection's stream. The last event ID and the reconnection time belong to the client, not to the
    /// stream, and stay.
    pub(crate) fn reset(&mut self) {
        self.fields = Fields::NONE;
        self.data = String::new();
        self.release();
    }

    /// Drops all but the ID.
    fn drop_data(&mut self) {
        self.data = String::new();
        self.fields.remove(Fields::DATA);
        self.fields.remove(Fields::EVENT_TYPE);
        capacity::trim(&mut self.event_type, 0);
    }

    /// Bytes of text that the block holds in the buffers.
    #[inline]
    fn held(&self) -> usize {
        let of = |field, buffer: &String| {
            if self.fields.has(field) {
                buffer.len()
            } else {
                0
            }
        };
        // Each is within the limit, or in one piece of memory, so the sum of three cannot overflow in practice; but a limit
        // can be lifted.
        of(Fields::DATA, &self.data)
            .saturating_add(of(Fields::EVENT_TYPE, &self.event_type))
            .saturating_add(of(Fields::ID, &self.id))
    }

    fn check_held(&self) -> Result<(), TooLarge> {
        if self.held() > self.max_event_bytes {
            Err(TooLarge)
        } else {
            Ok(())
        }
    }

    #[inline]
    fn append_data(&mut self, text: &str) {
        if self.data.capacity() - self.data.len() < text.len() {
            self.reserve_data(text.len());
        }
        self.data.push_str(text);
        self.data_used = true;
    }

    /// Makes the buffer ready for an event type of `len` bytes, if there is room for it within the limit.
    fn make_event_type(&mut self, len: usize) -> Result<(), TooLarge> {
        let older = if self.fields.has(Fields::EVENT_TYPE) {
            self.event_type.len()
        } else {
            0
        };
        if (self.held() - older).saturating_add(len) > self.max_event_bytes {
            return Err(TooLarge);
        }
        capacity::fit(&mut self.event_type, len);
        self.fields.add(Fields::EVENT_TYPE);
        Ok(())
    }

    /// Makes the buffer ready for an ID of `len` bytes. If the block becomes too large by it, the ID is taken
    /// nevertheless, in place of the data.
    fn make_id(&mut self, len: usize) -> Result<(), TooLarge> {
        let older = if self.fields.has(Fields::ID) {
            self.id.len()
        } else {
            0
        };
        let fits = (self.held() - older).saturating_add(len) <= self.max_event_bytes;
        if !fits {
            self.drop_data();
        }
        capacity::fit(&mut self.id, len);
        self.fields.add(Fields::ID);
        if fits { Ok(()) } else { Err(TooLarge) }
    }

    /// Only ASCII digits count. A number that does not fit in 64 bits is ignored like any other text.
    pub(crate) fn set_reconnection_time(&mut self, value: &str) -> Option<Duration> {
        if value.is_empty() {
            return None;
        }
        // `parse` would take a plus sign.
        let millis = value.bytes().try_fold(0_u64, |millis, byte| {
            let digit = byte.wrapping_sub(b'0');
            let tens = if digit < 10 {
                millis.checked_mul(10)
            } else {
                None
            };
            tens?.checked_add(digit.into())
        })?;
        let time = Duration::from_millis(millis);
        self.reconnection_time = Some(time);
        Some(time)
    }
}

/// Replaces the contents of a buffer, and frees what a huge value has left in it.
#[inline]
fn assign(buffer: &mut String, value: &str) {
    capacity::fit(buffer, value.len());
    buffer.push_str(value);
}

/// Bytes beyond three times the limit that are no reason to give memory back. What buffers keep when they are empty adds to
/// this, and 64 KiB are promised for both.
const TOLERATED: usize = 16 * 1024;

/// Bytes of data from which on it is handed over to an owned event instead of copied.
const LARGE_DATA: usize = 16 * 1024;

/// Bytes that an empty data buffer keeps.
const KEPT_DATA: usize = 32 * 1024;

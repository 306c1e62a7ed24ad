//! The three buffers; "process the field" and "dispatch the event". See
//! [`#event-stream-interpretation`](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
//!
//! A block's fields are held in two places. Values that stand in the chunk being fed are kept as slices of it, in
//! [`Pending`], so that most events are dispatched without a copy. When the chunk ends in the middle of a block they are
//! moved to the buffers here ([`Interpreter::spill`]).

use alloc::string::String;
use core::mem;
use core::time::Duration;

use crate::capacity;
use crate::event::EventRef;
use crate::field::Kind;
use crate::utf8;

/// Fields of the block being read whose values are slices of the chunk. They are newer than those in the buffers.
#[derive(Debug, Default)]
pub(crate) struct Pending<'a> {
    event_type: Option<&'a str>,
    id: Option<&'a str>,
    /// The block's only `data` line so far.
    data: Option<&'a str>,
}

/// Where the parts of a dispatched event are: in the chunk, or, if `None`, in the buffers.
#[derive(Debug)]
pub(crate) struct Dispatched<'a> {
    event_type: Option<&'a str>,
    data: Option<&'a str>,
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
    // The contents of a buffer count only while its flag is set. Data and event type outlive their dispatch, so that the
    // event can borrow them until the next one is asked for. Flags, since to compare empty slices costs more than an event.
    data: String,
    has_data: bool,
    event_type: String,
    has_event_type: bool,
    id: String,
    has_id: bool,
    /// Bytes of text that the block has collected so far, in the buffers and pending.
    held: usize,
    block: Block,
    max_event_bytes: usize,
    last_event_id: String,
    reconnection_time: Option<Duration>,
}

impl Interpreter {
    pub(crate) const fn new(max_event_bytes: usize, last_event_id: String) -> Self {
        Self {
            data: String::new(),
            has_data: false,
            event_type: String::new(),
            has_event_type: false,
            id: String::new(),
            has_id: false,
            held: 0,
            block: Block::Read,
            max_event_bytes,
            last_event_id,
            reconnection_time: None,
        }
    }

    pub(crate) fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    pub(crate) const fn reconnection_time(&self) -> Option<Duration> {
        self.reconnection_time
    }

    pub(crate) const fn max_event_bytes(&self) -> usize {
        self.max_event_bytes
    }

    pub(crate) const fn block(&self) -> Block {
        self.block
    }

    /// Whether the end of the stream would drop something of the block. Nothing is pending between chunks.
    pub(crate) const fn has_unfinished_block(&self) -> bool {
        self.has_data || self.has_event_type || self.has_id || !matches!(self.block, Block::Read)
    }

    /// Processes a field whose value is a slice of the chunk. Returns a reconnection time that it sets.
    #[inline]
    pub(crate) fn process<'a>(
        &mut self,
        pending: &mut Pending<'a>,
        kind: Kind,
        value: &'a str,
    ) -> Result<Option<Duration>, TooLarge> {
        match kind {
            Kind::Data => {
                if self.has_data || pending.data.is_some() {
                    self.spill(pending);
                    return self.process_copied(kind, value);
                }
                pending.data = Some(value);
                self.held += value.len();
                self.check_held()?;
            }
            Kind::EventType => {
                self.held -= self.event_type_len(pending);
                pending.event_type = Some(value);
                self.held += value.len();
                self.check_held()?;
            }
            Kind::Id => {
                if has_nul(value.as_bytes()) {
                    return Ok(None);
                }
                self.held -= self.id_len(pending);
                pending.id = Some(value);
                self.held += value.len();
                self.check_held()?;
            }
            Kind::ReconnectionTime => return Ok(self.set_reconnection_time(value)),
            Kind::Comment | Kind::Unknown => {}
        }
        Ok(None)
    }

    /// Processes a field whose value does not live as long as the chunk. Nothing may be pending.
    pub(crate) fn process_copied(
        &mut self,
        kind: Kind,
        value: &str,
    ) -> Result<Option<Duration>, TooLarge> {
        match kind {
            Kind::Data => {
                self.begin_data_line();
                if self.held.saturating_add(value.len()) > self.max_event_bytes {
                    return Err(TooLarge);
                }
                self.append_data(value);
                self.has_data = true;
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
                if self.held.saturating_add(len) > self.max_event_bytes {
                    return Err(TooLarge);
                }
                utf8::replace(value, |text| self.append_data(text));
                self.has_data = true;
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

    /// Begins a `data` line: joins it to those before, if there are any. Nothing may be pending.
    pub(crate) fn begin_data_line(&mut self) {
        if self.has_data {
            // The limit may be reached by this byte alone. Then the value finds it.
            self.append_data("\n");
        } else {
            self.data.clear();
        }
    }

    /// Appends to the `data` line that has begun, if there is room for it within the limit.
    pub(crate) fn append_data_within_limit(&mut self, text: &str) -> Result<(), TooLarge> {
        if self.held.saturating_add(text.len()) > self.max_event_bytes {
            self.data = String::new();
            return Err(TooLarge);
        }
        self.append_data(text);
        Ok(())
    }

    /// Ends the `data` line that has begun. `too_large` says that not all of it was appended.
    pub(crate) fn end_data_line(&mut self, too_large: bool) -> Result<(), TooLarge> {
        self.has_data = true;
        if too_large {
            Err(TooLarge)
        } else {
            self.check_held()
        }
    }

    /// A blank line: dispatches the event, if the block has data, and takes the block's ID in any case.
    #[inline]
    pub(crate) fn dispatch<'a>(&mut self, pending: &mut Pending<'a>) -> Option<Dispatched<'a>> {
        let Pending {
            event_type,
            id,
            data,
        } = mem::take(pending);
        match (id, self.has_id) {
            (Some(id), has_older) => {
                assign(&mut self.last_event_id, id);
                if has_older {
                    self.id.clear();
                    capacity::trim(&mut self.id, 0);
                }
            }
            (None, true) => {
                mem::swap(&mut self.last_event_id, &mut self.id);
                self.id.clear();
                capacity::trim(&mut self.id, 0);
            }
            (None, false) => {}
        }
        let dispatched = if (self.has_data || data.is_some()) && self.block == Block::Read {
            Some(Dispatched {
                event_type: if self.has_event_type && event_type.is_none() {
                    None
                } else {
                    Some(event_type.unwrap_or_default())
                },
                data,
            })
        } else {
            None
        };
        self.end_block();
        dispatched
    }

    /// Puts a dispatched event together. It borrows the buffers, which keep their contents until the next field.
    #[inline]
    pub(crate) fn event<'a>(&'a self, dispatched: &Dispatched<'a>) -> EventRef<'a> {
        EventRef {
            event_type: dispatched.event_type.unwrap_or(&self.event_type),
            data: dispatched.data.unwrap_or(&self.data),
            last_event_id: &self.last_event_id,
        }
    }

    /// Moves what is pending into the buffers, because the chunk ends or a value has to be joined to it.
    pub(crate) fn spill(&mut self, pending: &mut Pending<'_>) {
        let Pending {
            event_type,
            id,
            data,
        } = mem::take(pending);
        if let Some(event_type) = event_type {
            assign(&mut self.event_type, event_type);
            self.has_event_type = true;
        } else if !self.has_event_type {
            capacity::trim(&mut self.event_type, 0);
        }
        if let Some(id) = id {
            assign(&mut self.id, id);
            self.has_id = true;
        }
        if let Some(data) = data {
            self.data.clear();
            capacity::reserve(&mut self.data, data.len(), self.max_event_bytes);
            self.data.push_str(data);
            self.has_data = true;
        }
    }

    /// Drops the block up to the next blank line, because it is too large.
    pub(crate) fn skip_too_large(&mut self, pending: &mut Pending<'_>) {
        self.block = Block::SkippedButForId;
        self.drop_data();
        if let Some(id) = mem::take(pending).id {
            assign(&mut self.id, id);
            self.has_id = true;
        }
    }

    /// Drops the block up to the next blank line, because it is ill-formed.
    pub(crate) fn skip_ill_formed(&mut self, pending: &mut Pending<'_>) {
        self.block = Block::Skipped;
        self.drop_data();
        *pending = Pending::default();
        self.has_id = false;
        capacity::trim(&mut self.id, 0);
    }

    /// Takes the ID of a block that is skipped otherwise.
    pub(crate) fn process_skipped(&mut self, kind: Kind, value: &str) {
        if kind == Kind::Id && self.block == Block::SkippedButForId && !has_nul(value.as_bytes()) {
            assign(&mut self.id, value);
            self.has_id = true;
        }
    }

    /// Takes the ID of a block that is skipped otherwise, from ill-formed bytes.
    pub(crate) fn process_skipped_replaced(&mut self, kind: Kind, value: &[u8]) {
        if kind == Kind::Id && self.block == Block::SkippedButForId && !has_nul(value) {
            let len = utf8::replaced_len(value);
            if len <= self.max_event_bytes {
                capacity::fit(&mut self.id, len);
                utf8::replace(value, |text| self.id.push_str(text));
                self.has_id = true;
            }
        }
    }

    /// Frees what a huge event has left behind. `data_is_open` says that a `data` line has begun.
    pub(crate) fn release(&mut self, data_is_open: bool) {
        if !self.has_data && !data_is_open && self.data.capacity() > KEPT_DATA {
            self.data = String::new();
        }
        if !self.has_event_type {
            capacity::trim(&mut self.event_type, 0);
        }
        if !self.has_id {
            capacity::trim(&mut self.id, 0);
        }
    }

    /// Gives back what the data buffer has grown ahead of its contents, if together with `elsewhere`, bytes that the parser
    /// holds or is about to take, there would be more than was promised. That is rare: both have to be about as large as
    /// the limit, so what is copied here is less than what has come since the last time.
    pub(crate) fn make_room(&mut self, elsewhere: usize) {
        let held = self.data.capacity()
            + self.event_type.capacity()
            + self.id.capacity()
            + self.last_event_id.capacity();
        let promised = self.max_event_bytes.saturating_mul(3);
        if held.saturating_add(elsewhere) > promised.saturating_add(TOLERATED) {
            self.data.shrink_to_fit();
        }
    }

    /// Starts the next connection's stream. The last event ID and the reconnection time belong to the client, not to the
    /// stream, and stay.
    pub(crate) fn reset(&mut self) {
        self.end_block();
        self.release(false);
    }

    #[inline]
    fn end_block(&mut self) {
        self.has_data = false;
        self.has_event_type = false;
        self.has_id = false;
        self.held = 0;
        self.block = Block::Read;
    }

    fn drop_data(&mut self) {
        self.has_data = false;
        self.data = String::new();
        self.has_event_type = false;
        capacity::trim(&mut self.event_type, 0);
    }

    #[inline]
    fn check_held(&self) -> Result<(), TooLarge> {
        if self.held > self.max_event_bytes {
            Err(TooLarge)
        } else {
            Ok(())
        }
    }

    fn append_data(&mut self, text: &str) {
        capacity::reserve(&mut self.data, text.len(), self.max_event_bytes);
        self.data.push_str(text);
        self.held += text.len();
    }

    /// Makes the buffer ready for an event type of `len` bytes, if there is room for it within the limit.
    fn make_event_type(&mut self, len: usize) -> Result<(), TooLarge> {
        let others = self.held - self.event_type_len(&Pending::default());
        if others.saturating_add(len) > self.max_event_bytes {
            return Err(TooLarge);
        }
        capacity::fit(&mut self.event_type, len);
        self.has_event_type = true;
        self.held = others + len;
        Ok(())
    }

    /// Makes the buffer ready for an ID of `len` bytes. If the block becomes too large by it, the ID is taken
    /// nevertheless, in place of the data.
    fn make_id(&mut self, len: usize) -> Result<(), TooLarge> {
        let others = self.held - self.id_len(&Pending::default());
        let fits = others.saturating_add(len) <= self.max_event_bytes;
        if !fits {
            self.drop_data();
        }
        capacity::fit(&mut self.id, len);
        self.has_id = true;
        self.held = others.saturating_add(len);
        if fits { Ok(()) } else { Err(TooLarge) }
    }

    /// Length of the block's event type so far.
    #[inline]
    fn event_type_len(&self, pending: &Pending<'_>) -> usize {
        match pending.event_type {
            Some(event_type) => event_type.len(),
            None if self.has_event_type => self.event_type.len(),
            None => 0,
        }
    }

    /// Length of the block's ID so far.
    #[inline]
    fn id_len(&self, pending: &Pending<'_>) -> usize {
        match pending.id {
            Some(id) => id.len(),
            None if self.has_id => self.id.len(),
            None => 0,
        }
    }

    /// Only ASCII digits count. A number that does not fit in 64 bits is ignored like any other text.
    fn set_reconnection_time(&mut self, value: &str) -> Option<Duration> {
        // `parse` alone would take a plus sign.
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let time = Duration::from_millis(value.parse().ok()?);
        self.reconnection_time = Some(time);
        Some(time)
    }
}

/// A U+0000 makes an `id` field be ignored.
#[inline]
fn has_nul(value: &[u8]) -> bool {
    memchr::memchr(0, value).is_some()
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

/// Bytes that an empty data buffer keeps.
const KEPT_DATA: usize = 32 * 1024;

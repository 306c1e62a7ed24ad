//! [`Pending`]: what a block has brought and stands in the text being read; and [`Fields`], the set of what it has brought.

use crate::interpreter::Dispatched;

/// Fields of the block being read whose values stand in the text being read. They are newer than those in the buffers.
#[derive(Debug, Default)]
pub(crate) struct Pending<'a> {
    pub(crate) fields: Fields,
    pub(crate) event_type: &'a str,
    pub(crate) id: &'a str,
    /// The block's only `data` line so far.
    pub(crate) data: &'a str,
}

impl<'a> Pending<'a> {
    #[inline]
    pub(crate) const fn has_data(&self) -> bool {
        self.fields.has(Fields::DATA)
    }

    #[inline]
    pub(crate) fn id(&self) -> Option<&'a str> {
        self.fields.has(Fields::ID).then_some(self.id)
    }

    /// Event type and data of what has been dispatched, if all of it stands in the text.
    #[inline]
    pub(crate) fn text_of(&self, dispatched: Dispatched) -> Option<(&'a str, &'a str)> {
        dispatched.is_in_text().then(|| {
            let has_type = dispatched.has(Fields::EVENT_TYPE);
            (if has_type { self.event_type } else { "" }, self.data)
        })
    }

    #[inline]
    pub(crate) fn is_anything(&self) -> bool {
        self.fields != Fields::NONE
    }

    /// Bytes of text that are pending.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        let of = |field, value: &str| {
            if self.fields.has(field) {
                value.len()
            } else {
                0
            }
        };
        // They stand in one piece of memory.
        of(Fields::DATA, self.data)
            + of(Fields::EVENT_TYPE, self.event_type)
            + of(Fields::ID, self.id)
    }

    /// Forgets what is pending, because it has been dispatched.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.fields = Fields::NONE;
    }

    /// Processes a `data` field, the block's first.
    #[inline]
    pub(crate) fn set_data(&mut self, value: &'a str) {
        self.data = value;
        self.fields.add(Fields::DATA);
    }

    /// Processes an `event` field.
    #[inline]
    pub(crate) fn set_event_type(&mut self, value: &'a str) {
        self.event_type = value;
        self.fields.add(Fields::EVENT_TYPE);
    }

    /// Processes an `id` field.
    #[inline]
    pub(crate) fn set_id(&mut self, value: &'a str) {
        if !has_nul(value.as_bytes()) {
            self.id = value;
            self.fields.add(Fields::ID);
        }
    }
}

/// A set of fields that a block has brought, and whether the block is skipped. One byte, so that the common case, an empty
/// set, is one comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(u8);

impl Fields {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const DATA: Self = Self(1);
    pub(crate) const EVENT_TYPE: Self = Self(2);
    pub(crate) const ID: Self = Self(4);
    /// The block is skipped after an event that was too large, but its ID is taken.
    pub(crate) const SKIPPED_BUT_FOR_ID: Self = Self(8);
    /// The block is skipped after ill-formed UTF-8.
    pub(crate) const SKIPPED: Self = Self(16);

    #[inline]
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    #[inline]
    pub(crate) const fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(crate) const fn remove(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

/// A U+0000 makes an `id` field be ignored.
#[inline]
pub(crate) fn has_nul(value: &[u8]) -> bool {
    // Most IDs are not worth a call, nor a look at each byte. The last bytes may overlap those before, which makes no difference.
    if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        if value.len() > 16 {
            return memchr::memchr(0, value).is_some();
        }
        has_zero_byte(u64::from_ne_bytes(*first)) || has_zero_byte(u64::from_ne_bytes(*last))
    } else if let (Some(first), Some(last)) = (value.first_chunk(), value.last_chunk()) {
        let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
        has_zero_byte(u64::from(first) << 32 | u64::from(last))
    } else {
        value.contains(&0)
    }
}

/// Takes one from each byte: only a byte that is zero, or one that has lent to its neighbour, gains a highest bit that it has not had.
#[inline]
const fn has_zero_byte(bytes: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    bytes.wrapping_sub(ONES) & !bytes & (ONES << 7) != 0
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn a_nul_is_found_wherever_it_stands() {
        for len in 0..40 {
            for fill in [1, b'x', 0x7F, 0x80, 0xFF] {
                let mut value = vec![fill; len];
                assert!(!has_nul(&value), "{len}");
                for place in 0..len {
                    value[place] = 0;
                    assert!(has_nul(&value), "{place} of {len}");
                    value[place] = fill;
                }
            }
        }
    }
}

//! How much memory the buffers take: they grow by doubling but not beyond the limit, or are made to measure, and do not
//! keep what a huge value has left in them.

use alloc::string::String;
use alloc::vec::Vec;

/// Makes room for `additional` bytes more.
#[inline(never)]
pub(crate) fn reserve(buffer: &mut String, additional: usize, limit: usize) {
    if let Some(more) = growth(buffer.len(), buffer.capacity(), additional, limit) {
        buffer.reserve_exact(more);
    }
}

/// Makes room for `additional` bytes more.
pub(crate) fn reserve_bytes(buffer: &mut Vec<u8>, additional: usize, limit: usize) {
    if let Some(more) = growth(buffer.len(), buffer.capacity(), additional, limit) {
        buffer.reserve_exact(more);
    }
}

/// Empties a buffer and makes it fit a value of `len` bytes that is known as a whole.
#[inline]
pub(crate) fn fit(buffer: &mut String, len: usize) {
    buffer.clear();
    trim(buffer, len);
    buffer.reserve_exact(len);
}

/// Returns the capacity that a buffer will have if room for `additional` bytes more takes new memory, and `None` if it
/// has the room.
pub(crate) fn grown(len: usize, capacity: usize, additional: usize, limit: usize) -> Option<usize> {
    growth(len, capacity, additional, limit).map(|more| len + more)
}

/// Replaces an empty buffer if it has much more room than a value of `len` bytes needs.
#[inline]
pub(crate) fn trim(buffer: &mut String, len: usize) {
    if buffer.capacity() > len.saturating_add(SPARE) {
        *buffer = String::new();
    }
}

/// Bytes that a buffer may keep beyond its contents.
const SPARE: usize = 1024;

/// Returns by how much a buffer should grow beyond its length, or `None` if it has room.
fn growth(len: usize, capacity: usize, additional: usize, limit: usize) -> Option<usize> {
    let needed = len.saturating_add(additional);
    (needed > capacity).then(|| {
        let more = capacity.saturating_mul(2).max(256);
        // A buffer that is filled in large pieces would otherwise be a few bytes too small each time, and become twice as large as it has
        // to be.
        let more = match needed.checked_next_power_of_two() {
            Some(power) if capacity > 0 => more.max(power),
            _ => more,
        };
        needed.max(more.min(limit)) - len
    })
}

//! Cuts chunks into lines, which end at CR, LF or CRLF. See
//! [`#parsing-an-event-stream`](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! `end-of-line`.
//!
//! Neither byte ever occurs inside the encoding of another character, so whole lines can be cut before UTF-8 is
//! decoded, and what is decoded ends at the end of a character.

use memchr::{memchr2, memrchr2};
use wide::u8x16;

/// Returns where the last line in `bytes` that has an end ends, its end included. 0 if there is none.
pub(crate) fn end_of_last(bytes: &[u8]) -> usize {
    memrchr2(b'\r', b'\n', bytes).map_or(0, |end| end + 1)
}

/// Finds the line ends in a chunk.
///
/// It looks at 64 bytes at a time and keeps a bit for each line end in them, so that a short line costs a few instructions
/// instead of a search of its own. Once a line has grown long, a search is faster.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LineEnds {
    /// A bit for each line end in the block; the lowest bit stands for its first byte.
    found: u64,
    /// Where the block starts.
    block: usize,
    /// Where the bytes start that have not been looked at.
    next_block: usize,
}

impl LineEnds {
    /// Returns where the first line end at or behind `from` is: the CR or LF itself. The LF of a CRLF is one too.
    ///
    /// `bytes` is the same chunk each time, and `from` never less than before.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let behind = from.wrapping_sub(self.block);
        if behind < BLOCK {
            let found = self.found >> behind;
            if found != 0 {
                return Some(from + found.trailing_zeros() as usize);
            }
        }
        self.look_further(bytes, from)
    }

    /// Like [`next`](Self::next), for a line that is known to be long.
    #[inline]
    pub(crate) fn next_of_long_line(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if self.next_block > from {
            return self.next(bytes, from);
        }
        self.next_block = from;
        self.search(bytes)
    }

    /// Looks at further blocks until there is one with a line end.
    // Out of line, or what it needs in registers is set up for each line.
    #[inline(never)]
    fn look_further(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if from < self.block {
            // It has looked further already, for the same line.
            return (self.found != 0).then(|| self.block + self.found.trailing_zeros() as usize);
        }
        self.next_block = self.next_block.max(from);
        for _ in 0..LONG_LINE / BLOCK {
            if self.next_block >= bytes.len() {
                return None;
            }
            let unseen = bytes.get(self.next_block..)?;
            let Some(block) = unseen.first_chunk() else {
                return self.look_at_rest(unseen);
            };
            self.found = ends_in_block(block);
            if self.found != 0 {
                self.block = self.next_block;
                self.next_block += BLOCK;
                return Some(self.block + self.found.trailing_zeros() as usize);
            }
            self.next_block += BLOCK;
        }
        self.search(bytes)
    }

    /// Looks at the last bytes, which are less than a block.
    fn look_at_rest(&mut self, unseen: &[u8]) -> Option<usize> {
        self.block = self.next_block;
        self.next_block += unseen.len();
        self.found = ends_in_rest(unseen);
        (self.found != 0).then(|| self.block + self.found.trailing_zeros() as usize)
    }

    /// Looks for the end of a long line.
    #[inline(never)]
    fn search(&mut self, bytes: &[u8]) -> Option<usize> {
        let from = self.next_block;
        let mut unseen = bytes.get(from..)?;
        // In large steps, up to the first byte that may be one.
        while let Some((blocks, behind)) = unseen.split_first_chunk::<BLOCKS>() {
            if may_have_end(blocks) {
                break;
            }
            unseen = behind;
        }
        if unseen.len() < BLOCKS {
            // The last step may overlap the one before.
            let last = bytes.get(from..).and_then(<[u8]>::last_chunk);
            if last.is_some_and(|last| !may_have_end::<BLOCKS>(last)) {
                self.next_block = bytes.len();
                return None;
            }
        }
        let start = bytes.len() - unseen.len();
        match memchr2(b'\r', b'\n', unseen) {
            Some(end) => {
                self.block = start + end;
                self.next_block = self.block + 1;
                self.found = 1;
                Some(self.block)
            }
            None => {
                self.next_block = bytes.len();
                None
            }
        }
    }

    /// Returns where the lines from `from` on end, the first of which ends at `first`: those that end within a window of some
    /// size, but at least the first one.
    ///
    /// The window keeps what is validated in one go in the processor's cache until it is parsed, and keeps the work that
    /// is lost small when somebody stops in the middle of a huge chunk. Behind a line that is longer it goes on for some bytes, since
    /// the blank line should be in it: if an event's lines are not all there, its data has to be copied.
    #[inline]
    pub(crate) fn end_of_last(&self, bytes: &[u8], from: usize, first: usize) -> usize {
        if self.next_block >= bytes.len() {
            // All that is left is in the block, and the line end at `first` with it.
            return self.block + BLOCK - self.found.leading_zeros() as usize;
        }
        let behind_first = first + 1;
        let window_end = bytes
            .len()
            .min((from + WINDOW).max(behind_first + BEHIND_LONG_LINE));
        let behind_last = match bytes.get(behind_first..window_end) {
            Some(window) => behind_first + end_of_last(window),
            None => behind_first,
        };
        // A CRLF is not cut in two.
        match bytes.get(behind_last - 1..) {
            Some([b'\r', b'\n', ..]) => behind_last + 1,
            _ => behind_last,
        }
    }
}

/// Returns whether there may be a line end in some bytes. Less than a block is not looked at.
#[inline]
pub(crate) fn may_have_ends(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return true;
    };
    // The last block may overlap those before, which makes no difference.
    let mut blocks = bytes.chunks_exact(BLOCK).filter_map(<[u8]>::first_chunk);
    may_have_end(last) || (bytes.len() > BLOCK && blocks.any(may_have_end::<BLOCK>))
}

/// Returns whether there may be a line end in some blocks: whether a byte is as small as one. In text only control characters
/// are, so in a long line this is nearly always told at once, and quicker than where a line end is.
#[inline]
fn may_have_end<const LEN: usize>(blocks: &[u8; LEN]) -> bool {
    let mut least = u8x16::MAX;
    for block in blocks.chunks_exact(BLOCK) {
        if let Ok(block) = block.try_into() {
            let [a, b, c, d] = parts(block);
            least = least.min(a.min(b).min(c.min(d)));
        }
    }
    least.min(u8x16::splat(b'\r')).cmp_eq(least).any()
}

/// Returns a bit for each byte of a block that is a CR or LF, the lowest for the first byte.
#[inline]
pub(crate) fn ends_in_block(block: &[u8; BLOCK]) -> u64 {
    let [a, b, c, d] = parts(block);
    ends(a) | ends(b) << 16 | ends(c) << 32 | ends(d) << 48
}

/// Returns a bit for each byte that is a CR or LF. There are less than a block of them.
fn ends_in_rest(bytes: &[u8]) -> u64 {
    let Some((before, last)) = bytes.split_last_chunk() else {
        return ends_in_few(bytes);
    };
    // The last 16 bytes may overlap those before, which makes no difference.
    let mut found = ends(u8x16::new(*last)) << before.len();
    let mut rest = bytes;
    let mut place = 0;
    while let Some((part, behind)) = rest.split_first_chunk() {
        found |= ends(u8x16::new(*part)) << place;
        place += part.len();
        rest = behind;
    }
    found
}

/// Returns a bit for each byte that is a CR or LF. There are less than 16 of them.
fn ends_in_few(bytes: &[u8]) -> u64 {
    let mut found = 0;
    for (index, byte) in bytes.iter().enumerate() {
        found |= u64::from(matches!(byte, b'\r' | b'\n')) << index;
    }
    found
}

/// Returns a bit for each byte of a block that a comparison is true for, the lowest for the first byte.
#[inline]
pub(crate) fn mask(parts: [u8x16; 4]) -> u64 {
    let [a, b, c, d] = parts.map(|part| u64::from(part.move_mask().unsigned_abs()));
    a | b << 16 | c << 32 | d << 48
}

/// Returns a bit for each of 16 bytes that is a CR or LF.
#[inline]
fn ends(part: u8x16) -> u64 {
    u64::from(are_ends(part).move_mask().unsigned_abs())
}

/// Compares each of 16 bytes with CR and LF.
#[inline]
pub(crate) fn are_ends(part: u8x16) -> u8x16 {
    part.cmp_eq(u8x16::splat(b'\r')) | part.cmp_eq(u8x16::splat(b'\n'))
}

/// The bytes of a block.
#[inline]
pub(crate) fn parts(block: &[u8; BLOCK]) -> [u8x16; 4] {
    // Written out, since the compiler does not always see through a loop.
    let part = |start| {
        let (_, from) = block.split_at(start);
        u8x16::new(from.first_chunk().copied().unwrap_or_default())
    };
    [part(0), part(16), part(32), part(48)]
}

/// Bytes that are looked at in one go.
pub(crate) const BLOCK: usize = 64;

/// Bytes that [`LineEnds::search`] looks at in one go.
const BLOCKS: usize = 4 * BLOCK;

/// Length of a line, in bytes, from which on its end is searched for.
const LONG_LINE: usize = 512;

/// Size of the window of [`LineEnds::end_of_last`], in bytes.
const WINDOW: usize = 32 * 1024;

/// Bytes behind the first line that are in the window however long the line is.
const BEHIND_LONG_LINE: usize = 256;

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn every_line_end_is_found() {
        // Lengths around those of a block and of a long line, line ends at every place and next to each other.
        let lens: &[usize] = if cfg!(miri) {
            &[0, 1, 17, 65, 520]
        } else {
            &[
                0, 1, 2, 15, 16, 17, 31, 40, 63, 64, 65, 130, 511, 512, 513, 600, 700,
            ]
        };
        for &len in lens {
            for step in [1, 2, 7, 64, 65, 300, 550] {
                for first in (0..step.min(len)).step_by(if cfg!(miri) { 131 } else { 1 }) {
                    let mut bytes = vec![b'x'; len];
                    for (index, place) in bytes.iter_mut().skip(first).step_by(step).enumerate() {
                        *place = if index % 2 == 0 { b'\n' } else { b'\r' };
                    }
                    let expected: Vec<_> = (first..len).step_by(step).collect();
                    let mut ends = LineEnds::default();
                    let mut from = 0;
                    let found: Vec<_> = core::iter::from_fn(|| {
                        let end = ends.next(&bytes, from)?;
                        assert_eq!(ends.next(&bytes, from), Some(end));
                        from = end + 1;
                        Some(end)
                    })
                    .collect();
                    assert_eq!(found, expected, "{len} {step} {first}");
                    assert_eq!(ends.next(&bytes, from), None);
                }
            }
        }
    }

    #[test]
    fn no_line_end_is_missed() {
        for len in 0..300 {
            let mut bytes = vec![b'x'; len];
            assert_eq!(may_have_ends(&bytes), len < BLOCK);
            for place in (0..len).step_by(if cfg!(miri) { 37 } else { 1 }) {
                bytes[place] = if place % 2 == 0 { b'\n' } else { b'\r' };
                assert!(may_have_ends(&bytes), "{place} of {len}");
                bytes[place] = b'x';
            }
        }
    }

    #[test]
    fn other_small_bytes_are_no_line_ends() {
        let bytes: Vec<u8> = (0..=255)
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        assert_eq!(LineEnds::default().next(&bytes, 0), None);
    }

    #[test]
    fn line_ends_may_be_left_out() {
        let mut bytes = vec![b'x'; 700];
        for end in [3, 5, 63, 64, 200, 660, 699] {
            bytes[end] = b'\n';
        }
        let mut ends = LineEnds::default();
        for (from, end) in [
            (4, 5),
            (6, 63),
            (64, 64),
            (130, 200),
            (201, 660),
            (690, 699),
        ] {
            assert_eq!(ends.next(&bytes, from), Some(end));
        }
    }

    #[test]
    fn whole_lines_end_at_the_last_end_in_the_window() {
        fn whole_lines(bytes: &[u8]) -> usize {
            let mut ends = LineEnds::default();
            ends.next(bytes, 0)
                .map_or(0, |first| ends.end_of_last(bytes, 0, first))
        }
        assert_eq!(whole_lines(b""), 0);
        assert_eq!(whole_lines(b"abc"), 0);
        assert_eq!(whole_lines(b"a\nb\rc"), 4);
        assert_eq!(whole_lines(&[b'\n'; 64]), 64);
        assert_eq!(whole_lines(&[b'\n'; 65]), 65);
        let mut long = vec![b'x'; WINDOW + 10];
        assert_eq!(whole_lines(&long), 0);
        long.extend(b"\ny\n");
        assert_eq!(whole_lines(&long), WINDOW + 13);
        long.extend([b'z'; BEHIND_LONG_LINE]);
        long.push(b'\n');
        assert_eq!(whole_lines(&long), WINDOW + 13);
        long[5] = b'\n';
        assert_eq!(whole_lines(&long), 6);
    }
}

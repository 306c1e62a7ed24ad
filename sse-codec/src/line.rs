//! Cuts chunks into lines, which end at CR, LF or CRLF. See
//! [`#parsing-an-event-stream`](https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream),
//! `end-of-line`.
//!
//! Neither byte ever occurs inside the encoding of another character, so whole lines can be cut before UTF-8 is
//! decoded, and what is decoded ends at the end of a character.

use core::hint::black_box;

use memchr::{memchr2, memrchr2};
use wide::u8x16;

use crate::masks::{
    BLOCK, OTHERS_FROM, ends_in_block, ends_in_rest, may_be_ends_in_block, may_have_end,
};

/// Returns where the last line in `bytes` that has an end ends, its end included. 0 if there is none.
pub(crate) fn end_of_last(bytes: &[u8]) -> usize {
    memrchr2(b'\r', b'\n', bytes).map_or(0, |end| end + 1)
}

/// Returns where the last line in `bytes` that has an end ends, if that is most of the bytes.
pub(crate) fn end_of_lines(bytes: &[u8]) -> Option<usize> {
    let last = end_of_last(bytes);
    (last > bytes.len() / 2).then_some(last)
}

/// Returns where the last whole block in `bytes` ends, if that is one of the last few lines; or else where the last line ends, if that is most
/// of the bytes.
///
/// A block that is not all there has to be copied, so it is better left to the next time.
pub(crate) fn end_of_blocks(bytes: &[u8]) -> Option<usize> {
    let last = end_of_last(bytes);
    let mut end = last;
    for _ in 0..LAST_FEW_LINES {
        let lines = bytes.get(..end).unwrap_or_default();
        if lines.ends_with(b"\n\n") || lines.ends_with(b"\r\n\r\n") {
            return Some(end);
        }
        let without_crlf = lines.strip_suffix(b"\r\n");
        match without_crlf.or_else(|| lines.split_last().map(|(_, lines)| lines)) {
            Some(lines) => end = end_of_last(lines),
            None => break,
        }
    }
    (last > bytes.len() / 2).then_some(last)
}

/// Finds the line ends in a chunk.
///
/// It looks at a window of the chunk at a time, and keeps a bit for each byte that may be a line end in it. So a line costs
/// a few instructions instead of a search of its own, and hardly a branch depends on where in a block its end stands, which a
/// processor could not foresee. Where there is no end in all of a window, the line is long, and a search is faster.
///
/// What may be a line end is a CR, an LF, or one of the two control characters between them, VT and FF, which hardly any text
/// has: to tell them apart takes more instructions for each block, and whoever takes a line end off some text sees
/// what it is.
#[derive(Debug)]
pub(crate) struct LineEnds {
    /// Where the window starts.
    start: usize,
    /// Bytes of the window. What stands behind has not been looked at.
    len: usize,
    /// A bit for each block of the window that may have a line end; the lowest bit stands for the first one.
    with_ends: u64,
    /// A bit for each byte that may be a line end, the lowest bit of the first byte for the first one. Behind those of the
    /// window is as much as for a block without any, and what stands further behind is left over from another window.
    bits: [[u8; 8]; WINDOW_BLOCKS + 1],
}

impl LineEnds {
    pub(crate) const fn new() -> Self {
        Self {
            start: 0,
            len: 0,
            with_ends: 0,
            bits: [[0; 8]; WINDOW_BLOCKS + 1],
        }
    }

    /// Goes on to another chunk.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.set_window(0, 0, 0);
    }

    #[inline]
    fn set_window(&mut self, start: usize, len: usize, with_ends: u64) {
        self.start = start;
        self.len = len;
        self.with_ends = with_ends;
    }

    /// Returns where the first line end at or behind `from` is: the CR or LF itself. The LF of a CRLF is one too.
    ///
    /// `bytes` is the same chunk each time, and `from` never less than before.
    #[inline]
    pub(crate) fn next(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        let end = self.next_maybe(bytes, from);
        if is_end(bytes, end) {
            return Some(end);
        }
        if end == NONE {
            return None;
        }
        self.next_behind(bytes, end)
    }

    /// Returns where the first line end behind `end` is, which might have been one.
    #[cold]
    fn next_behind(&mut self, bytes: &[u8], mut end: usize) -> Option<usize> {
        while end != NONE && !is_end(bytes, end) {
            end = self.next_maybe(bytes, end + 1);
        }
        (end != NONE).then_some(end)
    }

    /// Like [`next`](Self::next), but for what may be a line end, and with [`NONE`] for `None`.
    #[inline]
    fn next_maybe(&mut self, bytes: &[u8], from: usize) -> usize {
        match self.len_in_window(from) {
            NONE => self.look_further(bytes, from),
            len => from + len,
        }
    }

    /// Returns how many bytes from `from` on stand in front of the first one that may be a line end, or [`NONE`] if there is none in the
    /// window.
    ///
    /// There is no [`Option`], since [`NONE`] is beyond the end of any text, which has to be told anyway.
    #[inline]
    pub(crate) fn len_in_window(&self, from: usize) -> usize {
        let behind = from.wrapping_sub(self.start);
        if behind >= self.len {
            return NONE;
        }
        let block = behind / BLOCK % WINDOW_BLOCKS;
        let found = self.ends_in(block) >> (behind % BLOCK);
        if found != 0 {
            return found.trailing_zeros() as usize;
        }
        let later = self.with_ends & (!1 << block);
        if later == 0 {
            return NONE;
        }
        let block = later.trailing_zeros() as usize % WINDOW_BLOCKS;
        block * BLOCK + self.ends_in(block).trailing_zeros() as usize - behind
    }

    /// Like [`len_in_window`](Self::len_in_window), for a line that is likely to be short: whether it is, and not where it stands in
    /// its block, decides the branch.
    #[inline]
    pub(crate) fn short_len_in_window(&self, from: usize) -> usize {
        let behind = from.wrapping_sub(self.start);
        if behind >= self.len {
            return NONE;
        }
        // Those in the eight bytes from that with the first one on.
        let at = behind / 8 % (WINDOW_BLOCKS * 8);
        let found = self.bits_from(at) >> (behind % 8);
        if found != 0 {
            return found.trailing_zeros() as usize;
        }
        let len = self.len_in_window(from + SEEN_AT_LEAST);
        len.saturating_add(SEEN_AT_LEAST)
    }

    /// Returns how far behind the start of the window a place is. One in front of it is beyond the end.
    #[inline]
    pub(crate) fn behind_start(&self, place: usize) -> usize {
        place.wrapping_sub(self.start)
    }

    /// Returns a bit for each of the next bytes that may be a line end, the lowest for that some bytes [behind](Self::behind_start) the
    /// start of the window. None but those in the window are there, and those of [`SEEN_AT_LEAST`] bytes.
    #[inline]
    pub(crate) fn next_few(&self, behind: usize) -> u64 {
        // A window is no longer than that, but only so the compiler knows where the bits are, and has to reckon nothing.
        if behind >= self.len.min(WINDOW_BLOCKS * BLOCK) {
            return 0;
        }
        self.bits_from(behind / 8) >> (behind % 8)
    }

    /// Eight bytes of bits.
    #[inline]
    fn bits_from(&self, at: usize) -> u64 {
        let bits = self.bits.as_flattened();
        let found = bits.get(at..at + 8).and_then(<[u8]>::first_chunk);
        u64::from_le_bytes(found.copied().unwrap_or_default())
    }

    /// The bits of a block.
    #[inline]
    fn ends_in(&self, block: usize) -> u64 {
        let bits = self.bits.get(block).copied().unwrap_or_default();
        u64::from_le_bytes(bits)
    }

    /// Like [`next`](Self::next), for a line that is known to be long.
    #[inline]
    pub(crate) fn next_of_long_line(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        if self.start + self.len > from {
            return self.next(bytes, from);
        }
        let end = self.search(bytes, from);
        (end != NONE).then_some(end)
    }

    /// Returns where the first byte is that may be a line end, at or behind `from`, or [`NONE`]. There is none in the window at or
    /// behind `from`.
    // Out of line, or what it needs in registers is set up for each line.
    #[inline(never)]
    pub(crate) fn look_further(&mut self, bytes: &[u8], from: usize) -> usize {
        if from < self.start && self.with_ends != 0 {
            // It has looked further already, for the same line.
            return self.first_in_window();
        }
        let start = from.max(self.start + self.len);
        let unseen = bytes.get(start..).unwrap_or_default();
        if unseen.is_empty() {
            return NONE;
        }
        if unseen.len() > BLOCK {
            return self.look_at_window(bytes, start);
        }
        // All that is left of a chunk, or a small one.
        let found = unseen
            .first_chunk()
            .map_or_else(|| ends_in_rest(unseen), ends_in_block);
        self.bits[0] = found.to_le_bytes();
        self.bits[1] = [0; 8];
        self.set_window(start, unseen.len(), u64::from(found != 0));
        if found == 0 {
            return NONE;
        }
        start + found.trailing_zeros() as usize
    }

    /// Returns where the first byte in the window is that may be a line end. There is one.
    #[inline]
    fn first_in_window(&self) -> usize {
        let block = self.with_ends.trailing_zeros() as usize % WINDOW_BLOCKS;
        self.start + block * BLOCK + self.ends_in(block).trailing_zeros() as usize
    }

    /// Goes on to the window that starts at `start`, and looks for a line end in it or behind. There is more than a block.
    #[inline(never)]
    fn look_at_window(&mut self, bytes: &[u8], start: usize) -> usize {
        let unseen = bytes.get(start..).unwrap_or_default();
        let window = unseen.get(..WINDOW_BLOCKS * BLOCK).unwrap_or(unseen);
        let mut blocks = window.chunks_exact(BLOCK);
        let (mut count, mut without_ends) = (0, 0_u64);
        // Hidden from the compiler, which knows other instructions instead of the addition and the comparison, and they are slower.
        let add = black_box(u8x16::splat(0x80 - OTHERS_FROM));
        let one = black_box(1);
        for (bits, block) in self.bits.iter_mut().zip(&mut blocks) {
            if let Some(block) = block.first_chunk() {
                let found = may_be_ends_in_block(block, add);
                *bits = found.to_le_bytes();
                without_ends = without_ends << 1 | u64::from(found < one);
                count += 1;
            }
        }
        let rest = blocks.remainder();
        if !rest.is_empty() {
            let found = ends_in_rest(rest);
            if let Some(bits) = self.bits.get_mut(count) {
                *bits = found.to_le_bytes();
            }
            without_ends = without_ends << 1 | u64::from(found < one);
            count += 1;
        }
        if let Some(bits) = self.bits.get_mut(count) {
            *bits = [0; 8];
        }
        // The first block has come first, so its bit is the highest of them. There is one, so not all bits are shifted out.
        let with_ends = (!without_ends).reverse_bits() >> ((WINDOW_BLOCKS - count) % WINDOW_BLOCKS);
        self.set_window(start, window.len(), with_ends);
        if with_ends != 0 {
            self.first_in_window()
        } else if window.len() < unseen.len() {
            self.search(bytes, start + window.len())
        } else {
            NONE
        }
    }

    /// Looks for the end of a long line.
    #[inline(never)]
    fn search(&mut self, bytes: &[u8], from: usize) -> usize {
        let mut unseen = bytes.get(from..).unwrap_or_default();
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
                self.set_window(bytes.len(), 0, 0);
                return NONE;
            }
        }
        let start = bytes.len() - unseen.len();
        match memchr2(b'\r', b'\n', unseen) {
            Some(end) => {
                self.set_window(start + end, 1, 1);
                self.bits[0] = 1_u64.to_le_bytes();
                self.bits[1] = [0; 8];
                self.start
            }
            None => {
                self.set_window(bytes.len(), 0, 0);
                NONE
            }
        }
    }

    /// Returns where the lines from `from` on end, the first of which ends at `first`: those that end within a region of some
    /// size, but at least the first one.
    ///
    /// The region keeps what is validated in one go in the processor's cache until it is parsed, and keeps the work that
    /// is lost small when somebody stops in the middle of a huge chunk. Behind a line that is longer it goes on for some bytes, since
    /// the blank line should be in it: if an event's lines are not all there, its data has to be copied.
    #[inline]
    pub(crate) fn end_of_last(&self, bytes: &[u8], from: usize, first: usize) -> usize {
        if self.start + self.len >= bytes.len() && self.with_ends != 0 {
            // All that is left is in the window, and the line end at `first` with it.
            let block = self.with_ends.ilog2() as usize % WINDOW_BLOCKS;
            let last = self.start + block * BLOCK + self.ends_in(block).ilog2() as usize;
            if is_end(bytes, last) {
                return last + 1;
            }
        }
        let behind_first = first + 1;
        let behind_last = match bytes.get(behind_first..region_end(bytes, from + REGION, first)) {
            Some(region) => behind_first + end_of_last(region),
            None => behind_first,
        };
        // A CRLF is not cut in two.
        match bytes.get(behind_last - 1..) {
            Some([b'\r', b'\n', ..]) => behind_last + 1,
            _ => behind_last,
        }
    }

    /// Returns the bytes from `from` on that lines should be looked for in first, unless it is known already what they hold: `len`, but
    /// at least the first line, which ends at `first`, and some bytes behind it. They do not end between a CR and its LF.
    #[inline]
    pub(crate) fn small_region<'a>(
        &self,
        bytes: &'a [u8],
        from: usize,
        first: usize,
        len: usize,
    ) -> Option<&'a [u8]> {
        if self.start + self.len >= bytes.len() {
            return None;
        }
        let end = region_end(bytes, from + len, first);
        let in_crlf = matches!(bytes.get(end - 1..), Some([b'\r', b'\n', ..]));
        bytes.get(from..end - usize::from(in_crlf))
    }
}

/// Returns where a region ends: at `end`, but some bytes behind the first line, which ends at `first`, and in the chunk.
#[inline]
fn region_end(bytes: &[u8], end: usize, first: usize) -> usize {
    end.max(first + 1 + BEHIND_LONG_LINE).min(bytes.len())
}

/// Whether there is a line end at some place, which need not be one in these bytes.
#[inline]
fn is_end(bytes: &[u8], place: usize) -> bool {
    matches!(bytes.get(place), Some(b'\r' | b'\n'))
}

/// Bytes that [`LineEnds::search`] looks at in one go.
const BLOCKS: usize = 4 * BLOCK;

/// No line end. No place, since the largest one in a slice is half as large.
pub(crate) const NONE: usize = usize::MAX;

/// Bytes of which [`LineEnds::short_len_in_window`] sees the bits, wherever the first one stands in its byte.
const SEEN_AT_LEAST: usize = 64 - 7;

/// Blocks that [`LineEnds`] looks at in one go. As many as [`LineEnds::with_ends`] has bits.
const WINDOW_BLOCKS: usize = 64;

/// Size of the region of [`LineEnds::end_of_last`], in bytes.
const REGION: usize = 32 * 1024;

/// Lines in which [`end_of_blocks`] looks for a blank one.
const LAST_FEW_LINES: usize = 4;

/// Bytes behind the first line that are in the region however long the line is.
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
                0, 1, 2, 15, 16, 17, 31, 40, 63, 64, 65, 130, 511, 600, 4095, 4096, 4097, 4200,
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
                    let mut ends = LineEnds::new();
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
    fn other_small_bytes_are_no_line_ends() {
        let bytes: Vec<u8> = (0..=255)
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        assert_eq!(LineEnds::new().next(&bytes, 0), None);
    }

    #[test]
    fn what_is_told_apart_late_is_no_line_end() {
        for len in [70, 700, 9000] {
            for byte in [b'\t', 0x0B, 0x0C, 0x0E] {
                let mut bytes = vec![byte; len];
                assert_eq!(LineEnds::new().next(&bytes, 0), None);
                for end in [0, 1, 63, 64, len - 3] {
                    bytes[end] = b'\n';
                    bytes[end + 1] = b'\r';
                    let mut ends = LineEnds::new();
                    assert_eq!(ends.next(&bytes, 0), Some(end));
                    assert_eq!(ends.end_of_last(&bytes, 0, end), end + 2);
                    assert_eq!(ends.next(&bytes, 0), Some(end));
                    assert_eq!(ends.next(&bytes, end + 1), Some(end + 1));
                    assert_eq!(ends.next(&bytes, end + 2), None);
                    bytes[end] = byte;
                    bytes[end + 1] = byte;
                }
            }
        }
    }

    #[test]
    fn a_short_line_and_any_line_have_the_same_length() {
        let mut bytes = vec![b'x'; 3 * WINDOW_BLOCKS * BLOCK / 2];
        for end in (0..bytes.len()).scan(0, |end, step| {
            *end += step % 131;
            Some(*end)
        }) {
            if let Some(place) = bytes.get_mut(end) {
                *place = b'\n';
            }
        }
        let mut ends = LineEnds::new();
        for from in 0..bytes.len() {
            let end = ends.next(&bytes, from);
            // Where the end is in the next window, the start of the line is in none.
            let is_in_window = from >= ends.start;
            let len = end.filter(|_| is_in_window).map_or(NONE, |end| end - from);
            assert_eq!(ends.len_in_window(from), len, "{from}");
            assert_eq!(ends.short_len_in_window(from), len, "{from}");
        }
    }

    #[test]
    fn line_ends_may_be_left_out() {
        let mut bytes = vec![b'x'; 700];
        for end in [3, 5, 63, 64, 200, 660, 699] {
            bytes[end] = b'\n';
        }
        let mut ends = LineEnds::new();
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
    fn whole_blocks_end_at_a_blank_line() {
        for (bytes, end) in [
            (&b""[..], None),
            (b"x", None),
            (b"\n", Some(1)),
            (b"a\n\nb", Some(3)),
            (b"a\r\n\r\nb: x\r\nc", Some(5)),
            (b"a\n\nb\nc\nd\n", Some(3)),
            // The blank line is too far away, or there is none.
            (b"a\n\nb\nc\nd\ne\n", Some(11)),
            (b"a\nb", Some(2)),
            (b"a\rb", Some(2)),
            // Most is a line that goes on.
            (b"a\nbcd", None),
        ] {
            assert_eq!(end_of_blocks(bytes), end, "{bytes:?}");
        }
    }

    #[test]
    fn whole_lines_end_at_the_last_end_in_the_window() {
        fn whole_lines(bytes: &[u8]) -> usize {
            let mut ends = LineEnds::new();
            ends.next(bytes, 0)
                .map_or(0, |first| ends.end_of_last(bytes, 0, first))
        }
        assert_eq!(whole_lines(b""), 0);
        assert_eq!(whole_lines(b"abc"), 0);
        assert_eq!(whole_lines(b"a\nb\rc"), 4);
        assert_eq!(whole_lines(&[b'\n'; 64]), 64);
        assert_eq!(whole_lines(&[b'\n'; 65]), 65);
        let mut long = vec![b'x'; REGION + 10];
        assert_eq!(whole_lines(&long), 0);
        long.extend(b"\ny\n");
        assert_eq!(whole_lines(&long), REGION + 13);
        long.extend([b'z'; BEHIND_LONG_LINE]);
        long.push(b'\n');
        assert_eq!(whole_lines(&long), REGION + 13);
        long[5] = b'\n';
        assert_eq!(whole_lines(&long), 6);
    }
}

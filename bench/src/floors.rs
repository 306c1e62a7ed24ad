//! What no parser can beat: touching the bytes in the cheapest ways that are of use.

use std::hint::black_box;

use wide::{CmpEq, i8x16};

use crate::chunks::Chunks;

/// Something that every parser has to do at least.
#[derive(Clone, Copy)]
pub struct Floor {
    pub name: &'static str,
    pub run: fn(&Chunks),
}

/// The floor that does the same whatever the bytes are, and fetches each once.
pub const LINE_ENDS: &str = "newline bitmask";

pub const FLOORS: [Floor; 3] = [
    Floor {
        name: "memcpy",
        run: copy,
    },
    Floor {
        name: "simdutf8",
        run: validate,
    },
    Floor {
        name: LINE_ENDS,
        run: find_line_ends,
    },
];

/// Copies every chunk to the same place.
fn copy(chunks: &Chunks) {
    let mut buffer = Vec::new();
    for chunk in chunks.slices() {
        buffer.clear();
        buffer.extend_from_slice(chunk);
        black_box(&buffer);
    }
}

/// Validates every chunk as UTF-8. Chunks that begin or end inside a character are not valid, which takes no less time.
fn validate(chunks: &Chunks) {
    for chunk in chunks.slices() {
        black_box(simdutf8::basic::from_utf8(chunk).is_ok());
    }
}

/// Finds every CR and LF as bits of words.
fn find_line_ends(chunks: &Chunks) {
    for chunk in chunks.slices() {
        let (blocks, rest) = chunk.as_chunks::<64>();
        let mut ends = 0;
        for block in blocks {
            ends += line_ends(block).count_ones();
        }
        for byte in rest {
            ends += u32::from(matches!(byte, b'\r' | b'\n'));
        }
        black_box(ends);
    }
}

#[inline]
fn line_ends(block: &[u8; 64]) -> u64 {
    let (quarters, _) = block.as_chunks::<16>();
    let mut mask = 0;
    for (n, quarter) in quarters.iter().enumerate() {
        let bytes = i8x16::new(quarter.map(u8::cast_signed));
        let ends = bytes.cmp_eq(i8x16::splat(b'\n'.cast_signed()))
            | bytes.cmp_eq(i8x16::splat(b'\r'.cast_signed()));
        mask |= u64::from(ends.move_mask().cast_unsigned()) << (16 * n);
    }
    mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_end_is_a_bit() {
        let mut block = [b'x'; 64];
        for at in [0, 15, 16, 40, 63] {
            block[at] = b'\n';
        }
        block[33] = b'\r';
        let expected = [0, 15, 16, 33, 40, 63]
            .iter()
            .fold(0, |mask, at| mask | 1 << at);
        assert_eq!(line_ends(&block), expected);
    }
}

//! Line ends in text that is to be written: whether there are any, and what stands between them.
//!
//! Most text has none, and most of the rest has lines so short that a search for the end of each would cost more than all
//! that is done with it. So text is looked at in blocks of a fixed size, which become one bit a byte.

use wide::u8x16;

use crate::masks::{BLOCK, are_ends, ends_in_block, least, may_be_end, may_have_end};

/// Whether text has neither CR nor LF.
#[inline]
pub(crate) fn is_one_line(text: &[u8]) -> bool {
    // Text of usual length is looked at without a loop: the processor would guess wrong when it ends.
    let mut rest = text;
    while let Some((blocks, behind)) = rest.split_first_chunk::<{ 4 * BLOCK }>() {
        if may_have_end(blocks) && has_line_end(blocks) {
            return false;
        }
        rest = behind;
    }
    // Some of the bytes below are looked at twice, and some of those above.
    let least = if rest.is_empty() {
        return true;
    } else if let Some(last) = text.last_chunk::<{ 4 * BLOCK }>() {
        least(last)
    } else if let Some([first, last]) = both_ends::<{ 2 * BLOCK }>(text) {
        least(first).min(least(last))
    } else if let Some([first, last]) = both_ends::<BLOCK>(text) {
        least(first).min(least(last))
    } else {
        return is_one_short_line(text);
    };
    !may_be_end(least) || !has_line_end(rest)
}

/// Returns the first and the last bytes of text. They are all of it unless it is longer than both together.
#[inline]
fn both_ends<const LEN: usize>(text: &[u8]) -> Option<[&[u8; LEN]; 2]> {
    Some([text.first_chunk()?, text.last_chunk()?])
}

/// Whether text has a CR or LF, exactly.
#[inline(never)]
fn has_line_end(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some((block, behind)) = rest.split_first_chunk() {
        if ends_in_block(block) != 0 {
            return true;
        }
        rest = behind;
    }
    !is_one_short_line(rest)
}

/// [`is_one_line`] for text that is shorter than a block.
#[inline]
fn is_one_short_line(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk() {
        let mut ends = are_ends(u8x16::new(*last));
        let mut rest = text;
        while let Some((part, behind)) = rest.split_first_chunk() {
            ends |= are_ends(u8x16::new(*part));
            rest = behind;
        }
        ends.none()
    } else if let (Some(first), Some(last)) = (text.first_chunk(), text.last_chunk()) {
        !eight_have(*first, b'\r')
            && !eight_have(*first, b'\n')
            && !eight_have(*last, b'\r')
            && !eight_have(*last, b'\n')
    } else {
        !text.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
    }
}

/// Whether one of eight bytes is `byte`.
#[inline]
pub(crate) const fn eight_have(bytes: [u8; 8], byte: u8) -> bool {
    const LOWEST_BITS: u64 = u64::MAX / 0xFF;
    const HIGHEST_BITS: u64 = LOWEST_BITS << 7;
    // The bytes that are equal become zero. The least of them is the first to borrow from its highest bit, and of those below
    // it none does whose highest bit was clear.
    let different = u64::from_le_bytes(bytes) ^ (LOWEST_BITS * byte as u64);
    different.wrapping_sub(LOWEST_BITS) & !different & HIGHEST_BITS != 0
}

/// Calls `put` with each line of text. Lines end at CR, LF or CRLF, and there is always one more than there are ends, so empty
/// text is one empty line.
#[inline]
pub(crate) fn for_each_line<'a>(text: &'a [u8], mut put: impl FnMut(&'a [u8])) {
    let mut from_line = text;
    let mut from_block = text;
    // Where the block starts in the line. Below zero if the line starts in the block.
    let mut place = 0_usize;
    loop {
        let mut ends = if let Some((block, behind)) = from_block.split_first_chunk() {
            from_block = behind;
            ends_in_block(block)
        } else {
            line_ends_in_last(from_block)
        };
        while ends != 0 {
            let end = ends.trailing_zeros() as usize;
            ends &= ends - 1;
            // Both are always `Some`, until the text has ended.
            let Some((line, from_end)) = from_line.split_at_checked(place.wrapping_add(end)) else {
                return;
            };
            if !line.is_empty() || !is_in_crlf(text, from_end) {
                put(line);
            }
            let Some((_, behind)) = from_end.split_first() else {
                return;
            };
            from_line = behind;
            place = (end + 1).wrapping_neg();
        }
        place = place.wrapping_add(BLOCK);
    }
}

/// Whether the rest of the text begins with the LF of a CRLF.
#[cold]
fn is_in_crlf(text: &[u8], rest: &[u8]) -> bool {
    matches!(
        text.split_at(text.len() - rest.len()),
        ([.., b'\r'], [b'\n', ..])
    )
}

/// Returns a bit for each byte that is a CR or LF, and one for the end of the text.
#[inline(never)]
fn line_ends_in_last(text: &[u8]) -> u64 {
    let mut block = [0; BLOCK];
    let (place, behind) = block.split_at_mut(text.len().min(BLOCK));
    place.copy_from_slice(text);
    if let [end, ..] = behind {
        *end = b'\n';
    }
    ends_in_block(&block)
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    /// Splits text as slowly and literally as can be.
    fn lines(text: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = vec![vec![]];
        let mut after_cr = false;
        for &byte in text {
            match byte {
                b'\n' if after_cr => {}
                b'\r' | b'\n' => lines.push(vec![]),
                _ => lines.last_mut().unwrap().push(byte),
            }
            after_cr = byte == b'\r';
        }
        lines
    }

    fn check(text: &[u8]) {
        let expected = lines(text);
        let mut seen = Vec::new();
        for_each_line(text, |line| seen.push(line.to_vec()));
        assert_eq!(seen, expected, "{text:?}");
        assert_eq!(is_one_line(text), expected.len() == 1, "{text:?}");
    }

    #[test]
    fn a_line_end_is_found_at_every_place() {
        // Longer than two blocks. Miri is slow.
        let (lens, step) = if cfg!(miri) {
            (vec![0, 3, 12, 30, 64, 66], 9)
        } else {
            ((0..150).collect(), 1)
        };
        for len in lens {
            let mut text = vec![b'x'; len];
            check(&text);
            for place in (0..len).step_by(step) {
                for end in [b'\r', b'\n'] {
                    text[place] = end;
                    check(&text);
                }
                if let Some(both) = text.get_mut(place..place + 2) {
                    both.copy_from_slice(b"\r\n");
                    check(&text);
                    text[place + 1] = b'x';
                }
                text[place] = b'x';
            }
        }
    }

    #[test]
    fn no_other_byte_is_a_line_end() {
        // Miri is slow, and the bytes next to those two are enough for it.
        let bytes = if cfg!(miri) { 8..=15 } else { 0..=u8::MAX };
        for byte in bytes.filter(|byte| !matches!(byte, b'\r' | b'\n')) {
            for len in [1, 8, 15, 16, 63, 64, 100] {
                check(&vec![byte; len]);
            }
            assert!(!eight_have([byte; 8], b'\n'));
        }
        assert!(eight_have(*b"\0\x01\xFF\x80\x0D\x0B\x09\x0A", b'\n'));
        assert!(eight_have(*b"\x0A\x01\xFF\x80\x0D\x0B\x09\x0B", b'\n'));
    }

    // Too slow for Miri.
    #[cfg(not(miri))]
    proptest::proptest! {
        #[test]
        fn text_of_any_kind_is_split(
            text in "[xé\r\n]{0,300}|([^\r\n]{0,90}(\r|\n|\r\n)){0,5}[^\r\n]{0,90}",
        ) {
            check(text.as_bytes());
        }
    }
}

//! Bits for bytes: what stands where in a block of 64 bytes, or whether it does at all, by vectors that every processor has.

use wide::u8x16;

/// Returns whether there may be a line end in some bytes. Less than a block is not looked at, unless it is next to nothing.
#[inline]
pub(crate) fn may_have_ends(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<BLOCK>() else {
        return bytes.len() > NEXT_TO_NOTHING || bytes.iter().any(|&byte| byte <= b'\r');
    };
    // The last block may overlap those before, which makes no difference.
    let mut blocks = bytes.chunks_exact(BLOCK).filter_map(<[u8]>::first_chunk);
    may_have_end(last) || (bytes.len() > BLOCK && blocks.any(may_have_end::<BLOCK>))
}

/// Returns whether there may be a line end in some blocks: whether a byte is as small as one. In text only control characters
/// are, so in a long line this is nearly always told at once, and quicker than where a line end is.
#[inline]
pub(crate) fn may_have_end<const LEN: usize>(blocks: &[u8; LEN]) -> bool {
    may_be_end(least(blocks))
}

/// Returns the least of the bytes at each place of the parts of some blocks.
#[inline]
pub(crate) fn least<const LEN: usize>(blocks: &[u8; LEN]) -> u8x16 {
    let mut least = u8x16::MAX;
    for block in blocks.chunks_exact(BLOCK) {
        if let Ok(block) = block.try_into() {
            let [a, b, c, d] = parts(block);
            least = least.min(a.min(b).min(c.min(d)));
        }
    }
    least
}

/// Returns whether there may be a line end where these bytes are the [least](least()).
#[inline]
pub(crate) fn may_be_end(least: u8x16) -> bool {
    // To take the lesser of two bytes is one instruction, where to compare them with CR and LF is three.
    least.min(u8x16::splat(b'\r')).cmp_eq(least).any()
}

/// Returns a bit for each byte of a block that is a CR or LF, the lowest for the first byte.
#[inline]
pub(crate) fn ends_in_block(block: &[u8; BLOCK]) -> u64 {
    let [a, b, c, d] = parts(block);
    ends(a) | ends(b) << 16 | ends(c) << 32 | ends(d) << 48
}

/// Returns a bit for each byte of a block that is a CR or LF, or one of the two characters between them, the lowest for the first byte.
#[inline]
pub(crate) fn may_be_ends_in_block(block: &[u8; BLOCK], add: u8x16) -> u64 {
    // The least of them becomes 0, and all others get their highest bit.
    let others = |part: u8x16| {
        let part = (part - u8x16::splat(b'\n')).saturating_add(add);
        u64::from(part.move_mask().unsigned_abs())
    };
    let [a, b, c, d] = parts(block).map(others);
    !(a | b << 16 | c << 32 | d << 48)
}

/// The least byte that is no LF, CR, or one of those between, counted from the LF.
pub(crate) const OTHERS_FROM: u8 = b'\r' + 1 - b'\n';

/// Returns a bit for each byte that is a CR or LF. There are less than a block of them.
pub(crate) fn ends_in_rest(bytes: &[u8]) -> u64 {
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

/// Bytes that are looked at one by one.
const NEXT_TO_NOTHING: usize = 4;

/// Bytes that are looked at in one go.
pub(crate) const BLOCK: usize = 64;

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn no_line_end_is_missed() {
        for len in 0..300 {
            let mut bytes = vec![b'x'; len];
            assert_eq!(may_have_ends(&bytes), (5..BLOCK).contains(&len));
            for place in (0..len).step_by(if cfg!(miri) { 37 } else { 1 }) {
                bytes[place] = if place % 2 == 0 { b'\n' } else { b'\r' };
                assert!(may_have_ends(&bytes), "{place} of {len}");
                bytes[place] = b'x';
            }
        }
    }
}

//! Finds where a block ends in bytes that go on with it: the blank line.
//!
//! It looks at 64 bytes at a time, and what it looks for is found by a few operations on a bit for each of them, however many lines there
//! are.

use wide::u8x16;

use crate::masks::{BLOCK, mask, parts};

/// Where a block ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Further on. The first line that may be a reconnection time starts at `retry`.
    Further { retry: Option<usize> },
    /// At a blank line, which ends at `consumed`.
    At {
        blank_line: usize,
        consumed: usize,
        rest: Rest,
    },
}

/// Looks for the end of a block. `is_start` says whether the bytes start with a line. Returns `None` if something comes before that
/// cannot wait for the end: a CR without an LF and, if `items` are asked for, what may be a comment or a reconnection time.
#[inline]
pub(crate) fn find_end(bytes: &[u8], is_start: bool, items: bool) -> Option<End> {
    let cr = u8x16::splat(b'\r');
    let lf = u8x16::splat(b'\n');
    let mut place = 0;
    // Whether a line starts with the next byte; whether a CR came last, and whether it stands at the start of a line.
    let mut start = u64::from(is_start);
    let (mut open_cr, mut blank_cr) = (0, 0);
    let mut first_retry = None;
    let mut rest = bytes;
    while !rest.is_empty() {
        let last;
        let block = if let Some((block, behind)) = rest.split_first_chunk() {
            rest = behind;
            block
        } else {
            last = filled_up(rest);
            rest = &[];
            &last
        };
        let parts = parts(block);
        let lfs = mask(parts.map(|part| part.cmp_eq(lf)));
        let starts = lfs << 1 | start;
        start = lfs >> (BLOCK - 1);
        let mut ends = lfs & starts;
        let mut lone_crs = 0;
        let [a, b, c, d] = parts.map(|part| part.cmp_eq(cr));
        if (a | b | c | d).any() || open_cr != 0 {
            let crs = mask([a, b, c, d]);
            let blank_crs = crs & starts;
            ends |= lfs & (blank_crs << 1 | blank_cr);
            lone_crs = (crs << 1 | open_cr) & !lfs;
            open_cr = crs >> (BLOCK - 1);
            blank_cr = blank_crs >> (BLOCK - 1);
        }
        let mut odd = odd_starts(block, starts, items);
        if ends | lone_crs | odd == 0 {
            place += BLOCK;
            continue;
        }
        let up_to_end = ends ^ ends.wrapping_sub(1);
        if lone_crs & up_to_end != 0 || (items && odd & up_to_end != 0) {
            return None;
        }
        if ends == 0 {
            first_retry = first_retry.or_else(|| Some(place + odd.trailing_zeros() as usize));
            place += BLOCK;
            continue;
        }
        odd |= lone_crs | open_cr;
        let end = place + ends.trailing_zeros() as usize;
        let in_crlf = end > 0 && bytes.get(end - 1) == Some(&b'\r');
        return Some(End::At {
            blank_line: end - usize::from(in_crlf),
            consumed: end + 1,
            rest: if ends & !up_to_end != 0 {
                Rest::Ends
            } else if odd == 0 && rest.is_empty() {
                Rest::GoesOn
            } else {
                Rest::Unknown
            },
        });
    }
    (open_cr == 0).then_some(End::Further { retry: first_retry })
}

/// Returns which lines of a block may be reconnection times or, if `items` are asked for, comments.
#[inline]
fn odd_starts(block: &[u8; BLOCK], mut starts: u64, items: bool) -> u64 {
    let mut odd = 0;
    while starts != 0 {
        let start = starts.trailing_zeros() as usize;
        let lowest = starts & starts.wrapping_neg();
        match block.get(start) {
            Some(b'r') => odd |= lowest,
            Some(b':') if items => odd |= lowest,
            _ => {}
        }
        starts ^= lowest;
    }
    odd
}

/// What is known of the rest of a chunk, where a block starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Unknown,
    /// It holds a blank line.
    Ends,
    /// It holds neither a blank line nor anything that cannot wait for it.
    GoesOn,
}

/// Fills a block up with bytes that mean nothing.
#[inline]
fn filled_up(bytes: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    for (place, byte) in block.iter_mut().zip(bytes) {
        *place = *byte;
    }
    block
}

#[cfg(test)]
// Too slow for Miri.
#[cfg(not(miri))]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    /// [`find_end`], byte by byte.
    fn find_end_slowly(bytes: &[u8], is_start: bool, items: bool) -> Option<(usize, usize)> {
        let mut start = if is_start { Some(0) } else { None };
        for (place, byte) in bytes.iter().enumerate() {
            let before = place.checked_sub(1).map(|before| bytes[before]);
            match byte {
                b'\n' if start == Some(place) => return Some((place, place + 1)),
                b'\n' if before == Some(b'\r') && start == Some(place - 1) => {
                    return Some((place - 1, place + 1));
                }
                b'\n' => start = Some(place + 1),
                b'\r' if bytes.get(place + 1) != Some(&b'\n') => return None,
                b'r' | b':' if items && start == Some(place) => return None,
                _ => {}
            }
        }
        Some((bytes.len(), bytes.len()))
    }

    proptest! {
        #[test]
        fn the_end_is_found(
            lines in prop::collection::vec("[dr:x]?x{0,70}(\n|\n|\n|\r\n|\r\n|\r)", 0..6),
            open in "[dr:]?x{0,70}\r?",
            is_start: bool,
            items: bool,
        ) {
            let bytes = (lines.concat() + &open).into_bytes();
            let found = find_end(&bytes, is_start, items).map(|end| match end {
                End::Further { .. } => (bytes.len(), bytes.len()),
                End::At { blank_line, consumed, .. } => (blank_line, consumed),
            });
            prop_assert_eq!(found, find_end_slowly(&bytes, is_start, items));
            match find_end(&bytes, is_start, items) {
                Some(End::At { consumed, rest, .. }) => {
                    let rest_end = find_end(&bytes[consumed..], true, items);
                    match rest {
                        Rest::GoesOn => prop_assert_eq!(rest_end, Some(End::Further { retry: None })),
                        Rest::Ends => prop_assert_ne!(rest_end, Some(End::Further { retry: None })),
                        Rest::Unknown => {}
                    }
                }
                Some(End::Further { retry }) => {
                    let starts: Vec<_> = (0..bytes.len())
                        .filter(|&place| if place == 0 { is_start } else { bytes[place - 1] == b'\n' })
                        .filter(|&place| bytes[place] == b'r')
                        .collect();
                    prop_assert_eq!(retry, starts.first().copied());
                }
                None => {}
            }
        }
    }
}

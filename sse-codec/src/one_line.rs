//! The proof behind [`EventType`](crate::EventType) and [`LastEventId`](crate::LastEventId): a value has no character
//! that ends its line.

use crate::error::InvalidValue;
use crate::text_lines::eight_have;

/// Checks that `text` has no CR, no LF and, where `nul_allowed` is false, no U+0000.
pub(crate) const fn check(
    what: &'static str,
    text: &str,
    nul_allowed: bool,
) -> Result<(), InvalidValue> {
    // Split from the front, since neither iterators nor `get` can be used in a `const fn`.
    let mut rest = text.as_bytes();
    while let Some((eight, behind)) = rest.split_first_chunk() {
        if eight_have(*eight, b'\r')
            || eight_have(*eight, b'\n')
            || (eight_have(*eight, 0) && !nul_allowed)
        {
            // Which of them it is, is found below.
            break;
        }
        rest = behind;
    }
    while let [first, behind @ ..] = rest {
        if matches!(first, b'\r' | b'\n') || (*first == 0 && !nul_allowed) {
            return Err(InvalidValue::new(
                what,
                *first as char,
                text.len() - rest.len(),
            ));
        }
        rest = behind;
    }
    Ok(())
}

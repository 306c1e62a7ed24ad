//! Bytes to text: ill-formed UTF-8 is replaced, or found and reported.

use simdutf8::{basic, compat};

/// What a parser does about bytes that are not well-formed UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Utf8Policy {
    /// Replaces each ill-formed sequence (its maximal part that could have begun a character) with one U+FFFD, as the
    /// standard says by "UTF-8 decode". The default.
    #[default]
    Replace,
    /// Reports a line that is not well-formed as an error, whatever the line is: also a comment or a field that is
    /// ignored. Its block is dropped, and the block's ID is not taken.
    Reject,
}

/// Where bytes that should be text are ill-formed.
pub(crate) struct IllFormed {
    /// How many bytes before it are well-formed.
    pub(crate) valid_up_to: usize,
}

/// Takes bytes as text, if they are well-formed.
///
/// Where they are not, an answer costs no more than the bytes in front of the fault if `fault_expected` is set;
/// otherwise all bytes are looked at, by a somewhat faster way. Set it when a fault was seen nearby, so that text
/// that is full of faults takes linear time.
#[inline]
pub(crate) fn validate(bytes: &[u8], fault_expected: bool) -> Result<&str, IllFormed> {
    if !fault_expected {
        if let Ok(text) = basic::from_utf8(bytes) {
            return Ok(text);
        }
    }
    compat::from_utf8(bytes).map_err(|error| IllFormed {
        valid_up_to: error.valid_up_to(),
    })
}

/// Takes bytes as text, if they are well-formed, but for a character that is cut off at their end.
#[inline]
pub(crate) fn validate_but_for_cut(bytes: &[u8]) -> Option<&str> {
    let (complete, _) = bytes.split_at(bytes.len() - cut_len(bytes));
    basic::from_utf8(complete).ok()
}

/// Decodes bytes that are complete: what is cut off at their end is ill-formed. Gives the text in pieces.
pub(crate) fn replace(mut bytes: &[u8], mut text: impl FnMut(&str)) {
    loop {
        match compat::from_utf8(bytes) {
            Ok(rest) => return text(rest),
            Err(error) => {
                let (valid, from_fault) = bytes.split_at(error.valid_up_to());
                // Looked at a second time, since safe code has no other way from bytes to text.
                text(basic::from_utf8(valid).unwrap_or_default());
                text(REPLACEMENT);
                let fault = error.error_len().unwrap_or(from_fault.len());
                bytes = from_fault.split_at(fault).1;
            }
        }
    }
}

/// Returns how many bytes of text [`replace`] gives.
pub(crate) fn replaced_len(bytes: &[u8]) -> usize {
    let mut len = 0;
    replace(bytes, |text| len += text.len());
    len
}

/// Decodes a line that comes in several chunks. Keeps at most three bytes, those of a character that is not complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoder {
    incomplete: [u8; 4],
    incomplete_len: usize,
    position: u64,
    first_fault: Option<u64>,
}

impl Decoder {
    /// Starts with bytes at `position` of the event stream.
    pub(crate) const fn at(position: u64) -> Self {
        Self {
            incomplete: [0; 4],
            incomplete_len: 0,
            position,
            first_fault: None,
        }
    }

    /// Returns where in the event stream the first ill-formed sequence stands.
    pub(crate) fn first_fault(&self) -> Option<u64> {
        self.first_fault
    }

    /// Whether no bytes of a character are kept.
    #[inline]
    pub(crate) const fn is_between_characters(&self) -> bool {
        self.incomplete_len == 0
    }

    /// Goes on behind bytes that have been decoded elsewhere.
    #[inline]
    pub(crate) const fn pass(&mut self, bytes: usize) {
        self.position += bytes as u64;
    }

    /// Decodes further bytes. Gives the text in pieces.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut text: impl FnMut(&str)) {
        while self.incomplete_len > 0 {
            let Some((&first, rest)) = bytes.split_first() else {
                return;
            };
            self.push_byte(first, &mut text);
            bytes = rest;
        }
        let (complete, cut) = bytes.split_at(bytes.len() - cut_len(bytes));
        match validate(complete, false) {
            Ok(all) => text(all),
            Err(IllFormed { valid_up_to }) => {
                self.fault_at(self.position + valid_up_to as u64);
                replace(complete, &mut text);
            }
        }
        self.position += complete.len() as u64;
        for &byte in cut {
            self.push_byte(byte, &mut text);
        }
    }

    /// Ends the line: a character that is not complete is ill-formed.
    pub(crate) fn finish(&mut self, mut text: impl FnMut(&str)) {
        if self.incomplete_len > 0 {
            self.fault_at(self.position - self.incomplete_len as u64);
            self.incomplete_len = 0;
            text(REPLACEMENT);
        }
    }

    fn push_byte(&mut self, byte: u8, text: &mut impl FnMut(&str)) {
        self.position += 1;
        // Three bytes at most are there already, or they would be a character.
        let mut len = self.incomplete_len;
        if let Some(place) = self.incomplete.get_mut(len) {
            *place = byte;
            len += 1;
        }
        let mut from = 0;
        while from < len {
            let sequence = self.incomplete.get(from..len).unwrap_or_default();
            match core::str::from_utf8(sequence) {
                Ok(character) => {
                    text(character);
                    from = len;
                }
                Err(error) => match error.error_len() {
                    Some(fault) => {
                        let position = self.position - sequence.len() as u64;
                        self.fault_at(position);
                        text(REPLACEMENT);
                        from += fault;
                    }
                    None => break,
                },
            }
        }
        self.incomplete.copy_within(from..len, 0);
        self.incomplete_len = len - from;
    }

    fn fault_at(&mut self, position: u64) {
        self.first_fault.get_or_insert(position);
    }
}

/// Returns how many bytes at the end may be the start of a character that is not complete.
fn cut_len(bytes: &[u8]) -> usize {
    for (behind, &byte) in bytes.iter().rev().take(3).enumerate() {
        let needed = match byte {
            // A continuation byte: the start is further in front.
            0x80..=0xBF => continue,
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        return if needed > behind + 1 { behind + 1 } else { 0 };
    }
    0
}

/// U+FFFD REPLACEMENT CHARACTER
const REPLACEMENT: &str = "\u{FFFD}";

/// U+FEFF BYTE ORDER MARK, one of which may stand at the start of an event stream.
pub(crate) const BYTE_ORDER_MARK: &[u8; 3] = b"\xEF\xBB\xBF";

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    /// Decodes chunks, and returns the text with where the first fault is.
    fn decode(chunks: &[&[u8]]) -> (String, Option<u64>) {
        let mut text = String::new();
        let mut decoder = Decoder::at(7);
        for chunk in chunks {
            decoder.push(chunk, |piece| text.push_str(piece));
        }
        decoder.finish(|piece| text.push_str(piece));
        (text, decoder.first_fault())
    }

    fn expected(bytes: &[u8]) -> (String, Option<u64>) {
        let fault = core::str::from_utf8(bytes).err();
        (
            String::from_utf8_lossy(bytes).into_owned(),
            fault.map(|error| 7 + error.valid_up_to() as u64),
        )
    }

    #[test]
    fn a_cut_makes_no_difference_wherever_it_is() {
        for bytes in [
            &b"plain"[..],
            "a\u{e9}\u{20ac}\u{1f600}z".as_bytes(),
            b"\xF0\x9F\x98",
            b"\xF0\x9F\x98x\xE2\x82\xE2\x82\xAC\xC3",
            b"\xED\xA0\x80\xF5\x80\xC0\xAF\xE0\x80",
            b"\x80\xBF\xF4\x90\x80\x80\xFF",
        ] {
            for cut in 0..=bytes.len() {
                let (before, behind) = bytes.split_at(cut);
                assert_eq!(
                    decode(&[before, behind]),
                    expected(bytes),
                    "{bytes:?} {cut}"
                );
            }
            let single: Vec<_> = bytes.chunks(1).collect();
            assert_eq!(decode(&single), expected(bytes), "{bytes:?}");
        }
    }

    // Too slow for Miri, which has the test above.
    #[cfg(not(miri))]
    mod random {
        use proptest::prelude::*;

        use super::*;

        /// Bytes that are ill-formed more often than not.
        fn bytes() -> impl Strategy<Value = Vec<u8>> {
            let byte = prop_oneof![
                Just(b'a'),
                Just(0x80),
                Just(0xBF),
                Just(0xC3),
                Just(0xE2),
                Just(0xED),
                Just(0xF0),
                Just(0x9F),
                any::<u8>(),
            ];
            prop::collection::vec(byte, 0..40)
        }

        proptest! {
            #[test]
            fn replacing_is_what_the_standard_library_does(bytes in bytes()) {
                let mut text = String::new();
                replace(&bytes, |piece| text.push_str(piece));
                prop_assert_eq!(&text, &String::from_utf8_lossy(&bytes));
                prop_assert_eq!(text.len(), replaced_len(&bytes));
            }

            #[test]
            fn chunks_make_no_difference(chunks in prop::collection::vec(bytes(), 0..5)) {
                let slices: Vec<_> = chunks.iter().map(Vec::as_slice).collect();
                prop_assert_eq!(decode(&slices), expected(&chunks.concat()));
            }
        }
    }
}

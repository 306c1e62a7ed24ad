//! Streams made of the pieces where parsers go wrong, for property tests and fuzz targets.
//!
//! A stream is described by one byte a piece, which is what both generate and shrink well.

/// Puts together the pieces that the choices name. Every byte names one.
#[must_use]
pub fn stream(choices: &[u8]) -> Vec<u8> {
    choices
        .iter()
        .flat_map(|choice| PIECES[usize::from(*choice) % PIECES.len()])
        .copied()
        .collect()
}

/// The same as text, with ill-formed bytes replaced: hostile content for data, comments, event types and IDs.
#[must_use]
pub fn text(choices: &[u8]) -> String {
    String::from_utf8_lossy(&stream(choices)).into_owned()
}

/// The pieces. Line ends stand there several times, or hardly a block would ever end.
const PIECES: &[&[u8]] = &[
    // The plainest first, since choices shrink towards zero.
    b"x",
    b"\n",
    b"\r",
    b"\r\n",
    b":",
    b" ",
    b"7",
    b"\n\n",
    b"\r\r",
    b"\r\n\r\n",
    b"\n\r",
    b"\n",
    b"\n\n",
    // Fields and their names, whole and nearly.
    b"data",
    b"data:",
    b"data: ",
    b"data: a\n",
    b"data: b\n\n",
    b"data: c\r",
    b"data:d\r\n\r\n",
    b"event",
    b"event:",
    b"event: t",
    b"event: ping\n",
    b"id",
    b"id:",
    b"id: 1",
    b"id: 42\n",
    b"id\n",
    b"retry",
    b"retry:",
    b"retry: 1",
    b"retry: 500\n",
    b"retry: 18446744073709551615\n",
    b"retry: 18446744073709551616\n",
    b": c\n",
    b":c\r",
    b"foo: bar\n",
    b"dat",
    b"Data: ",
    b"message",
    // Characters that mean nothing, or much.
    b"\0",
    b"\t",
    b"+",
    b"0",
    b"\x0B",
    b"\xC2\x85",
    b"\xE2\x80\xA8",
    // Well-formed characters of two to four bytes, then byte order marks and parts of them.
    b"\xC3\xA9",
    b"\xE4\xB8\xAD",
    b"\xF0\x9F\x98\x80",
    b"\xEF\xBB\xBF",
    b"\xEF\xBB",
    b"\xEF",
    // Ill-formed: alone, truncated, overlong, surrogate, too high.
    b"\x80",
    b"\xFF",
    b"\xC3",
    b"\xE4\xB8",
    b"\xE4",
    b"\xF0\x9F\x98",
    b"\xC0\xAF",
    b"\xED\xA0\x80",
    b"\xF4\x90\x80\x80",
    b"\xE0\x80",
    // Lumps about as long as what vector instructions and line searches look at in one go.
    b"a lump of some sixty-three bytes, so that a line end comes later",
    b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
      0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
      0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
      0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
      0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

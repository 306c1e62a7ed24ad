//! Every line is read the same by the short cuts, by the whole grammar, and by a reading that does nothing clever.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The source itself, since both functions are private to the crate, as they should be.
#[path = "../../sse-codec/src/field.rs"]
mod field;

use field::Kind;

fuzz_target!(|input: &[u8]| {
    // The first byte may name a start that is hard to guess letter by letter.
    let starts: [&[u8]; 8] = [
        b"", b"data", b"event", b"id", b"retry", b"data:", b"event:", b"id:",
    ];
    let Some((start, rest)) = input.split_first() else {
        return;
    };
    let line = [starts[usize::from(*start) % starts.len()], rest].concat();
    // A line ends at its line end, and a blank one is not read at all.
    let line = line
        .split(|byte| b"\r\n".contains(byte))
        .next()
        .unwrap_or_default();
    if line.is_empty() {
        return;
    }
    let read = field::read_bytes(line);
    assert_eq!(read, literally(line));
    if let Ok(text) = str::from_utf8(line) {
        let expected = (read.kind, &text[read.value_start..]);
        assert_eq!(field::read(text), expected);
        assert_eq!(field::read_in_full(text), expected);
    }
});

/// Reads as the standard tells it, step by step.
fn literally(line: &[u8]) -> field::Line {
    let Some(colon) = line.iter().position(|&byte| byte == b':') else {
        return field::Line {
            kind: kind(line),
            value_start: line.len(),
        };
    };
    if colon == 0 {
        return field::Line {
            kind: Kind::Comment,
            value_start: 1,
        };
    }
    let space = usize::from(line.get(colon + 1) == Some(&b' '));
    field::Line {
        kind: kind(&line[..colon]),
        value_start: colon + 1 + space,
    }
}

fn kind(name: &[u8]) -> Kind {
    match name {
        b"event" => Kind::EventType,
        b"data" => Kind::Data,
        b"id" => Kind::Id,
        b"retry" => Kind::ReconnectionTime,
        _ => Kind::Unknown,
    }
}

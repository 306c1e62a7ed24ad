//! What nom costs on a complete line, against a `match` written by hand.
//!
//! The grammar is the source file of `sse-codec` itself, so that it is what is shipped that is measured.

use std::hint::black_box;

#[path = "../../sse-codec/src/field.rs"]
mod field;

use field::Kind;

/// A way to read a line.
#[derive(Clone, Copy)]
pub struct Reader {
    pub name: &'static str,
    pub run: fn(&[&[u8]]),
}

pub const READERS: [Reader; 3] = [
    Reader {
        name: "nom, with short cuts (shipped)",
        run: shipped,
    },
    Reader {
        name: "by hand, with short cuts",
        run: by_hand_with_short_cuts,
    },
    Reader {
        name: "by hand",
        run: by_hand,
    },
];

fn shipped(lines: &[&[u8]]) {
    for line in lines {
        let read = field::read(line);
        black_box((read.kind, read.value_start));
    }
}

fn by_hand_with_short_cuts(lines: &[&[u8]]) {
    for line in lines {
        black_box(short_cuts_and_by_hand(line));
    }
}

/// The same comparisons in the same form as in the codec, so that what differs is what stands behind them.
#[inline]
fn short_cuts_and_by_hand(line: &[u8]) -> (Kind, usize) {
    for (prefix, kind) in SHORT_CUTS {
        if line.starts_with(prefix) {
            return (kind, prefix.len());
        }
    }
    read_by_hand(line)
}

const SHORT_CUTS: [(&[u8], Kind); 4] = [
    (b"data: ", Kind::Data),
    (b"event: ", Kind::EventType),
    (b"id: ", Kind::Id),
    (b":", Kind::Comment),
];

fn by_hand(lines: &[&[u8]]) {
    for line in lines {
        black_box(read_by_hand(line));
    }
}

#[inline(never)]
fn read_by_hand(line: &[u8]) -> (Kind, usize) {
    let (name, value_start) = match line.iter().position(|byte| *byte == b':') {
        Some(0) => return (Kind::Comment, 1),
        Some(colon) => {
            let space = usize::from(line.get(colon + 1) == Some(&b' '));
            (&line[..colon], colon + 1 + space)
        }
        None => (line, line.len()),
    };
    let kind = match name {
        b"event" => Kind::EventType,
        b"data" => Kind::Data,
        b"id" => Kind::Id,
        b"retry" => Kind::ReconnectionTime,
        _ => Kind::Unknown,
    };
    (kind, value_start)
}

/// The lines of a stream that are not blank.
pub fn lines(stream: &str) -> Vec<&[u8]> {
    stream
        .split(['\r', '\n'])
        .filter(|line| !line.is_empty())
        .map(str::as_bytes)
        .collect()
}

/// Lines for which no short cut is there.
pub const UNUSUAL: [&str; 5] = [
    "data:{\"x\":1}",
    "event:ping",
    "id:12345",
    "retry: 3000",
    "x-field: y",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        for line in UNUSUAL
            .into_iter()
            .chain(["data: x", "data", "event: x", ":", "id: 1", "retry", "a:"])
        {
            let read = field::read(line.as_bytes());
            assert_eq!(
                (read.kind, read.value_start),
                read_by_hand(line.as_bytes()),
                "{line}"
            );
        }
    }
}

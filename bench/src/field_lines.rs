//! What nom costs on a complete line, against a `match` written by hand.
//!
//! The grammar is the source file of `sse-codec` itself, so that it is what is shipped that is measured.

use std::hint::black_box;

#[path = "../../sse-codec/src/field.rs"]
#[expect(dead_code, reason = "not all of it is about one complete line")]
mod field;

use field::Kind;

/// A way to read a line.
#[derive(Clone, Copy)]
pub struct Reader {
    pub name: &'static str,
    pub run: fn(&[&str]),
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

fn shipped(lines: &[&str]) {
    for line in lines {
        black_box(field::read(line));
    }
}

fn by_hand_with_short_cuts(lines: &[&str]) {
    for line in lines {
        black_box(short_cuts_and_by_hand(line));
    }
}

/// The same comparisons in the same form as in the codec, so that what differs is what stands behind them.
#[inline]
fn short_cuts_and_by_hand(line: &str) -> (Kind, &str) {
    if let Some(value) = line.strip_prefix("data: ") {
        (Kind::Data, value)
    } else if let Some(value) = line.strip_prefix(":") {
        (Kind::Comment, value)
    } else if let Some(value) = line.strip_prefix("event: ") {
        (Kind::EventType, value)
    } else if let Some(value) = line.strip_prefix("id: ") {
        (Kind::Id, value)
    } else if let Some(value) = line.strip_prefix("retry: ") {
        (Kind::ReconnectionTime, value)
    } else {
        read_by_hand(line)
    }
}

fn by_hand(lines: &[&str]) {
    for line in lines {
        black_box(read_by_hand(line));
    }
}

#[inline(never)]
fn read_by_hand(line: &str) -> (Kind, &str) {
    let (name, value) = match line.split_once(':') {
        Some(("", comment)) => return (Kind::Comment, comment),
        Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
        None => (line, ""),
    };
    let kind = match name {
        "event" => Kind::EventType,
        "data" => Kind::Data,
        "id" => Kind::Id,
        "retry" => Kind::ReconnectionTime,
        _ => Kind::Unknown,
    };
    (kind, value)
}

/// The lines of a stream that are not blank.
pub fn lines(stream: &str) -> Vec<&str> {
    stream
        .split(['\r', '\n'])
        .filter(|line| !line.is_empty())
        .collect()
}

/// Lines for which no short cut is there.
pub const UNUSUAL: [&str; 5] = [
    "data:{\"x\":1}",
    "event:ping",
    "id:12345",
    "retry:3000",
    "x-field: y",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        for line in UNUSUAL.into_iter().chain([
            "data: x", "data", "event: x", ":", "id: 1", "retry", "retry: 1", "a:",
        ]) {
            assert_eq!(field::read(line), read_by_hand(line), "{line}");
        }
    }
}

//! `retry` of every odd form: only ASCII digits that fit in 64 bits are a reconnection time, anything else changes nothing.

use std::time::Duration;

use sse_codec::{Item, Parser};

#[test]
fn only_digits_are_a_reconnection_time() {
    let zeros = |digits: &str| format!(": {}{digits}", "0".repeat(100_000)).into_bytes();
    let right = [
        (b": 0".to_vec(), 0),
        (b":0".to_vec(), 0),
        (b": 00".to_vec(), 0),
        (b": 1".to_vec(), 1),
        (b": 007".to_vec(), 7),
        (b": 2147483648".to_vec(), 1 << 31),
        (b": 9007199254740993".to_vec(), (1 << 53) + 1),
        (b": 18446744073709551615".to_vec(), u64::MAX),
        (zeros("42"), 42),
    ];
    for (rest_of_line, milliseconds) in right {
        check(&rest_of_line, Some(milliseconds));
    }

    let wrong: [&[u8]; 46] = [
        b"",
        b":",
        b": ",
        b":  ",
        b":  1",
        b": 1 ",
        b": 1 2",
        b":\t1",
        b": \t1",
        b": 1\t",
        b": 1\0",
        b": \x001",
        b": +1",
        b": -1",
        b": -0",
        b": --1",
        b": 1-",
        b": 1.0",
        b": 1.",
        b": .1",
        b": 1,000",
        b": 1_000",
        b": 1'000",
        b": 1e3",
        b": 0x10",
        b": 0b1",
        b": 0o7",
        b": 10h",
        b": 1s",
        b": 1ms",
        b": PT1S",
        b": \"1\"",
        b": (1)",
        b": NaN",
        b": inf",
        b": null",
        b": 1:",
        b":: 1",
        b": 18446744073709551616",
        b": 99999999999999999999",
        b": \xFF",
        b": 1\xFF",
        b": \xC0\xB1",
        " 1".as_bytes(),
        ": \u{FF11}".as_bytes(),
        ": \u{661}\u{662}".as_bytes(),
    ];
    for rest_of_line in wrong {
        check(rest_of_line, None);
    }
    let long = [
        [b": ".to_vec(), vec![b'9'; 100_000]].concat(),
        [b": 1".to_vec(), vec![b'0'; 100_000]].concat(),
        [b": ".to_vec(), vec![b' '; 100_000], b"1".to_vec()].concat(),
        [zeros("42"), b"x".to_vec()].concat(),
    ];
    for rest_of_line in long {
        check(&rest_of_line, None);
    }
}

/// Reads the line at several places of a stream, and in chunks of every size.
fn check(rest_of_line: &[u8], milliseconds: Option<u64>) {
    let line = [b"retry", rest_of_line].concat();
    let shown = String::from_utf8_lossy(line.get(..40).unwrap_or(&line));
    let expected = Duration::from_millis(milliseconds.unwrap_or(BEFORE));
    for (before, behind) in [
        ("", "\n"),
        ("", "\r\n\r\n"),
        ("data: x\n", "\ndata: y\n\n"),
        ("id: 1\n:c\n", "\r"),
        ("data: x\n\n", "\n\n"),
    ] {
        let stream = [before.as_bytes(), &line, behind.as_bytes()].concat();
        let sizes = if stream.len() < 1000 {
            1..=stream.len()
        } else {
            4096..=4096
        };
        for size in sizes {
            let mut parser = Parser::new();
            let mut set = Vec::new();
            let first = format!("retry: {BEFORE}\n");
            for chunk in [first.as_bytes()].into_iter().chain(stream.chunks(size)) {
                let mut items = parser.feed_items(chunk);
                while let Some(item) = items.next().unwrap() {
                    if let Item::ReconnectionTime(time) = item {
                        set.push(time);
                    }
                }
            }
            assert_eq!(
                parser.reconnection_time(),
                Some(expected),
                "{shown:?} in chunks of {size}"
            );
            let times = if milliseconds.is_some() { 2 } else { 1 };
            assert_eq!(set.len(), times, "{shown:?} in chunks of {size}: {set:?}");
            assert_eq!(set.last(), Some(&expected), "{shown:?} in chunks of {size}");
        }
    }
}

/// The reconnection time that has been set before, in milliseconds.
const BEFORE: u64 = 4321;

//! The event streams that are parsed. Generated, and the same in every run.

use std::fmt::Write as _;

/// One of the streams.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub name: &'static str,
    pub what: &'static str,
    block: fn(&mut String, &mut Random),
}

/// All of them, in the order of the tables.
pub const ALL: [Workload; 8] = [
    Workload {
        name: "a",
        what: "chat completion chunks: one `data` line of about 250 B",
        block: chat,
    },
    Workload {
        name: "b",
        what: "named events: `event`, and `data` of about 130 B",
        block: named,
    },
    Workload {
        name: "c",
        what: "tiny events: `data: x`",
        block: tiny,
    },
    Workload {
        name: "d",
        what: "one `data` line of 1 MiB an event",
        block: huge,
    },
    Workload {
        name: "e",
        what: "`event`, `id`, `retry` and 40 `data` lines of 60 B",
        block: lines,
    },
    Workload {
        name: "f",
        what: "as a, with CRLF and `id`",
        block: chat_crlf,
    },
    Workload {
        name: "g",
        what: "one `data` line of Thai, CJK and emoji text",
        block: text,
    },
    Workload {
        name: "h",
        what: "mostly comments: nine to an event",
        block: comments,
    },
];

/// A stream of one event: a `data` line of 64 MiB.
pub const LONG_LINE: Workload = Workload {
    name: "64 MiB",
    what: "one `data` line of 64 MiB",
    block: longest,
};

impl Workload {
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter()
            .chain([LONG_LINE])
            .find(|workload| workload.name == name)
    }

    /// Generates about `size` bytes, in whole blocks, at least one.
    pub fn generate(&self, size: usize) -> String {
        let mut stream = String::with_capacity(size + size / 8);
        let mut random = Random(0x5353_4500 + u64::from(self.name.as_bytes()[0]));
        loop {
            let before = stream.len();
            (self.block)(&mut stream, &mut random);
            if stream.len() > size && before > 0 {
                stream.truncate(before);
                return stream;
            }
            if stream.len() >= size {
                return stream;
            }
        }
    }
}

/// A small generator of numbers that look random (xorshift), so that nothing depends on a crate's version.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const WORDS: [&str; 16] = [
    " the",
    " stream",
    " of",
    " events",
    " never",
    " ends",
    ",",
    " and",
    " each",
    " line",
    " holds",
    " a",
    " word",
    ".",
    "\\n",
    " \\\"quoted\\\"",
];

const SCRIPTS: [&str; 12] = [
    "สวัสดีครับ",
    "เหตุการณ์",
    "ข้อความ",
    "服务器",
    "事件流",
    "こんにちは",
    "世界",
    "안녕하세요",
    "데이터",
    "🚀",
    "👩‍💻",
    "🎉🎊",
];

fn chat_json(stream: &mut String, random: &mut Random) {
    let word = random.pick(&WORDS);
    let created = 1_790_000_000 + random.below(1_000_000);
    // A `String` takes whatever is written.
    let _ = write!(
        stream,
        "{{\"id\":\"chatcmpl-B9qXo2kTzR7LhVd3wYc5aEsJ\",\"object\":\"chat.completion.chunk\",\"created\":{created},\
         \"model\":\"large-chat-2026-08-06\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{{\"index\":0,\
         \"delta\":{{\"content\":\"{word}\"}},\"finish_reason\":null}}]}}"
    );
}

fn chat(stream: &mut String, random: &mut Random) {
    stream.push_str("data: ");
    chat_json(stream, random);
    stream.push_str("\n\n");
}

fn chat_crlf(stream: &mut String, random: &mut Random) {
    let _ = write!(stream, "id: {}\r\ndata: ", stream.len());
    chat_json(stream, random);
    stream.push_str("\r\n\r\n");
}

fn named(stream: &mut String, random: &mut Random) {
    let (first, second, third) = (
        random.pick(&WORDS),
        random.pick(&WORDS),
        random.pick(&WORDS),
    );
    let _ = write!(
        stream,
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\
         \"delta\":{{\"type\":\"text_delta\",\"text\":\"{first}{second}{third} and on it goes\"}}}}\n\n"
    );
}

fn tiny(stream: &mut String, _: &mut Random) {
    stream.push_str("data: x\n\n");
}

fn huge(stream: &mut String, random: &mut Random) {
    // With its two line ends.
    let end = stream.len() + (1 << 20) - 2;
    stream.push_str("data: ");
    fill(stream, end, random);
    stream.push_str("\n\n");
}

fn longest(stream: &mut String, random: &mut Random) {
    stream.push_str("data: ");
    let piece_start = stream.len();
    fill(stream, piece_start + (1 << 20), random);
    let piece = stream[piece_start..].to_owned();
    for _ in 1..64 {
        stream.push_str(&piece);
    }
    stream.push_str("\n\n");
}

/// Writes text of printable ASCII up to `end`.
fn fill(stream: &mut String, end: usize, random: &mut Random) {
    while stream.len() < end {
        stream.push_str(random.pick(&WORDS));
    }
    stream.truncate(end);
}

fn lines(stream: &mut String, random: &mut Random) {
    let _ = write!(stream, "event: report\nid: {}\nretry: 3000\n", stream.len());
    for _ in 0..40 {
        let end = stream.len() + 60;
        stream.push_str("data: ");
        fill(stream, end, random);
        stream.push('\n');
    }
    stream.push('\n');
}

fn text(stream: &mut String, random: &mut Random) {
    stream.push_str("data: ");
    for _ in 0..4 + random.below(12) {
        stream.push_str(random.pick(&SCRIPTS));
    }
    stream.push_str("\n\n");
}

fn comments(stream: &mut String, random: &mut Random) {
    for _ in 0..9 {
        let second = random.below(60);
        let _ = write!(stream, ": ping - 2026-11-22 08:51:{second:02}\n\n");
    }
    let _ = write!(stream, "data: {{\"seq\":{}}}\n\n", stream.len());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use crate::sink::Digest;

    #[test]
    fn sizes_are_as_asked_for_and_streams_end_with_a_blank_line() {
        for workload in ALL {
            let stream = workload.generate(4 << 20);
            assert!(
                stream.len() <= (4 << 20) && stream.len() > (2 << 20),
                "{}",
                workload.name
            );
            assert!(stream.ends_with("\n\n") || stream.ends_with("\r\n\r\n"));
            assert_eq!(stream, workload.generate(4 << 20));
            let mut digest = Digest::default();
            oracle::parse(&stream, &mut digest);
            assert!(digest.events > 0);
        }
    }
}

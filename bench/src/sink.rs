//! Where the events go: counted when time is taken, hashed when their contents are checked.

use std::hint::black_box;

/// Takes the events of a parser, one by one.
pub trait Sink {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str);
}

/// Keeps the compiler from leaving out any of the three texts, and does nothing else with them.
#[derive(Debug, Default)]
pub struct Count {
    pub events: u64,
}

impl Sink for Count {
    #[inline]
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        used(event_type.as_bytes());
        used(data.as_bytes());
        used(last_event_id.as_bytes());
        self.events += 1;
    }
}

/// Keeps the compiler from leaving out some bytes, as good as for nothing.
///
/// Place and length go apart. Together they would be stored one by one and fetched in one piece, which a processor that cannot join
/// what it has just stored waits for longer than some events take.
#[inline]
pub fn used(bytes: &[u8]) {
    black_box(bytes.as_ptr());
    black_box(bytes.len());
}

/// What all events together are. Two parsers that agree on it agree on every event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    pub events: u64,
    pub data_bytes: u64,
    pub hash: u64,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            events: 0,
            data_bytes: 0,
            hash: 0xCBF2_9CE4_8422_2325,
        }
    }
}

impl Digest {
    fn add(&mut self, text: &str) {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.mix(u64::from(*byte));
        }
        self.mix(text.len() as u64);
    }

    fn mix(&mut self, word: u64) {
        self.hash = (self.hash ^ word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(23);
    }
}

impl Sink for Digest {
    fn event(&mut self, event_type: &str, data: &str, last_event_id: &str) {
        self.events += 1;
        self.data_bytes += data.len() as u64;
        self.add(event_type);
        self.add(data);
        self.add(last_event_id);
    }
}

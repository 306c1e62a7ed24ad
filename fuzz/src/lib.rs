//! What the fuzz targets share: how their bytes become streams, settings and blocks.
//!
//! The first bytes of an input are settings of a fixed size and the rest is the stream, so that a stream becomes a seed by
//! a few bytes in front, and a mutation of the stream stays one.

use arbitrary::{Arbitrary, Unstructured};
use sse_codec::Utf8Policy;
use sse_tests::laws::Block;
use sse_tests::pieces;
use sse_tests::transcript::{DEFAULT_MAX_EVENT_BYTES, Options};

/// A stream, and how it is to be read.
#[derive(Arbitrary, Debug)]
pub struct Reading<'a> {
    flags: u8,
    limit: u8,
    cuts: Cuts,
    last_event_id: u8,
    stream: &'a [u8],
}

impl Reading<'_> {
    /// The stream: the bytes themselves, or pieces that each of them stands for.
    pub fn stream(&self) -> Vec<u8> {
        if self.flags & 2 == 0 {
            self.stream.to_vec()
        } else {
            pieces::stream(self.stream)
        }
    }

    /// Where the stream is cut.
    pub fn cuts(&self, stream: &[u8]) -> Vec<usize> {
        self.cuts.of(stream)
    }

    /// The settings. Most limits are small, since streams are.
    pub fn options(&self) -> Options {
        Options {
            utf8: if self.flags & 1 == 0 {
                Utf8Policy::Replace
            } else {
                Utf8Policy::Reject
            },
            max_event_bytes: match self.limit {
                0 => DEFAULT_MAX_EVENT_BYTES,
                1 => usize::MAX,
                small => usize::from(small - 2),
            },
            last_event_id: ["", "7", "seed"][usize::from(self.last_event_id % 3)].to_owned(),
            reconnection_time: None,
        }
    }
}

/// Where a stream is cut into chunks: at some places, and at equal distances.
#[derive(Arbitrary, Debug)]
pub struct Cuts {
    places: [u16; 3],
    distance: u8,
}

impl Cuts {
    /// The places. None are at equal distances if the distance is zero.
    pub fn of(&self, stream: &[u8]) -> Vec<usize> {
        let mut cuts: Vec<_> = self.places.map(usize::from).into();
        if self.distance > 0 {
            cuts.extend((0..stream.len()).step_by(self.distance.into()));
        }
        cuts
    }
}

/// Blocks to be written, and where the bytes are cut when they are read again.
#[derive(Debug)]
pub struct Writing {
    pub blocks: Vec<Block>,
    pub cuts: Vec<usize>,
}

impl<'a> Arbitrary<'a> for Writing {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let cuts = Vec::from(<[u16; 4]>::arbitrary(bytes)?.map(usize::from));
        let mut blocks = Vec::new();
        while !bytes.is_empty() && blocks.len() < 8 {
            let parts = u8::arbitrary(bytes)?;
            blocks.push(Block {
                comment: text(bytes, parts, 0)?,
                last_event_id: text(bytes, parts, 1)?,
                event_type: text(bytes, parts, 2)?,
                data: text(bytes, parts, 3)?,
                reconnection_time: match parts >> 4 & 3 {
                    0 => None,
                    1 => Some(0),
                    _ => Some(u64::arbitrary(bytes)?),
                },
            });
        }
        Ok(Self { blocks, cuts })
    }
}

/// A part of a block, if its bit is set: any text, or text made of pieces of streams.
fn text(bytes: &mut Unstructured<'_>, parts: u8, bit: u8) -> arbitrary::Result<Option<String>> {
    if parts >> bit & 1 == 0 {
        return Ok(None);
    }
    let shape = u8::arbitrary(bytes)?;
    let len = usize::from(shape >> 1).min(bytes.len());
    let content = bytes.bytes(len)?;
    Ok(Some(if shape & 1 == 0 {
        String::from_utf8_lossy(content).into_owned()
    } else {
        pieces::text(content)
    }))
}

/// Says what is wrong, by a panic, which is how a fuzz target reports.
pub fn holds(law: Result<(), String>) {
    if let Err(text) = law {
        panic!("{text}");
    }
}

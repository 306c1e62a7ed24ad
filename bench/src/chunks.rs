//! A stream, cut.

use std::sync::Arc;

use bytes::Bytes;

/// A stream in chunks of one size. They are cut before any time is taken, and share one buffer.
#[derive(Debug)]
pub struct Chunks {
    pub stream: Bytes,
    pub size: usize,
    pub list: Arc<[Bytes]>,
}

/// The size that stands for a stream in one piece.
pub const WHOLE: usize = usize::MAX;

/// The sizes of the tables.
pub const SIZES: [usize; 5] = [64, 1400, 16 * 1024, 64 * 1024, WHOLE];

impl Chunks {
    pub fn new(stream: &Bytes, size: usize) -> Self {
        let count = stream.len().div_ceil(size);
        let list = (0..count)
            .map(|n| stream.slice(n * size..stream.len().min((n + 1).saturating_mul(size))))
            .collect();
        Self {
            stream: stream.clone(),
            size,
            list,
        }
    }

    /// The chunks, borrowed.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(|chunk| &**chunk)
    }
}

/// A size as it is written in the tables.
pub fn label(size: usize) -> String {
    match size {
        WHOLE => "whole".to_owned(),
        size if size % 1024 == 0 => format!("{} KiB", size / 1024),
        size => format!("{size} B"),
    }
}

//! [`Gzip`]: compresses a body as it goes.

use std::io::{self, Write};

use bytes::{Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;

pub(crate) struct Gzip(GzEncoder<Vec<u8>>);

impl Gzip {
    pub(crate) fn new() -> Self {
        Self(GzEncoder::new(Vec::new(), Compression::default()))
    }

    /// Compresses bytes, and returns what the compression does not hold back.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<BytesMut> {
        self.0.write_all(bytes)?;
        Ok(BytesMut::from_iter(std::mem::take(self.0.get_mut())))
    }

    /// Returns what the compression has held back.
    pub(crate) fn flush(&mut self) -> io::Result<Bytes> {
        self.0.flush()?;
        Ok(std::mem::take(self.0.get_mut()).into())
    }

    /// Returns the end.
    pub(crate) fn finish(self) -> io::Result<Bytes> {
        Ok(self.0.finish()?.into())
    }
}

#[cfg(test)]
mod tests {
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_flushed_can_be_read_before_the_end() {
        let mut gzip = Gzip::new();
        let mut sent = gzip.write(b"data: a\n\n").unwrap();
        let held_back = gzip.flush().unwrap();
        assert!(!held_back.is_empty());
        sent.extend_from_slice(&held_back);
        let mut text = [0; 9];
        MultiGzDecoder::new(&sent[..])
            .read_exact(&mut text)
            .unwrap();
        assert_eq!(&text, b"data: a\n\n");
    }
}

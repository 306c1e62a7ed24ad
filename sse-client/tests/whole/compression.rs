//! Compressed streams: each event arrives when the server flushes it, whatever comes behind it.

use std::io::Write;

use futures_util::TryStreamExt;
use sse_test_kit::clock::run;
use sse_test_kit::{Answer, Server, Signal};

use crate::support::builder;

/// A compressor, and how to take what it has written.
struct Compressor<W> {
    writer: W,
    written: fn(&mut W) -> &mut Vec<u8>,
}

impl<W: Write> Compressor<W> {
    /// Compresses a piece of a stream, and flushes.
    fn flushed(&mut self, piece: &str) -> Vec<u8> {
        self.writer.write_all(piece.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        std::mem::take((self.written)(&mut self.writer))
    }
}

/// Has two events arrive, the second of which is sent only when the first has been handed out.
fn each_event_arrives_when_it_is_flushed<W: Write>(coding: &str, mut compressor: Compressor<W>) {
    run(async {
        let seen = Signal::new();
        let server = Server::start([Answer::stream("")
            .header("Content-Encoding", coding)
            .send(compressor.flushed("data: a\n\n"))
            .wait(&seen)
            .send(compressor.flushed("data: b\n\n"))
            .hold()]);
        let mut events = builder(&server.url("/")).compression(true).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        seen.give();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");
        let request = &server.requests()[0];
        assert_eq!(request.header("accept-encoding").unwrap(), "gzip, br, zstd");
    });
}

#[test]
fn gzip() {
    each_event_arrives_when_it_is_flushed(
        "gzip",
        Compressor {
            writer: flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default()),
            written: |writer| writer.get_mut(),
        },
    );
}

#[test]
fn brotli() {
    each_event_arrives_when_it_is_flushed(
        "br",
        Compressor {
            writer: brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20),
            written: |writer| writer.get_mut(),
        },
    );
}

#[test]
fn zstd() {
    each_event_arrives_when_it_is_flushed(
        "zstd",
        Compressor {
            writer: zstd::stream::write::Encoder::new(Vec::new(), 0).unwrap(),
            written: |writer| writer.get_mut(),
        },
    );
}

#[test]
fn a_coding_that_nobody_knows_is_refused() {
    run(async {
        let server = Server::start([Answer::stream("").header("Content-Encoding", "compress")]);
        let mut events = builder(&server.url("/")).build().unwrap();
        let error = events.try_next().await.unwrap_err();
        assert!(error.is_not_event_stream() && error.is_final());
        assert!(error.to_string().contains("compressed by compress"));
    });
}

//! Compressed streams: each event arrives when the server flushes it, whatever comes behind it.

use std::io::Write;

use futures_util::TryStreamExt;
use tokio::sync::watch;

use crate::support::{Script, Server, builder, run};

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
        let (seen, _) = watch::channel(false);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: {coding}\r\nConnection: close\r\n\r\n"
        );
        let server = Server::start([Script::new()
            .send(head)
            .send(compressor.flushed("data: a\n\n"))
            .wait(&seen)
            .send(compressor.flushed("data: b\n\n"))
            .hold()])
        .await;
        let mut events = builder(&server.url("/")).compression(true).build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        seen.send_replace(true);
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "b");
        let asked = server.requests()[0].header("accept-encoding").unwrap();
        assert_eq!(asked, "gzip, br, zstd");
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
        let headers = "Content-Type: text/event-stream\r\nContent-Encoding: compress\r\n";
        let server = Server::start([Script::status("200 OK", headers)]).await;
        let mut events = builder(&server.url("/")).build().unwrap();
        let error = events.try_next().await.unwrap_err();
        assert!(error.is_not_event_stream() && error.is_final());
        assert!(error.to_string().contains("compressed by compress"));
    });
}

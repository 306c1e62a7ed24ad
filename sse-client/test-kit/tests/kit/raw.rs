//! A client that is a socket and nothing more.

use std::io;

use sse_test_kit::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    /// What has come and was not taken yet.
    buffer: Vec<u8>,
}

impl Raw {
    pub(crate) async fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let buffer = Vec::new();
        Self { stream, buffer }
    }

    /// Connects, and sends a request.
    pub(crate) async fn get(server: &Server) -> Self {
        let mut raw = Self::connect(server).await;
        raw.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        raw
    }

    pub(crate) async fn ask(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// Reads once.
    pub(crate) async fn read(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 64 * 1024];
        let length = self.stream.read(&mut bytes).await?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// Waits for all of these bytes, and nothing else.
    pub(crate) async fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        while self.buffer.len() < bytes.len() {
            let more = self.read().await.unwrap();
            assert!(!more.is_empty(), "ends behind {:?}", self.text());
            self.buffer.extend(more);
        }
        let rest = self.buffer.split_off(bytes.len());
        assert_eq!(self.text(), String::from_utf8_lossy(bytes));
        self.buffer = rest;
    }

    /// Reads a head, to its blank line.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = self.buffer.split_off(end + 4);
                let head = self.text();
                self.buffer = rest;
                return head;
            }
            let more = self.read().await.unwrap();
            assert!(!more.is_empty(), "ends within a head: {:?}", self.text());
            self.buffer.extend(more);
        }
    }

    /// Expects the connection to be closed without anything more.
    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.text(), "");
        assert_eq!(self.read().await.unwrap(), b"");
    }

    /// Expects the connection to be reset.
    pub(crate) async fn expect_reset(&mut self) {
        let error = self.read().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }

    /// Expects that nothing comes, however often this task and the server's have their turn.
    pub(crate) async fn expect_nothing(&mut self) {
        assert_eq!(self.text(), "");
        for _ in 0..200 {
            let mut byte = [0];
            match self.stream.try_read(&mut byte) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                other => panic!("something has come: {other:?}"),
            }
            tokio::task::yield_now().await;
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }
}

//! A server on Node's http, which writes piece by piece what the test tells it, compressed for those who accept that.

use std::fs;

use futures_util::StreamExt as _;
use serde_json::Value;
use sse_client::{EventSource, Policy, Update};
use sse_codec::Parser;
use sse_tests::prerequisites::{node, repository, script, sse_client};
use sse_tests::program::Program;

use crate::{gzip_client, next, next_event_of, open};

#[tokio::test]
async fn pieces_of_any_size_make_the_same_events() {
    let mut server = Server::start();
    let mut updates = EventSource::builder(&server.url)
        .policy(Policy::never())
        .build()
        .expect("a URL")
        .updates();
    open(&mut updates).await;
    assert_eq!(server.request().get("last-event-id"), None);
    let stream = odd_stream();
    let mut rest = &stream[..];
    for size in [1, 2, 3, 4, 5, 7, 11, 64, 257, 4099].iter().cycle() {
        let (piece, behind) = rest.split_at((*size).min(rest.len()));
        server.write(piece);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    server.command("end");
    let mut parser = Parser::new();
    let mut expected = parser.feed(&stream);
    let mut count = 0;
    while let Some(event) = expected.next().expect("well-formed") {
        assert_eq!(next_event_of(&mut updates).await, event.to_event());
        count += 1;
    }
    assert_eq!(count, 275 + 4);
    // The end of the body, and nothing before it.
    let update = next(&mut updates).await;
    assert!(matches!(update, Update::Closed { .. }), "{update:?}");
    assert!(updates.next().await.is_none());
}

#[tokio::test]
async fn a_stream_is_asked_for_as_it_is() {
    // Although the HTTP client knows gzip, since this package enables that for its own tests.
    for client in [None, Some(gzip_client())] {
        let mut server = Server::start();
        let mut builder = EventSource::builder(&server.url);
        if let Some(client) = client {
            builder = builder.client(client);
        }
        let mut updates = builder.build().expect("a URL").updates();
        let head = open(&mut updates).await;
        let request = server.request();
        assert_eq!(request["accept-encoding"], "identity");
        assert_eq!(request["accept"], "text/event-stream");
        assert_eq!(request["cache-control"], "no-cache");
        assert_eq!(head.headers().get("content-encoding"), None);
        server.write(b"data: as it is\n\n");
        assert_eq!(next_event_of(&mut updates).await.data(), "as it is");
    }
}

#[tokio::test]
async fn without_our_header_gzip_would_be_asked_for() {
    let mut server = Server::start();
    let response = gzip_client().get(&server.url).send().await;
    assert!(response.expect("an answer").status().is_success());
    // And other codings, if this is built together with packages that enable them.
    let request = server.request();
    let asked = request["accept-encoding"].as_str().expect("a header");
    assert!(
        asked.split(',').any(|coding| coding.trim() == "gzip"),
        "{asked}"
    );
}

#[test]
fn the_command_asks_for_a_stream_as_it_is() {
    let mut server = Server::start();
    let mut command = Program::start(sse_client(), ["-o", "data", "-n", "1", &server.url]);
    assert_eq!(server.request()["accept-encoding"], "identity");
    server.write(b"data: as it is\n\n");
    assert_eq!(command.line(), "as it is");
    assert_eq!(command.end().code, Some(0));
}

#[tokio::test]
async fn a_compressed_stream_is_read_event_by_event() {
    let mut server = Server::start();
    let mut events = EventSource::builder(&server.url)
        .client(gzip_client())
        .header("Accept-Encoding", "gzip")
        .build()
        .expect("a URL")
        .updates();
    let large = "lots of text, ".repeat(20_000);
    for connection in 0..3 {
        open(&mut events).await;
        let request = server.request();
        assert_eq!(request["accept-encoding"], "gzip");
        if connection > 0 {
            assert_eq!(request["last-event-id"], format!("{}", connection * 10 - 1));
        }
        for number in connection * 10..connection * 10 + 10 {
            let data = match number % 10 {
                7 => large.clone(),
                _ => format!("{number} ü🦀"),
            };
            // The next one is written only after this one was received.
            server.write(format!("retry: 10\nid: {number}\ndata: {data}\n\n").as_bytes());
            let event = next_event_of(&mut events).await;
            assert_eq!(event.data(), data);
            assert_eq!(event.last_event_id(), number.to_string());
        }
        // Once as it should be, and once in the middle of the compressed stream.
        server.command(if connection == 0 { "end" } else { "destroy" });
    }
}

#[tokio::test]
async fn a_compressed_event_arrives_whole_in_odd_pieces() {
    let mut server = Server::start();
    let mut updates = EventSource::builder(&server.url)
        .client(gzip_client())
        .header("Accept-Encoding", "gzip")
        .build()
        .expect("a URL")
        .updates();
    open(&mut updates).await;
    assert_eq!(server.request()["accept-encoding"], "gzip");
    for _ in 0..3 {
        for byte in "data: ü🦀\n\n".bytes() {
            server.write(&[byte]);
        }
        assert_eq!(next_event_of(&mut updates).await.data(), "ü🦀");
    }
}

/// Begins with a BOM, mixes all line ends, and goes on with a few hundred events of a language model.
fn odd_stream() -> Vec<u8> {
    let mut stream =
        "\u{feff}: a comment\r\revent: grüße\r\nid: 漢字\ndata: 🦀\rdata: 🦀🦀\r\n\r\ndata\n\n\
        data:  two spaces\n\rid\ndata:no ID any more\r\r"
            .as_bytes()
            .to_vec();
    stream.extend(fs::read(repository().join("tests/streams/messages.sse")).expect("a stream"));
    stream
}

/// The server of `tests/interop/node_server.mjs`.
struct Server {
    program: Program,
    url: String,
}

impl Server {
    fn start() -> Self {
        let mut program = Program::start(node(), [script("node_server.mjs")]);
        let line = program.line();
        let port = line.strip_prefix("listening ").expect("a port");
        Self {
            url: format!("http://127.0.0.1:{port}/"),
            program,
        }
    }

    /// Waits for a request, and returns its headers.
    fn request(&mut self) -> Value {
        serde_json::from_str(&self.program.line()).expect("headers")
    }

    fn write(&mut self, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.command(&format!("write {hex}"));
    }

    fn command(&mut self, command: &str) {
        self.program.say(command);
        assert_eq!(self.program.line(), "done");
    }
}

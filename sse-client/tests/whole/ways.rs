//! Ways to a server that only a client of the caller's knows: a proxy, a Unix socket.

use futures_util::TryStreamExt;
use sse_test_kit::clock::{flowing, run};
use sse_test_kit::{Answer, Server};

use crate::support::builder;

#[test]
fn through_a_proxy() {
    run(async {
        let proxy = Server::start([Answer::stream("data: a\n\n").hold()]);
        let client = reqwest::Client::builder()
            .proxy(reqwest::Proxy::http(proxy.url("/")).unwrap())
            .build()
            .unwrap();
        let builder = builder("http://stream.invalid/path").client(client);
        let mut events = builder.build().unwrap();
        assert_eq!(events.try_next().await.unwrap().unwrap().data(), "a");
        assert_eq!(
            proxy.requests()[0].to_string(),
            "GET http://stream.invalid/path HTTP/1.1"
        );
    });
}

#[test]
#[cfg(unix)]
fn over_a_unix_socket() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    run(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let server = async {
            for number in 1..=2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                assert_eq!(head.contains("last-event-id: 1\r\n"), number == 2, "{head}");
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
                let answer = format!("{head}id: {number}\ndata: {number}\n\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        };
        let client = reqwest::Client::builder()
            .unix_socket(&*path)
            .build()
            .unwrap();
        let mut events = builder("http://localhost/stream")
            .client(client)
            .build()
            .unwrap();
        let client = async {
            for data in ["1", "2"] {
                assert_eq!(events.try_next().await.unwrap().unwrap().data(), data);
            }
        };
        flowing(async { tokio::join!(server, client) }).await;
    });
}

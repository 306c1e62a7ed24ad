//! HTTP/2 by prior knowledge: judged by h2's client, and by reqwest where its clock is needed.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, Server, Signal};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

fn start(answers: impl IntoIterator<Item = Answer>) -> Server {
    Server::builder().http2().answers(answers).start()
}

/// A connection, and what drives it.
struct Client {
    send: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

impl Client {
    async fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).await.unwrap();
        let (send, connection) = h2::client::handshake(stream).await.unwrap();
        let connection = tokio::spawn(connection);
        Self { send, connection }
    }

    async fn get(&mut self, path: &str) -> Result<http::Response<RecvStream>, h2::Error> {
        poll_fn(|cx| self.send.poll_ready(cx)).await?;
        let request = http::Request::get(format!("http://host:1{path}"));
        let request = request.header("x-a", "b").body(()).unwrap();
        self.send.send_request(request, true)?.0.await
    }
}

async fn next(body: &mut RecvStream) -> Result<Bytes, h2::Error> {
    let data = body.data().await.unwrap()?;
    body.flow_control().release_capacity(data.len()).unwrap();
    Ok(data)
}

/// Expects the end of a body. It can come in an empty frame of its own.
async fn expect_end(body: &mut RecvStream) {
    while let Some(data) = body.data().await {
        assert_eq!(data.unwrap(), "");
    }
}

#[test]
fn streams_share_a_connection() {
    run(async {
        let later = Signal::new();
        let server = start([
            Answer::stream("data: a\n\n")
                .wait(&later)
                .send("data: b\n\n"),
            Answer::status(404).send("none"),
        ]);
        let mut client = Client::connect(&server).await;
        let first = client.get("/a?b").await.unwrap();
        assert_eq!(first.headers()["content-type"], "text/event-stream");
        let mut first = first.into_body();
        assert_eq!(next(&mut first).await.unwrap(), "data: a\n\n");
        let second = client.get("/c").await.unwrap();
        assert_eq!(
            (
                second.status().as_u16(),
                &second.headers()["content-length"]
            ),
            (404, &"4".parse().unwrap())
        );
        assert_eq!(next(&mut second.into_body()).await.unwrap(), "none");
        later.give();
        assert_eq!(next(&mut first).await.unwrap(), "data: b\n\n");
        expect_end(&mut first).await;
        server.played(2).await;

        let requests = server.requests();
        assert_eq!(requests[0].target(), "/a?b");
        assert_eq!(requests[0].header("host"), Some("host:1"));
        assert_eq!(requests[1].header("x-a"), Some("b"));
        assert_eq!(requests[1].version(), http::Version::HTTP_2);
        assert!(requests[1].to_string().ends_with(" HTTP/2.0"));
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn pieces_are_frames() {
    run(async {
        let server = start([Answer::stream("").in_pieces(1).send("abc")]);
        let mut client = Client::connect(&server).await;
        let mut body = client.get("/").await.unwrap().into_body();
        for byte in ["a", "b", "c"] {
            assert_eq!(next(&mut body).await.unwrap(), byte);
        }
        expect_end(&mut body).await;
    });
}

#[test]
fn more_than_a_window_waits_for_the_client() {
    run(async {
        let sent = Signal::new();
        let server = start([Answer::stream("x".repeat(1_000_000)).give(&sent)]);
        let mut client = Client::connect(&server).await;
        let mut body = client.get("/").await.unwrap().into_body();
        let mut length = next(&mut body).await.unwrap().len();
        assert!(!sent.is_given());
        while length < 1_000_000 {
            length += next(&mut body).await.unwrap().len();
        }
        sent.given().await;
    });
}

#[test]
fn a_stream_is_reset_and_the_connection_lives_on() {
    run(async {
        let server = start([
            Answer::stream("x").reset_stream(8),
            Answer::close().reset_stream(7),
            Answer::stream("y"),
        ]);
        let mut client = Client::connect(&server).await;
        let mut body = client.get("/").await.unwrap().into_body();
        assert_eq!(next(&mut body).await.unwrap(), "x");
        let error = next(&mut body).await.unwrap_err();
        assert!(error.is_reset() && error.is_remote(), "{error:?}");
        assert_eq!(error.reason(), Some(Reason::CANCEL));
        let error = client.get("/").await.unwrap_err();
        assert_eq!(error.reason(), Some(Reason::REFUSED_STREAM));
        let mut body = client.get("/").await.unwrap().into_body();
        assert_eq!(next(&mut body).await.unwrap(), "y");
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn the_connection_is_cut_or_reset_under_the_stream() {
    run(async {
        let server = start([
            Answer::stream("x").cut(),
            Answer::stream("x").reset(),
            Answer::close(),
            Answer::raw("rubbish"),
            Answer::stream("x").half_close(),
        ]);
        for kind in [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset] {
            let mut client = Client::connect(&server).await;
            let error = match client.get("/").await {
                Ok(answer) => {
                    let mut body = answer.into_body();
                    loop {
                        match next(&mut body).await {
                            Ok(data) => assert_eq!(data, "x"),
                            Err(error) => break error,
                        }
                    }
                }
                // A reset can overtake the head.
                Err(error) => error,
            };
            assert_eq!(error.get_io().unwrap().kind(), kind);
        }
        for _ in 0..2 {
            let mut client = Client::connect(&server).await;
            client.get("/").await.unwrap_err();
        }
        let mut client = Client::connect(&server).await;
        let mut body = client.get("/").await.unwrap().into_body();
        assert_eq!(next(&mut body).await.unwrap(), "x");
        next(&mut body).await.unwrap_err();
        server.played(5).await;
    });
}

#[test]
fn go_away_lets_the_stream_end() {
    run(async {
        let later = Signal::new();
        let server = start([Answer::stream("a").go_away().wait(&later).send("b")]);
        let mut client = Client::connect(&server).await;
        let mut body = client.get("/").await.unwrap().into_body();
        assert_eq!(next(&mut body).await.unwrap(), "a");
        // No new stream is to be had.
        let refused = loop {
            match poll_fn(|cx| client.send.poll_ready(cx)).await {
                Err(error) => break error,
                Ok(()) => tokio::task::yield_now().await,
            }
        };
        assert!(refused.is_go_away(), "{refused:?}");
        later.give();
        assert_eq!(next(&mut body).await.unwrap(), "b");
        expect_end(&mut body).await;
    });
}

#[test]
fn the_server_sees_the_client_leave_its_stream_or_its_connection() {
    run(async {
        let server = start([Answer::stream("x").hold(), Answer::stream("x").hold()]);
        let mut client = Client::connect(&server).await;
        let body = client.get("/").await.unwrap().into_body();
        drop(body);
        server.accept().await.closed().await;
        server.played(1).await;
        let _body = client.get("/").await.unwrap().into_body();
        client.connection.abort();
        server.accept().await.closed().await;
        server.played(2).await;
        server.closed(1).await;
    });
}

/// A client that probes silent connections every 10 seconds, and waits 5 for an answer.
fn probing_client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .http2_keep_alive_interval(Duration::from_secs(10))
        .http2_keep_alive_timeout(Duration::from_secs(5))
        .http2_keep_alive_while_idle(true)
        .build()
        .unwrap()
}

#[test]
fn a_held_connection_answers_pings() {
    run(async {
        let server = start([Answer::stream("x").pause(Duration::from_secs(25)).send("y")]);
        let mut response = probing_client().get(server.url("/")).send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "x");
        for _ in 0..26 {
            advance(Duration::from_secs(1)).await;
            // The ping and its answer have their time.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(response.chunk().await.unwrap().unwrap(), "y");
    });
}

#[test]
fn a_frozen_connection_does_not_answer_pings() {
    run(async {
        let server = start([Answer::stream("x").freeze()]);
        let mut response = probing_client().get(server.url("/")).send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "x");
        let end = tokio::spawn(async move { response.chunk().await });
        for _ in 0..14 {
            advance(Duration::from_secs(1)).await;
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert!(!end.is_finished());
        }
        advance(Duration::from_secs(2)).await;
        end.await.unwrap().unwrap_err();
        server.closed(1).await;
        server.played(1).await;
    });
}

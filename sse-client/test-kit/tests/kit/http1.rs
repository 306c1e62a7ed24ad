//! Answers over HTTP/1.1, to the byte.

use sse_test_kit::{Answer, Server, clock::run};

use crate::raw::Raw;

#[test]
fn a_stream_comes_in_chunks_and_the_connection_lives_on() {
    run(async {
        let server = Server::start([
            Answer::stream("data: a\n\n").send(":\n"),
            Answer::status(404).send("no").send("ne"),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.expect(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
             9\r\ndata: a\n\n\r\n2\r\n:\n\r\n0\r\n\r\n",
        )
        .await;
        raw.ask("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            .await;
        raw.expect("HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\nnone")
            .await;
        let requests = server.requests();
        assert_eq!(requests[1].body(), "abc");
        assert!(requests.iter().all(|request| request.connection() == 0));
        assert_eq!(server.connections(), 1);
    });
}

#[test]
fn bodies_of_a_length_and_until_the_end() {
    run(async {
        let server = Server::start([
            Answer::stream("data: a\n\n")
                .content_length(9)
                .content_type("text/html"),
            Answer::stream("data: a\n\n")
                .until_close()
                .without_content_type(),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.expect(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\ndata: a\n\n",
        )
        .await;
        raw.ask("GET / HTTP/1.1\r\n\r\n").await;
        raw.expect("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ndata: a\n\n")
            .await;
        raw.expect_end().await;
    });
}

#[test]
fn a_redirect_and_headers_that_come_twice() {
    run(async {
        let server = Server::start([Answer::redirect(308, "//there")
            .header("X-A", "1")
            .header("X-A", "2")
            .append_header("X-A", "3".as_bytes())]);
        Raw::get(&server)
            .await
            .expect(
                "HTTP/1.1 308 Permanent Redirect\r\nlocation: //there\r\nx-a: 2\r\nx-a: 3\r\n\
                 content-length: 0\r\n\r\n",
            )
            .await;
    });
}

#[test]
fn what_has_no_body_gets_none() {
    run(async {
        let server = Server::start([
            Answer::status(204).send("x"),
            Answer::stream("x"),
            Answer::status(304),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.expect("HTTP/1.1 204 No Content\r\n\r\n").await;
        raw.ask("HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
            .await;
        raw.expect("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
            .await;
        raw.expect("HTTP/1.1 304 Not Modified\r\n\r\n").await;
    });
}

#[test]
fn old_clients_and_those_who_ask_for_it_get_the_end_of_the_connection() {
    run(async {
        let server = Server::builder().otherwise(Answer::stream("x")).start();
        let mut raw = Raw::connect(&server).await;
        raw.ask("GET / HTTP/1.0\r\n\r\n").await;
        assert!(raw.head().await.contains("connection: close"));
        raw.expect("x").await;
        raw.expect_end().await;

        let mut raw = Raw::connect(&server).await;
        raw.ask("GET / HTTP/1.1\r\nConnection: x, Close\r\n\r\n")
            .await;
        assert!(raw.head().await.contains("connection: close"));
        raw.expect("1\r\nx\r\n0\r\n\r\n").await;
        raw.expect_end().await;
    });
}

#[test]
fn bytes_of_the_wire_are_left_alone() {
    run(async {
        let server = Server::start([
            Answer::raw("SSH-2.0-x\r\n"),
            Answer::stream("").send_raw("zz\r\nrubbish").until_close(),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.expect("SSH-2.0-x\r\n").await;
        raw.expect_end().await;
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("zz\r\nrubbish").await;
    });
}

#[test]
fn who_waits_for_a_100_gets_it() {
    run(async {
        let server = Server::start([Answer::status(200)]);
        let mut raw = Raw::connect(&server).await;
        raw.ask("POST / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await;
        raw.expect("HTTP/1.1 100 Continue\r\n\r\n").await;
        assert!(server.requests().is_empty());
        raw.ask("2\r\nab\r\n0\r\n\r\n").await;
        raw.head().await;
        assert_eq!(server.requests()[0].body(), "ab");
    });
}

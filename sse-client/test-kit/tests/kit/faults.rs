//! Faults, as raw sockets see them.

use std::time::Duration;

use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, ClosedPort, Server, Signal};
use tokio::io::AsyncWriteExt;

use crate::raw::Raw;

#[test]
fn pieces_are_written_one_by_one() {
    run(async {
        let server = Server::start([
            Answer::stream("ab").in_pieces(1).send("cde"),
            Answer::stream("")
                .until_close()
                .in_pieces(1)
                .send_repeated("0123456789", 20),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("2\r\nab\r\n1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n0\r\n\r\n")
            .await;

        let mut raw = Raw::get(&server).await;
        raw.head().await;
        // The kernel may join what comes while nobody reads, so not each read has just one byte.
        let (mut reads, mut bytes) = (0, 0);
        while let 1.. = {
            let length = raw.read().await.unwrap().len();
            bytes += length;
            length
        } {
            reads += 1;
        }
        assert!(reads > 20 && bytes <= 200, "{reads} reads, {bytes} bytes");
    });
}

#[test]
fn a_stall_lasts_until_its_signal() {
    run(async {
        let (seen, sent) = (Signal::new(), Signal::new());
        let server = Server::start([Answer::raw("a").give(&sent).wait(&seen).send("b")]);
        let mut raw = Raw::get(&server).await;
        raw.expect("a").await;
        sent.given().await;
        raw.expect_nothing().await;
        seen.give();
        raw.expect("b").await;
        raw.expect_end().await;
    });
}

#[test]
fn a_stall_lasts_its_time() {
    run(async {
        let server = Server::start([Answer::raw("a").pause(Duration::from_secs(3_600)).send("b")]);
        let mut raw = Raw::get(&server).await;
        raw.expect("a").await;
        raw.expect_nothing().await;
        advance(Duration::from_secs(3_599)).await;
        raw.expect_nothing().await;
        advance(Duration::from_secs(1)).await;
        raw.expect("b").await;
    });
}

#[test]
fn a_reset_is_a_reset() {
    run(async {
        let seen = Signal::new();
        let server = Server::start([
            Answer::stream("x").wait(&seen).reset(),
            // Without a word of HTTP/2 it is the same.
            Answer::close().reset_stream(8),
            Answer::close().reset(),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("1\r\nx\r\n").await;
        seen.give();
        raw.expect_reset().await;
        Raw::get(&server).await.expect_reset().await;
        Raw::get(&server).await.expect_reset().await;
    });
}

#[test]
fn a_body_is_cut_without_its_last_chunk() {
    run(async {
        let server = Server::start([Answer::stream("x").cut()]);
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("1\r\nx\r\n").await;
        raw.expect_end().await;
    });
}

#[test]
fn a_chunk_is_cut_before_its_end() {
    run(async {
        let server = Server::start([
            Answer::stream("").cut_within_chunk("data: a\n\n"),
            Answer::stream("")
                .until_close()
                .cut_within_chunk("data: a\n\n"),
        ]);
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("19\r\ndata: a\n\n").await;
        raw.expect_end().await;
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("data: a\n\n").await;
        raw.expect_end().await;
    });
}

#[test]
fn a_body_is_cut_before_its_length() {
    run(async {
        let server = Server::start([Answer::stream("x").content_length(100)]);
        let mut raw = Raw::get(&server).await;
        assert!(raw.head().await.contains("content-length: 100\r\n"));
        raw.expect("x").await;
        raw.expect_end().await;
    });
}

#[test]
fn a_half_closed_connection_still_listens() {
    run(async {
        let server = Server::start([Answer::stream("x").half_close()]);
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("1\r\nx\r\n").await;
        raw.expect_end().await;
        // A closed connection would answer this by a reset, and fail the second time.
        for _ in 0..3 {
            raw.stream.write_all(b"still there?").await.unwrap();
            raw.expect_end().await;
        }
        drop(raw);
        server.closed(1).await;
        server.played(1).await;
    });
}

#[test]
fn a_frozen_connection_says_nothing_and_sees_the_client_leave() {
    run(async {
        let server = Server::start([Answer::stream("x").freeze()]);
        let mut raw = Raw::get(&server).await;
        raw.head().await;
        raw.expect("1\r\nx\r\n").await;
        raw.ask(&"GET / HTTP/1.1\r\n\r\n".repeat(10_000)).await;
        raw.expect_nothing().await;
        assert_eq!(server.requests().len(), 1);
        drop(raw);
        server.closed(1).await;
    });
}

#[test]
fn a_held_connection_stays_until_the_client_leaves() {
    run(async {
        let server = Server::start([Answer::silence()]);
        let mut raw = Raw::get(&server).await;
        raw.expect_nothing().await;
        drop(raw);
        server.closed(1).await;
        server.played(1).await;
    });
}

#[test]
fn faults_come_before_the_request() {
    run(async {
        let server = Server::start([
            Answer::close().at_accept(),
            Answer::close().reset().at_accept(),
            Answer::raw("220 hello\r\n").at_accept(),
            Answer::close().freeze().at_accept(),
            Answer::stream("x"),
        ]);
        Raw::connect(&server).await.expect_end().await;
        Raw::connect(&server).await.expect_reset().await;
        Raw::connect(&server).await.expect("220 hello\r\n").await;
        let mut raw = Raw::get(&server).await;
        raw.expect_nothing().await;
        assert!(server.requests().is_empty());
        // The next has its turn.
        Raw::get(&server).await.head().await;
        assert_eq!(server.requests()[0].connection(), 4);
    });
}

#[test]
fn a_closed_port_refuses_until_it_listens() {
    run(async {
        let port = ClosedPort::new();
        let address = port.address();
        assert_eq!(port.url("/a"), format!("http://{address}/a"));
        let error = tokio::net::TcpStream::connect(address).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
        let server = Server::builder()
            .listener(port.listen())
            .otherwise(Answer::raw("x"))
            .start();
        assert_eq!(server.address(), address);
        Raw::get(&server).await.expect("x").await;
    });
}

#[test]
fn requests_behind_the_last_answer_are_kept_and_closed() {
    run(async {
        let server = Server::start([]);
        Raw::get(&server).await.expect_end().await;
        assert_eq!(server.request(0).await.method(), "GET");
    });
}

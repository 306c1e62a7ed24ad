//! What tests wait for, and how waits in vain end.

use std::time::Duration;

use sse_test_kit::clock::run;
use sse_test_kit::{Answer, Server, Signal};

use crate::raw::Raw;

#[test]
fn connections_requests_answers_and_ends() {
    run(async {
        let server = Server::start([Answer::stream("x").hold()]);
        assert_eq!(server.connections(), 0);
        let mut raw = Raw::connect(&server).await;
        server.connected(1).await;
        raw.ask("GET /a HTTP/1.1\r\n\r\n").await;
        let request = server.request(0).await;
        assert_eq!(request.to_string(), "GET /a HTTP/1.1");
        assert_eq!(request.received_at(), tokio::time::Instant::now());
        drop(raw);
        server.closed(1).await;
        server.played(1).await;
    });
}

#[test]
fn everything_goes_anywhere() {
    fn goes_anywhere<T: Send + Sync + 'static>() {}
    goes_anywhere::<Answer>();
    goes_anywhere::<sse_test_kit::Exchange>();
    goes_anywhere::<sse_test_kit::Request>();
    goes_anywhere::<Server>();
    goes_anywhere::<sse_test_kit::ServerBuilder>();
    goes_anywhere::<Signal>();
    goes_anywhere::<sse_test_kit::blocking::Server>();
    fn is_sent<T: Send>(_: T) {}
    run(async {
        let server = Server::start([]);
        is_sent(server.request(0));
        is_sent(server.connected(0));
        is_sent(server.closed(0));
        is_sent(server.played(0));
        is_sent(server.accept());
        is_sent(Signal::new().given());
    });
}

#[test]
fn the_test_can_be_the_script() {
    run(async {
        let server = Server::builder().otherwise(Answer::live()).start();
        let mut raw = Raw::get(&server).await;
        let exchange = server.accept().await;
        raw.expect_nothing().await;
        exchange.play(Answer::stream("a"));
        raw.head().await;
        raw.expect("1\r\na\r\n").await;
        exchange.send("b");
        exchange.sent().await;
        raw.expect("1\r\nb\r\n").await;
        // To drop it is to end the answer as it should end.
        drop(exchange);
        raw.expect("0\r\n\r\n").await;

        raw.ask("GET / HTTP/1.1\r\n\r\n").await;
        let exchange = server.accept().await;
        exchange.play(Answer::stream("a").content_length(10));
        raw.head().await;
        raw.expect("a").await;
        exchange.reset();
        raw.expect_reset().await;

        let mut raw = Raw::get(&server).await;
        let exchange = server.accept().await;
        exchange.play(Answer::stream("a"));
        raw.head().await;
        drop(raw);
        exchange.closed().await;
    });
}

#[test]
fn a_script_goes_on_behind_what_the_test_says() {
    run(async {
        let server = Server::start([Answer::stream("a").then_live().send("c").cut()]);
        let mut raw = Raw::get(&server).await;
        let exchange = server.accept().await;
        exchange.send("b");
        drop(exchange);
        raw.head().await;
        raw.expect("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n").await;
        raw.expect_end().await;
    });
}

#[test]
fn dropping_the_server_closes_everything() {
    run(async {
        let server = Server::start([Answer::silence()]);
        let mut raw = Raw::get(&server).await;
        server.request(0).await;
        let address = server.address();
        drop(server);
        raw.expect_end().await;
        tokio::net::TcpStream::connect(address).await.unwrap_err();
    });
}

#[test]
#[should_panic = "sse-test-kit: no request 1 within 10ms; so far: 1 connections, 0 of them closed by the client, \
    0 answers played, 1 requests, GET /a HTTP/1.1"]
fn a_wait_in_vain_says_what_has_happened() {
    run(async {
        let limit = Duration::from_millis(10);
        let answers = [Answer::stream("x").hold()];
        let server = Server::builder().answers(answers).limit(limit).start();
        let mut raw = Raw::connect(&server).await;
        raw.ask("GET /a HTTP/1.1\r\n\r\n").await;
        raw.head().await;
        server.request(1).await;
    });
}

#[test]
#[should_panic = "the client stays"]
fn a_client_that_stays_is_told() {
    run(async {
        let limit = Duration::from_millis(10);
        let answers = [Answer::stream("x").hold()];
        let server = Server::builder().answers(answers).limit(limit).start();
        let mut raw = Raw::get(&server).await;
        // With this the request is there, and nothing but the client's end is waited for.
        raw.head().await;
        let exchange = server.accept().await;
        exchange.closed().await;
    });
}

#[test]
#[should_panic = "the answer has ended before everything was sent"]
fn what_cannot_be_sent_is_told() {
    run(async {
        let server = Server::start([Answer::status(404)]);
        Raw::get(&server).await.head().await;
        let exchange = server.accept().await;
        exchange.send("x");
        exchange.sent().await;
    });
}

#[test]
fn a_signal_that_is_never_given_closes_the_connection() {
    run(async {
        let limit = Duration::from_millis(10);
        let answers = [Answer::close().wait(&Signal::new())];
        let server = Server::builder().answers(answers).limit(limit).start();
        // The panic of the connection's task shows on standard error.
        Raw::get(&server).await.expect_end().await;
    });
}

#[test]
fn what_clients_do_wrong_is_kept() {
    run(async {
        let server = Server::start([Answer::stream("x")]);
        let mut raw = Raw::connect(&server).await;
        raw.ask("\u{1}\r\n\r\n").await;
        raw.expect_end().await;
        assert!(server.troubles()[0].starts_with("a request is not HTTP/1: "));
        let mut raw = Raw::connect(&server).await;
        raw.ask("GET / HTTP/1.1\r\n").await;
        drop(raw);
        server.closed(1).await;
        // The next client gets the answer.
        Raw::get(&server).await.head().await;
        assert_eq!(server.troubles()[1], "a request was cut within its head");
    });
}

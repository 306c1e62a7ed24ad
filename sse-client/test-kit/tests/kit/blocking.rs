//! A server on a thread of its own, and clients that block.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use sse_test_kit::{Answer, Server, Signal, blocking};

fn get(server: &blocking::Server) -> TcpStream {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    // Not to hang for ever if the server does not do its part.
    let limit = Some(Duration::from_secs(30));
    stream.set_read_timeout(limit).unwrap();
    stream.write_all(b"GET /a HTTP/1.1\r\n\r\n").unwrap();
    stream
}

#[test]
fn scripts_play() {
    let seen = Signal::new();
    let server = blocking::Server::start([Answer::raw("a").wait(&seen).send("b")]);
    assert!(server.url("/a").ends_with("/a"));
    let mut stream = get(&server);
    let mut text = [0];
    stream.read_exact(&mut text).unwrap();
    assert_eq!(&text, b"a");
    server.connected(1);
    assert_eq!(server.request(0).target(), "/a");
    seen.give();
    seen.given_blocking();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "b");
    server.played(1);
    assert_eq!((server.requests().len(), server.connections()), (1, 1));
    assert!(server.troubles().is_empty());
}

#[test]
fn the_test_can_be_the_script() {
    let server = Server::builder().otherwise(Answer::live()).start_blocking();
    let mut stream = get(&server);
    let exchange = server.accept();
    assert_eq!(exchange.request().method(), "GET");
    exchange.play(Answer::raw("a"));
    exchange.send("b");
    exchange.sent();
    exchange.cut();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "ab");

    let mut stream = get(&server);
    server.accept().reset();
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);

    let stream = get(&server);
    let exchange = server.accept();
    drop(stream);
    exchange.closed();
    server.closed(1);
}

#[test]
fn more_than_the_kernel_takes_waits_for_the_client() {
    let server = Server::builder().otherwise(Answer::live()).start_blocking();
    let stream = get(&server);
    let exchange = server.accept();
    let size = 32 * 1024 * 1024;
    exchange.send(vec![b'x'; size]);
    let reader = thread::spawn(move || stream.take(size as u64).read_to_end(&mut Vec::new()));
    exchange.sent();
    assert_eq!(reader.join().unwrap().unwrap(), size);
}

#[test]
fn dropping_the_server_closes_everything() {
    let server = Server::builder().otherwise(Answer::live()).start_blocking();
    let mut stream = get(&server);
    let _exchange = server.accept();
    drop(server);
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

//! The streams of the stand-alone server over HTTP/1.1, byte for byte: whatever comes before them on the connection,
//! however slowly they are read, and whatever the client sends meanwhile.

#![cfg(feature = "serve")]

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use sse_server::{Ended, Hub, OutgoingEvent, ServeOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), future)
        .await
        .expect("it hangs")
}

/// A hub that is served, with what it says of streams that have ended.
async fn server() -> (Hub, SocketAddr, UnboundedReceiver<Ended>) {
    let (sender, ends) = unbounded_channel();
    let hub = Hub::builder().epoch(7).on_end(move |ended| {
        let _ = sender.send(ended.clone());
    });
    let hub = hub.spawn();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = ServeOptions::new()
        .other(|request| Response::new(Bytes::from(format!("{}!", request.uri().path()))));
    tokio::spawn(serve(listener, hub.clone(), options));
    (hub, address, ends)
}

async fn ask(address: SocketAddr, requests: &str) -> TcpStream {
    let mut socket = in_time(TcpStream::connect(address)).await.unwrap();
    in_time(socket.write_all(requests.as_bytes()))
        .await
        .unwrap();
    socket
}

async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut buffer = [0; 4096];
        let n = in_time(socket.read(&mut buffer)).await.unwrap();
        assert_ne!(n, 0, "it ended after {text}");
        text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    text
}

fn publish(hub: &Hub, text: impl Into<String>) {
    hub.publish("events", &OutgoingEvent::new().data(text.into()))
        .unwrap();
}

const STREAM: &str = "GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n";

#[tokio::test]
async fn an_answer_has_its_head_and_a_chunk_for_each_frame() {
    let (hub, address, _) = server().await;
    let mut socket = ask(address, STREAM).await;
    let answer = read_until(&mut socket, "\n\n\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
    let lines: Vec<&str> = lines.collect();
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-cache, no-store, no-transform",
        "x-accel-buffering: no",
        "x-content-type-options: nosniff",
        "transfer-encoding: chunked",
        "connection: close",
    ] {
        assert!(lines.contains(&line), "{line} in {head}");
    }
    let date = lines.iter().find_map(|line| line.strip_prefix("date: "));
    assert!(date.is_some_and(|date| date.ends_with(" GMT")), "{head}");
    assert_eq!(body, "9\r\nid: 7-0\n\n\r\n");

    publish(&hub, "x");
    let chunk = read_until(&mut socket, "\n\n\r\n").await;
    assert_eq!(chunk, "11\r\nid: 7-1\ndata: x\n\n\r\n");
    drop(hub.drain(Duration::ZERO));
    let end = read_until(&mut socket, "\r\n0\r\n\r\n").await;
    assert!(end.contains("\r\nretry: "), "{end}");
    assert_eq!(in_time(socket.read(&mut [0; 1])).await.unwrap(), 0);
}

#[tokio::test]
async fn other_answers_of_the_connection_come_first_and_whole() {
    let (_hub, address, _) = server().await;
    let first = "GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // Sent at once, so that the stream is asked for while the answers before may not be written yet.
    let mut socket = ask(address, &format!("{first}{first}{STREAM}{first}")).await;
    let text = read_until(&mut socket, "id: 7-0\n\n\r\n").await;
    let answers: Vec<&str> = text.split("HTTP/1.1 200 OK\r\n").collect();
    assert_eq!(answers.len(), 4, "{text}");
    assert!(answers[1].ends_with("\r\n\r\n/a!"), "{text}");
    assert!(answers[2].ends_with("\r\n\r\n/a!"), "{text}");

    // And one after the other.
    let mut socket = ask(address, first).await;
    read_until(&mut socket, "/a!").await;
    in_time(socket.write_all(STREAM.as_bytes())).await.unwrap();
    read_until(&mut socket, "id: 7-0\n\n\r\n").await;
}

#[tokio::test]
async fn a_client_of_http_1_0_gets_no_chunks() {
    let (hub, address, mut ends) = server().await;
    let mut socket = ask(address, "GET /events HTTP/1.0\r\nhost: localhost\r\n\r\n").await;
    let answer = read_until(&mut socket, "id: 7-0\n\n").await;
    assert!(!answer.contains("chunked"), "{answer}");
    publish(&hub, "x");
    assert_eq!(
        read_until(&mut socket, "\n\n").await,
        "id: 7-1\ndata: x\n\n"
    );
    drop(socket);
    in_time(ends.recv()).await.unwrap();
}

#[tokio::test]
async fn what_is_read_slowly_arrives_whole() {
    let (hub, address, _) = server().await;
    let socket = TcpSocket::new_v4().unwrap();
    // So that few frames are written at once.
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = in_time(socket.connect(address)).await.unwrap();
    socket.write_all(STREAM.as_bytes()).await.unwrap();
    read_until(&mut socket, "id: 7-0\n\n\r\n").await;
    let mut expected = Vec::new();
    for number in 1..=300_usize {
        // Small ones, large ones, and some that are more than a frame by themselves.
        let size = if number % 50 == 0 {
            100_000
        } else {
            number * 7
        };
        let data: String = (b'a'..=b'z').cycle().map(char::from).take(size).collect();
        expected.extend_from_slice(format!("id: 7-{number}\ndata: {data}\n\n").as_bytes());
        publish(&hub, data);
    }
    drop(hub.drain(Duration::ZERO));
    let mut wire = Vec::new();
    let mut buffer = [0; 1500];
    loop {
        match in_time(socket.read(&mut buffer)).await.unwrap() {
            0 => break,
            n => wire.extend_from_slice(&buffer[..n]),
        }
    }
    let body = unchunk(&wire);
    assert!(body.starts_with(&expected), "events are missing or spoilt");
    assert!(body[expected.len()..].starts_with(b"retry: "));
}

/// Takes chunks apart, strictly.
fn unchunk(mut wire: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line_end = wire.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let size = std::str::from_utf8(&wire[..line_end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        wire = &wire[line_end + 2..];
        body.extend_from_slice(&wire[..size]);
        assert_eq!(&wire[size..size + 2], b"\r\n");
        wire = &wire[size + 2..];
        if size == 0 {
            assert_eq!(wire, b"");
            return body;
        }
    }
}

#[tokio::test]
async fn what_a_client_says_meanwhile_is_ignored_up_to_a_bound() {
    let (hub, address, mut ends) = server().await;
    let mut socket = ask(address, STREAM).await;
    read_until(&mut socket, "id: 7-0\n\n\r\n").await;
    in_time(socket.write_all(&[b'x'; 1000])).await.unwrap();
    publish(&hub, "x");
    read_until(&mut socket, "data: x\n\n\r\n").await;
    // It may be cut while it still writes.
    let _ = in_time(socket.write_all(&vec![b'x'; 1 << 20])).await;
    let ended = in_time(ends.recv()).await.unwrap();
    assert_eq!(ended.delivered(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_while_it_does_not_read_is_noticed_at_once() {
    let (hub, address, mut ends) = server().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = in_time(socket.connect(address)).await.unwrap();
    socket.write_all(STREAM.as_bytes()).await.unwrap();
    read_until(&mut socket, "id: 7-0\n\n\r\n").await;
    for _ in 0..200 {
        publish(&hub, "x".repeat(60_000));
    }
    // The write timeout would take half a minute.
    drop(socket);
    in_time(ends.recv()).await.unwrap();
}

//! The examples of the hub, one for each framework, as built programs: subscribe, publish, leave, publish, come back.

#![cfg(all(feature = "axum", feature = "tokio"))]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(60);

struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(example: &str) -> Self {
        let mut child = Command::new(path(example))
            .arg("127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut server = Self {
            child,
            address: String::new(),
        };
        let line = first_line(stdout);
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix('/'));
        server.address = address
            .unwrap_or_else(|| panic!("it says {line:?}"))
            .to_owned();
        server
    }

    fn send(&self, request: &str) -> BufReader<TcpStream> {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        socket.set_read_timeout(Some(DEADLINE)).unwrap();
        socket.write_all(request.as_bytes()).unwrap();
        BufReader::new(socket)
    }

    fn publish(&self, data: &str) -> String {
        let mut answer = self.send(&format!(
            "POST /publish HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n{data}",
            data.len()
        ));
        let mut text = String::new();
        answer.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
        text.trim_end().rsplit('\n').next().unwrap().to_owned()
    }

    fn subscribe(&self, last_event_id: Option<&str>) -> BufReader<TcpStream> {
        let header = last_event_id.map(|id| format!("last-event-id: {id}\r\n"));
        let mut answer = self.send(&format!(
            "GET /events HTTP/1.1\r\nhost: x\r\n{}\r\n",
            header.unwrap_or_default()
        ));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(answer.read_line(&mut head).unwrap(), 0, "{head}");
        }
        let head = head.to_ascii_lowercase();
        for line in [
            "http/1.1 200 ",
            "content-type: text/event-stream\r\n",
            "cache-control: no-cache, no-store, no-transform\r\n",
            "x-accel-buffering: no\r\n",
        ] {
            assert!(head.contains(line), "{line:?} is not in {head}");
        }
        answer
    }
}

fn path(example: &str) -> PathBuf {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.extend(["examples", example]);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.is_file(),
        "{} is missing: build it with `cargo build -p sse-server --all-features --examples`",
        path.display()
    );
    path
}

fn first_line(stdout: ChildStdout) -> String {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(stdout).read_line(&mut line);
        let _ = sender.send(line);
    });
    let line = receiver
        .recv_timeout(DEADLINE)
        .expect("it says where it listens");
    line.trim_end().to_owned()
}

/// Reads up to a line of the stream, past the sizes of chunks.
fn read_through(stream: &mut BufReader<TcpStream>, last: &str) -> Vec<String> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "{lines:?}");
        let line = line.trim_end();
        if line.contains(": ") {
            lines.push(line.to_owned());
        }
        if line == last {
            return lines;
        }
    }
}

fn check(example: &str) {
    let server = Server::start(example);
    let mut stream = server.subscribe(None);
    // The first bytes come at once: an ID to come back with.
    let mut line = String::new();
    while !line.starts_with("id: ") {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0);
    }
    let one = server.publish("one");
    let lines = read_through(&mut stream, "data: one");
    assert_eq!(lines, [format!("id: {one}"), "data: one".to_owned()]);
    drop(stream);

    let two = server.publish("two");
    let three = server.publish("three");
    let mut stream = server.subscribe(Some(&one));
    let lines = read_through(&mut stream, "data: three");
    let missed = [
        format!("id: {two}"),
        "data: two".to_owned(),
        format!("id: {three}"),
        "data: three".to_owned(),
    ];
    assert_eq!(lines, missed);

    let mut stream = server.subscribe(Some("1-1"));
    let lines = read_through(&mut stream, "data: three");
    assert_eq!(lines[1], "event: gap");
    assert_eq!(lines[4], "data: one");
}

#[test]
fn hyper() {
    check("hub_hyper");
}

#[test]
fn axum() {
    check("hub_axum");
}

#[test]
fn actix_web() {
    check("hub_actix");
}

#[test]
fn warp() {
    check("hub_warp");
}

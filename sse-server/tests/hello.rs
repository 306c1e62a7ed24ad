//! The example `hello`, as the built program that somebody runs and talks to over TCP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Nothing here takes longer than the two seconds between two events, so this means that something hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// The example as a process, which ends with this value at the latest.
struct Program {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(path());
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdout: lines(child.stdout.take().unwrap()),
            stderr: lines(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Waits for the end, and returns the exit code and what it has said on standard output and standard error.
    fn end(mut self) -> (Option<i32>, String, String) {
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|lines| {
            let mut text = String::new();
            loop {
                match lines.recv_timeout(DEADLINE) {
                    Ok(line) => text = text + &line + "\n",
                    Err(RecvTimeoutError::Disconnected) => break text,
                    Err(RecvTimeoutError::Timeout) => panic!("it does not end after {text:?}"),
                }
            }
        });
        // Both outputs are closed, so it has ended or is about to.
        (self.child.wait().unwrap().code(), stdout, stderr)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Cargo tells tests where a binary is, but not where an example is: `examples` beside the folder of this test.
fn path() -> PathBuf {
    let mut path: PathBuf = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.extend(["examples", "hello"]);
    path.set_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        path.is_file(),
        "{} is missing: build it with `cargo build -p sse-server --example hello`",
        path.display()
    );
    path
}

/// The lines of an output, read on a thread of their own so that waiting for one can be bounded.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines() {
            if sender.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The example, listening.
struct Server {
    program: Program,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let program = Program::start(&["127.0.0.1:0"]);
        let line = program
            .stdout
            .recv_timeout(DEADLINE)
            .expect("it says where it listens");
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix('/'));
        let address = address
            .unwrap_or_else(|| panic!("it says {line:?}"))
            .parse()
            .unwrap();
        Self { program, address }
    }

    fn send(&self, head: &str) -> Client {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(stream, "{head}\r\nHost: localhost\r\n\r\n").unwrap();
        Client(stream)
    }

    /// The whole answer to a request.
    fn answer(&self, head: &str) -> String {
        let mut client = self.send(&format!("{head}\r\nConnection: close"));
        client.read_to_end()
    }

    fn next_log_line(&self) -> String {
        self.program
            .stderr
            .recv_timeout(DEADLINE)
            .expect("a line in the log")
    }
}

struct Client(TcpStream);

impl Client {
    /// Reads up to and with `end`.
    fn read_until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let mut byte = [0];
            let read = self.0.read(&mut byte);
            let seen = String::from_utf8_lossy(&text);
            assert!(
                matches!(read, Ok(1)),
                "{read:?} after {seen:?} instead of {end:?}"
            );
            text.push(byte[0]);
        }
        String::from_utf8(text).unwrap()
    }

    /// Reads the head of a response, in lower case.
    fn read_head(&mut self) -> String {
        self.read_until("\r\n\r\n").to_ascii_lowercase()
    }

    fn read_to_end(&mut self) -> String {
        let mut text = String::new();
        self.0
            .read_to_string(&mut text)
            .expect("the connection ends");
        text
    }

    fn own_address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }
}

fn hello_event(id: u64) -> String {
    format!("id: {id}\nevent: message\ndata: hello\n\n")
}

const FOR_EVENTS: &str = "GET / HTTP/1.1\r\nAccept: text/event-stream";

#[test]
fn who_asks_for_events_is_greeted_every_two_seconds() {
    let server = Server::start();
    let mut client = server.send(FOR_EVENTS);
    let head = client.read_head();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-cache, no-store, no-transform",
        "x-accel-buffering: no",
        "vary: accept",
    ] {
        assert!(
            head.contains(&format!("\r\n{line}\r\n")),
            "{line} is not in {head}"
        );
    }
    let first = client.read_until("data: hello\n\n");
    assert!(first.ends_with(&hello_event(1)), "{first}");
    let second = client.read_until("data: hello\n\n");
    assert!(second.ends_with(&hello_event(2)), "{second}");
}

#[test]
fn the_timer_ends_with_the_connection() {
    let server = Server::start();
    // The second and third client leave with bytes unread, which may reset the connection instead of closing it.
    for end in ["data: hello\n\n\r\n", "\r\n\r\n", "id: 1\n"] {
        let mut client = server.send(FOR_EVENTS);
        client.read_until(end);
        let address = client.own_address();
        drop(client);
        let line = server.next_log_line();
        assert!(
            line.starts_with(&format!("stream of {address} ended after ")),
            "{line}"
        );
    }
}

#[test]
fn who_reconnects_goes_on_behind_the_last_event() {
    let server = Server::start();
    for (request, first) in [
        ("GET / HTTP/1.1\r\nLast-Event-ID: 41", 42),
        ("GET /?lastEventId=6 HTTP/1.1", 7),
        ("GET /?lastEventId=6 HTTP/1.1\r\nLast-Event-ID: 8", 9),
        ("GET / HTTP/1.1\r\nLast-Event-ID: none of yours", 1),
        ("GET / HTTP/1.1\r\nLast-Event-ID: -3", 1),
        ("GET / HTTP/1.1\r\nLast-Event-ID: 18446744073709551615", 1),
        (
            "GET / HTTP/1.1\r\nLast-Event-ID: 99999999999999999999999",
            1,
        ),
    ] {
        let mut client = server.send(&format!("{request}\r\nAccept: text/event-stream"));
        let text = client.read_until("data: hello\n\n");
        assert!(text.ends_with(&hello_event(first)), "{request}: {text}");
    }
}

#[test]
fn anybody_else_gets_ok() {
    let server = Server::start();
    for request in [
        "GET / HTTP/1.1",
        "GET /any/path?x=1 HTTP/1.1",
        "GET / HTTP/1.1\r\nAccept: */*",
        "GET / HTTP/1.1\r\nAccept: text/event-stream;q=0",
        "POST / HTTP/1.1\r\nAccept: text/event-stream\r\nContent-Length: 0",
        "POST / HTTP/1.1\r\nAccept: text/html\r\nContent-Length: 0",
        "DELETE /x HTTP/1.1",
    ] {
        let answer = server.answer(request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200 ok\r\n"), "{request}: {head}");
        assert!(
            head.contains("content-type: text/plain; charset=utf-8"),
            "{request}: {head}"
        );
        assert!(head.contains("vary: accept"), "{request}: {head}");
        assert_eq!(body, "ok", "{request}");
    }
    let answer = server.answer("HEAD / HTTP/1.1\r\nAccept: text/event-stream");
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
}

#[test]
fn a_browser_gets_a_page() {
    let server = Server::start();
    let request = "GET / HTTP/1.1\r\nAccept: text/html,application/xhtml+xml,*/*;q=0.8";
    let nonces = [(); 2].map(|()| {
        let answer = server.answer(request);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        for line in [
            "content-type: text/html; charset=utf-8",
            "x-content-type-options: nosniff",
            "vary: accept",
        ] {
            assert!(head.contains(line), "{line} is not in {head}");
        }
        let (_, policy) = head
            .split_once("content-security-policy: default-src 'none'; script-src 'nonce-")
            .unwrap();
        let (nonce, _) = policy.split_once('\'').unwrap();
        assert!(body.contains("new EventSource("), "{body}");
        assert!(body.contains("<noscript>"), "{body}");
        assert_eq!(
            body.matches(&format!("nonce=\"{nonce}\"")).count(),
            2,
            "script and style carry it"
        );
        assert!(!body.contains("{nonce}"));
        nonce.to_owned()
    });
    assert_ne!(nonces[0], nonces[1]);
}

#[test]
fn a_taken_port_is_an_error_that_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (code, stdout, stderr) = Program::start(&[&address]).end();
    assert_eq!(code, Some(1));
    assert!(
        stderr.starts_with(&format!("cannot listen on {address}: ")),
        "{stderr}"
    );
    assert!(stderr.contains("another program has that port"), "{stderr}");
    assert_eq!(stdout, "");
}

#[test]
fn arguments_are_explained() {
    for help in ["-h", "--help"] {
        let (code, stdout, _) = Program::start(&[help]).end();
        assert_eq!(code, Some(0));
        assert!(stdout.contains("Usage: hello [ADDRESS:PORT]"), "{stdout}");
    }
    for wrong in [&["--port"][..], &["127.0.0.1:0", "x"], &["--help", "x"]] {
        let (code, stdout, stderr) = Program::start(wrong).end();
        assert_eq!(code, Some(2), "{wrong:?}");
        assert!(stderr.contains("see --help"), "{stderr}");
        assert_eq!(stdout, "");
    }
    let (code, _, stderr) = Program::start(&["nowhere"]).end();
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("cannot listen on nowhere: "), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_and_its_open_streams() {
    for signal in ["-TERM", "-INT"] {
        let server = Server::start();
        let mut client = server.send(FOR_EVENTS);
        client.read_until(&hello_event(1));
        // A connection that waits for its next request does not hold it up either.
        let mut idle = server.send("GET / HTTP/1.1");
        idle.read_until("\r\n\r\nok");

        let id = server.program.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        // The stream is ended, not cut: this is the last chunk.
        client.read_until("0\r\n\r\n");
        assert_eq!(client.read_to_end(), "");
        assert_eq!(idle.read_to_end(), "");
        let (code, _, log) = server.program.end();
        assert_eq!(code, Some(0));
        assert!(
            log.starts_with(&format!("stream of {} ended after ", client.own_address())),
            "{log}"
        );
        assert_eq!(log.lines().count(), 1, "{log}");
    }
}

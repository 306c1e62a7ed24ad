//! A server on loopback that follows a script for each connection, and keeps the requests.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The head of an answer with an event stream whose end is the connection's.
pub(crate) const OK: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// What a server does with one connection, after it has read the request.
#[derive(Default)]
pub(crate) struct Script {
    steps: Vec<Step>,
}

enum Step {
    Send(Vec<u8>),
    Pieces(Vec<u8>, usize),
    Wait(watch::Receiver<bool>),
    Hold,
    Reset,
}

impl Script {
    /// Closes the connection after what is added.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Answers with an event stream.
    pub(crate) fn stream(bytes: impl AsRef<[u8]>) -> Self {
        Self::new().send(OK).send(bytes)
    }

    /// Answers with a status and headers, and no body.
    pub(crate) fn status(status: &str, headers: &str) -> Self {
        Self::new().send(format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Sends bytes.
    pub(crate) fn send(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.steps.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }

    /// Sends bytes in pieces of a size.
    pub(crate) fn send_in_pieces(mut self, bytes: Vec<u8>, size: usize) -> Self {
        self.steps.push(Step::Pieces(bytes, size));
        self
    }

    /// Waits for a signal.
    pub(crate) fn wait(mut self, signal: &watch::Sender<bool>) -> Self {
        self.steps.push(Step::Wait(signal.subscribe()));
        self
    }

    /// Keeps the connection open until the client closes it.
    pub(crate) fn hold(mut self) -> Self {
        self.steps.push(Step::Hold);
        self
    }

    /// Resets the connection, which cuts off what is on its way.
    pub(crate) fn reset(mut self) -> Self {
        self.steps.push(Step::Reset);
        self
    }

    async fn play(self, mut stream: TcpStream) {
        for step in self.steps {
            let done = match step {
                Step::Send(bytes) => stream.write_all(&bytes).await,
                Step::Pieces(bytes, size) => send_pieces(&mut stream, &bytes, size).await,
                Step::Wait(mut signal) => {
                    let _ = signal.wait_for(|&given| given).await;
                    Ok(())
                }
                Step::Hold => {
                    let _ = stream.read(&mut [0; 64]).await;
                    Ok(())
                }
                Step::Reset => stream.set_zero_linger(),
            };
            // The client may well be gone.
            if done.is_err() {
                return;
            }
        }
    }
}

async fn send_pieces(stream: &mut TcpStream, bytes: &[u8], size: usize) -> std::io::Result<()> {
    for piece in bytes.chunks(size) {
        stream.write_all(piece).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn line(&self) -> String {
        String::from_utf8_lossy(self.lines().next().unwrap_or_default()).into_owned()
    }

    /// The values of a header, in any case of its name.
    pub(crate) fn headers(&self, name: &str) -> Vec<Vec<u8>> {
        let prefix = format!("{name}:").to_ascii_lowercase();
        self.lines()
            .filter(|line| line.to_ascii_lowercase().starts_with(prefix.as_bytes()))
            .map(|line| line[prefix.len()..].trim_ascii().to_vec())
            .collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.headers(name);
        assert!(values.len() <= 1, "{name} comes more than once");
        values
            .into_iter()
            .next()
            .map(|value| String::from_utf8(value).unwrap())
    }

    /// The body, of the length that the head says.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.head
            .split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[derive(Default)]
struct Log {
    requests: Vec<Request>,
    /// How many scripts have been played to their end.
    played: usize,
}

/// A server that plays one script for each connection, in order. Connections beyond the last are recorded and closed.
pub(crate) struct Server {
    address: std::net::SocketAddr,
    log: watch::Receiver<Log>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, log) = watch::channel(Log::default());
        let mut scripts: Vec<_> = scripts.into_iter().collect();
        scripts.reverse();
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let script = scripts.pop().unwrap_or_default();
                let sender = sender.clone();
                // On its own, so that a connection that comes too early is seen.
                tokio::spawn(async move {
                    let Some(request) = read_request(&mut stream).await else {
                        return;
                    };
                    sender.send_modify(|log| log.requests.push(request));
                    script.play(stream).await;
                    sender.send_modify(|log| log.played += 1);
                });
            }
        });
        Self { address, log, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// The requests that have come so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.borrow().requests.clone()
    }

    /// Waits for so many scripts to be played to their end; one with `hold` ends with its connection.
    pub(crate) async fn played(&self, scripts: usize) {
        let mut log = self.log.clone();
        log.wait_for(|log| log.played >= scripts).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let mut request = Request {
        head,
        body: Vec::new(),
    };
    let length = request.header("content-length");
    let length = length.map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    stream.read_exact(&mut request.body).await.ok()?;
    Some(request)
}

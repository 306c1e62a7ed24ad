//! The stand-alone server: its answers, its bounds, and its end.

#![cfg(feature = "serve")]

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use sse_server::{Hub, HubBuilder, OutgoingEvent, ServeOptions, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(60);

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(DEADLINE, future).await.expect("it hangs")
}

struct Server {
    address: SocketAddr,
    hub: Hub,
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(hub: HubBuilder, options: ServeOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hub = hub.epoch(7).spawn();
        let (shutdown, signal) = oneshot::channel();
        let options = options.shutdown(async move {
            let _ = signal.await;
        });
        let task = tokio::spawn(serve(listener, hub.clone(), options));
        Self {
            address,
            hub,
            shutdown: Some(shutdown),
            task,
        }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let mut socket = in_time(TcpStream::connect(self.address)).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        socket
    }

    /// A request whose answer ends, with its answer.
    async fn ask(&self, method: &str, path: &str, headers: &str) -> String {
        let host = if headers.contains("host:") {
            ""
        } else {
            "host: localhost\r\n"
        };
        let request =
            format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n{host}{headers}\r\n");
        let mut socket = self.send(&request).await;
        let mut answer = String::new();
        in_time(socket.read_to_string(&mut answer)).await.unwrap();
        answer
    }

    async fn subscribe(&self, query: &str, headers: &str) -> TcpStream {
        self.send(&format!(
            "GET /events{query} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n"
        ))
        .await
    }

    fn publish(&self, topic: &str, text: &str) {
        self.hub
            .publish(topic, &OutgoingEvent::new().data(text))
            .unwrap();
    }
}

async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut buffer = [0; 4096];
        let n = in_time(socket.read(&mut buffer)).await.unwrap();
        assert_ne!(n, 0, "it ended after {text}");
        text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    text
}

#[tokio::test]
async fn a_get_of_the_path_subscribes() {
    let server = Server::start(Hub::builder(), ServeOptions::new()).await;
    let mut stream = server.subscribe("", "").await;
    let head = read_until(&mut stream, "id: 7-0\n\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(head.contains("content-type: text/event-stream\r\n"));
    server.publish("events", "x");
    read_until(&mut stream, "id: 7-1\ndata: x\n\n").await;
    let mut back = server
        .subscribe("?topic=a&topic=events", "last-event-id: 7-0\r\n")
        .await;
    read_until(&mut back, "id: 7-1\ndata: x\n\n").await;
    server.publish("a", "y");
    read_until(&mut back, "id: 7-2\ndata: y\n\n").await;
    let mut by_query = server.subscribe("?lastEventId=7-1&topic=a", "").await;
    read_until(&mut by_query, "id: 7-2\ndata: y\n\n").await;
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_at_once() {
    let (sender, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let hub = Hub::builder().on_end(move |ended| {
        let _ = sender.send(ended.key().map(str::to_owned));
    });
    let server = Server::start(hub, ServeOptions::new()).await;
    let mut stream = server.subscribe("", "").await;
    read_until(&mut stream, "id: 7-0\n\n").await;
    drop(stream);
    assert_eq!(in_time(ends.recv()).await.unwrap().unwrap(), "127.0.0.1");
}

#[tokio::test]
async fn everything_else_has_its_answer() {
    let options = ServeOptions::new()
        .max_request_bytes(10)
        .other(|request| Response::new(Bytes::from(format!("{}!", request.uri().path()))));
    let server = Server::start(Hub::builder(), options).await;
    assert!(server.ask("GET", "/health", "").await.ends_with("\r\nok\n"));
    assert!(server.ask("GET", "/a", "").await.ends_with("\r\n/a!"));
    let answer = server.ask("POST", "/events", "").await;
    assert!(answer.starts_with("HTTP/1.1 405 "));
    assert!(answer.contains("allow: GET\r\n"));
    let long = "x".repeat(257);
    for topic in ["", "%FF", "a&topic=%FF", &long] {
        let answer = server
            .ask("GET", &format!("/events?topic={topic}"), "")
            .await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{topic}");
    }
    let large = server
        .ask("POST", "/a", "content-length: 11\r\n\r\n12345678901")
        .await;
    assert!(large.starts_with("HTTP/1.1 413 "), "{large}");
    let bare = Server::start(Hub::builder(), ServeOptions::new().health_path(None)).await;
    for path in ["/", "/health", "/events/"] {
        assert!(bare.ask("GET", path, "").await.starts_with("HTTP/1.1 404 "));
    }
}

#[tokio::test]
async fn strangers_are_kept_out() {
    let options = ServeOptions::new().allowed_origins(["https://a.example"]);
    let server = Server::start(Hub::builder(), options).await;
    for headers in [
        "host: evil.example\r\n",
        "origin: https://evil.example\r\n",
        "origin: null\r\n",
    ] {
        let answer = server.ask("GET", "/health", headers).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{headers}");
        assert!(!answer.contains("access-control"));
    }
    let allowed = server
        .ask("GET", "/health", "origin: https://a.example\r\n")
        .await;
    assert!(allowed.starts_with("HTTP/1.1 200 "));
    assert!(allowed.contains("access-control-allow-origin: https://a.example\r\n"));
    assert!(allowed.contains("vary: Origin\r\n"));
    let preflight = server
        .ask(
            "OPTIONS",
            "/events",
            "origin: https://a.example\r\naccess-control-request-method: GET\r\n",
        )
        .await;
    assert!(preflight.starts_with("HTTP/1.1 204 "));
    assert!(preflight.contains("access-control-allow-headers: Last-Event-ID"));
}

#[tokio::test]
async fn cookies_are_for_listed_origins_only() {
    let credentials = "access-control-allow-credentials: true\r\n";
    for (options, allowed) in [
        (ServeOptions::new(), false),
        (ServeOptions::new().allow_credentials(true), true),
    ] {
        let options = options.allowed_origins(["*", "https://a.example"]);
        let server = Server::start(Hub::builder(), options).await;
        let listed = server
            .ask("GET", "/health", "origin: https://a.example\r\n")
            .await;
        assert!(listed.contains("access-control-allow-origin: https://a.example\r\n"));
        assert_eq!(listed.contains(credentials), allowed);
        let other = server
            .ask("GET", "/health", "origin: https://b.example\r\n")
            .await;
        assert!(other.contains("access-control-allow-origin: https://b.example\r\n"));
        assert!(!other.contains(credentials), "{other}");
    }
}

#[tokio::test]
async fn a_full_hub_can_refuse_with_a_status() {
    let options = ServeOptions::new().refuse_with_status(true);
    let server = Server::start(Hub::builder().max_subscribers(0), options).await;
    let answer = server.ask("GET", "/events", "").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("\r\nretry-after: "), "{answer}");
}

#[tokio::test]
async fn a_full_hub_sends_clients_away_for_a_while() {
    let server = Server::start(Hub::builder().max_subscribers(0), ServeOptions::new()).await;
    let answer = server.ask("GET", "/events", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "));
    assert!(answer.contains("\r\n\r\nretry: "));
}

#[tokio::test]
async fn more_connections_than_there_may_be_wait() {
    let options = ServeOptions::new().max_connections(1);
    let server = Server::start(Hub::builder(), options).await;
    let mut first = server.subscribe("", "").await;
    read_until(&mut first, "id: 7-0\n\n").await;
    let mut second = server.subscribe("", "").await;
    server.publish("events", "x");
    read_until(&mut first, "id: 7-1\ndata: x\n\n").await;
    assert_eq!(server.hub.statistics().subscribers, 1);
    drop(first);
    read_until(&mut second, "id: 7-1\n\n").await;
}

#[tokio::test]
async fn a_client_that_sends_nothing_is_cut() {
    let options = ServeOptions::new().header_timeout(Duration::from_millis(50));
    let server = Server::start(Hub::builder(), options).await;
    let mut silent = server.send("GET /events HT").await;
    let mut answer = String::new();
    // It may be told why, or not.
    let _ = in_time(silent.read_to_string(&mut answer)).await;
    // The same behind a request that was answered.
    let mut idle = server
        .send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    read_until(&mut idle, "ok\n").await;
    let _ = in_time(idle.read_to_string(&mut answer)).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let options = ServeOptions::new()
        .header_timeout(Duration::from_millis(50))
        .other(|_| Response::new(Bytes::new()));
    let server = Server::start(Hub::builder(), options).await;
    let mut slow = server
        .send("POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n1")
        .await;
    let mut answer = String::new();
    in_time(slow.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_client_of_http2_that_asks_for_nothing_is_cut() {
    let options = ServeOptions::new().header_timeout(Duration::from_millis(50));
    let server = Server::start(Hub::builder(), options).await;
    let (mut sender, body) = subscribe_by_http2(&server).await;
    let mut body = body.into_body();
    assert_eq!(next(&mut body).await, "id: 7-0\n\n");
    // One that has not even begun, and one that has, and goes on to read.
    for start in [
        "PRI",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    ] {
        let mut silent = server.send(start).await;
        let mut answer = Vec::new();
        // It may be told why, or not.
        let _ = in_time(silent.read_to_end(&mut answer)).await;
    }
    // By now the one with a stream has been quiet for longer.
    server.publish("events", "x");
    assert_eq!(next(&mut body).await, "id: 7-1\ndata: x\n\n");
    drop(body);
    let gone = async {
        while sender.ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    in_time(gone).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_and_costs_others_nothing() {
    let (sender, mut ends) = tokio::sync::mpsc::unbounded_channel();
    let hub = Hub::builder().max_events(100).on_end(move |ended| {
        let _ = sender.send(ended.last_event_id());
    });
    let options = ServeOptions::new().write_timeout(Duration::from_millis(200));
    let server = Server::start(hub, options).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stuck = in_time(socket.connect(server.address)).await.unwrap();
    stuck
        .write_all(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut reader = server.subscribe("", "").await;
    read_until(&mut reader, "id: 7-0\n\n").await;
    let text = "x".repeat(32 * 1024);
    let mut published = 0;
    let ended = loop {
        if let Ok(ended) = ends.try_recv() {
            break ended;
        }
        published += 1;
        assert!(published < 100_000, "it is never cut");
        server.publish("events", &text);
        read_until(&mut reader, &format!("id: 7-{published}\n")).await;
        if published > 1_000 {
            // It has more than any buffer takes; now it is a matter of time.
            break in_time(ends.recv()).await.unwrap();
        }
    };
    assert!(ended.sequence() < published);
    assert_eq!(server.hub.statistics().subscribers, 1);
}

#[tokio::test]
async fn a_shutdown_drains_and_does_not_wait_for_the_stuck() {
    let options = ServeOptions::new().drain_window(Duration::from_millis(300));
    let mut server = Server::start(Hub::builder(), options).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut stream = server.subscribe("", "").await;
        read_until(&mut stream, "id: 7-0\n\n").await;
        streams.push(stream);
    }
    // Kept alive, with no request.
    let mut idle = server
        .send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    read_until(&mut idle, "ok\n").await;
    // In the middle of a request.
    let _half = server.send("GET /events HT").await;
    server.publish("events", "last");
    server.shutdown.take().unwrap().send(()).unwrap();
    for mut stream in streams {
        let mut text = String::new();
        in_time(stream.read_to_string(&mut text)).await.unwrap();
        assert!(text.contains("id: 7-1\ndata: last\n\n"), "{text}");
        assert!(text.contains("retry: "), "{text}");
        assert!(text.ends_with("0\r\n\r\n"), "a clean end: {text}");
    }
    let mut rest = String::new();
    in_time(idle.read_to_string(&mut rest)).await.unwrap();
    in_time(server.task).await.unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_reader_who_is_stuck() {
    let options = ServeOptions::new().drain_window(Duration::from_millis(100));
    let mut server = Server::start(Hub::builder(), options).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stuck = in_time(socket.connect(server.address)).await.unwrap();
    stuck
        .write_all(b"GET /events HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut stuck, "id: 7-0\n\n").await;
    // More than all buffers on the way take.
    let text = "x".repeat(1 << 20);
    for _ in 0..15 {
        server.publish("events", &text);
    }
    server.shutdown.take().unwrap().send(()).unwrap();
    // Its write timeout is far off.
    in_time(server.task).await.unwrap().unwrap();
    in_time(async {
        while server.hub.statistics().subscribers > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_health_path_says_when_the_server_is_draining() {
    let server = Server::start(Hub::builder(), ServeOptions::new()).await;
    assert!(
        server
            .ask("GET", "/health", "")
            .await
            .starts_with("HTTP/1.1 200 ")
    );
    server.hub.drain(Duration::ZERO).await;
    let answer = server.ask("GET", "/health", "").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    let sent_away = server.ask("GET", "/events", "").await;
    assert!(sent_away.contains("\r\n\r\nretry: "), "{sent_away}");
}

#[tokio::test]
async fn http2_works_too() {
    let server = Server::start(Hub::builder(), ServeOptions::new()).await;
    let (mut sender, first) = subscribe_by_http2(&server).await;
    let mut bodies = vec![first.into_body()];
    for _ in 1..10 {
        let response = in_time(sender.send_request(get_events())).await.unwrap();
        assert_eq!(response.status(), 200);
        bodies.push(response.into_body());
    }
    for body in &mut bodies {
        assert_eq!(next(body).await, "id: 7-0\n\n");
    }
    server.publish("events", "x");
    for body in &mut bodies {
        assert_eq!(next(body).await, "id: 7-1\ndata: x\n\n");
    }
    bodies.truncate(3);
    in_time(async {
        while server.hub.statistics().subscribers > 3 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_drains_http2_too() {
    let options = ServeOptions::new().drain_window(Duration::from_millis(300));
    let mut server = Server::start(Hub::builder(), options).await;
    let (_sender, response) = subscribe_by_http2(&server).await;
    let mut body = response.into_body();
    assert_eq!(next(&mut body).await, "id: 7-0\n\n");
    server.publish("events", "last");
    server.shutdown.take().unwrap().send(()).unwrap();
    assert_eq!(next(&mut body).await, "id: 7-1\ndata: last\n\n");
    assert!(next(&mut body).await.starts_with(b"retry: "));
    // Fails if the stream is cut.
    let rest = in_time(http_body_util::BodyExt::collect(body))
        .await
        .unwrap();
    assert_eq!(rest.to_bytes(), "");
    in_time(server.task).await.unwrap().unwrap();
}

type Sender = hyper::client::conn::http2::SendRequest<http_body_util::Empty<Bytes>>;

fn get_events() -> Request<http_body_util::Empty<Bytes>> {
    let request = Request::get("http://localhost/events");
    request.body(http_body_util::Empty::new()).unwrap()
}

/// Opens a connection with one stream.
async fn subscribe_by_http2(server: &Server) -> (Sender, Response<hyper::body::Incoming>) {
    let socket = in_time(TcpStream::connect(server.address)).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(socket),
    )
    .await
    .unwrap();
    tokio::spawn(connection);
    let response = in_time(sender.send_request(get_events())).await.unwrap();
    (sender, response)
}

async fn next(body: &mut hyper::body::Incoming) -> Bytes {
    use http_body_util::BodyExt;
    let frame = in_time(body.frame()).await.expect("it ended").unwrap();
    frame.into_data().unwrap()
}

//! The servers that are measured: the hub in two ways, and what it is compared with.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sse_server::{Hub, OutgoingEvent, ServeOptions, SubscriptionBody, serve};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

use crate::histogram::Histogram;

/// A server under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// hyper, with a bounded channel for each connection, through which it gets each event as the same bytes.
    Channels,
    /// hyper, with the bodies of a hub.
    Hub,
    /// `sse_server::serve`.
    Serve,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Channels, Self::Hub, Self::Serve];

    pub fn name(self) -> &'static str {
        match self {
            Self::Channels => "channels",
            Self::Hub => "hub",
            Self::Serve => "serve",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Serves for ever, and prints where: `GET /events` is the stream, `POST /publish` publishes its body, `POST /times` says
/// how long that took, and `POST /drain` ends all streams within so many milliseconds.
pub fn run(kind: Kind, threads: usize) -> io::Result<()> {
    let runtime = runtime(threads)?;
    // On a worker, where the others are.
    let served = runtime.block_on(async move {
        tokio::spawn(async move {
            let listener = listen()?;
            println!("{}", listener.local_addr()?);
            match kind {
                Kind::Channels => accept(listener, Site::new(Channels::default())).await,
                Kind::Hub => accept(listener, Site::new(Hub::builder().spawn())).await,
                Kind::Serve => {
                    let hub = Hub::builder().spawn();
                    let site = Site::new(hub.clone());
                    let options = ServeOptions::new().other(move |request| {
                        Response::new(site.act(request.uri().path(), request.body()))
                    });
                    serve(listener, hub, options).await
                }
            }
        })
        .await
    });
    served.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn runtime(threads: usize) -> io::Result<Runtime> {
    match threads {
        0 | 1 => Builder::new_current_thread().enable_all().build(),
        threads => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build(),
    }
}

/// Listens with room for a crowd that comes at once.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    socket.listen(16_384)
}

/// What publishes, and has streams.
trait Source: Clone + Send + Sync + 'static {
    type Stream: Body<Data = Bytes, Error = Infallible> + Send;

    fn subscribe(&self) -> Response<Self::Stream>;
    fn publish(&self, data: &[u8]);
    /// Ends all streams.
    fn drain(&self, window: Duration);
}

/// A source, and how long it takes to publish.
#[derive(Clone)]
struct Site<S> {
    source: S,
    times: Arc<Mutex<Histogram>>,
}

impl<S: Source> Site<S> {
    fn new(source: S) -> Self {
        Self {
            source,
            times: Arc::default(),
        }
    }

    /// Does what a POST asks for.
    fn act(&self, path: &str, body: &[u8]) -> Bytes {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        match path {
            "/publish" => {
                let start = Instant::now();
                self.source.publish(body);
                let took = start.elapsed().as_nanos();
                times.count(u64::try_from(took).unwrap_or(u64::MAX));
            }
            "/times" => {
                let told = format!("{} {}", times.per_mille(500), times.per_mille(990));
                return Bytes::from(told);
            }
            "/drain" => {
                let milliseconds = std::str::from_utf8(body).map(str::parse);
                let window = milliseconds.ok().and_then(Result::ok).unwrap_or(0);
                self.source.drain(Duration::from_millis(window));
            }
            _ => return Bytes::from_static(b"what?"),
        }
        Bytes::from_static(b"ok")
    }
}

async fn accept<S: Source>(listener: TcpListener, site: Site<S>) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let site = site.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &site));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(socket), service);
            let _ = connection.await;
        });
    }
}

type Answer<S> = Response<Either<<S as Source>::Stream, Full<Bytes>>>;

async fn answer<S: Source>(
    request: Request<Incoming>,
    site: &Site<S>,
) -> Result<Answer<S>, Infallible> {
    if request.method() == Method::GET {
        return Ok(site.source.subscribe().map(Either::Left));
    }
    let (head, body) = request.into_parts();
    let told = match body.collect().await {
        Ok(body) => site.act(head.uri.path(), &body.to_bytes()),
        Err(_) => Bytes::new(),
    };
    Ok(Response::new(Either::Right(Full::new(told))))
}

impl Source for Hub {
    type Stream = SubscriptionBody;

    fn subscribe(&self) -> Response<SubscriptionBody> {
        match Self::subscribe(self, ["events"], None) {
            Ok(subscription) => subscription.into_response(),
            Err(refusal) => refusal.into_response(),
        }
    }

    fn publish(&self, data: &[u8]) {
        let event = OutgoingEvent::new().data(String::from_utf8_lossy(data));
        // Nothing that is published here could be refused; if it were, events would be missing, which is seen.
        let _ = Self::publish(self, "events", &event);
    }

    fn drain(&self, window: Duration) {
        drop(Self::drain(self, window));
    }
}

/// What is commonly done: a list of channels, one for each connection.
#[derive(Clone, Default)]
struct Channels {
    list: Arc<Mutex<List>>,
}

#[derive(Default)]
struct List {
    last_id: u64,
    senders: Vec<mpsc::Sender<Bytes>>,
}

impl Source for Channels {
    type Stream = Receiver;

    fn subscribe(&self) -> Response<Receiver> {
        let (sender, receiver) = mpsc::channel(64);
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.senders.push(sender);
        let mut response = Response::new(Receiver(receiver));
        let headers = response.headers_mut();
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache"),
        ] {
            headers.insert(name, http::HeaderValue::from_static(value));
        }
        response
    }

    fn publish(&self, data: &[u8]) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.last_id += 1;
        let mut block = format!("id: {}\ndata: ", list.last_id).into_bytes();
        block.extend_from_slice(data);
        block.extend_from_slice(b"\n\n");
        let block = Bytes::from(block);
        // Whoever does not keep up is cut off.
        list.senders
            .retain(|sender| sender.try_send(block.clone()).is_ok());
    }

    fn drain(&self, _window: Duration) {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.senders.clear();
    }
}

struct Receiver(mpsc::Receiver<Bytes>);

impl Body for Receiver {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0
            .poll_recv(cx)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

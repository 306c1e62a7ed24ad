//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::answer::Site;
use super::handover::Handover;
use super::idle::{Answer, Requests, Watched};
use super::io::WriteTimeout;
use super::options::ServeOptions;
use super::stream::Stream;
use crate::hub::body::SubscriptionBody;
use crate::hub::log::Log;

/// What all connections of a server are served with.
pub(crate) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    header_timeout: Duration,
    write_timeout: Duration,
}

impl Protocols {
    pub(crate) fn new(options: &ServeOptions) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(options.header_timeout)
            .max_buf_size(MAX_BUFFER_BYTES);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(options.write_timeout)
            .max_send_buf_size(MAX_BUFFER_BYTES)
            // What a client may send before it is read. By default that is 1 MiB.
            .initial_stream_window_size(WINDOW_BYTES)
            .initial_connection_window_size(WINDOW_BYTES)
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(16 * 1024);
        Self {
            http1,
            http2,
            header_timeout: options.header_timeout,
            write_timeout: options.write_timeout,
        }
    }
}

/// Serves one connection to its end.
pub(crate) async fn connect<L: Log>(
    socket: TcpStream,
    peer: SocketAddr,
    site: Arc<Site<L>>,
    protocols: Arc<Protocols>,
    ending: watch::Receiver<()>,
) {
    // Or an event would wait until the one before has been acknowledged. Without it the stream is only slower.
    let _ = socket.set_nodelay(true);
    let mut start = [0; HTTP2_START.len()];
    let seen = timeout(protocols.header_timeout, socket.peek(&mut start)).await;
    let Ok(Ok(1..)) = seen else {
        return;
    };
    // In a box each, which is gone once a stream is written without hyper: an idle stream is to be small.
    if start == HTTP2_START {
        Box::pin(http2(socket, peer, site, protocols, ending)).await;
    } else if let Some(stream) = Box::pin(http1(socket, peer, site, protocols, ending)).await {
        stream.await;
    }
}

/// Answers the requests of a connection, until it ends or one of them is to be answered with an event stream.
async fn http1<L: Log>(
    socket: TcpStream,
    peer: SocketAddr,
    site: Arc<Site<L>>,
    protocols: Arc<Protocols>,
    ending: watch::Receiver<()>,
) -> Option<Stream> {
    let handover = Arc::new(Handover::default());
    let write_timeout = protocols.write_timeout;
    let io = WriteTimeout::new(socket, write_timeout, Some(Arc::clone(&handover)));
    let service = service_fn(|request: Request<Incoming>| async {
        // A client of HTTP/1.0 understands no chunks; hyper knows what to do.
        let chunks = request.version() == Version::HTTP_11;
        let response = site.answer(request, peer).await;
        if chunks && response.body().is_subscription() {
            handover.offer(response);
            return pending().await;
        }
        Ok::<_, Infallible>(response)
    });
    let mut connection = protocols.http1.serve_connection(TokioIo::new(io), service);
    let shut_down = http1::Connection::graceful_shutdown;
    let response = until_end(
        Pin::new(&mut connection),
        shut_down,
        Some(&handover),
        &site,
        ending,
    )
    .await?;
    let socket = connection.into_parts().io.into_inner().into_inner();
    Some(Stream::new(socket, write_timeout, response))
}

/// Answers the requests of a connection, until it ends.
async fn http2<L: Log>(
    socket: TcpStream,
    peer: SocketAddr,
    site: Arc<Site<L>>,
    protocols: Arc<Protocols>,
    ending: watch::Receiver<()>,
) {
    let io = WriteTimeout::new(socket, protocols.write_timeout, None);
    let requests = Requests::default();
    let service = {
        let (site, requests) = (Arc::clone(&site), requests.clone());
        service_fn(move |request| {
            let (site, open) = (Arc::clone(&site), requests.open());
            async move {
                let response = site.answer(request, peer).await;
                Ok::<_, Infallible>(response.map(|body| Answer::new(body, open)))
            }
        })
    };
    let connection = pin!(Watched::new(
        protocols.http2.serve_connection(TokioIo::new(io), service),
        requests,
        protocols.header_timeout,
        http2::Connection::graceful_shutdown,
    ));
    let shut_down = Watched::shut_down;
    until_end(connection, shut_down, None, &site, ending).await;
}

/// Drives a connection, and lets it finish what it is at once the server ends. Returns what is to be written without
/// hyper, if the connection ends that way.
async fn until_end<C: Future, L>(
    mut connection: Pin<&mut C>,
    shut_down: impl Fn(Pin<&mut C>),
    handover: Option<&Handover>,
    site: &Site<L>,
    ending: watch::Receiver<()>,
) -> Option<Response<SubscriptionBody>> {
    let mut ending = pin!(ended(ending));
    let mut ended = false;
    let mut told: Option<Waker> = None;
    poll_fn(|cx| {
        // Asked once for each waker, and when it is known to have happened: a stream is polled for every event.
        let known = told.as_ref().is_some_and(|told| told.will_wake(cx.waker()));
        if !ended && (!known || site.is_ending()) {
            told = Some(cx.waker().clone());
            if ending.as_mut().poll(cx).is_ready() {
                ended = true;
                shut_down(connection.as_mut());
            }
        }
        // A client that leaves in the middle is how most streams end, and the hub's hook reports their end. So errors
        // are of no interest.
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        match handover.and_then(Handover::take) {
            Some(response) => Poll::Ready(Some(response)),
            None => Poll::Pending,
        }
    })
    .await
}

/// Is ready when the server is to end, which it says by dropping the sender.
async fn ended(mut ending: watch::Receiver<()>) {
    while ending.changed().await.is_ok() {}
}

/// What a client of HTTP/2 begins with, and no request of HTTP/1.1 does.
const HTTP2_START: [u8; 3] = *b"PRI";

/// What may wait for a client in hyper's buffer, in bytes.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// The same for what a client of HTTP/2 sends, as the protocol has it by default.
const WINDOW_BYTES: u32 = 65_535;

/// How many requests a connection of HTTP/2 can have open, and so how many streams.
const MAX_STREAMS: u32 = 100;

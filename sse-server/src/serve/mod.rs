//! [`serve`]: a server for a hub that stands on its own (feature `serve`).

mod answer;
mod idle;
mod io;
pub(crate) mod options;
mod origin;

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use answer::Site;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use idle::{Answer, Requests, Watched};
use io::WriteTimeout;
use options::ServeOptions;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::hub::Hub;
use crate::hub::log::Log;

/// Serves the event streams of a hub over HTTP/1.1 and HTTP/2 (feature `serve`): GET of one path subscribes, GET of
/// another says whether the server is well, and everything else is for [`ServeOptions::other`] to answer.
///
/// It sets `TCP_NODELAY`, and bounds what a peer can do: the time that it takes to send a request or to read what is
/// sent, the number of connections, the hosts and origins that requests name, and the memory of each stream, which
/// is that of its buffers (about 64 KiB and a frame for one that does not read; over HTTP/2, a connection has at most
/// 100 streams). It knows no TLS; put it behind a proxy, or serve the hub with a server of your own, as the examples do.
///
/// It never fails because of a peer. It runs until [`ServeOptions::shutdown`] ends it.
///
/// # Errors
///
/// If the listener's own address cannot be read.
///
/// # Cancel safety
///
/// Dropping the future closes the listener and all connections at once.
///
/// # Examples
///
/// ```no_run
/// use sse_server::{Hub, OutgoingEvent, ServeOptions, serve};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let hub = Hub::builder().spawn();
/// let publisher = hub.clone();
/// tokio::spawn(async move {
///     loop {
///         let _ = publisher.publish("events", &OutgoingEvent::new().data("tick"));
///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
///     }
/// });
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// serve(listener, hub, ServeOptions::new()).await
/// # }
/// ```
pub async fn serve<L: Log>(
    listener: TcpListener,
    hub: Hub<L>,
    mut options: ServeOptions,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let shutdown = options.shutdown.take();
    let mut shutdown = pin!(async {
        match shutdown {
            Some(shutdown) => shutdown.await,
            None => std::future::pending().await,
        }
    });
    let site = Arc::new(Site::new(hub.clone(), &options, address.ip()));
    let protocols = Arc::new(Protocols::new(&options));
    let permits = Arc::new(Semaphore::new(
        options.max_connections.min(Semaphore::MAX_PERMITS),
    ));
    let (end, ending) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            () = &mut shutdown => break,
            // Takes those that have ended out of the set.
            Some(_) = connections.join_next() => {}
            (accepted, permit) = next => match accepted {
                Ok((socket, peer)) => {
                    let connection =
                        connect(socket, peer, Arc::clone(&site), Arc::clone(&protocols), ending.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                // Most likely too many files are open, and it would go wrong again until one is closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
    drop(listener);
    let drained = hub.drain(options.drain_window);
    // Connections that wait for a request end now, those with a stream when it ends.
    site.end();
    drop(end);
    let all_ended = async {
        drained.await;
        while connections.join_next().await.is_some() {}
    };
    let _ = timeout(options.drain_window.saturating_add(GRACE), all_ended).await;
    Ok(())
}

/// What all connections of a server are served with.
struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    header_timeout: Duration,
    write_timeout: Duration,
}

impl Protocols {
    fn new(options: &ServeOptions) -> Self {
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
async fn connect<L: Log>(
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
    let io = TokioIo::new(WriteTimeout::new(socket, protocols.write_timeout));
    let service = {
        let site = Arc::clone(&site);
        service_fn(move |request| {
            let site = Arc::clone(&site);
            async move { site.answer(request, peer).await }
        })
    };
    // A client that leaves in the middle is how most streams end, and the hub's hook reports their end. So errors are of
    // no interest. In a box each, since the state of HTTP/2 is several times that of HTTP/1.1.
    if start == HTTP2_START {
        let requests = Requests::default();
        let counted = requests.clone();
        let service = service_fn(move |request| {
            let (open, answer) = (counted.open(), service.call(request));
            async move { Ok::<_, Infallible>(answer.await?.map(|body| Answer::new(body, open))) }
        });
        let connection = Watched::new(
            protocols.http2.serve_connection(io, service),
            requests,
            protocols.header_timeout,
            http2::Connection::graceful_shutdown,
        );
        Box::pin(until_end(connection, Watched::shut_down, site, ending)).await;
    } else {
        let connection = protocols.http1.serve_connection(io, service);
        Box::pin(until_end(
            connection,
            http1::Connection::graceful_shutdown,
            site,
            ending,
        ))
        .await;
    }
}

/// Drives a connection, and lets it finish what it is at once the server ends.
async fn until_end<C: Future, L>(
    connection: C,
    shut_down: impl Fn(Pin<&mut C>),
    site: Arc<Site<L>>,
    ending: watch::Receiver<()>,
) {
    let mut connection = pin!(connection);
    let mut ending = pin!(ended(ending));
    let mut ended = false;
    let mut told: Option<Waker> = None;
    let served = poll_fn(|cx| {
        // Asked once for each waker, and when it is known to have happened: a stream is polled for every event.
        let known = told.as_ref().is_some_and(|told| told.will_wake(cx.waker()));
        if !ended && (!known || site.is_ending()) {
            told = Some(cx.waker().clone());
            if ending.as_mut().poll(cx).is_ready() {
                ended = true;
                shut_down(connection.as_mut());
            }
        }
        connection.as_mut().poll(cx)
    });
    let _ = served.await;
}

/// Is ready when the server is to end, which it says by dropping the sender.
async fn ended(mut ending: watch::Receiver<()>) {
    while ending.changed().await.is_ok() {}
}

/// What a client of HTTP/2 begins with, and no request of HTTP/1.1 does.
const HTTP2_START: [u8; 3] = *b"PRI";

/// How long connections may take to end when the window of the drain is over.
const GRACE: Duration = Duration::from_secs(1);

/// What may wait for a client in hyper's buffer, in bytes. A client that does not read costs this and a frame.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// The same for what a client of HTTP/2 sends, as the protocol has it by default.
const WINDOW_BYTES: u32 = 65_535;

/// How many requests a connection of HTTP/2 can have open, and so how many streams.
const MAX_STREAMS: u32 = 100;

//! A server on hyper whose events the test emits, one by one.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use futures_util::stream;
use http::Request;
use http::request::Parts;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sse_server::{EventStreamResponse, OutgoingEvent};
use sse_tests::program::PATIENCE;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// A server that runs on a thread of its own. Ends when dropped.
pub(crate) struct Server {
    port: u16,
    accepted: Receiver<Connection>,
    _running: oneshot::Sender<()>,
}

/// A request, and the stream that answers it.
pub(crate) struct Connection {
    request: Parts,
    source: UnboundedSender<Item>,
}

type Item = Result<OutgoingEvent<'static>, io::Error>;

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("non-blocking");
        let port = listener.local_addr().expect("an address").port();
        let (sender, accepted) = mpsc::channel();
        let (running, stopped) = oneshot::channel();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    served = serve(listener, sender) => served.expect("connections"),
                    _ = stopped => {}
                }
            });
        });
        Self {
            port,
            accepted,
            _running: running,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Waits for the next request.
    pub(crate) fn accept(&self) -> Connection {
        let accepted = self.accepted.recv_timeout(PATIENCE);
        accepted.expect("the client asks for a stream")
    }
}

impl Connection {
    /// Returns the ID that the client wants to go on behind.
    pub(crate) fn last_event_id(&self) -> Option<String> {
        sse_server::last_event_id(&self.request).map(|id| id.as_str().to_owned())
    }

    /// Returns what the client accepts.
    pub(crate) fn accept(&self) -> &str {
        let accept = self.request.headers.get("accept").expect("Accept");
        accept.to_str().expect("ASCII")
    }

    /// Emits a block.
    pub(crate) fn emit(&self, event: OutgoingEvent<'static>) {
        self.source.send(Ok(event)).expect("the stream is open");
    }

    /// Ends the stream.
    pub(crate) fn end(self) {}

    /// Lets the source fail.
    pub(crate) fn fail(self) {
        let failure = io::Error::other("the source has failed");
        self.source.send(Err(failure)).expect("the stream is open");
    }
}

async fn serve(listener: TcpListener, accepted: Sender<Connection>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let accepted = accepted.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (source, mut items) = unbounded_channel::<Item>();
            let (request, _) = request.into_parts();
            // It fails if the test is over, and then nobody cares.
            let _ = accepted.send(Connection { request, source });
            let source = stream::poll_fn(move |cx| items.poll_recv(cx));
            let response = EventStreamResponse::new(source).into_response();
            async { Ok::<_, io::Error>(response) }
        });
        // It fails when a client leaves or a source fails, which is what tests do.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
    }
}

//! Says hello every two seconds to whoever asks for an event stream, on hyper.
//!
//! ```sh
//! cargo run -p sse-server --example hello
//! curl -N -H 'Accept: text/event-stream' http://127.0.0.1:8080/
//! ```
//!
//! One URL has three answers: a GET that asks for `text/event-stream` gets the events, a browser gets a page that shows
//! them, and anybody else gets `ok`. What is more than that is what any server with streams needs: a log line when a
//! stream ends, and an end that open streams do not hold up.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{Either, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sse_server::{
    EventStreamBody, EventStreamResponse, EventType, LastEventId, NoTimer, OutgoingEvent,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior};

const USAGE: &str = "\
Says hello every two seconds to whoever asks for an event stream.

Usage: hello [ADDRESS:PORT]

  ADDRESS:PORT  where to listen; 127.0.0.1:8080 by default. Port 0 takes a free
                one; the line that is printed at the start says which.
  -h, --help    prints this

Try:  curl -N -H 'Accept: text/event-stream' http://127.0.0.1:8080/
or open that URL in a browser. Ctrl-C or SIGTERM ends it.
";

/// How long connections that are open at the end may take to finish.
const GRACE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let address = match (arguments.next(), arguments.next()) {
        (None, _) => "127.0.0.1:8080".to_owned(),
        (Some(help), None) if help == "-h" || help == "--help" => {
            print(io::stdout(), format_args!("{}", USAGE.trim_end()));
            return ExitCode::SUCCESS;
        }
        (Some(address), None) if !address.starts_with('-') => address,
        (Some(argument), other) => {
            let wrong = other.unwrap_or(argument);
            log(format_args!(
                "{wrong} is one argument too many, or none that I know; see --help"
            ));
            return ExitCode::from(2);
        }
    };
    match listen(&address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let advice = match error.kind() {
                io::ErrorKind::AddrInUse => {
                    "; another program has that port, so give me another: hello ADDRESS:PORT"
                }
                _ => "; see --help for what I expect",
            };
            log(format_args!("cannot listen on {address}: {error}{advice}"));
            ExitCode::FAILURE
        }
    }
}

/// Serves until a signal comes.
async fn listen(address: &str) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let mut signal = pin!(end_signal()?);
    print(
        io::stdout(),
        format_args!("listening on http://{}/", listener.local_addr()?),
    );

    let (end, ending) = watch::channel(false);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, peer)) => {
                    connections.spawn(serve(socket, peer, ending.clone()));
                }
                Err(error) => {
                    log(format_args!("cannot accept a connection: {error}"));
                    // Most likely there are too many, and it would go wrong again until one of them closes.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            // Takes those that have ended out of the set.
            Some(_) = connections.join_next() => {}
            () = &mut signal => break,
        }
    }

    drop(listener);
    end.send_replace(true);
    let all_closed = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all_closed).await.is_err() {
        log(format_args!(
            "some connections are still open; closing them"
        ));
    }
    Ok(())
}

/// Serves one connection.
async fn serve(socket: TcpStream, peer: SocketAddr, ending: watch::Receiver<bool>) {
    // Or an event would wait until the one before has been acknowledged.
    if let Err(error) = socket.set_nodelay(true) {
        log(format_args!("cannot set TCP_NODELAY for {peer}: {error}"));
    }
    let service = service_fn(|request| {
        let response = answer(&request, peer, ending.clone());
        async { Ok::<_, Infallible>(response) }
    });
    // With the timer, hyper closes connections that take their time to send a request.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = ended(ending.clone()) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        // A client that leaves in the middle is how most streams end, and their end is logged by itself.
        let left = error.is_incomplete_message()
            || error
                .source()
                .is_some_and(|source| source.is::<io::Error>());
        if !left {
            log(format_args!("connection of {peer}: {error}"));
        }
    }
}

type Body<S> = Either<EventStreamBody<S, NoTimer>, Full<Bytes>>;

/// Answers a request, by what it asks for.
fn answer<B>(
    request: &Request<B>,
    peer: SocketAddr,
    ending: watch::Receiver<bool>,
) -> Response<Body<impl Stream<Item = OutgoingEvent<'static>> + use<B>>> {
    let method = request.method();
    let mut response = if method == Method::GET && sse_server::accepts_event_stream(request) {
        let hellos = Hellos::new(peer, request).take_until(ended(ending));
        // An event every two seconds leaves a keep-alive nothing to do. A source that may be quiet for longer wants
        // `EventStreamResponse::new`, which comes with the feature `tokio`.
        EventStreamResponse::without_keep_alive(hellos)
            .into_response()
            .map(Either::Left)
    } else if [Method::GET, Method::HEAD].contains(method) && accepts_html(request.headers()) {
        page().map(Either::Right)
    } else {
        text("ok", "text/plain; charset=utf-8").map(Either::Right)
    };
    let headers = response.headers_mut();
    headers.insert(header::VARY, HeaderValue::from(header::ACCEPT));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn text(body: impl Into<Bytes>, content_type: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The page for browsers. It can load nothing, and it runs nothing but its own script.
fn page() -> Response<Full<Bytes>> {
    let nonce = nonce();
    let mut response = text(
        include_str!("hello.html").replace("{nonce}", &nonce),
        "text/html; charset=utf-8",
    );
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("it is printable ASCII");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    // A nonce is good for one response.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A number that nobody can guess: the standard library seeds its hashers with randomness of the operating system.
fn nonce() -> String {
    format!(
        "{:016x}{:016x}",
        RandomState::new().build_hasher().finish(),
        RandomState::new().build_hasher().finish()
    )
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accepts = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok());
    accepts.any(|accept| accept.to_ascii_lowercase().contains("text/html"))
}

/// The source of events. It lives as long as the connection, and its timer with it.
struct Hellos {
    timer: Interval,
    next: u64,
    sent: u64,
    peer: SocketAddr,
}

impl Hellos {
    fn new<B>(peer: SocketAddr, request: &Request<B>) -> Self {
        let mut timer = tokio::time::interval(Duration::from_secs(2));
        // A client that was slow gets the next hello two seconds after this one, not a bunch of them.
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let seen = sse_server::last_event_id(request).and_then(|id| id.as_str().parse().ok());
        // A client may send what it likes: what is no number of ours, or leaves no room to count on, is ignored.
        let seen = seen.filter(|seen| *seen < u64::MAX / 2).unwrap_or(0);
        Self {
            timer,
            next: seen + 1,
            sent: 0,
            peer,
        }
    }
}

impl Stream for Hellos {
    type Item = OutgoingEvent<'static>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        ready!(self.timer.poll_tick(cx));
        let event = OutgoingEvent::new()
            .event_type(EventType::from_static("message"))
            .data("hello")
            .last_event_id(LastEventId::from(self.next));
        self.next += 1;
        self.sent += 1;
        Poll::Ready(Some(event))
    }
}

impl Drop for Hellos {
    fn drop(&mut self) {
        let (peer, sent) = (self.peer, self.sent);
        let plural = if sent == 1 { "" } else { "s" };
        log(format_args!(
            "stream of {peer} ended after {sent} event{plural}"
        ));
    }
}

/// Waits until the server is to end.
async fn ended(mut ending: watch::Receiver<bool>) {
    // It fails if the sender is gone, which comes to the same.
    let _ = ending.wait_for(|ending| *ending).await;
}

/// Returns what waits for Ctrl-C or SIGTERM, and sees them from now on.
#[cfg(unix)]
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the signal ends the program by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

fn log(line: fmt::Arguments<'_>) {
    print(io::stderr(), line);
}

/// Prints a line; where nobody reads it any more, that is no reason to end.
fn print(mut to: impl Write, line: fmt::Arguments<'_>) {
    let _ = writeln!(to, "{line}");
}

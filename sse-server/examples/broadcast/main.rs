//! Broadcasts what is published to everybody who listens, with a page to try it in a browser.
//!
//! ```sh
//! cargo run -p sse-server --features serve --example broadcast
//! curl -N http://127.0.0.1:8080/events
//! curl -d hello http://127.0.0.1:8080/publish
//! ```
//!
//! Open <http://127.0.0.1:8080/> in some windows. Stop the program and start it again to see what a gap looks like.
//! A browser opens at most six connections to a server over HTTP/1.1, over all its windows, and an event stream takes
//! one for as long as it lives: the seventh window waits. Over HTTP/2 there is no such limit, but browsers speak that
//! with TLS only, so it takes a proxy in front.
//!
//! `THREADS=N` sets on how many threads it runs: 1 by default.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use sse_server::{Hub, OutgoingEvent, ServeOptions, serve};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

fn main() -> ExitCode {
    let threads = std::env::var("THREADS")
        .ok()
        .and_then(|threads| threads.parse().ok());
    let runtime = match threads {
        None | Some(0 | 1) => Builder::new_current_thread().enable_all().build(),
        Some(threads) => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build(),
    };
    match runtime.map_err(Into::into).and_then(|runtime| {
        // On a worker, not on the thread that waits for it.
        runtime.block_on(async { tokio::spawn(run()).await? })
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print(io::stderr(), format_args!("broadcast: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let listener = TcpListener::bind(&address)
        .await
        .map_err(|error| format!("cannot listen on {address}: {error}; give me ADDRESS:PORT"))?;
    print(
        io::stdout(),
        format_args!("listening on http://{}/", listener.local_addr()?),
    );

    let hub = Hub::builder().on_end(|ended| {
        let (reason, delivered) = (ended.reason(), ended.delivered());
        print(
            io::stderr(),
            format_args!("a stream ended after {delivered} events: {reason:?}"),
        );
    });
    let hub = hub.spawn();
    let publisher = hub.clone();
    let options = ServeOptions::new()
        .drain_window(Duration::from_secs(2))
        .shutdown(end_signal()?)
        .other(move |request| answer(&request, &publisher));
    serve(listener, hub, options).await?;
    Ok(())
}

fn answer(request: &Request<Bytes>, hub: &Hub) -> Response<Bytes> {
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => page("text/html; charset=utf-8", include_str!("page.html")),
        (&Method::GET, "/page.css") => page("text/css; charset=utf-8", include_str!("page.css")),
        (&Method::GET, "/page.js") => {
            page("text/javascript; charset=utf-8", include_str!("page.js"))
        }
        (&Method::POST, "/publish") => match publish(request.body(), hub) {
            Ok(id) => text(StatusCode::OK, format!("{id}\n")),
            Err(error) => text(StatusCode::BAD_REQUEST, format!("{error}\n")),
        },
        _ => text(StatusCode::NOT_FOUND, "try / or /events\n".to_owned()),
    }
}

fn publish(body: &[u8], hub: &Hub) -> Result<String, Box<dyn Error>> {
    let data = std::str::from_utf8(body)?;
    Ok(hub
        .publish("events", &OutgoingEvent::new().data(data))?
        .to_string())
}

fn text(status: StatusCode, text: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// A part of the page. The page loads nothing but these, and talks to nobody but this server.
fn page(content_type: &'static str, content: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(content.as_bytes()));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    );
    response
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

/// Prints a line; where nobody reads it any more, that is no reason to end.
fn print(mut to: impl Write, line: fmt::Arguments<'_>) {
    let _ = writeln!(to, "{line}");
}

//! Responses as they come out of a real HTTP/1.1 connection, served by hyper over loopback.

mod support;

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sse_server::{EventStreamResponse, LastEventId, OutgoingEvent, SourceItem};
use support::{Clock, data, fed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Nothing here takes long, so a wait of this length means that something hangs.
const DEADLINE: Duration = Duration::from_secs(30);

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("it hangs")
}

/// Serves one connection with one source, and tells how the connection ended.
async fn serve<S>(
    source: impl FnOnce(&Request<Incoming>) -> S + Send + 'static,
) -> (TcpStream, oneshot::Receiver<bool>)
where
    S: Stream + Send + 'static,
    S::Item: SourceItem<Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send,
    <S::Item as SourceItem>::Error: Send,
{
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    let (connection, _) = listener.accept().await.unwrap();
    let (ended, end) = oneshot::channel();
    tokio::spawn(async move {
        let source = std::sync::Mutex::new(Some(source));
        let service = service_fn(|request| {
            let source = source
                .lock()
                .unwrap()
                .take()
                .expect("one request a connection");
            let response =
                EventStreamResponse::with_timer(source(&request), Clock).vary_accept(true);
            async move { Ok::<_, std::convert::Infallible>(response.into_response()) }
        });
        let served = http1::Builder::new()
            .serve_connection(TokioIo::new(connection), service)
            .await;
        let _ = ended.send(served.is_ok());
    });
    (client, end)
}

async fn send(client: &mut TcpStream, head: &str) {
    in_time(client.write_all(format!("{head}\r\nHost: localhost\r\n\r\n").as_bytes()))
        .await
        .unwrap();
}

/// Reads up to and with `end`.
async fn read_until(client: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        let seen = String::from_utf8_lossy(&text).into_owned();
        let byte = in_time(client.read_u8()).await;
        text.push(byte.unwrap_or_else(|error| panic!("{error} after {seen:?} instead of {end:?}")));
    }
    String::from_utf8(text).unwrap()
}

fn chunk(text: &str) -> String {
    format!("{:X}\r\n{text}\r\n", text.len())
}

const LAST_CHUNK: &str = "0\r\n\r\n";

async fn read_to_end(client: &mut TcpStream) -> String {
    let mut text = String::new();
    in_time(client.read_to_string(&mut text)).await.unwrap();
    text
}

#[tokio::test]
async fn head_and_first_byte_go_out_before_the_first_event() {
    let (_events, source, _) = fed::<OutgoingEvent<'static>>();
    let (mut client, _) = serve(|_| source).await;
    send(&mut client, "GET / HTTP/1.1").await;
    let head = read_until(&mut client, "\r\n\r\n")
        .await
        .to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    for line in [
        "content-type: text/event-stream",
        "cache-control: no-cache, no-store, no-transform",
        "x-accel-buffering: no",
        "vary: accept",
        "transfer-encoding: chunked",
    ] {
        assert!(
            head.contains(&format!("\r\n{line}\r\n")),
            "{line} is not in {head}"
        );
    }
    assert!(!head.contains("content-length"), "{head}");
    assert_eq!(read_until(&mut client, ":\n\r\n").await, "2\r\n:\n\r\n");
}

#[tokio::test]
async fn each_event_goes_out_when_it_comes() {
    let (events, source, _) = fed();
    let (mut client, end) = serve(|_| source).await;
    send(&mut client, "GET / HTTP/1.1\r\nConnection: close").await;
    read_until(&mut client, "2\r\n:\n\r\n").await;
    for n in 1..=3 {
        events
            .send(data(n.to_string()).last_event_id(LastEventId::from(n)))
            .unwrap();
        // The next one is only sent when this one has arrived.
        let expected = chunk(&format!("id: {n}\ndata: {n}\n\n"));
        assert_eq!(read_until(&mut client, "\n\n\r\n").await, expected);
    }
    drop(events);
    assert_eq!(read_to_end(&mut client).await, LAST_CHUNK);
    assert!(in_time(end).await.unwrap());
}

#[tokio::test]
async fn the_end_of_a_ready_source_ends_the_response() {
    let (mut client, _) = serve(|_| stream::iter([data("a"), data("b")])).await;
    send(&mut client, "GET / HTTP/1.1\r\nConnection: close").await;
    read_until(&mut client, "\r\n\r\n").await;
    assert_eq!(
        read_to_end(&mut client).await,
        chunk("data: a\n\ndata: b\n\n") + LAST_CHUNK
    );
}

#[tokio::test]
async fn a_source_that_fails_cuts_the_response_behind_its_events() {
    let (mut client, end) = serve(|_| stream::iter([Ok(data("a")), Err("broken")])).await;
    send(&mut client, "GET / HTTP/1.1\r\nConnection: close").await;
    read_until(&mut client, "\r\n\r\n").await;
    // All that was ready has arrived, and the last chunk that would say "complete" has not.
    assert_eq!(read_to_end(&mut client).await, chunk("data: a\n\n"));
    assert!(!in_time(end).await.unwrap());
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_source() {
    let (_events, source, dropped) = fed::<OutgoingEvent<'static>>();
    let (mut client, _) = serve(|_| source).await;
    send(&mut client, "GET / HTTP/1.1").await;
    read_until(&mut client, "2\r\n:\n\r\n").await;
    drop(client);
    assert!(
        in_time(dropped).await.is_err(),
        "the sender is dropped with the source"
    );
}

#[tokio::test]
async fn a_client_can_go_on_where_it_left() {
    for request in [
        "GET /?lastEventId=3 HTTP/1.1\r\nLast-Event-ID: 7",
        "GET /?lastEventId=7 HTTP/1.1",
    ] {
        let (mut client, _) = serve(|request: &Request<Incoming>| {
            let seen: u64 = sse_server::last_event_id(request)
                .unwrap()
                .as_str()
                .parse()
                .unwrap();
            stream::iter([seen + 1]).map(|n| data("next").last_event_id(LastEventId::from(n)))
        })
        .await;
        send(&mut client, &format!("{request}\r\nConnection: close")).await;
        read_until(&mut client, "\r\n\r\n").await;
        assert_eq!(
            read_to_end(&mut client).await,
            chunk("id: 8\ndata: next\n\n") + LAST_CHUNK
        );
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_its_source() {
    let (taken, mut count) = tokio::sync::watch::channel(0_u64);
    let event = data("x".repeat(64 * 1024));
    let source = stream::iter(std::iter::repeat(event))
        .inspect(move |_| taken.send_modify(|taken| *taken += 1));
    let (mut client, _) = serve(|_| source).await;
    send(&mut client, "GET / HTTP/1.1").await;
    // Until nothing more is taken, however often all tasks have their turn.
    let mut quiet = 0;
    while quiet < 1000 {
        tokio::task::yield_now().await;
        quiet = if count.has_changed().unwrap() {
            0
        } else {
            quiet + 1
        };
        // What the buffers of hyper and of the sockets hold, and nothing near what piles up without backpressure.
        let taken = *count.borrow_and_update();
        assert!(taken < 1024, "{taken} events of 64 KiB");
    }
    drop(client);
    in_time(async { while count.changed().await.is_ok() {} }).await;
}

//! Streams over HTTP/2 and TLS, by this crate's own HTTP client: they arrive, are resumed, and a dead connection is noticed
//! and not used again. And over HTTP/1.1 and TLS, since the server chooses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use h2::Reason;
use h2::server::{Connection, SendResponse};
use http::{Request, Response};
use sse_client::Updates;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::{Expect, Identity, OK, advance, builder, flowing, run, trusted};

/// What a server does with a connection, behind the event that it sends on each.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// Keeps it open.
    Hold,
    /// Ends the body.
    End,
    /// Breaks off the body.
    Reset,
    /// Closes the connection, and says so.
    GoAway,
    /// Is silent from the moment on that it is told to, and answers nothing, not even to a ping.
    Die,
}

/// A server that speaks HTTP/2, with a word on each connection in their order.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Request<()>>>>,
    die: watch::Sender<bool>,
}

impl Server {
    async fn start(identity: &Identity, words: impl IntoIterator<Item = Then>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/stream", listener.local_addr().unwrap());
        let acceptor = identity.acceptor(b"h2");
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let (die, _) = watch::channel(false);
        let server = Self {
            url,
            requests: Arc::clone(&requests),
            die: die.clone(),
        };
        let words: Vec<_> = words.into_iter().collect();
        tokio::spawn(async move {
            for then in words {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, requests) = (acceptor.clone(), Arc::clone(&requests));
                tokio::spawn(serve(stream, acceptor, requests, then, die.subscribe()));
            }
        });
        server
    }

    /// The last event IDs that were sent, one for each connection, since each has one request.
    fn last_event_ids(&self) -> Vec<Option<String>> {
        let requests = self.requests.lock().unwrap();
        let id = |request: &Request<()>| {
            let id = request.headers().get("last-event-id")?;
            Some(id.to_str().unwrap().to_owned())
        };
        requests.iter().map(id).collect()
    }
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    requests: Arc<Mutex<Vec<Request<()>>>>,
    then: Then,
    mut die: watch::Receiver<bool>,
) {
    let stream = acceptor.accept(stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut connection: Connection<TlsStream<TcpStream>, Bytes> =
        h2::server::handshake(stream).await.unwrap();
    let (request, response) = connection.accept().await.unwrap().unwrap();
    let number = {
        let mut requests = requests.lock().unwrap();
        requests.push(request.map(|_| ()));
        requests.len()
    };
    answer(number, response, then);
    if let Then::GoAway = then {
        connection.graceful_shutdown();
    }
    let serving = async {
        while let Some(another) = connection.accept().await {
            assert!(another.is_err(), "a second request on one connection");
        }
    };
    match then {
        Then::Die => {
            tokio::select! {
                () = serving => panic!("closed before its time"),
                _ = die.wait_for(|&die| die) => {}
            }
            // The socket stays open, and nobody looks at it.
            std::future::pending::<()>().await;
        }
        _ => serving.await,
    }
}

/// Sends an event with the number of the connection.
fn answer(number: usize, mut response: SendResponse<Bytes>, then: Then) {
    let head = Response::builder()
        .header("content-type", "text/event-stream")
        .body(())
        .unwrap();
    let mut body = response.send_response(head, false).unwrap();
    let event = format!("id: {number}\ndata: {number}\n\n");
    let is_end = matches!(then, Then::End | Then::GoAway);
    body.send_data(event.into(), is_end).unwrap();
    if let Then::Reset = then {
        body.send_reset(Reason::INTERNAL_ERROR);
    }
    if !is_end {
        // To drop it would be to reset it.
        tokio::spawn(async move {
            let _ = std::future::poll_fn(|cx| body.poll_reset(cx)).await;
        });
    }
}

async fn open(server: &Server) -> Updates {
    let mut updates = builder(&server.url).build().unwrap().updates();
    updates.expect_open().await;
    updates.expect_event("1").await;
    updates
}

#[test]
fn a_stream_is_resumed_on_a_new_connection() {
    let Some(identity) = trusted("http2::a_stream_is_resumed_on_a_new_connection") else {
        return;
    };
    run(async {
        for then in [Then::End, Then::GoAway] {
            let server = Server::start(&identity, [then, Then::Hold]).await;
            let mut updates = open(&server).await;
            let (delay, _, cause) = updates.expect_reconnecting().await;
            assert!(cause.is_end_of_body(), "{then:?}: {cause:?}");
            advance(delay).await;
            updates.expect_open().await;
            updates.expect_event("2").await;
            assert_eq!(server.last_event_ids(), [None, Some("1".to_owned())]);
        }
    });
}

#[test]
fn a_stream_that_is_broken_off_is_resumed() {
    let Some(identity) = trusted("http2::a_stream_that_is_broken_off_is_resumed") else {
        return;
    };
    run(async {
        // What was sent before may be lost with it.
        let server = Server::start(&identity, [Then::Reset, Then::Hold]).await;
        let mut updates = builder(&server.url).build().unwrap().updates();
        let mut causes = Vec::new();
        loop {
            match flowing(updates.next()).await.unwrap() {
                sse_client::Update::Event(event) if event.data() == "2" => break,
                sse_client::Update::Reconnecting { cause, .. } => causes.push(cause),
                _ => {}
            }
        }
        let [cause] = &causes[..] else {
            panic!("{causes:?}");
        };
        assert!(!cause.is_final() && !cause.is_end_of_body(), "{cause:?}");
    });
}

#[test]
fn a_dead_connection_is_noticed_by_its_pings_and_not_used_again() {
    let Some(identity) =
        trusted("http2::a_dead_connection_is_noticed_by_its_pings_and_not_used_again")
    else {
        return;
    };
    run(async {
        let server = Server::start(&identity, [Then::Die, Then::Hold]).await;
        let mut updates = open(&server).await;
        server.die.send_replace(true);
        // Without any timeout of this crate: those are off. Half a minute until the ping, 20 seconds for its answer.
        let mut waited = Duration::ZERO;
        let (delay, _, cause) = loop {
            if let Some(update) = updates.next().now_or_never() {
                let Some(sse_client::Update::Reconnecting {
                    delay,
                    attempt,
                    cause,
                    ..
                }) = update
                else {
                    panic!("{update:?}");
                };
                break (delay, attempt, cause);
            }
            advance(Duration::from_millis(100)).await;
            tokio::task::yield_now().await;
            waited += Duration::from_millis(101);
            assert!(
                waited < Duration::from_secs(120),
                "a dead connection is not noticed"
            );
        };
        assert!(waited > Duration::from_secs(40), "{waited:?}");
        assert_eq!(cause.to_string(), "connection lost");
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("2").await;
        assert_eq!(server.last_event_ids(), [None, Some("1".to_owned())]);
    });
}

#[test]
fn a_connection_that_a_timeout_has_given_up_is_not_used_again() {
    let Some(identity) =
        trusted("http2::a_connection_that_a_timeout_has_given_up_is_not_used_again")
    else {
        return;
    };
    run(async {
        let server = Server::start(&identity, [Then::Die, Then::Hold]).await;
        let mut updates = builder(&server.url)
            .idle_timeout(Some(Duration::from_secs(10)))
            .build()
            .unwrap()
            .updates();
        updates.expect_open().await;
        updates.expect_event("1").await;
        server.die.send_replace(true);
        assert!(updates.next().now_or_never().is_none());
        advance(Duration::from_secs(10)).await;
        let (delay, _, cause) = updates.expect_reconnecting().await;
        assert!(cause.is_timeout());
        advance(delay).await;
        updates.expect_open().await;
        // On another connection, or it would never come.
        updates.expect_event("2").await;
    });
}

#[test]
fn a_stream_over_http_1_and_tls() {
    let Some(identity) = trusted("http2::a_stream_over_http_1_and_tls") else {
        return;
    };
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let acceptor = identity.acceptor(b"http/1.1");
        tokio::spawn(async move {
            for number in 1..=2 {
                let (stream, _) = listener.accept().await.unwrap();
                let mut stream = acceptor.accept(stream).await.unwrap();
                let event = format!("{OK}id: {number}\ndata: {number}\n\n");
                stream.write_all(event.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        let mut updates = builder(&url).build().unwrap().updates();
        updates.expect_open().await;
        updates.expect_event("1").await;
        advance(updates.expect_reconnecting().await.0).await;
        updates.expect_open().await;
        updates.expect_event("2").await;
    });
}

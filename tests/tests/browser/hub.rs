//! A hub whose server goes and comes back, in a browser: what was missed is replayed. A hub over HTTP/2 and TLS, where a page
//! can have more streams than six. And pages of other origins.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::generate_simple_self_signed;
use serde_json::json;
use sse_server::{Hub, HubBuilder, OutgoingEvent, ServeOptions, SubscriptionBody, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::chromium::Chromium;
use crate::page::Page;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn hub(runtime: &Runtime, builder: HubBuilder) -> Hub {
    let _inside = runtime.enter();
    builder.epoch(7).spawn()
}

fn publish(hub: &Hub, text: &str) {
    let event = OutgoingEvent::new().data(text);
    hub.publish("events", &event).expect("published");
}

/// Listens with an `EventSource`, and shows all that comes in the page.
const LISTEN: &str = "
    globalThis.heard = [];
    globalThis.source = new EventSource('/events');
    for (const type of ['message', 'gap']) {
        source.addEventListener(type, (event) => {
            heard.push([event.type, event.data, event.lastEventId]);
            document.body.append(`(${event.type} ${event.data})`);
        });
    }
    source.addEventListener('open', () => document.body.append('(open)'));
    source.addEventListener('error', () => document.body.append('(error)'));";

fn heard(page: &Page<'_>) -> serde_json::Value {
    page.evaluate("heard")
}

#[test]
fn what_was_missed_while_the_server_was_gone_is_replayed() {
    let runtime = runtime();
    let hub = hub(
        &runtime,
        Hub::builder()
            .max_events(3)
            .reconnection_time(std::time::Duration::from_millis(100)),
    );
    let options = || ServeOptions::new().other(|_| blank_page());
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = runtime.spawn(serve(listener, hub.clone(), options()));
    let chromium = Chromium::start();
    let page = chromium.page();
    page.go(&format!("http://{address}/"));
    page.run(LISTEN);
    page.wait_for_text("(open)");
    publish(&hub, "one");
    page.wait_for_text("(message one)");

    let restart = |server: tokio::task::JoinHandle<_>, missed: &[&str]| {
        server.abort();
        let _ = runtime.block_on(server);
        for text in missed {
            publish(&hub, text);
        }
        let listener = runtime.block_on(listen(address));
        runtime.spawn(serve(listener, hub.clone(), options()))
    };
    let server = restart(server, &["two", "three"]);
    page.wait_for_text("(message three)");
    let expected = json!([
        ["message", "one", "7-1"],
        ["message", "two", "7-2"],
        ["message", "three", "7-3"]
    ]);
    assert_eq!(heard(&page), expected);
    // More than the log holds: a gap, then what is there.
    let server = restart(server, &["four", "five", "six", "seven", "eight"]);
    page.wait_for_text("(message eight)");
    let heard = heard(&page);
    let heard = heard.as_array().expect("a list");
    let expected = [
        json!(["gap", "{\"after\":null,\"through\":\"7-5\"}", "7-5"]),
        json!(["message", "six", "7-6"]),
        json!(["message", "seven", "7-7"]),
        json!(["message", "eight", "7-8"]),
    ];
    assert_eq!(heard[3..], expected);
    server.abort();
}

/// Listens on a port that was used until now.
async fn listen(address: SocketAddr) -> TcpListener {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket
        .set_reuseaddr(true)
        .expect("a port that is used again");
    socket.bind(address).expect("the port is still free");
    socket.listen(64).expect("it listens")
}

#[test]
fn a_page_of_another_origin_reads_what_it_is_allowed_to() {
    let runtime = runtime();
    let hub = hub(&runtime, Hub::builder());
    publish(&hub, "one");
    let start = |options: ServeOptions| {
        let listener = TcpListener::bind("127.0.0.1:0");
        let listener = runtime.block_on(listener).expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        runtime.spawn(serve(listener, hub.clone(), options));
        origin
    };
    let site = start(ServeOptions::new().other(|_| blank_page()));
    let closed = start(ServeOptions::new());
    let open = start(ServeOptions::new().allowed_origins([&*site]));
    let with_cookies = start(
        ServeOptions::new()
            .allowed_origins([&*site])
            .allow_credentials(true),
    );
    let chromium = Chromium::start();
    let page = chromium.page();
    page.go(&site);
    page.run(
        "globalThis.show = (words) => document.body.append(`(${words})`);
         globalThis.listen = (name, origin, withCredentials) => {
             const source = new EventSource(`${origin}/events`, {withCredentials});
             source.addEventListener('open', () => show(`${name} open`));
             source.addEventListener('error', () => show(`${name} error ${source.readyState}`));
         };
         // The header makes the browser ask first whether it may send it.
         globalThis.read = async (name, origin) => {
             try {
                 const answer = await fetch(`${origin}/events`, {headers: {'Last-Event-ID': '7-0'}});
                 const chunk = await answer.body.getReader().read();
                 show(`${name} ${new TextDecoder().decode(chunk.value)}`);
             } catch (error) {
                 show(`${name} ${error.name}`);
             }
         };",
    );
    // In the order in which a browser says it: connecting is 0, open is 1, closed is 2.
    for (script, expected) in [
        (format!("listen('1', '{closed}', false)"), "(1 error 2)"),
        (format!("listen('2', '{open}', false)"), "(2 open)"),
        (format!("listen('3', '{open}', true)"), "(3 error 2)"),
        (format!("listen('4', '{with_cookies}', true)"), "(4 open)"),
        (format!("read('5', '{closed}')"), "(5 TypeError)"),
        (format!("read('6', '{open}')"), "(6 id: 7-1 data: one"),
    ] {
        page.run(&script);
        page.wait_for_text(expected);
    }
}

fn blank_page() -> http::Response<Bytes> {
    let html = b"<!doctype html><title>hub</title><body>";
    let mut page = http::Response::new(Bytes::from_static(html));
    let html = http::HeaderValue::from_static("text/html");
    page.headers_mut().insert("content-type", html);
    page
}

#[test]
fn over_http2_and_tls_a_page_has_as_many_streams_as_it_likes() {
    let runtime = runtime();
    let again = std::time::Duration::from_millis(100);
    let hub = hub(&runtime, Hub::builder().reconnection_time(again));
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let acceptor = acceptor();
    let server = runtime.spawn(serve_tls(listener, acceptor.clone(), hub.clone()));
    let chromium = Chromium::start();
    let page = chromium.page();
    page.go(&format!("https://{address}/"));
    page.run(
        "globalThis.sources = [];
         for (let n = 0; n < 10; n++) {
             const source = new EventSource('/events');
             source.addEventListener('open', () => document.body.append(`(open ${n})`));
             source.addEventListener('message', (event) => document.body.append(`(${n} ${event.data} ${event.lastEventId})`));
             sources.push(source);
         }",
    );
    for n in 0..10 {
        page.wait_for_text(&format!("(open {n})"));
    }
    publish(&hub, "x");
    for n in 0..10 {
        page.wait_for_text(&format!("({n} x 7-1)"));
    }
    let protocol = page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol");
    assert_eq!(protocol, "h2");

    // The server goes and comes back: each stream goes on where it was.
    server.abort();
    let _ = runtime.block_on(server);
    publish(&hub, "y");
    let listener = runtime.block_on(listen(address));
    let _server = runtime.spawn(serve_tls(listener, acceptor, hub.clone()));
    for n in 0..10 {
        page.wait_for_text(&format!("({n} y 7-2)"));
    }
    let messages = page.evaluate("document.body.textContent.match(/ [xy] 7-/g).length");
    assert_eq!(messages, 20, "each event once");
    page.run("for (const source of sources) source.close();");
    runtime.block_on(async {
        let gone = async {
            while hub.statistics().subscribers > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::chromium::PATIENCE, gone)
            .await
            .expect("their end is noticed");
    });
}

/// Makes what speaks TLS, for HTTP/2, with a certificate that nobody knows.
fn acceptor() -> TlsAcceptor {
    let made = generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .expect("a key");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Serves a page and a hub by TLS and HTTP/2. When it is dropped, all connections are.
async fn serve_tls(listener: TcpListener, acceptor: TlsAcceptor, hub: Hub) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (acceptor, hub) = (acceptor.clone(), hub.clone());
        connections.spawn(async move {
            // The browser may try connections that it does not use.
            let Ok(socket) = acceptor.accept(socket).await else {
                return;
            };
            let service = service_fn(move |request| {
                let response = answer(&request, &hub);
                async move { Ok::<_, Infallible>(response) }
            });
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

fn answer<B>(
    request: &http::Request<B>,
    hub: &Hub,
) -> http::Response<Either<SubscriptionBody, Full<Bytes>>> {
    if request.uri().path() != "/events" {
        return blank_page().map(|page| Either::Right(Full::new(page)));
    }
    let id = sse_server::last_event_id(request);
    let subscription = hub
        .subscribe(["events"], id.as_ref())
        .expect("there is room");
    subscription.into_response().map(Either::Left)
}

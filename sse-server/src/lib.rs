//! Sends event streams (`text/event-stream`) from any server that is built on the types of `http` and
//! `http_body`: hyper, axum, tower, tonic and others. [`EventStreamResponse`] turns a stream of events into a response
//! for one client; [`Hub`] publishes events to many, and again to those who come back.
//!
//! The neighbours: to write or read the bytes of an event stream without HTTP, take `sse-codec`; to receive events,
//! with reconnection, take `sse-client`.
//!
//! | what you want | what you use | feature |
//! |---|---|---|
//! | to send events to all who listen, and nothing else | [`Hub`] and `serve` | `serve` |
//! | the same, as a part of your own server | [`Hub`]; a [`Subscription`] becomes the response | `tokio`, `axum` |
//! | to send a stream of events to one client | [`EventStreamResponse`] | `tokio`, `axum` |
//!
//! # Events for one client
//!
//! A source of events is a [`Stream`](futures_core::Stream) of [`OutgoingEvent`]s, or of `Result`s of them.
//! [`EventStreamResponse`] makes the response: its head, a first byte at once, and a comment whenever the source has
//! been quiet for 15 seconds. [`last_event_id`] says where a client that reconnects wants to go on, and
//! [`accepts_event_stream`] whether it asked for events at all.
//!
//! ```
//! # #[cfg(not(feature = "tokio"))]
//! # fn main() {}
//! # #[cfg(feature = "tokio")]
//! # fn main() { tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run()) }
//! # #[cfg(feature = "tokio")]
//! # async fn run() {
//! use futures_util::stream::{self, Stream, StreamExt};
//! use http::{Request, Response};
//! use http_body_util::BodyExt;
//! use sse_server::{EventStreamResponse, LastEventId, OutgoingEvent};
//!
//! // What an application does: events 1 to 3, or those that the client has not seen yet.
//! fn ticks(after: u64) -> impl Stream<Item = OutgoingEvent<'static>> {
//!     stream::iter((after + 1)..=3)
//!         .map(|n| OutgoingEvent::new().last_event_id(LastEventId::from(n)).data("tick"))
//! }
//!
//! let handler = |request: Request<()>| {
//!     let after = sse_server::last_event_id(&request).and_then(|id| id.as_str().parse().ok());
//!     EventStreamResponse::new(ticks(after.unwrap_or(0))).into_response()
//! };
//!
//! let request = Request::builder().header("Last-Event-ID", "1").body(()).unwrap();
//! let response: Response<_> = handler(request);
//! assert_eq!(response.headers()["content-type"], "text/event-stream");
//! let body = response.into_body().collect().await.unwrap().to_bytes();
//! assert_eq!(body, "id: 2\ndata: tick\n\nid: 3\ndata: tick\n\n");
//! # }
//! ```
//!
//! With hyper, such a handler is the function that `service_fn` takes; the whole of a server, with a page for browsers
//! and a clean end, is `examples/hello.rs`.
//!
//! # One publisher, many subscribers
//!
//! A [`Hub`] encodes an event once, gives it an ID, and keeps it in a bounded log, which all subscribers read at their
//! own pace. A client that reconnects is sent what it has missed, and is told if that is no longer there.
//!
//! ```
//! use http::{Request, Response};
//! use sse_server::{Hub, OutgoingEvent, SubscriptionBody};
//!
//! fn handle(request: &Request<()>, hub: &Hub) -> Response<SubscriptionBody> {
//!     match hub.subscribe(["news"], sse_server::last_event_id(request).as_ref()) {
//!         Ok(subscription) => subscription.into_response(),
//!         Err(refusal) => refusal.into_response(),
//!     }
//! }
//!
//! // The driver wakes the subscribers: spawn it, as `HubBuilder::spawn` (feature `tokio`) does.
//! let (hub, driver) = Hub::new();
//! let response = handle(&Request::new(()), &hub);
//! hub.publish("news", &OutgoingEvent::new().data("hello"))?;
//! # drop(driver);
//! # Ok::<(), sse_server::PublishError>(())
//! ```
//!
//! A client whose next event is no longer in the log is sent an event of the type `gap`, with an ID of its own and the
//! data `{"after":"…","through":"…"}`: what was published behind `after` (or `null`, if that is not known) up to `through`
//! may be missing. [`Outcome`] tells the application of it, and [`GapPolicy`] and [`HubBuilder::gap_event_type`] change it.
//!
//! Where the hub is all that there is to serve, `serve` is the server (feature `serve`): GET of `/events` subscribes.
//!
//! ```no_run
//! # #[cfg(not(feature = "serve"))]
//! # fn main() {}
//! # #[cfg(feature = "serve")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use sse_server::{Hub, ServeOptions, serve};
//!
//! let hub = Hub::builder().spawn();
//! // A clone of the hub publishes, in a task or a thread: `hub.publish("events", &event)`.
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! serve(listener, hub, ServeOptions::new()).await
//! # }
//! ```
//!
//! # Frameworks
//!
//! | server | what a handler returns | feature | example |
//! |---|---|---|---|
//! | none | `serve(listener, hub, options)` is the server | `serve` | `broadcast` |
//! | hyper, tower, tonic | the [`Response`](http::Response), as it is | | `hub_hyper`, `hello` |
//! | axum | [`Subscription`], [`Refusal`] or [`EventStreamResponse`]; `Resume` extracts the last event ID | `axum` | `hub_axum` |
//! | warp | the response, with a body made of [`into_bytes_stream`](SubscriptionBody::into_bytes_stream) | | `hub_warp` |
//! | actix-web | a response made of the head and [`into_bytes_stream`](SubscriptionBody::into_bytes_stream) | | `hub_actix` |
//! | others | the same, where a body can be a stream of bytes | | |
//!
//! # What a response promises
//!
//! - The status is 200, the only one that a browser's `EventSource` accepts. The headers are
//!   `Content-Type: text/event-stream`, `Cache-Control: no-cache, no-store, no-transform` and `X-Accel-Buffering: no`;
//!   with [`vary_accept`](EventStreamResponse::vary_accept) also `Vary: Accept`.
//! - The first poll of the body yields bytes, so the head reaches the client without waiting for the first event.
//! - Events that are ready together are written together, up to 64 KiB in one chunk.
//! - Nothing is polled that the connection cannot take: a slow client slows its own source down, and no queue grows.
//! - A source that ends, ends the body; one that fails aborts it, so that nobody mistakes a failure for the end.
//! - Dropping the body, which is what a server does when the connection closes, drops the source at once.
//!
//! # Between server and client
//!
//! - A browser opens at most six HTTP/1.1 connections to an origin, over all its tabs, and an event stream holds one for
//!   as long as it lives. The seventh tab waits, and so does all else that it loads from there. Serve HTTP/2, or share
//!   one `EventSource` between tabs, if pages have many.
//! - Proxies must not collect what they pass on. nginx heeds `X-Accel-Buffering: no`, unless it is configured to ignore
//!   it; Apache needs `flushpackets=on` in `ProxyPass`; Caddy and `HAProxy` pass on what comes.
//! - `no-transform` asks them not to compress, which tends to hold events back. A compressing middleware of your own server
//!   has to be told to leave `text/event-stream` alone, and one that ends slow requests to spare the stream.
//! - Proxies close connections that are quiet, often after 60 seconds: that is what the keep-alive is for. Their timeout
//!   has to be longer than it.
//! - They should pass `Host` on (nginx: `proxy_set_header Host $host`), or `serve` takes pages of the site itself for
//!   those of a stranger.
//! - Set `TCP_NODELAY` on the sockets, or events wait for acknowledgements of earlier ones.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `axum` | no | `IntoResponse` for [`EventStreamResponse`], [`Subscription`] and [`Refusal`]; the extractor `Resume` |
//! | `serve` | no | `serve`: a server for a hub that stands on its own, with limits, CORS and a clean end; includes `tokio` |
//! | `tokio` | no | `TokioTimer`, the [`Timer`] of tokio; `EventStreamResponse::new`, which keeps connections alive with it; `HubBuilder::spawn` |
//!
//! Without `tokio`, and without a [`Timer`] of your own for [`EventStreamResponse::with_timer`], there is no keep-alive.
//!
//! The oldest Rust that this crate builds with is the `rust-version` of its `Cargo.toml`.

#![warn(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod accept;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod bytes_stream;
mod event_id;
mod hub;
mod keep_alive;
mod query;
mod request_head;
mod response;
mod resume;
#[cfg(feature = "serve")]
mod serve;
mod source_item;
mod sync;
mod timer;

pub use accept::accepts_event_stream;
#[cfg(feature = "axum")]
pub use axum::Resume;
pub use body::EventStreamBody;
pub use bytes_stream::BytesStream;
pub use event_id::{EventId, InvalidEventId};
pub use hub::Hub;
pub use hub::body::SubscriptionBody;
pub use hub::builder::HubBuilder;
pub use hub::drained::Drained;
pub use hub::driver::Driver;
pub use hub::error::{AppendError, PublishError};
pub use hub::log::{Inlet, Log, MemoryLog};
pub use hub::options::GapPolicy;
pub use hub::payload::Payload;
pub use hub::refusal::{Refusal, RefusalReason};
pub use hub::statistics::Statistics;
pub use hub::subscription::{EndReason, Ended, Outcome, Subscription};
pub use request_head::RequestHead;
pub use response::EventStreamResponse;
pub use resume::last_event_id;
#[cfg(feature = "serve")]
pub use serve::options::ServeOptions;
#[cfg(feature = "serve")]
pub use serve::serve;
pub use source_item::SourceItem;
pub use sse_codec::{EventType, InvalidValue, LastEventId, OutgoingEvent};
#[cfg(feature = "tokio")]
pub use timer::TokioTimer;
pub use timer::{NoTimer, Timer};

// The README's examples are compiled and run like those above.
#[cfg(all(doctest, feature = "serve"))]
#[doc = include_str!("../README.md")]
mod readme {}

//! Other people's clients read from our server, directly and through nginx with its default buffering: every event arrives
//! before the next one is emitted.
#![cfg(unix)]

mod client;
mod server;
mod steps;

use std::time::Duration;

use sse_server::{LastEventId, OutgoingEvent};
use sse_tests::nginx::Nginx;

use crate::client::{Client, Seen, curl, eventsource, httpx_sse};
use crate::server::{Connection, Server};
use crate::steps::steps;

#[test]
fn eventsource_directly() {
    let server = Server::start();
    let mut client = eventsource(&server.url());
    let connection = in_lock_step(&server, &mut client);
    resumes(&server, connection, &mut client);
}

#[test]
fn eventsource_through_nginx() {
    let server = Server::start();
    let nginx = nginx(&server);
    let mut client = eventsource(&nginx.url("/"));
    let connection = in_lock_step(&server, &mut client);
    resumes(&server, connection, &mut client);
}

#[test]
fn httpx_sse_directly() {
    let server = Server::start();
    let mut client = httpx_sse(&server.url());
    let connection = in_lock_step(&server, &mut client);
    resumes(&server, connection, &mut client);
}

#[test]
fn httpx_sse_through_nginx() {
    let server = Server::start();
    let nginx = nginx(&server);
    let mut client = httpx_sse(&nginx.url("/"));
    let connection = in_lock_step(&server, &mut client);
    resumes(&server, connection, &mut client);
}

#[test]
fn curl_directly() {
    let server = Server::start();
    let mut client = curl(&server.url());
    let connection = in_lock_step(&server, &mut client);
    connection.end();
    assert_eq!(client.end().code, Some(0));
}

#[test]
fn curl_notices_a_stream_that_was_cut() {
    let server = Server::start();
    let mut client = curl(&server.url());
    let connection = in_lock_step(&server, &mut client);
    connection.fail();
    let ended = client.end();
    // "Partial file", or "failure when receiving network data".
    assert!(matches!(ended.code, Some(18 | 56)), "{ended:?}");
}

#[test]
fn curl_through_nginx() {
    let server = Server::start();
    let nginx = nginx(&server);
    let mut client = curl(&nginx.url("/"));
    let connection = in_lock_step(&server, &mut client);
    connection.end();
    assert_eq!(client.end().code, Some(0));
}

/// Serves one connection, and emits an event only after the client has reported the one before.
fn in_lock_step(server: &Server, client: &mut Client) -> Connection {
    let connection = server.accept();
    assert_eq!(connection.accept(), "text/event-stream");
    assert_eq!(connection.last_event_id(), None);
    // The head is there before the first event is.
    client.expect_open();
    for step in steps() {
        for block in &step.blocks {
            connection.emit(block.clone());
        }
        client.expect(&step);
    }
    connection
}

/// Ends the stream, then cuts it, and sees the client come back each time with the ID that it has seen last.
fn resumes(server: &Server, connection: Connection, client: &mut Client) {
    connection.end();
    let connection = server.accept();
    assert_eq!(connection.last_event_id().as_deref(), Some("7"));
    client.expect_open();
    let event = OutgoingEvent::new()
        .last_event_id(LastEventId::from(8))
        .data("after the end");
    connection.emit(event);
    client.expect_event(&Seen::new("message", "8", "after the end"));

    connection.fail();
    let connection = server.accept();
    assert_eq!(connection.last_event_id().as_deref(), Some("8"));
    client.expect_open();
    let event = OutgoingEvent::new()
        .reconnection_time(Duration::from_millis(20))
        .data("after the cut");
    connection.emit(event);
    // Without an ID of its own, and the two clients do not know any more what it was before the connection.
    client.expect_event(&Seen::new("message", "", "after the cut"));
}

/// nginx in front of the server, with nothing about buffering in its configuration.
fn nginx(server: &Server) -> Nginx {
    Nginx::start(&format!("location / {{ proxy_pass {}; }}", server.url()))
}

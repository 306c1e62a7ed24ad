//! The HTTP client that the crate makes for itself, over HTTP/2 and TLS.
//!
//! It trusts whom the system trusts. So these tests run in processes of their own, whose system trusts the test's certificate.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use sse_client::{EventSource, Update, Updates};
use sse_test_kit::clock::{advance, run};
use sse_test_kit::{Answer, Certificate, Server, Signal};

use crate::support::Expect;

#[test]
fn pings_find_a_dead_connection_and_the_next_is_a_new_one() {
    let name = "own_client::pings_find_a_dead_connection_and_the_next_is_a_new_one";
    in_a_process_that_trusts(name, async |certificate| {
        let server = start(
            certificate,
            [
                Answer::stream("data: a\n\n").freeze(),
                Answer::stream("data: b\n\n").hold(),
            ],
        );
        let mut updates = open(&server).await;
        let (passed, update) = silence(&mut updates, Duration::from_secs(120)).await;
        let (Some(Update::Reconnecting { delay, cause, .. }), 50..=52) = (update, passed.as_secs())
        else {
            panic!("not found dead within 50 seconds, after {passed:?}");
        };
        assert!(!cause.is_final());
        advance(delay).await;
        updates.expect_open().await;
        updates.expect_event("b").await;
        assert_eq!(server.connections(), 2);
    });
}

#[test]
fn pings_find_a_connection_that_dies_behind_many_events() {
    let name = "own_client::pings_find_a_connection_that_dies_behind_many_events";
    in_a_process_that_trusts(name, async |certificate| {
        let more = Signal::new();
        let server = start(
            certificate,
            [Answer::stream("data: a\n\n")
                .wait(&more)
                .send("data: b\n\n")
                .freeze()],
        );
        let mut updates = open(&server).await;
        let (_, update) = silence(&mut updates, Duration::from_secs(100)).await;
        assert!(update.is_none(), "{update:?}");
        more.give();
        updates.expect_event("b").await;
        let (passed, update) = silence(&mut updates, Duration::from_secs(200)).await;
        let (Some(Update::Reconnecting { .. }), 30..=82) = (update, passed.as_secs()) else {
            panic!("not found dead, after {passed:?}");
        };
    });
}

#[test]
fn dropping_the_stream_closes_its_connection() {
    let name = "own_client::dropping_the_stream_closes_its_connection";
    in_a_process_that_trusts(name, async |certificate| {
        let server = start(certificate, [Answer::stream("data: a\n\n").hold()]);
        let updates = open(&server).await;
        drop(updates);
        server.closed(1).await;
    });
}

#[test]
fn silence_is_no_death_while_pings_are_answered() {
    let name = "own_client::silence_is_no_death_while_pings_are_answered";
    in_a_process_that_trusts(name, async |certificate| {
        let server = start(certificate, [Answer::stream("data: a\n\n").hold()]);
        let mut updates = open(&server).await;
        let (_, update) = silence(&mut updates, Duration::from_secs(600)).await;
        assert!(update.is_none(), "{update:?}");
        assert_eq!(server.connections(), 1);
    });
}

fn start(certificate: &Certificate, answers: impl IntoIterator<Item = Answer>) -> Server {
    let builder = Server::builder().tls(certificate).http2();
    builder.answers(answers).start()
}

async fn open(server: &Server) -> Updates {
    let builder = EventSource::builder(server.url("/")).response_timeout(None);
    let mut updates = builder.build().unwrap().updates();
    updates.expect_open().await;
    updates.expect_event("a").await;
    updates
}

/// Lets time pass until something happens, second by second, with turns for what goes over the wire in between.
async fn silence(updates: &mut Updates, most: Duration) -> (Duration, Option<Update>) {
    let start = tokio::time::Instant::now();
    while start.elapsed() < most {
        for _ in 0..200 {
            if let Some(update) = updates.next().now_or_never() {
                return (start.elapsed(), update);
            }
            tokio::task::yield_now().await;
        }
        advance(Duration::from_secs(1)).await;
    }
    (start.elapsed(), None)
}

/// Runs a test, whose name is given, in a process of its own.
fn in_a_process_that_trusts(name: &str, test: impl AsyncFnOnce(&Certificate)) {
    if let Some(path) = std::env::var_os(TRUSTED) {
        let certificate = Certificate::for_loopback();
        // The client looks when it is made.
        std::fs::write(path, certificate.pem()).unwrap();
        return run(test(&certificate));
    }
    let file = format!("{}.{}.pem", name.replace("::", "."), std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    // It ends by itself: `run` bounds it.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(TRUSTED, &path)
        .env("SSL_CERT_FILE", &path)
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    // There is none if the test has failed before.
    let _ = std::fs::remove_file(&path);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Names the file with the certificate, in the environment of the process that trusts it.
const TRUSTED: &str = "SSE_CLIENT_TEST_TRUSTED";

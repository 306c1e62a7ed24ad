//! Runs the hub of `sse-server`, from its source, with a lock of loom: in every order in which its threads can take the
//! lock, nobody waits for ever and nothing is lost or doubled. `scripts/waking` runs it.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "the hub is taken in whole, and a part of it is used"
)]

#[path = "../../../sse-server/src/bytes_stream.rs"]
mod bytes_stream;
#[path = "../../../sse-server/src/event_id.rs"]
mod event_id;
#[path = "../../../sse-server/src/hub/mod.rs"]
mod hub;
#[path = "../../../sse-server/src/keep_alive.rs"]
mod keep_alive;
#[path = "../../../sse-server/src/timer.rs"]
mod timer;

/// Of no interest here.
mod response {
    pub(crate) fn headers(_vary_accept: bool) -> http::HeaderMap {
        http::HeaderMap::new()
    }
}

/// What the hub takes its lock from.
mod sync {
    pub(crate) use loom::sync::Mutex;
}

use std::future::Future;
use std::pin::Pin;

use http_body::Body;
use loom::future::block_on;
use loom::thread;
use sse_codec::OutgoingEvent;

use hub::Hub;
use hub::body::SubscriptionBody;
use timer::NoTimer;

fn main() {
    check("a driver that is polled", 3, with_driver);
    check("no driver", 3, without_driver);
    check("a driver that goes", 3, driver_goes);
    check("a subscriber that goes", 3, subscriber_goes);
    check("a hub that goes", 3, hub_goes);
    check("a drain", 3, drain);
}

/// Runs in all orders with at most so many switches from a thread that could have gone on.
fn check(what: &str, preemptions: usize, run: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(run);
    println!("{what}: nobody waits for ever, nothing is lost");
}

fn hub() -> (Hub, hub::driver::Driver<NoTimer>) {
    Hub::builder().epoch(7).build(NoTimer::new())
}

fn publish(hub: &Hub, text: &'static str) {
    hub.publish("t", &OutgoingEvent::new().data(text)).unwrap();
}

fn subscribe(hub: &Hub) -> SubscriptionBody {
    hub.subscribe(["t"], None).unwrap().into_body()
}

/// Reads until the text ends with `end`, or the stream ends.
async fn read_until(body: &mut SubscriptionBody, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        match std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await {
            Some(Ok(frame)) => {
                text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap())
            }
            _ => break,
        }
    }
    text
}

/// What comes first depends on whether there was an event by then.
fn events(text: &str) -> &str {
    text.strip_prefix("id: 7-0\n\n").unwrap_or(text)
}

const BOTH: &str = "id: 7-1\ndata: a\n\nid: 7-2\ndata: b\n\n";

fn with_driver() {
    let (hub, driver) = hub();
    let mut body = subscribe(&hub);
    let driver = thread::spawn(move || block_on(driver));
    let publisher = thread::spawn(move || {
        publish(&hub, "a");
        publish(&hub, "b");
        hub
    });
    assert_eq!(
        events(&block_on(read_until(&mut body, "data: b\n\n"))),
        BOTH
    );
    drop(publisher.join().unwrap());
    driver.join().unwrap();
}

fn without_driver() {
    let (hub, _driver) = hub();
    let mut body = subscribe(&hub);
    let publisher = thread::spawn(move || {
        publish(&hub, "a");
        publish(&hub, "b");
        hub
    });
    assert_eq!(
        events(&block_on(read_until(&mut body, "data: b\n\n"))),
        BOTH
    );
    publisher.join().unwrap();
}

fn driver_goes() {
    let (hub, mut driver) = hub();
    let mut body = subscribe(&hub);
    let driver = thread::spawn(move || {
        block_on(std::future::poll_fn(|cx| {
            let _ = Pin::new(&mut driver).poll(cx);
            std::task::Poll::Ready(())
        }));
        drop(driver);
    });
    let publisher = thread::spawn(move || {
        publish(&hub, "a");
        publish(&hub, "b");
        hub
    });
    assert_eq!(
        events(&block_on(read_until(&mut body, "data: b\n\n"))),
        BOTH
    );
    driver.join().unwrap();
    publisher.join().unwrap();
}

fn subscriber_goes() {
    let (hub, driver) = hub();
    let mut stays = subscribe(&hub);
    let mut goes = subscribe(&hub);
    block_on(read_until(&mut goes, "id: 7-0\n\n"));
    let driver = thread::spawn(move || block_on(driver));
    let going = thread::spawn(move || {
        block_on(std::future::poll_fn(|cx| {
            let _ = Pin::new(&mut goes).poll_frame(cx);
            std::task::Poll::Ready(())
        }));
        drop(goes);
    });
    publish(&hub, "a");
    block_on(read_until(&mut stays, "data: a\n\n"));
    going.join().unwrap();
    assert_eq!(hub.statistics().subscribers, 1);
    drop(hub);
    driver.join().unwrap();
}

fn hub_goes() {
    let (hub, driver) = hub();
    let mut body = subscribe(&hub);
    let driver = thread::spawn(move || block_on(driver));
    let publisher = thread::spawn(move || publish(&hub, "a"));
    let text = block_on(read_until(&mut body, "never"));
    assert!(
        events(&text).starts_with("id: 7-1\ndata: a\n\nretry: "),
        "{text}"
    );
    publisher.join().unwrap();
    driver.join().unwrap();
}

fn drain() {
    let (hub, driver) = hub();
    let mut body = subscribe(&hub);
    let driver = thread::spawn(move || block_on(driver));
    let drainer = thread::spawn(move || {
        block_on(hub.drain(std::time::Duration::ZERO));
        hub
    });
    assert!(block_on(read_until(&mut body, "never")).contains("retry: "));
    drop(drainer.join().unwrap());
    driver.join().unwrap();
}

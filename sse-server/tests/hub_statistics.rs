//! What a hub says about itself: every field, against what was done.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http_body::Body;
use sse_server::{EventId, Hub, LastEventId, NoTimer, OutgoingEvent, Statistics, SubscriptionBody};

/// Reads what is there, and returns how many bytes that was.
fn read(body: &mut SubscriptionBody) -> u64 {
    let mut bytes = 0;
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(frame)) = Pin::new(&mut *body).poll_frame(&mut cx) {
        let Ok(frame) = frame;
        bytes += frame.into_data().unwrap().len() as u64;
    }
    bytes
}

fn publish(hub: &Hub, topic: &str) {
    hub.publish(topic, &OutgoingEvent::new().data("x")).unwrap();
}

#[test]
fn every_field_says_what_was_done() {
    let (hub, _driver) = Hub::builder()
        .epoch(7)
        .max_events(3)
        .max_subscribers(2)
        .build(NoTimer::new());
    let id = |sequence| Some(EventId::new(7, sequence));
    let mut nothing = Statistics::default();
    nothing.newest = id(0);
    assert_eq!(hub.statistics(), nothing);

    // One reader of two topics, who keeps up, and one of the first, who does not.
    let mut ann = hub.subscribe(["a", "b"], None).unwrap().into_body();
    let mut bob = hub.subscribe(["a"], None).unwrap().into_body();
    let mut bytes = read(&mut ann) + read(&mut bob);
    assert!(hub.subscribe(["a"], None).is_err());
    for topic in ["a", "b"] {
        publish(&hub, topic);
    }
    bytes += read(&mut ann);
    for _ in 0..3 {
        publish(&hub, "a");
    }
    bytes += read(&mut ann);
    let statistics = hub.statistics();
    assert_eq!((statistics.delivered, statistics.coalesced), (5, 3));
    assert_eq!((statistics.lagged, statistics.gaps), (0, 0));
    // The first event is no longer there.
    bytes += read(&mut bob);
    drop(ann);
    // Nor is what followed this ID, for whoever comes with it.
    let old = LastEventId::from(EventId::new(7, 0));
    let mut cat = hub.subscribe(["a"], Some(&old)).unwrap().into_body();
    bytes += read(&mut cat);

    let statistics = hub.statistics();
    assert_eq!((statistics.subscribers, statistics.topics), (2, 2));
    assert_eq!((statistics.subscribed, statistics.refused), (3, 1));
    assert_eq!(statistics.published, 5);
    assert_eq!(statistics.delivered, 5 + 3 + 3);
    assert_eq!(statistics.coalesced, 3 + 2 + 2);
    assert_eq!((statistics.lagged, statistics.gaps), (1, 2));
    assert_eq!(statistics.bytes, bytes);
    assert_eq!(statistics.log_events, 3);
    let least = 3 * "id: 7-3\ndata: x\n\n".len();
    assert!(statistics.log_bytes > least && statistics.log_bytes < least + 3 * 256);
    assert_eq!((statistics.oldest, statistics.newest), (id(3), id(5)));
}

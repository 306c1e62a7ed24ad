//! Publishing and subscribing: what a stream holds, where it goes on, and how a gap is told.

mod support;

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use sse_server::{
    EndReason, EventId, EventType, GapPolicy, Hub, HubBuilder, LastEventId, NoTimer, Outcome,
    OutgoingEvent, PublishError, SubscriptionBody,
};
use support::{Wakes, data, ready_frame};

const EPOCH: u64 = 7;

fn id(sequence: u64) -> EventId {
    EventId::new(EPOCH, sequence)
}

/// A hub without a driver, whose IDs are known.
fn hub(builder: HubBuilder) -> Hub {
    builder.epoch(EPOCH).build(NoTimer::new()).0
}

fn publish(hub: &Hub, topic: &str, text: &str) -> EventId {
    hub.publish(topic, &data(text)).unwrap()
}

fn body(hub: &Hub, topics: &[&str], after: Option<u64>) -> SubscriptionBody {
    let after = after.map(|sequence| LastEventId::from(id(sequence)));
    hub.subscribe(topics, after.as_ref()).unwrap().into_body()
}

/// What there is to read now.
fn read(body: &mut SubscriptionBody) -> String {
    let mut text = String::new();
    while let Poll::Ready(Some(frame)) = ready_frame(body) {
        text.push_str(std::str::from_utf8(&frame.unwrap()).unwrap());
    }
    text
}

fn event(sequence: u64, text: &str) -> String {
    format!("id: 7-{sequence}\ndata: {text}\n\n")
}

fn events(events: &[(u64, &str)]) -> String {
    events
        .iter()
        .map(|(sequence, text)| event(*sequence, text))
        .collect()
}

fn gap(after: Option<u64>, through: u64) -> String {
    let after = after.map_or_else(|| "null".to_owned(), |after| format!("\"7-{after}\""));
    format!(
        "id: 7-{through}\nevent: gap\ndata: {{\"after\":{after},\"through\":\"7-{through}\"}}\n\n"
    )
}

#[test]
fn a_subscriber_gets_what_is_published_from_now_on() {
    let hub = hub(Hub::builder());
    publish(&hub, "a", "before");
    let subscription = hub.subscribe(["a"], None).unwrap();
    assert_eq!(subscription.outcome(), Outcome::Fresh);
    let mut body = subscription.into_body();
    assert_eq!(read(&mut body), "id: 7-1\n\n", "an ID to come back with");
    assert_eq!(publish(&hub, "a", "x"), id(2));
    assert_eq!(publish(&hub, "b", "y"), id(3));
    assert_eq!(publish(&hub, "a", "z"), id(4));
    assert_eq!(read(&mut body), events(&[(2, "x"), (4, "z")]));
    assert_eq!(read(&mut body), "");
}

#[test]
fn everything_in_an_event_but_its_id_arrives() {
    let hub = hub(Hub::builder());
    let mut body = body(&hub, &["a"], Some(0));
    let event = OutgoingEvent::new()
        .event_type(EventType::from_static("t"))
        .comment("c")
        .reconnection_time(Duration::from_secs(2))
        .data("x\r\ny");
    hub.publish("a", &event).unwrap();
    let expected = "id: 7-1\n:c\nevent: t\nretry: 2000\ndata: x\ndata: y\n\n";
    assert_eq!(read(&mut body), expected);
    hub.publish("a", &OutgoingEvent::new().comment("c"))
        .unwrap();
    assert_eq!(read(&mut body), "id: 7-2\n:c\n\n", "a block of its own");
}

#[test]
fn an_event_with_an_id_of_its_own_is_refused() {
    let hub = hub(Hub::builder());
    let event = data("x").last_event_id(LastEventId::from_static("1"));
    assert_eq!(hub.publish("a", &event), Err(PublishError::HasId));
    assert_eq!(hub.statistics().published, 0);
}

#[test]
fn names_from_users_are_refused_with_an_error() {
    let hub = hub(Hub::builder());
    let longest = "ü".repeat(128);
    for name in ["\r\ndata: forged\n\n", "\0", " ", &longest] {
        let mut body = body(&hub, &[name], None);
        read(&mut body);
        let id = publish(&hub, name, "x");
        assert_eq!(read(&mut body), event(id.sequence(), "x"), "{name:?}");
    }
    for name in ["", &format!("{longest}x")] {
        assert_eq!(
            hub.publish(name, &data("x")),
            Err(PublishError::InvalidTopic)
        );
        assert!(hub.subscribe([name], None).is_err());
    }
    let none: [&str; 0] = [];
    assert!(hub.subscribe(none, None).is_err());
}

#[test]
fn a_stream_goes_on_behind_the_last_event_id() {
    let hub = hub(Hub::builder());
    for text in ["a", "b", "c"] {
        publish(&hub, "t", text);
    }
    let last = LastEventId::from(id(1));
    let subscription = hub.subscribe(["t"], Some(&last)).unwrap();
    assert_eq!(subscription.outcome(), Outcome::Replayed { from: id(1) });
    let mut body = subscription.into_body();
    assert_eq!(read(&mut body), events(&[(2, "b"), (3, "c")]));
    publish(&hub, "t", "d");
    assert_eq!(read(&mut body), event(4, "d"));
}

#[test]
fn one_id_says_where_a_client_stands_in_any_set_of_topics() {
    let hub = hub(Hub::builder());
    for (topic, text) in [("a", "1"), ("b", "2"), ("c", "3"), ("a", "4"), ("b", "5")] {
        publish(&hub, topic, text);
    }
    let all = [(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")];
    assert_eq!(
        read(&mut body(&hub, &["a", "b", "c"], Some(0))),
        events(&all)
    );
    assert_eq!(
        read(&mut body(&hub, &["c", "a", "b", "a"], Some(1))),
        events(&all[1..])
    );
    assert_eq!(
        read(&mut body(&hub, &["b", "a"], Some(2))),
        events(&[(4, "4"), (5, "5")])
    );
    assert_eq!(read(&mut body(&hub, &["c"], Some(2))), event(3, "3"));
    assert_eq!(read(&mut body(&hub, &["c"], Some(3))), "id: 7-5\n\n");
}

#[test]
fn events_that_are_pending_together_share_a_frame() {
    let hub = hub(Hub::builder());
    let mut bodies = [body(&hub, &["t"], None), body(&hub, &["t"], None)];
    for body in &mut bodies {
        read(body);
    }
    let text = "x".repeat(1000);
    for _ in 0..200 {
        publish(&hub, "t", &text);
    }
    let frames = bodies.map(|mut body| {
        let mut frames: Vec<Bytes> = Vec::new();
        while let Poll::Ready(Some(frame)) = ready_frame(&mut body) {
            frames.push(frame.unwrap());
        }
        frames
    });
    assert_eq!(frames[0].len(), 4);
    assert!(frames[0].iter().all(|frame| frame.len() <= 64 * 1024));
    for (one, other) in frames[0].iter().zip(&frames[1]) {
        assert_eq!(one.as_ptr(), other.as_ptr(), "the same bytes, not a copy");
    }
    let statistics = hub.statistics();
    assert_eq!((statistics.delivered, statistics.coalesced), (400, 392));
}

#[test]
fn a_large_event_has_a_frame_of_its_own() {
    let hub = hub(Hub::builder());
    let mut body = body(&hub, &["t"], None);
    read(&mut body);
    let large = "x".repeat(200_000);
    publish(&hub, "t", "a");
    publish(&hub, "t", &large);
    publish(&hub, "t", "b");
    let mut next = || match ready_frame(&mut body) {
        Poll::Ready(Some(Ok(frame))) => frame,
        other => panic!("{other:?}"),
    };
    assert_eq!(next(), event(1, "a"));
    assert_eq!(next(), event(2, &large));
    assert_eq!(next(), event(3, "b"));
}

#[test]
fn a_long_replay_lets_other_tasks_run() {
    let hub = hub(Hub::builder());
    let text = "x".repeat(60_000);
    for _ in 0..40 {
        publish(&hub, "t", &text);
    }
    let body = &mut body(&hub, &["t"], Some(0));
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let (mut frames, mut breaks) = (0, 0);
    loop {
        match Pin::new(&mut *body).poll_frame(&mut cx) {
            Poll::Ready(Some(_)) => frames += 1,
            Poll::Pending if wakes.count() > breaks => breaks += 1,
            Poll::Pending => break,
            Poll::Ready(None) => panic!("it ended"),
        }
    }
    assert_eq!((frames, breaks), (40, 2));
}

#[test]
fn whoever_falls_out_of_the_log_is_told_so() {
    let hub = hub(Hub::builder().max_events(3));
    let mut slow = body(&hub, &["t"], None);
    assert_eq!(read(&mut slow), "id: 7-0\n\n");
    for text in ["a", "b", "c", "d", "e"] {
        publish(&hub, "t", text);
    }
    let expected = gap(Some(0), 2) + &events(&[(3, "c"), (4, "d"), (5, "e")]);
    assert_eq!(read(&mut slow), expected);
    publish(&hub, "t", "f");
    assert_eq!(read(&mut slow), event(6, "f"), "told once");
    let statistics = hub.statistics();
    assert_eq!((statistics.lagged, statistics.gaps), (1, 1));
    assert_eq!(
        (statistics.oldest, statistics.newest),
        (Some(id(4)), Some(id(6)))
    );
}

#[test]
fn an_id_of_no_use_is_told_as_a_gap() {
    let hub = hub(Hub::builder().max_events(2));
    for text in ["a", "b", "c", "d"] {
        publish(&hub, "t", text);
    }
    let too_old = id(1).to_string();
    let kept = events(&[(3, "c"), (4, "d")]);
    for asked in [
        &*too_old,
        "6-4",
        "8-4",
        "7-5",
        "7-18446744073709551615",
        "17",
        "x",
        "7-04",
        "",
        "7-4 ",
    ] {
        let asked = LastEventId::new(asked).unwrap();
        let subscription = hub.subscribe(["t"], Some(&asked)).unwrap();
        assert_eq!(
            subscription.outcome(),
            Outcome::Truncated { at: id(2) },
            "{asked}"
        );
        assert_eq!(
            read(&mut subscription.into_body()),
            gap(None, 2) + &kept,
            "{asked}"
        );
    }
    let mut back = body(&hub, &["t"], Some(2));
    assert_eq!(
        read(&mut back),
        kept,
        "the gap's own ID is not told as a gap again"
    );
    assert_eq!(read(&mut body(&hub, &["t"], Some(4))), "id: 7-4\n\n");
}

#[test]
fn an_old_id_is_a_gap_in_an_empty_hub_too() {
    let old = LastEventId::new("6-9").unwrap();
    let hub = hub(Hub::builder());
    let subscription = hub.subscribe(["t"], Some(&old)).unwrap();
    assert_eq!(subscription.outcome(), Outcome::Truncated { at: id(0) });
    let mut first = subscription.into_body();
    assert_eq!(read(&mut first), gap(None, 0));
    let mut again = body(&hub, &["t"], Some(0));
    assert_eq!(read(&mut again), "id: 7-0\n\n");
    publish(&hub, "t", "x");
    assert_eq!(read(&mut first), event(1, "x"));
    assert_eq!(read(&mut again), event(1, "x"));
}

#[test]
fn a_quiet_topic_beside_a_busy_one_reports_no_false_gap() {
    let hub = hub(Hub::builder().max_events(3));
    let mut quiet = body(&hub, &["quiet"], None);
    assert_eq!(read(&mut quiet), "id: 7-0\n\n");
    for _ in 0..10 {
        publish(&hub, "busy", "x");
    }
    assert_eq!(read(&mut quiet), "");
    let back = LastEventId::from(id(0));
    let subscription = hub.subscribe(["quiet"], Some(&back)).unwrap();
    assert_eq!(subscription.outcome(), Outcome::Replayed { from: id(0) });
    assert_eq!(
        read(&mut subscription.into_body()),
        "id: 7-10\n\n",
        "and its ID goes on"
    );
    publish(&hub, "quiet", "y");
    assert_eq!(read(&mut quiet), event(11, "y"));
    assert_eq!(hub.statistics().gaps, 0);
}

#[test]
fn by_policy_whoever_falls_out_is_sent_away() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ends);
    let hub = hub(Hub::builder()
        .max_events(2)
        .gap_policy(GapPolicy::Disconnect)
        .send_away_for(Duration::from_secs(3), Duration::from_secs(3))
        .on_end(move |ended| {
            seen.lock()
                .unwrap()
                .push((ended.reason(), ended.last_event_id()));
        }));
    let mut slow = body(&hub, &["t"], None);
    read(&mut slow);
    publish(&hub, "t", "a");
    assert_eq!(read(&mut slow), event(1, "a"));
    for text in ["b", "c", "d"] {
        publish(&hub, "t", text);
    }
    assert_eq!(read(&mut slow), "retry: 3000\n\n");
    assert!(matches!(ready_frame(&mut slow), Poll::Ready(None)));
    assert!(matches!(ready_frame(&mut slow), Poll::Ready(None)));
    let statistics = hub.statistics();
    assert_eq!(
        (statistics.subscribers, statistics.lagged, statistics.gaps),
        (0, 1, 0)
    );
    // What it comes back with cannot be served without a gap. The application sees that, and may serve it.
    let subscription = hub
        .subscribe(["t"], Some(&LastEventId::from(id(1))))
        .unwrap();
    assert_eq!(subscription.outcome(), Outcome::Truncated { at: id(2) });
    assert_eq!(*ends.lock().unwrap(), [(EndReason::Lagged, id(1))]);
}

#[test]
fn the_gap_event_can_be_named() {
    let hub = hub(Hub::builder().gap_event_type(EventType::from_static("lost")));
    let old = LastEventId::new("6-9").unwrap();
    let mut body = hub.subscribe(["t"], Some(&old)).unwrap().into_body();
    assert!(read(&mut body).contains("\nevent: lost\n"));
}

#[test]
fn a_reconnection_time_comes_first() {
    let hub = hub(Hub::builder().reconnection_time(Duration::from_secs(4)));
    assert_eq!(
        read(&mut body(&hub, &["t"], None)),
        "retry: 4000\n\nid: 7-0\n\n"
    );
    publish(&hub, "t", "x");
    let replay = read(&mut body(&hub, &["t"], Some(0)));
    assert_eq!(replay, "retry: 4000\n\n".to_owned() + &event(1, "x"));
}

#[test]
fn without_a_driver_publishing_wakes_at_once() {
    let hub = hub(Hub::builder());
    let mut one = body(&hub, &["a"], None);
    let mut both = body(&hub, &["a", "b"], None);
    let wakes = [Arc::new(Wakes::default()), Arc::new(Wakes::default())];
    let poll = |body: &mut SubscriptionBody, wakes: &Arc<Wakes>| {
        let waker = Waker::from(Arc::clone(wakes));
        let mut cx = Context::from_waker(&waker);
        while Pin::new(&mut *body).poll_frame(&mut cx).is_ready() {}
    };
    let counts = || [wakes[0].count(), wakes[1].count()];
    poll(&mut one, &wakes[0]);
    poll(&mut both, &wakes[1]);
    publish(&hub, "b", "x");
    assert_eq!(counts(), [0, 1]);
    publish(&hub, "b", "x");
    assert_eq!(counts(), [0, 1], "it was not polled since");
    publish(&hub, "a", "x");
    assert_eq!(counts(), [1, 1]);
    poll(&mut one, &wakes[0]);
    poll(&mut both, &wakes[1]);
    publish(&hub, "c", "x");
    assert_eq!(counts(), [1, 1]);
    publish(&hub, "a", "x");
    assert_eq!(counts(), [2, 2]);
}

#[test]
fn the_last_hub_ends_the_streams_when_it_goes() {
    let hub = hub(Hub::builder().send_away_for(Duration::from_secs(1), Duration::from_secs(1)));
    let mut body = body(&hub, &["t"], None);
    read(&mut body);
    let clone = hub.clone();
    drop(hub);
    publish(&clone, "t", "x");
    drop(clone);
    assert_eq!(read(&mut body), event(1, "x") + "retry: 1000\n\n");
    assert!(matches!(ready_frame(&mut body), Poll::Ready(None)));
}

#[test]
fn everything_can_be_sent_between_threads() {
    fn send<T: Send + 'static>() {}
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Hub>();
    send::<SubscriptionBody>();
    send::<sse_server::Subscription>();
    send::<sse_server::Driver<NoTimer>>();
    send::<sse_server::Drained>();
}

#[test]
fn a_waker_that_owns_its_task_does_not_lock_the_hub_up() {
    /// A task whose only owner is its waker, as when its executor is gone.
    struct Task(Mutex<Option<SubscriptionBody>>);
    impl std::task::Wake for Task {
        fn wake(self: Arc<Self>) {}
    }
    let hub = hub(Hub::builder());
    for drain in [false, true] {
        let task = Arc::new(Task(Mutex::new(Some(body(&hub, &["t"], None)))));
        let waker = Waker::from(Arc::clone(&task));
        let mut cx = Context::from_waker(&waker);
        if let Some(body) = &mut *task.0.lock().unwrap() {
            while Pin::new(&mut *body).poll_frame(&mut cx).is_ready() {}
        }
        drop((waker, task));
        assert_eq!(hub.statistics().subscribers, 1);
        if drain {
            drop(hub.drain(Duration::ZERO));
        } else {
            publish(&hub, "t", "x");
        }
        assert_eq!(hub.statistics().subscribers, 0);
    }
}

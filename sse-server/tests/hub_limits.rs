//! Limits, refusals and their answers, the application's check, the report of an end, and a log of one's own.

mod support;

use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use http::StatusCode;
use http_body::Body;
use http_body_util::BodyExt;
use sse_server::{
    AppendError, EndReason, EventId, Hub, HubBuilder, Inlet, LastEventId, Log, NoTimer, Outcome,
    Payload, PublishError, Refusal, RefusalReason, SubscriptionBody,
};
use support::{data, ready_frame};

fn hub(builder: HubBuilder) -> Hub {
    builder.epoch(7).build(NoTimer::new()).0
}

fn read(body: &mut SubscriptionBody) -> String {
    let mut text = String::new();
    while let Poll::Ready(Some(frame)) = ready_frame(body) {
        text.push_str(std::str::from_utf8(&frame.unwrap()).unwrap());
    }
    text
}

fn refused(hub: &Hub, key: Option<&str>, topics: &[&str]) -> Option<RefusalReason> {
    hub.subscribe_as(key, topics, None)
        .err()
        .map(|refusal| refusal.reason())
}

#[test]
fn there_is_a_greatest_number_of_subscribers() {
    let hub = hub(Hub::builder().max_subscribers(2));
    let one = hub.subscribe(["t"], None).unwrap();
    let two = hub.subscribe(["u"], None).unwrap().into_body();
    assert_eq!(refused(&hub, None, &["t"]), Some(RefusalReason::Full));
    drop(one);
    let three = hub.subscribe(["t"], None).unwrap().into_response();
    assert_eq!(refused(&hub, None, &["t"]), Some(RefusalReason::Full));
    drop((two, three));
    let statistics = hub.statistics();
    assert_eq!(
        (
            statistics.subscribers,
            statistics.subscribed,
            statistics.refused
        ),
        (0, 3, 2)
    );
}

#[test]
fn there_is_a_greatest_number_for_a_key() {
    let hub = hub(Hub::builder().max_subscribers_per_key(1));
    let ann = hub.subscribe_as(Some("ann"), ["t"], None).unwrap();
    assert_eq!(
        refused(&hub, Some("ann"), &["t"]),
        Some(RefusalReason::KeyFull)
    );
    assert_eq!(refused(&hub, Some("bob"), &["t"]), None);
    assert_eq!(refused(&hub, None, &["t"]), None);
    drop(ann);
    assert_eq!(refused(&hub, Some("ann"), &["t"]), None);
}

#[test]
fn there_is_a_greatest_number_of_topics() {
    let hub = hub(Hub::builder().max_topics_per_subscriber(2).max_topics(3));
    assert_eq!(refused(&hub, None, &["a", "b"]), None);
    assert_eq!(
        refused(&hub, None, &["a", "b", "c"]),
        Some(RefusalReason::TooManyTopics)
    );
    let held = [
        hub.subscribe(["a", "b"], None).unwrap(),
        hub.subscribe(["b", "c"], None).unwrap(),
    ];
    assert_eq!(
        refused(&hub, None, &["d"]),
        Some(RefusalReason::TooManyTopics)
    );
    assert_eq!(
        refused(&hub, None, &["a", "d"]),
        Some(RefusalReason::TooManyTopics)
    );
    let limit = 3;
    assert_eq!(
        hub.publish("d", &data("x")),
        Err(PublishError::TooManyTopics { limit })
    );
    drop(held);
    assert_eq!(refused(&hub, None, &["d", "e"]), None, "nobody needs them");
    assert!(hub.statistics().topics <= 3);
}

#[test]
fn subscribing_without_end_costs_nothing_that_stays() {
    let hub = hub(Hub::builder().max_topics(100));
    for n in 0..1_000 {
        let topic = n.to_string();
        let last = LastEventId::from(n);
        let mut body = hub
            .subscribe([&*topic, "t"], Some(&last))
            .unwrap()
            .into_body();
        read(&mut body);
    }
    let statistics = hub.statistics();
    assert_eq!((statistics.subscribers, statistics.log_bytes), (0, 0));
    assert!(statistics.topics <= 100);
}

#[test]
fn the_applications_check_comes_before_any_replay() {
    let hub = hub(Hub::builder().admit(|topic, key| topic == "public" || key == Some(topic)));
    hub.publish("ann", &data("secret")).unwrap();
    let all = LastEventId::from(EventId::new(7, 0));
    for (key, topics) in [
        (None, vec!["ann"]),
        (Some("bob"), vec!["ann"]),
        (Some("bob"), vec!["public", "ann"]),
    ] {
        let refusal = hub.subscribe_as(key, topics, Some(&all)).unwrap_err();
        assert_eq!(refusal.reason(), RefusalReason::NotAdmitted);
        assert_eq!(refusal.into_response().status(), StatusCode::FORBIDDEN);
    }
    let mut body = hub
        .subscribe_as(Some("ann"), ["public", "ann"], Some(&all))
        .unwrap()
        .into_body();
    assert!(read(&mut body).contains("secret"));
}

fn collect(body: SubscriptionBody) -> String {
    let bytes = body
        .collect()
        .now_or_never()
        .expect("it is there already")
        .unwrap();
    String::from_utf8(bytes.to_bytes().to_vec()).unwrap()
}

#[test]
fn a_refusal_for_now_sends_browsers_away_and_lets_them_come_back() {
    let hub = hub(Hub::builder()
        .max_subscribers(0)
        .send_away_for(Duration::from_millis(1_500), Duration::from_millis(2_500)));
    let refuse = || -> Refusal { hub.subscribe(["t"], None).unwrap_err() };
    let refusal = refuse();
    let retry = refusal.retry_after();
    assert!(retry >= Duration::from_millis(1_500) && retry <= Duration::from_millis(2_500));
    let response = refusal.into_response();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(response.body().size_hint().exact().is_some());
    assert_eq!(
        collect(response.into_body()),
        format!("retry: {}\n\n", retry.as_millis())
    );
    let others: Vec<_> = (0..50).map(|_| refuse().retry_after()).collect();
    assert!(others.iter().any(|other| *other != retry), "by chance");

    let response = refuse().into_unavailable();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(["2", "3"].contains(&response.headers()["retry-after"].to_str().unwrap()));
    assert_eq!(collect(response.into_body()), "too many subscribers\n");
}

#[test]
fn a_refusal_for_good_makes_clients_give_up() {
    let hub = hub(Hub::builder());
    for response in [Refusal::into_response, Refusal::into_unavailable] {
        let response = response(hub.subscribe([""], None).unwrap_err());
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            collect(response.into_body()),
            "no topic, or one whose name is empty or too long\n"
        );
    }
}

#[test]
fn an_end_is_reported_once_and_at_once() {
    let ends = Arc::new(Mutex::new(Vec::new()));
    let hub = hub(Hub::builder().on_end({
        let ends = Arc::clone(&ends);
        move |ended| {
            ends.lock().unwrap().push((
                ended.reason(),
                ended.key().map(str::to_owned),
                ended.last_event_id().sequence(),
                ended.delivered(),
            ));
        }
    }));
    let take = || std::mem::take(&mut *ends.lock().unwrap());
    let mut closed = hub
        .subscribe_as(Some("ann"), ["t"], None)
        .unwrap()
        .into_body();
    let mut drained = hub.subscribe(["t"], None).unwrap().into_body();
    hub.publish("t", &data("x")).unwrap();
    hub.publish("t", &data("x")).unwrap();
    read(&mut closed);
    drop(closed);
    assert_eq!(take(), [(EndReason::Closed, Some("ann".to_owned()), 2, 2)]);
    drop(hub.drain(Duration::ZERO));
    assert_eq!(take(), []);
    read(&mut drained);
    assert_eq!(take(), [(EndReason::Drained, None, 2, 2)]);
    drop(drained);
    assert_eq!(take(), []);
}

#[test]
fn the_hook_and_the_check_may_use_the_hub() {
    let other: Arc<Mutex<Option<Hub>>> = Arc::default();
    let (in_hook, in_check) = (Arc::clone(&other), Arc::clone(&other));
    let hub = hub(Hub::builder()
        .on_end(move |_| {
            let hub = in_hook.lock().unwrap().clone();
            hub.unwrap().publish("ends", &data("x")).unwrap();
        })
        .admit(move |_, _| {
            let hub = in_check.lock().unwrap().clone();
            hub.is_none_or(|hub| hub.statistics().subscribers < 1)
        }));
    other.lock().unwrap().replace(hub.clone());
    let body = hub.subscribe(["t"], None).unwrap();
    assert_eq!(
        refused(&hub, None, &["t"]),
        Some(RefusalReason::NotAdmitted)
    );
    drop(body);
    assert_eq!(hub.statistics().published, 1);
    // Hub and hook hold each other.
    other.lock().unwrap().take();
}

/// A log that is elsewhere: it numbers by milliseconds, as Redis Streams does, and its events come back by a tail.
struct Remote {
    inlet: Inlet,
    now: Mutex<u64>,
    sent: Mutex<Vec<(EventId, String, Payload)>>,
}

#[derive(Debug, PartialEq)]
struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Down {}

impl Log for Remote {
    type Error = Down;

    async fn append(&self, topic: &str, payload: Payload) -> Result<EventId, Down> {
        if payload.block() == b"data: fail\n\n" {
            return Err(Down);
        }
        let mut now = self.now.lock().unwrap();
        *now += 10;
        let id = EventId::new(*now, 0);
        self.sent
            .lock()
            .unwrap()
            .push((id, topic.to_owned(), payload));
        Ok(id)
    }
}

impl Remote {
    fn tail(&self) {
        for (id, topic, payload) in self.sent.lock().unwrap().drain(..) {
            self.inlet.insert(id, &topic, payload).unwrap();
        }
    }
}

#[test]
fn a_log_can_be_elsewhere() {
    let mut remote = None;
    let (hub, _driver) = Hub::builder()
        .epoch(1_000)
        .build_on(NoTimer::new(), |inlet| {
            let log = Arc::new(Remote {
                inlet,
                now: Mutex::new(1_000),
                sent: Mutex::default(),
            });
            remote = Some(Arc::clone(&log));
            log
        });
    let remote = remote.unwrap();
    let append = |text: &str| {
        hub.append("t", &data(text.to_owned()))
            .now_or_never()
            .unwrap()
    };
    let mut body = hub.subscribe(["t"], None).unwrap().into_body();
    assert_eq!(read(&mut body), "id: 1000-0\n\n");
    assert_eq!(append("a"), Ok(EventId::new(1_010, 0)));
    assert_eq!(read(&mut body), "", "until it comes back");
    remote.tail();
    assert_eq!(read(&mut body), "id: 1010-0\ndata: a\n\n");

    assert!(matches!(append("fail"), Err(AppendError::Log(Down))));
    let bad = hub.append("", &data("x")).now_or_never().unwrap();
    assert!(matches!(
        bad,
        Err(AppendError::Publish(PublishError::InvalidTopic))
    ));

    // The tail lost the connection, and does not know what was published up to 1050-3.
    let lost = EventId::new(1_050, 3);
    remote.inlet.interrupt(lost);
    let gap = "id: 1050-3\nevent: gap\ndata: {\"after\":\"1010-0\",\"through\":\"1050-3\"}\n\n";
    assert_eq!(read(&mut body), gap);
    let asked = LastEventId::from(EventId::new(1_010, 0));
    let back = hub.subscribe(["t"], Some(&asked)).unwrap();
    assert_eq!(back.outcome(), Outcome::Truncated { at: lost });
    *remote.now.lock().unwrap() = 1_100;
    append("b").unwrap();
    remote.tail();
    assert_eq!(read(&mut body), "id: 1110-0\ndata: b\n\n");
    assert_eq!(remote.inlet.newest(), EventId::new(1_110, 0));
}

#[test]
fn errors_say_what_to_do() {
    let hub = hub(Hub::builder().max_bytes(1_000));
    let limit = 1_000;
    let error = hub.publish("t", &data("x".repeat(1_000))).unwrap_err();
    assert_eq!(error, PublishError::TooLarge { limit });
    assert_eq!(
        error.to_string(),
        "the event does not fit into the log: max_bytes is 1000"
    );
    let refusal = hub.subscribe([""], None).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the subscription is refused: no topic, or one whose name is empty or too long"
    );
}

//! The driver: waking a few at a time, keep-alives, the age of events, and drains. On tokio's paused clock.

mod support;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use http_body::Body;
use sse_server::{Driver, EventId, Hub, HubBuilder, LastEventId, RefusalReason, SubscriptionBody};
use support::{Clock, Wakes, data, frame, ready_frame};
use tokio::time::{Instant, timeout};

/// Longer than anything here, and no time at all on a clock that is moved on when everything waits.
const AN_HOUR: Duration = Duration::from_secs(3600);

fn hub(builder: HubBuilder) -> (Hub, Pin<Box<Driver<Clock>>>) {
    let (hub, driver) = builder.epoch(7).build(Clock);
    (hub, Box::pin(driver))
}

fn body(hub: &Hub, topics: &[&str]) -> SubscriptionBody {
    hub.subscribe(topics, None).unwrap().into_body()
}

fn publish(hub: &Hub, topic: &str, text: &str) -> EventId {
    hub.publish(topic, &data(text)).unwrap()
}

/// Polls until there is nothing to read, and then is woken by `wakes`.
fn wait(body: &mut SubscriptionBody, wakes: &Arc<Wakes>) {
    let waker = Waker::from(Arc::clone(wakes));
    let mut cx = Context::from_waker(&waker);
    while let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(&mut cx) {
        assert!(frame.is_some(), "it ended");
    }
}

fn poll(driver: &mut Pin<Box<Driver<Clock>>>, wakes: &Arc<Wakes>) -> Poll<()> {
    let waker = Waker::from(Arc::clone(wakes));
    driver.as_mut().poll(&mut Context::from_waker(&waker))
}

async fn next(body: &mut SubscriptionBody) -> (String, Duration) {
    let start = Instant::now();
    let bytes = timeout(AN_HOUR, frame(body)).await.expect("it never comes");
    let text = String::from_utf8(bytes.expect("it ended").unwrap().to_vec()).unwrap();
    // The clock counts milliseconds.
    let elapsed = Duration::from_millis(start.elapsed().as_millis().try_into().unwrap());
    (text, elapsed)
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_woken_64_at_a_time() {
    let (hub, mut driver) = hub(Hub::builder());
    let driver_wakes = Arc::new(Wakes::default());
    assert!(poll(&mut driver, &driver_wakes).is_pending());
    let wakes = Arc::new(Wakes::default());
    let mut bodies: Vec<_> = (0..200).map(|_| body(&hub, &["t"])).collect();
    for body in &mut bodies {
        wait(body, &wakes);
    }
    publish(&hub, "t", "x");
    publish(&hub, "t", "x");
    assert_eq!(
        (wakes.count(), driver_wakes.count()),
        (0, 1),
        "the publisher woke the driver alone"
    );
    for (turn, woken) in [64, 128, 192, 200].into_iter().enumerate() {
        assert!(poll(&mut driver, &driver_wakes).is_pending());
        assert_eq!(wakes.count(), woken);
        let again = 1 + (turn + 1).min(3);
        assert_eq!(
            driver_wakes.count(),
            again,
            "it goes on by itself until all are woken"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_have_read_do_not_keep_the_others_waiting() {
    let (hub, mut driver) = hub(Hub::builder());
    let driver_wakes = Arc::new(Wakes::default());
    assert!(poll(&mut driver, &driver_wakes).is_pending());
    let topic = |n: usize| if n < 80 { "a" } else { "b" };
    let mut readers: Vec<_> = (0..100)
        .map(|n| (body(&hub, &[topic(n)]), Arc::new(Wakes::default()), 0))
        .collect();
    for (body, wakes, _) in &mut readers {
        wait(body, wakes);
    }
    // The busy topic never rests, and all who are woken read at once.
    publish(&hub, "b", "x");
    for _ in 0..4 {
        publish(&hub, "a", "x");
        assert!(poll(&mut driver, &driver_wakes).is_pending());
        for (body, wakes, seen) in &mut readers {
            if wakes.count() > *seen {
                *seen = wakes.count();
                wait(body, wakes);
            }
        }
    }
    let woken: Vec<_> = readers.iter().map(|(_, wakes, _)| wakes.count()).collect();
    assert_eq!(woken.iter().sum::<usize>(), 4 * 64);
    assert!(woken[..80].iter().all(|woken| *woken >= 2), "{woken:?}");
    assert!(woken[80..].iter().all(|woken| *woken == 1), "{woken:?}");
}

#[tokio::test(start_paused = true)]
async fn when_the_driver_goes_nobody_is_forgotten() {
    let (hub, mut driver) = hub(Hub::builder());
    let driver_wakes = Arc::new(Wakes::default());
    assert!(poll(&mut driver, &driver_wakes).is_pending());
    let wakes = Arc::new(Wakes::default());
    let mut bodies: Vec<_> = (0..100).map(|_| body(&hub, &["t"])).collect();
    for body in &mut bodies {
        wait(body, &wakes);
    }
    publish(&hub, "t", "x");
    assert!(poll(&mut driver, &driver_wakes).is_pending());
    assert_eq!(wakes.count(), 64);
    drop(driver);
    assert_eq!(wakes.count(), 100);
    for body in &mut bodies {
        wait(body, &wakes);
    }
    publish(&hub, "t", "x");
    assert_eq!(wakes.count(), 200);
}

#[tokio::test(start_paused = true)]
async fn the_driver_ends_with_the_last_hub() {
    let (hub, driver) = hub(Hub::builder());
    let task = tokio::spawn(driver);
    let mut body = body(&hub, &["t"]);
    assert_eq!(next(&mut body).await.0, "id: 7-0\n\n");
    tokio::task::yield_now().await;
    let start = Instant::now();
    drop(hub);
    timeout(AN_HOUR, task)
        .await
        .expect("it does not end")
        .unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO, "not only by its next tick");
    assert!(next(&mut body).await.0.starts_with("retry: "));
    assert!(frame(&mut body).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_idle_stream_is_kept_alive() {
    let (hub, driver) = hub(Hub::builder());
    tokio::spawn(driver);
    let mut body = body(&hub, &["quiet"]);
    assert_eq!(next(&mut body).await.0, "id: 7-0\n\n");
    for _ in 0..3 {
        let (text, elapsed) = next(&mut body).await;
        assert_eq!(text, ":\n");
        assert!(
            elapsed > Duration::from_millis(11_240) && elapsed <= Duration::from_secs(15),
            "{elapsed:?}"
        );
    }
    for _ in 0..3 {
        let id = publish(&hub, "busy", "x");
        let (text, elapsed) = next(&mut body).await;
        assert_eq!(
            text,
            format!("id: {id}\n\n"),
            "what it would come back with goes on"
        );
        assert!(
            elapsed > Duration::from_millis(11_240) && elapsed <= Duration::from_secs(15),
            "{elapsed:?}"
        );
    }
    assert_eq!(next(&mut body).await.0, ":\n");
}

#[tokio::test(start_paused = true)]
async fn traffic_puts_the_keep_alive_off_and_idle_polls_do_not() {
    let (hub, driver) = hub(Hub::builder().keep_alive(Duration::from_secs(40)));
    tokio::spawn(driver);
    let mut body = body(&hub, &["t"]);
    next(&mut body).await;
    for _ in 0..5 {
        assert!(ready_frame(&mut body).is_pending());
        tokio::time::sleep(Duration::from_secs(25)).await;
        assert!(ready_frame(&mut body).is_pending());
        publish(&hub, "t", "x");
        assert!(next(&mut body).await.0.ends_with("data: x\n\n"));
    }
    let start = Instant::now();
    while ready_frame(&mut body).is_pending() {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(start.elapsed() <= Duration::from_secs(41));
    }
    assert!(start.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn the_keep_alive_can_be_turned_off_and_has_a_least_interval() {
    let (off, driver) = hub(Hub::builder().keep_alive(None));
    tokio::spawn(driver);
    let (fast, driver) = hub(Hub::builder().keep_alive(Duration::ZERO));
    tokio::spawn(driver);
    let mut without = body(&off, &["t"]);
    let mut with = body(&fast, &["t"]);
    next(&mut without).await;
    next(&mut with).await;
    assert!(timeout(AN_HOUR, frame(&mut without)).await.is_err());
    next(&mut with).await;
    let (_, elapsed) = next(&mut with).await;
    assert!(
        elapsed >= Duration::from_millis(740) && elapsed <= Duration::from_secs(1),
        "{elapsed:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn events_are_dropped_when_they_are_too_old() {
    let (hub, driver) = hub(Hub::builder().max_age(Duration::from_secs(160)));
    tokio::spawn(driver);
    tokio::time::sleep(Duration::from_secs(5)).await;
    publish(&hub, "t", "x");
    tokio::time::sleep(Duration::from_secs(149)).await;
    publish(&hub, "t", "y");
    assert_eq!(hub.statistics().log_events, 2);
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(hub.statistics().log_events, 1);
    tokio::time::sleep(Duration::from_secs(160)).await;
    assert_eq!(hub.statistics().log_events, 0);
    assert_eq!(hub.statistics().log_bytes, 0);
    let too_old = LastEventId::from(EventId::new(7, 1));
    let mut body = hub.subscribe(["t"], Some(&too_old)).unwrap().into_body();
    assert!(next(&mut body).await.0.starts_with("id: 7-2\nevent: gap\n"));
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_every_stream_within_its_window_and_spread_out() {
    let (hub, driver) = hub(Hub::builder());
    tokio::spawn(driver);
    tokio::task::yield_now().await;
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let mut body = body(&hub, &["t"]);
        readers.spawn(async move {
            let mut text = String::new();
            while let Some(bytes) = timeout(AN_HOUR, frame(&mut body)).await.unwrap() {
                text.push_str(std::str::from_utf8(&bytes.unwrap()).unwrap());
            }
            (text, Instant::now())
        });
    }
    tokio::task::yield_now().await;
    publish(&hub, "t", "x");
    let start = Instant::now();
    let drained = hub.drain(Duration::from_secs(10));
    publish(&hub, "t", "y");
    assert_eq!(
        hub.subscribe(["t"], None).unwrap_err().reason(),
        RefusalReason::Draining
    );
    timeout(AN_HOUR, drained).await.expect("it never ends");
    assert!(start.elapsed() <= Duration::from_secs(10));
    assert_eq!(hub.statistics().subscribers, 0);
    let mut retries = std::collections::BTreeSet::new();
    let mut ends = std::collections::BTreeSet::new();
    while let Some(reader) = readers.join_next().await {
        let (text, end) = reader.unwrap();
        // Whoever had not been polled before the first event got it first of all.
        let events = text.strip_prefix("id: 7-0\n\n").unwrap_or(&text);
        let rest = events
            .strip_prefix("id: 7-1\ndata: x\n\nid: 7-2\ndata: y\n\nretry: ")
            .unwrap();
        let retry: u64 = rest.trim_end().parse().unwrap();
        assert!((1_000..=10_000).contains(&retry));
        retries.insert(retry);
        ends.insert(end);
    }
    assert!(retries.len() > 400, "each has its own");
    assert!(ends.len() > 40, "they do not end together");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_cannot_hold_up_a_drain() {
    let (hub, driver) = hub(Hub::builder());
    tokio::spawn(driver);
    tokio::task::yield_now().await;
    let stuck = body(&hub, &["t"]);
    let start = Instant::now();
    timeout(AN_HOUR, hub.drain(Duration::from_secs(5)))
        .await
        .expect("it never ends");
    assert!(start.elapsed() <= Duration::from_secs(5));
    assert!(start.elapsed() > Duration::from_secs(4));
    assert_eq!(hub.statistics().subscribers, 1);
    drop(stuck);
}

#[tokio::test(start_paused = true)]
async fn a_drain_keeps_to_its_window_however_short() {
    for window in [10, 63, 64, 65, 100, 1_000].map(Duration::from_millis) {
        let (hub, driver) = hub(Hub::builder());
        tokio::spawn(driver);
        tokio::task::yield_now().await;
        let stuck: Vec<_> = (0..10).map(|_| body(&hub, &["t"])).collect();
        let start = Instant::now();
        timeout(AN_HOUR, hub.drain(window))
            .await
            .expect("it never ends");
        assert!(
            start.elapsed() <= window,
            "{:?} of {window:?}",
            start.elapsed()
        );
        drop(stuck);
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_without_a_window_or_without_a_driver_is_at_once() {
    for polled in [true, false] {
        let (hub, mut driver) = hub(Hub::builder());
        if polled {
            assert!(poll(&mut driver, &Arc::new(Wakes::default())).is_pending());
        }
        let mut body = body(&hub, &["t"]);
        next(&mut body).await;
        let window = if polled { Duration::ZERO } else { AN_HOUR };
        let drained = hub.drain(window);
        assert!(next(&mut body).await.0.starts_with("retry: "));
        assert!(matches!(ready_frame(&mut body), Poll::Ready(None)));
        assert!(
            pin!(drained)
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_by_a_driver_without_a_timer_is_at_once() {
    let (hub, driver) = Hub::new();
    tokio::spawn(driver);
    tokio::task::yield_now().await;
    let mut body = body(&hub, &["t"]);
    next(&mut body).await;
    let drained = hub.drain(AN_HOUR);
    assert!(next(&mut body).await.0.starts_with("retry: "));
    assert!(frame(&mut body).await.is_none());
    timeout(AN_HOUR, drained).await.expect("it never ends");
}

#[tokio::test(start_paused = true)]
async fn a_drain_that_has_begun_can_be_cut_short() {
    let (hub, driver) = hub(Hub::builder());
    tokio::spawn(driver);
    tokio::task::yield_now().await;
    let mut body = body(&hub, &["t"]);
    next(&mut body).await;
    let long = hub.drain(AN_HOUR);
    assert!(ready_frame(&mut body).is_pending());
    let short = hub.drain(Duration::ZERO);
    let start = Instant::now();
    assert!(next(&mut body).await.0.starts_with("retry: "));
    assert!(frame(&mut body).await.is_none());
    long.await;
    short.await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[cfg(feature = "tokio")]
#[tokio::test(start_paused = true)]
async fn with_the_feature_the_driver_is_spawned() {
    let hub = Hub::builder().epoch(7).spawn();
    let mut body = body(&hub, &["t"]);
    assert_eq!(next(&mut body).await.0, "id: 7-0\n\n");
    assert_eq!(next(&mut body).await.0, ":\n");
    publish(&hub, "t", "x");
    assert_eq!(next(&mut body).await.0, "id: 7-1\ndata: x\n\n");
}

//! The hub under load: events are published while readers stall, leave and come back, in the process and by HTTP with our
//! client. Judged by the events' own numbers: nothing is lost, doubled or out of order, but for what was said to be a gap.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use http_body::Body;
use sse_client::EventSource;
use sse_codec::{EventType, LastEventId, OutgoingEvent, Parser};
use sse_server::{EventId, Hub, Outcome, ServeOptions, SubscriptionBody, serve};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

const TOPICS: [&str; 3] = ["a", "b", "c"];

/// The event that ends a test.
const LAST: &str = "last";

/// What was published, in order: the ID, the topic, the data.
type Published = Vec<(EventId, usize, String)>;

/// Publishes numbered events to topics by chance, from a thread without a runtime, as fast as it goes.
fn publish(hub: &Hub, count: u64, seed: u64) -> Published {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut published = Vec::new();
    for number in 0..count {
        let topic = random.usize(..TOPICS.len());
        let text = format!("{number} {}", "x".repeat(random.usize(..200)));
        let event = OutgoingEvent::new().data(text.as_str());
        let id = hub.publish(TOPICS[topic], &event).expect("published");
        published.push((id, topic, text));
        if random.u8(..) == 0 {
            std::thread::yield_now();
        }
    }
    for topic in TOPICS {
        let last = OutgoingEvent::new()
            .event_type(EventType::from_static(LAST))
            .data("");
        hub.publish(topic, &last).expect("published");
    }
    published
}

fn of_topics(published: &Published, topics: &[usize]) -> Vec<(EventId, String)> {
    let theirs = published
        .iter()
        .filter(|(_, topic, _)| topics.contains(topic));
    theirs.map(|(id, _, text)| (*id, text.clone())).collect()
}

/// A reader in the process. It leaves now and then, and comes back with the ID that it has.
struct Reader {
    hub: Hub,
    topics: Vec<usize>,
    random: fastrand::Rng,
    /// How often it leaves, of 256 frames.
    leaves: u8,
    /// How often it stalls, of 256 frames.
    stalls: u8,
}

/// What a reader has seen.
#[derive(Default)]
struct Seen {
    events: Vec<(EventId, String)>,
    /// What was said to be missing: behind the first ID, up to the second.
    gaps: Vec<(EventId, EventId)>,
    returns: usize,
}

impl Reader {
    async fn read(mut self, from: EventId) -> Seen {
        let mut seen = Seen::default();
        let mut id = from;
        let mut lasts = 0;
        loop {
            let subscription = self
                .hub
                .subscribe(
                    self.topics.iter().map(|topic| TOPICS[*topic]),
                    Some(&LastEventId::from(id)),
                )
                .expect("there is room");
            if let Outcome::Truncated { at } = subscription.outcome() {
                seen.gaps.push((id, at));
            }
            let mut body = subscription.into_body();
            let mut parser = Parser::new();
            loop {
                let bytes = next(&mut body).await;
                let mut events = parser.feed(&bytes);
                while let Some(event) = events.next().expect("well-formed") {
                    match event.event_type() {
                        LAST => lasts += 1,
                        "gap" => {
                            let through = event.last_event_id().parse().expect("an ID");
                            if !event.data().contains("null") {
                                seen.gaps.push((id, through));
                            }
                        }
                        _ => {
                            let id = event.last_event_id().parse().expect("an ID");
                            seen.events.push((id, event.data().to_owned()));
                        }
                    }
                    id = event.last_event_id().parse().expect("an ID");
                }
                // An ID alone counts too.
                id = parser.last_event_id().parse().expect("an ID");
                if lasts == self.topics.len() {
                    return seen;
                }
                if self.random.u8(..) < self.stalls {
                    for _ in 0..self.random.usize(..100) {
                        tokio::task::yield_now().await;
                    }
                }
                if self.random.u8(..) < self.leaves {
                    seen.returns += 1;
                    break;
                }
            }
        }
    }
}

async fn next(body: &mut SubscriptionBody) -> bytes::Bytes {
    let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
    let frame = timeout(PATIENCE, frame).await.expect("it hangs");
    let Ok(frame) = frame.expect("it ended");
    frame.into_data().expect("data")
}

const SETS: [&[usize]; 5] = [&[0], &[1], &[0, 2], &[0, 1, 2], &[2, 1]];

/// Runs readers beside a publisher.
async fn run(hub: &Hub, count: u64, stalls: u8) -> (Published, Vec<(Vec<usize>, Seen)>) {
    let from = EventId::new(7, 0);
    let mut readers = JoinSet::new();
    for seed in 0..20 {
        let topics = SETS[seed % SETS.len()].to_vec();
        let reader = Reader {
            hub: hub.clone(),
            topics: topics.clone(),
            random: fastrand::Rng::with_seed(seed as u64),
            leaves: 20,
            stalls,
        };
        readers.spawn(async move { (topics, reader.read(from).await) });
    }
    let publisher = hub.clone();
    let published = tokio::task::spawn_blocking(move || publish(&publisher, count, 99));
    let published = timeout(PATIENCE, published)
        .await
        .expect("publishing hangs");
    let seen = timeout(PATIENCE, readers.join_all())
        .await
        .expect("a reader hangs");
    (published.expect("published"), seen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn from_replay_to_live_nothing_is_lost_or_doubled() {
    let hub = Hub::builder()
        .epoch(7)
        .max_events(1 << 20)
        .max_bytes(1 << 30)
        .spawn();
    let (published, readers) = run(&hub, 20_000, 30).await;
    for (topics, seen) in readers {
        assert_eq!(seen.gaps, []);
        assert!(
            seen.events == of_topics(&published, &topics),
            "the events of {topics:?}"
        );
    }
    let statistics = hub.statistics();
    assert!(
        statistics.subscribed > 40,
        "some have come back: {statistics:?}"
    );
    assert_eq!((statistics.subscribers, statistics.gaps), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_lost_was_said_to_be_a_gap() {
    let hub = Hub::builder().epoch(7).max_events(300).spawn();
    let (published, readers) = run(&hub, 20_000, 128).await;
    for (topics, seen) in readers {
        assert!(seen.events.is_sorted(), "in order");
        let got: BTreeSet<EventId> = seen.events.iter().map(|(id, _)| *id).collect();
        assert_eq!(got.len(), seen.events.len(), "nothing twice");
        let theirs = of_topics(&published, &topics);
        for event in &theirs {
            let missing = !got.contains(&event.0);
            let told =
                |(after, through): &(EventId, EventId)| event.0 > *after && event.0 <= *through;
            assert_eq!(
                missing,
                seen.gaps.iter().any(told),
                "{} of {topics:?}",
                event.0
            );
        }
        assert!(
            seen.events
                .iter()
                .all(|event| theirs.binary_search(event).is_ok()),
            "as published"
        );
    }
    assert!(hub.statistics().gaps > 0, "the log was too small for this");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn our_client_may_reconnect_whenever_it_likes() {
    let hub = Hub::builder()
        .epoch(7)
        .max_events(1 << 20)
        .max_bytes(1 << 30)
        .spawn();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(listener, hub.clone(), ServeOptions::new()));

    // Clients are there before the first event, or know where to begin.
    let mut clients = JoinSet::new();
    for (seed, topics) in SETS.into_iter().enumerate() {
        let query: Vec<_> = topics
            .iter()
            .map(|topic| format!("topic={}", TOPICS[*topic]))
            .collect();
        let source = EventSource::builder(format!("http://{address}/events?{}", query.join("&")))
            .last_event_id(EventId::new(7, 0).into())
            .build()
            .expect("a client");
        clients.spawn(client(source, topics, seed as u64));
    }
    let publisher = hub.clone();
    let published = tokio::task::spawn_blocking(move || publish(&publisher, 5_000, 98));
    let published = timeout(PATIENCE, published)
        .await
        .expect("publishing hangs")
        .expect("published");
    for (topics, events, reconnections) in timeout(PATIENCE, clients.join_all())
        .await
        .expect("a client hangs")
    {
        assert!(
            events == of_topics(&published, topics),
            "the events of {topics:?}"
        );
        assert!(reconnections > 5, "{reconnections}");
    }
    assert_eq!(hub.statistics().gaps, 0);
}

async fn client(
    mut source: EventSource,
    topics: &'static [usize],
    seed: u64,
) -> (&'static [usize], Vec<(EventId, String)>, usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut events, mut reconnections, mut lasts) = (Vec::new(), 0, 0);
    while lasts < topics.len() {
        let event = timeout(PATIENCE, source.try_next())
            .await
            .expect("it hangs");
        let event = event.expect("no error").expect("no end");
        if event.event_type() == LAST {
            lasts += 1;
        } else {
            let id = event.last_event_id().parse().expect("an ID");
            events.push((id, event.data().to_owned()));
        }
        if random.u8(..) < 5 && lasts == 0 {
            source.reconnect_now();
            reconnections += 1;
        }
    }
    (topics, events, reconnections)
}

//! Whatever is done to a hub, in whatever order: every subscriber gets the events of its topics, in order and once, but for
//! those that were said to be missing; whoever has something to read is woken; and what the hub holds stays bounded.

#![no_main]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use http_body::Body;
use libfuzzer_sys::fuzz_target;
use sse_codec::{LastEventId, OutgoingEvent, Parser};
use sse_server::{Driver, EventId, GapPolicy, Hub, Outcome, SubscriptionBody, Timer};

#[derive(Arbitrary, Debug)]
struct Input {
    max_events: u8,
    max_bytes: u16,
    max_topics: u8,
    max_subscribers: u8,
    disconnect: bool,
    aged: bool,
    driven: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Publish { topic: u8, len: u8 },
    Subscribe { topics: [u8; 3], id: Id },
    Poll { subscriber: u8 },
    /// Polls only if it was woken.
    PollWoken { subscriber: u8 },
    Leave { subscriber: u8 },
    Drive,
    Tick { timers: u8 },
    DropDriver,
    Drain { window: u8 },
    Statistics,
}

#[derive(Arbitrary, Debug)]
enum Id {
    None,
    /// Of one who has left.
    Seen(u8),
    Made { epoch: u8, sequence: u16 },
    Text(String),
}

/// Time that passes when the input says so.
#[derive(Clone, Default)]
struct Clock {
    now: Arc<AtomicU64>,
    wakers: Arc<Mutex<Vec<Waker>>>,
}

struct Sleep {
    until: u64,
    clock: Clock,
}

impl Timer for Clock {
    type Sleep = Sleep;

    fn sleep(&self, duration: Duration) -> Sleep {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Sleep {
            until: self.now.load(Ordering::Relaxed).saturating_add(milliseconds),
            clock: self.clone(),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.clock.now.load(Ordering::Relaxed) >= self.until {
            return Poll::Ready(());
        }
        let mut wakers = self.clock.wakers.lock().unwrap();
        if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Subscriber {
    body: SubscriptionBody,
    topics: Vec<u8>,
    parser: Parser,
    /// Everything of its topics up to here was handed out, or said to be missing.
    after: EventId,
    wakes: Arc<Wakes>,
    seen_wakes: usize,
    /// It was pending when last polled.
    waits: bool,
    ended: bool,
}

struct World {
    hub: Hub,
    driver: Option<Pin<Box<Driver<Clock>>>>,
    driver_wakes: Arc<Wakes>,
    clock: Clock,
    subscribers: Vec<Subscriber>,
    left: Vec<EventId>,
    /// All there ever was.
    published: BTreeMap<EventId, (u8, String)>,
    draining: bool,
}

const EPOCH: u64 = 9;

fuzz_target!(|input: Input| {
    let mut builder = Hub::builder()
        .epoch(EPOCH)
        .max_events(usize::from(input.max_events).max(1))
        .max_bytes(usize::from(input.max_bytes).max(600))
        .max_topics(usize::from(input.max_topics % 12))
        .max_subscribers(usize::from(input.max_subscribers));
    if input.disconnect {
        builder = builder.gap_policy(GapPolicy::Disconnect);
    }
    if input.aged {
        builder = builder.max_age(Duration::from_millis(16));
    }
    let clock = Clock::default();
    let (hub, driver) = builder.build(clock.clone());
    let mut world = World {
        hub,
        driver: input.driven.then(|| Box::pin(driver)),
        driver_wakes: Arc::default(),
        clock,
        subscribers: Vec::new(),
        left: Vec::new(),
        published: BTreeMap::new(),
        draining: false,
    };
    for step in input.steps {
        world.step(&step);
    }
    world.settle();
});

impl World {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Publish { topic, len } => {
                let topic = topic % 8;
                let text = format!("{}{}", self.published.len(), "x".repeat(usize::from(*len)));
                let event = OutgoingEvent::new().data(text.as_str());
                // There may be no room for the topic, or for the event.
                if let Ok(id) = self.hub.publish(&topic.to_string(), &event) {
                    let last = self.published.last_key_value();
                    assert!(last.is_none_or(|(last, _)| *last < id));
                    self.published.insert(id, (topic, text));
                }
            }
            Step::Subscribe { topics, id } => self.subscribe(topics, id),
            Step::Poll { subscriber } => {
                if let Some(index) = self.index(*subscriber) {
                    self.subscribers[index].poll(&self.published);
                }
            }
            Step::PollWoken { subscriber } => {
                if let Some(index) = self.index(*subscriber) {
                    self.subscribers[index].poll_if_woken(&self.published);
                }
            }
            Step::Leave { subscriber } => {
                if let Some(index) = self.index(*subscriber) {
                    let before = self.hub.statistics().subscribers;
                    let subscriber = self.subscribers.swap_remove(index);
                    self.left.push(subscriber.after);
                    let ended = subscriber.ended;
                    drop(subscriber);
                    assert_eq!(self.hub.statistics().subscribers, before - usize::from(!ended));
                }
            }
            Step::Drive => self.drive(),
            Step::Tick { timers } => {
                self.clock.now.fetch_add(u64::from(*timers) * 20, Ordering::Relaxed);
                let wakers = std::mem::take(&mut *self.clock.wakers.lock().unwrap());
                wakers.into_iter().for_each(Waker::wake);
            }
            Step::DropDriver => self.driver = None,
            Step::Drain { window } => {
                drop(self.hub.drain(Duration::from_millis(u64::from(*window))));
                self.draining = true;
            }
            Step::Statistics => {
                let statistics = self.hub.statistics();
                let open = self.subscribers.iter().filter(|subscriber| !subscriber.ended).count();
                assert_eq!(statistics.subscribers, open);
                assert!(statistics.log_bytes < 1 << 17 && statistics.log_events < 256);
                assert!(statistics.topics < 12 && statistics.coalesced <= statistics.delivered);
            }
        }
    }

    fn index(&self, subscriber: u8) -> Option<usize> {
        usize::from(subscriber).checked_rem(self.subscribers.len())
    }

    fn subscribe(&mut self, topics: &[u8; 3], id: &Id) {
        let mut topics: Vec<u8> = topics.iter().map(|topic| topic % 8).collect();
        let id = match id {
            Id::None => None,
            Id::Seen(index) => usize::from(*index).checked_rem(self.left.len()).map(|index| self.left[index].into()),
            Id::Made { epoch, sequence } => Some(EventId::new(u64::from(*epoch), u64::from(*sequence)).into()),
            Id::Text(text) => LastEventId::new(text.as_str()).ok(),
        };
        let names: Vec<_> = topics.iter().map(u8::to_string).collect();
        let Ok(subscription) = self.hub.subscribe(&names, id.as_ref()) else {
            return;
        };
        assert!(!self.draining);
        let newest = self.hub.statistics().newest.expect("always given");
        let after = match subscription.outcome() {
            Outcome::Fresh => newest,
            Outcome::Replayed { from } => {
                assert_eq!(id.map(|id| id.as_str().to_owned()), Some(from.to_string()));
                from
            }
            Outcome::Truncated { at } => at,
            _ => unreachable!("there are three"),
        };
        assert!(after.epoch() == EPOCH && after <= newest);
        topics.sort_unstable();
        topics.dedup();
        self.subscribers.push(Subscriber {
            body: subscription.into_body(),
            topics,
            parser: Parser::new(),
            after,
            wakes: Arc::default(),
            seen_wakes: 0,
            waits: false,
            ended: false,
        });
    }

    fn drive(&mut self) {
        if let Some(driver) = &mut self.driver {
            let waker = Waker::from(Arc::clone(&self.driver_wakes));
            assert!(driver.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
    }

    /// Does what is left to do. Then nobody may be left behind.
    fn settle(&mut self) {
        loop {
            let before = self.driver_wakes.0.load(Ordering::Relaxed);
            self.drive();
            if self.driver_wakes.0.load(Ordering::Relaxed) == before {
                break;
            }
        }
        for subscriber in &mut self.subscribers {
            // One that waits is polled only when woken: whoever is not woken now has nothing to read.
            while !subscriber.ended && (!subscriber.waits || subscriber.is_woken()) {
                subscriber.poll(&self.published);
            }
            let missing = subscriber.missing(&self.published, None);
            assert!(subscriber.ended || missing.is_none(), "{missing:?} was never handed out");
        }
    }
}

impl Subscriber {
    fn is_woken(&self) -> bool {
        self.wakes.0.load(Ordering::Relaxed) > self.seen_wakes
    }

    fn poll_if_woken(&mut self, published: &BTreeMap<EventId, (u8, String)>) {
        if !self.waits || self.is_woken() {
            self.poll(published);
        }
    }

    /// The first event of its topics that it should have had by now.
    fn missing(&self, published: &BTreeMap<EventId, (u8, String)>, before: Option<EventId>) -> Option<EventId> {
        let mut rest = published.iter().filter(|(id, (topic, _))| {
            **id > self.after && self.topics.contains(topic) && before.is_none_or(|before| **id < before)
        });
        rest.next().map(|(id, _)| *id)
    }

    fn poll(&mut self, published: &BTreeMap<EventId, (u8, String)>) {
        self.seen_wakes = self.wakes.0.load(Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.wakes));
        let frame = match Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(&waker)) {
            Poll::Pending => {
                self.waits = true;
                return;
            }
            Poll::Ready(None) => {
                self.ended = true;
                return;
            }
            Poll::Ready(Some(frame)) => frame,
        };
        self.waits = false;
        assert!(!self.ended, "something after the end");
        let frame: Result<_, Infallible> = frame;
        let Ok(frame) = frame;
        let bytes = frame.into_data().expect("data");
        let mut parser = std::mem::take(&mut self.parser);
        let mut events = parser.feed(&bytes);
        let mut gap = false;
        while let Some(event) = events.next().expect("well-formed") {
            let id: EventId = event.last_event_id().parse().expect("an ID of the hub");
            if event.event_type() == "gap" {
                assert!(id >= self.after, "a gap leads on");
                gap = true;
            } else {
                assert_eq!(self.missing(published, Some(id)), None, "before {id}");
                assert!(id > self.after, "nothing twice");
                let (topic, text) = &published[&id];
                assert!(self.topics.contains(topic));
                assert_eq!(event.data(), text);
            }
            self.after = id;
        }
        // An ID without an event says that nothing before it is left to be sent.
        if let Ok(id) = parser.last_event_id().parse::<EventId>() {
            if id > self.after {
                assert!(!gap);
                assert_eq!(self.missing(published, id.sequence().checked_add(1).map(|next| EventId::new(EPOCH, next))), None);
                self.after = id;
            }
        }
        assert!(parser.finish().is_none(), "whole blocks");
        self.parser = parser;
    }
}

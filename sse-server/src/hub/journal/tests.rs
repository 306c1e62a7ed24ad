//! The log against two simple models: all events there ever were, and those that its bounds leave.

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use sse_codec::OutgoingEvent;

use super::*;

const ORIGIN: EventId = EventId::new(7, 0);

fn id(sequence: u64) -> EventId {
    EventId::new(7, sequence)
}

fn payload(text: &str) -> Payload {
    Payload::encode(&OutgoingEvent::new().data(text)).unwrap()
}

fn journal(events: usize, bytes: usize, topics: usize) -> Journal {
    let bounds = Bounds {
        events,
        bytes,
        topics,
    };
    Journal::new(bounds, ORIGIN)
}

/// Reads as a subscriber does, frame by frame.
fn read_all(
    journal: &Journal,
    topics: &[TopicKey],
    mut after: EventId,
    max_bytes: usize,
) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(batch) = journal.read(topics, after, max_bytes) {
        assert!(batch.through > after, "it goes on");
        assert!(batch.events == 1 || batch.bytes.len() <= max_bytes);
        after = batch.through;
        all.extend_from_slice(&batch.bytes);
    }
    // What tells a subscriber whether there is anything to read must agree with the reading.
    assert!(after >= journal.last(topics) || after < journal.trimmed(topics));
    all
}

/// An event as the model knows it.
#[derive(Clone, Debug)]
struct Known {
    id: EventId,
    topic: usize,
    bytes: Vec<u8>,
}

fn expected<'a>(
    known: impl IntoIterator<Item = &'a Known>,
    topics: &BTreeSet<usize>,
    after: EventId,
) -> Vec<u8> {
    let theirs = known
        .into_iter()
        .filter(|event| event.id > after && topics.contains(&event.topic));
    theirs.flat_map(|event| event.bytes.clone()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Publish {
        topic: usize,
        len: usize,
        skip: u64,
    },
    Trim(u64),
    Interrupt(u64),
    Read {
        topics: BTreeSet<usize>,
        after: u64,
        max_bytes: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let topics = prop::collection::btree_set(0..6_usize, 1..4);
    prop_oneof![
        8 => (0..6_usize, 0..300_usize, prop_oneof![4 => Just(0), 1 => 1..5_u64])
            .prop_map(|(topic, len, skip)| Step::Publish { topic, len, skip }),
        1 => (0..80_u64).prop_map(Step::Trim),
        1 => (0..80_u64).prop_map(Step::Interrupt),
        8 => (topics, 0..80_u64, prop_oneof![Just(1), 1..2_000_usize, Just(64 * 1024)])
            .prop_map(|(topics, after, max_bytes)| Step::Read { topics, after, max_bytes }),
    ]
}

proptest! {
    /// While there is room for all topics, what is kept, what is given for trimmed, and every read are exactly those of
    /// the model.
    #[test]
    fn it_keeps_the_newest_within_its_bounds(
        steps in vec(step(), 0..120),
        max_events in 1..30_usize,
        max_bytes in 600..6_000_usize,
    ) {
        let mut journal = journal(max_events, max_bytes, 100);
        let mut kept: VecDeque<Known> = VecDeque::new();
        let mut trimmed = [ORIGIN; 6];
        let mut newest = ORIGIN;
        for step in steps {
            match step {
                Step::Publish { topic, len, skip } => {
                    let text = "x".repeat(len);
                    let expected_id = id(newest.sequence() + 1 + skip);
                    let name = topic.to_string();
                    if skip == 0 {
                        prop_assert_eq!(journal.push(&name, payload(&text)).unwrap().0, expected_id);
                    } else {
                        journal.insert(expected_id, &name, payload(&text)).unwrap();
                    }
                    newest = expected_id;
                    kept.push_back(Known { id: newest, topic, bytes: payload(&text).seal(newest).to_vec() });
                    let weight = |kept: &VecDeque<Known>| kept.iter().map(|event| cost(event.bytes.len())).sum::<usize>();
                    while kept.len() > max_events || weight(&kept) > max_bytes {
                        let gone = kept.pop_front().unwrap();
                        trimmed[gone.topic] = gone.id;
                    }
                    prop_assert_eq!(journal.bytes(), weight(&kept));
                }
                Step::Trim(sequence) => {
                    journal.trim_through(id(sequence));
                    while kept.front().is_some_and(|event| event.id <= id(sequence)) {
                        let gone = kept.pop_front().unwrap();
                        trimmed[gone.topic] = gone.id;
                    }
                }
                Step::Interrupt(sequence) => {
                    journal.interrupt(id(sequence));
                    kept.retain(|event| event.id > id(sequence));
                    trimmed = trimmed.map(|trimmed| trimmed.max(id(sequence)));
                    newest = newest.max(id(sequence));
                }
                Step::Read { topics, after, max_bytes } => {
                    let keys: Vec<_> = topics.iter().map(|topic| journal.hold(&topic.to_string()).unwrap()).collect();
                    let gone = topics.iter().map(|topic| trimmed[*topic]).max().unwrap();
                    prop_assert_eq!(journal.trimmed(&keys), gone);
                    let after = id(after);
                    let all = read_all(&journal, &keys, after, max_bytes);
                    prop_assert_eq!(all, expected(&kept, &topics, after));
                }
            }
            prop_assert_eq!(journal.newest(), newest);
            prop_assert_eq!(journal.oldest(), kept.front().map(|event| event.id));
            prop_assert_eq!(journal.events(), kept.len());
        }
    }

    /// Whatever was forgotten to make room: a reader who has seen everything up to what is given for trimmed misses
    /// nothing that was ever published.
    #[test]
    fn a_gap_is_never_silent(steps in vec(step(), 0..120), max_events in 1..20_usize, max_topics in 1..5_usize) {
        let mut journal = journal(max_events, 1 << 20, max_topics);
        let mut ever: Vec<Known> = Vec::new();
        for step in steps {
            match step {
                Step::Publish { topic, len, .. } => {
                    let text = "x".repeat(len);
                    let (id, _) = journal.push(&topic.to_string(), payload(&text)).unwrap();
                    ever.push(Known { id, topic, bytes: payload(&text).seal(id).to_vec() });
                }
                Step::Trim(sequence) => journal.trim_through(id(sequence)),
                Step::Interrupt(_) => {}
                Step::Read { topics, after, max_bytes } => {
                    // As many as there is room for.
                    let topics: BTreeSet<usize> = topics.into_iter().take(max_topics).collect();
                    let held = topics.iter().filter_map(|topic| {
                        let key = journal.hold(&topic.to_string()).ok()?;
                        Some((*topic, key))
                    });
                    let (topics, keys): (BTreeSet<usize>, Vec<_>) = held.unzip();
                    let from = journal.trimmed(&keys).max(id(after));
                    let all = read_all(&journal, &keys, from, max_bytes);
                    prop_assert_eq!(all, expected(&ever, &topics, from));
                    for key in keys {
                        journal.release(key);
                    }
                }
            }
            prop_assert!(journal.topics() <= max_topics && journal.names.len() == journal.topics.len());
            prop_assert!(journal.events() <= max_events);
            let counted: usize = journal.topics.iter().map(|(_, topic)| topic.entries.len()).sum();
            prop_assert_eq!(journal.events(), counted);
            prop_assert!(journal.order.len() <= 2 * journal.events() + 64 + 1);
        }
    }
}

#[test]
fn a_quiet_topic_has_lost_nothing_when_a_busy_one_has() {
    let mut journal = journal(3, 1 << 20, 10);
    journal.push("quiet", payload("first")).unwrap();
    journal.push("quiet", payload("second")).unwrap();
    for _ in 0..2 {
        journal.push("busy", payload("x")).unwrap();
    }
    let quiet = [journal.hold("quiet").unwrap()];
    let busy = [journal.hold("busy").unwrap()];
    assert_eq!(journal.trimmed(&quiet), id(1));
    assert_eq!(journal.trimmed(&busy), ORIGIN);
    for _ in 0..10 {
        journal.push("busy", payload("x")).unwrap();
    }
    assert_eq!(
        journal.trimmed(&quiet),
        id(2),
        "however much was published since"
    );
    assert_eq!(journal.trimmed(&busy), id(11));
}

#[test]
fn an_id_is_never_given_twice() {
    let mut journal = journal(3, 1 << 20, 10);
    journal.insert(id(5), "a", payload("x")).unwrap();
    for sequence in [0, 4, 5] {
        let again = journal.insert(id(sequence), "a", payload("x"));
        assert_eq!(again.unwrap_err(), PublishError::OutOfOrder);
    }
    assert_eq!(journal.push("a", payload("x")).unwrap().0, id(6));
    journal.insert(id(u64::MAX), "a", payload("x")).unwrap();
    assert_eq!(
        journal.push("a", payload("x")).unwrap_err(),
        PublishError::OutOfOrder
    );
}

#[test]
fn an_event_that_can_never_fit_is_refused_and_costs_nothing() {
    let mut journal = journal(3, 1_000, 10);
    journal.push("a", payload("x")).unwrap();
    let limit = 1_000;
    let large = payload(&"x".repeat(limit));
    assert_eq!(
        journal.push("a", large).unwrap_err(),
        PublishError::TooLarge { limit }
    );
    assert_eq!((journal.events(), journal.newest()), (1, id(1)));
}

#[test]
fn a_topic_that_is_held_is_not_forgotten() {
    let mut journal = journal(100, 1 << 20, 2);
    let held = journal.hold("held").unwrap();
    journal.push("held", payload("x")).unwrap();
    for name in ["b", "c", "d"] {
        journal.push(name, payload("x")).unwrap();
    }
    assert_eq!(journal.topics(), 2);
    assert_eq!(journal.trimmed(&[held]), ORIGIN);
    journal.hold("d").unwrap();
    let limit = 2;
    assert_eq!(
        journal.push("e", payload("x")).unwrap_err(),
        PublishError::TooManyTopics { limit }
    );
}

#[test]
fn a_reader_cannot_push_out_what_is_kept() {
    let mut journal = journal(100, 1 << 20, 2);
    journal.push("a", payload("x")).unwrap();
    journal.push("b", payload("x")).unwrap();
    let limit = 2;
    assert_eq!(
        journal.hold("c").unwrap_err(),
        PublishError::TooManyTopics { limit }
    );
    journal.trim_through(id(1));
    assert!(journal.hold("c").is_ok(), "a topic without events may go");
}

#[test]
fn a_topic_that_comes_back_does_not_hide_what_it_lost() {
    let mut journal = journal(100, 1 << 20, 1);
    journal.push("a", payload("x")).unwrap();
    journal.push("b", payload("x")).unwrap();
    journal.push("a", payload("x")).unwrap();
    let a = [journal.hold("a").unwrap()];
    assert_eq!(journal.trimmed(&a), id(2), "more than it lost, never less");
}

#[test]
fn a_place_is_found_in_logarithmic_time() {
    for exponent in 0..=16 {
        let length = 1_usize << exponent;
        let entries: VecDeque<usize> = (0..length).collect();
        // Every place in a short log; in a long one some, its ends among them.
        let places = (0..=length).filter(|place| {
            length <= 1 << 10 || place % 997 == 0 || *place < 40 || length - place < 40
        });
        for expected in places {
            let compared = Cell::new(0);
            let found = place(&entries, |entry| {
                compared.set(compared.get() + 1);
                *entry >= expected
            });
            assert_eq!(found, expected);
            // Those near the end, then a bisection, which may look at one more than the logarithm rounded up.
            let bound = NEAR + exponent + 2;
            assert!(
                compared.get() <= bound,
                "{expected} of {length}: {compared:?}"
            );
            // Whoever keeps up costs the same, however long the log is.
            if length - expected < NEAR {
                assert!(compared.get() <= length - expected + 1);
            }
        }
    }
}

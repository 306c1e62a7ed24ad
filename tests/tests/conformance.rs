//! Every vector yields what it says, in every chunking and by every use of the parser's interface, and the oracle
//! says the same.

use std::collections::BTreeSet;

use sse_tests::feeding::{Habit, View, feed};
use sse_tests::laws;
use sse_tests::oracle;
use sse_tests::rules::Rule;
use sse_tests::vector::Vector;

/// Applies a check to every vector and reports all that fail, not just the first.
fn for_every_vector(check: impl Fn(&Vector) -> Result<(), String>) {
    let vectors = Vector::all();
    let failures: Vec<_> = vectors
        .iter()
        .filter_map(|vector| {
            let text = check(vector).err()?;
            Some(format!("{}: {}\n{text}", vector.name, vector.about))
        })
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {} vectors fail:\n\n{}",
        failures.len(),
        vectors.len(),
        failures.join("\n")
    );
}

/// Feeds chunks by both views, drained and dropped after each outcome.
fn feed_in_every_manner(vector: &Vector, chunks: &[&[u8]]) -> Result<(), String> {
    let Vector {
        options, expected, ..
    } = vector;
    for habit in [Habit::Drain, Habit::DropAfterEach] {
        for view in [View::Items, View::Events] {
            let in_this_view = match view {
                View::Items => expected,
                View::Events => &expected.without_items(),
            };
            feed(options, chunks, view, habit)
                .and_then(|feeding| feeding.transcript.expect(in_this_view))
                .map_err(|text| format!("  {view:?}, {habit:?}: {text}"))?;
        }
    }
    Ok(())
}

#[test]
fn oracle() {
    for_every_vector(|vector| {
        oracle::read(&vector.stream, &vector.options)
            .transcript
            .expect(&vector.expected)
    });
}

#[test]
fn whole() {
    for_every_vector(|vector| feed_in_every_manner(vector, &[&vector.stream]));
}

#[test]
fn byte_by_byte() {
    for_every_vector(|vector| {
        let chunks: Vec<_> = vector.stream.chunks(1).collect();
        feed_in_every_manner(vector, &chunks)
    });
}

#[test]
fn byte_by_byte_with_empty_chunks_between() {
    for_every_vector(|vector| {
        let bytes = vector.stream.chunks(1);
        let chunks: Vec<_> = bytes.flat_map(|byte| [&b""[..], byte, b""]).collect();
        feed_in_every_manner(vector, &chunks)
    });
}

#[test]
fn split_in_two_at_every_position() {
    for_every_vector(|vector| {
        for position in 0..=vector.stream.len() {
            let (before, behind) = vector.stream.split_at(position);
            feed_in_every_manner(vector, &[before, behind])
                .map_err(|text| format!("  split at {position}: {text}"))?;
        }
        Ok(())
    });
}

#[test]
fn nothing_is_held_back() {
    for_every_vector(|vector| {
        let decided_at = oracle::read(&vector.stream, &vector.options).decided_at;
        let chunks: Vec<_> = vector.stream.chunks(1).collect();
        for habit in [Habit::Drain, Habit::DropAfterEach] {
            let feeding = feed(&vector.options, &chunks, View::Items, habit)?;
            laws::prompt(&feeding, &decided_at, &chunks)?;
        }
        Ok(())
    });
}

#[test]
fn as_the_next_stream_of_a_parser() {
    let broken_off: [&[u8]; 10] = [
        b"\r",
        b"\xEF\xBB",
        b"\xEF\xBB\xBF",
        b"data: a\xE4\xB8",
        b":\xF0\x9F",
        b"event: t\ndata: a\nid: 9\n",
        b"id: 9\nretry: 4\n\r\nid: 10",
        b"data: \xFF\nid: 9\n",
        b"data: longer than all limits of vectors but the default, \
          so that the rest of the block is skipped, if there were one",
        b"event: t\rdata: longer than all limits of vectors but the default, \
          which ends in a block that is skipped\r",
    ];
    for_every_vector(|vector| {
        for first in broken_off {
            laws::reset(first, &vector.stream, &vector.options).map_err(|text| {
                format!("  after {:?}: {text}", first.escape_ascii().to_string())
            })?;
        }
        Ok(())
    });
}

#[test]
fn every_rule_has_a_vector_and_every_cited_rule_exists() {
    let rules: BTreeSet<_> = Rule::all().into_iter().map(|rule| rule.id).collect();
    let vectors = Vector::all();
    let mut cited = BTreeSet::new();
    for vector in &vectors {
        assert!(!vector.rules.is_empty(), "{} cites no rule", vector.name);
        assert!(
            vector.about.ends_with('.'),
            "{} is not about a sentence",
            vector.name
        );
        for rule in &vector.rules {
            assert!(
                rules.contains(rule),
                "{} cites {rule}, which is no rule",
                vector.name
            );
            cited.insert(rule.clone());
        }
    }
    let missing: Vec<_> = rules.difference(&cited).collect();
    assert!(missing.is_empty(), "rules without a vector: {missing:?}");
}

#[test]
fn there_are_many_vectors_and_no_two_are_the_same() {
    let vectors = Vector::all();
    assert!(vectors.len() >= 150, "only {} vectors", vectors.len());
    for (index, one) in vectors.iter().enumerate() {
        for other in &vectors[index + 1..] {
            assert!(
                one.stream != other.stream || one.options != other.options,
                "{} and {} are the same",
                one.name,
                other.name
            );
        }
    }
}

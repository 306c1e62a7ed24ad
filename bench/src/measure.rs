//! Takes times: first whether an answer is right, and then rounds in which everybody has a turn.

use std::hint::black_box;
use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use bytes::Bytes;

use crate::chunks::Chunks;
use crate::encoders::{self, Case};
use crate::field_lines;
use crate::floors::FLOORS;
use crate::oracle;
use crate::parsers::{CONTENDERS, Contender, Role};
use crate::results::{Cell, Encoding, FieldLines, Measured};
use crate::sink::{Count, Digest};
use crate::stopwatch::Stopwatch;
use crate::workload::{Random, Workload};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Bytes of a stream.
    pub size: usize,
    pub rounds: usize,
}

/// Longest time that one run of a parser may take. One that takes longer is named and not timed.
const LONGEST_RUN: Duration = Duration::from_secs(2);

/// Time for all rounds of one parser in one cell. A slow one has fewer rounds, but at least two.
const ALL_ROUNDS: Duration = Duration::from_millis(1200);

/// Measures one workload, cut into chunks of one size, for all contenders that are asked for.
pub fn cell(
    workload: Workload,
    stream: &Bytes,
    size: usize,
    effort: Effort,
    only: impl Fn(&Contender) -> bool,
) -> Cell {
    let chunks = Chunks::new(stream, size);
    let bytes = stream.len();
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for contender in CONTENDERS.iter().filter(|contender| only(contender)) {
        let verdict = check(contender, stream, size);
        let chunks = &chunks;
        let turn = move || {
            // An error would have shown when the answer was checked.
            let _ = (contender.run)(chunks, &mut Count::default());
        };
        turns.push(Turn::new(contender.name, verdict, turn));
    }
    for floor in FLOORS {
        let chunks = &chunks;
        turns.push(Turn::new(floor.name, Ok(Duration::ZERO), move || {
            (floor.run)(chunks);
        }));
    }
    Cell {
        workload: workload.name,
        chunk: size,
        bytes,
        times: take_turns(turns, effort.rounds),
    }
}

/// Says whether a contender's events are right, and how long it takes, or what is wrong.
///
/// Begins with the first part of the stream, so that one whose time grows with the square of the size is found before it is
/// given all of it.
fn check(contender: &Contender, stream: &Bytes, size: usize) -> Result<Duration, String> {
    let mut taken = Duration::ZERO;
    for part in [256, 64, 16, 4, 1] {
        let stream = stream.slice(..stream.len() / part);
        // The last line of a part may be cut off inside a character.
        let text = match std::str::from_utf8(&stream) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&stream[..error.valid_up_to()]).unwrap_or_default(),
        };
        let mut expected = Digest::default();
        oracle::parse(text, &mut expected);
        let chunks = Chunks::new(&stream, size);
        let mut seen = Digest::default();
        let start = Stopwatch::start();
        // A panic is a row of the table, not a message.
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
            (contender.check)(&chunks, &mut seen).map_err(|_| "error".to_owned())
        }));
        taken = start.elapsed();
        panic::set_hook(hook);
        match outcome {
            Err(_) => return Err("panics".to_owned()),
            Ok(Err(error)) => return Err(error),
            Ok(Ok(())) if seen != expected => return Err("wrong".to_owned()),
            Ok(Ok(())) => {}
        }
        // Four times the size is sixteen times the time, if the worst is true.
        let worst = if part > 1 { taken * 16 } else { taken };
        if worst > LONGEST_RUN && !is_ours(contender) {
            return Err(format!("over {} s", LONGEST_RUN.as_secs()));
        }
    }
    Ok(taken)
}

/// Somebody who has a turn in every round.
struct Turn<'a> {
    name: &'static str,
    rounds: usize,
    fault: Option<String>,
    run: Box<dyn FnMut() + 'a>,
    times: Vec<Duration>,
}

impl<'a> Turn<'a> {
    fn new(name: &'static str, verdict: Result<Duration, String>, run: impl FnMut() + 'a) -> Self {
        let (rounds, fault) = match verdict {
            Ok(once) => {
                let fitting = ALL_ROUNDS.as_nanos() / once.as_nanos().max(1);
                (usize::try_from(fitting).unwrap_or(usize::MAX).max(2), None)
            }
            Err(fault) => (0, Some(fault)),
        };
        Self {
            name,
            rounds,
            fault,
            run: Box::new(run),
            times: Vec::new(),
        }
    }
}

/// Returns the numbers below `count` in an order of its own, so that nobody always follows the same neighbour: what that leaves in the
/// processor's caches can make a fifth of the time.
fn shuffled(count: usize, random: &mut Random) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    for n in (1..count).rev() {
        order.swap(n, random.below(n + 1));
    }
    order
}

/// Takes some memory, so that what is allocated while it is held lies in other places than in the round before. Copies across the border of
/// two pages can take three times as long, and nobody should have that luck, good or bad, in every round.
fn moved(random: &mut Random) -> Vec<u8> {
    black_box(Vec::with_capacity(random.below(PAGE)))
}

/// Bytes of a page of memory, at least.
const PAGE: usize = 4096;

/// Runs the rounds, and takes the times.
fn take_turns(mut turns: Vec<Turn<'_>>, rounds: usize) -> Vec<(&'static str, Measured)> {
    let mut random = Random(1);
    for round in 0..rounds {
        for n in shuffled(turns.len(), &mut random) {
            let turn = &mut turns[n];
            if round < turn.rounds {
                let _held = moved(&mut random);
                let start = Stopwatch::start();
                (turn.run)();
                turn.times.push(start.elapsed());
            }
        }
    }
    turns
        .into_iter()
        .map(|turn| {
            let measured = match turn.fault {
                Some(fault) => Measured::Fault(fault),
                None => Measured::Times(turn.times),
            };
            (turn.name, measured)
        })
        .collect()
}

/// Measures all encoders on one event.
pub fn encoding(case: &Case, rounds: usize) -> Encoding {
    let times = case.times();
    let mut taken: Vec<Measured> = encoders::CONTENDERS
        .iter()
        .map(|contender| {
            if contender.name == "memcpy" || contender.is_right(case) {
                Measured::Times(Vec::new())
            } else {
                Measured::Fault("wrong".to_owned())
            }
        })
        .collect();
    let mut random = Random(1);
    for _ in 0..rounds {
        for n in shuffled(taken.len(), &mut random) {
            let Measured::Times(list) = &mut taken[n] else {
                continue;
            };
            let _held = moved(&mut random);
            match (encoders::CONTENDERS[n].run)(case, times) {
                Ok(time) => list.push(time),
                Err(_) => taken[n] = Measured::Fault("error".to_owned()),
            }
        }
    }
    let names = encoders::CONTENDERS.iter().map(|contender| contender.name);
    Encoding {
        case: case.name,
        events: times,
        times: names.zip(taken).collect(),
    }
}

/// Measures the ways to read the lines of a stream.
pub fn field_lines(name: &'static str, stream: &str, rounds: usize) -> FieldLines {
    let lines = &field_lines::lines(stream);
    let turns = field_lines::READERS
        .iter()
        .map(|reader| Turn::new(reader.name, Ok(Duration::ZERO), || (reader.run)(lines)))
        .collect();
    FieldLines {
        workload: name,
        bytes: stream.len(),
        lines: lines.len(),
        times: take_turns(turns, rounds),
    }
}

/// Whether a contender is ours.
pub fn is_ours(contender: &Contender) -> bool {
    contender.role != Role::Peer
}

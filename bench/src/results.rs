//! What was measured, and the ratios in it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::floors;
use crate::parsers::{CONTENDERS, Role};

/// The times of one contender, or why there are none.
#[derive(Clone, Debug)]
pub enum Measured {
    Times(Vec<Duration>),
    Fault(String),
}

impl Measured {
    /// The median, in seconds.
    pub fn median(&self) -> Option<f64> {
        match self {
            Self::Times(times) => median(times.iter().map(Duration::as_secs_f64)),
            Self::Fault(_) => None,
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// How many times faster the second one is: the median of the ratios of the rounds that both took part in, since what
/// disturbs a round disturbs both.
fn times_faster(slow: &Measured, fast: &Measured) -> Option<f64> {
    match (slow, fast) {
        (Measured::Times(slow), Measured::Times(fast)) => median(
            slow.iter()
                .zip(fast)
                .map(|(slow, fast)| slow.as_secs_f64() / fast.as_secs_f64()),
        ),
        _ => None,
    }
}

type Times = Vec<(&'static str, Measured)>;

fn find<'a>(times: &'a Times, name: &str) -> Option<&'a Measured> {
    times
        .iter()
        .find(|(of, _)| *of == name)
        .map(|(_, measured)| measured)
}

/// One workload in chunks of one size.
#[derive(Clone, Debug)]
pub struct Cell {
    pub workload: &'static str,
    pub chunk: usize,
    pub bytes: usize,
    pub times: Times,
}

impl Cell {
    pub fn of(&self, name: &str) -> Option<&Measured> {
        find(&self.times, name)
    }

    /// The peer that is the fastest against one of ours. Within the rounds, since in a cell where the machine was disturbed for a while, the
    /// fastest by its median is also a matter of which rounds it took part in.
    pub fn best_peer(&self, name: &str) -> Option<&'static str> {
        let ratios = CONTENDERS
            .iter()
            .filter(|contender| contender.role == Role::Peer)
            .filter_map(|peer| Some((peer.name, self.ratio(name, peer.name)?)));
        let best = ratios.min_by(|(_, one), (_, other)| one.total_cmp(other));
        best.map(|(peer, _)| peer)
    }

    /// How many times faster than `other` one is.
    pub fn ratio(&self, name: &str, other: &str) -> Option<f64> {
        times_faster(self.of(other)?, self.of(name)?)
    }

    pub fn ratio_to_best_peer(&self, name: &str) -> Option<f64> {
        self.ratio(name, self.best_peer(name)?)
    }

    pub fn gigabytes_per_second(&self, name: &str) -> Option<f64> {
        Some(self.bytes as f64 / self.of(name)?.median()? / 1e9)
    }

    pub fn nanoseconds_per_byte(&self, name: &str) -> Option<f64> {
        Some(self.of(name)?.median()? * 1e9 / self.bytes as f64)
    }
}

impl Cell {
    /// What the floor took that does the same whatever stands in the stream, in nanoseconds per byte.
    fn floor(&self) -> f64 {
        let floor = self.nanoseconds_per_byte(floors::LINE_ENDS);
        floor.unwrap_or(f64::INFINITY)
    }
}

/// How many times the quickest floor another one may take, before the cell is held to be disturbed. In quiet times they differ by a tenth.
pub const TOLERATED: f64 = 1.15;

/// All encoders on one event.
#[derive(Clone, Debug)]
pub struct Encoding {
    pub case: &'static str,
    pub events: usize,
    pub times: Times,
}

impl Encoding {
    pub fn of(&self, name: &str) -> Option<&Measured> {
        find(&self.times, name)
    }

    pub fn ratio(&self, name: &str, other: &str) -> Option<f64> {
        times_faster(self.of(other)?, self.of(name)?)
    }

    pub fn nanoseconds_per_event(&self, name: &str) -> Option<f64> {
        Some(self.of(name)?.median()? * 1e9 / self.events as f64)
    }
}

/// The ways to read the lines of a stream.
#[derive(Clone, Debug)]
pub struct FieldLines {
    pub workload: &'static str,
    pub bytes: usize,
    pub lines: usize,
    pub times: Times,
}

impl FieldLines {
    pub fn nanoseconds_per_line(&self, name: &str) -> Option<f64> {
        Some(find(&self.times, name)?.median()? * 1e9 / self.lines as f64)
    }
}

/// Everything.
#[derive(Debug, Default)]
pub struct Results {
    pub cells: Vec<Cell>,
    pub one_byte_chunks: Vec<Cell>,
    pub long_line: Vec<Cell>,
    pub encodings: Vec<Encoding>,
    pub field_lines: Vec<FieldLines>,
    /// Instructions per byte, by contender, workload and chunk size.
    pub instructions: BTreeMap<(String, String, usize), f64>,
    /// Instructions per line, by reader and workload.
    pub instructions_per_line: BTreeMap<(String, String), f64>,
    /// Allocations per event, by contender, workload and chunk size.
    pub allocations: BTreeMap<(String, String, usize), f64>,
}

impl Results {
    pub fn cell(&self, workload: &str, chunk: usize) -> Option<&Cell> {
        self.cells
            .iter()
            .find(|cell| cell.workload == workload && cell.chunk == chunk)
    }

    /// Cells that were measured while the machine had less time for it: their floor took much longer than that of another cell with chunks of
    /// the same size, where it has as much to do. That changes the ratios too, since not all code is slowed down alike.
    pub fn disturbed(&self) -> Vec<usize> {
        let quickest = |chunk| {
            let cells = self.cells.iter().filter(|cell| cell.chunk == chunk);
            cells.map(Cell::floor).fold(f64::INFINITY, f64::min)
        };
        let is_disturbed = |cell: &Cell| cell.floor() > TOLERATED * quickest(cell.chunk);
        let cells = self.cells.iter().enumerate();
        cells
            .filter(|(_, cell)| is_disturbed(cell))
            .map(|(place, _)| place)
            .collect()
    }

    /// Takes a cell that was measured again in place of the one before, if its floor was faster.
    pub fn measured_again(&mut self, place: usize, cell: Cell) {
        if cell.floor() < self.cells[place].floor() {
            self.cells[place] = cell;
        }
    }

    pub fn instructions(&self, name: &str, workload: &str, chunk: usize) -> Option<f64> {
        self.instructions
            .get(&(name.to_owned(), workload.to_owned(), chunk))
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(milliseconds: &[u64]) -> Measured {
        Measured::Times(
            milliseconds
                .iter()
                .copied()
                .map(Duration::from_millis)
                .collect(),
        )
    }

    #[test]
    fn ratios_are_medians_of_rounds() {
        assert_eq!(
            times_faster(&times(&[20, 90, 20]), &times(&[10, 30, 10])),
            Some(2.0)
        );
        assert_eq!(
            times_faster(&times(&[20]), &Measured::Fault(String::new())),
            None
        );
        assert_eq!(median([3.0, 1.0].into_iter()), Some(2.0));
        assert_eq!(median([].into_iter()), None);
    }

    #[test]
    fn the_best_peer_is_the_fastest_that_is_right() {
        let cell = Cell {
            workload: "a",
            chunk: 64,
            bytes: 1000,
            times: vec![
                ("sse-codec", times(&[1])),
                ("sse-core", times(&[4])),
                ("sse-stream", times(&[3])),
                ("sseer", Measured::Fault("wrong".to_owned())),
                ("memcpy", times(&[0])),
            ],
        };
        assert_eq!(cell.best_peer("sse-codec"), Some("sse-stream"));
        assert_eq!(cell.ratio_to_best_peer("sse-codec"), Some(3.0));
    }

    #[test]
    fn the_best_peer_is_the_fastest_within_the_rounds() {
        let cell = Cell {
            workload: "a",
            chunk: 64,
            bytes: 1000,
            times: vec![
                ("sse-codec", times(&[1, 10, 10])),
                // Took part only before the disturbance.
                ("sse-core", times(&[4])),
                ("sse-stream", times(&[3, 30, 30])),
            ],
        };
        assert_eq!(cell.best_peer("sse-codec"), Some("sse-stream"));
    }

    #[test]
    fn a_cell_with_a_slow_floor_is_disturbed() {
        let cell = |chunk, floor| Cell {
            workload: "a",
            chunk,
            bytes: 1000,
            times: vec![(floors::LINE_ENDS, times(&[floor]))],
        };
        let mut results = Results {
            cells: vec![cell(64, 100), cell(64, 114), cell(64, 116), cell(1400, 50)],
            ..Results::default()
        };
        assert_eq!(results.disturbed(), [2]);
        results.measured_again(2, cell(64, 117));
        assert_eq!(results.disturbed(), [2]);
        results.measured_again(2, cell(64, 80));
        assert_eq!(results.disturbed(), [0, 1]);
    }
}

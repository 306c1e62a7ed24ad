//! The cases, and the tables that are made of them.

use std::io;
use std::time::Duration;

use crate::load::{Load, Pace, Run, crowd};
use crate::server::Kind;

/// How thorough it is to be.
pub struct Settings {
    /// How often each case is run.
    rounds: usize,
    /// How much processor time a server uses in a run, in seconds.
    seconds: f64,
    /// Only cases whose name holds this.
    only: String,
}

const HELP: &str = "options: --rounds N (3), --seconds S of processor time for a run (2), --only PART of a case's name";

impl Settings {
    pub fn of_arguments(words: &[&str]) -> Result<Self, String> {
        let mut settings = Self {
            rounds: 3,
            seconds: 2.0,
            only: String::new(),
        };
        for pair in words.chunks(2) {
            match pair {
                ["--rounds", rounds] => settings.rounds = rounds.parse().map_err(|_| HELP)?,
                ["--seconds", seconds] => settings.seconds = seconds.parse().map_err(|_| HELP)?,
                ["--only", part] => settings.only = (*part).to_owned(),
                _ => return Err(HELP.to_owned()),
            }
        }
        Ok(settings)
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

/// Runs the cases, and prints a table of each as soon as it is known.
pub fn print(settings: &Settings) -> io::Result<()> {
    println!("{}", machine()?);
    for case in cases() {
        if settings.wants(case.name) {
            print_case(&case, settings)?;
        }
    }
    if settings.wants("crowd") {
        print_crowd(settings)?;
    }
    Ok(())
}

struct Case {
    name: &'static str,
    load: Load,
    kinds: &'static [Kind],
}

fn cases() -> Vec<Case> {
    let load = |connections, size, pace| Load {
        connections,
        size,
        pace,
        stuck: 0,
        threads: 1,
    };
    let all = |name, load| Case {
        name,
        load,
        kinds: &Kind::ALL,
    };
    let threads = |name, threads| Case {
        name,
        load: Load {
            threads,
            ..load(1_000, 64, Pace::Window(1, 1))
        },
        kinds: &[Kind::Channels, Kind::Serve],
    };
    vec![
        all(
            "window 16, 1,000 connections, 64 B",
            load(1_000, 64, Pace::Window(16, 1)),
        ),
        all(
            "window 16, 1,000 connections, 1 KiB",
            load(1_000, 1024, Pace::Window(16, 1)),
        ),
        all(
            "window 16, 10,000 connections, 64 B",
            load(10_000, 64, Pace::Window(16, 1)),
        ),
        all(
            "window 16, 10,000 connections, 1 KiB",
            load(10_000, 1024, Pace::Window(16, 1)),
        ),
        all(
            "window 1, 1,000 connections, 64 B",
            load(1_000, 64, Pace::Window(1, 1)),
        ),
        all(
            "burst of 16, window 64, 1,000 connections, 64 B",
            load(1_000, 64, Pace::Window(64, 16)),
        ),
        all(
            "paced, 40 a second, 1,000 connections, 64 B",
            load(1_000, 64, Pace::Rate(40)),
        ),
        all(
            "stuck, 5 besides 100 connections, window 64, 1 KiB",
            Load {
                stuck: 5,
                ..load(100, 1024, Pace::Window(64, 1))
            },
        ),
        threads("threads: 1, window 1, 1,000 connections, 64 B", 1),
        threads("threads: 2, window 1, 1,000 connections, 64 B", 2),
        threads("threads: 4, window 1, 1,000 connections, 64 B", 4),
    ]
}

fn print_case(case: &Case, settings: &Settings) -> io::Result<()> {
    println!("\n### {}\n", case.name);
    println!(
        "| server | deliveries per CPU second | times channels | user µs per delivery | deliveries per second | p50 ms | p99 ms | publish µs, p50 / p99 | idle bytes per connection | grown MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let mut runs: Vec<Vec<Run>> = case.kinds.iter().map(|_| Vec::new()).collect();
    // In turn, so that whatever else the machine does at the time meets all of them.
    for _ in 0..settings.rounds {
        for (kind, runs) in case.kinds.iter().zip(&mut runs) {
            runs.push(case.load.run(*kind, settings.seconds)?);
        }
    }
    let mut first = None;
    for (kind, runs) in case.kinds.iter().zip(&runs) {
        let of = |value: fn(&Run) -> f64| median(runs, value);
        let rate = of(Run::rate);
        println!(
            "| {} | {:.0} k | {:.2} | {:.2} | {:.0} k | {:.2} | {:.2} | {:.1} / {:.1} | {:.0} | {:.1} |",
            kind.name(),
            rate / 1e3,
            rate / *first.get_or_insert(rate),
            of(Run::user),
            of(|run| run.deliveries as f64 / run.seconds) / 1e3,
            of(|run| run.p50),
            of(|run| run.p99),
            of(|run| run.publish.0),
            of(|run| run.publish.1),
            of(|run| run.idle),
            of(|run| run.grown) / 1024.0 / 1024.0,
        );
    }
    Ok(())
}

fn print_crowd(settings: &Settings) -> io::Result<()> {
    println!("\n### crowd: 10,000 connections open at once, and are all ended\n");
    println!(
        "| server | all open after s | all ended, at once, after s | all ended, within 2 s, after s |"
    );
    println!("|---|---|---|---|");
    for kind in Kind::ALL {
        let mut times = Vec::new();
        for _ in 0..settings.rounds {
            let (opened, at_once) = crowd(kind, 10_000, Duration::ZERO)?;
            let (_, spread) = crowd(kind, 10_000, Duration::from_secs(2))?;
            times.push([opened, at_once, spread]);
        }
        let of = |place: fn(&[f64; 3]) -> f64| median(&times, place);
        println!(
            "| {} | {:.2} | {:.2} | {:.2} |",
            kind.name(),
            of(|t| t[0]),
            of(|t| t[1]),
            of(|t| t[2])
        );
    }
    Ok(())
}

fn median<T>(all: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let mut values: Vec<f64> = all.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What it runs on, and how busy that is.
fn machine() -> io::Result<String> {
    let processors = std::thread::available_parallelism()?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let load: Vec<&str> = load.split(' ').take(3).collect();
    Ok(format!(
        "{processors} processors, Linux {}, load {} before it began",
        kernel.trim(),
        load.join(" ")
    ))
}

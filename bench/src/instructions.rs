//! Counts instructions, which no neighbour on the machine disturbs: this program runs itself under callgrind, with one pass over
//! a stream and with two. The difference is one pass.

use std::env;
use std::hint::black_box;
use std::io;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use bytes::Bytes;

use crate::chunks::Chunks;
use crate::encoders;
use crate::field_lines::{self, READERS};
use crate::machine;
use crate::parsers;
use crate::sink::Count;
use crate::workload::Workload;

/// Something whose instructions are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Parse {
        contender: String,
        workload: String,
        chunk: usize,
    },
    ReadLines {
        reader: String,
        workload: String,
    },
    Encode {
        contender: String,
        case: String,
    },
}

impl What {
    /// The arguments that make this program do it, before size and passes.
    fn arguments(&self) -> Vec<String> {
        match self {
            Self::Parse {
                contender,
                workload,
                chunk,
            } => {
                vec![
                    "parse".into(),
                    contender.clone(),
                    workload.clone(),
                    chunk.to_string(),
                ]
            }
            Self::ReadLines { reader, workload } => {
                vec!["lines".into(), reader.clone(), workload.clone(), "0".into()]
            }
            Self::Encode { contender, case } => {
                vec!["encode".into(), contender.clone(), case.clone(), "0".into()]
            }
        }
    }

    fn parse(arguments: &[String]) -> Option<Self> {
        let [group, name, workload, chunk] = arguments else {
            return None;
        };
        let (name, workload) = (name.clone(), workload.clone());
        Some(match group.as_str() {
            "parse" => Self::Parse {
                contender: name,
                workload,
                chunk: chunk.parse().ok()?,
            },
            "lines" => Self::ReadLines {
                reader: name,
                workload,
            },
            "encode" => Self::Encode {
                contender: name,
                case: workload,
            },
            _ => return None,
        })
    }
}

/// The bytes of the stream that instructions are counted on.
pub const SIZE: usize = 2 << 20;

/// The subcommand: `pass GROUP NAME WORKLOAD CHUNK SIZE PASSES`.
pub fn pass(arguments: &[String]) -> Result<(), String> {
    let [what @ .., size, passes] = arguments else {
        return Err("usage: pass GROUP NAME WORKLOAD CHUNK SIZE PASSES".to_owned());
    };
    let what = What::parse(what).ok_or("no such thing to pass over")?;
    let size: usize = size.parse().map_err(|_| "SIZE is no number")?;
    let passes: usize = passes.parse().map_err(|_| "PASSES is no number")?;
    match what {
        What::Parse {
            contender,
            workload,
            chunk,
        } => {
            let contender = parsers::by_name(&contender).ok_or("no such parser")?;
            let workload = Workload::by_name(&workload).ok_or("no such workload")?;
            let chunks = Chunks::new(&Bytes::from(workload.generate(size)), chunk);
            for _ in 0..passes {
                let mut count = Count::default();
                (contender.run)(&chunks, &mut count).map_err(|error| error.to_string())?;
                black_box(count.events);
            }
        }
        What::ReadLines { reader, workload } => {
            let reader = READERS
                .iter()
                .find(|one| one.name == reader)
                .ok_or("no such reader")?;
            let stream = line_stream(&workload, size)?;
            let lines = field_lines::lines(&stream);
            for _ in 0..passes {
                (reader.run)(&lines);
            }
        }
        What::Encode { contender, case } => {
            let contender = encoders::CONTENDERS
                .iter()
                .find(|one| one.name == contender)
                .ok_or("no such encoder")?;
            let case = encoders::cases()
                .into_iter()
                .find(|one| one.name == case)
                .ok_or("no such event")?;
            for _ in 0..passes {
                black_box((contender.run)(&case, case.times()).map_err(|error| error.to_string())?);
            }
        }
    }
    Ok(())
}

/// A stream whose lines are read: that of a workload, or lines for which there is no short cut.
pub fn line_stream(workload: &str, size: usize) -> Result<String, String> {
    if workload == "unusual" {
        let lines = field_lines::UNUSUAL.join("\n") + "\n";
        return Ok(lines.repeat(size / lines.len()));
    }
    Ok(Workload::by_name(workload)
        .ok_or("no such workload")?
        .generate(size))
}

/// Counts the instructions of one pass over each.
///
/// # Errors
///
/// If valgrind is not there, or fails.
pub fn count(all: &[What]) -> io::Result<Vec<u64>> {
    let next = Mutex::new(0..all.len());
    let counts = Mutex::new(vec![Ok(0); all.len()]);
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .clamp(1, 3);
    let work = || {
        loop {
            let n = next.lock().ok().and_then(|mut next| next.next());
            let Some(n) = n else {
                return;
            };
            let result = one_pass(&all[n]).map_err(|error| error.to_string());
            if let Ok(mut counts) = counts.lock() {
                counts[n] = result;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    let counts = counts
        .into_inner()
        .map_err(|_| io::Error::other("a counting thread has panicked"))?;
    counts
        .into_iter()
        .map(|count| count.map_err(io::Error::other))
        .collect()
}

fn one_pass(what: &What) -> io::Result<u64> {
    let one = under_callgrind(what, 1)?;
    let two = under_callgrind(what, 2)?;
    Ok(two.saturating_sub(one))
}

fn under_callgrind(what: &What, passes: usize) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .arg("pass")
        .args(what.arguments())
        .args([SIZE.to_string(), passes.to_string()])
        .env(machine::C_LIBRARY_VARIABLE, machine::C_LIBRARY)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report
        .lines()
        .find_map(|line| line.split_once("Collected :"));
    match collected.and_then(|(_, count)| count.trim().parse().ok()) {
        Some(count) if output.status.success() => Ok(count),
        _ => Err(io::Error::other(format!(
            "valgrind failed on {what:?}: {report}"
        ))),
    }
}

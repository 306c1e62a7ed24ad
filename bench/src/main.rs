//! Runs all comparisons and writes `docs/benchmarks.md` and `docs/benchmarks.svg`. `scripts/bench` builds and starts it.

use std::error::Error;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::{env, fs};

use bytes::Bytes;
use sse_bench::chunks::{self, SIZES};
use sse_bench::instructions::{self, What};
use sse_bench::measure::{self, Effort};
use sse_bench::parsers::{CONTENDERS, Role};
use sse_bench::report::{self, USUAL};
use sse_bench::results::{Cell, Results};
use sse_bench::{chart, encoders, field_lines, machine, workload};

const USAGE: &str = "\
usage: sse-bench [OPTION]...
  --size MIB          bytes of a stream (default 16)
  --rounds N          rounds of each comparison (default 45)
  --only LIST         workloads, such as a,c (default all)
  --no-instructions   do not count instructions and allocations
  --docs FOLDER       where benchmarks.md and benchmarks.svg go (default docs)
  --date TEXT         a date to name in the document
sse-bench pass GROUP NAME WORKLOAD CHUNK SIZE PASSES
                      one thing alone, for a profiler";

struct Options {
    effort: Effort,
    only: Option<String>,
    instructions: bool,
    docs: PathBuf,
    date: Option<String>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            effort: Effort {
                size: 16 << 20,
                rounds: 45,
            },
            only: None,
            instructions: true,
            docs: PathBuf::from("docs"),
            date: None,
        };
        let mut rest = arguments.iter();
        while let Some(option) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| format!("{option} needs a value"));
            match option.as_str() {
                "--size" => options.effort.size = value()?.parse::<usize>()? << 20,
                "--rounds" => options.effort.rounds = value()?.parse()?,
                "--only" => options.only = Some(value()?.clone()),
                "--no-instructions" => options.instructions = false,
                "--docs" => options.docs = PathBuf::from(value()?),
                "--date" => options.date = Some(value()?.clone()),
                _ => return Err(format!("unknown option {option}\n{USAGE}").into()),
            }
        }
        Ok(options)
    }

    fn workloads(&self) -> Vec<workload::Workload> {
        let mut workloads = workload::ALL.to_vec();
        if let Some(only) = &self.only {
            workloads.retain(|workload| only.split(',').any(|name| name == workload.name));
        }
        workloads
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((first, _)) if first == "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        Some((first, rest)) if first == "pass" => instructions::pass(rest).map_err(Into::into),
        _ if env::var_os(machine::C_LIBRARY_VARIABLE).is_none() => start_again(&arguments),
        _ => Options::parse(&arguments).and_then(|options| run(&options)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sse-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Starts the program again, in place of this one, with settings that the C library reads only at the start.
fn start_again(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command
        .args(arguments)
        .env(machine::C_LIBRARY_VARIABLE, machine::C_LIBRARY);
    Err(command.exec().into())
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let mut results = Results::default();
    parse(options, &mut results);
    parse_again(options, &mut results);
    for case in encoders::cases() {
        eprintln!("encode {}", case.name);
        results
            .encodings
            .push(measure::encoding(&case, options.effort.rounds));
    }
    read_lines(options, &mut results)?;
    if options.instructions {
        count_instructions(options, &mut results)?;
        count_allocations(options, &mut results)?;
    }
    let machine = machine::describe();
    let page = report::markdown(&results, options.effort, &machine, options.date.as_deref());
    fs::create_dir_all(&options.docs)?;
    fs::write(options.docs.join("benchmarks.md"), page)?;
    fs::write(options.docs.join("benchmarks.svg"), chart::svg(&results))?;
    Ok(())
}

fn parse(options: &Options, results: &mut Results) {
    let effort = options.effort;
    for workload in options.workloads() {
        let stream = Bytes::from(workload.generate(effort.size));
        for size in SIZES {
            eprintln!("parse {} in chunks: {}", workload.name, chunks::label(size));
            results
                .cells
                .push(measure::cell(workload, &stream, size, effort, |_| true));
        }
        // A list of so many chunks takes much more memory than the stream.
        let stream = Bytes::from(workload.generate(effort.size / 4));
        results.one_byte_chunks.push(measure::cell(
            workload,
            &stream,
            1,
            effort,
            measure::is_ours,
        ));
    }
    if options
        .only
        .as_deref()
        .is_none_or(|only| only.contains(workload::LONG_LINE.name))
    {
        let stream = Bytes::from(workload::LONG_LINE.generate(64 << 20));
        for size in SIZES {
            eprintln!("parse a line of 64 MiB in chunks: {}", chunks::label(size));
            let cell = measure::cell(workload::LONG_LINE, &stream, size, effort, measure::is_ours);
            results.long_line.push(cell);
        }
    }
}

/// Measures the cells again that were disturbed.
fn parse_again(options: &Options, results: &mut Results) {
    for _ in 0..AGAIN {
        for place in results.disturbed() {
            let Cell {
                workload: name,
                chunk,
                ..
            } = results.cells[place];
            let Some(workload) = workload::ALL.iter().find(|of| of.name == name) else {
                continue;
            };
            eprintln!("again, {name} in chunks: {}", chunks::label(chunk));
            let stream = Bytes::from(workload.generate(options.effort.size));
            let cell = measure::cell(*workload, &stream, chunk, options.effort, |_| true);
            results.measured_again(place, cell);
        }
    }
}

/// How many times a cell is measured again at most.
const AGAIN: usize = 3;

/// The streams whose lines are read: those that have many.
fn line_streams(options: &Options) -> Vec<&'static str> {
    let workloads = options
        .workloads()
        .into_iter()
        .map(|workload| workload.name);
    workloads
        .filter(|name| *name != "d")
        .chain(["unusual"])
        .collect()
}

fn read_lines(options: &Options, results: &mut Results) -> Result<(), Box<dyn Error>> {
    for name in line_streams(options) {
        // Small enough for the cache, since only a few bytes of each line are read.
        let stream = instructions::line_stream(name, instructions::SIZE)?;
        results
            .field_lines
            .push(measure::field_lines(name, &stream, options.effort.rounds));
    }
    Ok(())
}

fn count_instructions(options: &Options, results: &mut Results) -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for workload in options.workloads() {
        let mut add = |contender: &str, chunk| {
            let (contender, workload) = (contender.to_owned(), workload.name.to_owned());
            all.push(What::Parse {
                contender,
                workload,
                chunk,
            });
        };
        for contender in CONTENDERS
            .iter()
            .filter(|contender| contender.role != Role::Peer)
        {
            add(contender.name, USUAL);
            if contender.role == Role::Borrowed {
                SIZES
                    .into_iter()
                    .chain([1])
                    .filter(|size| *size != USUAL)
                    .for_each(|size| add(contender.name, size));
            }
        }
        let peer = results
            .cell(workload.name, USUAL)
            .and_then(|cell| cell.best_peer(report::BORROWED));
        peer.into_iter().for_each(|peer| add(peer, USUAL));
    }
    for name in line_streams(options) {
        all.extend(field_lines::READERS.iter().map(|reader| What::ReadLines {
            reader: reader.name.to_owned(),
            workload: name.to_owned(),
        }));
    }
    eprintln!("count instructions of {} passes", all.len());
    let counts = instructions::count(&all)?;
    for (what, count) in all.into_iter().zip(counts) {
        match what {
            What::Parse {
                contender,
                workload,
                chunk,
            } => {
                let bytes = instructions::line_stream(&workload, instructions::SIZE)?.len();
                results
                    .instructions
                    .insert((contender, workload, chunk), count as f64 / bytes as f64);
            }
            What::ReadLines { reader, workload } => {
                let stream = instructions::line_stream(&workload, instructions::SIZE)?;
                let lines = field_lines::lines(&stream).len();
                results
                    .instructions_per_line
                    .insert((reader, workload), count as f64 / lines as f64);
            }
            What::Encode { .. } => {}
        }
    }
    Ok(())
}

fn count_allocations(options: &Options, results: &mut Results) -> Result<(), Box<dyn Error>> {
    let mut keys = Vec::new();
    for workload in options.workloads() {
        for contender in CONTENDERS
            .iter()
            .filter(|contender| contender.role != Role::Peer)
        {
            for size in [1400, USUAL] {
                keys.push((contender.name.to_owned(), workload.name.to_owned(), size));
            }
        }
    }
    eprintln!("count allocations");
    let program = env::current_exe()?.with_file_name("allocations");
    let mut command = Command::new(&program);
    for (contender, workload, size) in &keys {
        command.args([contender, workload, &size.to_string()]);
    }
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let numbers = String::from_utf8(output.stdout)?;
    for (key, number) in keys.into_iter().zip(numbers.lines()) {
        results.allocations.insert(key, number.parse()?);
    }
    Ok(())
}

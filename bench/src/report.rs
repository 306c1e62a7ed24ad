//! Writes what was measured as Markdown.

use std::fmt::Write as _;

use crate::chunks::{SIZES, WHOLE, label};
use crate::encoders;
use crate::field_lines::READERS;
use crate::floors::FLOORS;
use crate::measure::Effort;
use crate::parsers::{CONTENDERS, Role};
use crate::results::{self, Cell, Measured, Results};
use crate::workload::ALL;

/// The chunk size of the tables that show only one.
pub const USUAL: usize = 16 * 1024;

/// The contender whose speed is the measure of the others.
pub const BORROWED: &str = "sse-codec";
const EVENT: &str = "sse-codec `Event`";
const STREAM: &str = "sse-codec `EventStream`";

/// The whole document.
pub fn markdown(results: &Results, effort: Effort, machine: &str, date: Option<&str>) -> String {
    let mut page = String::new();
    introduction(&mut page, effort, machine, date);
    summary(&mut page, results);
    page.push_str("\n![Speed relative to the best other crate](benchmarks.svg)\n");
    ratios(&mut page, results);
    instructions(&mut page, results);
    allocations(&mut page, results);
    floors(&mut page, results);
    peers(&mut page, results);
    linear(&mut page, results);
    nom(&mut page, results);
    encoding(&mut page, results);
    page
}

fn introduction(page: &mut String, effort: Effort, machine: &str, date: Option<&str>) {
    let date = date.map_or_else(String::new, |date| format!(", {date}"));
    let _ = write!(
        page,
        "# Benchmarks

Written by `scripts/bench`; do not edit. Measured on {machine}{date}; {mib} MiB a stream, up to {rounds} rounds.

All parsers get the same chunks of the same streams, cut beforehand. Type, data and last event ID of every event are
read. In each round everybody has one turn, in an order drawn anew, all in one process, and processor time is taken; a
figure is the median of the rounds, and a ratio the median of the ratios within rounds. The best peer is the one to which that
ratio is the smallest. Ratios and instruction counts carry over to other machines, gigabytes per second do not. A cell in
which finding the line ends, the floor that is the same for all streams, took more than {tolerated} times what it took in another with chunks
of that size is measured again, up to three times, since the machine had other things to do. What is allocated lies elsewhere in
each round, so that nobody has the same luck with addresses in all of them. Built with `lto = \"fat\"` and
`codegen-units = 1`, for any processor of the architecture. The C library is told to copy by vector instructions and to keep the
memory it has; without that, the addresses that a run happens to get decide more than the code.

A crate is named instead of timed where its events differ from the standard's in number, type, data or ID (*wrong*), where it
fails, or where a run takes too long. Each is used by the fastest of its public ways in:

| crate | by |
|---|---|
",
        mib = effort.size >> 20,
        rounds = effort.rounds,
        tolerated = results::TOLERATED,
    );
    for contender in CONTENDERS {
        row(page, [contender.name, contender.by]);
    }
    page.push_str("\nThe streams:\n\n| | |\n|---|---|\n");
    for workload in ALL {
        row(page, [workload.name, workload.what]);
    }
}

fn summary(page: &mut String, results: &Results) {
    heading(page, "In chunks of 16 KiB");
    page.push_str(
        "| | times the best peer | best peer | GB/s | instructions per byte | owned (`Event`), times the best peer | \
         owned (`EventStream`) |\n|---|---|---|---|---|---|---|\n",
    );
    for cell in ALL
        .iter()
        .filter_map(|workload| results.cell(workload.name, USUAL))
    {
        row(
            page,
            [
                cell.workload.to_owned(),
                times(cell.ratio_to_best_peer(BORROWED)),
                cell.best_peer(BORROWED).unwrap_or("-").to_owned(),
                number(cell.gigabytes_per_second(BORROWED), 2),
                number(results.instructions(BORROWED, cell.workload, USUAL), 2),
                times(cell.ratio_to_best_peer(EVENT)),
                times(cell.ratio_to_best_peer(STREAM)),
            ],
        );
    }
}

fn ratios(page: &mut String, results: &Results) {
    for (name, what) in [
        (BORROWED, "Borrowed events, times the best peer"),
        (EVENT, "Owned events (`Event`), times the best peer"),
        (STREAM, "Owned events (`EventStream`), times the best peer"),
    ] {
        heading(page, what);
        by_chunk(page, |workload, size| {
            let Some(cell) = results.cell(workload, size) else {
                return "-".to_owned();
            };
            format!(
                "{} ({})",
                times(cell.ratio_to_best_peer(name)),
                cell.best_peer(name).unwrap_or("-")
            )
        });
    }
    heading(page, "Borrowed events, GB/s");
    by_chunk(page, |workload, size| {
        number(
            results
                .cell(workload, size)
                .and_then(|cell| cell.gigabytes_per_second(BORROWED)),
            2,
        )
    });
}

fn instructions(page: &mut String, results: &Results) {
    if results.instructions.is_empty() {
        return;
    }
    heading(page, "Instructions per byte");
    page.push_str(
        "Borrowed events; counted by callgrind, one pass over the stream, without the set-up.\n\n",
    );
    by_chunk(page, |workload, size| {
        number(results.instructions(BORROWED, workload, size), 2)
    });
    page.push_str("\nIn chunks of 16 KiB, with the best peer of the cell:\n\n");
    page.push_str("| | borrowed | `Event` | `EventStream` | best peer |\n|---|---|---|---|---|\n");
    for workload in ALL {
        let Some(cell) = results.cell(workload.name, USUAL) else {
            continue;
        };
        let peer = cell.best_peer(BORROWED).unwrap_or("-");
        let of = |name| number(results.instructions(name, workload.name, USUAL), 2);
        row(
            page,
            [
                workload.name.to_owned(),
                of(BORROWED),
                of(EVENT),
                of(STREAM),
                format!("{} ({peer})", of(peer)),
            ],
        );
    }
}

fn allocations(page: &mut String, results: &Results) {
    if results.allocations.is_empty() {
        return;
    }
    heading(page, "Allocations per event");
    page.push_str("In steady state: what the second half of a stream takes.\n\n");
    page.push_str("| | chunks | borrowed | `Event` | `EventStream` |\n|---|---|---|---|---|\n");
    for workload in ALL {
        for size in [1400, USUAL] {
            let of = |name: &str| {
                let key = (name.to_owned(), workload.name.to_owned(), size);
                number(results.allocations.get(&key).copied(), 2)
            };
            row(
                page,
                [
                    workload.name.to_owned(),
                    label(size),
                    of(BORROWED),
                    of(EVENT),
                    of(STREAM),
                ],
            );
        }
    }
}

fn floors(page: &mut String, results: &Results) {
    heading(page, "Against the floors");
    page.push_str(
        "How many times longer borrowed events take than touching the same chunks in the cheapest useful ways: copying them, \
         validating them as UTF-8 (`simdutf8`, which picks the vectors of the processor when it runs), and finding their line ends (64-byte masks by `wide`, which uses those that the program was built for).\n\n",
    );
    page.push_str("| | chunks |");
    for floor in FLOORS {
        let _ = write!(page, " {} |", floor.name);
    }
    page.push_str(" best peer, against simdutf8 |\n|---|---|---|---|---|---|\n");
    for cell in &results.cells {
        let mut columns = vec![cell.workload.to_owned(), label(cell.chunk)];
        columns.extend(
            FLOORS
                .iter()
                .map(|floor| times(cell.ratio(floor.name, BORROWED))),
        );
        columns.push(times(
            cell.best_peer(BORROWED)
                .and_then(|peer| cell.ratio("simdutf8", peer)),
        ));
        row(page, columns);
    }
}

fn peers(page: &mut String, results: &Results) {
    heading(page, "Every crate");
    page.push_str("How many times longer each takes than `sse-codec` with borrowed events. Below 1 it is faster.\n");
    for size in SIZES {
        let _ = write!(page, "\n### {}\n\n|", chunks(size));
        for workload in ALL {
            let _ = write!(page, " | {}", workload.name);
        }
        page.push_str(" |\n|---|---|---|---|---|---|---|---|---|\n");
        for contender in CONTENDERS
            .iter()
            .filter(|contender| contender.role != Role::Borrowed)
        {
            let mut columns = vec![contender.name.to_owned()];
            columns.extend(ALL.iter().map(|workload| {
                let Some(cell) = results.cell(workload.name, size) else {
                    return "-".to_owned();
                };
                match cell.of(contender.name) {
                    Some(Measured::Fault(fault)) => format!("*{fault}*"),
                    _ => times(cell.ratio(BORROWED, contender.name)),
                }
            }));
            row(page, columns);
        }
    }
}

fn linear(page: &mut String, results: &Results) {
    heading(page, "Linear in the input");
    page.push_str(
        "The cost of a byte must not grow with the number of chunks or the length of a line. Nanoseconds per byte, borrowed \
         events:\n\n| | 1 B | 64 B | 16 KiB | whole | instructions per byte at 1 B |\n|---|---|---|---|---|---|\n",
    );
    let cost =
        |cell: Option<&Cell>| number(cell.and_then(|cell| cell.nanoseconds_per_byte(BORROWED)), 3);
    for workload in ALL {
        let one = results
            .one_byte_chunks
            .iter()
            .find(|cell| cell.workload == workload.name);
        let of = |size| cost(results.cell(workload.name, size));
        row(
            page,
            [
                workload.name.to_owned(),
                cost(one),
                of(64),
                of(USUAL),
                of(WHOLE),
                number(results.instructions(BORROWED, workload.name, 1), 1),
            ],
        );
    }
    let of = |size| cost(results.long_line.iter().find(|cell| cell.chunk == size));
    row(
        page,
        [
            "a line of 64 MiB".to_owned(),
            "-".to_owned(),
            of(64),
            of(USUAL),
            of(WHOLE),
            "-".to_owned(),
        ],
    );
}

fn nom(page: &mut String, results: &Results) {
    if results.field_lines.is_empty() {
        return;
    }
    heading(page, "What nom costs");
    page.push_str(
        "The grammar of one line is written with nom, and fixed prefixes are compared in front of it. Against the same with a \
         `match` written by hand behind them, and against that `match` alone: nanoseconds per line, and instructions per line. \
         Lines *unusual* are those that no prefix catches. The last column is what nom makes of the whole parse, in chunks of \
         16 KiB: the difference between the first two, in instructions.\n\n| |",
    );
    for reader in READERS {
        let _ = write!(page, " {} |", reader.name);
    }
    page.push_str(" share of the parse |\n|---|---|---|---|---|\n");
    for lines in &results.field_lines {
        let counted = |name: &str| {
            results
                .instructions_per_line
                .get(&(name.to_owned(), lines.workload.to_owned()))
                .copied()
        };
        let mut columns = vec![lines.workload.to_owned()];
        columns.extend(READERS.iter().map(|reader| {
            format!(
                "{} ns, {}",
                number(lines.nanoseconds_per_line(reader.name), 2),
                number(counted(reader.name), 1)
            )
        }));
        let share = || {
            let more = counted(READERS[0].name)? - counted(READERS[1].name)?;
            let parse = results.instructions(BORROWED, lines.workload, USUAL)? * lines.bytes as f64;
            Some(format!(
                "{:.1} %",
                100.0 * more * lines.lines as f64 / parse
            ))
        };
        columns.push(share().unwrap_or_else(|| "-".to_owned()));
        row(page, columns);
    }
}

fn encoding(page: &mut String, results: &Results) {
    heading(page, "Writing");
    page.push_str("Nanoseconds per event, and how many times longer than `sse-codec`.\n\n| | by |");
    for encoding in &results.encodings {
        let _ = write!(page, " {} |", encoding.case);
    }
    page.push_str("\n|---|---|---|---|---|---|\n");
    for contender in encoders::CONTENDERS {
        let mut columns = vec![contender.name.to_owned(), contender.by.to_owned()];
        columns.extend(results.encodings.iter().map(
            |encoding| match encoding.of(contender.name) {
                Some(Measured::Fault(fault)) => format!("*{fault}*"),
                _ => format!(
                    "{} ({})",
                    number(encoding.nanoseconds_per_event(contender.name), 1),
                    times(encoding.ratio(BORROWED, contender.name)),
                ),
            },
        ));
        row(page, columns);
    }
}

/// A table of workloads by chunk sizes.
fn by_chunk(page: &mut String, value: impl Fn(&str, usize) -> String) {
    page.push_str("| |");
    for size in SIZES {
        let _ = write!(page, " {} |", label(size));
    }
    page.push_str("\n|---|---|---|---|---|---|\n");
    for workload in ALL {
        let mut columns = vec![workload.name.to_owned()];
        columns.extend(SIZES.iter().map(|size| value(workload.name, *size)));
        row(page, columns);
    }
}

fn heading(page: &mut String, text: &str) {
    let _ = write!(page, "\n## {text}\n\n");
}

fn row<T: AsRef<str>>(page: &mut String, columns: impl IntoIterator<Item = T>) {
    page.push('|');
    for column in columns {
        let _ = write!(page, " {} |", column.as_ref());
    }
    page.push('\n');
}

fn chunks(size: usize) -> String {
    match size {
        WHOLE => "In one piece".to_owned(),
        size => format!("In chunks of {}", label(size)),
    }
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn times(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value >= 20.0 => format!("{value:.0}"),
        Some(value) if value >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

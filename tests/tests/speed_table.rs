//! The codec's README and crate page show the current figures of `docs/benchmarks.md`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The files, and what each of their lines begins with.
const PAGES: [(&str, &str); 2] = [
    ("sse-codec/README.md", ""),
    ("sse-codec/src/lib.rs", "//! "),
];

#[test]
fn the_figures_are_current() {
    let section = section(&read("docs/benchmarks.md"));
    for (path, prefix) in PAGES {
        let page = read(path);
        let current = with_section(&page, &section, prefix)
            .unwrap_or_else(|| panic!("{path} has no lines {BEGIN:?} and {END:?}"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(root().join(path), current).expect("the file can be written");
        } else {
            assert!(
                page == current,
                "{path} does not show the figures of docs/benchmarks.md: {HOW_TO}"
            );
        }
    }
}

/// What the pages show of the benchmarks.
fn section(benchmarks: &str) -> String {
    let measured = benchmarks
        .split_once("Measured on ")
        .expect("Measured on")
        .1;
    let (machine, _) = measured.split_once(';').expect("Measured on …;");
    let streams: HashMap<_, _> = rows(benchmarks, "The streams:")
        .into_iter()
        .map(|row| (row[0], row[1]))
        .collect();
    let table = rows(benchmarks, "## In chunks of 16 KiB");
    let column = |name| {
        let found = table[0].iter().position(|title| *title == name);
        found.unwrap_or_else(|| panic!("docs/benchmarks.md has no column {name:?}"))
    };
    let columns = [
        column("times the best peer"),
        column("best peer"),
        column("instructions per byte"),
    ];

    let mut section = format!(
        "Events that are lent, in chunks of 16 KiB, on {machine}:\n\n\
         | | stream | times the best other crate | which is | instructions per byte |\n|---|---|---|---|---|\n",
    );
    for row in &table[1..] {
        let letter = row[0];
        let stream = streams[letter];
        let [times, peer, instructions] = columns.map(|column| row[column]);
        writeln!(
            section,
            "| {letter} | {stream} | {times} | {peer} | {instructions} |"
        )
        .expect("a `String` takes everything");
    }
    section
}

/// The first table behind a line, the line below the titles left out.
fn rows<'a>(page: &'a str, behind: &str) -> Vec<Vec<&'a str>> {
    let mut lines = page.lines();
    assert!(
        lines.any(|line| line == behind),
        "docs/benchmarks.md has no line {behind:?}"
    );
    let table = lines
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'));
    let cells = |line: &'a str| line.trim_matches('|').split('|').map(str::trim).collect();
    let rows: Vec<_> = table
        .filter(|line| !line.starts_with("|---"))
        .map(cells)
        .collect();
    assert!(rows.len() > 1, "there is no table behind {behind:?}");
    rows
}

/// The page with the section between its marks. `None` if it has no marks.
fn with_section(page: &str, section: &str, prefix: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, behind) = rest.split_once(END)?;
    let mut text = format!("{before}{BEGIN}\n");
    for line in ["", section, ""]
        .join("\n")
        .trim_end_matches('\n')
        .split('\n')
        .chain([""])
    {
        text.push_str(format!("{prefix}{line}").trim_end());
        text.push('\n');
    }
    Some(format!("{text}{prefix}{END}{behind}"))
}

fn read(path: &str) -> String {
    let text = fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

const BEGIN: &str = "<!-- speed: `UPDATE_DOCS=1 cargo test -p sse-tests --test speed_table` writes this from docs/benchmarks.md -->";
const END: &str = "<!-- /speed -->";

const HOW_TO: &str = "`UPDATE_DOCS=1 cargo test -p sse-tests --test speed_table` writes them anew";

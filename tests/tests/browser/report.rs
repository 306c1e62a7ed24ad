//! `docs/browser.md`: what came out, for people to read.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::Path;

use crate::cases::{Case, Group};
use crate::vectors;

/// What came of a case with one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What the server has seen: requests, and whether the client hangs up.
    pub(crate) seen: Vec<String>,
    /// What has happened to the client.
    pub(crate) happened: Vec<String>,
}

/// A case, and what came of it with Chromium and with our client.
pub(crate) type Row<'a> = (&'a Case, &'a Outcome, &'a Outcome);

/// Asserts that the file says what came out, or makes it do so if the environment asks for that.
pub(crate) fn check(version: &str, rows: &[Row<'_>]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/browser.md");
    let text = render(version, rows);
    if std::env::var_os(UPDATE).is_some() {
        return fs::write(&path, text).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    // Another version that does the same is no reason to write it again.
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with(VERSION));
        lines.map(str::to_owned).collect()
    };
    let (committed, current) = (lines(&committed), lines(&text));
    let differs = |(one, other): (&String, &String)| one != other;
    if let Some(place) = committed.iter().zip(&current).position(differs) {
        panic!(
            "docs/browser.md is not current: it says\n{}\ninstead of\n{}\n{HOW_TO}",
            committed[place], current[place]
        );
    }
    assert_eq!(
        committed.len(),
        current.len(),
        "docs/browser.md is not current\n{HOW_TO}"
    );
}

fn render(version: &str, rows: &[Row<'_>]) -> String {
    let mut text = format!("{INTRODUCTION}\n{VERSION}{version}.\n{DIFFERENCES}");
    for &(case, browser, ours) in rows {
        if let Some(reason) = case.difference {
            let cells = [
                case.name,
                &in_a_cell(browser),
                &in_a_cell(ours),
                case.rule,
                reason,
            ];
            row(&mut text, &cells);
        }
    }
    text += VECTORS;
    for (name, reason) in vectors::DIFFERENCES {
        row(&mut text, &[&format!("`{name}`"), reason]);
    }
    text += CASES;
    for group in Group::ALL {
        let _ = write!(
            text,
            "\n### {group}\n\n| case | rule | what happens |\n|---|---|---|\n"
        );
        for (case, browser, _) in rows.iter().filter(|(case, ..)| case.group == group) {
            let outcome = match case.difference {
                Some(_) => "They differ, see above.".to_owned(),
                None => in_a_cell(browser),
            };
            row(&mut text, &[case.name, case.rule, &outcome]);
        }
    }
    text
}

fn row(text: &mut String, cells: &[&str]) {
    let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn in_a_cell(outcome: &Outcome) -> String {
    format!(
        "{}<br>{}",
        in_a_line(&outcome.seen),
        in_a_line(&outcome.happened)
    )
}

fn in_a_line(entries: &[String]) -> String {
    let mut entries: Vec<_> = entries.iter().map(|entry| format!("`{entry}`")).collect();
    if entries.len() > MAX_SHOWN {
        let left_out = entries.len() - MAX_SHOWN;
        entries.splice(
            MAX_SHOWN / 2..MAX_SHOWN / 2 + left_out,
            [format!("{left_out} more")],
        );
    }
    entries.join(", ")
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seen, happened) = (self.seen.join(" | "), self.happened.join(" | "));
        write!(f, "{seen}\n            {happened}")
    }
}

/// How many entries of a list are shown at most.
const MAX_SHOWN: usize = 10;

/// If this is set in the environment, the file is written rather than checked.
const UPDATE: &str = "UPDATE_DOCS";

const HOW_TO: &str =
    "To write it again: UPDATE_DOCS=1 cargo test -p sse-tests --test browser rules";

const INTRODUCTION: &str = "\
# The browser's rules

Chromium's `EventSource` and `sse_client::EventSource` with `Policy::standard()` run through the same scripted HTTP servers. This
page shows what each server sees and what happens to each client. It is written and checked by the test `browser` of the
package `sse-tests`, so a difference that is not listed, and a listed one that is gone, is a failure:

    cargo test -p sse-tests --test browser
    UPDATE_DOCS=1 cargo test -p sse-tests --test browser rules    # writes this page again

Compared are the requests with their `Accept`, `Cache-Control`, `Last-Event-ID` and `Cookie`; and the events with type, data and last event
ID, the openings, the reconnects and the end. A request is shown with those headers that are not as always: `Accept: text/event-stream`,
`Cache-Control: no-cache`, and none of the other two. Unless the client has hung up, the server answers 204 to what comes behind the end of
its script, which is final for both clients; it shows as the last request and the last error. Streams set a short reconnection time,
`retry: 10`, where the case is not about that.
";

const VERSION: &str = "Last written with Chromium ";

const DIFFERENCES: &str = "
## Where they differ

| case | Chromium | sse-client | the rule that we follow | why they differ |
|---|---|---|---|---|
";

const VECTORS: &str = "
## Vectors that Chromium reads otherwise

Every vector in `tests/vectors` that needs no setting that browsers lack is sent to Chromium whole, byte by byte, and cut in two at the places
where a parser has something to remember. It dispatches the same events as `sse-codec`, but for these:

| vector | why |
|---|---|
";

const CASES: &str = "
## All cases

Where nothing else is said, both clients do what is shown: above what the server sees, below what happens to the client.
";

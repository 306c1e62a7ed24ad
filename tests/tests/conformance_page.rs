//! `docs/conformance.md` is what this program writes: every rule, what covers it, and where we deviate and why.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sse_tests::rules::{Rule, STANDARD};
use sse_tests::vector::Vector;

/// A rule about the connection rather than the format: what covers it are tests, and cases that are compared with a browser.
#[derive(Debug, Deserialize)]
struct ConnectionRule {
    #[serde(flatten)]
    rule: RuleText,
    /// `path of the file::name of the test`
    tests: Vec<String>,
    /// Names of cases in `docs/browser.md`.
    cases: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct RuleText {
    id: String,
    anchor: String,
    rule: String,
    deviation: Option<String>,
    reason: Option<String>,
}

#[test]
fn the_page_is_current() {
    let path = root().join("docs/conformance.md");
    let text = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(&path, text).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/conformance.md is not current: {HOW_TO}"
    );
}

#[test]
fn whatever_a_connection_rule_cites_exists() {
    let browser = fs::read_to_string(root().join("docs/browser.md")).expect("docs/browser.md");
    for ConnectionRule { rule, tests, cases } in connection_rules() {
        let id = &rule.id;
        assert!(!tests.is_empty(), "{id} has no test");
        for test in &tests {
            let (file, name) = test.split_once("::").expect("path::name");
            let code = fs::read_to_string(root().join(file))
                .unwrap_or_else(|error| panic!("{id} cites {file}: {error}"));
            let test = [
                format!("fn {name}()"),
                "#[test]".to_owned(),
                "#[tokio::test".to_owned(),
            ];
            assert!(
                code.contains(&test[0]),
                "{id} cites {name}, which is not in {file}"
            );
            assert!(
                test[1..].iter().any(|mark| code.contains(mark)),
                "{file} holds no test"
            );
        }
        for case in &cases {
            assert!(
                browser.contains(&format!("\n| {case} | ")),
                "{id} cites the case {case:?}"
            );
        }
        assert_eq!(rule.deviation.is_some(), rule.reason.is_some(), "{id}");
    }
}

fn page() -> String {
    let vectors = Vector::all();
    let rules = Rule::all();
    let mut text = format!(
        "# Conformance\n\n\
         The rules of the section [Server-sent events]({STANDARD}) of the WHATWG HTML standard, in our own words, with what covers \
         each of them, and where we deviate. This page is written by a program; {HOW_TO}.\n\n\
         There are {} rules of the format, covered by {} vectors, and {} of the connection.\n\n\
         ## Deviations\n\n\
         Each is a decision. Those of the format are limits and reports that one has to ask for or can lift, but for the \
         last event ID of a new stream, where browsers do the same.\n\n\
         | rule | the standard | we | because |\n|---|---|---|---|\n",
        rules.len(),
        vectors.len(),
        connection_rules().len(),
    );
    let connection_rules = connection_rules();
    let texts = rules
        .iter()
        .map(|rule| (&rule.id, &rule.rule, &rule.deviation, &rule.reason))
        .chain(connection_rules.iter().map(|ConnectionRule { rule, .. }| {
            (&rule.id, &rule.rule, &rule.deviation, &rule.reason)
        }));
    for (id, rule, deviation, reason) in texts {
        if let (Some(deviation), Some(reason)) = (deviation, reason) {
            row(&mut text, &[&format!("`{id}`"), rule, deviation, reason]);
        }
    }
    text.push_str(
        "\n## The format\n\n\
         Each vector is a pair of files in `tests/vectors`. It is fed to the parser whole, byte by byte, and cut in two at every \
         place, and compared with a slow, literal oracle.\n\n\
         | section | rule | vectors |\n|---|---|---|\n",
    );
    for rule in &rules {
        let covering: Vec<_> = vectors
            .iter()
            .filter(|vector| vector.rules.contains(&rule.id))
            .map(|vector| format!("`{}`", vector.name))
            .collect();
        let statement = format!("**`{}`** {}", rule.id, rule.rule);
        row(
            &mut text,
            &[&section(&rule.anchor), &statement, &covering.join(" ")],
        );
    }
    text.push_str(
        "\n## The connection\n\n\
         The cases are compared with Chromium, see [browser.md](browser.md).\n\n\
         | section | rule | tests | cases |\n|---|---|---|---|\n",
    );
    for ConnectionRule { rule, tests, cases } in &connection_rules {
        let names: Vec<_> = tests
            .iter()
            .filter_map(|test| test.split_once("::"))
            .map(|(file, name)| format!("[`{name}`](../{file})"))
            .collect();
        let statement = format!("**`{}`** {}", rule.id, rule.rule);
        row(
            &mut text,
            &[
                &section(&rule.anchor),
                &statement,
                &names.join("<br>"),
                &cases.join("<br>"),
            ],
        );
    }
    text
}

fn section(anchor: &str) -> String {
    format!("[{anchor}]({STANDARD}{anchor})")
}

fn row(text: &mut String, cells: &[&str]) {
    for cell in cells {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "| {} ", cell.replace('|', "\\|"));
    }
    text.push_str("|\n");
}

fn connection_rules() -> Vec<ConnectionRule> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("connection_rules.jsonl");
    let rules = fs::read_to_string(path).expect("connection_rules.jsonl");
    let rules = rules
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    rules.collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

const HOW_TO: &str =
    "`UPDATE_DOCS=1 cargo test -p sse-tests --test conformance_page` writes it anew";

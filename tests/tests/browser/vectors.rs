//! Every vector that a browser can judge: its `EventSource` dispatches the same events as our parser.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use sse_test_kit::{Answer, Server, Signal, blocking};
use sse_tests::feeding::{self, Habit, View};
use sse_tests::transcript::{Options, Outcome};
use sse_tests::vector::Vector;

use crate::chromium::{Chromium, PATIENCE};

#[test]
fn vectors_in_a_browser() {
    let all = Vector::all();
    let (judged, others): (Vec<_>, Vec<_>) =
        (all.into_iter()).partition(|vector| vector.options == Options::default());
    let runs: Arc<Vec<_>> = Arc::new(judged.iter().flat_map(Run::all_of).collect());
    // Loud, so that nobody takes the number of vectors for the number that was judged.
    println!(
        "{} vectors in {} runs; not applicable, since a browser has no such setting: {}",
        judged.len(),
        runs.len(),
        others.len()
    );
    assert!(
        judged.len() >= 150,
        "only {} vectors are judged",
        judged.len()
    );

    let server = serve(Arc::clone(&runs));
    let chromium = Chromium::start();
    let page = chromium.page();
    page.go(&server.url(""));
    let logs = page.evaluate("run()");
    let logs = logs.as_array().expect("a list of logs");
    assert_eq!(logs.len(), runs.len());

    let mut differing = BTreeSet::new();
    let mut failures = String::new();
    for (run, log) in runs.iter().zip(logs) {
        let expected = run.expected();
        if *log == expected {
            continue;
        }
        differing.insert(run.vector.name.clone());
        if !DIFFERENCES.iter().any(|(name, _)| *name == run.vector.name) {
            let Run { vector, chunks, .. } = run;
            let chunks: Vec<_> = chunks
                .iter()
                .map(|chunk| chunk.escape_ascii().to_string())
                .collect();
            let _ = writeln!(
                failures,
                "{}: {}\n  chunks    {chunks:?}\n  parser    {expected}\n  Chromium  {log}",
                vector.name, vector.about
            );
        }
    }
    assert!(failures.is_empty(), "{failures}");
    for (name, reason) in DIFFERENCES {
        assert!(
            differing.contains(*name),
            "{name} differs no longer, although: {reason}"
        );
    }
}

/// Vectors of which Chromium makes something else than the standard says, and why.
pub(crate) const DIFFERENCES: &[(&str, &str)] = &[
    (
        "bom-before-cr",
        "Chromium swallows a line end that follows the byte order mark directly, so the blank first line and the next one become \
         one. The standard drops the mark alone.",
    ),
    ("bom-before-lf", "The same."),
];

/// A vector in one chunking.
struct Run {
    vector: Vector,
    chunks: Vec<Vec<u8>>,
    /// Whether the next chunk waits until the browser has taken the one before.
    is_paced: bool,
    /// Whether the browser has.
    go: Signal,
}

impl Run {
    fn all_of(vector: &Vector) -> Vec<Self> {
        let stream = &vector.stream;
        let run = |chunks: Vec<&[u8]>, is_paced| Self {
            vector: vector.clone(),
            chunks: chunks.into_iter().map(<[u8]>::to_vec).collect(),
            is_paced,
            go: Signal::new(),
        };
        let mut runs = vec![
            run(vec![stream], false),
            run(stream.chunks(1).collect(), false),
        ];
        for place in places_to_cut(stream) {
            let (before, behind) = stream.split_at(place);
            runs.push(run(vec![before, behind], true));
        }
        runs
    }

    /// What the browser should say: the events that the vector expects, which are those of our parser.
    fn expected(&self) -> Value {
        let chunks: Vec<_> = self.chunks.iter().map(Vec::as_slice).collect();
        let fed = feeding::feed(&self.vector.options, &chunks, View::Events, Habit::Drain);
        let ours = fed.expect("the parser keeps its promises").transcript;
        assert_eq!(
            ours,
            self.vector.expected.without_items(),
            "{}",
            self.vector.name
        );
        let mut log = vec![json!(["open"])];
        for outcome in &ours.outcomes {
            let Outcome::Event {
                event_type,
                data,
                last_event_id,
            } = outcome
            else {
                panic!("no error is possible with the default options: {outcome}")
            };
            log.push(json!(["event", event_type, data, last_event_id]));
        }
        log.extend([json!(["error", CONNECTING]), json!(["close"])]);
        log.into()
    }

    /// The stream, chunk by chunk. Its head comes with the first one, as one: the browser says when it has the head.
    fn answer(&self) -> Answer {
        const HEAD: &str =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
        let mut chunks = self.chunks.iter().cloned();
        let first = chunks.next().unwrap_or_default();
        let answer = Answer::raw([HEAD.as_bytes(), &first].concat());
        chunks.fold(answer, |answer, chunk| {
            let answer = if self.is_paced {
                answer.wait(&self.go)
            } else {
                answer
            };
            answer.send(chunk)
        })
    }
}

/// Where to cut a stream in two: in the middle, and where a parser has something to remember: within a CRLF, within a
/// character, and behind a CR.
fn places_to_cut(stream: &[u8]) -> BTreeSet<usize> {
    let within_crlf = stream.windows(2).position(|pair| pair == b"\r\n");
    let within_character = stream
        .windows(2)
        .position(|pair| pair[0] >= 0x80 && pair[1] >= 0x80);
    let behind_cr = stream.iter().position(|&byte| byte == b'\r');
    let places = [within_crlf, within_character, behind_cr]
        .into_iter()
        .flatten();
    let places = places.map(|place| place + 1).chain([stream.len() / 2]);
    places
        .filter(|&place| 0 < place && place < stream.len())
        .collect()
}

/// Serves the page, the streams by the numbers of their runs, and the signals to go on.
fn serve(runs: Arc<Vec<Run>>) -> blocking::Server {
    let page = page(&runs);
    let answer = move |target: &str| {
        let run = |number: &str| runs.get(number.parse::<usize>().ok()?);
        if let Some(run) = target.strip_prefix("/stream/").and_then(run) {
            return run.answer();
        }
        if let Some(run) = target.strip_prefix("/go/").and_then(run) {
            run.go.give();
            return Answer::status(200);
        }
        if target == "/" {
            let answer = Answer::status(200).content_type("text/html; charset=utf-8");
            return answer.send(page.clone());
        }
        Answer::status(404)
    };
    Server::builder()
        .answer_by(move |request| answer(request.target()))
        .limit(PATIENCE)
        .start_blocking()
}

/// A page that runs them all, and listens to all types that any of them expects: there is no way to listen to all.
fn page(runs: &[Run]) -> String {
    let mut types = BTreeSet::from([
        "message",
        "Message",
        "MESSAGE",
        "event",
        "data",
        "undefined",
    ]);
    let outcomes = runs.iter().flat_map(|run| &run.vector.expected.outcomes);
    types.extend(outcomes.filter_map(|outcome| match outcome {
        Outcome::Event { event_type, .. } => Some(event_type.as_str()),
        _ => None,
    }));
    let paced: Vec<_> = runs.iter().map(|run| run.is_paced).collect();
    let (types, paced) = (json!(types), json!(paced));
    format!(
        "<!doctype html><title>vectors</title><link rel=icon href=data:,><script>{WATCH}
        const types = {types};
        function run() {{
            return inParallel({paced}.map((isPaced, index) => () => watch({{
                url: `/stream/${{index}}`,
                types,
                closeOnError: true,
                // The head has come, and with it the first chunk, since both were sent as one.
                onOpen: isPaced ? () => fetch(`/go/${{index}}`) : null,
            }})));
        }}
        </script>"
    )
}

pub(crate) const WATCH: &str = include_str!("watch.js");

/// The state that browsers have after the end of a body.
const CONNECTING: u8 = 0;

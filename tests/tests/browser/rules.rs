//! `Policy::standard()` goes by the rules of Chromium's `EventSource`, but for the differences that
//! [`cases`](crate::cases) lists. `docs/browser.md` shows what came out.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::{Value, json};
use sse_client::{EventSource, Policy, ReadyState, Update};

use crate::cases::{self, Case};
use crate::chromium::Chromium;
use crate::report::{self, Outcome};
use crate::script::{Run, shortened};
use crate::server::{Connection, Request, Server};
use crate::vectors::WATCH;

#[test]
fn rules_of_a_browser() {
    let cases = cases::all();
    assert!(cases.len() >= 25, "only {} cases", cases.len());
    let stage = Stage::new(&cases);

    let chromium = Chromium::start();
    let browser_logs = run_browser(&chromium, &stage, &cases);
    let our_logs = run_ours(&stage, &cases);

    // Only now, so that a client that connects again although it should not has had time to do so.
    let seen = |runs: &[Arc<Run>]| -> Vec<_> { runs.iter().map(|run| run.seen()).collect() };
    let browser = outcomes(seen(&stage.browser), browser_logs);
    let ours = outcomes(seen(&stage.ours), our_logs);

    let mut failures = Vec::new();
    for ((case, browser), ours) in cases.iter().zip(&browser).zip(&ours) {
        let complaint = match case.difference {
            None if browser != ours => "they differ, which is not listed",
            Some(_) if browser == ours => "they differ no longer, although a difference is listed",
            _ => continue,
        };
        failures.push(format!(
            "{}: {complaint}\n  Chromium  {browser}\n  ours      {ours}",
            case.name
        ));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let rows: Vec<_> = (cases.iter().zip(&browser).zip(&ours))
        .map(|((case, browser), ours)| (case, browser, ours))
        .collect();
    report::check(&chromium.major_version(), &rows);
}

fn outcomes(seen: Vec<Vec<String>>, logs: Vec<Vec<String>>) -> Vec<Outcome> {
    assert_eq!(seen.len(), logs.len());
    let both = seen.into_iter().zip(logs);
    both.map(|(seen, happened)| Outcome { seen, happened })
        .collect()
}

/// The servers of all cases, on two origins, with a run for each client.
struct Stage {
    browser: Vec<Arc<Run>>,
    ours: Vec<Arc<Run>>,
    origin: String,
}

impl Stage {
    fn new(cases: &[Case]) -> Self {
        let runs = || -> Vec<_> {
            let runs = cases
                .iter()
                .map(|case| Run::new(case.replies.clone(), case.not_before));
            runs.map(Arc::new).collect()
        };
        let (browser, ours) = (runs(), runs());
        let servers = [Server::bind(), Server::bind()];
        let origins = servers.each_ref().map(Server::origin);
        let [origin, _] = origins.clone();
        for (server, is_other_origin) in servers.into_iter().zip([false, true]) {
            let (browser, ours, origins) = (browser.clone(), ours.clone(), origins.clone());
            server.serve(move |request: &Request, connection| {
                let place = Place {
                    browser: &browser,
                    ours: &ours,
                    origins: &origins,
                    is_other_origin,
                };
                place.answer(request, connection);
            });
        }
        Self {
            browser,
            ours,
            origin,
        }
    }
}

/// Where a request has come to.
struct Place<'a> {
    browser: &'a [Arc<Run>],
    ours: &'a [Arc<Run>],
    origins: &'a [String; 2],
    is_other_origin: bool,
}

impl Place<'_> {
    fn answer(&self, request: &Request, connection: Connection) {
        if request.path == "/" {
            return connection.answer("200 OK", "text/html; charset=utf-8", &page());
        }
        if let Some((run, ..)) = request
            .path
            .strip_prefix("/seen")
            .and_then(|path| self.run(path))
        {
            run.note_event();
            return connection.answer("200 OK", "text/plain", "");
        }
        let Some((run, base, path)) = self.run(&request.path) else {
            return connection.answer("404 Not Found", "text/plain", "");
        };
        let [here, there] = self.origins;
        let path = if self.is_other_origin {
            format!("other origin {path}")
        } else {
            path.to_owned()
        };
        run.serve(
            request,
            &path,
            connection,
            (&format!("{here}{base}"), &format!("{there}{base}")),
        );
    }

    /// Returns the run that a path belongs to, the path of its root without a slash at the end, and the rest.
    fn run<'p>(&self, path: &'p str) -> Option<(&Run, &'p str, &'p str)> {
        let (client, rest) = path.strip_prefix('/')?.split_once('/')?;
        let runs = match client {
            "browser" => self.browser,
            "ours" => self.ours,
            _ => return None,
        };
        let (number, rest) = rest.split_once('/')?;
        let run = runs.get(number.parse::<usize>().ok()?)?;
        let (base, path) = path.split_at(path.len() - rest.len() - 1);
        Some((run, base, path))
    }
}

fn page() -> String {
    format!(
        "<!doctype html><title>rules</title><link rel=icon href=data:,><script>{WATCH}</script>"
    )
}

/// The types that the cases use, and those that an event source has itself.
const TYPES: [&str; 4] = ["message", "ping", "open", "error"];

/// Runs all cases in the browser, some at a time.
fn run_browser(chromium: &Chromium, stage: &Stage, cases: &[Case]) -> Vec<Vec<String>> {
    let page = chromium.page();
    page.go(&stage.origin);
    let settings: Vec<_> = (cases.iter().enumerate())
        .map(|(number, case)| {
            json!({
                "url": format!("/browser/{number}/"),
                "types": TYPES,
                "closeAfter": case.close_after,
                "closeOnError": case.close_on_error,
            })
        })
        .collect();
    let settings = json!(settings);
    let logs = page.evaluate(&format!(
        "inParallel({settings}.map((settings, number) => () => watch({{
            ...settings,
            onEvent: () => fetch(`/seen/browser/${{number}}/`),
        }})))"
    ));
    let logs = logs.as_array().expect("a list of logs");
    logs.iter()
        .map(|log| {
            log.as_array()
                .expect("a log")
                .iter()
                .map(in_words)
                .collect()
        })
        .collect()
}

/// Says what `watch.js` has written down.
fn in_words(entry: &Value) -> String {
    let part = |index: usize| entry[index].as_str().expect("a text");
    match part(0) {
        "event" => event(part(1), part(2), part(3)),
        "error" if entry[1] == 0 => RECONNECTS.to_owned(),
        "error" if entry[1] == 2 => CLOSED.to_owned(),
        other => other.to_owned(),
    }
}

/// Runs all cases with our client, all at once.
fn run_ours(stage: &Stage, cases: &[Case]) -> Vec<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let runs = cases
        .iter()
        .zip(&stage.ours)
        .enumerate()
        .map(|(number, (case, run))| {
            let url = format!("{}/ours/{number}/", stage.origin);
            run_our_client(url, case, run)
        });
    runtime.block_on(join_all(runs))
}

async fn run_our_client(url: String, case: &Case, run: &Run) -> Vec<String> {
    let source = EventSource::builder(url).policy(Policy::standard()).build();
    let mut updates = source.expect("a URL").updates();
    let mut log = Vec::new();
    let all = async {
        let mut events = 0;
        while let Some(update) = updates.next().await {
            match update {
                Update::Open(_) => log.push(OPEN.to_owned()),
                Update::Event(this) => {
                    log.push(event(this.event_type(), this.data(), this.last_event_id()));
                    events += 1;
                    if Some(events) == case.close_after {
                        updates.close();
                        log.push(CLOSE.to_owned());
                    }
                    run.note_event();
                }
                Update::Reconnecting { .. } => {
                    log.push(RECONNECTS.to_owned());
                    if case.close_on_error {
                        updates.close();
                        log.push(CLOSE.to_owned());
                    }
                }
                Update::Error(_) => log.push(GOES_ON.to_owned()),
                Update::Closed { .. } => log.push(CLOSED.to_owned()),
                _ => {}
            }
        }
        assert_eq!(updates.ready_state(), ReadyState::Closed);
    };
    if tokio::time::timeout(PATIENCE, all).await.is_err() {
        log.push(STUCK.to_owned());
    }
    log
}

fn event(event_type: &str, data: &str, last_event_id: &str) -> String {
    match last_event_id {
        "" => format!("{event_type} {data:?}"),
        id => format!("{event_type} {data:?} with ID {:?}", shortened(id)),
    }
}

/// How long a run may take. Far beyond what any does, so this means that it waits for what will not come.
const PATIENCE: Duration = Duration::from_secs(30);

// What happens to a client. `watch.js` says the first and the last two with the same words.
const OPEN: &str = "open";
const RECONNECTS: &str = "error, reconnects";
const GOES_ON: &str = "error, goes on";
const CLOSED: &str = "error, closed";
const CLOSE: &str = "close";
const STUCK: &str = "stuck";

//! The cases: what a server does, the rule for it, and where we follow another one than Chromium does.
//!
//! Every script comes to a definite end. Behind its last connection the server answers 204, at which both clients give up.
//! A stream that is followed by another sets a short reconnection time, so that nobody waits for long.

mod answers;
mod differences;
mod streams;

use std::fmt;
use std::time::Duration;

use self::differences::{DIFFERENCES, difference};
use crate::script::Step;

/// A scripted server, and what is known of how clients take it.
pub(crate) struct Case {
    /// What it is about; unique.
    pub(crate) name: &'static str,
    pub(crate) group: Group,
    /// What the server does, connection by connection.
    pub(crate) replies: Vec<Vec<Step>>,
    /// After how many events the client is told to close.
    pub(crate) close_after: Option<usize>,
    /// Whether the client is told to close when it is about to reconnect.
    pub(crate) close_on_error: bool,
    /// How much later than the end of a connection the next one must come at least.
    pub(crate) not_before: Duration,
    /// The rule that we follow.
    pub(crate) rule: &'static str,
    /// Why Chromium does something else than we, if that is so.
    pub(crate) difference: Option<&'static str>,
}

/// What a case is about at large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Statuses,
    ContentTypes,
    Redirects,
    Bodies,
    ReconnectionTime,
    LastEventId,
    Others,
}

impl Group {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 7] = [
        Self::Statuses,
        Self::ContentTypes,
        Self::Redirects,
        Self::Bodies,
        Self::ReconnectionTime,
        Self::LastEventId,
        Self::Others,
    ];

    fn cases(self) -> Vec<Case> {
        let mut cases = match self {
            Self::Statuses => answers::statuses(),
            Self::ContentTypes => answers::content_types(),
            Self::Redirects => answers::redirects(),
            Self::Bodies => streams::bodies(),
            Self::ReconnectionTime => streams::reconnection_times(),
            Self::LastEventId => streams::last_event_ids(),
            Self::Others => streams::others(),
        };
        for case in &mut cases {
            case.group = self;
        }
        cases
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Statuses => "Statuses",
            Self::ContentTypes => "Content types",
            Self::Redirects => "Redirects",
            Self::Bodies => "Bodies and failures",
            Self::ReconnectionTime => "Reconnection time",
            Self::LastEventId => "Last event ID",
            Self::Others => "Others",
        })
    }
}

/// All cases, in the order of the report.
pub(crate) fn all() -> Vec<Case> {
    let cases: Vec<_> = Group::ALL.into_iter().flat_map(Group::cases).collect();
    for (name, _) in DIFFERENCES {
        let count = cases.iter().filter(|case| case.name == *name).count();
        assert_eq!(
            count, 1,
            "a difference is listed for {name:?}, which names no case, or two"
        );
    }
    cases
}

/// The header of an event stream.
const ES: &str = "Content-Type: text/event-stream\r\n";

const HELLO: &str = "retry: 10\ndata: 1\n\n";
const WITH_ID: &str = "retry: 10\nid: 7\ndata: 1\n\n";

fn case(name: &'static str, replies: &[&[Step]], rule: &'static str) -> Case {
    of(
        name,
        replies.iter().map(|reply| reply.to_vec()).collect(),
        rule,
    )
}

fn of(name: &'static str, replies: Vec<Vec<Step>>, rule: &'static str) -> Case {
    Case {
        name,
        replies,
        group: Group::Others,
        close_after: None,
        close_on_error: false,
        not_before: Duration::ZERO,
        rule,
        difference: difference(name),
    }
}

fn send(bytes: &[u8]) -> Step {
    Step::Send(bytes.to_vec())
}

/// An event stream that ends with its connection.
fn stream(body: &str) -> Vec<Step> {
    answer("200 OK", ES, body)
}

/// An answer that ends with its connection.
fn answer(status: &str, headers: &str, body: &str) -> Vec<Step> {
    vec![Step::Send(
        [&head(status, headers), body.as_bytes()].concat(),
    )]
}

fn redirect(status: &str, location: &str) -> Vec<Step> {
    answer(
        status,
        &format!("Location: {location}\r\nContent-Length: 0\r\n"),
        "",
    )
}

fn head(status: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n").into_bytes()
}

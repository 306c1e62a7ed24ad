//! What a failure of the client is called on standard error, and the exit code that it ends with.

use std::error::Error as _;
use std::fmt;

use sse_client::Error;

use crate::exit::Exit;
use crate::notes::Notes;

/// Says why the client has failed for good, and what can be done about it. Returns how the command ends.
///
/// `place` is the URL as it may be shown, for failures that do not name one.
pub(crate) fn report(error: &Error, place: &str, notes: Notes) -> Exit {
    // An end of the body is what becomes of every stream.
    if error.is_end_of_body() {
        notes.detail("the server has ended the stream");
        return Exit::Ended;
    }
    let answer = error.last_failure().unwrap_or(error);
    if error.is_builder() {
        notes.error(format_args!(
            "{}; write it like https://example.com/stream",
            describe(error)
        ));
    } else if answer.response().is_none() {
        notes.error(format_args!("{place}: {}", describe(error)));
    } else {
        notes.error(describe(error));
    }
    if let Some(body) = excerpt(answer.body()) {
        notes.error(format_args!("the answer begins: {body}"));
    }
    if let Some(advice) = advice(answer) {
        notes.status(advice);
    }
    exit(error)
}

/// Says an error and what is at the bottom of it, in one line. What lies between are the layers of the HTTP library.
pub(crate) fn describe(error: &Error) -> String {
    if let Some(last) = error.last_failure() {
        return format!("{}: {}", in_flags(error), describe(last));
    }
    match root(error) {
        Some(root) => format!("{error}: {root}"),
        None => in_flags(error),
    }
}

/// Says a library's error in the words of the command: a setting is called by its flag, and a feature of the library is
/// nothing that a user of the command could enable.
pub(crate) fn in_flags(error: &impl fmt::Display) -> String {
    let mut text = error.to_string();
    for (setting, flag) in SETTINGS {
        text = text.replace(setting, flag);
    }
    if let Some(end) = text.find(FEATURE) {
        text.truncate(end);
    }
    text
}

fn root(error: &Error) -> Option<&(dyn std::error::Error + 'static)> {
    let mut root = error.source()?;
    while let Some(source) = root.source() {
        root = source;
    }
    Some(root)
}

/// What to do about a failure, where it is likely enough.
fn advice(error: &Error) -> Option<&'static str> {
    if error.is_connect() {
        let is_plain = root(error).is_some_and(|root| {
            let root = root.to_string();
            NO_TLS.iter().any(|words| root.contains(words))
        });
        return is_plain.then_some("the server may not speak https; try http://");
    }
    match error.status()?.as_u16() {
        401 => Some("credentials can be sent by -H 'Authorization: Bearer …'"),
        405 => Some("the command asks by GET; for the rest: curl -sN -X POST … | sse-client -"),
        _ if !error.is_not_event_stream() => None,
        _ if is_page(error.body()) => {
            Some("this looks like a page for browsers; is it the URL of the stream?")
        }
        _ => Some("to read it all the same: curl -sN --compressed URL | sse-client -"),
    }
}

fn exit(error: &Error) -> Exit {
    match error.status() {
        _ if error.is_retries_exhausted() => Exit::RetriesExhausted,
        _ if error.is_builder() => Exit::Usage,
        _ if error.is_timeout() => Exit::Timeout,
        Some(status) if error.is_status() && status.is_client_error() => Exit::ClientStatus,
        Some(status) if error.is_status() && status.is_server_error() => Exit::ServerStatus,
        // A success of another type, a redirect that leads nowhere, or a status that no event stream has.
        Some(_) => Exit::NotEventStream,
        None => Exit::Connect,
    }
}

/// The start of a body, if it is text that a person can read: most servers say there what is wrong.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() || is_page(body) || text.contains('\0') {
        return None;
    }
    let end = text
        .char_indices()
        .nth(EXCERPT)
        .map_or(text.len(), |(index, _)| index);
    let (start, rest) = text.split_at(end);
    Some(format!("{start}{}", if rest.is_empty() { "" } else { "…" }))
}

/// Whether a body is markup, which nobody wants to read on standard error.
fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// How many characters of a body are shown.
const EXCERPT: usize = 300;

/// What the libraries call their settings in messages, and the flags that set them.
const SETTINGS: [(&str, &str); 3] = [
    ("(response_timeout)", "(--response-timeout)"),
    ("(max_attempts)", "(--max-attempts)"),
    ("than max_event_bytes (", "than --max-event-bytes ("),
];

/// What rustls and OpenSSL call the first bytes of a server that speaks HTTP without TLS.
const NO_TLS: [&str; 2] = ["corrupt message", "wrong version number"];

/// Where advice for programmers begins.
const FEATURE: &str = ": enable the feature of sse-client";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_readable() {
        assert_eq!(
            excerpt(b" {\"error\":\"no\"}\n").as_deref(),
            Some("{\"error\":\"no\"}")
        );
        assert_eq!(excerpt(b""), None);
        assert_eq!(excerpt(b"<!doctype html>"), None);
        assert_eq!(excerpt(b"\0\x01"), None);
        let long = excerpt("é".repeat(1000).as_bytes()).unwrap();
        assert_eq!(long, format!("{}…", "é".repeat(EXCERPT)));
    }
}

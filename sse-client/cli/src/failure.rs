//! What a failure of the client is called on standard error, and the exit code that it ends with.

use std::error::Error as _;

use sse_client::Error;

use crate::exit::Exit;
use crate::notes::Notes;

/// Says why the client has failed for good, and returns how the command ends.
pub(crate) fn report(error: &Error, notes: Notes) -> Exit {
    // An end of the body is what becomes of every stream.
    if error.is_end_of_body() {
        notes.detail("the server has ended the stream");
        return Exit::Ended;
    }
    notes.error(describe(error));
    let answer = error.last_failure().unwrap_or(error);
    if let Some(body) = excerpt(answer.body()) {
        notes.error(format_args!("the answer begins: {body}"));
    }
    exit(error)
}

/// Says an error and what is at the bottom of it, in one line. What lies between are the layers of the HTTP library.
pub(crate) fn describe(error: &Error) -> String {
    if let Some(last) = error.last_failure() {
        return format!("{error}: {}", describe(last));
    }
    let mut root = None;
    let mut next = error.source();
    while let Some(source) = next {
        root = Some(source);
        next = source.source();
    }
    match root {
        Some(root) => format!("{error}: {root}"),
        None => error.to_string(),
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
    let is_page = text.starts_with('<');
    if text.is_empty() || is_page || text.contains('\0') {
        return None;
    }
    let end = text
        .char_indices()
        .nth(EXCERPT)
        .map_or(text.len(), |(index, _)| index);
    let (start, rest) = text.split_at(end);
    Some(format!("{start}{}", if rest.is_empty() { "" } else { "…" }))
}

/// How many characters of a body are shown.
const EXCERPT: usize = 300;

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

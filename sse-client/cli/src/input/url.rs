//! An event stream from a server, by the client that reconnects.

use futures_util::future::FutureExt as _;
use futures_util::stream::{Stream, StreamExt as _};
use sse_client::{CloseReason, Error, EventSource, Policy, ResponseHead, Update};

use crate::args::{ConnectionOptions, StreamOptions};
use crate::exit::Exit;
use crate::failure;
use crate::notes::Notes;
use crate::output::Output;

/// Makes the client. Nothing is sent yet.
pub(crate) fn event_source(
    url: &str,
    client: Option<reqwest::Client>,
    stream: &StreamOptions,
    connection: &ConnectionOptions,
    notes: Notes,
) -> Result<EventSource, Exit> {
    let mut builder = EventSource::builder(url)
        // Whether to reconnect at all is decided below, since `--wait` makes it depend on what was before.
        .policy(Policy::resilient().max_attempts(connection.max_attempts))
        .last_event_id(stream.last_event_id.clone())
        .utf8(stream.utf8)
        .comments(notes.is_verbose());
    for (name, value) in &connection.headers {
        builder = builder.header(name, value);
    }
    if let Some(client) = client {
        builder = builder.client(client);
    }
    if let Some(limit) = stream.max_event_bytes {
        builder = builder.max_event_bytes(limit);
    }
    if let Some(timeout) = connection.response_timeout {
        builder = builder.response_timeout(Some(timeout));
    }
    builder
        .build()
        .map_err(|error| failure::report(&error, &without_secrets(url), notes))
}

/// Shows a client's events until it ends, and says how the command ends.
///
/// Events that are at hand are written together, and before the next one is waited for.
pub(crate) async fn tail(
    url: &str,
    mut updates: impl Stream<Item = Update> + Unpin,
    strict: bool,
    connection: &ConnectionOptions,
    output: &mut Output,
    notes: Notes,
) -> Result<(), Exit> {
    let mut was_open = false;
    loop {
        let at_hand = match updates.next().now_or_never() {
            Some(update) if !output.is_full() => update,
            Some(update) => {
                output.flush().await?;
                update
            }
            None => {
                output.flush().await?;
                updates.next().await
            }
        };
        let Some(update) = at_hand else {
            return Ok(());
        };
        if let Update::Event(event) = update {
            output.push(event.as_ref())?;
            continue;
        }
        // What came before is shown before anything is said about what came behind it.
        output.flush().await?;
        match update {
            Update::Open(head) => {
                was_open = true;
                opened(&head, notes);
            }
            Update::Comment(comment) => notes.detail(format_args!("comment:{comment}")),
            Update::ReconnectionTime(time) => {
                notes.detail(format_args!(
                    "the reconnection time is now {:.1} s",
                    time.as_secs_f64()
                ));
            }
            Update::Reconnecting {
                delay,
                attempt,
                cause,
                decision,
                ..
            } => {
                if is_final(&cause, was_open, connection) {
                    let exit = failure::report(&cause, &without_secrets(url), notes);
                    if !was_open && !connection.no_reconnect {
                        notes.status("--wait would keep trying");
                    }
                    return Err(exit);
                }
                let cause = failure::describe(&cause);
                let of = connection
                    .max_attempts
                    .map_or_else(String::new, |max| format!(" of {max}"));
                let delay = delay.as_secs_f64();
                notes.status(format_args!(
                    "reconnecting in {delay:.1} s (attempt {attempt}{of}): {cause}"
                ));
                notes.detail(decision);
            }
            Update::Fruitless { connections, .. } => notes.status(format_args!(
                "{connections} connections in a row have brought nothing new"
            )),
            Update::Error(error) => {
                if strict && error.parse_error().is_some() {
                    notes.error(format_args!(
                        "{}; ended by --strict",
                        failure::describe(&error)
                    ));
                    return Err(Exit::Strict);
                }
                notes.status(failure::describe(&error));
            }
            Update::Closed { why, .. } => return closed(why, url, notes),
            _ => {}
        }
    }
}

/// Says whether the command ends where the client would reconnect.
///
/// Until the stream has been open once, what keeps it from opening is most likely a mistake in the URL, unless a
/// server has answered.
fn is_final(cause: &Error, was_open: bool, connection: &ConnectionOptions) -> bool {
    if was_open {
        connection.no_reconnect
    } else if connection.wait {
        false
    } else {
        connection.no_reconnect || cause.status().is_none()
    }
}

fn opened(head: &ResponseHead, notes: Notes) {
    let url = without_secrets(head.url());
    notes.detail(format_args!("{url} has answered {}", head.status()));
}

fn closed(why: CloseReason, url: &str, notes: Notes) -> Result<(), Exit> {
    match why {
        CloseReason::NoContent => {
            notes.status("the server says that there is nothing more to come (204 No Content)");
            Ok(())
        }
        CloseReason::Failed(error) => Err(failure::report(&error, &without_secrets(url), notes)),
        _ => Ok(()),
    }
}

/// Cuts off what a URL may hold that is not for everybody's eyes: user and password, query and fragment.
fn without_secrets(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (shown, hidden) = url.split_at(end);
    let (scheme, rest) = shown.split_once("://").unwrap_or(("", shown));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let query = if hidden.is_empty() { "" } else { "?…" };
    format!("{scheme}://{host}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_url_are_not_shown() {
        for (url, shown) in [
            ("http://a/b", "http://a/b"),
            (
                "https://user:secret@a:1/b?token=secret#secret",
                "https://a:1/b?…",
            ),
            ("http://user@secret@a?x=/@", "http://a?…"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}

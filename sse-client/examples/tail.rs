//! Prints the events of a stream for as long as it goes on, and on standard error how the connection fares.
//!
//! ```text
//! cargo run -p sse-client --example tail -- https://stream.wikimedia.org/v2/stream/recentchange
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use futures_util::StreamExt;
use sse_client::{CloseReason, Error, EventSource, Update};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("usage: tail URL");
        return ExitCode::from(2);
    };
    match tail(&url, &mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tail: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

pub(crate) async fn tail(url: &str, out: &mut impl Write) -> Result<(), Error> {
    // Some servers want to know who asks.
    let events = EventSource::builder(url)
        .header("User-Agent", "sse-client-example")
        .build()?;
    let mut updates = events.updates();
    while let Some(update) = updates.next().await {
        match update {
            Update::Open(head) => eprintln!("connected to {}", head.url()),
            Update::Event(event) => {
                let shown = writeln!(out, "{}: {}", event.event_type(), event.data());
                if shown.is_err() {
                    // Nobody reads any more.
                    return Ok(());
                }
            }
            Update::Reconnecting { decision, .. } => eprintln!("{decision}"),
            Update::Error(error) => eprintln!("{error}"),
            Update::Closed {
                why: CloseReason::Failed(error),
                ..
            } => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// An error and what has caused it, since no error repeats the text of its source.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

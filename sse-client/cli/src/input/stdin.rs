//! An event stream on standard input.

use sse_codec::{Parser, Unfinished};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::args::StreamOptions;
use crate::exit::Exit;
use crate::failure;
use crate::notes::Notes;
use crate::output::Output;

/// Makes the parser that the flags ask for.
pub(crate) fn parser(options: &StreamOptions) -> Parser {
    let mut parser = Parser::builder()
        .last_event_id(options.last_event_id.clone())
        .utf8(options.utf8);
    if let Some(limit) = options.max_event_bytes {
        parser = parser.max_event_bytes(limit);
    }
    parser.build()
}

/// Reads an event stream to its end, and says how the command ends.
///
/// Each chunk's events are written before the next chunk is waited for.
pub(crate) async fn tail(
    mut input: impl AsyncRead + Unpin,
    mut parser: Parser,
    strict: bool,
    output: &mut Output,
    notes: Notes,
) -> Result<(), Exit> {
    let mut chunk = vec![0; CHUNK];
    loop {
        output.flush().await?;
        let length = match input.read(&mut chunk).await {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) => {
                notes.error(format_args!("cannot read standard input: {error}"));
                return Err(Exit::Internal);
            }
        };
        let mut events = parser.feed(chunk.get(..length).unwrap_or_default());
        loop {
            match events.next() {
                Ok(Some(event)) => {
                    output.push(event)?;
                    if output.is_full() {
                        output.flush().await?;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    // What came before the fault is shown before it is told.
                    output.flush().await?;
                    let error = failure::in_flags(&error);
                    if strict {
                        notes.error(format_args!("{error}; ended by --strict"));
                        return Err(Exit::Strict);
                    }
                    notes.status(error);
                }
            }
        }
    }
    match parser.finish() {
        None => {}
        Some(Unfinished::Line) => {
            notes.status("the input ends in the middle of a line; its event is dropped");
        }
        Some(_) => {
            notes.status(
                "the input ends without a blank line after its last event, which is dropped",
            );
        }
    }
    Ok(())
}

/// As much as a pipe holds on Linux.
const CHUNK: usize = 64 * 1024;

//! Reads an event stream from standard input by an iterator, and prints each event as it arrives:
//! `printf 'event: greeting\ndata: hello\n\n' | cargo run -p sse-codec --example read`

use std::io::{self, Read, Write};

use sse_codec::{EventReader, EventReaderError};

fn main() -> io::Result<()> {
    print_events(io::stdin().lock(), io::stdout().lock())
}

pub(crate) fn print_events(input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut events = EventReader::new(input);
    for event in &mut events {
        match event {
            Ok(event) => writeln!(output, "{}: {:?}", event.event_type(), event.data())?,
            Err(EventReaderError::Parse(dropped)) => writeln!(output, "({dropped})")?,
            Err(error) => return Err(error.into()),
        }
        output.flush()?;
    }
    if let Some(unfinished) = events.unfinished() {
        writeln!(output, "(the stream ended early: {unfinished:?} dropped)")?;
    }
    Ok(())
}

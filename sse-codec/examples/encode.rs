//! Writes each line of standard input as an event to standard output:
//! `ls | cargo run -p sse-codec --example encode`

use std::io::{self, Write};

use sse_codec::{Encoder, LastEventId, OutgoingEvent};

fn main() -> io::Result<()> {
    let mut encoder = Encoder::new();
    let mut buffer = Vec::new();
    let mut output = io::stdout().lock();
    for (line, number) in io::stdin().lines().zip(1..) {
        let event = OutgoingEvent::new()
            .last_event_id(LastEventId::from(number))
            .data(line?);
        encoder.encode(&event, &mut buffer);
        output.write_all(&buffer)?;
        output.flush()?;
        buffer.clear();
    }
    Ok(())
}

//! Both directions by `tokio_util::codec`: a task writes events, and another reads them. A socket, or the output of a
//! child process, takes the place of the pipe in real life.
//! `cargo run -p sse-codec --example framed --features tokio-util`

use std::io;

use futures_util::{SinkExt, TryStreamExt};
use sse_codec::{Encoder, Event, EventDecoder, LastEventId, OutgoingEvent};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::{FramedRead, FramedWrite};

fn main() -> io::Result<()> {
    for event in transfer(3)? {
        println!("{}: {}", event.last_event_id(), event.data());
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn transfer(count: u64) -> io::Result<Vec<Event>> {
    let (server, client) = tokio::io::duplex(1024);
    let ((), events) = tokio::try_join!(write(server, count), read(client))?;
    Ok(events)
}

async fn write(target: impl AsyncWrite + Unpin, count: u64) -> io::Result<()> {
    let mut sink = FramedWrite::new(target, Encoder::new());
    for number in 1..=count {
        let event = OutgoingEvent::new()
            .last_event_id(LastEventId::from(number))
            .data("hello");
        sink.send(event).await?;
    }
    Ok(())
}

async fn read(source: impl AsyncRead + Unpin) -> io::Result<Vec<Event>> {
    let mut stream = FramedRead::new(source, EventDecoder::new());
    let mut events = Vec::new();
    // An error of the source ends it here; an event that was dropped does not.
    while let Some(event) = stream.try_next().await? {
        match event {
            Ok(event) => events.push(event),
            Err(dropped) => eprintln!("{dropped}"),
        }
    }
    Ok(events)
}

//! Reads an event stream from standard input and prints what it holds, as it arrives:
//! `printf 'data: hello\n\n' | cargo run -p sse-codec --example decode`

use std::error::Error;
use std::io::{self, Read};

use sse_codec::{Item, Parser};

fn main() -> Result<(), Box<dyn Error>> {
    let mut parser = Parser::new();
    let mut input = io::stdin().lock();
    let mut buffer = [0; 16 * 1024];
    loop {
        let len = input.read(&mut buffer)?;
        if len == 0 {
            break;
        }
        let mut items = parser.feed_items(&buffer[..len]);
        while let Some(item) = items.next()? {
            match item {
                Item::Event(event) => println!(
                    "{} {:?}: {:?}",
                    event.event_type(),
                    event.last_event_id(),
                    event.data()
                ),
                Item::Comment(comment) => println!("comment: {comment:?}"),
                Item::ReconnectionTime(time) => println!("reconnection time: {time:?}"),
                _ => {}
            }
        }
    }
    if let Some(unfinished) = parser.finish() {
        eprintln!("the stream ended early: {unfinished:?} dropped");
    }
    Ok(())
}

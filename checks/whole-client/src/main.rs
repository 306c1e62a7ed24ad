//! The whole client, so that its cost and its memory can be measured from outside: `scripts/whole-client` does.
//!
//! - `serve`: prints the URL of a server. Each line on standard input lets the streams go on; its end is the server's.
//! - `line URL`: reads an event, and prints how many bytes of data it has.
//! - `endless URL`: reads a line that is too long, and the event behind it.
//! - `streams WITH NUMBER URL`: opens so many streams `with` the client, or with reqwest and nothing else, on one thread.
//!   Prints their memory when all are open and have brought an event, when they have brought some more, one by one, and
//!   when they have brought a hundred at once; and `go` when it waits for the server to go on.

mod memory;
mod server;
mod streams;

use std::error::Error;

use futures_util::TryStreamExt;
use sse_client::{EventSource, ParseErrorKind};

// Counts only while a profiler lives. `streams` starts one, with `heap`.
#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => server::run().await?,
        ["line", url] => {
            let mut events = EventSource::get(url)?;
            let event = events.try_next().await?.ok_or("no event")?;
            println!("{}", event.data().len());
        }
        ["endless", url] => {
            let mut events = EventSource::get(url)?;
            let error = events.try_next().await.expect_err("the line is too long");
            let kind = error.parse_error().ok_or("another error")?.kind();
            assert!(matches!(kind, ParseErrorKind::TooLarge { .. }), "{kind:?}");
            let event = events.try_next().await?.ok_or("no event")?;
            println!("{}", event.data());
        }
        ["streams", with, number, url] => streams::run(with, number.parse()?, url, false).await?,
        ["streams", with, number, url, "heap"] => {
            streams::run(with, number.parse()?, url, true).await?;
        }
        _ => return Err("see the head of main.rs for the arguments".into()),
    }
    println!("most {}", memory::most()?);
    Ok(())
}

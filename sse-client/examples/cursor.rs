//! Works on each event of a stream at least once, however often this program is stopped and started.
//!
//! ```text
//! cargo run -p sse-client --example cursor --features file-store -- http://localhost:8080/stream stream.cursor
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use futures_util::TryStreamExt;
use sse_client::{EventSource, FileStore};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(path)) = (args.next(), args.next()) else {
        eprintln!("usage: cursor URL FILE");
        return ExitCode::from(2);
    };
    match work(&url, Path::new(&path), &mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cursor: {error}");
            ExitCode::FAILURE
        }
    }
}

pub(crate) async fn work(
    url: &str,
    path: &Path,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut events = EventSource::builder(url)
        .cursor_store(FileStore::open(path)?)
        .build()?;
    while let Some(event) = events.try_next().await? {
        // The work. It must last before the event is acknowledged.
        writeln!(out, "{}", event.data())?;
        out.flush()?;
        events.acknowledge(&event).await?;
    }
    Ok(())
}

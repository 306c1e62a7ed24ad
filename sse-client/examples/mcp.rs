//! Calls a tool by a protocol like MCP's streamable HTTP: a `POST` is answered with an event stream, and if that ends before
//! the result has come, a `GET` with the last event ID goes on with it.
//!
//! ```text
//! cargo run -p sse-client --example mcp --features json -- http://localhost:8080/mcp slow_tool
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sse_client::EventSource;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(tool)) = (args.next(), args.next()) else {
        eprintln!("usage: mcp URL TOOL");
        return ExitCode::from(2);
    };
    match call(&url, &tool, &mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp: {error}");
            ExitCode::FAILURE
        }
    }
}

pub(crate) async fn call(
    url: &str,
    tool: &str,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut messages = EventSource::builder(url)
        .method("POST")
        .header("Accept", "application/json, text/event-stream")
        .json(&json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": { "name": tool },
        }))
        // A stream that has set no ID cannot be resumed. To call the tool once more is not for this program to decide.
        .resume_with(|get| {
            let is_resumable = !get.last_event_id().is_empty();
            is_resumable.then(|| get.with_header("Accept", "text/event-stream"))
        })
        .build()?
        .json::<Value>();
    while let Some(message) = messages.try_next().await? {
        let Some(message) = message.into_value() else {
            continue;
        };
        if message["id"] == 1 {
            writeln!(out, "result: {}", message["result"])?;
            return Ok(());
        }
        writeln!(out, "{}: {}", message["method"], message["params"])?;
    }
    Err("the stream has ended before the result".into())
}

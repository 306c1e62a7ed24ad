//! Asks a language model, by an API of the common kind, and prints its answer as it comes.
//!
//! ```text
//! cargo run -p sse-client --example chat --features json -- https://api.example.com/v1/chat/completions 'Why is the sky blue?'
//! ```
//!
//! The key is taken from the environment, `API_KEY`.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use futures_util::TryStreamExt;
use serde::Deserialize;
use serde_json::json;
use sse_client::EventSource;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(prompt)) = (args.next(), args.next()) else {
        eprintln!("usage: chat URL PROMPT");
        return ExitCode::from(2);
    };
    let key = std::env::var("API_KEY").unwrap_or_default();
    match chat(&url, &key, &prompt, &mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A piece of the answer. What is not named here is ignored.
#[derive(Deserialize)]
struct Chunk {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Delta,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
}

/// What the server sends in the place of a piece, when it fails although it has answered 200.
#[derive(Deserialize)]
struct Failure {
    error: Message,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

pub(crate) async fn chat(
    url: &str,
    key: &str,
    prompt: &str,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut answer = EventSource::builder(url)
        // Not sent twice, whatever happens: an answer costs money.
        .method("POST")
        .header("Authorization", format!("Bearer {key}"))
        .json(&json!({
            "model": "any",
            "stream": true,
            "messages": [{ "role": "user", "content": prompt }],
        }))
        .build()?;
    // Whoever waits for an answer wants to know at once why there is none.
    answer.connect().await?;
    let mut chunks = answer
        .json::<Chunk>()
        .end_marker("[DONE]")
        .error_events(|event| {
            let failure: Failure = serde_json::from_str(event.data()).ok()?;
            Some(failure.error.message)
        });
    while let Some(chunk) = chunks.try_next().await? {
        let choices = chunk.value().map_or(&[][..], |chunk| &chunk.choices);
        for choice in choices {
            out.write_all(
                choice
                    .delta
                    .content
                    .as_deref()
                    .unwrap_or_default()
                    .as_bytes(),
            )?;
        }
        out.flush()?;
    }
    writeln!(out)?;
    Ok(())
}

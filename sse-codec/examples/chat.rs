//! Prints the answer of a language model, as it is written: data that is JSON, without a copy of the events.
//!
//! ```sh
//! curl -sN https://api.openai.com/v1/chat/completions -H "Authorization: Bearer $OPENAI_API_KEY" \
//!     -H 'Content-Type: application/json' \
//!     -d '{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Say hello."}]}' |
//!     cargo run -p sse-codec --example chat --features json
//! ```

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Read, Write};

use serde::Deserialize;
use sse_codec::{EventReader, JsonErrorKind};

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    delta: Delta<'a>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    // Borrowed, unless there are escapes in it.
    #[serde(borrow)]
    content: Option<Cow<'a, str>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    print_answer(io::stdin().lock(), io::stdout().lock())
}

pub(crate) fn print_answer(input: impl Read, mut output: impl Write) -> Result<(), Box<dyn Error>> {
    let mut events = EventReader::new(input);
    while let Some(event) = events.next_event()? {
        // The end of the answer, which is not JSON.
        if event.data() == "[DONE]" {
            writeln!(output)?;
            return Ok(());
        }
        match event.json::<Chunk<'_>>() {
            Ok(chunk) => {
                for text in chunk
                    .choices
                    .iter()
                    .filter_map(|choice| choice.delta.content.as_ref())
                {
                    output.write_all(text.as_bytes())?;
                }
                output.flush()?;
            }
            // Something that this program does not know. A newer server may send it, so it is no reason to stop.
            Err(error) if error.kind() == JsonErrorKind::Shape => eprintln!("{error}"),
            Err(error) => return Err(error.into()),
        }
    }
    Err("the stream ended before the answer".into())
}

//! Reads a stream that wants a token, which does not last: it is fetched when it is needed, kept, and fetched anew when the
//! server refuses it.
//!
//! ```text
//! cargo run -p sse-client --example token -- http://localhost:8080/stream http://localhost:8080/token
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::TryStreamExt;
use sse_client::EventSource;
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(token_url)) = (args.next(), args.next()) else {
        eprintln!("usage: token URL TOKEN_URL");
        return ExitCode::from(2);
    };
    match read(&url, &token_url, &mut io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("token: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Knows the token.
struct Tokens {
    url: String,
    http: reqwest::Client,
    known: Mutex<Option<String>>,
}

impl Tokens {
    /// Returns the token, and fetches it first if it is not known or no good any more.
    async fn token(&self, is_refused: bool) -> Result<String, reqwest::Error> {
        let mut known = self.known.lock().await;
        if let Some(token) = known.as_ref().filter(|_| !is_refused) {
            return Ok(token.clone());
        }
        let answer = self.http.get(&self.url).send().await?.error_for_status()?;
        let token = answer.text().await?;
        *known = Some(token.clone());
        Ok(token)
    }
}

pub(crate) async fn read(
    url: &str,
    token_url: &str,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let tokens = Arc::new(Tokens {
        url: token_url.to_owned(),
        http: reqwest::Client::new(),
        known: Mutex::default(),
    });
    let mut events = EventSource::builder(url)
        .prepare(move |attempt| {
            let tokens = Arc::clone(&tokens);
            async move {
                let refusal = attempt.cause().and_then(|cause| cause.status());
                let is_refused = refusal.is_some_and(|status| status == 401);
                let token = tokens.token(is_refused).await?;
                Ok(attempt.with_header("Authorization", format!("Bearer {token}")))
            }
        })
        .build()?;
    while let Some(event) = events.try_next().await? {
        writeln!(out, "{}", event.data())?;
    }
    Ok(())
}

//! `sse-client`: tails a stream of server-sent events in a terminal or a script.

mod args;
mod demo;
mod escape;
mod exit;
mod failure;
mod input;
mod notes;
mod output;
mod signals;

use std::env;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use args::{Args, ConnectionOptions, Options, Source, StreamOptions};
use exit::Exit;
use notes::{Level, Notes};
use output::{Format, Output, Terminal};

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(answer) => return no_args(&answer).into(),
    };
    let notes = Notes::new(args.level());
    let options = match args.into_options() {
        Ok(options) => options,
        Err(error) => {
            notes.usage(format_args!(
                "{error}\n\nFor more information, try '--help'."
            ));
            return Exit::Usage.into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            notes.error(format_args!("cannot start: {error}"));
            return Exit::Internal.into();
        }
    };
    let exit = runtime.block_on(run(options, notes));
    // Does not wait for a read of standard input or a write to a reader that has stalled.
    runtime.shutdown_background();
    exit.into()
}

/// Prints the help or the version that was asked for, or what is wrong with the flags.
fn no_args(answer: &clap::Error) -> Exit {
    if answer.use_stderr() {
        let message = answer.render().to_string();
        Notes::new(Level::Quiet).usage(
            message
                .strip_prefix("error: ")
                .unwrap_or(&message)
                .trim_end(),
        );
        Exit::Usage
    } else {
        // Fails only if the reader has left, and then there is nobody to tell.
        let _ = answer.print();
        Exit::Ended
    }
}

async fn run(options: Options, notes: Notes) -> Exit {
    let terminal = terminal();
    let default = if terminal.is_terminal {
        Format::Pretty
    } else {
        Format::Json
    };
    let format = options.format.unwrap_or(default);
    let mut output = Output::new(format, terminal, options.max_events, notes);
    let ended = tokio::select! {
        biased;
        signal = signals::received() => Err(signal),
        () = output::reader_left() => Ok(Exit::Ended),
        exit = async {
            let exit = tail(options, &mut output, notes).await;
            // What standard output has not taken is a failure, also where all else has gone well.
            match output.flush().await {
                Err(failed) if exit == Exit::Ended => failed,
                _ => exit,
            }
        } => Ok(exit),
    };
    match ended {
        Ok(exit) => exit,
        Err(signal) => {
            // What was received belongs to the reader, but one that has stalled cannot hold up a signal.
            let _ = tokio::time::timeout(LAST_WRITE, output.flush()).await;
            signal
        }
    }
}

async fn tail(options: Options, output: &mut Output, notes: Notes) -> Exit {
    let stream = &options.stream;
    let ended = match &options.source {
        Source::StandardInput => {
            let parser = input::stdin::parser(stream);
            input::stdin::tail(tokio::io::stdin(), parser, stream.strict, output, notes).await
        }
        Source::Url(url, connection) => {
            tail_url(url, None, stream, connection, output, notes).await
        }
        Source::Demo(connection) => tail_demo(stream, connection, output, notes).await,
    };
    ended.err().unwrap_or(Exit::Ended)
}

async fn tail_demo(
    stream: &StreamOptions,
    connection: &ConnectionOptions,
    output: &mut Output,
    notes: Notes,
) -> Result<(), Exit> {
    let url = demo::start().await.map_err(|error| {
        notes.error(format_args!("cannot start the demo server: {error}"));
        Exit::Internal
    })?;
    notes.status(format_args!("demo server on {url}"));
    // No proxy reaches the loopback interface of this machine.
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .map_err(|error| {
            notes.error(format_args!("cannot start the demo client: {error}"));
            Exit::Internal
        })?;
    tail_url(&url, Some(client), stream, connection, output, notes).await
}

async fn tail_url(
    url: &str,
    client: Option<reqwest::Client>,
    stream: &StreamOptions,
    connection: &ConnectionOptions,
    output: &mut Output,
    notes: Notes,
) -> Result<(), Exit> {
    let source = input::url::event_source(url, client, stream, connection, notes)?;
    input::url::tail(
        url,
        source.updates(),
        stream.strict,
        connection,
        output,
        notes,
    )
    .await
}

fn terminal() -> Terminal {
    let is_terminal = io::stdout().is_terminal();
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    Terminal {
        is_terminal,
        colours: is_terminal && !is_set("NO_COLOR") && !is_dumb,
    }
}

/// How long a signal waits for the last write.
const LAST_WRITE: Duration = Duration::from_millis(500);

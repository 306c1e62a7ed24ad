//! The flags, and what they mean together.

use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

use clap::{ArgAction, Parser, ValueEnum};
use http::{HeaderName, HeaderValue};
use sse_codec::{LastEventId, Utf8Policy};

use crate::exit::Exit;
use crate::notes::Level;
use crate::output::Format;

/// Tails a stream of server-sent events (text/event-stream); reconnects and resumes by itself.
#[derive(Debug, Parser)]
#[command(
    name = "sse-client",
    version,
    disable_help_flag = true,
    disable_version_flag = true,
    override_usage = "sse-client [OPTIONS] <URL | ->\n       sse-client [OPTIONS] --demo",
    after_help = after_help(),
)]
pub(crate) struct Args {
    /// URL of the event stream (http:// may be left out), or - for standard input
    #[arg(
        value_name = "URL",
        required_unless_present = "demo",
        conflicts_with = "demo"
    )]
    source: Option<String>,

    /// pretty, data, json or sse; see below
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true)]
    output: Option<Format>,

    /// Send a header; can be given again
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,

    /// End after N events
    #[arg(short = 'n', long, value_name = "N", value_parser = count::<u64>)]
    max_events: Option<u64>,

    /// Resume after the event with this ID
    #[arg(long, value_name = "ID")]
    last_event_id: Option<String>,

    /// End with the first connection
    #[arg(long)]
    no_reconnect: bool,

    /// Keep trying if the first connection fails, too
    #[arg(long)]
    wait: bool,

    /// Give up after N reconnections without an event
    #[arg(
        long,
        value_name = "N",
        value_parser = count::<u32>,
        conflicts_with = "no_reconnect"
    )]
    max_attempts: Option<u32>,

    /// How long to wait for an answer [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    response_timeout: Option<Duration>,

    /// What to do about ill-formed UTF-8 [default: replace]
    #[arg(long, value_name = "replace|reject", hide_possible_values = true)]
    utf8: Option<Utf8>,

    /// Largest event, or "unlimited" [default: 16777216]
    #[arg(long, value_name = "BYTES", value_parser = max_event_bytes)]
    max_event_bytes: Option<usize>,

    /// End at the first ill-formed UTF-8 or too large event
    #[arg(long)]
    strict: bool,

    /// Tail a server that says hello, started for it
    #[arg(long)]
    demo: bool,

    /// Say only why the command failed
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Say what goes well, too, and show comments
    #[arg(short, long)]
    verbose: bool,

    // Flags of our own, so that `-h` and `--help` are the same, and compact.
    /// Print this help
    #[arg(short, long, action = ArgAction::HelpShort)]
    help: Option<bool>,

    /// Print the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    version: Option<bool>,
}

/// What the command is to do.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) source: Source,
    pub(crate) format: Option<Format>,
    pub(crate) max_events: Option<u64>,
    pub(crate) stream: StreamOptions,
}

/// Where the events come from.
#[derive(Debug)]
pub(crate) enum Source {
    StandardInput,
    Url(String, ConnectionOptions),
    Demo(ConnectionOptions),
}

/// How an event stream is read, wherever it comes from.
#[derive(Debug)]
pub(crate) struct StreamOptions {
    pub(crate) last_event_id: LastEventId<'static>,
    pub(crate) utf8: Utf8Policy,
    /// `None` is the default of the parser.
    pub(crate) max_event_bytes: Option<usize>,
    pub(crate) strict: bool,
}

/// How a server is asked for an event stream.
#[derive(Debug)]
pub(crate) struct ConnectionOptions {
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) no_reconnect: bool,
    pub(crate) wait: bool,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) response_timeout: Option<Duration>,
}

/// What is wrong with the usage, and what to do instead. Never repeats a value that may be a secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsageError(String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Args {
    pub(crate) const fn level(&self) -> Level {
        if self.quiet {
            Level::Quiet
        } else if self.verbose {
            Level::Verbose
        } else {
            Level::Normal
        }
    }

    /// Checks what the flags mean together.
    pub(crate) fn into_options(self) -> Result<Options, UsageError> {
        let last_event_id = LastEventId::new(self.last_event_id.clone().unwrap_or_default())
            .map_err(|error| UsageError(format!("--last-event-id: {error}")))?;
        // An ill-formed line is an error only if it is rejected, so `--strict` would otherwise not see it.
        let utf8 = match self.utf8 {
            None if self.strict => Utf8Policy::Reject,
            Some(Utf8::Reject) => Utf8Policy::Reject,
            Some(Utf8::Replace) | None => Utf8Policy::Replace,
        };
        let stream = StreamOptions {
            last_event_id,
            utf8,
            max_event_bytes: self.max_event_bytes,
            strict: self.strict,
        };
        Ok(Options {
            format: self.output,
            max_events: self.max_events,
            stream,
            source: self.into_source()?,
        })
    }

    fn into_source(self) -> Result<Source, UsageError> {
        if self.source.as_deref() == Some("-") {
            self.forbid_connection_flags()?;
            return Ok(Source::StandardInput);
        }
        let options = ConnectionOptions {
            headers: headers(&self.headers)?,
            no_reconnect: self.no_reconnect,
            wait: self.wait,
            max_attempts: self.max_attempts,
            response_timeout: self.response_timeout,
        };
        // The parser of the flags has seen to it that there is a URL unless there is `--demo`.
        match self.source {
            None => Ok(Source::Demo(options)),
            Some(source) => Ok(Source::Url(url(&source)?, options)),
        }
    }

    fn forbid_connection_flags(&self) -> Result<(), UsageError> {
        for (flag, is_given) in [
            ("--header", !self.headers.is_empty()),
            ("--no-reconnect", self.no_reconnect),
            ("--wait", self.wait),
            ("--max-attempts", self.max_attempts.is_some()),
            ("--response-timeout", self.response_timeout.is_some()),
        ] {
            if is_given {
                return Err(UsageError(format!(
                    "{flag} is about a connection, and standard input (-) has none; leave it out"
                )));
            }
        }
        Ok(())
    }
}

/// The values of `--utf8`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Utf8 {
    Replace,
    Reject,
}

/// Adds the scheme that is missing, and refuses what is no URL of a web server.
fn url(text: &str) -> Result<String, UsageError> {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    // `localhost:8080/a?next=https://b` has no scheme, although `://` occurs.
    match scheme.filter(|scheme| !scheme.contains(['/', '?', '#', '@'])) {
        Some(scheme)
            if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") =>
        {
            Err(UsageError(format!(
                "cannot read a URL with the scheme {scheme}://; use http:// or https://"
            )))
        }
        Some(_) => Ok(text.to_owned()),
        None if text.is_empty() => Err(UsageError("the URL is empty".to_owned())),
        None => Ok(format!("http://{text}")),
    }
}

fn headers(texts: &[String]) -> Result<Vec<(HeaderName, HeaderValue)>, UsageError> {
    texts.iter().map(|text| header(text)).collect()
}

/// Reads `Name: value`. No error repeats the value, which is often a secret, or the text if it is unclear what of it is
/// the name.
fn header(text: &str) -> Result<(HeaderName, HeaderValue), UsageError> {
    let Some((name, value)) = text.split_once(':') else {
        return Err(UsageError(
            "a --header has no colon; write it as 'Name: value'".to_owned(),
        ));
    };
    let Ok(name) = HeaderName::try_from(name.trim_end()) else {
        return Err(UsageError(
            "the name of a --header may hold letters, digits and hyphens only; write it as 'Name: value'"
                .to_owned(),
        ));
    };
    if name == LAST_EVENT_ID {
        return Err(UsageError(
            "the header Last-Event-ID changes with every event; give the first one by --last-event-id"
                .to_owned(),
        ));
    }
    match HeaderValue::try_from(value.trim()) {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(UsageError(format!(
            "the value of the header {name} holds a control character"
        ))),
    }
}

fn count<T: FromStr + Default + PartialEq>(text: &str) -> Result<T, String> {
    let count = text.parse().ok().filter(|count| *count != T::default());
    count.ok_or_else(|| "not a whole number above 0".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let time = text
        .parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| !time.is_zero())
        .ok_or_else(|| "not a number of seconds above 0, like 30 or 0.5".to_owned())
}

fn max_event_bytes(text: &str) -> Result<usize, String> {
    match text.parse() {
        _ if text == "unlimited" => Ok(usize::MAX),
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err("not a number of bytes above 0, nor \"unlimited\"".to_owned()),
    }
}

fn after_help() -> String {
    let mut help = String::from(
        "Events go to standard output, everything else to standard error. What a server sends is\n\
         escaped on a terminal, and exact elsewhere. A lost connection is reestablished, and the\n\
         stream goes on where it was; a first connection that fails is an error without --wait.\n\
         Proxies are those of the environment: http_proxy, https_proxy, all_proxy, no_proxy.\n\n\
         Formats:\n  \
         pretty  type, ID and data, for people; the default on a terminal\n  \
         data    the data and a newline\n  \
         json    {\"type\":…,\"id\":…,\"data\":…} and the last event ID as id; the default elsewhere\n  \
         sse     an event stream, for example for another sse-client -\n\n\
         Examples:\n  \
         sse-client --demo -n 5\n  \
         sse-client https://example.com/stream -H 'Authorization: Bearer …'\n  \
         sse-client localhost:8080/stream -o json | jq -r .data\n  \
         sse-client - -o data < recorded.sse\n\n\
         Exit codes:\n",
    );
    // Writing to a `String` cannot fail.
    let _ = write!(help, "{}", Exit::table().trim_end());
    help
}

const LAST_EVENT_ID: &str = "last-event-id";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn options(arguments: &[&str]) -> Result<Options, UsageError> {
        let arguments = ["sse-client"].iter().chain(arguments);
        Args::try_parse_from(arguments)
            .expect("flags")
            .into_options()
    }

    fn url_of(text: &str) -> Result<String, UsageError> {
        match options(&[text])?.source {
            Source::Url(url, _) => Ok(url),
            source => panic!("{source:?}"),
        }
    }

    #[test]
    fn flags_are_well_defined() {
        Args::command().debug_assert();
    }

    #[test]
    fn http_is_assumed_where_there_is_no_scheme() {
        for (text, url) in [
            ("localhost:8080/x", "http://localhost:8080/x"),
            ("example.com", "http://example.com"),
            ("a/b?next=https://c", "http://a/b?next=https://c"),
            ("http://a", "http://a"),
            ("HTTPS://a", "HTTPS://a"),
        ] {
            assert_eq!(url_of(text).unwrap(), url);
        }
        assert!(
            url_of("ftp://a")
                .unwrap_err()
                .0
                .contains("use http:// or https://")
        );
        assert!(url_of("").is_err());
    }

    #[test]
    fn headers_are_read_at_their_first_colon() {
        let (name, value) = header("X-Time:  12:30 ").unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("x-time", &b"12:30"[..]));
        let (_, value) = header("X-Empty:").unwrap();
        assert!(value.is_empty());
    }

    #[test]
    fn a_bad_header_is_refused_without_a_word_of_its_value() {
        for text in [
            "Bearer secret",
            "secret word: x",
            "Authorization: sec\nsecret",
            "Last-Event-ID: secret",
        ] {
            let error = header(text).unwrap_err().0;
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn strict_rejects_unless_told_to_replace() {
        for (arguments, utf8) in [
            (&["-"][..], Utf8Policy::Replace),
            (&["-", "--strict"], Utf8Policy::Reject),
            (&["-", "--strict", "--utf8", "replace"], Utf8Policy::Replace),
            (&["-", "--utf8", "reject"], Utf8Policy::Reject),
        ] {
            assert_eq!(
                options(arguments).unwrap().stream.utf8,
                utf8,
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn flags_of_a_connection_do_not_go_with_standard_input() {
        for flags in [
            &["-H", "A: b"][..],
            &["--wait"],
            &["--no-reconnect"],
            &["--max-attempts", "1"],
            &["--response-timeout", "1"],
        ] {
            let arguments: Vec<_> = ["-"].iter().chain(flags).copied().collect();
            assert!(
                options(&arguments)
                    .unwrap_err()
                    .0
                    .contains("standard input"),
                "{flags:?}"
            );
        }
    }

    #[test]
    fn limits_are_above_zero() {
        assert_eq!(max_event_bytes("unlimited"), Ok(usize::MAX));
        assert_eq!(max_event_bytes("1"), Ok(1));
        assert!(max_event_bytes("0").is_err());
        assert!(max_event_bytes("1k").is_err());
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "nan", "inf", "1e300", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_id_that_no_stream_can_hold_is_refused() {
        assert!(options(&["-", "--last-event-id", "a\nb"]).is_err());
        assert_eq!(
            options(&["-", "--last-event-id", "7"])
                .unwrap()
                .stream
                .last_event_id
                .as_str(),
            "7"
        );
    }
}

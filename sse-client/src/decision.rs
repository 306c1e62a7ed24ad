//! [`Decision`]: what an event source has made of a failure, by which rule, said in one line.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// What an event source has made of a failure, and why: a part of [`Update::Reconnecting`] and [`Update::Closed`]. Cheap
/// to clone.
///
/// Its `Display` output says it in one line, such as
/// `503, Retry-After 5 s, waiting 5.8 s, attempt 3 of 10, resuming after 42`. It shows no credentials, and no characters
/// that do things to a terminal.
///
/// # Examples
///
/// ```no_run
/// use futures_util::StreamExt;
///
/// # async fn run() -> Result<(), sse_client::Error> {
/// let mut updates = sse_client::EventSource::get("https://example.com/stream")?.updates();
/// while let Some(update) = updates.next().await {
///     if let Some(decision) = update.explain() {
///         eprintln!("{decision} (by {:?})", decision.rule());
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// [`Update::Reconnecting`]: crate::Update::Reconnecting
/// [`Update::Closed`]: crate::Update::Closed
#[derive(Clone, Debug)]
pub struct Decision {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    cause: Error,
    rule: Rule,
    /// What the answer has asked for.
    retry_after: Option<Duration>,
    then: Then,
}

#[derive(Debug)]
pub(crate) enum Then {
    Reconnect {
        delay: Duration,
        attempt: u32,
        max_attempts: Option<u32>,
        last_event_id: String,
    },
    Stop,
    Fail,
}

/// What has decided about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// The table of the [`Policy`](crate::Policy).
    Policy,
    /// The caller's classifier, see [`Policy::classify`](crate::Policy::classify).
    Classifier,
    /// The server wants other credentials, and the hook that [prepares](crate::EventSourceBuilder::prepare) each attempt is
    /// asked for them, once.
    Credentials,
    /// The method is not a safe one, so the request is not [repeated](crate::EventSourceBuilder::repeat_unsafe).
    UnsafeMethod,
    /// The function that was given to [`resume_with`](crate::EventSourceBuilder::resume_with) has no request to resume with.
    NothingToResume,
    /// A limit of the policy.
    Limit,
}

impl Decision {
    pub(crate) fn new(cause: Error, rule: Rule, retry_after: Option<Duration>, then: Then) -> Self {
        Self {
            inner: Arc::new(Inner {
                cause,
                rule,
                retry_after,
                then,
            }),
        }
    }

    /// Returns the failure that was to be decided about.
    #[must_use]
    pub fn cause(&self) -> &Error {
        &self.inner.cause
    }

    /// Returns what has decided.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.inner.rule
    }

    /// Returns what the server has asked for with `Retry-After`, at most an hour.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner {
            cause,
            rule,
            retry_after,
            then,
        } = &*self.inner;
        match cause.status().filter(|_| cause.is_status()) {
            Some(status) => write!(f, "{}", status.as_u16())?,
            None => write!(f, "{cause}")?,
        }
        if let Some(time) = retry_after {
            write!(f, ", Retry-After {}", Seconds(*time))?;
        }
        match rule {
            Rule::Policy => {}
            Rule::Classifier => f.write_str(", decided by the classifier")?,
            Rule::Credentials => f.write_str(", asking for other credentials")?,
            Rule::UnsafeMethod => {
                f.write_str(", the request is not repeated, since its method is not safe")?;
            }
            Rule::NothingToResume => f.write_str(", there is nothing to resume with")?,
            Rule::Limit => f.write_str(", a limit is reached")?,
        }
        match then {
            Then::Stop => f.write_str(", the end"),
            Then::Fail => f.write_str(", final"),
            Then::Reconnect {
                delay,
                attempt,
                max_attempts,
                last_event_id,
            } => {
                write!(f, ", waiting {}, attempt {attempt}", Seconds(*delay))?;
                if let Some(limit) = max_attempts {
                    write!(f, " of {limit}")?;
                }
                if last_event_id.is_empty() {
                    f.write_str(", without a last event ID")
                } else {
                    f.write_str(", resuming after ")?;
                    let mut shown = last_event_id.chars();
                    for char in shown.by_ref().take(MAX_SHOWN_CHARS) {
                        write!(f, "{}", char.escape_debug())?;
                    }
                    f.write_str(if shown.next().is_some() { "..." } else { "" })
                }
            }
        }
    }
}

/// A time in seconds, with one digit behind the point unless they are whole.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subsec_millis() == 0 {
            write!(f, "{} s", self.0.as_secs())
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}

/// How much of a last event ID is shown.
const MAX_SHOWN_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn resuming_after(last_event_id: &str) -> String {
        let cause = Error::passing(Kind::EndOfBody { in_event: false });
        let then = Then::Reconnect {
            delay: Duration::from_millis(1_250),
            attempt: 1,
            max_attempts: None,
            last_event_id: last_event_id.to_owned(),
        };
        Decision::new(cause, Rule::Policy, None, then).to_string()
    }

    #[test]
    fn an_id_is_shown_short_and_without_what_does_things_to_a_terminal() {
        assert_eq!(
            resuming_after("a\u{1b}[0m"),
            "event stream ended, waiting 1.2 s, attempt 1, resuming after a\\u{1b}[0m"
        );
        let shown = resuming_after(&"x".repeat(1_000));
        assert!(shown.ends_with("xxx...") && shown.len() < 150, "{shown}");
        assert!(resuming_after("").ends_with("attempt 1, without a last event ID"));
    }
}

//! [`Policy`]: which answers and failures end an event source, and how it reconnects after the others.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::backoff::Backoff;
use crate::classifier::{Classifier, Reaction};
use crate::error::Error;

mod table;

/// Decides which answers and failures end an event source, and how long it waits before it reconnects after the others.
///
/// Its `Display` output is the table of those decisions.
///
/// The delay before the reconnection attempt *n* (counted from 1 since the last event) is a random time between *base*
/// and the larger of 1.5 × *base* and *base* × 2ⁿ, the latter at most [`cap`](Self::cap). *Base* is the reconnection time, which the stream sets
/// with `retry` (at most one hour), and at least [`floor`](Self::floor). If the server says `Retry-After`, *base* is at least that.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use sse_client::Policy;
///
/// let policy = Policy::resilient()
///     .max_attempts(Some(10))
///     .reconnection_time(Duration::from_secs(3));
/// let table = policy.to_string();
/// assert!(table.contains("give up after attempts without an event"));
/// println!("{table}");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until it is given to a builder"]
pub struct Policy {
    reconnect: bool,
    standard: bool,
    floor: Duration,
    cap: Duration,
    reconnection_time: Duration,
    max_attempts: Option<u32>,
    max_downtime: Option<Duration>,
    max_fruitless: Option<u32>,
    any_content_type: bool,
    classifier: Option<Classifier>,
}

impl Policy {
    /// Makes the policy for programs that are meant to keep running, which is the default: everything that may pass is
    /// tried again, overloaded and restarting servers too (408, 421, 425, 429, 500, 502, 503, 504, 520 to 524, 529).
    ///
    /// 204 is the end, without an error. A reconnect asks the URL that the caller gave.
    pub fn resilient() -> Self {
        Self {
            reconnect: true,
            standard: false,
            floor: Duration::from_millis(100),
            cap: Duration::from_secs(30),
            reconnection_time: Duration::from_secs(1),
            max_attempts: None,
            max_downtime: None,
            max_fruitless: None,
            any_content_type: false,
            classifier: None,
        }
    }

    /// Makes the policy of the standard, which browsers follow
    /// ([`#sse-processing-model`](https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model)):
    /// network errors and ended bodies are followed by a reconnect, any status but 200 is final.
    ///
    /// 204 is an error. A reconnect asks the URL at which redirects have ended.
    pub fn standard() -> Self {
        Self {
            standard: true,
            ..Self::resilient()
        }
    }

    /// Makes the policy that never reconnects: the end of the body is the end, any failure is final. Redirects are
    /// followed.
    pub fn never() -> Self {
        Self {
            reconnect: false,
            ..Self::resilient()
        }
    }

    /// Sets the shortest reconnection time, whatever the server says. Default 100 milliseconds; less than 10
    /// milliseconds count as 10.
    pub fn floor(mut self, floor: Duration) -> Self {
        self.floor = floor;
        self
    }

    /// Sets how far delays grow by failures in a row. Default 30 seconds. A longer reconnection time of the
    /// server still holds.
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Sets the reconnection time that holds until the stream sets one. Default 1 second.
    pub fn reconnection_time(mut self, time: Duration) -> Self {
        self.reconnection_time = time;
        self
    }

    /// Sets after how many reconnection attempts without an event to give up. Default `None`: never.
    ///
    /// `Some(0)` gives up at the first failure.
    pub fn max_attempts(mut self, attempts: Option<u32>) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets after which time without an open connection, counted together since the last event, to give up. Default
    /// `None`: never. A wait that would end behind the limit is not begun.
    pub fn max_downtime(mut self, time: Option<Duration>) -> Self {
        self.max_downtime = time;
        self
    }

    /// Sets after how many fruitless connections in a row to give up. Default `None`: never.
    ///
    /// A connection is fruitless if the server accepts it, and it is lost without having brought an event or another last
    /// event ID: typical of a server that knows nothing of the last event ID that it is sent. Three in a row are reported by
    /// [`Update::Fruitless`](crate::Update::Fruitless) in any case.
    pub fn max_fruitless(mut self, connections: Option<u32>) -> Self {
        self.max_fruitless = connections;
        self
    }

    /// Sets whether a 200 is read as an event stream whatever its content type says. Default `false`: only
    /// `text/event-stream` is.
    ///
    /// For servers that are known to get it wrong. Anything else that is read so yields no events, or nonsense.
    pub fn any_content_type(mut self, any: bool) -> Self {
        self.any_content_type = any;
        self
    }

    /// Sets a function that is asked about each failure before the table is: lost connections, timeouts, ended bodies,
    /// refused answers with their status, headers and body. Default: none. `None` leaves it to the table.
    ///
    /// What it says holds, except that limits on attempts and time still end the event source. It is not asked about redirects
    /// that can be followed, nor about events that are too large or ill-formed, after which the stream goes on.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_client::{Policy, Reaction};
    ///
    /// let policy = Policy::resilient().classify(|failure| match failure.status()?.as_u16() {
    ///     // This server forgets its streams when it restarts, and finds them again.
    ///     404 => Some(Reaction::Reconnect),
    ///     // And says so when there is nothing more to come.
    ///     410 => Some(Reaction::Stop),
    ///     _ => None,
    /// });
    /// ```
    pub fn classify<F>(mut self, classifier: F) -> Self
    where
        F: Fn(&Error) -> Option<Reaction> + Send + Sync + 'static,
    {
        self.classifier = Some(Classifier(Arc::new(classifier)));
        self
    }
}

/// [`Policy::resilient`].
impl Default for Policy {
    fn default() -> Self {
        Self::resilient()
    }
}

/// What a policy has to say about the status of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StatusVerdict {
    /// An event stream, if the content type says so too.
    Accept,
    /// The server asks to stop. Not an error.
    Stop,
    /// Follow the redirect.
    Redirect,
    /// An error that may pass.
    Reconnect,
    /// An error for good.
    Fail,
}

impl Policy {
    /// Returns what to do about an answer with this status.
    pub(crate) fn on_status(&self, status: StatusCode) -> StatusVerdict {
        match status.as_u16() {
            200 => StatusVerdict::Accept,
            301 | 302 | 303 | 307 | 308 => StatusVerdict::Redirect,
            _ if self.standard => StatusVerdict::Fail,
            204 => StatusVerdict::Stop,
            408 | 421 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=524 | 529 if self.reconnect => {
                StatusVerdict::Reconnect
            }
            _ => StatusVerdict::Fail,
        }
    }

    /// Returns whether an answer with this status is to be met with other credentials, if there is somebody to ask for them.
    pub(crate) fn asks_for_credentials(&self, status: StatusCode) -> bool {
        self.reconnect && !self.standard && matches!(status.as_u16(), 401 | 407)
    }

    /// Returns whether to reconnect after network errors, timeouts, and the end of the body.
    pub(crate) fn reconnects(&self) -> bool {
        self.reconnect
    }

    /// Returns whether a reconnect asks the URL at which redirects have ended, rather than the caller's.
    pub(crate) fn keeps_redirects(&self) -> bool {
        self.standard
    }

    /// Returns the delay before a reconnection attempt, see [`Backoff::delay`].
    pub(crate) fn delay(
        &self,
        set_by_stream: Option<Duration>,
        not_before: Option<Duration>,
        attempt: u32,
        random: u64,
    ) -> Duration {
        let backoff = Backoff {
            floor: self.floor,
            cap: self.cap,
        };
        backoff.delay(
            set_by_stream.unwrap_or(self.reconnection_time),
            not_before,
            attempt,
            random,
        )
    }

    pub(crate) fn attempts_limit(&self) -> Option<u32> {
        self.max_attempts
    }

    pub(crate) fn fruitless_limit(&self) -> Option<u32> {
        self.max_fruitless
    }

    /// Returns whether the content type does not matter.
    pub(crate) fn takes_any_content_type(&self) -> bool {
        self.any_content_type
    }

    /// Asks the caller's classifier.
    pub(crate) fn classified(&self, failure: &Error) -> Option<Reaction> {
        (self.classifier.as_ref()).and_then(|classifier| classifier.0(failure))
    }

    pub(crate) fn downtime_limit(&self) -> Option<Duration> {
        self.max_downtime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(policy: &Policy, verdict: StatusVerdict) -> Vec<u16> {
        (100..=999)
            .filter(|&code| policy.on_status(StatusCode::from_u16(code).unwrap()) == verdict)
            .collect()
    }

    const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

    #[test]
    fn resilient() {
        let policy = Policy::default();
        assert_eq!(verdicts(&policy, StatusVerdict::Accept), [200]);
        assert_eq!(verdicts(&policy, StatusVerdict::Stop), [204]);
        assert_eq!(verdicts(&policy, StatusVerdict::Redirect), REDIRECTS);
        assert_eq!(
            verdicts(&policy, StatusVerdict::Reconnect),
            [
                408, 421, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529
            ]
        );
        assert!(!policy.keeps_redirects());
    }

    #[test]
    fn standard() {
        let policy = Policy::standard();
        assert_eq!(verdicts(&policy, StatusVerdict::Accept), [200]);
        assert!(verdicts(&policy, StatusVerdict::Stop).is_empty());
        assert_eq!(verdicts(&policy, StatusVerdict::Redirect), REDIRECTS);
        assert!(verdicts(&policy, StatusVerdict::Reconnect).is_empty());
        assert!(policy.keeps_redirects());
    }

    #[test]
    fn never() {
        let policy = Policy::never();
        assert_eq!(verdicts(&policy, StatusVerdict::Stop), [204]);
        assert_eq!(verdicts(&policy, StatusVerdict::Redirect), REDIRECTS);
        assert!(verdicts(&policy, StatusVerdict::Reconnect).is_empty());
        assert!(!policy.reconnects());
    }
}

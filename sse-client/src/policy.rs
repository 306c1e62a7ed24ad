//! [`Policy`]: which answers and failures end an event source, and how it reconnects after the others.

use std::fmt;
use std::time::Duration;

/// Decides which answers and failures end an event source, and how long it waits before it reconnects after the others.
///
/// Its `Display` output is the table of those decisions.
///
/// The delay before the reconnection attempt *n* (counted from 1 since the last event) is a random time between *base*
/// and the larger of 1.5 × *base* and *base* × 2ⁿ, the latter at most [`cap`](Self::cap). *Base* is the reconnection time, which the stream sets
/// with `retry` (at most one hour), and at least [`floor`](Self::floor). If the server says `Retry-After`, *base* is at least that.
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
}

/// [`Policy::resilient`].
impl Default for Policy {
    fn default() -> Self {
        Self::resilient()
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

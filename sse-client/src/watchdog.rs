//! A timeout that runs only while something is waited for.

use std::time::Duration;

/// A timeout that starts when waiting starts, not when the last thing happened: a consumer who takes his time over an
/// event must not make the connection look dead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watchdog {
    timeout: Option<Duration>,
    deadline: Option<Duration>,
}

impl Watchdog {
    /// Makes a watchdog that does not run yet; without a timeout it never will.
    pub(crate) fn new(timeout: Option<Duration>) -> Self {
        Self {
            timeout,
            deadline: None,
        }
    }

    /// Starts it, unless it runs, and returns when it will expire.
    pub(crate) fn arm(&mut self, now: Duration) -> Option<Duration> {
        if self.deadline.is_none() {
            // A sum that overflows lies so far ahead that it is never.
            self.deadline = self.timeout.and_then(|timeout| now.checked_add(timeout));
        }
        self.deadline
    }

    /// Stops it: what was waited for has come.
    pub(crate) fn disarm(&mut self) {
        self.deadline = None;
    }

    /// Returns its timeout, if that has passed.
    pub(crate) fn expired(&self, now: Duration) -> Option<Duration> {
        self.timeout
            .filter(|_| self.deadline.is_some_and(|deadline| deadline <= now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn runs_from_the_moment_of_waiting() {
        let mut watchdog = Watchdog::new(Some(SECOND));
        assert_eq!(watchdog.expired(10 * SECOND), None);
        assert_eq!(watchdog.arm(10 * SECOND), Some(11 * SECOND));
        assert_eq!(watchdog.arm(10 * SECOND + SECOND / 2), Some(11 * SECOND));
        assert_eq!(
            watchdog.expired(11 * SECOND - Duration::from_nanos(1)),
            None
        );
        assert_eq!(watchdog.expired(11 * SECOND), Some(SECOND));
        watchdog.disarm();
        assert_eq!(watchdog.expired(99 * SECOND), None);
    }

    #[test]
    fn never_expires_without_a_timeout_or_beyond_all_time() {
        for timeout in [None, Some(Duration::MAX)] {
            let mut watchdog = Watchdog::new(timeout);
            assert_eq!(watchdog.arm(SECOND), None);
            assert_eq!(watchdog.expired(Duration::MAX), None);
        }
    }
}

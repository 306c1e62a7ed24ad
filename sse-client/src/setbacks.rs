//! What has gone wrong since the last event, and whether that is enough to give up.

use std::time::Duration;

use crate::error::Limit;
use crate::policy::Policy;

/// What has gone wrong since the last event.
#[derive(Debug, Default)]
pub(crate) struct Setbacks {
    /// How many reconnections there were.
    attempts: u32,
    downtime: Downtime,
    /// How many connections in a row were accepted and brought nothing new.
    fruitless: u32,
    /// The last event ID with which the connection was opened, until it brings something new.
    fruitless_since: Option<String>,
    /// Whether the hook was asked for other credentials.
    asked_for_credentials: bool,
}

impl Setbacks {
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the number of the next reconnection attempt.
    pub(crate) fn next_attempt(&self) -> u32 {
        self.attempts.saturating_add(1)
    }

    /// Takes note of a reconnection.
    pub(crate) fn reconnect(&mut self) {
        self.attempts = self.next_attempt();
    }

    pub(crate) fn has_asked_for_credentials(&self) -> bool {
        self.asked_for_credentials
    }

    pub(crate) fn ask_for_credentials(&mut self) {
        self.asked_for_credentials = true;
    }

    /// Takes note that a connection is open.
    pub(crate) fn opened(&mut self, now: Duration, last_event_id: &str) {
        self.downtime.end(now);
        self.fruitless_since = Some(last_event_id.to_owned());
    }

    /// An event has been dispatched: whatever was wrong before is over.
    pub(crate) fn forget(&mut self) {
        self.attempts = 0;
        self.downtime.forget();
        self.fruitless = 0;
        self.fruitless_since = None;
        self.asked_for_credentials = false;
    }

    /// Takes note that there is no connection any more, or that none could be made. Returns how many in a row were
    /// fruitless, if that is to be reported now.
    pub(crate) fn lost(&mut self, now: Duration, last_event_id: &str) -> Option<u32> {
        self.downtime.begin(now);
        if self.fruitless_since.take()? != last_event_id {
            self.fruitless = 0;
            return None;
        }
        self.fruitless = self.fruitless.saturating_add(1);
        (self.fruitless == FRUITLESS_IS_REPORTED).then_some(self.fruitless)
    }

    /// Returns the limit of the policy that another reconnection after that delay would break.
    pub(crate) fn limit_reached(
        &self,
        policy: &Policy,
        now: Duration,
        delay: Duration,
    ) -> Option<Limit> {
        if let Some(limit) = policy.attempts_limit() {
            if self.next_attempt() > limit {
                return Some(Limit::Attempts(limit));
            }
        }
        if let Some(limit) = policy.fruitless_limit() {
            if self.fruitless > 0 && self.fruitless >= limit {
                return Some(Limit::Fruitless(self.fruitless));
            }
        }
        let limit = policy.downtime_limit()?;
        (self.downtime.until(now).saturating_add(delay) > limit).then_some(Limit::Downtime(limit))
    }
}

/// The time without an open connection since the last event.
#[derive(Debug, Default)]
struct Downtime {
    /// Without the one that lasts.
    total: Duration,
    since: Option<Duration>,
}

impl Downtime {
    fn begin(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    fn end(&mut self, now: Duration) {
        self.total = self.until(now);
        self.since = None;
    }

    fn forget(&mut self) {
        self.total = Duration::ZERO;
    }

    fn until(&self, now: Duration) -> Duration {
        let lasting = self
            .since
            .map_or(Duration::ZERO, |since| now.saturating_sub(since));
        self.total.saturating_add(lasting)
    }
}

/// How many fruitless connections in a row are reported: fewer may be chance.
const FRUITLESS_IS_REPORTED: u32 = 3;

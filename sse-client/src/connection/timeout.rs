//! When the engine wants to be woken, and what it makes of that.

use std::time::Duration;

use super::{Connection, Now, State};
use crate::error::{Error, Kind, Timeout};

impl Connection {
    /// Returns when to call [`timer`](Self::timer), if nothing else happens before. To be called whenever waiting
    /// starts or goes on, since timeouts count from there.
    pub(crate) fn deadline(&mut self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Preparing | State::Sent => self.response_watchdog.arm(now),
            State::Refused(_) => self.excerpt_watchdog.arm(now),
            State::Open => {
                let deadlines = [self.idle_watchdog.arm(now), self.event_watchdog.arm(now)];
                deadlines.into_iter().flatten().min()
            }
            State::Waiting { until } => Some(until),
            State::Ready | State::Finishing | State::Closed => None,
        }
    }

    /// Takes note that a deadline may have passed. Does nothing if none has.
    pub(crate) fn timer(&mut self, now: Now) {
        let timeout = match self.state {
            State::Preparing => {
                (self.response_watchdog.expired(now.time)).map(|time| (Timeout::Prepare, time))
            }
            State::Sent => {
                (self.response_watchdog.expired(now.time)).map(|time| (Timeout::Response, time))
            }
            State::Open => (self.idle_watchdog.expired(now.time))
                .map(|time| (Timeout::Bytes, time))
                .or_else(|| {
                    self.event_watchdog
                        .expired(now.time)
                        .map(|time| (Timeout::Event, time))
                }),
            State::Refused(_) => {
                if self.excerpt_watchdog.expired(now.time).is_some() {
                    self.conclude(now);
                }
                None
            }
            State::Waiting { until } => {
                if until <= now.time {
                    self.start();
                }
                None
            }
            State::Ready | State::Finishing | State::Closed => None,
        };
        if let Some((what, time)) = timeout {
            self.lose(now, Error::passing(Kind::Timeout(what, time)));
        }
    }
}

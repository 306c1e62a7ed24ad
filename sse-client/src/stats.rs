//! [`Stats`]: what an event source has done so far, in numbers.

use std::time::{Duration, Instant};

use http::StatusCode;

/// What an event source has done so far, in numbers: over all its connections, unless said otherwise.
///
/// Given by [`EventSource::stats`](crate::EventSource::stats) and, while the stream is polled elsewhere, by
/// [`Handle::stats`](crate::Handle::stats).
///
/// # Examples
///
/// ```
/// # let events = sse_client::EventSource::get("http://localhost:8080/stream").unwrap();
/// let stats = events.stats();
/// println!(
///     "{} events and {} bytes over {} connections, longest silence {:?}",
///     stats.events(),
///     stats.bytes(),
///     stats.connections(),
///     stats.longest_silence(),
/// );
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "to ask for it does nothing else"]
pub struct Stats {
    pub(crate) tally: Tally,
    pub(crate) connected_since: Option<Instant>,
}

/// What the engine counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    pub(crate) last_status: Option<StatusCode>,
    pub(crate) bytes: u64,
    pub(crate) events: u64,
    pub(crate) comments: u64,
    pub(crate) longest_silence: Duration,
    /// When the connection was opened that is open.
    pub(crate) open_since: Option<Duration>,
    /// When it has last brought anything.
    last_sign: Duration,
}

impl Stats {
    /// Returns how many requests were sent, those of redirects included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.tally.requests
    }

    /// Returns how many of them were answered with an event stream.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.tally.connections
    }

    /// Returns the status of the last answer of any kind.
    #[must_use]
    pub fn last_status(&self) -> Option<StatusCode> {
        self.tally.last_status
    }

    /// Returns how many bytes of event streams have come, after any decompression.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.tally.bytes
    }

    /// Returns how many events were dispatched. Those that wait to be handed out count.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.tally.events
    }

    /// Returns how many comments have come, whether they were asked for or not.
    #[must_use]
    pub fn comments(&self) -> u64 {
        self.tally.comments
    }

    /// Returns since when the connection is open that is open now.
    #[must_use]
    pub fn connected_since(&self) -> Option<Instant> {
        self.connected_since
    }

    /// Returns the longest time between two pieces of an event stream, as the consumer has asked for them: it cannot be told
    /// from the time that he was busy elsewhere. Silences that a timeout has ended count, one that lasts does not.
    #[must_use]
    pub fn longest_silence(&self) -> Duration {
        self.tally.longest_silence
    }
}

impl Tally {
    pub(crate) fn opened(&mut self, now: Duration) {
        self.connections += 1;
        self.open_since = Some(now);
        self.last_sign = now;
    }

    pub(crate) fn received(&mut self, now: Duration, bytes: usize) {
        self.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
        self.end_silence(now);
    }

    /// Takes note that the connection is no more.
    pub(crate) fn lost(&mut self, now: Duration) {
        if self.open_since.take().is_some() {
            self.end_silence(now);
        }
    }

    fn end_silence(&mut self, now: Duration) {
        let silence = now.saturating_sub(self.last_sign);
        self.longest_silence = self.longest_silence.max(silence);
        self.last_sign = now;
    }
}

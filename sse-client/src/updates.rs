//! [`Updates`]: everything that happens, as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use sse_codec::Event;

use crate::driver::Driver;
use crate::error::Error;
use crate::handle::{Command, Handle};
use crate::response::ResponseHead;
use crate::stats::Stats;
use crate::update::{CloseReason, ReadyState, Update};

/// A stream of everything that happens to an event source: its events, and how its connection fares.
///
/// It is a fused `Stream` of [`Update`]s, made by [`EventSource::updates`](crate::EventSource::updates). What is said there about panics and
/// cancel safety holds here as well.
///
/// # Examples
///
/// ```no_run
/// use futures_util::StreamExt;
/// use sse_client::{EventSource, Update};
///
/// # async fn run() -> Result<(), sse_client::Error> {
/// let mut updates = EventSource::get("https://example.com/stream")?.updates();
/// while let Some(update) = updates.next().await {
///     match update {
///         Update::Open(head) => eprintln!("connected to {}", head.url()),
///         Update::Event(event) => println!("{}", event.data()),
///         Update::Reconnecting { delay, cause, .. } => eprintln!("{cause}, trying again in {delay:?}"),
///         Update::Closed { why, .. } => eprintln!("the end: {why:?}"),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "an event source does nothing until it is polled"]
pub struct Updates {
    // Boxed, so that it is cheap to move and does not fill the futures that hold it.
    driver: Box<Driver>,
}

impl Updates {
    pub(crate) fn new(driver: Driver) -> Self {
        Self {
            driver: Box::new(driver),
        }
    }

    /// Connects, see [`EventSource::connect`](crate::EventSource::connect). Neither [`Update::Open`] nor the failure that it returns is an item then.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn connect(&mut self) -> Result<ResponseHead, Error> {
        self.driver.connect().await
    }

    /// Returns a handle, see [`EventSource::handle`](crate::EventSource::handle).
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.driver.shared().handle()
    }

    /// Tells the cursor store that the consumer has done with an event, see [`EventSource::acknowledge`](crate::EventSource::acknowledge).
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub fn acknowledge(
        &self,
        event: &Event,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        self.driver.shared().acknowledge(event)
    }

    /// Returns what it has done so far, in numbers.
    pub fn stats(&self) -> Stats {
        self.driver.stats()
    }

    /// Closes the event source, see [`EventSource::close`](crate::EventSource::close). Not even [`Update::Closed`] follows.
    pub fn close(&mut self) {
        self.driver.command(Command::Close);
    }

    /// Ends the event source, see [`EventSource::finish`](crate::EventSource::finish). [`Update::Closed`] follows at the end.
    pub fn finish(&mut self) {
        self.driver.command(Command::Finish);
    }

    /// Reconnects at once, see [`EventSource::reconnect_now`](crate::EventSource::reconnect_now).
    pub fn reconnect_now(&mut self) {
        self.driver.command(Command::Reconnect);
    }

    /// Returns the last event ID, see [`EventSource::last_event_id`](crate::EventSource::last_event_id).
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.driver.last_event_id()
    }

    /// Returns why it has ended, see [`EventSource::close_reason`](crate::EventSource::close_reason).
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.driver.close_reason()
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.driver.ready_state()
    }

    pub(crate) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("url", &self.driver.safe_url())
            .field("ready_state", &self.ready_state())
            .field("last_event_id", &self.last_event_id())
            .finish_non_exhaustive()
    }
}

// Written by hand, since neither headers nor credentials must be seen.
impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug("Updates", f)
    }
}

impl Stream for Updates {
    type Item = Update;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        self.driver.poll_update(cx)
    }
}

impl FusedStream for Updates {
    fn is_terminated(&self) -> bool {
        self.driver.is_terminated()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_source::EventSource;

    #[test]
    fn they_are_cheap_to_move() {
        assert!(size_of::<Updates>() <= 2 * size_of::<usize>());
        assert!(size_of::<EventSource>() <= 4 * size_of::<usize>());
    }
}

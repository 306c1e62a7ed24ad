//! [`EventSource`]: the events, as a stream.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use sse_codec::Event;

use crate::driver::{Driver, MAX_STEPS};
use crate::error::Error;
use crate::handle::Handle;
use crate::response::ResponseHead;
use crate::stats::Stats;
use crate::update::{CloseReason, ReadyState, Update};
use crate::updates::Updates;

/// A stream of events that reconnects and resumes by itself.
///
/// It is a fused `Stream` of `Result<Event, Error>`. Failures after which it reconnects are not items
/// ([`updates`](Self::updates) shows them). An error is either [final](Error::is_final) and the last item, or tells of
/// something that was lost while the stream goes on, such as an event over the limit: so go on polling until `None`, or
/// stop at the first error, as it suits.
///
/// Made by [`EventSource::get`] or [`EventSource::builder`]. Nothing is sent before it is polled, and nothing is read
/// that the consumer does not ask for, so a slow consumer slows the server down. Dropping it closes the connection.
///
/// # Examples
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// use sse_client::EventSource;
///
/// # async fn run() -> Result<(), sse_client::Error> {
/// let mut events = EventSource::get("https://example.com/stream")?;
/// while let Some(event) = events.try_next().await? {
///     println!("{}: {}", event.event_type(), event.data());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// If it is polled outside of a tokio runtime whose I/O and time drivers are enabled.
///
/// # Cancel safety
///
/// Waiting for the next item can be given up at any time (by `select!`, by a timeout) and taken up again; nothing is
/// lost.
#[must_use = "an event source does nothing until it is polled"]
pub struct EventSource {
    updates: Updates,
}

impl EventSource {
    pub(crate) fn new(driver: Driver) -> Self {
        Self {
            updates: Updates::new(driver),
        }
    }

    /// Turns it into a stream of everything that happens, not only of the events.
    pub fn updates(self) -> Updates {
        self.updates
    }

    /// Connects, and returns the head of the response, before there is anything to read. For a program that wants to know
    /// at once whether, and how, the server answers.
    ///
    /// The event source then goes on as a stream as always. Without this it connects when it is first polled. Returns at once if
    /// it is connected.
    ///
    /// # Errors
    ///
    /// What has kept this attempt from making a connection, with the beginning of the body, if the server has refused it. If it
    /// is not [final](Error::is_final), the event source will reconnect, by its policy, when it is polled or this is called again.
    /// If it has ended without an error, such as by 204, [`Error::is_closed`].
    ///
    /// # Cancel safety
    ///
    /// Waiting can be given up and taken up again, here or by polling the stream.
    pub async fn connect(&mut self) -> Result<ResponseHead, Error> {
        self.updates.connect().await
    }

    /// Returns a handle that closes the event source, or makes it reconnect, while it is polled elsewhere.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.updates.handle()
    }

    /// Tells the cursor store that the consumer has done with an event, and with all before it: another process that begins
    /// with this store goes on behind it.
    ///
    /// The work on it must be done before, and must last. Acknowledge events in their order. Nothing is saved if the
    /// ID is that of the acknowledgement before. The future does not borrow the event source, so it can be awaited elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_cursor`], if the store fails or there is none. The event source goes on, and the event will come again, unless
    /// a later one is acknowledged.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the ID may have been saved or not.
    pub fn acknowledge(
        &self,
        event: &Event,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        self.updates.acknowledge(event)
    }

    /// Returns what it has done so far, in numbers.
    pub fn stats(&self) -> Stats {
        self.updates.stats()
    }

    /// Closes the event source and its connection. What has arrived and was not handed out is dropped: the next item is
    /// the end.
    pub fn close(&mut self) {
        self.updates.close();
    }

    /// Closes the connection, and ends the event source when what has arrived is handed out, without an error.
    pub fn finish(&mut self) {
        self.updates.finish();
    }

    /// Drops the connection, or the wait for the next one, and connects at once; for a program that knows that the
    /// network has changed, or that has just woken up.
    ///
    /// What has arrived is handed out first, and it resumes behind that, so nothing is lost. Does nothing after the end, nor
    /// while a request is under way that must not be [repeated](crate::EventSourceBuilder::method).
    pub fn reconnect_now(&mut self) {
        self.updates.reconnect_now();
    }

    /// Returns the last event ID: that of the last event that was handed out, or of a block without data behind it.
    /// Empty if there is none.
    ///
    /// [`EventSourceBuilder::last_event_id`](crate::EventSourceBuilder::last_event_id) takes it to go on there another
    /// time.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.updates.last_event_id()
    }

    /// Returns why it has ended, once the stream has: with the body of a request that is not repeated, by 204, by an error, or
    /// by the caller's wish to [`finish`](Self::finish). `None` before that, and after [`close`](Self::close).
    #[must_use]
    pub fn close_reason(&self) -> Option<&CloseReason> {
        self.updates.close_reason()
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.updates.ready_state()
    }
}

// Written by hand, since neither headers nor credentials must be seen.
impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.updates.debug("EventSource", f)
    }
}

impl Stream for EventSource {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        for _ in 0..MAX_STEPS {
            match ready!(Pin::new(&mut self.updates).poll_next(cx)) {
                Some(Update::Event(event)) => return Poll::Ready(Some(Ok(event))),
                Some(
                    Update::Error(error)
                    | Update::Closed {
                        why: CloseReason::Failed(error),
                        ..
                    },
                ) => {
                    return Poll::Ready(Some(Err(error)));
                }
                Some(_) => {}
                None => return Poll::Ready(None),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl FusedStream for EventSource {
    fn is_terminated(&self) -> bool {
        self.updates.is_terminated()
    }
}

//! [`Handle`]: closes an event source, or makes it reconnect, while it is polled elsewhere.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use sse_codec::Event;

use crate::cursor::Cursor;
use crate::error::{Error, Kind};
use crate::stats::Stats;

/// Controls an event source while its stream is polled elsewhere, by another task or within a combinator. Cheap to clone.
///
/// Made by [`EventSource::handle`](crate::EventSource::handle). What it is told happens when the stream is polled next, and it
/// sees to it that this is at once. It does nothing once the event source is closed or dropped.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
///
/// use futures_util::TryStreamExt;
/// use sse_client::EventSource;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let events = EventSource::get("https://example.com/stream")?;
/// let handle = events.handle();
/// let task = tokio::spawn(events.try_for_each(async |event| {
///     println!("{}", event.data());
///     Ok(())
/// }));
/// tokio::time::sleep(Duration::from_secs(60)).await;
/// // What has arrived is printed, then the task ends.
/// handle.finish();
/// task.await??;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    /// Closes the event source, as [`EventSource::close`](crate::EventSource::close) does: what has arrived and was not handed
    /// out is dropped.
    pub fn close(&self) {
        self.shared.command(Command::Close);
    }

    /// Ends the event source, as [`EventSource::finish`](crate::EventSource::finish) does: what has arrived is handed out
    /// first.
    pub fn finish(&self) {
        self.shared.command(Command::Finish);
    }

    /// Reconnects at once, as [`EventSource::reconnect_now`](crate::EventSource::reconnect_now) does: what has arrived is
    /// handed out first.
    pub fn reconnect_now(&self) {
        self.shared.command(Command::Reconnect);
    }

    /// Saves an event's ID, as [`EventSource::acknowledge`](crate::EventSource::acknowledge) does.
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
        self.shared.acknowledge(event)
    }

    /// Returns what the event source has done so far, as of when it last waited for something.
    pub fn stats(&self) -> Stats {
        self.shared.lock().stats
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

/// What an event source shares with its handles.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Whether there is a command, so that a poll need not lock.
    is_told: AtomicBool,
    cursor: Option<Cursor>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    command: Option<Command>,
    waker: Option<Waker>,
    stats: Stats,
}

/// What a handle was told. In this order, a later one takes the place of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Command {
    Reconnect,
    Finish,
    Close,
}

impl Shared {
    pub(crate) fn new(cursor: Option<Cursor>) -> Self {
        Self {
            cursor,
            ..Self::default()
        }
    }

    pub(crate) fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    pub(crate) fn acknowledge(
        &self,
        event: &Event,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let (cursor, id) = (self.cursor.clone(), event.last_event_id().to_owned());
        async move {
            let cursor = cursor.ok_or_else(|| Error::passing(Kind::NoCursorStore))?;
            cursor.save(id).await
        }
    }

    /// Makes a handle.
    pub(crate) fn handle(self: &Arc<Self>) -> Handle {
        Handle {
            shared: Arc::clone(self),
        }
    }

    /// Takes the command that was given since the last call.
    pub(crate) fn take_command(&self) -> Option<Command> {
        if !self.is_told.load(Ordering::Acquire) {
            return None;
        }
        let mut state = self.lock();
        self.is_told.store(false, Ordering::Release);
        state.command.take()
    }

    /// Takes note of who is to be woken by the next command. Returns whether there is one already.
    pub(crate) fn wait(self: &Arc<Self>, waker: &Waker, stats: impl FnOnce() -> Stats) -> bool {
        // Nobody could give one, and nobody can come to be able to while this is polled.
        if Arc::strong_count(self) == 1 {
            return false;
        }
        let mut state = self.lock();
        state.stats = stats();
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        state.command.is_some()
    }

    fn command(&self, command: Command) {
        let mut state = self.lock();
        state.command = state.command.max(Some(command));
        self.is_told.store(true, Ordering::Release);
        let waker = state.waker.take();
        // Not while it is locked: to wake may be to poll.
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs while it is locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! [`Driver`]: drives the engine with an HTTP client and a timer. The only file that waits.

use std::collections::VecDeque;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use sse_codec::LastEventId;
use tokio::time::{Instant, Sleep};

use crate::connection::{Action, Connection, Now, Settings};
use crate::cursor::Cursor;
use crate::error::{CursorStep, Error, Kind};
use crate::handle::{Command, Shared};
use crate::prepare::Prepare;
use crate::response::{ResponseHead, safe};
use crate::stats::Stats;
use crate::trace::Trace;
use crate::transport::{HttpClient, Progress, Transport};
use crate::update::{CloseReason, ReadyState, Update};

/// What is behind an event source: the engine, and what it works with.
pub(crate) struct Driver {
    connection: Connection,
    http: HttpClient,
    hook: Option<Prepare>,
    transport: Transport,
    shared: Arc<Shared>,
    /// The last event ID to begin with, on its way from the cursor store.
    loading: Option<Loading>,
    /// What came while [`connect`](Self::connect) waited for something else.
    stash: Stash,
    /// Why it has ended, once that was handed out.
    closed: Option<CloseReason>,
    /// When the first poll was: the zero of the engine's time.
    start: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the last poll has stopped before there was nothing more to do.
    is_flooded: bool,
    random: fastrand::Rng,
    trace: Trace,
}

/// Updates that the engine has handed out, and the consumer has not been given.
#[derive(Debug, Default)]
struct Stash {
    updates: VecDeque<Update>,
    /// The last event ID by what the consumer was given, if the engine's may be ahead of it.
    last_event_id: Option<String>,
}

impl Driver {
    pub(crate) fn new(
        settings: Settings,
        http: HttpClient,
        hook: Option<Prepare>,
        cursor: Option<Cursor>,
    ) -> Self {
        let shared = Shared::new(cursor);
        let connection = Connection::new(settings);
        Self {
            trace: Trace::new(connection.home()),
            connection,
            http,
            hook,
            transport: Transport::Idle,
            loading: shared
                .cursor()
                .map(|cursor| Box::pin(cursor.clone().load()) as Loading),
            shared: Arc::new(shared),
            stash: Stash::default(),
            closed: None,
            start: None,
            timer: None,
            is_flooded: false,
            random: fastrand::Rng::new(),
        }
    }

    /// Waits for a connection, and keeps what comes before it for the consumer.
    pub(crate) async fn connect(&mut self) -> Result<ResponseHead, Error> {
        if let Some(head) = self.connection.head_of_open() {
            return Ok(head.clone());
        }
        std::future::poll_fn(|cx| {
            loop {
                let last_event_id = self.last_event_id().to_owned();
                let result = match ready!(self.poll_engine(cx)) {
                    Some(Update::Open(head)) => Ok(head),
                    Some(
                        Update::Reconnecting { cause: error, .. }
                        | Update::Closed {
                            why: CloseReason::Failed(error),
                            ..
                        },
                    ) => Err(error),
                    Some(Update::Closed { .. }) | None => Err(Error::last(Kind::Closed)),
                    Some(update) => {
                        self.stash.push(update, last_event_id);
                        continue;
                    }
                };
                return Poll::Ready(result);
            }
        })
        .await
    }

    /// Returns what is shared with the handles.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn stats(&self) -> Stats {
        let tally = self.connection.tally();
        let since = (self.start.zip(tally.open_since)).map(|(start, open)| start + open);
        Stats {
            tally,
            connected_since: since.map(Instant::into_std),
        }
    }

    /// Returns the last event ID by what the consumer was given.
    pub(crate) fn last_event_id(&self) -> &str {
        let of_engine = self.connection.last_event_id();
        self.stash.last_event_id.as_deref().unwrap_or(of_engine)
    }

    pub(crate) fn close_reason(&self) -> Option<&CloseReason> {
        self.closed.as_ref()
    }

    pub(crate) fn ready_state(&self) -> ReadyState {
        self.connection.ready_state()
    }

    /// Returns whether the consumer will not be given anything any more.
    pub(crate) fn is_terminated(&self) -> bool {
        self.stash.updates.is_empty() && self.connection.is_done()
    }

    /// Returns the URL fit for a log.
    pub(crate) fn safe_url(&self) -> String {
        safe(self.connection.home())
    }

    pub(crate) fn command(&mut self, command: Command) {
        let now = self.now().time;
        match command {
            Command::Close => {
                self.stash.updates.clear();
                self.connection.close(now);
            }
            Command::Finish => self.connection.finish(now),
            Command::Reconnect => self.connection.reconnect_now(now),
        }
        if self.connection.ready_state() == ReadyState::Closed {
            self.loading = None;
        }
        // Also if the next request is sent at once: the connection of the one before is dropped with it.
        self.hang_up();
    }

    /// Waits for the next thing to give to the consumer.
    pub(crate) fn poll_update(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        // First, so that nothing is given to him after a word to close.
        self.obey();
        if let Some(update) = self.stash.next() {
            return Poll::Ready(Some(update));
        }
        self.poll_engine(cx)
    }

    /// Does what a handle was told.
    fn obey(&mut self) {
        if let Some(command) = self.shared.take_command() {
            self.command(command);
        }
    }

    fn poll_engine(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        loop {
            self.obey();
            let polled = self.poll_steps(cx);
            if polled.is_ready() || !self.shared.wait(cx.waker(), || self.stats()) {
                return polled;
            }
        }
    }

    /// Waits for the last event ID to begin with.
    fn poll_loading(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(loading) = &mut self.loading else {
            return Poll::Ready(());
        };
        let loaded = ready!(loading.as_mut().poll(cx));
        self.loading = None;
        let id = loaded.and_then(|id| {
            let id = id.filter(|id| !id.is_empty()).map(LastEventId::new);
            id.transpose()
                .map_err(|invalid| Error::last(Kind::Cursor(CursorStep::Load, invalid.into())))
        });
        self.connection.loaded(id);
        Poll::Ready(())
    }

    fn poll_steps(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        ready!(self.poll_loading(cx));
        for _ in 0..MAX_STEPS {
            match self.connection.next() {
                Action::Yield(update) => {
                    self.trace.update(&update);
                    if let Update::Closed { why, .. } = &update {
                        self.closed = Some(why.clone());
                    }
                    return Poll::Ready(Some(update));
                }
                Action::Prepare(attempt) => {
                    self.transport = Transport::prepare(self.hook.as_ref(), attempt);
                }
                Action::Send(request) => {
                    self.trace.sent(&request, self.connection.tally().requests);
                    self.transport = Transport::send(&self.http, request);
                }
                // What has come goes before a timeout: a consumer who was away for long must not find the connection
                // dead while its bytes wait for him. But if it never ends, timeouts must be noticed all the same.
                Action::Read
                    if mem::take(&mut self.is_flooded) && self.poll_timer(cx).is_ready() => {}
                Action::Read => match self.trace.in_connection(|| self.transport.poll(cx)) {
                    Poll::Ready(progress) => self.tell(progress),
                    Poll::Pending => ready!(self.poll_timer(cx)),
                },
                Action::Wait => ready!(self.poll_timer(cx)),
                Action::End => return Poll::Ready(None),
            }
        }
        // A server that floods its client with comments must not keep the thread from everything else.
        self.is_flooded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Tells the engine what has come.
    fn tell(&mut self, progress: Progress) {
        let now = self.now();
        match progress {
            Progress::Prepared(attempt) => {
                self.connection
                    .prepared(now, attempt.map(|attempt| *attempt));
            }
            Progress::Head(head) => self.connection.head(now, head),
            Progress::Chunk(chunk) => self.connection.chunk(now, chunk),
            Progress::End => self.connection.end(now),
            Progress::Failed(error) => self.connection.failed(now, error),
        }
        self.hang_up();
    }

    /// Waits for the engine's deadline, then tells it.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let start = self.start();
        let deadline = self.connection.deadline(start.elapsed());
        // A deadline beyond the end of the clock never comes.
        let Some(deadline) = deadline.and_then(|deadline| start.checked_add(deadline)) else {
            self.timer = None;
            return Poll::Pending;
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        self.timer = None;
        let now = self.now();
        self.connection.timer(now);
        self.hang_up();
        Poll::Ready(())
    }

    /// Drops a connection that is of no use any more: at once, not when the consumer asks for the next item.
    fn hang_up(&mut self) {
        if !self.connection.needs_transport() {
            self.transport = Transport::Idle;
        }
    }

    fn start(&mut self) -> Instant {
        *self.start.get_or_insert_with(Instant::now)
    }

    fn now(&mut self) -> Now {
        Now {
            time: self.start().elapsed(),
            wall: SystemTime::now(),
            random: self.random.u64(..),
        }
    }
}

impl Stash {
    /// Keeps an update for the consumer, who has been given all up to this last event ID.
    fn push(&mut self, update: Update, last_event_id: String) {
        if matches!(update, Update::Event(_)) {
            self.last_event_id.get_or_insert(last_event_id);
        }
        self.updates.push_back(update);
    }

    /// Returns the next update for the consumer.
    fn next(&mut self) -> Option<Update> {
        let update = self.updates.pop_front()?;
        if self.updates.is_empty() {
            self.last_event_id = None;
        } else if let Update::Event(event) = &update {
            self.last_event_id = Some(event.last_event_id().to_owned());
        }
        Some(update)
    }
}

/// A last event ID on its way.
type Loading = Pin<Box<dyn Future<Output = Result<Option<String>, Error>> + Send>>;

/// How many things are done in one poll before the thread is given back.
pub(crate) const MAX_STEPS: usize = 64;

#[cfg(test)]
mod tests;

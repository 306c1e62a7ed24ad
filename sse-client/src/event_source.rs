//! [`EventSource`] and [`Updates`]: the two views of one engine, and what drives it with an HTTP client and a timer. The
//! only file that waits.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use futures_core::Stream;
use futures_core::stream::FusedStream;
use sse_codec::{Event, LastEventId};
use tokio::time::{Instant, Sleep};

use crate::connection::{Action, Connection, Now, Settings};
use crate::cursor::Cursor;
use crate::error::{CursorStep, Error, Kind};
use crate::handle::{Command, Handle, Shared};
use crate::prepare::Prepare;
use crate::response::{ResponseHead, safe};
use crate::stats::Stats;
use crate::trace::Trace;
use crate::transport::{HttpClient, Progress, Transport};
use crate::update::{CloseReason, ReadyState, Update};

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

/// A stream of everything that happens to an event source: its events, and how its connection fares.
///
/// It is a fused `Stream` of [`Update`]s, made by [`EventSource::updates`]. What is said there about panics and
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
    connection: Connection,
    http: HttpClient,
    hook: Option<Prepare>,
    transport: Transport,
    shared: Arc<Shared>,
    /// The last event ID to begin with, on its way from the cursor store.
    loading: Option<Loading>,
    /// What came while [`connect`](Self::connect) waited for something else.
    stash: VecDeque<Update>,
    /// When the first poll was: the zero of the engine's time.
    start: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    random: fastrand::Rng,
    trace: Trace,
}

impl EventSource {
    pub(crate) fn new(
        settings: Settings,
        http: HttpClient,
        hook: Option<Prepare>,
        cursor: Option<Cursor>,
    ) -> Self {
        let shared = Shared::new(cursor);
        let connection = Connection::new(settings);
        let updates = Updates {
            trace: Trace::new(connection.home()),
            connection,
            http,
            hook,
            transport: Transport::Idle,
            loading: shared
                .cursor()
                .map(|cursor| Box::pin(cursor.clone().load()) as Loading),
            shared: Arc::new(shared),
            stash: VecDeque::new(),
            start: None,
            timer: None,
            random: fastrand::Rng::new(),
        };
        Self { updates }
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

    /// Returns the state of the connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.updates.ready_state()
    }
}

impl Updates {
    /// Connects, see [`EventSource::connect`]. Neither [`Update::Open`] nor the failure that it returns is an item then.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn connect(&mut self) -> Result<ResponseHead, Error> {
        if let Some(head) = self.connection.head_of_open() {
            return Ok(head.clone());
        }
        std::future::poll_fn(|cx| {
            loop {
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
                        self.stash.push_back(update);
                        continue;
                    }
                };
                return Poll::Ready(result);
            }
        })
        .await
    }

    /// Returns a handle, see [`EventSource::handle`].
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.shared.handle()
    }

    /// Tells the cursor store that the consumer has done with an event, see [`EventSource::acknowledge`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn acknowledge(
        &self,
        event: &Event,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        self.shared.acknowledge(event)
    }

    /// Returns what it has done so far, in numbers.
    pub fn stats(&self) -> Stats {
        let tally = self.connection.tally();
        let since = (self.start.zip(tally.open_since)).map(|(start, open)| start + open);
        Stats {
            tally,
            connected_since: since.map(Instant::into_std),
        }
    }

    /// Closes the event source, see [`EventSource::close`]. Not even [`Update::Closed`] follows.
    pub fn close(&mut self) {
        self.command(Command::Close);
    }

    /// Ends the event source, see [`EventSource::finish`]. [`Update::Closed`] follows at the end.
    pub fn finish(&mut self) {
        self.command(Command::Finish);
    }

    /// Reconnects at once, see [`EventSource::reconnect_now`].
    pub fn reconnect_now(&mut self) {
        self.command(Command::Reconnect);
    }

    /// Returns the last event ID, see [`EventSource::last_event_id`].
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.connection.last_event_id()
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn ready_state(&self) -> ReadyState {
        self.connection.ready_state()
    }

    fn command(&mut self, command: Command) {
        let now = self.now().time;
        match command {
            Command::Close => {
                self.stash.clear();
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

    fn poll_update(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        if let Some(update) = self.stash.pop_front() {
            return Poll::Ready(Some(update));
        }
        self.poll_engine(cx)
    }

    fn poll_engine(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        loop {
            if let Some(command) = self.shared.take_command() {
                self.command(command);
            }
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
                // dead while its bytes wait for him.
                Action::Read => match self.trace.in_connection(|| self.transport.poll(cx)) {
                    Poll::Ready(progress) => self.tell(progress),
                    Poll::Pending => ready!(self.poll_timer(cx)),
                },
                Action::Wait => ready!(self.poll_timer(cx)),
                Action::End => return Poll::Ready(None),
            }
        }
        // A server that floods its client with comments must not keep the thread from everything else.
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

    fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("url", &safe(self.connection.home()))
            .field("ready_state", &self.ready_state())
            .field("last_event_id", &self.last_event_id())
            .finish_non_exhaustive()
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

// Written by hand, since neither headers nor credentials must be seen.
impl fmt::Debug for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.updates.debug("EventSource", f)
    }
}

impl fmt::Debug for Updates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug("Updates", f)
    }
}

impl Stream for EventSource {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        for _ in 0..MAX_STEPS {
            match ready!(self.updates.poll_update(cx)) {
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

impl Stream for Updates {
    type Item = Update;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Update>> {
        self.poll_update(cx)
    }
}

impl FusedStream for Updates {
    fn is_terminated(&self) -> bool {
        self.stash.is_empty() && self.connection.is_done()
    }
}

/// A last event ID on its way.
type Loading = Pin<Box<dyn Future<Output = Result<Option<String>, Error>> + Send>>;

/// How many things are done in one poll before the thread is given back.
const MAX_STEPS: usize = 64;

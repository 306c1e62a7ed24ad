//! [`CursorStore`]: where an event source keeps how far its consumer has come, so that another process can go on there.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{CursorStep, Error, Kind, Source};

/// A place that keeps the last event ID up to which the consumer has done its work, beyond the life of the event source.
///
/// It is given to [`EventSourceBuilder::cursor_store`]. The event source loads the ID before its first request, and saves
/// one when the consumer [acknowledges](crate::EventSource::acknowledge) an event, never by itself. So what was received
/// but not worked on when the process died comes again: each event arrives at least once.
///
/// [`MemoryStore`] and, with the feature `file-store`, `FileStore` implement it. To keep the ID in a
/// database, together with what the events have changed there, implement it yourself.
///
/// [`EventSourceBuilder::cursor_store`]: crate::EventSourceBuilder::cursor_store
///
/// # Examples
///
/// ```
/// use std::sync::Mutex;
/// use sse_client::{CursorFuture, CursorStore};
///
/// #[derive(Debug, Default)]
/// struct OneStream(Mutex<Option<String>>);
///
/// impl CursorStore for OneStream {
///     fn load<'a>(&'a self, _stream: &'a str) -> CursorFuture<'a, Option<String>> {
///         Box::pin(async { Ok(self.0.lock().unwrap().clone()) })
///     }
///
///     fn save<'a>(&'a self, _stream: &'a str, last_event_id: &'a str) -> CursorFuture<'a, ()> {
///         Box::pin(async move {
///             *self.0.lock().unwrap() = Some(last_event_id.to_owned());
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait CursorStore: Send + Sync + 'static {
    /// Loads the last event ID that was saved for a stream. `None`, or an empty one, if there is none.
    ///
    /// `stream` is its URL, without credentials.
    ///
    /// # Errors
    ///
    /// Any error ends the event source before its first request, since to start without an ID could lose events.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped if the event source is. It is not asked for again.
    fn load<'a>(&'a self, stream: &'a str) -> CursorFuture<'a, Option<String>>;

    /// Saves the last event ID of a stream. It must last when this has returned.
    ///
    /// # Errors
    ///
    /// Any error is that of the acknowledgement. The event source goes on.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped if that of the acknowledgement is. Then the store may hold the old ID or the new one, but nothing else.
    fn save<'a>(&'a self, stream: &'a str, last_event_id: &'a str) -> CursorFuture<'a, ()>;
}

/// What a [`CursorStore`] does.
pub type CursorFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Source>> + Send + 'a>>;

/// A cursor store in memory, for several event sources of one process, and for tests. To clone it is to share it.
#[derive(Clone, Default)]
pub struct MemoryStore {
    ids: Arc<Mutex<HashMap<String, String>>>,
}

impl MemoryStore {
    /// Makes an empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl CursorStore for MemoryStore {
    fn load<'a>(&'a self, stream: &'a str) -> CursorFuture<'a, Option<String>> {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        let id = ids.get(stream).cloned();
        Box::pin(std::future::ready(Ok(id)))
    }

    fn save<'a>(&'a self, stream: &'a str, last_event_id: &'a str) -> CursorFuture<'a, ()> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(stream.to_owned(), last_event_id.to_owned());
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Shows how many streams there are, not their URLs.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("MemoryStore")
            .field("streams", &ids.len())
            .finish()
    }
}

/// The store of one event source, which its handles share.
#[derive(Clone)]
pub(crate) struct Cursor {
    inner: Arc<Inner>,
}

struct Inner {
    store: Box<dyn CursorStore>,
    stream: String,
    /// What was saved last, so that it is not saved again.
    saved: Mutex<Option<String>>,
}

impl Cursor {
    pub(crate) fn new(store: Box<dyn CursorStore>, stream: String) -> Self {
        let inner = Inner {
            store,
            stream,
            saved: Mutex::new(None),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) async fn load(self) -> Result<Option<String>, Error> {
        let Inner { store, stream, .. } = &*self.inner;
        let id = store.load(stream).await;
        let id = id.map_err(|source| Error::last(Kind::Cursor(CursorStep::Load, source)))?;
        self.remember(id.as_deref());
        Ok(id)
    }

    pub(crate) async fn save(self, id: String) -> Result<(), Error> {
        let Inner {
            store,
            stream,
            saved,
        } = &*self.inner;
        let is_known = {
            let saved = saved.lock().unwrap_or_else(PoisonError::into_inner);
            saved.as_ref() == Some(&id)
        };
        if is_known {
            return Ok(());
        }
        let result = store.save(stream, &id).await;
        result.map_err(|source| Error::passing(Kind::Cursor(CursorStep::Save, source)))?;
        self.remember(Some(&id));
        Ok(())
    }

    fn remember(&self, id: Option<&str>) {
        let mut saved = (self.inner.saved.lock()).unwrap_or_else(PoisonError::into_inner);
        *saved = id.map(str::to_owned);
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").finish_non_exhaustive()
    }
}

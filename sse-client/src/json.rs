//! [`JsonEvents`]: events whose data is JSON, as values of a type.

use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use futures_core::stream::FusedStream;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sse_codec::Event;

use crate::builder::EventSourceBuilder;
use crate::error::Source;
use crate::event_source::EventSource;
use crate::update::CloseReason;

mod by_type;
mod error;

pub use error::JsonError;

/// A stream of events whose data is JSON, as values of the type `T`. Needs the feature `json`.
///
/// Made by [`EventSource::json`] or [`EventSource::json_by_type`]. It is a fused `Stream` of
/// `Result<JsonEvent<T>, JsonError>`. An event whose data cannot be decoded is an error that is not final: the stream goes on
/// behind it. No event is dropped in silence.
///
/// # Examples
///
/// The answer of a language model, piece by piece, with an end that it marks and errors that it sends as events:
///
/// ```no_run
/// use futures_util::TryStreamExt;
/// use sse_client::EventSource;
///
/// #[derive(serde::Deserialize)]
/// struct Chunk {
///     text: String,
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let mut chunks = EventSource::builder("https://example.com/chat")
///     .method("POST")
///     .json(&["Hello!"])
///     .build()?
///     .json::<Chunk>()
///     .end_marker("[DONE]")
///     .error_events(|event| (event.event_type() == "error").then(|| event.data().to_owned()));
/// while let Some(chunk) = chunks.try_next().await? {
///     if let Some(chunk) = chunk.value() {
///         print!("{}", chunk.text);
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// As [`EventSource`].
#[must_use = "a stream does nothing until it is polled"]
pub struct JsonEvents<T> {
    source: EventSource,
    decode: fn(&Event) -> Decoded<T>,
    types: Option<Vec<String>>,
    end_marker: Option<String>,
    error_events: Option<Box<ErrorEvents>>,
    /// Whether nothing follows: the end marker has come, an error that the server has sent, or the word that there was none.
    is_over: bool,
    values: u64,
    value: PhantomData<fn() -> T>,
}

/// An event of a [`JsonEvents`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum JsonEvent<T> {
    /// One whose data was decoded.
    #[non_exhaustive]
    Value {
        /// What was decoded.
        value: T,
        /// The event itself.
        event: Event,
    },
    /// One of an event type that was not asked for, or is not known. Kept as it is.
    Other(Event),
}

/// What becomes of an event.
enum Decoded<T> {
    Value(T),
    /// It is of an event type that `T` does not know.
    Unknown,
    Wrong(serde_json::Error),
}

/// Finds the errors that a server sends as events.
type ErrorEvents = dyn Fn(&Event) -> Option<Source> + Send + Sync;

impl EventSource {
    /// Turns it into a stream of values: the data of each event is JSON that makes one. Needs the feature `json`.
    ///
    /// See [`JsonEvents::types`] if that is so for some event types only.
    pub fn json<T: DeserializeOwned>(self) -> JsonEvents<T> {
        JsonEvents::new(self, |event| match serde_json::from_str(event.data()) {
            Ok(value) => Decoded::Value(value),
            Err(error) => Decoded::Wrong(error),
        })
    }

    /// Turns it into a stream of values of an enum: the event type names the variant, the data is JSON of what that holds. Needs
    /// the feature `json`.
    ///
    /// An event of a type for which there is no variant is [`JsonEvent::Other`]. The event type of an event that names none is
    /// `message`. A variant that holds nothing takes any data.
    ///
    /// # Examples
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "snake_case")]
    /// enum Message {
    ///     MessageStart { id: String },
    ///     ContentDelta(String),
    ///     Ping,
    /// }
    /// # let source = sse_client::EventSource::get("http://localhost/").unwrap();
    /// let messages = source.json_by_type::<Message>();
    /// ```
    pub fn json_by_type<T: DeserializeOwned>(self) -> JsonEvents<T> {
        JsonEvents::new(self, |event| {
            let (value, is_known) = by_type::decode(event.event_type(), event.data());
            match value {
                Ok(value) => Decoded::Value(value),
                Err(_) if !is_known => Decoded::Unknown,
                Err(error) => Decoded::Wrong(error),
            }
        })
    }
}

impl EventSourceBuilder {
    /// Sets a body of JSON, with the header `Content-Type: application/json`. Needs the feature `json`. A value that cannot be
    /// written as JSON is reported by [`build`](Self::build).
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.header("Content-Type", "application/json").body(body),
            Err(error) => self.complained(format!("body cannot be written as JSON: {error}")),
        }
    }
}

impl<T> JsonEvents<T> {
    fn new(source: EventSource, decode: fn(&Event) -> Decoded<T>) -> Self {
        Self {
            source,
            decode,
            types: None,
            end_marker: None,
            error_events: None,
            is_over: false,
            values: 0,
            value: PhantomData,
        }
    }

    /// Sets the event types whose data is decoded. Default: all. The others are [`JsonEvent::Other`].
    pub fn types<I>(mut self, types: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the data that marks the end, such as `[DONE]`. Default: none. An event of just that, in any event type, ends the
    /// stream and closes the connection. White space around it does not matter.
    ///
    /// If the body of a request that is not repeated ends without it, that is an error, the last item
    /// ([`JsonError::is_no_end_marker`]): the answer is perhaps not whole.
    pub fn end_marker(mut self, marker: impl Into<String>) -> Self {
        self.end_marker = Some(marker.into());
        self
    }

    /// Sets a function that finds errors among the events, as servers send them once they have answered 200: by event type, or
    /// by what the data says. Default: none.
    ///
    /// Where it returns an error, that is the last item ([`JsonError::is_in_band`]), and the connection is closed.
    pub fn error_events<F, E>(mut self, find: F) -> Self
    where
        F: Fn(&Event) -> Option<E> + Send + Sync + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.error_events = Some(Box::new(move |event| find(event).map(Into::into)));
        self
    }

    /// Returns how many values it has yielded. While there is none, a request that has failed can be made again without the
    /// consumer seeing anything twice.
    #[must_use]
    pub fn values(&self) -> u64 {
        self.values
    }

    /// Returns the event source, for its handle, its state, and acknowledgements.
    pub fn source(&self) -> &EventSource {
        &self.source
    }

    /// Returns the event source, to close it or make it reconnect.
    pub fn source_mut(&mut self) -> &mut EventSource {
        &mut self.source
    }

    /// Closes the connection, since nothing that follows counts.
    fn end(&mut self) {
        self.is_over = true;
        self.source.close();
    }

    /// Returns whether the body has ended without the end marker, and nobody has said so.
    fn lacks_end_marker(&self) -> bool {
        self.end_marker.is_some()
            && !self.is_over
            && matches!(self.source.close_reason(), Some(CloseReason::EndOfBody))
    }

    fn decode(&mut self, event: Event) -> Option<Result<JsonEvent<T>, JsonError>> {
        if self.end_marker.as_deref() == Some(event.data().trim_ascii()) {
            self.end();
            return None;
        }
        if let Some(error) = self.error_events.as_ref().and_then(|find| find(&event)) {
            self.end();
            return Some(Err(JsonError::in_band(event, error)));
        }
        let is_wanted = (self.types.as_ref())
            .is_none_or(|types| types.iter().any(|wanted| wanted == event.event_type()));
        if !is_wanted {
            return Some(Ok(JsonEvent::Other(event)));
        }
        Some(match (self.decode)(&event) {
            Decoded::Value(value) => {
                self.values += 1;
                Ok(JsonEvent::Value { value, event })
            }
            Decoded::Unknown => Ok(JsonEvent::Other(event)),
            Decoded::Wrong(error) => Err(JsonError::decode(event, error)),
        })
    }
}

impl<T> JsonEvent<T> {
    /// Returns the value, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value { value, .. } => Some(value),
            Self::Other(_) => None,
        }
    }

    /// Turns it into the value, if there is one.
    #[must_use]
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Value { value, .. } => Some(value),
            Self::Other(_) => None,
        }
    }

    /// Returns the event itself.
    #[must_use]
    pub fn event(&self) -> &Event {
        match self {
            Self::Value { event, .. } | Self::Other(event) => event,
        }
    }
}

impl<T> fmt::Debug for JsonEvents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonEvents")
            .field("source", &self.source)
            .field("types", &self.types)
            .field("end_marker", &self.end_marker)
            .finish_non_exhaustive()
    }
}

impl<T> Stream for JsonEvents<T> {
    type Item = Result<JsonEvent<T>, JsonError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = match ready!(Pin::new(&mut self.source).poll_next(cx)) {
            Some(Ok(event)) => self.decode(event),
            Some(Err(error)) => Some(Err(JsonError::stream(error))),
            None if self.lacks_end_marker() => {
                self.is_over = true;
                Some(Err(JsonError::no_end_marker()))
            }
            None => None,
        };
        Poll::Ready(item)
    }
}

impl<T> FusedStream for JsonEvents<T> {
    fn is_terminated(&self) -> bool {
        self.source.is_terminated() && !self.lacks_end_marker()
    }
}

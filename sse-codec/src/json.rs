//! Data that is JSON: [`Event::json`] and [`OutgoingEvent::json_data`].

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::fmt;

use serde_core::{Deserialize, Serialize};

use crate::event::{Event, EventRef};
use crate::outgoing::OutgoingEvent;

impl<'a> EventRef<'a> {
    /// Reads the data as JSON.
    ///
    /// Text in `T` may be borrowed from the data, where JSON has no escapes in it: `T` can have fields of type `&'a str`, or
    /// `Cow<'a, str>` with `#[serde(borrow)]`.
    ///
    /// # Errors
    ///
    /// As of [`Event::json`].
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use sse_codec::Parser;
    ///
    /// #[derive(Deserialize)]
    /// struct Delta<'a> {
    ///     text: &'a str,
    /// }
    ///
    /// let mut parser = Parser::new();
    /// let mut events = parser.feed(b"data: {\"text\":\"hello\"}\n\n");
    /// while let Some(event) = events.next()? {
    ///     assert_eq!(event.json::<Delta>()?.text, "hello");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn json<T: Deserialize<'a>>(&self) -> Result<T, JsonError> {
        serde_json::from_str(self.data).map_err(|error| JsonError::new(self, error))
    }
}

impl Event {
    /// Reads the data as JSON.
    ///
    /// Not every event of a stream that carries JSON holds some: language models end theirs with `[DONE]`. Look at
    /// [`data`](Self::data) or [`event_type`](Self::event_type) first.
    ///
    /// # Errors
    ///
    /// If the data is not JSON, or not of the shape that `T` asks for; [`JsonError::kind`] tells. The event is as good as
    /// before, so it can be read otherwise, or left out.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Deserialize;
    /// use sse_codec::{Event, JsonErrorKind};
    ///
    /// #[derive(Deserialize)]
    /// struct Delta {
    ///     text: String,
    /// }
    ///
    /// // In place of a stream.
    /// let events = [r#"{"text":"hel"}"#, r#"{"usage":2}"#, r#"{"text":"lo"}"#, "[DONE]"]
    ///     .map(|data| Event::new("message", data, ""));
    ///
    /// let mut text = String::new();
    /// for event in events {
    ///     // This is not JSON.
    ///     if event.data() == "[DONE]" {
    ///         break;
    ///     }
    ///     match event.json::<Delta>() {
    ///         Ok(delta) => text.push_str(&delta.text),
    ///         // Something that this program does not know, perhaps because it is new.
    ///         Err(error) if error.kind() == JsonErrorKind::Shape => eprintln!("{error}"),
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// assert_eq!(text, "hello");
    /// # Ok::<(), sse_codec::JsonError>(())
    /// ```
    pub fn json<'de, T: Deserialize<'de>>(&'de self) -> Result<T, JsonError> {
        self.as_ref().json()
    }
}

impl OutgoingEvent<'_> {
    /// Sets the data to a value, written as JSON on one line.
    ///
    /// # Errors
    ///
    /// If the value cannot be written as JSON: because it says so itself, or because it holds a map whose keys are not text
    /// or numbers.
    ///
    /// # Examples
    ///
    /// ```
    /// use serde::Serialize;
    /// use sse_codec::OutgoingEvent;
    ///
    /// #[derive(Serialize)]
    /// struct Delta<'a> {
    ///     text: &'a str,
    /// }
    ///
    /// let event = OutgoingEvent::new().json_data(&Delta { text: "hello\n" })?;
    /// assert_eq!(event.to_bytes(), "data: {\"text\":\"hello\\n\"}\n\n");
    /// # Ok::<(), sse_codec::JsonDataError>(())
    /// ```
    pub fn json_data<T>(self, value: &T) -> Result<Self, JsonDataError>
    where
        T: Serialize + ?Sized,
    {
        // A line end in it, which raw values can bring along, is white space and split like any other data.
        let data = serde_json::to_string(value).map_err(JsonDataError)?;
        Ok(self.data(data))
    }
}

/// The data of an event is not the JSON that was asked for. Comes from [`Event::json`].
///
/// It knows which event that was, and the piece of the data where reading stopped, so that a log line is enough to find out
/// what the server has sent. What was wrong with it is the [`source`](core::error::Error::source).
pub struct JsonError(Box<Inner>);

struct Inner {
    event_type: String,
    last_event_id: String,
    excerpt: Excerpt,
    error: serde_json::Error,
}

/// What makes data not the JSON that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The data is not JSON, or not all of it is there, or values in it are nested deeper than 128 levels.
    Syntax,
    /// The data is JSON, but not of the shape that the type asks for: a field is missing, say, or a value is of another
    /// type. With a server that is newer than the program this is to be expected.
    Shape,
}

impl JsonError {
    fn new(event: &EventRef<'_>, error: serde_json::Error) -> Self {
        let place = offset(event.data, error.line(), error.column());
        Self(Box::new(Inner {
            event_type: event.event_type().into(),
            last_event_id: event.last_event_id.into(),
            excerpt: Excerpt::new(event.data, place),
            error,
        }))
    }

    /// Returns what is wrong: that it is no JSON, or JSON of another shape.
    #[must_use]
    pub fn kind(&self) -> JsonErrorKind {
        if self.0.error.is_data() {
            JsonErrorKind::Shape
        } else {
            JsonErrorKind::Syntax
        }
    }

    /// Returns the event type of the event.
    #[must_use]
    pub fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// Returns the last event ID of the event.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.0.last_event_id
    }

    /// Returns the data, or if it is longer than 160 bytes, at most so many of it from around the place where reading stopped.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.0.excerpt.text
    }

    /// Returns the line of the data where reading stopped, counted from 1. Zero if the place is not known.
    #[must_use]
    pub fn line(&self) -> usize {
        self.0.error.line()
    }

    /// Returns how many bytes of that line had been read.
    #[must_use]
    pub fn column(&self) -> usize {
        self.0.error.column()
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All of the text is the server's, hence quoted and escaped, and cut.
        let Inner {
            event_type,
            last_event_id,
            excerpt,
            ..
        } = &*self.0;
        write!(f, "data of event {:?}", Cut(event_type, MAX_SHOWN))?;
        if !last_event_id.is_empty() {
            write!(f, " with ID {:?}", Cut(last_event_id, MAX_SHOWN))?;
        }
        f.write_str(match self.kind() {
            JsonErrorKind::Syntax => " is not JSON: ",
            JsonErrorKind::Shape => " is JSON of another shape than asked for: ",
        })?;
        excerpt.fmt(f)
    }
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonError")
            .field("kind", &self.kind())
            .field("event_type", &Cut(&self.0.event_type, MAX_SHOWN))
            .field("last_event_id", &Cut(&self.0.last_event_id, MAX_SHOWN))
            .field("excerpt", &self.0.excerpt.text)
            // It may quote the data.
            .field("error", &Cut(&self.0.error.to_string(), MAX_EXCERPT))
            .finish()
    }
}

impl core::error::Error for JsonError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0.error)
    }
}

/// A value that cannot be written as JSON. Comes from [`OutgoingEvent::json_data`]; the reason is the
/// [`source`](core::error::Error::source).
#[derive(Debug)]
pub struct JsonDataError(serde_json::Error);

impl fmt::Display for JsonDataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("value cannot be written as JSON")
    }
}

impl core::error::Error for JsonDataError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Turns a line and column as JSON counts them, the column in bytes, into a number of bytes.
fn offset(data: &str, line: usize, column: usize) -> usize {
    let before: usize = data
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    before.saturating_add(column)
}

/// A piece of the data, and whether there is more of it on either side.
struct Excerpt {
    text: String,
    more_before: bool,
    more_behind: bool,
}

impl Excerpt {
    fn new(data: &str, place: usize) -> Self {
        let end = if data.len() <= MAX_EXCERPT {
            data.len()
        } else {
            // Mostly what leads to the place, and a little of what follows.
            place
                .saturating_add(MAX_EXCERPT / 4)
                .clamp(MAX_EXCERPT, data.len())
        };
        let end = boundary_before(data, end);
        let (upto, behind) = data.split_at(end);
        let start = boundary_behind(upto, end.saturating_sub(MAX_EXCERPT));
        let (before, text) = upto.split_at(start);
        Self {
            text: text.into(),
            more_before: !before.is_empty(),
            more_behind: !behind.is_empty(),
        }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |more| if more { "…" } else { "" };
        write!(
            f,
            "{}{:?}{}",
            mark(self.more_before),
            self.text,
            mark(self.more_behind)
        )
    }
}

/// Text that is shown quoted, and only its beginning if it is long.
struct Cut<'a>(&'a str, usize);

impl fmt::Debug for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(boundary_before(self.0, self.1));
        write!(f, "{shown:?}{}", if rest.is_empty() { "" } else { "…" })
    }
}

/// Returns the last place at or before `index` where `text` can be cut.
fn boundary_before(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// Returns the first place at or behind `index` where `text` can be cut.
fn boundary_behind(text: &str, index: usize) -> usize {
    let mut index = index.min(text.len());
    while !text.is_char_boundary(index) {
        index += 1;
    }
    index
}

/// The longest excerpt, in bytes.
const MAX_EXCERPT: usize = 160;

/// How much of an event type or ID is shown, in bytes.
const MAX_SHOWN: usize = 64;

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::error::Error;

    use serde_json::Value;

    use super::*;

    fn fails<'de, T: Deserialize<'de>>(event: &'de Event) -> JsonError {
        match event.json::<T>() {
            Ok(_) => panic!("{:?} was read", event.data()),
            Err(error) => error,
        }
    }

    #[test]
    fn what_is_not_json_is_told_from_json_of_another_shape() {
        for (data, kind) in [
            ("[DONE]", JsonErrorKind::Syntax),
            ("", JsonErrorKind::Syntax),
            ("[1, ", JsonErrorKind::Syntax),
            ("[1] [2]", JsonErrorKind::Syntax),
            ("[\"1\"]", JsonErrorKind::Shape),
            ("{}", JsonErrorKind::Shape),
            ("[256]", JsonErrorKind::Shape),
        ] {
            let event = Event::new("", data, "");
            assert_eq!(fails::<Vec<u8>>(&event).kind(), kind, "{data}");
        }
    }

    #[test]
    fn an_error_names_the_event_and_shows_its_data() {
        let event = Event::new("delta", "[DONE]", "7");
        let error = fails::<Value>(&event);
        assert_eq!((error.event_type(), error.last_event_id()), ("delta", "7"));
        assert_eq!(error.excerpt(), "[DONE]");
        assert_eq!((error.line(), error.column()), (1, 2));
        assert_eq!(
            error.to_string(),
            "data of event \"delta\" with ID \"7\" is not JSON: \"[DONE]\""
        );
        assert_eq!(
            error.source().unwrap().to_string(),
            "expected value at line 1 column 2"
        );
        let event = Event::new("", "\"a\"", "");
        assert_eq!(
            fails::<u8>(&event).to_string(),
            "data of event \"message\" is JSON of another shape than asked for: \"\\\"a\\\"\""
        );
    }

    #[test]
    fn an_error_stays_short_whatever_the_server_sends() {
        // A little is enough for Miri, which is slow.
        let count = if cfg!(miri) { 300 } else { 100_000 };
        let long = "\u{1b}é".repeat(count);
        let event = Event::new(&long, long.clone(), &long);
        let error = fails::<Value>(&event);
        assert!(error.excerpt().len() <= MAX_EXCERPT);
        // An escape is up to ten times as long as what it stands for.
        assert!(error.to_string().len() < 10 * (MAX_EXCERPT + 2 * MAX_SHOWN) + 200);
        assert!(!error.to_string().contains('\u{1b}'));
        assert_eq!(error.last_event_id(), long);
        let quoted = Event::new(&long, alloc::format!("\"{}\"", "é".repeat(count)), &long);
        for error in [error, fails::<u8>(&quoted)] {
            let shown = alloc::format!("{error:?}");
            assert!(shown.len() < 10 * (2 * MAX_EXCERPT + 2 * MAX_SHOWN) + 200);
        }
    }

    #[test]
    fn the_excerpt_is_from_where_reading_stopped() {
        for line in ["", "\n\n \n"] {
            let data = alloc::format!("[{line}{}oops, {}]", "\"é\", ".repeat(50), "1, ".repeat(99));
            let event = Event::new("", data.as_str(), "");
            let error = fails::<Value>(&event);
            assert!(error.excerpt().contains("oops"), "{error}");
            assert!(data.contains(error.excerpt()));
            let shown = error.to_string();
            assert!(shown.contains(": …\"") && shown.ends_with("\"…"), "{shown}");
        }
    }

    #[test]
    fn every_place_of_every_text_gives_an_excerpt() {
        for text in ["", "é", &"é".repeat(MAX_EXCERPT), &"a€".repeat(MAX_EXCERPT)] {
            // Not all under Miri, which is slow.
            let step = if cfg!(miri) { 101 } else { 1 };
            for place in (0..text.len() + 2).step_by(step).chain([usize::MAX]) {
                let excerpt = Excerpt::new(text, place);
                assert!(excerpt.text.len() <= MAX_EXCERPT);
                assert!(text.contains(&excerpt.text));
                assert!(excerpt.text.len() + 4 > text.len().min(MAX_EXCERPT));
                assert_eq!(
                    excerpt.more_before || excerpt.more_behind,
                    excerpt.text.len() < text.len()
                );
            }
        }
    }

    #[test]
    fn a_place_is_found_by_line_and_column() {
        let data = "é\nb\n\nc";
        for (line, column, place) in [(0, 0, 0), (1, 2, 2), (2, 1, 4), (4, 1, 7), (9, 9, 16)] {
            assert_eq!(offset(data, line, column), place);
        }
    }
}

//! [`EventSourceBuilder`]: how an event source is asked for.

use std::fmt;
use std::time::Duration;

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, Method};
use sse_codec::{LastEventId, ParserBuilder, Utf8Policy};

use crate::attempt::{LAST_EVENT_ID_IS_OURS, names};
use crate::connection::Settings;
use crate::cursor::{Cursor, CursorStore};
use crate::driver::Driver;
use crate::error::{Error, Kind};
use crate::event_source::EventSource;
use crate::intake::IntakeSettings;
use crate::outgoing::{MakeBody, RequestSettings, Resume};
use crate::policy::Policy;
use crate::prepare::Prepare;
use crate::request::{LAST_EVENT_ID, codings};
use crate::response::{safe, without_credentials};
use crate::transport::{HttpClient, has_tls};
use crate::url::parse_url;

mod requests;

/// Builds an [`EventSource`]. Made by [`EventSource::builder`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use sse_client::{EventSource, LastEventId, Policy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let events = EventSource::builder("http://localhost:8080/stream")
///     .header("Authorization", "Bearer ...")
///     .last_event_id(LastEventId::new("1042")?)
///     .policy(Policy::resilient().max_downtime(Some(Duration::from_secs(600))))
///     .idle_timeout(Some(Duration::from_secs(60)))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct EventSourceBuilder {
    url: String,
    method: Method,
    headers: HeaderMap,
    body: Option<MakeBody>,
    prepare: Option<Prepare>,
    resume: Option<Resume>,
    repeat_unsafe: bool,
    /// The first thing that was wrong with the method or a header.
    complaint: Option<String>,
    client: Option<reqwest::Client>,
    last_event_id: LastEventId<'static>,
    cursor_store: Option<Box<dyn CursorStore>>,
    policy: Policy,
    utf8: Utf8Policy,
    max_event_bytes: usize,
    comments: bool,
    compression: bool,
    response_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
    event_timeout: Option<Duration>,
}

impl EventSource {
    /// Makes an event source with all defaults. Nothing is sent before it is polled.
    ///
    /// # Errors
    ///
    /// As [`EventSourceBuilder::build`].
    pub fn get(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Starts to build an event source. A wrong URL is reported by [`EventSourceBuilder::build`].
    ///
    /// Credentials in the URL are sent as `Authorization: Basic`, unless there is such a header.
    pub fn builder(url: impl AsRef<str>) -> EventSourceBuilder {
        EventSourceBuilder {
            url: url.as_ref().to_owned(),
            method: Method::GET,
            headers: HeaderMap::new(),
            body: None,
            prepare: None,
            resume: None,
            repeat_unsafe: false,
            complaint: None,
            client: None,
            last_event_id: LastEventId::from_static(""),
            cursor_store: None,
            policy: Policy::default(),
            utf8: Utf8Policy::default(),
            max_event_bytes: ParserBuilder::DEFAULT_MAX_EVENT_BYTES,
            comments: false,
            compression: false,
            response_timeout: Some(DEFAULT_RESPONSE_TIMEOUT),
            idle_timeout: None,
            event_timeout: None,
        }
    }
}

impl EventSourceBuilder {
    /// Sets the HTTP client. Default: one that is made for event streams (it keeps no idle connections, which a
    /// reconnect might find dead, probes silent ones, and uses the system's proxy only with the feature `system-proxy`).
    ///
    /// Everything that the client is set to holds, with one exception: a total timeout would cut every stream, so it is
    /// overridden. Mind its redirect policy: unless that is `reqwest::redirect::Policy::none()`, it follows redirects
    /// in the place of this crate, by its own limit, and sends headers like `x-api-key` on to other origins. Its
    /// default headers go everywhere in any case. And mind its pool: a stream that is given up because its connection is
    /// dead may be asked for again on the same connection, if that is HTTP/2. `pool_max_idle_per_host(0)` prevents that, and
    /// `http2_keep_alive_interval` with `http2_keep_alive_while_idle(true)` finds dead ones.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let client = reqwest::Client::builder()
    ///     .proxy(reqwest::Proxy::all("http://localhost:3128")?)
    ///     .redirect(reqwest::redirect::Policy::none())
    ///     .pool_max_idle_per_host(0)
    ///     .tcp_keepalive(Duration::from_secs(30))
    ///     .build()?;
    /// let events = sse_client::EventSource::builder("http://localhost:8080/stream")
    ///     .client(client)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Sets the last event ID to begin with, so that the server can go on behind that event. Default: none.
    pub fn last_event_id(mut self, id: LastEventId<'_>) -> Self {
        self.last_event_id = id.into_owned();
        self
    }

    /// Sets where the last event ID is kept beyond the life of the event source. Default: nowhere.
    ///
    /// The ID that it holds takes the place of [`last_event_id`](Self::last_event_id), which is for the very first time then. It
    /// is changed by [`EventSource::acknowledge`] alone. Within its life the event source resumes behind what it has handed out,
    /// acknowledged or not.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_client::{EventSource, MemoryStore};
    ///
    /// # fn main() -> Result<(), sse_client::Error> {
    /// let store = MemoryStore::new();
    /// let events = EventSource::builder("http://localhost:8080/stream")
    ///     .cursor_store(store.clone())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cursor_store(mut self, store: impl CursorStore) -> Self {
        self.cursor_store = Some(Box::new(store));
        self
    }

    /// Sets which answers and failures are final, and how to reconnect after the others. Default
    /// [`Policy::resilient`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets what to do about ill-formed UTF-8. Default [`Utf8Policy::Replace`], as the standard says.
    pub fn utf8(mut self, utf8: Utf8Policy) -> Self {
        self.utf8 = utf8;
        self
    }

    /// Sets how large an event may be, in bytes. Default 16 MiB; `usize::MAX` lifts the limit.
    ///
    /// A larger one is dropped with an error that is not final, and the stream goes on.
    pub fn max_event_bytes(mut self, limit: usize) -> Self {
        self.max_event_bytes = limit;
        self
    }

    /// Sets how long to wait for the head of a response, the making of the connection included. Default 30 seconds;
    /// `None` waits for ever. Each redirect has the whole time again.
    pub fn response_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// Sets after how long without a byte an open connection counts as dead. Default `None`: never.
    ///
    /// Reasonable if the server is known to send comments to keep the connection alive: two or three times their
    /// interval. The time counts while the consumer waits, not while he is busy elsewhere.
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// Sets after how long without an event an open connection counts as stalled, even if comments come. Default
    /// `None`: never.
    ///
    /// Reasonable if events come regularly. The time counts while the consumer waits, not while he is busy elsewhere.
    pub fn event_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.event_timeout = timeout;
        self
    }

    /// Sets whether comments are among the [`Updates`](crate::Updates). Default `false`.
    pub fn comments(mut self, comments: bool) -> Self {
        self.comments = comments;
        self
    }

    /// Sets whether the server may compress the stream, by the codings whose features are enabled: `gzip`, `brotli`, `zstd`.
    /// Default `false`.
    ///
    /// Each event arrives as soon as the server flushes it. But many servers, and proxies before them, do not: they hold events
    /// back until a block is full. So ask for it only where it is known to work.
    pub fn compression(mut self, compression: bool) -> Self {
        self.compression = compression;
        self
    }

    /// Makes the event source. Nothing is sent before it is polled.
    ///
    /// # Errors
    ///
    /// [`Error::is_builder`], if the URL is none or neither `http` nor `https`, if the method, a header or the body is wrong, if
    /// [`compression`](Self::compression) is asked for and not built in, or if the URL is
    /// `https` and no feature for TLS is enabled (with [`client`](Self::client) the last shows at the first request).
    pub fn build(self) -> Result<EventSource, Error> {
        let wrong = |what| Error::last(Kind::Builder(what));
        let url = parse_url(&self.url).map_err(wrong)?;
        if let Some(complaint) = self.complaint {
            return Err(wrong(complaint));
        }
        if self.headers.contains_key(LAST_EVENT_ID) {
            return Err(wrong(LAST_EVENT_ID_IS_OURS.to_owned()));
        }
        let mut headers = self.headers;
        if self.compression && !headers.contains_key(ACCEPT_ENCODING) {
            let codings = codings().ok_or_else(|| wrong(NO_CODINGS.to_owned()))?;
            headers.insert(ACCEPT_ENCODING, codings);
        }
        let http = match self.client {
            Some(client) => HttpClient::callers(client),
            None if url.scheme() == "https" && !has_tls() => return Err(Error::last(Kind::NoTls)),
            None => HttpClient::of_this_crate()?,
        };
        let cursor = (self.cursor_store).map(|store| Cursor::new(store, without_credentials(&url)));
        let settings = Settings {
            request: RequestSettings {
                url,
                method: self.method,
                headers,
                body: self.body,
                resume: self.resume,
                repeat_unsafe: self.repeat_unsafe,
            },
            has_hook: self.prepare.is_some(),
            last_event_id: self.last_event_id,
            policy: self.policy,
            intake: IntakeSettings {
                utf8: self.utf8,
                max_event_bytes: self.max_event_bytes,
                comments: self.comments,
            },
            response_timeout: self.response_timeout,
            idle_timeout: self.idle_timeout,
            event_timeout: self.event_timeout,
        };
        let driver = Driver::new(settings, http, self.prepare, cursor);
        Ok(EventSource::new(driver))
    }

    /// Has [`build`](Self::build) report what is wrong.
    #[cfg(feature = "json")]
    pub(crate) fn complained(mut self, complaint: String) -> Self {
        self.complain(complaint);
        self
    }

    fn complain(&mut self, complaint: String) {
        self.complaint.get_or_insert(complaint);
    }
}

/// Shows the names of the headers, but not their values, and no credentials.
impl fmt::Debug for EventSourceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSourceBuilder")
            .field("method", &self.method)
            .field("url", &parse_url(&self.url).map(|url| safe(&url)))
            .field("headers", &names(&self.headers))
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

const NO_CODINGS: &str =
    "compression is not built in: enable the feature gzip, brotli or zstd of sse-client";

const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(builder: EventSourceBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert!(error.is_builder() && error.is_final(), "{error}");
        error.to_string()
    }

    #[test]
    fn a_bad_url_is_reported_without_its_secrets() {
        for url in ["", "secret", "http://", "http://secret@[", "/secret"] {
            let complaint = complaint(EventSource::builder(url));
            assert!(complaint.starts_with("URL is not one: "), "{complaint}");
            assert!(!complaint.contains("secret"), "{complaint}");
        }
        for url in ["ftp://host/", "file:///etc/hosts", "localhost:8080/"] {
            assert!(complaint(EventSource::builder(url)).contains("not with http: or https:"));
        }
    }

    #[test]
    fn a_bad_header_is_reported_without_its_value() {
        let builder = EventSource::builder("http://host/").header("x-api-key", "secret\n");
        assert_eq!(
            complaint(builder),
            "value of the header x-api-key holds a character that HTTP forbids"
        );
        let builder = EventSource::builder("http://host/").header("bad name", "x");
        assert!(complaint(builder).starts_with("header name"));
    }

    #[test]
    fn a_last_event_id_is_not_set_by_a_header() {
        let builder = EventSource::builder("http://host/").header("Last-Event-Id", "7");
        assert!(complaint(builder).contains("use the builder's last_event_id"));
    }

    #[test]
    #[cfg(not(any(feature = "gzip", feature = "brotli", feature = "zstd")))]
    fn compression_that_is_not_built_in_says_which_feature_to_enable() {
        let complaint = complaint(EventSource::builder("http://host/").compression(true));
        assert!(complaint.contains("enable the feature gzip"), "{complaint}");
    }

    #[test]
    fn debug_shows_no_secrets() {
        let builder = EventSource::builder("http://alice:secret@host/path?secret")
            .header("authorization", "secret");
        let shown = format!("{builder:?}");
        assert!(
            shown.contains("authorization") && shown.contains("http://host/path"),
            "{shown}"
        );
        assert!(
            !shown.contains("secret") && !shown.contains("alice"),
            "{shown}"
        );
    }

    #[test]
    #[cfg(not(any(feature = "default-tls", feature = "native-tls", feature = "rustls")))]
    fn https_fails_at_once_without_tls_and_says_which_feature_to_enable() {
        let complaint = complaint(EventSource::builder("https://host/"));
        assert!(
            complaint.contains("enable the feature default-tls"),
            "{complaint}"
        );
    }
}

//! [`ServeOptions`]: what a stand-alone server was asked to be.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};

pub(crate) type Topics = dyn Fn(&Parts) -> Vec<String> + Send + Sync;
pub(crate) type Key = dyn Fn(&Parts, SocketAddr) -> Option<String> + Send + Sync;
pub(crate) type Other = dyn Fn(Request<Bytes>) -> Response<Bytes> + Send + Sync;
pub(crate) type Shutdown = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The options of [`serve`](crate::serve). Every bound has a default.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use sse_server::ServeOptions;
///
/// let options = ServeOptions::new()
///     .path("/news")
///     .allowed_hosts(["news.example.com"])
///     .allowed_origins(["https://www.example.com"])
///     .write_timeout(Duration::from_secs(10));
/// # let _ = options;
/// ```
#[must_use = "options do nothing until something is served with them"]
pub struct ServeOptions {
    pub(crate) path: String,
    pub(crate) health_path: Option<String>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) key: Arc<Key>,
    pub(crate) other: Option<Arc<Other>>,
    pub(crate) hosts: Hosts,
    pub(crate) origins: Vec<String>,
    pub(crate) credentials: bool,
    pub(crate) refuse_with_status: bool,
    pub(crate) header_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) max_connections: usize,
    pub(crate) max_request_bytes: usize,
    pub(crate) drain_window: Duration,
    pub(crate) shutdown: Option<Shutdown>,
}

/// Which values of `Host` are taken.
#[derive(Clone, Debug)]
pub(crate) enum Hosts {
    /// The names of this machine, if nobody else can reach it anyway.
    ByAddress,
    Any,
    Listed(Vec<String>),
}

impl ServeOptions {
    /// Starts with the defaults.
    pub fn new() -> Self {
        Self {
            path: "/events".to_owned(),
            health_path: Some("/health".to_owned()),
            topics: Arc::new(topics_of_query),
            key: Arc::new(|_, peer| Some(peer.ip().to_string())),
            other: None,
            hosts: Hosts::ByAddress,
            origins: Vec::new(),
            credentials: false,
            refuse_with_status: false,
            header_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            max_connections: 16_384,
            max_request_bytes: 64 * 1024,
            drain_window: Duration::from_secs(10),
            shutdown: None,
        }
    }

    /// Sets the path of the event stream. `/events` by default.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the path that says whether the server is well: 200 and `ok`, or 503 while it drains. `/health` by default;
    /// `None` turns it off.
    pub fn health_path(mut self, path: impl Into<Option<String>>) -> Self {
        self.health_path = path.into();
        self
    }

    /// Sets how the topics of a subscription are read from its request. By default they are the parameters `topic` of
    /// the query, or `events` if there is none.
    ///
    /// Who may have them is for the check that `HubBuilder::admit` sets.
    pub fn topics(
        mut self,
        topics: impl Fn(&Parts) -> Vec<String> + Send + Sync + 'static,
    ) -> Self {
        self.topics = Arc::new(topics);
        self
    }

    /// Sets under which key a subscriber is counted and admitted. By default it is the IP address of the peer.
    ///
    /// Behind a proxy that is the proxy's, so take the client's from the header that the proxy sets, and cut it to a
    /// length that an address may have: keys are kept as long as there are subscribers with them.
    pub fn key(
        mut self,
        key: impl Fn(&Parts, SocketAddr) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.key = Arc::new(key);
        self
    }

    /// Sets what answers all other requests, after the checks of host and origin. By default that is 404.
    ///
    /// It gets the whole body, at most `max_request_bytes` of it, and must not block.
    pub fn other(
        mut self,
        answer: impl Fn(Request<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.other = Some(Arc::new(answer));
        self
    }

    /// Sets which hosts requests may name, without a port: a request for another one is answered 403.
    ///
    /// That keeps a page of a stranger from reaching a server in a private network under a name of its own (DNS
    /// rebinding). By default, a server that listens on a loopback address takes `localhost` and loopback addresses,
    /// and any other takes any host.
    pub fn allowed_hosts<T: Into<String>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        let hosts = hosts
            .into_iter()
            .map(|host| host.into().to_ascii_lowercase());
        self.hosts = Hosts::Listed(hosts.collect());
        self
    }

    /// Takes any host.
    pub fn any_host(mut self) -> Self {
        self.hosts = Hosts::Any;
        self
    }

    /// Sets which origins besides the server's own may read the stream and the other answers, written as browsers write
    /// them in `Origin`: `https://example.com`, in lower case and without a slash at its end. `*` is any. None by
    /// default.
    ///
    /// A request of a page of another origin is answered 403; those of the listed ones get the headers of CORS.
    /// Requests without `Origin`, which do not come from a script of a page, are not restricted.
    pub fn allowed_origins<T: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = T>,
    ) -> Self {
        self.origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Sets whether the pages of the origins that are listed may send cookies, as an `EventSource` does that was made
    /// with `withCredentials`. Off by default. Has no effect for an origin that only `*` allows.
    pub fn allow_credentials(mut self, allow: bool) -> Self {
        self.credentials = allow;
        self
    }

    /// Sets whether a subscription that is refused for now is answered by status 503 and `Retry-After`. Off by default:
    /// then it is an event stream that sets the reconnection time and ends, since a browser's `EventSource` comes back
    /// after nothing else. For servers whose clients are no browsers.
    pub fn refuse_with_status(mut self, refuse: bool) -> Self {
        self.refuse_with_status = refuse;
        self
    }

    /// Sets how long a client may take to send the head of a request, and as long again for its body, before it is cut
    /// off. It is also how long a connection can be without a request, over HTTP/2 about. 10 s by default.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.header_timeout = timeout;
        self
    }

    /// Sets how long a client may take no bytes at all while some are waiting for it, before its connection is cut. 30
    /// s by default.
    ///
    /// Over HTTP/2, a client can stall a stream of its connection and read the others. Then it is not cut; it costs its
    /// buffer and a frame, until it falls out of the log and goes on from there, or is ended (`gap_policy` of the
    /// builder).
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.write_timeout = timeout;
        self
    }

    /// Sets how many connections there can be at a time. More wait to be accepted. 16,384 by default.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// Sets how large the body of a request can be, in bytes: more is answered 413. 64 KiB by default.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// Sets within which time all streams are ended at a shutdown. 10 s by default.
    pub fn drain_window(mut self, window: Duration) -> Self {
        self.drain_window = window;
        self
    }

    /// Sets what starts the shutdown: when the future is ready, no connection is accepted any more and the hub is
    /// drained; when all connections have ended, at the latest a second after the window of the drain, the server ends.
    /// By default it never does.
    pub fn shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.shutdown = Some(Box::pin(signal));
        self
    }
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ServeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeOptions")
            .field("path", &self.path)
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

fn topics_of_query(request: &Parts) -> Vec<String> {
    let query = request.uri.query().unwrap_or_default();
    let topics: Vec<String> = crate::query::values(query, "topic")
        // One that is no text is not left out, or the client would get what it has not asked for: no topic is empty.
        .map(|topic| String::from_utf8(topic).unwrap_or_default())
        .collect();
    if topics.is_empty() {
        return vec!["events".to_owned()];
    }
    topics
}

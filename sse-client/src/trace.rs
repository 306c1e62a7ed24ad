//! What is told to `tracing`, if the feature of that name is enabled. Nothing otherwise, at no cost.

use reqwest::Url;

use crate::request::Request;
use crate::update::Update;

/// The spans of one event source: one for its whole life, and within it one for each connection.
///
/// They show URLs without credentials and query, and no headers.
#[derive(Debug)]
pub(crate) struct Trace {
    #[cfg(feature = "tracing")]
    source: tracing::Span,
    #[cfg(feature = "tracing")]
    connection: tracing::Span,
}

#[cfg(feature = "tracing")]
impl Trace {
    pub(crate) fn new(url: &Url) -> Self {
        let url = crate::response::safe(url);
        Self {
            source: tracing::info_span!("event_source", url),
            connection: tracing::Span::none(),
        }
    }

    /// Takes note of a request that is sent.
    pub(crate) fn sent(&mut self, request: &Request, requests: u64) {
        let url = crate::response::safe(&request.url);
        let method = &request.method;
        self.connection =
            tracing::info_span!(parent: &self.source, "connection", %method, url, requests);
        tracing::debug!(parent: &self.connection, "request sent");
    }

    /// Runs something that is done for the connection, so that what the HTTP client tells is found under it.
    pub(crate) fn in_connection<T>(&self, run: impl FnOnce() -> T) -> T {
        self.connection.in_scope(run)
    }

    /// Takes note of what is handed out.
    pub(crate) fn update(&mut self, update: &Update) {
        let span = &self.connection;
        match update {
            Update::Open(head) => {
                tracing::info!(parent: span, status = head.status().as_u16(), "open");
            }
            Update::Event(event) => {
                let bytes = event.data().len();
                tracing::trace!(parent: span, event_type = event.event_type(), bytes, "event");
            }
            Update::Comment(_) => tracing::trace!(parent: span, "comment"),
            Update::ReconnectionTime(time) => {
                tracing::debug!(parent: span, ?time, "reconnection time set");
            }
            Update::Reconnecting {
                delay,
                attempt,
                decision,
                ..
            } => {
                tracing::warn!(parent: span, ?delay, attempt, %decision, "reconnecting");
                self.connection = tracing::Span::none();
            }
            Update::Fruitless { connections } => {
                tracing::warn!(parent: span, connections, "connections bring nothing new");
            }
            Update::Error(error) => tracing::warn!(parent: span, %error, "something was lost"),
            Update::Closed { why, decision } => {
                let decision = decision.as_ref().map(tracing::field::display);
                let is_failure = matches!(why, crate::update::CloseReason::Failed(_));
                if is_failure {
                    tracing::error!(parent: &self.source, decision, "failed");
                } else {
                    tracing::info!(parent: &self.source, decision, "closed");
                }
                self.connection = tracing::Span::none();
            }
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_ref_mut,
    reason = "as with the feature"
)]
impl Trace {
    pub(crate) fn new(_url: &Url) -> Self {
        Self {}
    }

    pub(crate) fn sent(&mut self, _request: &Request, _requests: u64) {}

    pub(crate) fn in_connection<T>(&self, run: impl FnOnce() -> T) -> T {
        run()
    }

    pub(crate) fn update(&mut self, _update: &Update) {}
}

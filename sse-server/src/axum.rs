//! What axum asks for: answers that can be returned from a handler, and an extractor (feature `axum`).

use std::convert::Infallible;

use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use futures_core::Stream;
use http::request::Parts;
use sse_codec::LastEventId;

use crate::hub::refusal::Refusal;
use crate::hub::subscription::Subscription;
use crate::response::EventStreamResponse;
use crate::resume::last_event_id;
use crate::source_item::SourceItem;
use crate::timer::Timer;

/// Extracts where a client that reconnects wants to go on, as [`last_event_id`] reads it (feature `axum`).
///
/// Never refuses a request: without a usable ID there is `None`.
///
/// # Examples
///
/// ```
/// use axum::extract::State;
/// use sse_server::{Hub, Refusal, Resume, Subscription};
///
/// async fn events(Resume(id): Resume, State(hub): State<Hub>) -> Result<Subscription, Refusal> {
///     hub.subscribe(["news"], id.as_ref())
/// }
///
/// let (hub, _driver) = Hub::new();
/// let app: axum::Router = axum::Router::new().route("/events", axum::routing::get(events)).with_state(hub);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "an extractor is taken apart where it is named, and there will never be more in it"
)]
pub struct Resume(pub Option<LastEventId<'static>>);

impl<S: Sync> FromRequestParts<S> for Resume {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(last_event_id(&*parts)))
    }
}

/// As [`Subscription::into_response`] makes it (feature `axum`).
impl IntoResponse for Subscription {
    fn into_response(self) -> Response {
        Self::into_response(self).map(Body::new)
    }
}

/// As [`Refusal::into_response`] makes it (feature `axum`).
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Self::into_response(self).map(Body::new)
    }
}

/// As [`EventStreamResponse::into_response`] makes it (feature `axum`).
impl<S, T> IntoResponse for EventStreamResponse<S, T>
where
    S: Stream + Send + 'static,
    S::Item: SourceItem,
    <S::Item as SourceItem>::Error: Into<axum_core::BoxError> + Send + 'static,
    T: Timer + 'static,
{
    fn into_response(self) -> Response {
        Self::into_response(self).map(Body::new)
    }
}

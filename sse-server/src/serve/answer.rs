//! [`Site`]: which answer a request gets.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use tokio::time::timeout;

use super::options::{Hosts, Key, Other, ServeOptions, Topics};
use super::origin::{Gate, Verdict};
use crate::hub::Hub;
use crate::hub::body::SubscriptionBody;
use crate::resume::last_event_id;

/// What all connections of a server share.
pub(crate) struct Site<L> {
    hub: Hub<L>,
    gate: Gate,
    path: String,
    health_path: Option<String>,
    topics: Arc<Topics>,
    key: Arc<Key>,
    other: Option<Arc<Other>>,
    max_request_bytes: usize,
    body_timeout: Duration,
    refuse_with_status: bool,
    ending: AtomicBool,
}

impl<L> Site<L> {
    pub(crate) fn new(hub: Hub<L>, options: &ServeOptions, address: IpAddr) -> Self {
        let hosts = match &options.hosts {
            Hosts::Listed(hosts) => Some(hosts.clone()),
            Hosts::ByAddress if address.is_loopback() => Some(
                ["localhost", "127.0.0.1", "[::1]"]
                    .map(str::to_owned)
                    .to_vec(),
            ),
            Hosts::ByAddress | Hosts::Any => None,
        };
        Self {
            hub,
            gate: Gate {
                hosts,
                origins: options.origins.clone(),
                credentials: options.credentials,
            },
            path: options.path.clone(),
            health_path: options.health_path.clone(),
            topics: Arc::clone(&options.topics),
            key: Arc::clone(&options.key),
            other: options.other.clone(),
            max_request_bytes: options.max_request_bytes,
            body_timeout: options.header_timeout,
            refuse_with_status: options.refuse_with_status,
            ending: AtomicBool::new(false),
        }
    }

    /// Notes that the server is about to end.
    pub(crate) fn end(&self) {
        self.ending.store(true, Ordering::Release);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire)
    }

    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<SubscriptionBody> {
        let (head, body) = request.into_parts();
        let verdict = self.gate.judge(&head);
        if let Verdict::Refused(why) = verdict {
            return text(StatusCode::FORBIDDEN, why);
        }
        let preflight = head.method == Method::OPTIONS
            && head.headers.contains_key("access-control-request-method");
        let mut response = if preflight {
            text(StatusCode::NO_CONTENT, "")
        } else if head.uri.path() == self.path {
            self.subscribe(&head, peer)
        } else if Some(head.uri.path()) == self.health_path.as_deref() {
            self.health()
        } else {
            // In a box, since hyper keeps room for the largest answer as long as a stream lasts.
            Box::pin(self.other(head, body)).await
        };
        verdict.mark(response.headers_mut(), preflight);
        response.headers_mut().insert(
            HeaderName::from_static("x-content-type-options"),
            HeaderValue::from_static("nosniff"),
        );
        response
    }

    fn subscribe(&self, request: &Parts, peer: SocketAddr) -> Response<SubscriptionBody> {
        if request.method != Method::GET {
            let mut response = text(
                StatusCode::METHOD_NOT_ALLOWED,
                "this is an event stream: GET it\n",
            );
            response
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET"));
            return response;
        }
        let topics = (self.topics)(request);
        let key = (self.key)(request, peer);
        let last_event_id = last_event_id(request);
        match self
            .hub
            .subscribe_as(key.as_deref(), topics, last_event_id.as_ref())
        {
            Ok(subscription) => subscription.into_response(),
            Err(refusal) if self.refuse_with_status => refusal.into_unavailable(),
            Err(refusal) => refusal.into_response(),
        }
    }

    fn health(&self) -> Response<SubscriptionBody> {
        if self.hub.is_draining() {
            text(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
        } else {
            text(StatusCode::OK, "ok\n")
        }
    }

    async fn other(&self, head: Parts, body: Incoming) -> Response<SubscriptionBody> {
        let Some(other) = &self.other else {
            return text(StatusCode::NOT_FOUND, "there is nothing here\n");
        };
        let body = Limited::new(body, self.max_request_bytes).collect();
        // hyper waits for a body as long as it takes, and with it one of the places for connections.
        let Ok(body) = timeout(self.body_timeout, body).await else {
            return text(StatusCode::REQUEST_TIMEOUT, "the body took too long\n");
        };
        match body {
            Ok(body) => {
                other(Request::from_parts(head, body.to_bytes())).map(SubscriptionBody::of_bytes)
            }
            Err(error) if error.is::<LengthLimitError>() => text(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body is too large; see max_request_bytes\n",
            ),
            Err(_) => text(StatusCode::BAD_REQUEST, "the body ended too early\n"),
        }
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<SubscriptionBody> {
    let mut response = Response::new(SubscriptionBody::of_bytes(Bytes::from_static(
        text.as_bytes(),
    )));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if !text.is_empty() {
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

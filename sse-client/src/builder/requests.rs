//! What is sent: method, body and headers, the hook that prepares each attempt, the request that resumes.

use std::error::Error as StdError;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::EventSourceBuilder;
use crate::attempt::{Attempt, header};
use crate::outgoing::{MakeBody, Resume};
use crate::prepare::Prepare;

impl EventSourceBuilder {
    /// Sets the method, such as `"POST"`. Default `GET`.
    ///
    /// A request whose method is not safe (any but `GET`, `HEAD`, `OPTIONS` and `TRACE`) is never repeated by itself, since it
    /// may do something twice that was meant to be done, or paid for, once: the end of its body is the end of the stream, and a
    /// failure after it was sent is final. Unless it is [resumed by another request](Self::resume_with) or may be
    /// [repeated](Self::repeat_unsafe). Only if no connection could be made, so that nothing was sent, is it tried again.
    pub fn method(mut self, method: impl TryInto<Method>) -> Self {
        match method.try_into() {
            Ok(method) => self.method = method,
            Err(_) => self.complain("method is not one".to_owned()),
        }
        self
    }

    /// Sets the body of every request. Default: none. Its type is up to you: add the header `Content-Type`.
    ///
    /// It is sent with every attempt, except those that [`resume_with`](Self::resume_with) makes. A redirect takes it along
    /// by status 307 and 308, but not to another origin, which is an error.
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        self.body_with(move || body.clone())
    }

    /// Sets a function that makes the body of every request anew, where [`body`](Self::body) would send the same again.
    pub fn body_with<F>(mut self, body: F) -> Self
    where
        F: Fn() -> Bytes + Send + Sync + 'static,
    {
        self.body = Some(MakeBody(Arc::new(body)));
        self
    }

    /// Sets an async function that is given each attempt before it is sent, and returns it, changed or not: with a fresh
    /// token, another URL, another method. Default: none.
    ///
    /// It is not asked again for a redirect. If it fails, so does the attempt ([`Error::is_prepare`](crate::Error::is_prepare)), and there will be
    /// another one later, by the policy. It has as long as the [response](Self::response_timeout) after it.
    ///
    /// With such a hook, 401 and 407 are not final at once: it is asked for other credentials, without a delay, but only once
    /// until an event has come ([`Policy::resilient`](crate::Policy::resilient)).
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_client::EventSource;
    ///
    /// # async fn token(refresh: bool) -> Result<String, std::io::Error> { Ok(String::new()) }
    /// # fn main() -> Result<(), sse_client::Error> {
    /// let events = EventSource::builder("http://localhost:8080/stream")
    ///     .prepare(|attempt| async move {
    ///         let refused = attempt.cause().and_then(|cause| cause.status());
    ///         let token = token(refused.is_some_and(|status| status == 401)).await?;
    ///         Ok(attempt.with_header("Authorization", format!("Bearer {token}")))
    ///     })
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn prepare<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Attempt, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        self.prepare = Some(Prepare(Arc::new(move |attempt| Box::pin(hook(attempt)))));
        self
    }

    /// Sets a function that makes the request of each reconnection, once a server has answered with an event stream. Default:
    /// none, reconnections repeat the first request.
    ///
    /// It is given a `GET` of the same URL, with the same headers but those about the body, and without a body; `Last-Event-ID`
    /// is added as always. It returns that, changed or not, or `None` if there is nothing to resume with, which ends the stream.
    /// So a stream that began with a `POST` can be resumed, as MCP's streamable HTTP does.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_client::EventSource;
    ///
    /// # fn main() -> Result<(), sse_client::Error> {
    /// let events = EventSource::builder("http://localhost:8080/mcp")
    ///     .method("POST")
    ///     .header("Content-Type", "application/json")
    ///     .body(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#)
    ///     // Only a stream that has set an ID can be resumed.
    ///     .resume_with(|get| (!get.last_event_id().is_empty()).then_some(get))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume_with<F>(mut self, resume: F) -> Self
    where
        F: Fn(Attempt) -> Option<Attempt> + Send + Sync + 'static,
    {
        self.resume = Some(Resume(Arc::new(resume)));
        self
    }

    /// Sets whether a request may be repeated although its [method](Self::method) is not safe. Default `false`.
    ///
    /// Only for a server that is known to do nothing twice, for example by an idempotency key.
    pub fn repeat_unsafe(mut self, repeat: bool) -> Self {
        self.repeat_unsafe = repeat;
        self
    }

    /// Adds a header to every request. A name can be added more than once. A wrong name or value is reported by
    /// [`build`](Self::build).
    ///
    /// It takes the place of the header of that name that the client sets by itself: `Accept: text/event-stream`,
    /// `Accept-Encoding: identity`, `Cache-Control: no-cache`. `Last-Event-ID` is refused, use
    /// [`last_event_id`](Self::last_event_id).
    ///
    /// When a redirect leads to another origin (scheme, host and port), only `Accept`, `Accept-Encoding`, `Accept-Language`,
    /// `Cache-Control`, `Pragma` and `User-Agent` go there: any other may be a secret.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match header(name, value) {
            Ok((name, value)) => {
                self.headers.append(name, value);
            }
            Err(complaint) => self.complain(complaint),
        }
        self
    }

    /// Adds headers to every request, as [`header`](Self::header) does, but replaces those of the same names that were
    /// added before.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }
}

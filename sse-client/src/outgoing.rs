//! [`Outgoing`]: which request is sent next: drafted for each connection, changed by redirects, and not repeated where that
//! could do something twice.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::HeaderValue;
use http::{HeaderMap, Method};
use reqwest::Url;

use crate::attempt::{Attempt, become_get};
use crate::error::Error;
use crate::redirect::{BadRedirect, MAX_REDIRECTS, Target, may_travel};
use crate::request::Request;
use crate::response::ResponseHead;

/// What the caller wants to be sent.
#[derive(Clone, Debug)]
pub(crate) struct RequestSettings {
    pub(crate) url: Url,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<MakeBody>,
    pub(crate) resume: Option<Resume>,
    pub(crate) repeat_unsafe: bool,
}

/// Makes the body of each attempt.
#[derive(Clone)]
pub(crate) struct MakeBody(pub(crate) Arc<BodyWith>);

type BodyWith = dyn Fn() -> Bytes + Send + Sync;

/// Makes the request that goes on with a stream, out of a `GET` like the first request.
#[derive(Clone)]
pub(crate) struct Resume(pub(crate) Arc<ResumeWith>);

type ResumeWith = dyn Fn(Attempt) -> Option<Attempt> + Send + Sync;

/// The requests of one event source.
#[derive(Debug)]
pub(crate) struct Outgoing {
    settings: RequestSettings,
    /// Where a connection begins: at the caller's URL or, by the standard, where redirects have ended.
    home: Target,
    /// The request under way, as the last redirect has left it.
    current: Option<Current>,
    /// How many redirects there were on the way.
    redirects: u32,
    /// Whether a server has ever answered with an event stream, so that there is something to resume.
    was_open: bool,
}

#[derive(Debug)]
struct Current {
    /// Whether the method was a safe one before any redirect: what is repeated is not what redirects have made of it.
    was_safe: bool,
    method: Method,
    target: Target,
    headers: HeaderMap,
    body: Bytes,
}

impl Outgoing {
    pub(crate) fn new(settings: RequestSettings) -> Self {
        Self {
            home: Target::new(settings.url.clone()),
            settings,
            current: None,
            redirects: 0,
            was_open: false,
        }
    }

    /// Returns where a connection begins.
    pub(crate) fn home(&self) -> &Url {
        &self.home.url
    }

    /// Returns whether a request has been drafted for this connection.
    pub(crate) fn has_current(&self) -> bool {
        self.current.is_some()
    }

    /// Makes ready for the first request of a connection.
    pub(crate) fn restart(&mut self) {
        self.current = None;
        self.redirects = 0;
    }

    /// Drafts the first request of a connection. `None` if the caller says that there is nothing to resume with.
    pub(crate) fn draft(
        &self,
        last_event_id: &str,
        number: u32,
        cause: Option<Error>,
    ) -> Option<Attempt> {
        let RequestSettings {
            method,
            headers,
            body,
            resume,
            ..
        } = &self.settings;
        let mut headers = headers.clone();
        if self.home.foreign {
            leave_at_home(&mut headers);
        }
        let attempt = |body| Attempt {
            method: method.clone(),
            url: self.home.url.clone(),
            headers,
            body,
            number,
            last_event_id: last_event_id.to_owned(),
            cause,
            complaint: None,
        };
        match resume {
            Some(Resume(resume)) if self.was_open => resume(attempt(Bytes::new()).into_get()),
            _ => {
                let body = body.as_ref().map(|body| body.0()).unwrap_or_default();
                Some(attempt(body))
            }
        }
    }

    /// Takes the first request of a connection.
    pub(crate) fn begin(&mut self, attempt: Attempt) -> Result<(), Error> {
        if let Some(error) = attempt.error() {
            return Err(error);
        }
        self.current = Some(Current {
            was_safe: attempt.method.is_safe(),
            method: attempt.method,
            target: Target::new(attempt.url),
            headers: attempt.headers,
            body: attempt.body,
        });
        Ok(())
    }

    /// Makes the request to send now. `None` if none was begun.
    pub(crate) fn request(&self, last_event_id: Option<HeaderValue>) -> Option<Request> {
        let current = self.current.as_ref()?;
        Some(Request {
            method: current.method.clone(),
            body: current.body.clone(),
            ..Request::new(&current.target, &current.headers, last_event_id)
        })
    }

    /// Takes note of who has answered: the one that was asked, unless the HTTP client follows redirects by itself.
    pub(crate) fn answered(&mut self, head: &ResponseHead) {
        if let Some(current) = &mut self.current {
            current.target = current.target.moved_to(head.parsed_url().clone());
        }
    }

    /// Takes note that the answer was an event stream. A reconnect asks the URL that has answered, if `keep` says so.
    pub(crate) fn opened(&mut self, keep: bool) {
        self.was_open = true;
        if let (true, Some(current)) = (keep, &self.current) {
            self.home = Target {
                foreign: self.home.foreign || current.target.foreign,
                ..current.target.clone()
            };
        }
    }

    /// Turns to where a redirect leads, as the Fetch standard says
    /// ([`#http-redirect-fetch`](https://fetch.spec.whatwg.org/#http-redirect-fetch)), except that a body does not go to
    /// another origin, no more than the caller's headers do: it may be just as secret.
    pub(crate) fn follow(&mut self, head: &ResponseHead) -> Result<(), BadRedirect> {
        if self.redirects == MAX_REDIRECTS {
            return Err(BadRedirect::TooMany);
        }
        let Some(current) = &mut self.current else {
            return Err(BadRedirect::NoLocation);
        };
        let target = current.target.redirected(head.headers())?;
        let becomes_get = match head.status().as_u16() {
            301 | 302 => current.method == Method::POST,
            303 => !matches!(current.method, Method::GET | Method::HEAD),
            _ => false,
        };
        if becomes_get {
            become_get(&mut current.method, &mut current.headers, &mut current.body);
        }
        if target.foreign && !current.body.is_empty() {
            return Err(BadRedirect::BodyToOtherOrigin);
        }
        current.target = target;
        self.redirects += 1;
        Ok(())
    }

    /// Returns whether another request may be sent after the current one, without doing something twice that was
    /// meant to be done once.
    pub(crate) fn may_repeat(&self, cause: Option<&Error>) -> bool {
        let Some(current) = &self.current else {
            return true;
        };
        current.was_safe
            || self.settings.repeat_unsafe
            || (self.was_open && self.settings.resume.is_some())
            || cause.is_some_and(Error::is_unsent)
    }
}

/// Removes the headers that are for the caller's origin alone.
fn leave_at_home(headers: &mut HeaderMap) {
    let mut kept = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| may_travel(name)) {
        kept.append(name, value.clone());
    }
    *headers = kept;
}

impl fmt::Debug for MakeBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the caller's")
    }
}

impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the caller's")
    }
}

//! The account of requests: which one may be sent, and whether again.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use reqwest::Url;

use crate::attempt::Attempt;
use crate::happening::{Prepared, Resume, Settings};
use crate::outgoing::{self, MakeBody, RequestSettings};
use crate::redirect::MAX_REDIRECTS;
use crate::request::Request;

pub(crate) struct Requests {
    post: bool,
    repeat_unsafe: bool,
    resume: Resume,
    /// Where a connection begins, and whether another origin has led there.
    home: (Url, bool),
    /// A reconnect asks the URL that has answered.
    keeps_redirects: bool,
    /// A server has answered with an event stream.
    was_open: bool,
    /// The request that was begun last.
    current: Option<Current>,
    /// It is to be sent next, since the hook has given it back or a redirect asks for it.
    is_pending: bool,
    /// The attempt before has done nothing: it was not sent, or the server has asked for other credentials.
    is_excused: bool,
    /// A failure was reported, and no request was begun since.
    has_cause: bool,
}

/// A request as redirects have left it.
struct Current {
    was_safe: bool,
    method: Method,
    url: Url,
    has_body: bool,
    has_secret: bool,
    is_foreign: bool,
    redirects: u32,
}

impl Requests {
    pub(crate) fn new(settings: &Settings, keeps_redirects: bool) -> Self {
        Self {
            post: settings.post,
            repeat_unsafe: settings.repeat_unsafe,
            resume: settings.resume,
            home: (home(), false),
            keeps_redirects,
            was_open: false,
            current: None,
            is_pending: false,
            is_excused: false,
            has_cause: false,
        }
    }

    pub(crate) fn settings(&self) -> RequestSettings {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("secret"));
        if self.post {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        let resume = |resume: fn(Attempt) -> Option<Attempt>| outgoing::Resume(Arc::new(resume));
        RequestSettings {
            url: home(),
            method: if self.post { Method::POST } else { Method::GET },
            headers,
            body: self
                .post
                .then(|| MakeBody(Arc::new(|| Bytes::from_static(b"question")))),
            resume: match self.resume {
                Resume::Never => None,
                Resume::Always => Some(resume(Some)),
                Resume::WithId => Some(resume(|get| {
                    (!get.last_event_id().is_empty()).then_some(get)
                })),
            },
            repeat_unsafe: self.repeat_unsafe,
        }
    }

    /// Whether the caller's wish sends no request, since that would do something twice.
    pub(crate) fn refuses_wish(&self, is_under_way: bool) -> bool {
        (is_under_way || self.is_pending) && !self.may_repeat()
    }

    fn may_repeat(&self) -> bool {
        let Some(current) = &self.current else {
            return true;
        };
        current.was_safe || self.repeat_unsafe || self.resumes()
    }

    fn resumes(&self) -> bool {
        self.was_open && !matches!(self.resume, Resume::Never)
    }

    /// Another connection begins.
    pub(crate) fn restart(&mut self) {
        self.is_pending = false;
    }

    /// What was to be sent, or its answer, is no more.
    pub(crate) fn lost(&mut self, was_unsent: bool) {
        self.is_excused |= was_unsent;
    }

    /// A failure was reported, and what comes of it is a reconnection.
    pub(crate) fn reconnecting(&mut self, for_credentials: bool) {
        self.is_pending = false;
        self.is_excused |= for_credentials;
        self.has_cause = true;
    }

    pub(crate) fn opened(&mut self) {
        self.was_open = true;
        if let (true, Some(current)) = (self.keeps_redirects, &self.current) {
            self.home = (current.url.clone(), self.home.1 || current.is_foreign);
        }
    }

    /// The hook is asked.
    pub(crate) fn prepare(&mut self, attempt: &Attempt, last_event_id: &str) {
        assert!(!self.is_pending, "a redirect is no attempt");
        self.begin_anew();
        let drafted = self.draft();
        assert_eq!(*attempt.method(), drafted.method);
        assert_eq!(attempt.url(), drafted.url.as_str());
        assert_eq!(!attempt.body().is_empty(), drafted.has_body);
        assert_eq!(
            attempt.headers().contains_key(AUTHORIZATION),
            drafted.has_secret
        );
        assert_eq!(attempt.last_event_id(), last_event_id);
        assert!(
            attempt.cause().is_some() || !self.has_cause,
            "nobody says why there is another attempt"
        );
    }

    /// The hook has given it back.
    pub(crate) fn prepared(&mut self, change: Prepared) {
        let mut begun = self.draft();
        match change {
            Prepared::Get => begun.method = Method::GET,
            Prepared::Post => begun.method = Method::POST,
            Prepared::OtherUrl => begun.url = PREPARED.parse().expect("a URL"),
            Prepared::Unchanged | Prepared::BadUrl | Prepared::Failed => {}
        }
        begun.was_safe = begun.method.is_safe();
        self.begin(begun);
        self.is_pending = true;
    }

    /// A redirect is followed.
    pub(crate) fn redirected(&mut self, status: StatusCode, location: &str) {
        let current = self.current.as_mut().expect("a request");
        let url = current.url.join(location).expect("a URL");
        let becomes_get = match status.as_u16() {
            301 | 302 => current.method == Method::POST,
            303 => !matches!(current.method, Method::GET | Method::HEAD),
            _ => false,
        };
        if becomes_get {
            current.method = Method::GET;
            current.has_body = false;
        }
        current.is_foreign |= url.origin() != current.url.origin();
        current.url = url;
        current.redirects += 1;
        assert!(current.redirects <= MAX_REDIRECTS, "redirected for ever");
        self.is_pending = true;
    }

    pub(crate) fn sent(&mut self, request: &Request, has_hook: bool) {
        if !self.is_pending {
            assert!(!has_hook, "the hook was not asked");
            self.begin_anew();
            let drafted = self.draft();
            self.begin(drafted);
        }
        self.is_pending = false;
        let current = self.current.as_ref().expect("a request");
        assert_eq!(request.method, current.method);
        assert_eq!(request.url, current.url);
        assert_eq!(!request.body.is_empty(), current.has_body);
        assert!(
            !(current.is_foreign && current.has_body),
            "a body goes to another origin"
        );
        let has_secret = request.headers.contains_key(AUTHORIZATION);
        assert_eq!(
            has_secret,
            current.has_secret && !current.is_foreign,
            "a secret"
        );
    }

    /// Where the request goes that is under way.
    pub(crate) fn url(&self) -> Url {
        self.current
            .as_ref()
            .map_or_else(home, |current| current.url.clone())
    }

    /// Another attempt begins: it must not do twice what the one before may have done.
    fn begin_anew(&mut self) {
        assert!(self.may_repeat() || self.is_excused, "done twice");
        self.current = None;
    }

    fn begin(&mut self, request: Current) {
        self.current = Some(request);
        self.is_excused = false;
        self.has_cause = false;
    }

    fn draft(&self) -> Current {
        let is_post = self.post && !self.resumes();
        Current {
            was_safe: !is_post,
            method: if is_post { Method::POST } else { Method::GET },
            url: self.home.0.clone(),
            has_body: is_post,
            has_secret: !self.home.1,
            is_foreign: false,
            redirects: 0,
        }
    }
}

impl Prepared {
    /// What the hook says.
    pub(crate) fn result(self, attempt: Attempt) -> Result<Attempt, crate::error::Source> {
        Ok(match self {
            Self::Unchanged => attempt,
            Self::Get => attempt.with_method(Method::GET),
            Self::Post => attempt.with_method(Method::POST),
            Self::OtherUrl => attempt.with_url(PREPARED),
            Self::BadUrl => attempt.with_url("ftp://prepared.example/"),
            Self::Failed => return Err("no token".into()),
        })
    }

    pub(crate) fn is_good(self) -> bool {
        !matches!(self, Self::BadUrl | Self::Failed)
    }
}

fn home() -> Url {
    HOME.parse().expect("a URL")
}

pub(crate) const HOME: &str = "http://host.example/stream";
const PREPARED: &str = "http://prepared.example/";

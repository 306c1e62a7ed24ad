//! A driver of the engine that believes nothing: it keeps its own account of what the engine may do.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use sse_codec::{Event, LastEventId, Utf8Policy};

use crate::attempt::Attempt;
use crate::classifier::Reaction;
use crate::connection::{self, Action, Connection, Now};
use crate::decision::Rule;
use crate::error::{Error, Kind, Stage};
use crate::happening::{
    Happening, Head, Id, Location, Policy, Prepared, RetryAfter, Says, Settings, Status,
};
use crate::intake::IntakeSettings;
use crate::policy;
use crate::request::Request;
use crate::requests::{HOME, Requests};
use crate::response::ResponseHead;
use crate::script::{LIMIT, Script, What};
use crate::update::{CloseReason, ReadyState, Update};

pub(crate) struct Model {
    connection: Connection,
    now: Now,
    policy: Policy,
    says: Says,
    reject: bool,
    comments: bool,
    requests: Requests,
    has_hook: bool,
    /// What the hook was given last.
    attempt: Option<Attempt>,
    /// A request is under way or with the hook, or its answer is being read.
    connected: bool,
    /// The hook is at it.
    preparing: bool,
    /// The request's answer has come.
    answered: bool,
    /// The hook was asked for other credentials since the last event.
    asked_for_credentials: bool,
    /// The earliest time of the next request.
    not_before: Duration,
    /// How many reconnections there were since the last event.
    attempts: u32,
    /// How many more there may have been, that the caller's wish to reconnect has kept from being handed out.
    unreported: u32,
    /// The end was handed out, or the caller has closed.
    over: bool,
    /// The caller wants the end when everything is handed out.
    finishing: bool,
    script: Script,
    /// How much of the plan was handed out.
    handed_out: usize,
    /// The last event IDs that the client may be at: that of the event that was handed out last, and those of the blocks
    /// without one behind it, up to the next thing that has not been handed out.
    ids: Vec<String>,
    reconnection_time: Duration,
    /// What the answer that was refused last has asked for.
    retry_after: Duration,
}

impl Model {
    pub(crate) fn new(settings: &Settings) -> Self {
        // What cannot be an ID is none.
        let seed = settings.seed.map(Id::text).unwrap_or_default();
        let seed = LastEventId::new(seed).unwrap_or(LastEventId::from_static(""));
        let resilient = policy::Policy::resilient();
        let requests = Requests::new(settings, settings.policy == Policy::Standard);
        let policy = match settings.policy {
            Policy::Resilient => resilient,
            Policy::Standard => policy::Policy::standard(),
            Policy::Never => policy::Policy::never(),
            Policy::FewAttempts => resilient.max_attempts(Some(MAX_ATTEMPTS)),
            Policy::ShortDowntime => resilient.max_downtime(Some(Duration::from_secs(10))),
        };
        let timeout = |on: bool, seconds| on.then(|| Duration::from_secs(seconds));
        Self {
            ids: vec![seed.as_str().to_owned()],
            connection: Connection::new(connection::Settings {
                request: requests.settings(),
                has_hook: settings.hook,
                last_event_id: seed,
                policy: with_classifier(policy, settings.classifier),
                intake: IntakeSettings {
                    utf8: if settings.reject {
                        Utf8Policy::Reject
                    } else {
                        Utf8Policy::Replace
                    },
                    max_event_bytes: LIMIT,
                    comments: settings.comments,
                },
                response_timeout: timeout(settings.response_timeout, 30),
                idle_timeout: timeout(settings.idle_timeout, 50),
                event_timeout: timeout(settings.event_timeout, 90),
            }),
            now: Now {
                time: Duration::ZERO,
                wall: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
                random: 0,
            },
            policy: settings.policy,
            says: settings.classifier.unwrap_or(Says::Nothing),
            reject: settings.reject,
            comments: settings.comments,
            requests,
            has_hook: settings.hook,
            attempt: None,
            connected: false,
            preparing: false,
            answered: false,
            asked_for_credentials: false,
            not_before: Duration::ZERO,
            attempts: 0,
            unreported: 0,
            over: false,
            finishing: false,
            script: Script::default(),
            handed_out: 0,
            reconnection_time: Duration::from_secs(1),
            retry_after: Duration::ZERO,
        }
    }

    /// Hands out all there is, as a driver must before it tells the engine what has come.
    pub(crate) fn drain(&mut self) {
        while self.step() {}
    }

    pub(crate) fn happen(&mut self, happening: Happening) {
        // The caller can do these at any time. For all else the driver waits until everything is handed out.
        match happening {
            Happening::Take(items) => {
                for _ in 0..items {
                    if !self.step() {
                        break;
                    }
                }
                return;
            }
            Happening::Block(block) => {
                self.script.write(&block, self.reject);
                return;
            }
            Happening::Random(random) => {
                self.now.random = random;
                return;
            }
            Happening::ReconnectNow => {
                let is_under_way = self.connected && !self.preparing;
                self.connection.reconnect_now(self.now.time);
                if self.over || self.finishing || self.requests.refuses_wish(is_under_way) {
                    let needs_transport = self.connection.needs_transport();
                    assert_eq!(needs_transport, self.connected, "obeys all the same");
                    return;
                }
                self.connected = false;
                self.preparing = false;
                self.requests.restart();
                self.not_before = Duration::ZERO;
                self.retry_after = Duration::ZERO;
                self.unreported += 1;
                // What has not arrived never will. What has is handed out before the next request is sent.
                self.script.cut();
                return;
            }
            Happening::Close => {
                self.connection.close(self.now.time);
                self.over = true;
                self.connected = false;
                self.preparing = false;
                self.forget_script();
                return;
            }
            Happening::Finish => {
                self.connection.finish(self.now.time);
                self.finishing = true;
                self.connected = false;
                self.preparing = false;
                self.script.cut();
                return;
            }
            _ => self.drain(),
        }
        let was_open = self.is_open();
        match happening {
            Happening::Open => {
                let head = Head {
                    status: Status::Ok,
                    is_event_stream: true,
                    location: Location::None,
                    retry_after: None,
                };
                self.head(&head);
            }
            Happening::Head(head) => self.head(&head),
            Happening::Bytes(len) => self.feed(len.into()),
            Happening::AllBytes => self.feed(usize::MAX),
            Happening::End => self.connection.end(self.now),
            Happening::Lost {
                is_final,
                is_unsent,
            } => {
                let is_unsent = is_unsent && self.connected && !self.answered && !self.preparing;
                let kind = if is_unsent {
                    Kind::Transport {
                        stage: Stage::Connect,
                        is_timeout: false,
                        source: "refused".into(),
                    }
                } else {
                    Kind::EndOfBody { in_event: false }
                };
                self.requests.lost(is_unsent);
                let error = if is_final {
                    Error::last(kind)
                } else {
                    Error::passing(kind)
                };
                self.connection.failed(self.now, error);
            }
            Happening::Pass(time) => self.pass(Duration::from_millis(10) * u32::from(time)),
            Happening::WakeUp => self.connection.timer(self.now),
            Happening::Prepared(prepared) => self.prepared(prepared),
            Happening::Take(_)
            | Happening::Block(_)
            | Happening::Random(_)
            | Happening::ReconnectNow
            | Happening::Close
            | Happening::Finish => {}
        }
        self.note_loss();
        if was_open && !self.is_open() {
            self.forget_script();
        }
    }

    fn is_open(&self) -> bool {
        self.connection.ready_state() == ReadyState::Open
    }

    /// Does what the engine says next. Returns whether there may be more.
    fn step(&mut self) -> bool {
        match self.connection.next() {
            Action::Prepare(attempt) => self.prepare(attempt),
            Action::Send(request) => self.sent(&request),
            Action::Yield(update) => self.yielded(update),
            Action::Read => {
                assert!(self.connected && !self.over, "reads without a connection");
                let waiting = self.next_planned();
                assert!(waiting.is_none(), "{waiting:?} was fed and not handed out");
                assert_eq!(
                    Some(self.connection.last_event_id()),
                    self.ids.last().map(String::as_str),
                    "the last event ID is not that of the stream"
                );
                return false;
            }
            Action::Wait => {
                assert!(!self.over, "waits after the end");
                assert!(!self.connected, "waits while there is a connection");
                let deadline = self.connection.deadline(self.now.time);
                assert_eq!(
                    deadline,
                    Some(self.not_before),
                    "waits for the wrong moment"
                );
                return false;
            }
            Action::End => {
                assert!(self.over, "ends without a word");
                assert_eq!(self.connection.deadline(self.now.time), None);
                return false;
            }
        }
        let id = self.connection.last_event_id();
        assert!(
            self.ids.iter().any(|possible| possible == id),
            "{id:?} is not of {:?}",
            self.ids
        );
        true
    }

    /// Takes note that the engine has no use for the connection any more.
    fn note_loss(&mut self) {
        if !self.connection.needs_transport() {
            self.connected = false;
            self.preparing = false;
        }
    }

    fn prepare(&mut self, attempt: Attempt) {
        assert!(self.has_hook, "there is no hook");
        self.begin();
        self.requests
            .prepare(&attempt, self.connection.last_event_id());
        self.preparing = true;
        self.attempt = Some(attempt);
    }

    fn prepared(&mut self, prepared: Prepared) {
        let Some(attempt) = self.attempt.clone() else {
            return;
        };
        self.connection.prepared(self.now, prepared.result(attempt));
        // Otherwise nobody waits for it.
        if self.preparing && prepared.is_good() {
            assert!(!self.connection.needs_transport());
            self.requests.prepared(prepared);
        }
    }

    fn sent(&mut self, request: &Request) {
        self.begin();
        self.requests.sent(request, self.has_hook);
        let id = self.connection.last_event_id();
        let expected = Some(id.as_bytes()).filter(|_| Id::can_be_sent(id));
        let header = request
            .headers
            .get("last-event-id")
            .map(HeaderValue::as_bytes);
        assert_eq!(header, expected, "the request's last event ID");
        self.answered = false;
    }

    /// A request begins, or goes to the hook.
    fn begin(&mut self) {
        assert!(!self.over && !self.finishing, "a request after the end");
        assert!(!self.connected, "a request while there is one");
        assert!(
            self.now.time >= self.not_before,
            "a request before the delay is over"
        );
        let waiting = self.next_planned();
        assert!(waiting.is_none(), "{waiting:?} was fed and not handed out");
        self.forget_script();
        self.connected = true;
    }

    fn yielded(&mut self, update: Update) {
        assert!(!self.over, "{update:?} after the end");
        match update {
            Update::Open(_) => assert!(self.is_open(), "open, but not open"),
            Update::Event(event) => {
                self.received(Some(&event), |what| matches!(what, What::Event { .. }))
            }
            Update::Comment(_) => {
                assert!(self.comments, "a comment that nobody asked for");
                self.received(None, |what| matches!(what, What::Comment));
            }
            Update::ReconnectionTime(time) => {
                self.received(None, |what| *what == What::ReconnectionTime(time));
            }
            Update::Error(error) if error.is_last_event_id_not_sent() => {
                assert!(!Id::can_be_sent(self.connection.last_event_id()));
                assert!(!self.connected);
            }
            Update::Error(error) => {
                assert!(
                    error.parse_error().is_some() && !error.is_final(),
                    "{error}"
                );
                self.received(None, |what| matches!(what, What::Error));
            }
            Update::Reconnecting {
                delay,
                attempt,
                cause,
                decision,
            } => {
                assert!(!cause.is_final(), "{cause}");
                assert!(!self.finishing, "reconnects all the same");
                let may_be = match self.says {
                    Says::Nothing => self.policy != Policy::Never,
                    Says::Reconnect | Says::ReconnectAfter(_) => true,
                    Says::Fail | Says::Stop => false,
                };
                assert!(may_be, "reconnects all the same");
                let expected = self.attempts + 1..=self.attempts + 1 + self.unreported;
                assert!(
                    expected.contains(&attempt),
                    "attempt {attempt} is not {expected:?}"
                );
                self.attempts = attempt;
                self.unreported = 0;
                assert!(
                    self.policy != Policy::FewAttempts || attempt <= MAX_ATTEMPTS,
                    "too many attempts"
                );
                let not_before = match self.says {
                    Says::ReconnectAfter(seconds) => Duration::from_secs(seconds.into()),
                    _ => self.retry_after,
                };
                let base = self.reconnection_time.min(HOUR).max(FLOOR).max(not_before);
                let for_credentials = decision.rule() == Rule::Credentials;
                if for_credentials {
                    assert!(self.has_hook, "there is nobody to ask for credentials");
                    assert_ne!(self.policy, Policy::Standard);
                    assert!(!self.asked_for_credentials, "asked for credentials twice");
                    assert_eq!(delay, Duration::ZERO);
                    self.asked_for_credentials = true;
                } else {
                    assert!(delay >= base, "{delay:?} is less than {base:?}");
                    assert!(
                        delay <= (base * 3 / 2).max(CAP),
                        "{delay:?} is too much for {base:?}"
                    );
                }
                self.requests.reconnecting(for_credentials);
                self.not_before = self.now.time + delay;
                self.connected = false;
                self.retry_after = Duration::ZERO;
            }
            Update::Fruitless { connections } => assert_eq!(connections, 3),
            Update::Closed { why, .. } => {
                if matches!(why, CloseReason::Finished) {
                    assert!(self.finishing, "nobody wants it to finish");
                    let waiting = self.next_planned();
                    assert!(waiting.is_none(), "{waiting:?} was fed and not handed out");
                    self.forget_script();
                }
                self.over = true;
                self.connected = false;
            }
        }
    }

    /// Checks that what is handed out is what comes next in the stream.
    fn received(&mut self, event: Option<&Event>, is_expected: impl Fn(&What) -> bool) {
        let Some(index) = self.next_planned() else {
            panic!("something was handed out that was not fed");
        };
        let what = &self.script.planned[index].what;
        assert!(is_expected(what), "{what:?} was to come");
        self.handed_out = index + 1;
        if let (Some(event), What::Event { data, id }) = (event, what) {
            assert_eq!(event.data(), data);
            assert_eq!(event.last_event_id(), id);
            self.ids = vec![id.clone()];
        }
        self.take_ids();
    }

    /// What of the plan is to be handed out next, if it has been fed.
    fn next_planned(&self) -> Option<usize> {
        let planned = self.script.planned.iter().enumerate().skip(self.handed_out);
        planned
            .take_while(|(_, planned)| planned.decided_at <= self.script.fed)
            .find(|(_, planned)| match planned.what {
                What::Comment => self.comments,
                What::Id(_) => false,
                _ => true,
            })
            .map(|(index, _)| index)
    }

    /// Adds the IDs that stand in front of what is to be handed out next.
    fn take_ids(&mut self) {
        let end = self.next_planned().unwrap_or(self.script.planned.len());
        for planned in self.script.planned.iter().take(end).skip(self.handed_out) {
            if planned.decided_at > self.script.fed {
                break;
            }
            if let What::Id(id) = &planned.what {
                self.ids.push(id.clone());
            }
            self.handed_out += 1;
        }
    }

    /// What was written on this connection, and has not been handed out, is lost with it. The ID is what it is now.
    fn forget_script(&mut self) {
        let id = self.connection.last_event_id().to_owned();
        assert!(self.ids.contains(&id), "{id:?} is not of {:?}", self.ids);
        self.script = Script::new(&id);
        self.handed_out = 0;
        self.ids = vec![id];
    }

    fn head(&mut self, head: &Head) {
        let is_awaited = self.connected && !self.answered && !self.preparing;
        let status = head.status.code();
        let mut headers = HeaderMap::new();
        if head.is_event_stream {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        }
        if let Some(location) = head.location.text() {
            headers.insert(LOCATION, HeaderValue::from_static(location));
        }
        let retry_after = head
            .retry_after
            .map(|retry_after| retry_after.text(self.now.wall));
        if let Some((text, _)) = &retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).expect("text"));
        }
        let url = self.requests.url();
        let is_ok = status == StatusCode::OK && head.is_event_stream;
        let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        self.connection
            .head(self.now, ResponseHead::new(url, status, headers));
        if !is_awaited {
            return;
        }
        self.answered = true;
        assert_eq!(self.is_open(), is_ok);
        if is_ok {
            self.requests.opened();
            self.forget_script();
        } else if is_redirect && !self.connection.needs_transport() {
            // It is followed, and otherwise refused like any other.
            self.connected = false;
            assert!(head.location.is_good());
            let location = head.location.text().expect("a location");
            self.requests.redirected(status, location);
        } else {
            // Should another request follow, then since the server has refused to do anything. The report of that may be cut off
            // by the caller's wish to reconnect.
            self.requests
                .lost(self.has_hook && matches!(status.as_u16(), 401 | 407));
            // Whatever is made of it, not one more request comes of it at once.
            self.retry_after = retry_after.map_or(Duration::ZERO, |(_, time)| time.min(HOUR));
            self.not_before = self.not_before.max(self.now.time + FLOOR);
        }
    }

    fn feed(&mut self, len: usize) {
        if !self.is_open() {
            // Of no meaning now, whatever it says.
            self.connection.chunk(
                self.now,
                b"retry: 1\nid: stray\ndata: stray\n\n".as_slice().into(),
            );
            return;
        }
        let from = self.script.fed;
        let to = from.saturating_add(len).min(self.script.bytes.len());
        self.script.fed = to;
        for planned in &self.script.planned {
            if (from + 1..=to).contains(&planned.decided_at) {
                match planned.what {
                    What::Event { .. } => {
                        (self.attempts, self.unreported) = (0, 0);
                        self.asked_for_credentials = false;
                    }
                    What::ReconnectionTime(time) => self.reconnection_time = time,
                    What::Comment | What::Error | What::Id(_) => {}
                }
            }
        }
        self.take_ids();
        let chunk = self.script.bytes[from..to].to_vec();
        self.connection.chunk(self.now, chunk.into());
        assert!(self.is_open(), "bytes alone close no connection");
        // A long chunk is parsed bit by bit while it is handed out. What the caller's wish to reconnect cuts off of it has not
        // happened; so that no account is needed of how far it was, there is no wish before the end of it.
        if to - from > PARSED_AT_ONCE {
            self.drain();
        }
    }

    fn pass(&mut self, time: Duration) {
        let until = self.now.time + time;
        while let Some(deadline) = self
            .connection
            .deadline(self.now.time)
            .filter(|&at| at <= until)
        {
            assert!(deadline >= self.now.time, "a deadline that has passed");
            self.set_time(deadline);
            let was_open = self.is_open();
            self.connection.timer(self.now);
            self.note_loss();
            if was_open && !self.is_open() {
                self.forget_script();
            }
            self.drain();
        }
        self.set_time(until);
    }

    fn set_time(&mut self, time: Duration) {
        self.now.wall += time - self.now.time;
        self.now.time = time;
    }
}

fn with_classifier(policy: policy::Policy, says: Option<Says>) -> policy::Policy {
    let Some(says) = says else {
        return policy;
    };
    policy.classify(move |_| match says {
        Says::Nothing => None,
        Says::Reconnect => Some(Reaction::Reconnect),
        Says::ReconnectAfter(seconds) => Some(Reaction::ReconnectAfter(Duration::from_secs(
            seconds.into(),
        ))),
        Says::Fail => Some(Reaction::Fail),
        Says::Stop => Some(Reaction::Stop),
    })
}

impl Status {
    fn code(self) -> StatusCode {
        let code = match self {
            Self::Ok => 200,
            Self::NoContent => 204,
            Self::MovedPermanently => 301,
            Self::TemporaryRedirect => 307,
            Self::NotFound => 404,
            Self::TooManyRequests => 429,
            Self::ServiceUnavailable => 503,
            Self::Any(any) => 100 + any % 900,
            Self::SeeOther => 303,
            Self::Unauthorized => 401,
        };
        StatusCode::from_u16(code).expect("a code of three digits")
    }
}

impl Location {
    fn text(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Same => Some(HOME),
            Self::Other => Some("other?query"),
            Self::OtherOrigin => Some("http://elsewhere.example/"),
            Self::BadScheme => Some("ftp://elsewhere.example/"),
            Self::Nonsense => Some("http://[nonsense"),
        }
    }

    fn is_good(self) -> bool {
        matches!(self, Self::Same | Self::Other | Self::OtherOrigin)
    }
}

impl RetryAfter {
    /// The header, and how long it means.
    fn text(self, wall: SystemTime) -> (String, Duration) {
        match self {
            Self::Seconds(seconds) => (seconds.to_string(), Duration::from_secs(seconds.into())),
            // A date has no fractions of a second.
            Self::Date(seconds) => {
                let date = httpdate::fmt_http_date(wall + Duration::from_secs(seconds.into()));
                (
                    date,
                    Duration::from_secs(u64::from(seconds).saturating_sub(1)),
                )
            }
            Self::Nonsense => ("soon".to_owned(), Duration::ZERO),
        }
    }
}

const MAX_ATTEMPTS: u32 = 2;
const PARSED_AT_ONCE: usize = 16 * 1024;
const FLOOR: Duration = Duration::from_millis(100);
const CAP: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(60 * 60);

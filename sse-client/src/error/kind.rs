//! [`Kind`]: what an error is about.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use sse_codec::ParseError;

use super::Error;
use crate::redirect::BadRedirect;
use crate::response::ResponseHead;

/// What an error is about.
#[derive(Debug)]
pub(crate) enum Kind {
    /// What the builder was given cannot be used. With what and why.
    Builder(String),
    /// `https`, and no TLS to do it with.
    NoTls,
    /// The caller's hook has failed.
    Prepare(Source),
    Transport {
        stage: Stage,
        is_timeout: bool,
        source: Source,
    },
    /// An answer that was refused, and the first bytes of its body.
    Refused {
        why: Refusal,
        head: ResponseHead,
        body: Excerpt,
    },
    Timeout(Timeout, Duration),
    EndOfBody {
        in_event: bool,
    },
    LastEventIdNotSent {
        len: usize,
    },
    Parse(ParseError),
    /// There was nothing to wait for.
    Closed,
    Cursor(CursorStep, Source),
    /// An event was acknowledged, and there is no cursor store.
    NoCursorStore,
    RetriesExhausted {
        limit: Limit,
        last_failure: Error,
    },
}

/// The beginning of a body. Not shown by `Debug`: it may be long, and may repeat what was sent.
#[derive(Clone, Default)]
pub(crate) struct Excerpt(pub(crate) Vec<u8>);

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// An error of the HTTP client, with its URL removed.
pub(crate) type Source = Box<dyn StdError + Send + Sync>;

/// How far a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The request could not be built.
    Build,
    Connect,
    /// While connecting, or later, since TLS 1.3 lets a server refuse the client's one late.
    Certificate,
    /// The redirect policy of the caller's own HTTP client has given up.
    Redirect,
    Request,
    Body,
}

/// Why an answer was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Status,
    NotEventStream,
    /// An event stream, but compressed, and nobody has taken that off.
    Compressed,
    Redirect(BadRedirect),
}

/// What was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeout {
    Prepare,
    Response,
    Bytes,
    Event,
}

/// What was done with a cursor store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CursorStep {
    Load,
    Save,
}

/// A limit of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Attempts(u32),
    Downtime(Duration),
    Fruitless(u32),
}

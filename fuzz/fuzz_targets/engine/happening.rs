//! What can happen to the engine.

use arbitrary::Arbitrary;

#[derive(Arbitrary, Debug)]
pub(crate) struct Input {
    pub(crate) settings: Settings,
    pub(crate) happenings: Vec<Happening>,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    pub(crate) seed: Option<Id>,
    pub(crate) reject: bool,
    pub(crate) comments: bool,
    pub(crate) response_timeout: bool,
    pub(crate) idle_timeout: bool,
    pub(crate) event_timeout: bool,
    /// The method is `POST`, with a body.
    pub(crate) post: bool,
    pub(crate) repeat_unsafe: bool,
    pub(crate) resume: Resume,
    /// There is a hook that prepares each attempt.
    pub(crate) hook: bool,
    /// What the caller's classifier says to every failure.
    pub(crate) classifier: Option<Says>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Says {
    Nothing,
    Reconnect,
    /// After so many seconds.
    ReconnectAfter(u16),
    Fail,
    Stop,
}

/// When another request goes on with the stream.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Resume {
    Never,
    Always,
    /// Only if there is a last event ID.
    WithId,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Resilient,
    Standard,
    Never,
    FewAttempts,
    ShortDowntime,
}

#[derive(Arbitrary, Debug)]
pub(crate) enum Happening {
    /// The head of an event stream arrives.
    Open,
    /// Another head arrives.
    Head(Head),
    /// The server writes a block. Its bytes arrive with `Bytes`.
    Block(Block),
    /// So many bytes arrive, of those that were written.
    Bytes(u16),
    /// All that was written arrives.
    AllBytes,
    /// The body ends, whether all that was written has come or not.
    End,
    Lost {
        is_final: bool,
        /// It is certain that the request was not sent.
        is_unsent: bool,
    },
    /// So many items are handed out.
    Take(u8),
    /// Time passes, in hundredths of a second. The driver wakes up at the deadlines.
    Pass(u16),
    /// The driver wakes up without a reason.
    WakeUp,
    Random(u64),
    ReconnectNow,
    Close,
    Finish,
    /// The hook has done its work.
    Prepared(Prepared),
}

/// What the hook makes of an attempt.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Prepared {
    Unchanged,
    Get,
    Post,
    OtherUrl,
    BadUrl,
    Failed,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Head {
    pub(crate) status: Status,
    pub(crate) is_event_stream: bool,
    pub(crate) location: Location,
    pub(crate) retry_after: Option<RetryAfter>,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Status {
    Ok,
    NoContent,
    MovedPermanently,
    TemporaryRedirect,
    NotFound,
    TooManyRequests,
    ServiceUnavailable,
    Any(u16),
    SeeOther,
    Unauthorized,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Location {
    None,
    Same,
    Other,
    OtherOrigin,
    BadScheme,
    Nonsense,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum RetryAfter {
    Seconds(u16),
    /// So long after the wall clock's time.
    Date(u16),
    Nonsense,
}

/// What a server writes up to a blank line.
#[derive(Arbitrary, Debug)]
pub(crate) struct Block {
    pub(crate) comment: bool,
    pub(crate) reconnection_time: Option<u32>,
    pub(crate) id: Option<Id>,
    pub(crate) data: Data,
    pub(crate) ill_formed: bool,
    pub(crate) line_end: LineEnd,
    /// The blank line is never written.
    pub(crate) unfinished: bool,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Id {
    Empty,
    Number(u8),
    NotAscii,
    /// A control character, which a header cannot carry.
    Control,
    /// Nothing but spaces, which a header loses.
    Blank,
    /// Longer than a header may be.
    Long,
    /// As long as a header may be.
    AsLongAsPossible,
    /// Void by its U+0000.
    Nul,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Data {
    None,
    Number(u8),
    /// Longer than a slice of the intake.
    Long,
    TooLarge,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum LineEnd {
    Lf,
    Cr,
    CrLf,
}

//! [`Step`]: one thing that a server does with a request.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::signal::Signal;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Head(Box<Head>),
    Send(Bytes),
    Repeat(Bytes, u64),
    /// From here on, everything is sent in pieces of so many bytes.
    Pieces(usize),
    /// Bytes of the wire, past the coding of the body.
    Raw(Bytes),
    /// What the compression holds back.
    Flush,
    Wait(Signal),
    Give(Signal),
    Pause(Duration),
    GoAway,
    /// Steps come from the test.
    Live,
    Hold,
    HalfClose,
    Freeze,
    Cut,
    /// As `Cut`, within a chunk that was announced to be longer.
    CutChunk(Bytes),
    Reset,
    ResetStream(u32),
}

/// The head of a response.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) coding: Coding,
    #[cfg(feature = "gzip")]
    pub(crate) gzip: Option<Flushing>,
}

/// How HTTP/1.1 says where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Chunked,
    Length(u64),
    UntilClose,
}

/// When compressed bytes go out.
#[cfg(feature = "gzip")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushing {
    /// With everything that is sent.
    EachSend,
    /// When the script says so, or at the end.
    OnRequest,
}

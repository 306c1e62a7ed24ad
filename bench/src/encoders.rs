//! Writing event streams: `sse-codec` and its peers.
//!
//! Where the interface allows it, the event is made before the clock starts, and what it is written into is used again and has
//! grown before.

use std::convert::Infallible;
use std::error::Error;
use std::fmt::Write as _;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::response::IntoResponse as _;
use bytes::BytesMut;
use bytestring::ByteString;
use futures_codec::Encoder as _;
use futures_core::Stream;
use http_body::Body as _;
use sse_codec::{Encoder, EventType, LastEventId, OutgoingEvent};
use tokio_util::codec::Encoder as _;

use crate::oracle;
use crate::sink::{Digest, Sink as _, used};
use crate::stopwatch::Stopwatch;

/// An event to be written.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: &'static str,
    pub event_type: Option<&'static str>,
    pub id: Option<&'static str>,
    pub data: String,
}

/// All events that are written, in the order of the table.
pub fn cases() -> Vec<Case> {
    let chat = "{\"id\":\"chatcmpl-B9qXo2kTzR7LhVd3wYc5aEsJ\",\"object\":\"chat.completion.chunk\",\"created\":1790000000,\
                \"model\":\"large-chat-2026-08-06\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{\"index\":0,\
                \"delta\":{\"content\":\" stream\"},\"finish_reason\":null}]}";
    let line = "{\"row\": 17, \"columns\": [\"name\", \"size\", \"time\"]}, ..";
    let plain = |name, data| Case {
        name,
        event_type: None,
        id: None,
        data,
    };
    vec![
        plain("250 B", chat.to_owned()),
        plain("tiny", "x".to_owned()),
        Case {
            name: "40 lines",
            event_type: Some("report"),
            id: Some("184467"),
            data: vec![line; 40].join("\n"),
        },
        plain("1 MiB", chat.repeat((1 << 20) / chat.len())),
    ]
}

impl Case {
    /// How often it is written while the clock runs: some MiB.
    pub fn times(&self) -> usize {
        ((8 << 20) / (self.data.len() + 16)).clamp(16, 40_000)
    }

    fn expected(&self) -> Digest {
        let mut digest = Digest::default();
        let event_type = self.event_type.unwrap_or("message");
        digest.event(event_type, &self.data, self.id.unwrap_or_default());
        digest
    }
}

/// An encoder under test.
#[derive(Clone, Copy)]
pub struct Contender {
    pub name: &'static str,
    pub by: &'static str,
    pub is_peer: bool,
    /// Writes the event some times, and takes the time.
    pub run: fn(&Case, usize) -> Outcome<Duration>,
    /// Writes it once.
    pub write: fn(&Case) -> Outcome<Vec<u8>>,
}

impl Contender {
    /// Whether what it writes is read as the event that was meant.
    pub fn is_right(&self, case: &Case) -> bool {
        let Ok(bytes) = (self.write)(case) else {
            return false;
        };
        let mut seen = Digest::default();
        match std::str::from_utf8(&bytes) {
            Ok(text) => oracle::parse(text, &mut seen),
            Err(_) => return false,
        }
        seen == case.expected()
    }
}

macro_rules! contenders {
    ($($name:literal, $by:literal, $is_peer:literal, $encode:path;)*) => {
        &[$(Contender {
            name: $name,
            by: $by,
            is_peer: $is_peer,
            run: |case, times| {
                let mut taken = Duration::ZERO;
                $encode(case, times, &mut taken, &mut used)?;
                Ok(taken)
            },
            write: |case| {
                let mut written = Vec::new();
                let mut taken = Duration::ZERO;
                $encode(case, 1, &mut taken, &mut |bytes| written.extend_from_slice(bytes))?;
                Ok(written)
            },
        }),*]
    };
}

pub const CONTENDERS: &[Contender] = contenders! {
    "sse-codec", "`Encoder::encode` into a `Vec`", false, ours;
    "sse-codec, made anew", "`OutgoingEvent::new`, its values checked, and `Encoder::encode`", false, ours_made_anew;
    "sse-codec `to_bytes`", "`OutgoingEvent::to_bytes`", false, ours_to_bytes;
    "sse-stream", "`Sse::encode`", true, sse_stream;
    "russe", "`Encoder::encode` into a `BytesMut`", true, russe;
    "axum", "`Event`, through the body of `Sse`", true, axum;
    "warp", "`Event`, by `Display` into a `String`", true, warp;
    "sse-codec 0.3 (older crate)", "`Encoder::encode` into a `BytesMut`", true, older;
    "memcpy", "of what was written, into a `Vec`", false, copy;
};

/// What writing ends with.
pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[inline]
fn outgoing(case: &Case) -> Result<OutgoingEvent<'_>, sse_codec::InvalidValue> {
    let mut event = OutgoingEvent::new().data(case.data.as_str());
    if let Some(event_type) = case.event_type {
        event = event.event_type(EventType::new(event_type)?);
    }
    if let Some(id) = case.id {
        event = event.last_event_id(LastEventId::new(id)?);
    }
    Ok(event)
}

fn ours(case: &Case, times: usize, taken: &mut Duration, out: &mut impl FnMut(&[u8])) -> Outcome {
    let event = outgoing(case)?;
    let mut buffer = Vec::new();
    let mut encoder = Encoder::new();
    encoder.encode(&event, &mut buffer);
    let start = Stopwatch::start();
    for _ in 0..times {
        buffer.clear();
        encoder.encode(&event, &mut buffer);
        out(&buffer);
    }
    *taken = start.elapsed();
    Ok(())
}

fn ours_made_anew(
    case: &Case,
    times: usize,
    taken: &mut Duration,
    out: &mut impl FnMut(&[u8]),
) -> Outcome {
    let mut buffer = Vec::new();
    let mut encoder = Encoder::new();
    encoder.encode(&outgoing(case)?, &mut buffer);
    let start = Stopwatch::start();
    for _ in 0..times {
        buffer.clear();
        encoder.encode(&outgoing(case)?, &mut buffer);
        out(&buffer);
    }
    *taken = start.elapsed();
    Ok(())
}

fn ours_to_bytes(
    case: &Case,
    times: usize,
    taken: &mut Duration,
    out: &mut impl FnMut(&[u8]),
) -> Outcome {
    let event = outgoing(case)?;
    let start = Stopwatch::start();
    for _ in 0..times {
        out(&event.to_bytes());
    }
    *taken = start.elapsed();
    Ok(())
}

fn sse_stream(
    case: &Case,
    times: usize,
    taken: &mut Duration,
    out: &mut impl FnMut(&[u8]),
) -> Outcome {
    let event = sse_stream::Sse {
        event: case.event_type.map(str::to_owned),
        data: Some(case.data.clone()),
        id: case.id.map(str::to_owned),
        retry: None,
    };
    let events = vec![event; times];
    let start = Stopwatch::start();
    for event in events {
        out(&event.encode()?);
    }
    *taken = start.elapsed();
    Ok(())
}

fn russe(case: &Case, times: usize, taken: &mut Duration, out: &mut impl FnMut(&[u8])) -> Outcome {
    let message = russe::Message {
        data: ByteString::from(case.data.as_str()),
        event: case.event_type.map(ByteString::from_static),
        retry: None,
        id: case.id.map(ByteString::from_static),
    };
    let mut buffer = BytesMut::new();
    let mut encoder = russe::Encoder::default();
    encoder.encode(russe::Event::Message(message.clone()), &mut buffer)?;
    let start = Stopwatch::start();
    for _ in 0..times {
        buffer.clear();
        encoder.encode(russe::Event::Message(message.clone()), &mut buffer)?;
        out(&buffer);
    }
    *taken = start.elapsed();
    Ok(())
}

struct Repeated {
    case: Case,
    left: usize,
}

impl Stream for Repeated {
    type Item = Result<axum::response::sse::Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        let mut event = axum::response::sse::Event::default();
        if let Some(event_type) = self.case.event_type {
            event = event.event(event_type);
        }
        if let Some(id) = self.case.id {
            event = event.id(id);
        }
        Poll::Ready(Some(Ok(event.data(&self.case.data))))
    }
}

fn axum(case: &Case, times: usize, taken: &mut Duration, out: &mut impl FnMut(&[u8])) -> Outcome {
    let events = Repeated {
        case: case.clone(),
        left: times,
    };
    let mut body = axum::response::Sse::new(events).into_response().into_body();
    let mut context = Context::from_waker(Waker::noop());
    let start = Stopwatch::start();
    while let Poll::Ready(Some(frame)) = Pin::new(&mut body).poll_frame(&mut context) {
        if let Some(data) = frame?.data_ref() {
            out(data);
        }
    }
    *taken = start.elapsed();
    Ok(())
}

fn warp(case: &Case, times: usize, taken: &mut Duration, out: &mut impl FnMut(&[u8])) -> Outcome {
    let mut event = warp::sse::Event::default().data(case.data.as_str());
    if let Some(event_type) = case.event_type {
        event = event.event(event_type);
    }
    if let Some(id) = case.id {
        event = event.id(id);
    }
    let mut buffer = String::new();
    write!(buffer, "{event}")?;
    let start = Stopwatch::start();
    for _ in 0..times {
        buffer.clear();
        write!(buffer, "{event}")?;
        out(buffer.as_bytes());
    }
    *taken = start.elapsed();
    Ok(())
}

fn older(case: &Case, times: usize, taken: &mut Duration, out: &mut impl FnMut(&[u8])) -> Outcome {
    let event =
        sse_codec_old::Event::message(case.event_type.unwrap_or("message"), &case.data, case.id);
    let events = vec![event.clone(); times];
    let mut buffer = BytesMut::new();
    let mut encoder = sse_codec_old::SSECodec::default();
    encoder.encode(event, &mut buffer)?;
    let start = Stopwatch::start();
    for event in events {
        buffer.clear();
        encoder.encode(event, &mut buffer)?;
        out(&buffer);
    }
    *taken = start.elapsed();
    Ok(())
}

fn copy(case: &Case, times: usize, taken: &mut Duration, out: &mut impl FnMut(&[u8])) -> Outcome {
    let bytes = outgoing(case)?.to_bytes();
    let mut buffer = bytes.to_vec();
    let start = Stopwatch::start();
    for _ in 0..times {
        buffer.clear();
        buffer.extend_from_slice(&bytes);
        out(&buffer);
    }
    *taken = start.elapsed();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_right() {
        for case in cases() {
            for contender in CONTENDERS.iter().filter(|contender| !contender.is_peer) {
                assert!(
                    contender.is_right(&case),
                    "{} {}",
                    contender.name,
                    case.name
                );
            }
        }
    }
}

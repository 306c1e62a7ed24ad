//! What an [`Answer`] does, step by step, and how it ends.

use std::time::Duration;

use bytes::Bytes;

use super::Answer;
use crate::patience::fail;
use crate::signal::Signal;
use crate::step::Step;

/// What it does, in the order in which it is said.
impl Answer {
    /// Sends bytes, in one write. Chunked, they are one chunk; over HTTP/2, frames as large as the client allows.
    pub fn send(self, bytes: impl Into<Bytes>) -> Self {
        match bytes.into() {
            nothing if nothing.is_empty() => self,
            bytes => self.step(Step::Send(bytes)),
        }
    }

    /// Sends the same bytes so many times, each time as [`send`](Self::send) does.
    pub fn send_repeated(self, bytes: impl Into<Bytes>, times: u64) -> Self {
        self.step(Step::Repeat(bytes.into(), times))
    }

    /// Sends everything from here on in pieces of so many bytes: each has a write of its own (and a chunk, and a frame of
    /// HTTP/2), and the client's tasks get their turn in between. 1 splits a stream at every byte.
    ///
    /// # Panics
    ///
    /// If it is 0.
    #[track_caller]
    pub fn in_pieces(self, bytes: usize) -> Self {
        if bytes == 0 {
            fail("pieces of no bytes never come to an end");
        }
        self.step(Step::Pieces(bytes))
    }

    /// Sends what a compression holds back.
    pub fn flush(self) -> Self {
        self.step(Step::Flush)
    }

    /// Writes bytes of the wire past the coding of the body: a broken chunk, for example. HTTP/1.1 only: over HTTP/2 the
    /// connection is closed at once.
    pub fn send_raw(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Raw(bytes.into()))
    }

    /// Stalls until a signal is given, or the client has left.
    ///
    /// If neither happens within 30 seconds by the real clock, the connection's task panics, which closes the connection.
    pub fn wait(self, signal: &Signal) -> Self {
        self.step(Step::Wait(signal.clone()))
    }

    /// Gives a signal, when the kernel has taken everything that was sent before.
    pub fn give(self, signal: &Signal) -> Self {
        self.step(Step::Give(signal.clone()))
    }

    /// Stalls for so long by tokio's clock, which a test may have paused, or until the client has left.
    pub fn pause(self, time: Duration) -> Self {
        self.step(Step::Pause(time))
    }

    /// Asks the client, by GOAWAY, to make no more requests on this connection; this one goes on. HTTP/2 only: over HTTP/1.1
    /// it does nothing.
    pub fn go_away(self) -> Self {
        self.step(Step::GoAway)
    }

    /// Goes on with what the test says through the [`Exchange`](crate::Exchange) that it accepts, and when that is dropped,
    /// with the steps behind this one.
    pub fn then_live(self) -> Self {
        self.step(Step::Live)
    }
}

/// How it ends, if not as it should.
impl Answer {
    /// Holds the connection open, and silent, until the client has left. Over HTTP/2 this is about its stream: pings are
    /// answered.
    pub fn hold(self) -> Self {
        self.step(Step::Hold)
    }

    /// Closes the connection without the end of the body: without the last chunk, without the end of the stream over HTTP/2,
    /// and without the closing alert of TLS.
    pub fn cut(self) -> Self {
        self.step(Step::Cut)
    }

    /// Closes the connection within a chunk: sends bytes as the beginning of one that was announced to be longer by 16. Only
    /// where the body is chunked; otherwise as [`send`](Self::send) and [`cut`](Self::cut).
    pub fn cut_within_chunk(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::CutChunk(bytes.into()))
    }

    /// Resets the connection: the client is sent an RST, which may also destroy what it has not read yet. To be sure that
    /// it has, [`wait`](Self::wait) for it before.
    pub fn reset(self) -> Self {
        self.step(Step::Reset)
    }

    /// Resets the stream with an error code (8 is `CANCEL`, 2 is `INTERNAL_ERROR`); the connection lives on. HTTP/2 only: over
    /// HTTP/1.1 it is [`reset`](Self::reset).
    pub fn reset_stream(self, code: u32) -> Self {
        self.step(Step::ResetStream(code))
    }

    /// Closes the sending half of the connection without the end of the body, and reads on until the client has left.
    pub fn half_close(self) -> Self {
        self.step(Step::HalfClose)
    }

    /// Goes dead like a machine whose cable was pulled: from here on nothing is sent on this connection, pings of HTTP/2
    /// are not answered, nothing that comes is looked at. Only the kernel goes on to acknowledge. Lasts until the client
    /// has left.
    pub fn freeze(self) -> Self {
        self.step(Step::Freeze)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

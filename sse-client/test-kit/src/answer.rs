//! [`Answer`]: what the server does with one request.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::patience::fail;
use crate::signal::Signal;
#[cfg(feature = "gzip")]
use crate::step::Flushing;
use crate::step::{Coding, Head, Step};

/// What the server does with one request: a response, step by step, with all the faults that are wanted.
///
/// The head goes out first, then what the steps say, in their order. Behind the last step the body ends as it should; a
/// connection that can carry another request stays open for it. A step that ends the script makes those behind it void.
///
/// Everything works over HTTP/1.1 and HTTP/2, with and without TLS, unless it says otherwise.
///
/// # Examples
///
/// ```
/// use sse_test_kit::{Answer, Signal};
///
/// let seen = Signal::new();
/// // An event, a silence until the test has seen it, half an event, and a reset.
/// let _ = Answer::stream("id: 1\ndata: a\n\n").wait(&seen).send("data: ha").reset();
/// // An overloaded server.
/// let _ = Answer::status(503).header("Retry-After", "5").send("come back later");
/// // A body that is cut by the end of the connection.
/// let _ = Answer::stream("data: a\n\n").content_length(1_000);
/// ```
#[derive(Clone, Debug)]
#[must_use = "an answer does nothing until it is given to a server"]
pub struct Answer {
    /// Without one, the steps write the bytes of the wire.
    head: Option<AnswerHead>,
    at_accept: bool,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
struct AnswerHead {
    status: StatusCode,
    headers: HeaderMap,
    coding: Option<Coding>,
    #[cfg(feature = "gzip")]
    gzip: Option<Flushing>,
}

/// How it begins.
impl Answer {
    /// Answers 200 with the type `text/event-stream`, and sends bytes. More can be sent by the steps.
    pub fn stream(bytes: impl Into<Bytes>) -> Self {
        Self::with_head(StatusCode::OK, Some(Coding::Chunked))
            .header("Content-Type", "text/event-stream")
            .send(bytes)
    }

    /// Answers with a status, and no body unless the steps send one.
    ///
    /// # Panics
    ///
    /// If the status is not between 100 and 999.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        match StatusCode::from_u16(status) {
            Ok(status) => Self::with_head(status, None),
            Err(_) => fail(format_args!("{status} is no status")),
        }
    }

    /// Answers with a redirect to a location, which can be relative.
    ///
    /// # Panics
    ///
    /// If the status is not between 100 and 999, or if the location cannot be in a header.
    #[track_caller]
    pub fn redirect(status: u16, location: impl AsRef<[u8]>) -> Self {
        Self::status(status).header(LOCATION.as_str(), location)
    }

    /// Writes bytes of the wire in the place of a response, and closes the connection behind the last step. HTTP/1.1 only:
    /// over HTTP/2 the connection is closed at once.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self {
            head: None,
            at_accept: false,
            steps: Vec::new(),
        }
        .send(bytes)
    }

    /// Closes the connection, without an answer, behind the last step.
    pub fn close() -> Self {
        Self::raw("")
    }

    /// Answers nothing, and holds the connection open until the client has left. It works at
    /// once, too: see [`at_accept`](Self::at_accept).
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_test_kit::{Answer, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = Server::start([Answer::silence()]);
    /// let response = tokio::spawn(reqwest::get(server.url("/")));
    /// server.request(0).await;
    /// // The client gives up.
    /// response.abort();
    /// server.closed(1).await;
    /// # }
    /// ```
    pub fn silence() -> Self {
        Self::close().hold()
    }

    /// Leaves everything to the [`Exchange`](crate::Exchange) that the test accepts.
    pub fn live() -> Self {
        Self::close().then_live()
    }

    fn with_head(status: StatusCode, coding: Option<Coding>) -> Self {
        let head = AnswerHead {
            status,
            headers: HeaderMap::new(),
            coding,
            #[cfg(feature = "gzip")]
            gzip: None,
        };
        Self {
            head: Some(head),
            at_accept: false,
            steps: Vec::new(),
        }
    }
}

/// What its head says. These work wherever they stand among the steps.
impl Answer {
    /// Sets a header, in the place of those of that name.
    ///
    /// # Panics
    ///
    /// If HTTP forbids the name or the value, or if the answer is raw.
    #[track_caller]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = header(name, value.as_ref());
        self.head("a header").headers.insert(name, value);
        self
    }

    /// Adds a header, behind those of that name.
    ///
    /// # Panics
    ///
    /// As [`header`](Self::header).
    #[track_caller]
    pub fn append_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let (name, value) = header(name, value.as_ref());
        self.head("a header").headers.append(name, value);
        self
    }

    /// Sets the content type.
    ///
    /// # Panics
    ///
    /// As [`header`](Self::header).
    #[track_caller]
    pub fn content_type(self, value: impl AsRef<[u8]>) -> Self {
        self.header(CONTENT_TYPE.as_str(), value)
    }

    /// Removes the content type.
    ///
    /// # Panics
    ///
    /// If the answer is raw.
    #[track_caller]
    pub fn without_content_type(mut self) -> Self {
        self.head("a header").headers.remove(CONTENT_TYPE);
        self
    }

    /// Sends the body in chunks, one for everything that is sent. Default for [`stream`](Self::stream). HTTP/2 has its own
    /// frames.
    ///
    /// # Panics
    ///
    /// If the answer is raw.
    #[track_caller]
    pub fn chunked(self) -> Self {
        self.coding(Coding::Chunked)
    }

    /// Announces so many bytes of body. If the steps send fewer, the connection is closed behind them, which cuts the body.
    /// Over HTTP/2 it is a header, and a body that is shorter is malformed.
    ///
    /// For an answer that is not a stream, the default is the number of bytes that the steps send.
    ///
    /// # Panics
    ///
    /// If the answer is raw.
    #[track_caller]
    pub fn content_length(self, bytes: u64) -> Self {
        self.coding(Coding::Length(bytes))
    }

    /// Lets the body end with the connection. HTTP/2 has its own end.
    ///
    /// # Panics
    ///
    /// If the answer is raw.
    #[track_caller]
    pub fn until_close(self) -> Self {
        self.coding(Coding::UntilClose)
    }

    /// Compresses the body with gzip, and flushes it behind everything that is sent, as a server of events should.
    ///
    /// # Panics
    ///
    /// If the answer is raw.
    #[cfg(feature = "gzip")]
    #[track_caller]
    pub fn gzip(self) -> Self {
        self.compressed(Flushing::EachSend)
    }

    /// Compresses the body with gzip, and keeps back what the compression keeps, until [`flush`](Self::flush) or the end.
    /// This is what makes events late.
    ///
    /// # Panics
    ///
    /// If the answer is raw.
    #[cfg(feature = "gzip")]
    #[track_caller]
    pub fn gzip_without_flush(self) -> Self {
        self.compressed(Flushing::OnRequest)
    }

    /// Acts as soon as a connection is accepted, before TLS and without a request. Only for answers that are raw, or
    /// [`close`](Self::close); it takes its turn among the others.
    ///
    /// # Panics
    ///
    /// If the answer has a head.
    #[track_caller]
    pub fn at_accept(mut self) -> Self {
        if self.head.is_some() {
            fail("an answer with a head needs a request");
        }
        self.at_accept = true;
        self
    }

    #[track_caller]
    fn coding(mut self, coding: Coding) -> Self {
        self.head("a coding").coding = Some(coding);
        self
    }

    #[cfg(feature = "gzip")]
    #[track_caller]
    fn compressed(mut self, flushing: Flushing) -> Self {
        self.head("a compression").gzip = Some(flushing);
        self.header("Content-Encoding", "gzip")
    }

    #[track_caller]
    fn head(&mut self, what: &str) -> &mut AnswerHead {
        match &mut self.head {
            Some(head) => head,
            None => fail(format_args!("a raw answer has no place for {what}")),
        }
    }
}

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
}

impl Answer {
    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    pub(crate) fn is_at_accept(&self) -> bool {
        self.at_accept
    }

    /// All steps, the head among them.
    pub(crate) fn into_steps(self) -> Vec<Step> {
        let Some(head) = self.head else {
            // The bytes that a raw answer sends are those of the wire.
            return self.steps;
        };
        // Nobody knows how long it becomes by compression.
        #[cfg(feature = "gzip")]
        let is_compressed = head.gzip.is_some();
        #[cfg(not(feature = "gzip"))]
        let is_compressed = false;
        let coding = match (head.coding, length(&self.steps)) {
            (Some(coding), _) => coding,
            (None, Some(length)) if !is_compressed => Coding::Length(length),
            (None, _) => Coding::Chunked,
        };
        let head = Head {
            status: head.status,
            headers: head.headers,
            coding,
            #[cfg(feature = "gzip")]
            gzip: head.gzip,
        };
        let mut steps = vec![Step::Head(Box::new(head))];
        steps.extend(self.steps);
        steps
    }
}

/// Returns how many bytes some steps send, if that is known.
fn length(steps: &[Step]) -> Option<u64> {
    let mut length = 0;
    for step in steps {
        match step {
            Step::Send(bytes) => length += bytes.len() as u64,
            Step::Repeat(bytes, times) => length += bytes.len() as u64 * times,
            Step::Live => return None,
            _ => {}
        }
    }
    Some(length)
}

#[track_caller]
fn header(name: &str, value: &[u8]) -> (HeaderName, HeaderValue) {
    match (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::from_bytes(value),
    ) {
        (Ok(name), Ok(value)) => (name, value),
        (Err(_), _) => fail(format_args!("{name:?} is no name of a header")),
        (_, Err(_)) => fail(format_args!(
            "the header {name} cannot have the value {:?}",
            String::from_utf8_lossy(value)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_no_stream_announces_what_it_sends() {
        let steps = Answer::status(404)
            .send("ab")
            .send_repeated("abc", 4)
            .into_steps();
        assert!(matches!(&steps[0], Step::Head(head) if head.coding == Coding::Length(14)));
    }

    #[test]
    #[should_panic = "the header x-a cannot have the value"]
    fn a_header_with_a_line_end_is_refused() {
        let _ = Answer::stream("").header("x-a", "b\r\nx-c: d");
    }

    #[test]
    #[should_panic = "a raw answer has no place for a header"]
    fn a_raw_answer_has_no_headers() {
        let _ = Answer::raw("").header("x-a", "b");
    }

    #[test]
    #[should_panic = "1000 is no status"]
    fn a_status_has_three_digits() {
        let _ = Answer::status(1000);
    }
}

//! What the head of an [`Answer`] says.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};

use super::{Answer, AnswerHead};
use crate::patience::fail;
use crate::step::Coding;
#[cfg(feature = "gzip")]
use crate::step::Flushing;

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
    #[should_panic = "the header x-a cannot have the value"]
    fn a_header_with_a_line_end_is_refused() {
        let _ = Answer::stream("").header("x-a", "b\r\nx-c: d");
    }

    #[test]
    #[should_panic = "a raw answer has no place for a header"]
    fn a_raw_answer_has_no_headers() {
        let _ = Answer::raw("").header("x-a", "b");
    }
}

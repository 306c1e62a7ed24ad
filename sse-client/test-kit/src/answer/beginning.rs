//! How an [`Answer`] begins.

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};

use super::{Answer, AnswerHead};
use crate::patience::fail;
use crate::step::Coding;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic = "1000 is no status"]
    fn a_status_has_three_digits() {
        let _ = Answer::status(1000);
    }
}

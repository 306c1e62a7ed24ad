//! [`Answer`]: what the server does with one request.

mod beginning;
mod head;
mod steps;

use http::{HeaderMap, StatusCode};

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

impl Answer {
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
}

//! [`Exchange`]: a request that a test has accepted, and its say in the answer.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use crate::answer::Answer;
use crate::patience::{fail, within};
use crate::request::Request;
use crate::signal::Signal;
use crate::step::Step;

/// A request that a test has accepted by [`Server::accept`](crate::Server::accept), and, if its answer is
/// [live](Answer::live), the test's say in that.
///
/// What it is told to do is done in order, by the server's task: [`sent`](Self::sent) waits for it. To drop it is to end
/// the answer as it should end; for other ends there are methods.
///
/// # Examples
///
/// ```
/// use sse_test_kit::{Answer, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// let server = Server::builder().otherwise(Answer::live()).start();
/// let response = tokio::spawn(reqwest::get(server.url("/")));
///
/// let exchange = server.accept().await;
/// assert_eq!(exchange.request().target(), "/");
/// exchange.play(Answer::stream("data: a\n\n"));
/// let mut response = response.await.unwrap()?;
/// assert_eq!(response.chunk().await?.unwrap(), "data: a\n\n");
/// exchange.send("data: b\n\n");
/// assert_eq!(response.chunk().await?.unwrap(), "data: b\n\n");
/// drop(response);
/// exchange.closed().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Exchange {
    request: Request,
    steps: mpsc::UnboundedSender<Step>,
    progress: watch::Receiver<Progress>,
    connection_closed: watch::Receiver<bool>,
    limit: Duration,
}

/// How far an answer has come.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The client has left the answer, or its connection.
    pub(crate) closed: bool,
    /// The answer has come to its end.
    pub(crate) ended: bool,
}

impl Exchange {
    pub(crate) fn new(
        request: Request,
        steps: mpsc::UnboundedSender<Step>,
        progress: watch::Receiver<Progress>,
        connection_closed: watch::Receiver<bool>,
        limit: Duration,
    ) -> Self {
        Self {
            request,
            steps,
            progress,
            connection_closed,
            limit,
        }
    }

    /// Returns the request.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Plays an answer, but not its end, unless it says how it ends.
    pub fn play(&self, answer: Answer) {
        for step in answer.into_steps() {
            self.step(step);
        }
    }

    /// Sends bytes of the body, as [`Answer::send`] does.
    pub fn send(&self, bytes: impl Into<Bytes>) {
        self.step(Step::Send(bytes.into()));
    }

    /// Ends the connection as [`Answer::cut`] does.
    pub fn cut(self) {
        self.step(Step::Cut);
    }

    /// Ends the connection as [`Answer::reset`] does.
    pub fn reset(self) {
        self.step(Step::Reset);
    }

    /// Waits until the kernel has taken everything that was to be sent.
    ///
    /// # Panics
    ///
    /// If it does not within the server's limit, or if the answer has ended before.
    ///
    /// # Cancel safety
    ///
    /// To stop waiting changes nothing.
    pub async fn sent(&self) {
        let signal = Signal::new();
        self.step(Step::Give(signal.clone()));
        let mut progress = self.progress.clone();
        let sent = async {
            tokio::select! {
                biased;
                () = signal.wait() => true,
                _ = progress.wait_for(|progress| progress.ended) => signal.is_given(),
            }
        };
        match within(self.limit, sent).await {
            Some(true) => {}
            Some(false) => fail("the answer has ended before everything was sent"),
            None => fail(format_args!(
                "not everything was sent within {:?}",
                self.limit
            )),
        }
    }

    /// Waits until the client has left: has closed the connection, or reset the stream of HTTP/2.
    ///
    /// # Panics
    ///
    /// If it does not within the server's limit, or if the answer has ended without that.
    ///
    /// # Cancel safety
    ///
    /// To stop waiting changes nothing.
    pub async fn closed(&self) {
        let mut progress = self.progress.clone();
        let mut connection = self.connection_closed.clone();
        let closed = async {
            tokio::select! {
                biased;
                // An error says that the connection has ended, and that it was not by the client.
                Ok(_) = connection.wait_for(|&closed| closed) => true,
                Ok(progress) = progress.wait_for(|progress| progress.closed) => progress.closed,
                else => false,
            }
        };
        match within(self.limit, closed).await {
            Some(true) => {}
            Some(false) => fail("the server has closed the connection before the client did"),
            None => fail(format_args!("the client stays, for {:?}", self.limit)),
        }
    }

    fn step(&self, step: Step) {
        // Nobody listens if the answer has ended.
        let _ = self.steps.send(step);
    }
}

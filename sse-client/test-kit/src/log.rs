//! [`Log`]: what has happened so far, and waits for what is to happen.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::exchange::{Exchange, Progress};
use crate::patience::{fail, within};
use crate::request::Request;
use crate::step::Step;

/// What has happened so far.
#[derive(Debug)]
pub(crate) struct Log {
    happened: watch::Sender<Happened>,
    /// Those that the test has not accepted yet.
    exchanges: Mutex<VecDeque<Exchange>>,
    /// How long a test may wait, by the real clock.
    limit: Duration,
}

#[derive(Debug, Default)]
pub(crate) struct Happened {
    pub(crate) connections: usize,
    /// Connections that the client has closed, or reset.
    pub(crate) closed: usize,
    pub(crate) requests: Vec<Request>,
    /// Answers that have come to their end.
    pub(crate) played: usize,
    /// What the client has done wrong.
    pub(crate) troubles: Vec<String>,
}

impl Log {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            happened: watch::Sender::default(),
            exchanges: Mutex::default(),
            limit,
        }
    }

    /// Returns the number of the new connection.
    pub(crate) fn connected(&self) -> usize {
        let mut number = 0;
        self.happened.send_modify(|happened| {
            number = happened.connections;
            happened.connections += 1;
        });
        number
    }

    pub(crate) fn closed(&self) {
        self.happened.send_modify(|happened| happened.closed += 1);
    }

    pub(crate) fn trouble(&self, trouble: String) {
        self.happened
            .send_modify(|happened| happened.troubles.push(trouble));
    }

    pub(crate) fn played(&self) {
        self.happened.send_modify(|happened| happened.played += 1);
    }

    /// Keeps a request, and returns what the test says to it, and whom to tell how far it has come.
    pub(crate) fn requested(
        &self,
        request: &Request,
        connection_closed: watch::Receiver<bool>,
    ) -> (mpsc::UnboundedReceiver<Step>, watch::Sender<Progress>) {
        let (steps, said) = mpsc::unbounded_channel();
        let (tell, progress) = watch::channel(Progress::default());
        let exchange = Exchange::new(
            request.clone(),
            steps,
            progress,
            connection_closed,
            self.limit,
        );
        self.exchanges().push_back(exchange);
        self.happened
            .send_modify(|happened| happened.requests.push(request.clone()));
        (said, tell)
    }

    /// Waits until the test may have the next request.
    pub(crate) async fn accept(&self) -> Exchange {
        let mut accepted = None;
        self.wait("further request".to_owned(), |_| {
            accepted = self.exchanges().pop_front();
            accepted.is_some()
        })
        .await;
        accepted.unwrap_or_else(|| fail("a request has vanished"))
    }

    /// Returns something of what has happened.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Happened) -> T) -> T {
        look(&self.happened.borrow())
    }

    /// Waits until something has happened. Panics if it does not in time.
    pub(crate) async fn wait(&self, what: String, has_happened: impl FnMut(&Happened) -> bool) {
        let mut happened = self.happened.subscribe();
        let has_happened = async {
            // Its sender is in `self`, so it lives.
            let _ = happened.wait_for(has_happened).await;
        };
        if within(self.limit, has_happened).await.is_none() {
            let so_far = self.look(Happened::to_string);
            fail(format_args!(
                "no {what} within {:?}; so far: {so_far}",
                self.limit
            ));
        }
    }

    fn exchanges(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        // Whole also if a thread has panicked.
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} connections, {} of them closed by the client, {} answers played, {} requests",
            self.connections,
            self.closed,
            self.played,
            self.requests.len()
        )?;
        for request in self.requests.iter().take(SHOWN) {
            write!(f, ", {request}")?;
        }
        for trouble in self.troubles.iter().take(SHOWN) {
            write!(f, "; {trouble}")?;
        }
        Ok(())
    }
}

/// How many requests, or troubles, a message shows.
const SHOWN: usize = 20;

//! [`Playing`]: an answer that is being played.

use tokio::sync::{mpsc, watch};

use crate::exchange::Progress;
use crate::link::Link;
use crate::request::Request;
use crate::step::Step;

/// An answer that is being played. Tells its end when it is dropped, so that this holds also for tasks that are aborted.
pub(crate) struct Playing<'a> {
    /// What the test says.
    pub(crate) said: mpsc::UnboundedReceiver<Step>,
    progress: watch::Sender<Progress>,
    link: &'a Link,
}

impl<'a> Playing<'a> {
    pub(crate) fn new(
        request: &Request,
        connection_closed: watch::Receiver<bool>,
        link: &'a Link,
    ) -> Self {
        let (said, progress) = link.log.requested(request, connection_closed);
        Self {
            said,
            progress,
            link,
        }
    }

    /// One that nobody has asked for.
    pub(crate) fn without_request(link: &'a Link) -> Self {
        Self {
            said: mpsc::unbounded_channel().1,
            progress: watch::Sender::default(),
            link,
        }
    }

    /// Tells that the client has left.
    pub(crate) fn closed(&self) {
        self.progress.send_modify(|progress| progress.closed = true);
    }
}

impl Drop for Playing<'_> {
    fn drop(&mut self) {
        self.progress.send_modify(|progress| progress.ended = true);
        self.link.log.played();
    }
}

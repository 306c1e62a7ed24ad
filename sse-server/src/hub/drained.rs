//! [`Drained`]: the end of a drain.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Shared;

/// Is ready when all streams have ended, at the latest when the window of the drain is over.
///
/// Made by [`Hub::drain`](crate::Hub::drain), which does its work whether this is awaited or not.
///
/// # Cancel safety
///
/// It may be dropped at any time, and the drain goes on.
pub struct Drained {
    shared: Arc<Shared>,
}

impl Drained {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl Future for Drained {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared.with(|state| state.poll_drained(cx.waker())) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl fmt::Debug for Drained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drained").finish_non_exhaustive()
    }
}

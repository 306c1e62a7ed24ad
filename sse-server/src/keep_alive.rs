//! [`KeepAlive`]: says when an event stream has been idle for too long. What is written then is the body's affair.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::timer::Timer;

/// The interval unless another is asked for. The standard's `#authoring-notes` recommend a comment every 15 seconds or
/// so, against proxies that close a connection which is quiet.
pub(crate) const DEFAULT_INTERVAL: Duration = Duration::from_secs(15);

/// A shorter interval would be traffic rather than a sign of life, and one of zero a loop that never rests.
pub(crate) const MIN_INTERVAL: Duration = Duration::from_secs(1);

pin_project! {
    /// Measures how long a body has had nothing to write.
    ///
    /// The interval starts at the first [`poll_due`](Self::poll_due) after a [`restart`](Self::restart), that is when
    /// the body found itself with nothing to write, not when it handed out its last bytes. So a busy stream moves the
    /// timer once for each time it runs dry, and not at all while a slow connection keeps it from being polled.
    pub(crate) struct KeepAlive<T: Timer> {
        timer: T,
        interval: Option<Duration>,
        #[pin]
        sleep: Option<T::Sleep>,
        running: bool,
    }
}

impl<T: Timer> KeepAlive<T> {
    /// Makes one that is due after each `interval` (at least [`MIN_INTERVAL`]), or never if there is none.
    pub(crate) fn new(timer: T, interval: Option<Duration>) -> Self {
        Self {
            timer,
            interval: interval.map(|interval| interval.max(MIN_INTERVAL)),
            sleep: None,
            running: false,
        }
    }

    /// Notes that something was written: the next interval starts when there is nothing more to write.
    pub(crate) fn restart(self: Pin<&mut Self>) {
        *self.project().running = false;
    }

    /// Is ready when the interval has passed in which nothing was written. Being ready counts as a restart.
    pub(crate) fn poll_due(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let Some(interval) = *this.interval else {
            return Poll::Pending;
        };
        if !*this.running {
            match this.sleep.as_mut().as_pin_mut() {
                Some(sleep) => this.timer.reset(sleep, interval),
                None => this.sleep.set(Some(this.timer.sleep(interval))),
            }
            *this.running = true;
        }
        if let Some(sleep) = this.sleep.as_pin_mut() {
            ready!(sleep.poll(cx));
        }
        *this.running = false;
        Poll::Ready(())
    }
}

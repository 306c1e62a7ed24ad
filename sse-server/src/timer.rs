//! [`Timer`]: how this crate measures time without knowing the runtime.

use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::time::Duration;

/// Makes futures that wait.
///
/// The keep-alive of an event stream needs a clock, and each asynchronous runtime has its own. With the feature
/// `tokio` there is `TokioTimer`; for another runtime, implement this trait, which takes one method.
///
/// Nothing is called before the body of the response is polled, so a timer may rely on what the runtime provides to
/// the tasks that it runs.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// struct Clock;
///
/// impl sse_server::Timer for Clock {
///     type Sleep = tokio::time::Sleep;
///
///     fn sleep(&self, duration: Duration) -> Self::Sleep {
///         tokio::time::sleep(duration)
///     }
/// }
/// ```
pub trait Timer: Send {
    /// A future that waits.
    type Sleep: Future<Output = ()> + Send;

    /// Returns a future that is ready once `duration` has passed from now.
    fn sleep(&self, duration: Duration) -> Self::Sleep;

    /// Makes `sleep` wait anew, for `duration` from now, whether it has been ready before or not.
    ///
    /// Replaces it by a new one unless implemented; a runtime that can move a deadline saves work by doing so here,
    /// since this is called after every chunk of events.
    fn reset(&self, mut sleep: Pin<&mut Self::Sleep>, duration: Duration) {
        sleep.set(self.sleep(duration));
    }

    /// Tells whether its futures are ever ready. True unless implemented.
    ///
    /// What would wait for one that is not is done at once instead, as the drain of a hub.
    fn ever_fires(&self) -> bool {
        true
    }
}

/// The [`Timer`] for those that have none: its futures are never ready, so with it there is no keep-alive.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct NoTimer;

impl NoTimer {
    /// Makes a timer that never fires.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Timer for NoTimer {
    type Sleep = Pending<()>;

    fn sleep(&self, _duration: Duration) -> Self::Sleep {
        pending()
    }

    fn ever_fires(&self) -> bool {
        false
    }
}

/// The [`Timer`] of the runtime tokio (feature `tokio`).
///
/// # Panics
///
/// A body that uses it panics when it is polled outside a tokio runtime, or in one whose time driver is not enabled
/// (`enable_time` or `enable_all` of its builder).
#[cfg(feature = "tokio")]
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct TokioTimer;

#[cfg(feature = "tokio")]
impl TokioTimer {
    /// Makes a timer.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

#[cfg(feature = "tokio")]
impl Timer for TokioTimer {
    type Sleep = tokio::time::Sleep;

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        tokio::time::sleep(duration)
    }

    fn reset(&self, sleep: Pin<&mut Self::Sleep>, duration: Duration) {
        let now = tokio::time::Instant::now();
        // An instant too far away to be named is as good as never, and a year is as good as that.
        sleep.reset(now.checked_add(duration).unwrap_or_else(|| now + A_YEAR));
    }
}

#[cfg(feature = "tokio")]
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

//! [`Signal`]: what a script and a test wait for.

use std::fmt;

use tokio::sync::watch;

use crate::patience::{LIMIT, fail, within};

/// Something that happens once, and that a script and a test can tell each other. Clones are the same signal.
///
/// # Examples
///
/// A script that goes on when the test has seen what came before:
///
/// ```
/// use sse_test_kit::{Answer, Server, Signal};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// let seen = Signal::new();
/// let server = Server::start([Answer::stream("data: a\n\n").wait(&seen).send("data: b\n\n")]);
///
/// let mut response = reqwest::get(server.url("/")).await?;
/// assert_eq!(response.chunk().await?.unwrap(), "data: a\n\n");
/// seen.give();
/// assert_eq!(response.chunk().await?.unwrap(), "data: b\n\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Signal(watch::Sender<bool>);

impl Signal {
    /// Makes a signal that has not been given.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Gives the signal. To give it twice is no different.
    pub fn give(&self) {
        self.0.send_replace(true);
    }

    /// Returns whether it has been given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it has been given.
    ///
    /// # Panics
    ///
    /// If it is not within 30 seconds by the real clock.
    ///
    /// # Cancel safety
    ///
    /// To stop waiting changes nothing.
    pub async fn given(&self) {
        if within(LIMIT, self.wait()).await.is_none() {
            fail(format_args!("a signal was not given within {LIMIT:?}"));
        }
    }

    /// Waits until it has been given, and blocks the thread. Not for async code.
    ///
    /// # Panics
    ///
    /// If it is not within 30 seconds, or within async code.
    pub fn given_blocking(&self) {
        match tokio::runtime::Builder::new_current_thread().build() {
            Ok(runtime) => runtime.block_on(self.given()),
            Err(error) => fail(format_args!("cannot wait: {error}")),
        }
    }

    /// Waits for as long as it takes.
    pub(crate) async fn wait(&self) {
        // Its sender is `self`, so it lives.
        let _ = self.0.subscribe().wait_for(|&given| given).await;
    }
}

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("is_given", &self.is_given())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_the_same_signal() {
        let signal = Signal::new();
        let clone = signal.clone();
        assert!(!clone.is_given());
        signal.give();
        assert!(clone.is_given());
        clone.given_blocking();
    }
}

//! [`Reaction`]: what a caller's classifier can say about a failure, in the place of the policy's table.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// What becomes of an event source after a failure, as a classifier says it (see [`Policy::classify`]).
///
/// [`Policy::classify`]: crate::Policy::classify
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// Reconnect, by the policy's delays and limits. A `Retry-After` of the answer holds.
    Reconnect,
    /// Reconnect, but not before this time has passed, whatever `Retry-After` says. The policy's delays and limits hold
    /// otherwise, so there is some jitter on top.
    ReconnectAfter(Duration),
    /// End with the failure as a final error.
    Fail,
    /// End without an error.
    Stop,
}

/// The caller's say.
#[derive(Clone)]
pub(crate) struct Classifier(pub(crate) Arc<Classify>);

/// A function of the caller's; `None` leaves it to the policy.
type Classify = dyn Fn(&Error) -> Option<Reaction> + Send + Sync;

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the caller's")
    }
}

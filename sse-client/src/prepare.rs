//! The caller's hook that prepares each attempt.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use crate::attempt::Attempt;
use crate::error::Source;

/// The hook.
#[derive(Clone)]
pub(crate) struct Prepare(pub(crate) Arc<dyn Fn(Attempt) -> Preparing + Send + Sync>);

/// An attempt that the hook is at.
pub(crate) type Preparing = Pin<Box<dyn Future<Output = Result<Attempt, Source>> + Send>>;

impl fmt::Debug for Prepare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the caller's")
    }
}

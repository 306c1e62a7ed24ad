//! The lock, in one place, so that a checker of all interleavings can put its own there.

pub(crate) use std::sync::Mutex;

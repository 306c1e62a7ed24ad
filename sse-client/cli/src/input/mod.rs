//! Where the events come from.

pub(crate) mod stdin;
pub(crate) mod url;

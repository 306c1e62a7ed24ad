//! What the tests share: expectations, and processes of their own.

mod expect;
#[cfg(any(
    feature = "tracing",
    all(feature = "http2", any(feature = "default-tls", feature = "rustls"))
))]
mod process;
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
mod tls;

pub(crate) use expect::{Expect, builder, silent_until};
#[cfg(feature = "tracing")]
pub(crate) use process::{is_alone, run_alone};
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
pub(crate) use tls::trusted;

//! What the tests share: a clock that stands still, a server that follows a script, and expectations.

mod clock;
mod expect;
#[cfg(any(
    feature = "tracing",
    all(feature = "http2", any(feature = "default-tls", feature = "rustls"))
))]
mod process;
mod server;
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
mod tls;

pub(crate) use clock::{advance, flowing, run};
pub(crate) use expect::{Expect, builder, closed_port};
#[cfg(feature = "tracing")]
pub(crate) use process::{is_alone, run_alone};
pub(crate) use server::{OK, Script, Server};
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
pub(crate) use tls::{Identity, trusted};

//! The whole client over every transport: HTTP/1.1 and HTTP/2, with and without TLS.

mod bounds;
#[cfg(feature = "gzip")]
mod compression;
mod faults;
mod liveness;
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
mod own_client;
mod redirects;
mod support;

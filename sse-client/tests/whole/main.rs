//! The whole client, against a scripted server on loopback and under a clock that moves only when a test says so.

#[cfg(all(feature = "brotli", feature = "gzip", feature = "zstd"))]
mod compression;
mod control;
mod cursor;
mod ends;
#[cfg(all(feature = "file-store", feature = "json"))]
mod examples;
mod fault_page;
mod faults;
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
mod http2;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "file-store")]
mod killed;
mod methods;
mod reconnection;
#[cfg(all(feature = "http2", any(feature = "default-tls", feature = "rustls")))]
mod refused_stream;
mod requests;
mod support;
#[cfg(any(feature = "default-tls", feature = "rustls"))]
mod tls;
#[cfg(feature = "tracing")]
mod tracing;
mod views;
mod ways;

//! Every fault appears on the wire as it is named. The judges are raw sockets, h2's own client, and reqwest.

mod blocking;
mod compression;
mod faults;
mod http1;
mod http2;
mod raw;
mod tls;
mod waits;

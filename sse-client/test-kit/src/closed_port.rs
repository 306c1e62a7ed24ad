//! [`ClosedPort`]: an address at which nobody listens.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

use crate::patience::fail;

/// A port of `127.0.0.1` that refuses connections, and that nobody else gets as long as this lives.
///
/// # Examples
///
/// A server that comes up late:
///
/// ```
/// use sse_test_kit::{Answer, ClosedPort, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), reqwest::Error> {
/// let port = ClosedPort::new();
/// let url = port.url("/");
/// assert!(reqwest::get(&url).await.unwrap_err().is_connect());
///
/// let _server = Server::builder().listener(port.listen()).otherwise(Answer::status(204)).start();
/// assert_eq!(reqwest::get(&url).await?.status(), 204);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ClosedPort {
    socket: Socket,
    address: SocketAddr,
}

impl ClosedPort {
    /// Takes a free port.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn new() -> Self {
        match Self::bind() {
            Ok(port) => port,
            Err(error) => fail(format_args!("no free port: {error}")),
        }
    }

    /// Returns its address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL, with `http`, of a path, which begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Opens it. Connections are accepted when a server gets the listener.
    ///
    /// # Panics
    ///
    /// If the system does not let it.
    #[must_use]
    pub fn listen(self) -> TcpListener {
        match self.socket.listen(128) {
            Ok(()) => self.socket.into(),
            Err(error) => fail(format_args!("cannot listen: {error}")),
        }
    }

    fn bind() -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Bound, but not listening.
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let address = socket.local_addr()?.as_socket();
        let address = address.ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { socket, address })
    }
}

impl Default for ClosedPort {
    fn default() -> Self {
        Self::new()
    }
}

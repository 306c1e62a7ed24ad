//! [`Port`]: a free port that stays the same while the server behind it comes and goes.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::io::Result;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};

/// A port of the loopback interface that was free, and that nobody is given by chance as long as this lives.
///
/// It is held by a socket that is bound, but does not listen. So a server that sets `SO_REUSEADDR`, as about all do, can
/// listen there, and while none does connections are refused.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _held_by: OwnedFd,
}

impl Port {
    /// Takes a free port.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn take() -> Self {
        let (number, held_by) =
            hold().unwrap_or_else(|error| panic!("no free port of 127.0.0.1: {error}"));
        Self {
            number,
            _held_by: held_by,
        }
    }

    /// Returns its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

fn hold() -> Result<(u16, OwnedFd)> {
    let socket = net::socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let address = SocketAddr::try_from(net::getsockname(&socket)?)?;
    Ok((address.port(), socket))
}

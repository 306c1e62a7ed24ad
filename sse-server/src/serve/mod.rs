//! [`serve`]: a server for a hub that stands on its own (feature `serve`).

mod answer;
mod connection;
mod handover;
mod idle;
mod io;
pub(crate) mod options;
mod origin;
mod stream;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use answer::Site;
use connection::{Protocols, connect};
use options::ServeOptions;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::hub::Hub;
use crate::hub::log::Log;

/// Serves the event streams of a hub over HTTP/1.1 and HTTP/2 (feature `serve`): GET of one path subscribes, GET of
/// another says whether the server is well, and everything else is for [`ServeOptions::other`] to answer.
///
/// It sets `TCP_NODELAY`, and bounds what a peer can do: the time that it takes to send a request or to read what is
/// sent, the number of connections, the hosts and origins that requests name, and the memory of each stream, which is
/// some kilobytes, and a frame for one that does not read (over HTTP/2 also its buffers of 64 KiB; there, a connection
/// has at most 100 streams). It knows no TLS; put it behind a proxy, or serve the hub with a server of your own, as the
/// examples do.
///
/// It never fails because of a peer. It runs until [`ServeOptions::shutdown`] ends it.
///
/// # Errors
///
/// If the listener's own address cannot be read.
///
/// # Cancel safety
///
/// Dropping the future closes the listener and all connections at once.
///
/// # Examples
///
/// ```no_run
/// use sse_server::{Hub, OutgoingEvent, ServeOptions, serve};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let hub = Hub::builder().spawn();
/// let publisher = hub.clone();
/// tokio::spawn(async move {
///     loop {
///         let _ = publisher.publish("events", &OutgoingEvent::new().data("tick"));
///         tokio::time::sleep(std::time::Duration::from_secs(1)).await;
///     }
/// });
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// serve(listener, hub, ServeOptions::new()).await
/// # }
/// ```
pub async fn serve<L: Log>(
    listener: TcpListener,
    hub: Hub<L>,
    mut options: ServeOptions,
) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    let shutdown = options.shutdown.take();
    let mut shutdown = pin!(async {
        match shutdown {
            Some(shutdown) => shutdown.await,
            None => std::future::pending().await,
        }
    });
    let site = Arc::new(Site::new(hub.clone(), &options, address.ip()));
    let protocols = Arc::new(Protocols::new(&options));
    let permits = Arc::new(Semaphore::new(
        options.max_connections.min(Semaphore::MAX_PERMITS),
    ));
    let (end, ending) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            () = &mut shutdown => break,
            // Takes those that have ended out of the set.
            Some(_) = connections.join_next() => {}
            (accepted, permit) = next => match accepted {
                Ok((socket, peer)) => {
                    let connection =
                        connect(socket, peer, Arc::clone(&site), Arc::clone(&protocols), ending.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                // Most likely too many files are open, and it would go wrong again until one is closed.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
    drop(listener);
    let drained = hub.drain(options.drain_window);
    // Connections that wait for a request end now, those with a stream when it ends.
    site.end();
    drop(end);
    let all_ended = async {
        drained.await;
        while connections.join_next().await.is_some() {}
    };
    let _ = timeout(options.drain_window.saturating_add(GRACE), all_ended).await;
    Ok(())
}

/// How long connections may take to end when the window of the drain is over.
const GRACE: Duration = Duration::from_secs(1);

//! SIGINT and SIGTERM end the command in order, instead of in the middle of a line.

use crate::exit::Exit;

/// Waits for a signal to end.
///
/// A signal that the command was started to ignore (`nohup`, a job in the background of a script) would end it
/// too, as soon as somebody sends it on purpose.
#[cfg(unix)]
pub(crate) async fn received() -> Exit {
    use tokio::signal::unix::{SignalKind, signal};

    // If one cannot be listened to, it ends the process as it always does.
    let interrupted = wait(signal(SignalKind::interrupt()).ok());
    let terminated = wait(signal(SignalKind::terminate()).ok());
    tokio::select! {
        () = interrupted => Exit::Interrupted,
        () = terminated => Exit::Terminated,
    }
}

#[cfg(unix)]
async fn wait(signal: Option<tokio::signal::unix::Signal>) {
    if let Some(mut signal) = signal {
        if signal.recv().await.is_some() {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(crate) async fn received() -> Exit {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Exit::Interrupted
}

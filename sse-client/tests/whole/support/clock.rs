//! A clock that stands still until a test moves it.
//!
//! A paused tokio clock leaps to the next timer as soon as no task can run, and that is wrong while bytes are on their way
//! through the kernel. It does not leap while a blocking task runs, so one runs as long as the test does.

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

/// Runs a test on a runtime of one thread whose clock stands still. Fails if it waits for something that never comes.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let (running, ended) = mpsc::channel::<()>();
    runtime.block_on(async {
        // Ends with the test, when `running` is dropped. Or else by real time: then the clock leaps on, to the timeout.
        tokio::task::spawn_blocking(move || ended.recv_timeout(REAL_LIMIT));
        let result = tokio::time::timeout(PAUSED_LIMIT, test).await;
        drop(running);
        result.expect("the test waits for something that does not come")
    })
}

/// Moves the clock so far that a timer of that time is over. Timers go by whole milliseconds, rounded up.
pub(crate) async fn advance(time: Duration) {
    tokio::time::advance(time + Duration::from_millis(1)).await;
}

/// Waits while the clock runs on in small steps. For tests in which delays pass that nobody looks at; nothing in them may
/// depend on how fast the clock runs in comparison to the bytes.
pub(crate) async fn flowing<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            result = &mut future => return result,
            () = tokio::task::yield_now() => advance(Duration::from_millis(5)).await,
        }
    }
}

/// How long a test may take, by the real clock.
const REAL_LIMIT: Duration = Duration::from_secs(60);

/// Behind every timer of a test.
const PAUSED_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

//! A clock that stands still until a test moves it.
//!
//! A paused clock of tokio's leaps to the next timer as soon as no task can run. That is wrong while bytes are on their way
//! through the kernel: every timeout would go off before they arrive. It does not leap while a blocking task runs, so
//! [`run`] keeps one running as long as the test.
//!
//! # Examples
//!
//! ```
//! use std::time::Duration;
//! use sse_test_kit::{Answer, Server, clock};
//!
//! clock::run(async {
//!     let server = Server::start([Answer::stream("").pause(Duration::from_secs(60)).send("data: a\n\n")]);
//!     let mut response = reqwest::get(server.url("/")).await.unwrap();
//!     // A minute passes at once.
//!     let chunk = clock::flowing(response.chunk()).await.unwrap();
//!     assert_eq!(chunk.unwrap(), "data: a\n\n");
//! });
//! ```

use std::sync::mpsc;
use std::time::Duration;

use crate::patience::fail;

/// Runs a test on a runtime of one thread whose clock stands still.
///
/// # Panics
///
/// If the test does, or if it does not end within 60 seconds by the real clock, or a day by the paused one.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => fail(format_args!("cannot start a runtime: {error}")),
    };
    let (running, ended) = mpsc::channel::<()>();
    runtime.block_on(async {
        // Ends with the test, when `running` is dropped. Or else by real time: then the clock leaps on, to the timeout.
        tokio::task::spawn_blocking(move || ended.recv_timeout(REAL_LIMIT));
        let result = tokio::time::timeout(PAUSED_LIMIT, test).await;
        drop(running);
        match result {
            Ok(result) => result,
            Err(_) => fail("the test waits for something that does not come"),
        }
    })
}

/// Moves the clock so far that a timer of that time is over. Timers go by whole milliseconds, rounded up.
///
/// # Panics
///
/// If the clock is not paused.
pub async fn advance(time: Duration) {
    tokio::time::advance(time + Duration::from_millis(1)).await;
}

/// Waits for a future while the clock runs on, in steps of some milliseconds.
///
/// It is for tests in which delays pass that nobody looks at. Nothing in them may depend on how fast the clock runs in
/// comparison to the bytes.
///
/// # Panics
///
/// If the clock is not paused.
pub async fn flowing<T>(future: impl Future<Output = T>) -> T {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_passes_while_nothing_is_said() {
        run(async {
            let sleep = tokio::time::sleep(Duration::from_millis(1));
            tokio::pin!(sleep);
            for _ in 0..1_000 {
                tokio::select! {
                    biased;
                    () = &mut sleep => panic!("the clock moves"),
                    () = tokio::task::yield_now() => {}
                }
            }
            advance(Duration::from_millis(1)).await;
            sleep.await;
            flowing(tokio::time::sleep(Duration::from_secs(100))).await;
        });
    }
}

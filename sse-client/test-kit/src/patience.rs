//! Waits that end loudly, by the real clock.
//!
//! A timer of tokio's would not do. Under a paused clock it goes off as soon as no task can run, which is while the bytes
//! that a test waits for are on their way through the kernel. So a thread wakes the waiting task, one for the whole process.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::pin::pin;
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// How long a test may wait for something, unless it says otherwise. Long enough for a machine that is busy with other
/// tests, short enough to see a test fail.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Waits for a future, but at most so long.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Mostly it is ready, and then there is nothing to watch.
    let ready = std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    });
    if let Some(value) = ready.await {
        return Some(value);
    }
    tokio::select! {
        biased;
        value = future => Some(value),
        _ = alarm(limit) => None,
    }
}

/// Ends a test that waits in vain, or that asks for what cannot be.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "a test kit has no other way to make a test fail"
)]
pub(crate) fn fail(message: impl Display) -> ! {
    panic!("sse-test-kit: {message}")
}

struct Alarm {
    at: Instant,
    ring: oneshot::Sender<()>,
}

/// Resolves after so long.
fn alarm(after: Duration) -> oneshot::Receiver<()> {
    static ALARMS: OnceLock<mpsc::Sender<Alarm>> = OnceLock::new();
    let (ring, rung) = oneshot::channel();
    let alarms = ALARMS.get_or_init(|| {
        let (sender, alarms) = mpsc::channel();
        let started = thread::Builder::new()
            .name("sse-test-kit".to_owned())
            .spawn(move || ring_in_time(&alarms));
        if let Err(error) = started {
            fail(format_args!("cannot start a thread: {error}"));
        }
        sender
    });
    let at = Instant::now() + after;
    // The thread lives as long as the process, since the sender does.
    let _ = alarms.send(Alarm { at, ring });
    rung
}

fn ring_in_time(alarms: &mpsc::Receiver<Alarm>) {
    let mut waiting: BTreeMap<(Instant, u64), oneshot::Sender<()>> = BTreeMap::new();
    let mut number = 0_u64;
    let mut tidy_at = TIDY_AT;
    loop {
        let now = Instant::now();
        while let Some(entry) = waiting.first_entry() {
            let &(at, _) = entry.key();
            if at > now {
                break;
            }
            // Nobody may wait any more.
            let _ = entry.remove().send(());
        }
        let next = match waiting.first_key_value() {
            Some((&(at, _), _)) => alarms.recv_timeout(at.saturating_duration_since(now)),
            None => alarms.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(Alarm { at, ring }) => {
                waiting.insert((at, number), ring);
                number += 1;
                if waiting.len() >= tidy_at {
                    waiting.retain(|_, ring| !ring.is_closed());
                    tidy_at = TIDY_AT.max(2 * waiting.len());
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// With so many alarms it pays to look for those that nobody waits for.
const TIDY_AT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_in_vain_ends() {
        let never = std::future::pending::<()>();
        assert_eq!(within(Duration::from_millis(1), never).await, None);
    }

    #[tokio::test]
    async fn what_is_there_is_not_waited_for() {
        assert_eq!(within(Duration::ZERO, async { 1 }).await, Some(1));
    }

    #[tokio::test]
    async fn alarms_ring_in_order_however_many_there_are() {
        let late = alarm(Duration::from_secs(3_600));
        let many: Vec<_> = (0..2_000)
            .map(|_| alarm(Duration::from_millis(1)))
            .collect();
        for rung in many {
            rung.await.unwrap();
        }
        drop(late);
    }
}

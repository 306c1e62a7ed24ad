//! A stopwatch that runs only while this thread does, so that other programs on the machine take less from the figures.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A point in the processor time of the thread.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Duration);

impl Stopwatch {
    pub fn start() -> Self {
        Self(now())
    }

    pub fn elapsed(self) -> Duration {
        now().saturating_sub(self.0)
    }
}

fn now() -> Duration {
    // A thread's time is never negative.
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_time() {
        let watch = Stopwatch::start();
        let mut sum = 0_u64;
        for n in 0..1_000_000 {
            sum = std::hint::black_box(sum + n);
        }
        assert!(watch.elapsed() > Duration::from_micros(10));
    }
}

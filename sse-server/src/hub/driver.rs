//! [`Driver`]: wakes the subscribers of a hub, a few at a time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Shared;
use super::state::waking::KEEP_ALIVE_TICKS;
use super::state::{AGE_TICKS, State};
use crate::timer::Timer;

pin_project! {
    /// Wakes those for whom there is something to read, keeps idle connections alive, drops events that are too old,
    /// and carries out a drain.
    ///
    /// Comes with a [`Hub`](crate::Hub); spawn it as a task of its own. It is ready when the last clone of the hub is
    /// gone.
    ///
    /// # Cancel safety
    ///
    /// If it is dropped before, [`Hub::publish`](crate::Hub::publish) wakes the subscribers itself, and a drain ends all
    /// streams at once.
    ///
    /// # How it wakes
    ///
    /// It wakes 64 subscribers, then lets other tasks run, and goes on. In between, what arrives at the server is
    /// published, so that the subscribers who come later find several events, which cost them one write.
    #[must_use = "a driver does nothing unless polled"]
    pub struct Driver<T: Timer> {
        timer: T,
        #[pin]
        keep_alive: Ticker<T>,
        #[pin]
        age: Ticker<T>,
        #[pin]
        drain: Ticker<T>,
        batch: Vec<Waker>,
        shared: Presence,
    }
}

/// Knows when the driver is gone.
struct Presence(Arc<Shared>);

impl Drop for Presence {
    fn drop(&mut self) {
        let wakes = self.0.with(State::driver_gone);
        wakes.wake();
    }
}

impl<T: Timer> Driver<T> {
    pub(crate) fn new(
        shared: Arc<Shared>,
        timer: T,
        keep_alive: Option<Duration>,
        max_age: Option<Duration>,
    ) -> Self {
        let part = |whole: Duration, parts: u32| (whole / parts).max(Duration::from_millis(1));
        Self {
            timer,
            keep_alive: Ticker::new(keep_alive.map(|interval| part(interval, KEEP_ALIVE_TICKS))),
            age: Ticker::new(max_age.map(|age| part(age, AGE_TICKS))),
            drain: Ticker::new(None),
            batch: Vec::with_capacity(BATCH),
            shared: Presence(shared),
        }
    }
}

impl<T: Timer> Future for Driver<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let keep_alive = this.keep_alive.as_mut().poll_tick(this.timer, cx);
        let age = this.age.as_mut().poll_tick(this.timer, cx);
        let step = this.shared.0.with(|state| state.drain_step());
        if step.is_some() && !this.timer.ever_fires() {
            let wakes = (this.shared.0).with(|state| state.start_drain(Duration::ZERO));
            wakes.wake();
        }
        // Timers are not called under the lock.
        let drain = step.is_some() && {
            this.drain.as_mut().set_interval(step);
            this.drain.as_mut().poll_tick(this.timer, cx)
        };
        let (more, closed) = this.shared.0.with(|state| {
            if keep_alive {
                state.keep_alive_tick();
            }
            if age {
                state.age_tick();
            }
            if drain {
                state.drain_tick(this.batch);
            }
            let limit = this.batch.len() + BATCH;
            let more = state.drive(this.batch, limit, cx.waker());
            (more, state.is_closed())
        });
        for waker in this.batch.drain(..) {
            waker.wake();
        }
        // A timer that has fired has to be polled again to fire again.
        if more || keep_alive || age || drain {
            cx.waker().wake_by_ref();
        } else if closed {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl<T: Timer> fmt::Debug for Driver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}

pin_project! {
    /// Says again and again that an interval has passed.
    struct Ticker<T: Timer> {
        interval: Option<Duration>,
        #[pin]
        sleep: Option<T::Sleep>,
        running: bool,
    }
}

impl<T: Timer> Ticker<T> {
    fn new(interval: Option<Duration>) -> Self {
        Self {
            interval,
            sleep: None,
            running: false,
        }
    }

    fn set_interval(self: Pin<&mut Self>, interval: Option<Duration>) {
        *self.project().interval = interval;
    }

    /// Tells whether an interval has passed. If so, the next one starts at the next call, which has to come.
    fn poll_tick(self: Pin<&mut Self>, timer: &T, cx: &mut Context<'_>) -> bool {
        let mut this = self.project();
        let Some(interval) = *this.interval else {
            return false;
        };
        if !*this.running {
            match this.sleep.as_mut().as_pin_mut() {
                Some(sleep) => timer.reset(sleep, interval),
                None => this.sleep.set(Some(timer.sleep(interval))),
            }
            *this.running = true;
        }
        let due = this
            .sleep
            .as_pin_mut()
            .is_some_and(|sleep| sleep.poll(cx).is_ready());
        *this.running = !due;
        due
    }
}

/// How many subscribers are woken at a time. Fewer cost more turns of the scheduler; more let those who come later find
/// less.
const BATCH: usize = 64;

//! How long to wait before a reconnection: reconnection time, failures in a row, and jitter become a delay.
//!
//! Base is the reconnection time: at least the floor, at most [`MAX_RECONNECTION_TIME`]. A `Retry-After` that is longer
//! takes its place. The delay before attempt n is drawn from between base and the larger of 1.5 × base and
//! min(cap, base × 2ⁿ).
//!
//! So what the server asks for is always a minimum, `retry: 0` is no hot loop, and a crowd of clients that lost their
//! server in the same moment does not come back in step: there is always at least half a base to spread over.

use std::time::Duration;

/// The settings of the formula.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) floor: Duration,
    pub(crate) cap: Duration,
}

impl Backoff {
    /// Returns the delay before a reconnection attempt.
    ///
    /// `attempt` counts from 1 since the last event. `not_before` is what `Retry-After` asks for. `random` is any
    /// number, evenly spread over all of `u64`.
    pub(crate) fn delay(
        &self,
        reconnection_time: Duration,
        not_before: Option<Duration>,
        attempt: u32,
        random: u64,
    ) -> Duration {
        let base = reconnection_time
            .min(MAX_RECONNECTION_TIME)
            .max(self.floor)
            .max(MIN_FLOOR)
            .max(not_before.unwrap_or_default());
        let half_more = base.saturating_add(base / 2);
        let grown = base
            .saturating_mul(2_u32.saturating_pow(attempt))
            .min(self.cap);
        let span = half_more.max(grown).saturating_sub(base);
        base.saturating_add(fraction(span, random))
    }
}

/// Returns `random / 2^64` of a time.
fn fraction(time: Duration, random: u64) -> Duration {
    // Whole nanoseconds in integers, since a product of floats could be rounded up to above the time itself. Spans
    // beyond u64 nanoseconds (584 years) lose the excess.
    let nanoseconds = u128::from(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let part = (nanoseconds * u128::from(random)) >> u64::BITS;
    Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
}

/// The longest reconnection time that a stream can set with `retry`. Without a bound, one bad number would silence the
/// client for ever.
pub(crate) const MAX_RECONNECTION_TIME: Duration = Duration::from_secs(60 * 60);

/// The shortest time that a floor can be set to, so that there is never a hot loop.
pub(crate) const MIN_FLOOR: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BACKOFF: Backoff = Backoff {
        floor: Duration::from_millis(100),
        cap: Duration::from_secs(30),
    };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// The bounds of the delay, by the two ends of the random numbers. The upper one is never quite reached.
    fn bounds(
        reconnection_time: Duration,
        not_before: Option<Duration>,
        attempt: u32,
    ) -> (u128, u128) {
        let lowest = BACKOFF.delay(reconnection_time, not_before, attempt, 0);
        let highest = BACKOFF.delay(reconnection_time, not_before, attempt, u64::MAX);
        (
            lowest.as_millis(),
            (highest + Duration::from_nanos(1)).as_millis(),
        )
    }

    #[test]
    fn grows_with_every_attempt_up_to_the_cap() {
        let highs = [2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
        for (attempt, high) in (1..).zip(highs) {
            assert_eq!(bounds(ms(1_000), None, attempt), (1_000, high));
        }
        assert_eq!(bounds(ms(1_000), None, u32::MAX), (1_000, 30_000));
    }

    #[test]
    fn retry_0_is_no_hot_loop() {
        assert_eq!(bounds(ms(0), None, 1), (100, 200));
        assert_eq!(bounds(ms(0), None, 4), (100, 1_600));
        let no_floor = Backoff {
            floor: Duration::ZERO,
            ..BACKOFF
        };
        assert_eq!(no_floor.delay(Duration::ZERO, None, 1, 0), MIN_FLOOR);
    }

    #[test]
    fn a_reconnection_time_above_the_cap_is_a_minimum_and_still_spread() {
        assert_eq!(bounds(ms(60_000), None, 1), (60_000, 90_000));
        assert_eq!(bounds(ms(60_000), None, 9), (60_000, 90_000));
    }

    #[test]
    fn a_reconnection_time_is_bounded_by_an_hour() {
        assert_eq!(bounds(Duration::MAX, None, 1), (3_600_000, 5_400_000));
    }

    #[test]
    fn retry_after_is_a_minimum_with_jitter_on_top() {
        assert_eq!(bounds(ms(1_000), Some(ms(120_000)), 1), (120_000, 180_000));
        assert_eq!(bounds(ms(1_000), Some(ms(0)), 1), (1_000, 2_000));
        assert_eq!(bounds(ms(5_000), Some(ms(2_000)), 1), (5_000, 10_000));
    }

    #[test]
    fn the_half_of_the_random_numbers_is_the_middle() {
        assert_eq!(BACKOFF.delay(ms(1_000), None, 1, 1 << 63), ms(1_500));
    }

    proptest! {
        #[test]
        fn a_delay_lies_within_its_bounds(
            retry in any::<u64>(), not_before in proptest::option::of(0..u64::MAX), attempt in 1..u32::MAX, random: u64,
            floor in 0..1_000_000_u64, cap in any::<u64>(),
        ) {
            let backoff = Backoff { floor: ms(floor), cap: ms(cap) };
            let not_before = not_before.map(ms);
            let delay = backoff.delay(ms(retry), not_before, attempt, random);
            let base = ms(retry.min(3_600_000)).max(ms(floor.max(10))).max(not_before.unwrap_or_default());
            prop_assert!(delay >= base);
            prop_assert!(delay <= (base + base / 2).max(ms(cap)));
        }
    }
}

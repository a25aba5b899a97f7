//! How long to wait before another attempt.

use crate::random::unit;

/// The bounds of pauses, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    pub(super) first: u64,
    pub(super) longest: u64,
}

impl Backoff {
    /// The pause after so many failed attempts, from one on: anything from nothing to twice as much as the
    /// time before, so that callers who failed together do not come back together ("full jitter", M. Brooker,
    /// Exponential Backoff And Jitter, 2015).
    pub(super) fn pause(self, failed: u32, random: u64) -> u64 {
        let doublings = failed.saturating_sub(1).min(63);
        let most = u128::from(self.first) << doublings;
        let most = u64::try_from(most).unwrap_or(u64::MAX).min(self.longest);
        (unit(random) * most as f64) as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pauses_are_within_their_bounds(first: u64, longest: u64, failed: u32, random: u64) {
            let pause = Backoff { first, longest }.pause(failed, random);
            prop_assert!(pause <= longest);
            let most = f64::from(failed.saturating_sub(1)).exp2() * first as f64;
            prop_assert!(pause as f64 <= most * 1.000_001);
        }
    }

    #[test]
    fn the_longest_possible_pause_doubles_until_it_is_as_long_as_it_may() {
        let backoff = Backoff { first: 100, longest: 1000 };
        let longest = [1, 2, 3, 4, 5, u32::MAX].map(|failed| backoff.pause(failed, u64::MAX));
        assert_eq!(longest, [99, 199, 399, 799, 999, 999]);
    }

    #[test]
    fn pauses_are_spread_over_all_that_they_may_be() {
        let backoff = Backoff { first: 1000, longest: 1000 };
        let mut seen = [0; 10];
        for n in 0..10_000 {
            seen[backoff.pause(1, crate::random::scrambled(n)) as usize / 100] += 1;
        }
        assert!(seen.iter().all(|count| (800..1200).contains(count)), "{seen:?}");
    }
}

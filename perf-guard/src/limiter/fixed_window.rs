//! So many in each window of a fixed length, counted from the clock's beginning. Over the border of two
//! windows, twice as many may come at once: that is what a fixed window is.

use super::Rate;
use super::token_bucket::Denied;
use crate::primitive::{
    AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};

#[derive(Debug)]
pub(super) struct FixedWindow {
    limit: AtomicU64,
    nanos: AtomicU64,
    /// The number of the window in the upper half, and how many it has let in.
    word: AtomicU64,
}

/// More do not fit beside the number of the window.
pub(super) const MOST: u64 = u32::MAX as u64;

impl FixedWindow {
    pub(super) fn new(rate: Rate) -> Self {
        let (limit, nanos) = (AtomicU64::new(rate.count()), AtomicU64::new(rate.nanos()));
        Self { limit, nanos, word: AtomicU64::new(0) }
    }

    pub(super) fn take(&self, permits: u64, now: u64) -> Result<(), Denied> {
        let (limit, nanos) = (self.limit.load(Relaxed), self.nanos.load(Relaxed));
        if permits > limit {
            return Err(Denied::Forever);
        }
        let window = now / nanos;
        let mut word = self.word.load(Acquire);
        loop {
            let known = word >> 32;
            // A window that is over for somebody is over: time that goes back opens none again.
            let is_later = (window as u32).wrapping_sub(known as u32) as i32 > 0;
            let (current, count) = if is_later { (window & u64::from(u32::MAX), 0) } else { (known, word & MOST) };
            if count + permits > limit {
                let next = (window - window.min(u64::from((window as u32).wrapping_sub(current as u32)))) + 1;
                return Err(Denied::For(next.saturating_mul(nanos).saturating_sub(now).max(1)));
            }
            match self.word.compare_exchange_weak(word, current << 32 | (count + permits), AcqRel, Acquire) {
                Ok(_) => return Ok(()),
                Err(others) => word = others,
            }
        }
    }

    /// Gives back what was taken `since` for a call that never ran, if its window is not over.
    pub(super) fn give_back(&self, permits: u64, since: u64, now: u64) {
        let nanos = self.nanos.load(Relaxed);
        let window = since / nanos;
        let is_its_own = |word: u64| now / nanos == window && word >> 32 == window & u64::from(u32::MAX);
        let less = |word: u64| is_its_own(word).then(|| word - permits.min(word & MOST));
        let _ = self.word.fetch_update(AcqRel, Acquire, less);
    }

    /// Goes by another rate. What the running window has let in stays counted.
    pub(super) fn set(&self, rate: Rate, now: u64) {
        self.limit.store(rate.count(), Relaxed);
        let before = self.nanos.swap(rate.nanos(), Relaxed);
        if before != rate.nanos() {
            let window = (now / rate.nanos()) & u64::from(u32::MAX);
            let _ = self.word.fetch_update(AcqRel, Acquire, |word| Some(window << 32 | word & MOST));
        }
    }

    /// The rate in force.
    pub(super) fn rate(&self) -> Rate {
        Rate::new(self.limit.load(Relaxed), std::time::Duration::from_nanos(self.nanos.load(Relaxed)))
    }

    /// Permits that can be had now.
    pub(super) fn available(&self, now: u64) -> u64 {
        let word = self.word.load(Acquire);
        let is_current = word >> 32 == (now / self.nanos.load(Relaxed)) & u64::from(u32::MAX);
        self.limit.load(Relaxed).saturating_sub(if is_current { word & MOST } else { 0 })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;
    use std::time::Duration;

    use super::*;

    proptest::proptest! {
        #[test]
        fn no_window_lets_in_more_than_its_limit_and_the_wait_is_exact(
            limit in 1_u64..10, nanos in 1_u64..1000, steps in proptest::collection::vec((0_u64..400, 1_u64..12), 1..100)
        ) {
            let window = FixedWindow::new(Rate::new(limit, Duration::from_nanos(nanos)));
            let mut now = 0;
            let mut admitted: HashMap<u64, u64> = HashMap::new();
            for (step, cost) in steps {
                now += step;
                match window.take(cost, now) {
                    Ok(()) => *admitted.entry(now / nanos).or_default() += cost,
                    Err(Denied::For(wait)) => {
                        assert!(wait == 1 || window.take(cost, now + wait - 1).is_err());
                        now += wait;
                        assert_eq!(window.take(cost, now), Ok(()));
                        *admitted.entry(now / nanos).or_default() += cost;
                    }
                    Err(_) => assert!(cost > limit),
                }
            }
            assert!(admitted.values().all(|count| *count <= limit));
        }

        #[test]
        fn what_is_given_back_is_of_its_own_window(
            limit in 1_u64..5, steps in proptest::collection::vec((0_u64..150, proptest::bool::ANY), 1..100)
        ) {
            let window = FixedWindow::new(Rate::new(limit, Duration::from_nanos(100)));
            let (mut now, mut taken) = (0, Vec::new());
            let mut admitted: HashMap<u64, u64> = HashMap::new();
            for (step, gives_back) in steps {
                now += step;
                if gives_back && !taken.is_empty() {
                    let since = taken.swap_remove(0);
                    window.give_back(1, since, now);
                    *admitted.entry(since / 100).or_default() -= 1;
                } else if window.take(1, now).is_ok() {
                    taken.push(now);
                    *admitted.entry(now / 100).or_default() += 1;
                }
                assert!(admitted.values().all(|count| *count <= limit));
            }
        }

        #[test]
        fn time_that_goes_back_opens_no_window_again(times in proptest::collection::vec(0_u64..1000, 1..100)) {
            let window = FixedWindow::new(Rate::new(3, Duration::from_nanos(100)));
            let mut admitted = 0;
            let mut latest = 0;
            for now in times {
                latest = latest.max(now);
                admitted += u64::from(window.take(1, now).is_ok());
                assert!(admitted <= 3 * (latest / 100 + 1));
            }
        }
    }
}

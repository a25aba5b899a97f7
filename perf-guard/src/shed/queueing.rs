//! How long work waits before it begins: the least of a short time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::smooth::Smooth;

/// The longest wait counts as so many times the bound, or it would take as long to be forgotten.
pub(super) const MOST: f64 = 2.0;

/// What was reported counts for so long; after that, nobody knows.
const FORGOTTEN_AFTER_NANOS: u64 = 1_000_000_000;

/// Nothing was reported.
const NONE: u64 = u64::MAX;

/// The shortest wait since it was last looked at, on a line of the cache of its own: calls read what lies beside it.
///
/// A queue that a burst has filled empties again, and then some work finds it empty: even the shortest wait is long only
/// where more comes than can be done (K. Nichols and V. Jacobson, "Controlling Queue Delay", 2012).
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Shortest(AtomicU64);

impl Shortest {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(NONE))
    }

    #[inline]
    pub(super) fn record(&self, nanos: u64) {
        // Most waits are longer than the shortest, and write nothing.
        if nanos < self.0.load(Relaxed) {
            self.0.fetch_min(nanos, Relaxed);
        }
    }

    /// The shortest since this was last asked.
    pub(super) fn take(&self) -> Option<u64> {
        Some(self.0.swap(NONE, Relaxed)).filter(|nanos| *nanos != NONE)
    }
}

/// The waits of the last second or so, against a bound.
#[derive(Debug, Default)]
pub(super) struct Queueing {
    reported: Option<Reported>,
}

#[derive(Debug)]
struct Reported {
    at: u64,
    load: f64,
    smooth: Smooth,
}

impl Queueing {
    /// The load, now that `shortest` is the shortest wait since the last time; none where nothing was
    /// reported for a second.
    pub(super) fn next(&mut self, now: u64, shortest: Option<u64>, max_nanos: u64) -> Option<f64> {
        let of_bound = shortest.map(|nanos| (nanos as f64 / max_nanos.max(1) as f64).min(MOST));
        match (&mut self.reported, of_bound) {
            (None, None) => return None,
            (None, Some(load)) => self.reported = Some(Reported { at: now, load, smooth: Smooth::new(now) }),
            (Some(reported), Some(load)) => (reported.at, reported.load) = (now, load),
            (Some(reported), None) => {
                if now.saturating_sub(reported.at) >= FORGOTTEN_AFTER_NANOS {
                    self.reported = None;
                    return None;
                }
                // Time has gone back.
                reported.at = reported.at.min(now);
            }
        }
        self.reported.as_mut().map(|reported| reported.smooth.add(now, reported.load))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TENTH: u64 = 100_000_000;

    #[test]
    fn a_burst_that_is_worked_off_is_no_load_and_a_queue_that_stands_is() {
        let (shortest, mut burst, mut stands) = (Shortest::new(), Queueing::default(), Queueing::default());
        for turn in 0..50 {
            for wait in [9_000_000, 7_000_000, 0, 5_000_000] {
                shortest.record(wait);
            }
            assert!(burst.next(turn * TENTH, shortest.take(), 5_000_000).unwrap() <= 0.0);
            for wait in [9_000_000, 7_000_000, 4_900_000, 5_000_000] {
                shortest.record(wait);
            }
            stands.next(turn * TENTH, shortest.take(), 5_000_000);
        }
        let load = stands.next(51 * TENTH, Some(4_900_000), 5_000_000).unwrap();
        assert!((load - 0.98).abs() < 0.01, "{load}");
    }

    #[test]
    fn what_was_reported_counts_for_a_second_and_then_nobody_knows() {
        let mut queueing = Queueing::default();
        assert_eq!(queueing.next(0, None, 10), None);
        queueing.next(0, Some(20), 10);
        let loads: Vec<_> = (1..10).map(|turn| queueing.next(turn * TENTH, None, 10).unwrap()).collect();
        assert!(loads.is_sorted(), "work that takes longer than a turn does not look as if it had not waited");
        assert_eq!(queueing.next(10 * TENTH, None, 10), None);
        assert!(queueing.next(11 * TENTH, Some(20), 10).unwrap() <= 0.0, "it begins anew");
    }

    #[test]
    fn the_shortest_of_many_threads_is_found() {
        let shortest = Shortest::new();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let shortest = &shortest;
                scope.spawn(move || (0..1000).rev().for_each(|wait| shortest.record(wait * 4 + thread + 1)));
            }
        });
        assert_eq!((shortest.take(), shortest.take()), (Some(1), None));
    }

    proptest! {
        #[test]
        fn whatever_the_clock_does_the_load_is_between_none_and_the_most(
            turns in prop::collection::vec((any::<u64>(), any::<Option<u64>>(), any::<u64>()), 1..50)
        ) {
            let mut queueing = Queueing::default();
            for (now, shortest, max) in turns {
                let load = queueing.next(now, shortest, max);
                prop_assert!(load.is_none_or(|load| (0.0..=MOST).contains(&load)));
                prop_assert!(load.is_some() || shortest.is_none());
            }
        }
    }
}

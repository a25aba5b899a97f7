//! The outcomes that a breaker looks back on: those of some time, or the last so many.

use std::time::Duration;

/// How far back a breaker looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerWindow {
    /// So much time, in ten steps.
    Time(Duration),
    /// The last so many outcomes.
    Calls(u32),
}

/// Sums over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) calls: u64,
    pub(super) failures: u64,
    pub(super) slow: u64,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.slow += other.slow;
    }
}

/// See the module.
#[derive(Debug)]
pub(super) enum Outcomes {
    Time(Buckets),
    Calls(Last),
}

impl Outcomes {
    pub(super) fn new(window: BreakerWindow) -> Self {
        match window {
            BreakerWindow::Time(length) => Self::Time(Buckets::new(length)),
            BreakerWindow::Calls(count) => Self::Calls(Last::new(count)),
        }
    }

    /// Adds outcomes, the good ones first. Those that are slow are among all alike.
    pub(super) fn add(&mut self, now: u64, successes: u64, failures: u64, slow: u64) {
        match self {
            Self::Time(buckets) => buckets.add(now, Sums { calls: successes + failures, failures, slow }),
            Self::Calls(last) => {
                let slow_failures = slow.min(failures);
                last.push_run(successes - (slow - slow_failures).min(successes), false, false);
                last.push_run((slow - slow_failures).min(successes), false, true);
                last.push_run(failures - slow_failures, true, false);
                last.push_run(slow_failures, true, true);
            }
        }
    }

    pub(super) fn sums(&mut self, now: u64) -> Sums {
        match self {
            Self::Time(buckets) => buckets.sums(now),
            Self::Calls(last) => last.sums,
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Time(buckets) => buckets.sums = [Sums::default(); BUCKETS],
            Self::Calls(last) => *last = Last::new(last.count as u32),
        }
    }
}

/// Steps in which time goes out of a window.
const BUCKETS: usize = 10;

#[derive(Debug)]
pub(super) struct Buckets {
    /// Nanoseconds of each.
    length: u64,
    /// The number of the latest, since the clock began.
    latest: u64,
    sums: [Sums; BUCKETS],
}

impl Buckets {
    fn new(length: Duration) -> Self {
        let length = (length.as_nanos() as u64 / BUCKETS as u64).max(1);
        Self { length, latest: 0, sums: [Sums::default(); BUCKETS] }
    }

    /// Empties the buckets whose time has come again. Time that goes back is the latest there was.
    fn turn(&mut self, now: u64) {
        let bucket = now / self.length;
        let over = bucket.saturating_sub(self.latest).min(BUCKETS as u64);
        for step in 0..over {
            self.sums[((bucket - step) % BUCKETS as u64) as usize] = Sums::default();
        }
        self.latest = self.latest.max(bucket);
    }

    fn add(&mut self, now: u64, sums: Sums) {
        self.turn(now);
        self.sums[(self.latest % BUCKETS as u64) as usize].add(sums);
    }

    fn sums(&mut self, now: u64) -> Sums {
        self.turn(now);
        let mut sums = Sums::default();
        self.sums.iter().for_each(|bucket| sums.add(*bucket));
        sums
    }
}

/// The last so many outcomes, two bits each.
#[derive(Debug)]
pub(super) struct Last {
    count: usize,
    /// Where the next one goes.
    next: usize,
    failures: Vec<u64>,
    slow: Vec<u64>,
    sums: Sums,
}

impl Last {
    fn new(count: u32) -> Self {
        let words = (count as usize).div_ceil(64);
        Self { count: count as usize, next: 0, failures: vec![0; words], slow: vec![0; words], sums: Sums::default() }
    }

    fn push_run(&mut self, run: u64, is_failure: bool, is_slow: bool) {
        // A run that is longer than the window fills it, however much longer it is.
        for _ in 0..run.min(self.count as u64) {
            self.push(is_failure, is_slow);
        }
    }

    fn push(&mut self, is_failure: bool, is_slow: bool) {
        let (word, bit) = (self.next / 64, 1 << (self.next % 64));
        if self.sums.calls == self.count as u64 {
            self.sums.failures -= u64::from(self.failures[word] & bit != 0);
            self.sums.slow -= u64::from(self.slow[word] & bit != 0);
        } else {
            self.sums.calls += 1;
        }
        let set = |words: &mut Vec<u64>, value: bool| {
            words[word] = if value { words[word] | bit } else { words[word] & !bit };
        };
        set(&mut self.failures, is_failure);
        set(&mut self.slow, is_slow);
        self.sums.failures += u64::from(is_failure);
        self.sums.slow += u64::from(is_slow);
        self.next = (self.next + 1) % self.count;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_window_of_calls_is_the_last_so_many(
            count in 1_u32..200, runs in prop::collection::vec((0_u64..300, 0_u64..5), 1..50)
        ) {
            let mut window = Outcomes::new(BreakerWindow::Calls(count));
            let mut model: VecDeque<bool> = VecDeque::new();
            for (successes, failures) in runs {
                window.add(0, successes, failures, 0);
                model.extend((0..successes).map(|_| false).chain((0..failures).map(|_| true)));
                while model.len() > count as usize {
                    model.pop_front();
                }
                let failures = model.iter().filter(|failure| **failure).count() as u64;
                prop_assert_eq!(window.sums(0), Sums { calls: model.len() as u64, failures, slow: 0 });
            }
        }

        /// A bucket is either in a window or out of it, so the model's window ends where a bucket does.
        #[test]
        fn a_window_of_time_is_what_happened_in_it(
            length in 10_u64..1000, steps in prop::collection::vec((0_u64..400, 0_u64..3, 0_u64..3), 1..100)
        ) {
            let bucket = length / 10;
            let mut window = Outcomes::new(BreakerWindow::Time(Duration::from_nanos(length)));
            let mut model: Vec<(u64, u64, u64)> = Vec::new();
            let mut now = 0;
            for (step, successes, failures) in steps {
                now += step;
                window.add(now, successes, failures, 0);
                model.push((now, successes, failures));
                let begin = (now / bucket).saturating_sub(9) * bucket;
                let inside = || model.iter().filter(|(then, ..)| *then >= begin);
                let calls = inside().map(|(_, successes, failures)| successes + failures).sum();
                let failures = inside().map(|(.., failures)| failures).sum();
                prop_assert_eq!(window.sums(now), Sums { calls, failures, slow: 0 });
            }
        }
    }

    #[test]
    fn lifetime_counters_posing_as_a_sliding_window() {
        let second = 1_000_000_000;
        let mut window = Outcomes::new(BreakerWindow::Time(Duration::from_secs(10)));
        window.add(0, 1_000_000, 0, 0);
        window.add(60 * second, 0, 5, 0);
        assert_eq!(window.sums(60 * second), Sums { calls: 5, failures: 5, slow: 0 }, "what is long past says nothing");
    }

    #[test]
    fn time_that_goes_back_empties_nothing() {
        let mut window = Outcomes::new(BreakerWindow::Time(Duration::from_nanos(100)));
        window.add(1000, 3, 0, 0);
        window.add(10, 2, 1, 0);
        assert_eq!(window.sums(1000), Sums { calls: 6, failures: 1, slow: 0 });
    }
}

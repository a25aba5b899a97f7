//! The adaptive timeout before calls that are simulated.

use proptest::prelude::*;

use super::adaptive::{Learnt, Rule};

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = 1_000_000;

const RULE: Rule = Rule { min: MILLI, max: 30 * SECOND, quantile: 0.99, headroom: 2.0 };

struct Callee {
    learnt: Learnt,
    timeout: u64,
    now: u64,
    random: u64,
}

impl Callee {
    fn new() -> Self {
        Self { learnt: Learnt::default(), timeout: RULE.max, now: 0, random: 1 }
    }

    /// From 0 to 1.
    fn random(&mut self) -> f64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    }

    /// So many seconds with 200 calls each, that take what `nanos` makes of a random number. How many were stopped.
    fn run(&mut self, seconds: u64, nanos: impl Fn(f64) -> u64) -> u64 {
        let mut stopped = 0;
        for _ in 0..seconds * 200 {
            self.now += SECOND / 200;
            let needs = nanos(self.random());
            let is_late = needs > self.timeout;
            stopped += u64::from(is_late);
            if let Some(timeout) = self.learnt.take(self.now, needs.min(self.timeout), || RULE) {
                self.timeout = timeout;
            }
        }
        stopped
    }
}

/// Exponential, with this mean: 99 of 100 take no longer than 4.6 of it.
fn exponential(mean: u64) -> impl Fn(f64) -> u64 {
    move |random| (-random.ln() * mean as f64) as u64
}

#[test]
fn it_is_the_longest_until_enough_calls_are_known() {
    let mut callee = Callee::new();
    callee.run(0, |_| 0);
    for _ in 0..99 {
        callee.now += SECOND * 2;
        assert_eq!(callee.learnt.take(callee.now, MILLI, || RULE).unwrap_or(RULE.max), RULE.max);
    }
}

#[test]
fn it_follows_a_high_quantile_with_headroom() {
    let mut callee = Callee::new();
    callee.run(30, exponential(10 * MILLI));
    assert_eq!(callee.run(60, exponential(10 * MILLI)), 0);
    let p99 = 46 * MILLI;
    assert!((p99..4 * p99).contains(&callee.timeout), "{}", callee.timeout);
}

#[test]
fn it_never_follows_the_mean() {
    // Two of a hundred take a hundred times as long as the others.
    let rarely_long = |random: f64| if random < 0.02 { 100 * MILLI } else { MILLI };
    let mut callee = Callee::new();
    let stopped = callee.run(120, rarely_long);
    assert!(stopped == 0 && callee.timeout >= 200 * MILLI, "{stopped} {}", callee.timeout);
}

#[test]
fn when_calls_become_slower_it_rises_until_they_end_in_time_again() {
    let mut callee = Callee::new();
    callee.run(60, exponential(MILLI));
    let fast = callee.timeout;
    // Every single one is stopped at first.
    assert!(callee.run(1, |_| 400 * MILLI) > 180);
    callee.run(12, |_| 400 * MILLI);
    assert_eq!(callee.run(60, |_| 400 * MILLI), 0, "no death spiral: {fast}, then {}", callee.timeout);
    assert!(callee.timeout >= 400 * MILLI);
}

#[test]
fn when_calls_become_faster_it_falls_again() {
    let mut callee = Callee::new();
    callee.run(60, |_| SECOND);
    callee.run(60, |_| MILLI);
    assert!((2 * MILLI..3 * MILLI).contains(&callee.timeout), "{}", callee.timeout);
}

#[test]
fn a_dependency_that_hangs_drives_it_to_the_longest_and_no_further() {
    let mut callee = Callee::new();
    callee.run(30, |_| MILLI);
    callee.run(60, |_| u64::MAX);
    assert_eq!(callee.timeout, RULE.max);
}

proptest! {
    #[test]
    fn whatever_the_clock_does_it_stays_between_its_bounds(
        calls in proptest::collection::vec((any::<u64>(), any::<u64>(), 1..100_u32), 1..50),
    ) {
        let learnt = Learnt::default();
        for (now, nanos, times) in calls {
            for at in 0..times {
                let now = now.wrapping_add(u64::from(at));
                if let Some(timeout) = learnt.take(now, nanos >> (at % 64), || RULE) {
                    prop_assert!((RULE.min..=RULE.max).contains(&timeout));
                }
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_waiting(back in 1..u64::MAX / 2) {
        let mut callee = Callee { now: u64::MAX / 2, ..Callee::new() };
        callee.run(5, |_| MILLI);
        callee.now -= back.min(callee.now);
        callee.run(3, |_| 100 * MILLI);
        prop_assert!(callee.timeout > 3 * MILLI);
    }
}

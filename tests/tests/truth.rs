//! What is estimated from samples against full recording of the same calls, on a still clock.

use std::time::Duration;

use perf_runtime::{Config, Quantile, profiled, reset, snapshot};
use tests::still;

/// Durations in nanoseconds, of one call after the other.
trait Durations {
    fn next(&mut self) -> u64;
}

impl<F: FnMut() -> u64> Durations for F {
    fn next(&mut self) -> u64 {
        self()
    }
}

/// A generator of its own, so that the program's chance has nothing to do with the sampler's.
struct Chance(u64);

impl Chance {
    /// `SplitMix64` (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014), as
    /// a number from 0 to 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }
}

#[profiled(sample = 0.015625)]
fn work(nanos: u64) {
    still::pass(Duration::from_nanos(nanos));
}

const CALLS: usize = 60_000;
const RUNS: u64 = 200;

/// One run: whether the intervals of p50 and of p99 hold the truth, and how far the total is off.
fn run(durations: &mut dyn Durations) -> (bool, bool, f64) {
    reset();
    let mut all: Vec<u64> = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let nanos = durations.next();
        work(nanos);
        all.push(nanos);
    }
    let total: u64 = all.iter().sum();
    all.sort_unstable();
    let snapshot = snapshot();
    let work = snapshot.function("work").expect("it was called");
    assert_eq!((work.calls(), work.dropped()), (CALLS as u64, 0));
    let holds = |quantile: Quantile, rank: f64| {
        let truth = Duration::from_nanos(all[(rank * CALLS as f64) as usize]);
        quantile.low <= truth && truth <= quantile.high
    };
    let off = work.total().as_nanos() as f64 / total as f64 - 1.0;
    (holds(work.latency().quantile(0.5), 0.5), holds(work.latency().quantile(0.99), 0.99), off)
}

/// Of many runs, how many intervals hold the truth: at least 93 % of the time, as 95 % ones should
/// on a thousand samples; and the totals, together, to 1 %.
fn check(name: &str, mut durations: impl FnMut(u64) -> Box<dyn Durations>) {
    let (mut median, mut tail, mut off) = (0, 0, 0.0);
    for seed in 0..RUNS {
        let (holds_median, holds_tail, error) = run(&mut *durations(seed));
        median += u64::from(holds_median);
        tail += u64::from(holds_tail);
        off += error / RUNS as f64;
    }
    println!("{name}: p50 {median}, p99 {tail} of {RUNS}, total off by {:.2} %", off * 100.0);
    assert!(median * 100 >= 93 * RUNS, "{name}: p50 held by {median} of {RUNS}");
    assert!(tail * 100 >= 93 * RUNS, "{name}: p99 held by {tail} of {RUNS}");
    assert!(off.abs() < 0.01, "{name}: totals off by {off}");
}

/// All in one test, on one thread: then the sampler's chance is the same each time, and so is the
/// outcome.
#[test]
fn intervals_hold_the_truth_and_totals_are_right_whatever_the_durations_are() {
    let _alone = still::alone(&Config::production());
    of_one_peak();
    of_two_peaks();
    of_a_heavy_tail();
    of_periods_that_divide_the_interval();
}

fn of_one_peak() {
    check("unimodal", |seed| {
        let mut chance = Chance(seed);
        Box::new(move || (10_000.0 + 1_500.0 * chance.normal()).max(100.0) as u64)
    });
}

fn of_two_peaks() {
    check("bimodal", |seed| {
        let mut chance = Chance(seed);
        Box::new(move || {
            let center = if chance.unit() < 0.3 { 100_000.0 } else { 2_000.0 };
            (center * (1.0 + 0.1 * chance.normal())).max(10.0) as u64
        })
    });
}

fn of_a_heavy_tail() {
    check("heavy-tailed", |seed| {
        let mut chance = Chance(seed);
        Box::new(move || (5_000.0 * chance.normal().mul_add(0.8, 0.0).exp()) as u64)
    });
}

/// Periods that divide the mean interval, which a sampler that counts would always meet at one point.
fn of_periods_that_divide_the_interval() {
    for period in [2_u64, 8, 32, 64, 128] {
        check(&format!("periodic, {period}"), |seed| {
            let mut at = seed;
            Box::new(move || {
                at += 1;
                1_000 + 500 * (at % period)
            })
        });
    }
}

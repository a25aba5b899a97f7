//! The numbers that a breaker goes by, which can be changed while it runs.

use perf_core::Workload;

use super::rule::{self, Enough};
use crate::primitive::{AtomicU64, Ordering::Relaxed};

/// Calls that there have to be, where it takes few to be sure.
const LEAST_CALLS: u64 = 5;

/// The numbers, each by itself; a decision that is made while one changes goes by either.
#[derive(Debug)]
pub(super) struct Settings {
    failure_rate: AtomicU64,
    slow_rate: AtomicU64,
    /// Nanoseconds; none where nothing counts as slow.
    pub(super) slow_call: AtomicU64,
    /// Zero where it takes as many as make sure.
    pub(super) min_calls: AtomicU64,
    /// Nanoseconds.
    pub(super) open_for: AtomicU64,
    pub(super) max_open: AtomicU64,
    backoff: AtomicU64,
    pub(super) probes: AtomicU64,
    pub(super) is_shadow: AtomicU64,
}

/// What a class of workload stands for, where nothing else is said.
pub(super) struct Defaults {
    pub(super) failure_rate: f64,
    pub(super) probes: u64,
    /// Nanoseconds: the class's bound.
    pub(super) slow_call: u64,
}

pub(super) fn defaults(workload: Workload) -> Defaults {
    let (failure_rate, probes, millis) = match workload {
        Workload::Micro => (0.1, 10, 1),
        Workload::Light => (0.2, 5, 10),
        Workload::Medium => (0.4, 3, 100),
        Workload::Heavy => (0.6, 1, 1000),
    };
    Defaults { failure_rate, probes, slow_call: millis * 1_000_000 }
}

impl Settings {
    pub(super) fn new(defaults: &Defaults) -> Self {
        let number = AtomicU64::new;
        Self {
            failure_rate: number(defaults.failure_rate.to_bits()),
            slow_rate: number(1.0_f64.to_bits()),
            slow_call: number(0),
            min_calls: number(0),
            open_for: number(1_000_000_000),
            max_open: number(60_000_000_000),
            backoff: number(2.0_f64.to_bits()),
            probes: number(defaults.probes),
            is_shadow: number(0),
        }
    }

    pub(super) fn failure_rate(&self) -> f64 {
        f64::from_bits(self.failure_rate.load(Relaxed))
    }

    pub(super) fn set_failure_rate(&self, rate: f64) {
        self.failure_rate.store(rate.to_bits(), Relaxed);
    }

    pub(super) fn slow_rate(&self) -> f64 {
        f64::from_bits(self.slow_rate.load(Relaxed))
    }

    pub(super) fn set_slow_rate(&self, rate: f64) {
        self.slow_rate.store(rate.to_bits(), Relaxed);
    }

    pub(super) fn backoff(&self) -> f64 {
        f64::from_bits(self.backoff.load(Relaxed))
    }

    pub(super) fn set_backoff(&self, backoff: f64) {
        self.backoff.store(backoff.to_bits(), Relaxed);
    }

    /// How many calls are enough to decide: fewer where there is another reason to expect the worst.
    pub(super) fn enough(&self, is_falling: bool) -> Enough {
        match self.min_calls.load(Relaxed) {
            0 => Enough::Sure(LEAST_CALLS, if is_falling { rule::LIKELY } else { rule::SURE }),
            calls => Enough::Calls(calls),
        }
    }

    /// How long to stay open, in nanoseconds, the `attempt`-th time in a row: with a tenth more or less, so that
    /// those who opened together do not ask together.
    pub(super) fn open_nanos(&self, attempt: u32, random: u64) -> u64 {
        let (first, most) = (self.open_for.load(Relaxed) as f64, self.max_open.load(Relaxed) as f64);
        let nanos = (first * self.backoff().powi(attempt as i32)).min(most.max(first));
        let jitter = 0.9 + 0.2 * crate::random::unit(random);
        (nanos * jitter) as u64
    }
}

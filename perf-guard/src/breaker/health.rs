//! Whether a function's health is falling, as its measurements tell: a hint that it will not be long until it fails.

use std::sync::Mutex;

use perf_core::__private::Site;

use crate::name::Name;
use crate::primitive::{AtomicU32, Ordering::Relaxed, lock};

/// Slices of time that have to be known before one can be slow beside them.
const KNOWN: u32 = 3;

/// How many times as slow is falling.
const SLOW: f32 = 2.0;

/// What share of the failure rate that is too much is falling.
const FAILING: f64 = 0.5;

/// What one slice counts for in what is usual, and what one that is not usual does: if it stays so, it becomes so.
const WEIGHT: f32 = 0.2;
const STRANGE_WEIGHT: f32 = 0.02;

#[derive(Debug)]
pub(super) struct Health {
    /// None of a breaker that no function has to itself.
    site: Option<&'static Site>,
    usual: Mutex<Usual>,
    is_falling: AtomicU32,
}

/// What is known of past slices.
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    /// The last slice that was looked at.
    seen: u32,
    known: u32,
    /// Seconds.
    p99: f32,
}

impl Health {
    pub(super) fn of(name: Name) -> Self {
        Self { site: name.site(), usual: Mutex::default(), is_falling: AtomicU32::new(0) }
    }

    pub(super) fn is_falling(&self) -> bool {
        self.is_falling.load(Relaxed) != 0
    }

    /// Looks at the last finished slice, if it is a new one. The background thread does so.
    pub(super) fn look(&self, failure_rate: f64) {
        let Some(health) = self.site.and_then(Site::health) else { return };
        let mut usual = lock(&self.usual);
        if usual.seen != health.slices {
            usual.seen = health.slices;
            let is_falling = usual.is_falling(health.p99, f64::from(health.failed), failure_rate);
            self.is_falling.store(u32::from(is_falling), Relaxed);
        }
    }
}

impl Usual {
    /// Whether a slice is one of falling health; takes it in.
    fn is_falling(&mut self, p99: f32, failed: f64, failure_rate: f64) -> bool {
        let is_slow = self.known >= KNOWN && p99 > self.p99 * SLOW;
        if p99 > 0.0 {
            let weight = match self.known {
                0 => 1.0,
                _ if is_slow => STRANGE_WEIGHT,
                _ => WEIGHT,
            };
            self.p99 += weight * (p99 - self.p99);
            self.known = self.known.saturating_add(1);
        }
        is_slow || failed >= failure_rate * FAILING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_slow_as_usual_is_falling_and_what_stays_so_becomes_usual() {
        let mut usual = Usual::default();
        assert!((0..10).all(|_| !usual.is_falling(0.001, 0.0, 0.1)));
        assert!(usual.is_falling(0.003, 0.0, 0.1));
        assert!(!usual.is_falling(0.0015, 0.0, 0.1));
        assert!(!usual.is_falling(0.0, 0.0, 0.1), "nothing was timed");
        let until_usual = (0..1000).find(|_| !usual.is_falling(0.003, 0.0, 0.1)).unwrap();
        assert!((5..100).contains(&until_usual), "{until_usual}");
    }

    #[test]
    fn the_first_slices_are_beside_nothing() {
        let mut usual = Usual::default();
        assert!(!usual.is_falling(0.001, 0.0, 0.1) && !usual.is_falling(0.1, 0.0, 0.1));
    }

    #[test]
    fn half_of_the_failures_that_are_too_many_are_falling() {
        let mut usual = Usual::default();
        assert!(!usual.is_falling(0.001, 0.04, 0.1) && usual.is_falling(0.001, 0.05, 0.1));
    }
}

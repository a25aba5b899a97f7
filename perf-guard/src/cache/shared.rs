use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use perf_core::{GuardKind, GuardStats};

use crate::error::GuardError;
use crate::name::Name;
use crate::steer::nanos_of;
use crate::sum::Sum;

/// No end.
pub(super) const FOREVER: u64 = u64::MAX;

/// Threads' readings of the clock may differ by so many nanoseconds. What was loaded further ahead was loaded before the
/// clock went back, nobody knows how long ago.
const SKEW: u64 = 1_000_000;

/// What a cache goes by, and what it has done; of all its types of keys and values, where it has several.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) name: Name,
    pub(super) capacity: AtomicU64,
    /// In nanoseconds, as the next.
    pub(super) ttl: AtomicU64,
    pub(super) stale: AtomicU64,
    pub(super) counts: Counts,
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) hits: Sum,
    pub(super) stale: Sum,
    pub(super) misses: AtomicU64,
    pub(super) loads: AtomicU64,
    pub(super) waits: AtomicU64,
    pub(super) waited_nanos: AtomicU64,
}

/// How old a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Age {
    Fresh,
    /// To be given while somebody loads it anew.
    Stale,
    /// Not to be given.
    Expired,
}

impl Shared {
    #[inline]
    pub(super) fn age(&self, loaded: u64, clock: impl FnOnce() -> u64) -> Age {
        let ttl = self.ttl.load(Relaxed);
        if ttl == FOREVER { Age::Fresh } else { self.age_by(ttl, loaded, clock) }
    }

    /// Apart, so that a hit without a ttl keeps nothing for it.
    #[inline(never)]
    fn age_by(&self, ttl: u64, loaded: u64, clock: impl FnOnce() -> u64) -> Age {
        // What was loaded too far ahead is older than anything.
        let age = clock().wrapping_add(SKEW).wrapping_sub(loaded);
        let fresh = ttl.saturating_add(SKEW);
        if age < fresh {
            return Age::Fresh;
        }
        let stale = fresh.saturating_add(self.stale.load(Relaxed));
        if age < stale { Age::Stale } else { Age::Expired }
    }

    pub(super) fn set_ttl(&self, ttl: Option<Duration>) -> Result<(), GuardError> {
        self.ttl.store(ttl_nanos(ttl)?, Relaxed);
        Ok(())
    }

    pub(super) fn set_stale(&self, stale: Duration) {
        self.stale.store(nanos_of(stale), Relaxed);
    }

    pub(super) fn stats(&self, entries: usize, evictions: u64) -> GuardStats {
        let counts = &self.counts;
        let mut stats = GuardStats::new(self.name.get(), GuardKind::Cache, "caching");
        stats.admitted = counts.loads.load(Relaxed);
        stats.waits = counts.waits.load(Relaxed);
        stats.waited = Duration::from_nanos(counts.waited_nanos.load(Relaxed));
        let mut number = |name: &'static str, number: f64| stats.numbers.push((name.into(), number));
        number("hits", counts.hits.get() as f64);
        number("misses", counts.misses.load(Relaxed) as f64);
        number("stale", counts.stale.get() as f64);
        number("evictions", evictions as f64);
        number("entries", entries as f64);
        number("capacity", self.capacity.load(Relaxed) as f64);
        for (name, of) in [("ttl", &self.ttl), ("stale_while_revalidate", &self.stale)] {
            match of.load(Relaxed) {
                0 | FOREVER => {}
                nanos => number(name, Duration::from_nanos(nanos).as_secs_f64()),
            }
        }
        stats
    }
}

pub(super) fn check_capacity(capacity: u64) -> Result<(), GuardError> {
    if capacity > 0 {
        return Ok(());
    }
    Err(GuardError::new("capacity = 0: a cache keeps 1 entry at least"))
}

pub(super) fn ttl_nanos(ttl: Option<Duration>) -> Result<u64, GuardError> {
    match ttl {
        Some(Duration::ZERO) => Err(GuardError::new("ttl = 0: a value is kept for some time, a nanosecond at least")),
        Some(ttl) => Ok(nanos_of(ttl)),
        None => Ok(FOREVER),
    }
}

//! What a limiter says of itself, what can be set of it, and how it is one of several guards.

use std::time::Duration;

use perf_core::{GuardKind, GuardStats};

use super::{Counter, Counts, RateLimiter, WhenLimited};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Ordering::Relaxed;
use crate::registry::Handle;
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::Steer;
use crate::verdict::Verdict;

impl Steer for RateLimiter {
    fn stats(&self) -> GuardStats {
        let mut sum = Sum::default();
        match &self.core.counter {
            Counter::Bucket(bucket, _) => {
                bucket.each_count(|counts| sum.add(counts));
                sum.admitted = bucket.admitted();
            }
            Counter::Fixed(_, counts) | Counter::Sliding(_, counts) => counts.each(|counts| sum.add(counts)),
        }
        let available = self.available();
        let mut stats = sum.stats(if available == 0 { "limiting" } else { "admitting" });
        let numbers = [("rate", self.rate().hertz()), ("burst", self.burst() as f64), ("available", available as f64)];
        stats.numbers.extend(numbers.map(|(name, number)| (name.into(), number)));
        stats
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        match key {
            "rate" => self.set_rate(value.parse()?),
            "burst" => self.set_burst(crate::steer::count(key, value)?),
            _ => {
                self.set_max_wait(crate::steer::duration(key, value)?);
                Ok(())
            }
        }
    }
}

impl Handle for RateLimiter {
    const KIND: GuardKind = GuardKind::RateLimiter;

    fn name(&self) -> Name {
        self.core.name
    }
}

impl Stage for RateLimiter {
    /// What the call costs.
    type Input = u64;
    type Ticket = u64;

    #[inline(always)]
    fn enter(&self, permits: u64) -> Result<u64, Rejected> {
        match self.core.when_limited {
            WhenLimited::Reject => self.check_n(permits)?,
            WhenLimited::Wait => self.acquire_n(permits)?,
        }
        Ok(permits)
    }

    async fn enter_async(&self, permits: u64) -> Result<u64, Rejected> {
        match self.core.when_limited {
            WhenLimited::Reject => self.check_n(permits)?,
            WhenLimited::Wait => self.acquire_n_async(permits).await?,
        }
        Ok(permits)
    }

    #[inline(always)]
    fn leave(&self, _: u64, _: Verdict) {}

    #[cold]
    fn undo(&self, permits: u64) {
        self.core.give_back(permits);
    }
}

/// Counts of all threads.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) admitted: u64,
    pub(super) refused: [(Option<Reason>, u64); 3],
    waits: u64,
    waited: u64,
}

impl Sum {
    pub(super) fn add(&mut self, counts: &Counts) {
        let Counts { admitted, limited, exceeding, waits, waited } = counts;
        self.admitted = self.admitted.wrapping_add(admitted.load(Relaxed));
        self.refuse(0, Reason::RateLimited, limited.load(Relaxed));
        self.refuse(1, Reason::ExceedsBurst, exceeding.load(Relaxed));
        self.waits += waits.load(Relaxed);
        self.waited += waited.load(Relaxed);
    }

    pub(super) fn refuse(&mut self, at: usize, reason: Reason, count: u64) {
        self.refused[at] = (Some(reason), self.refused[at].1 + count);
    }

    pub(super) fn stats(self, doing: &'static str) -> GuardStats {
        let mut stats = GuardStats::new("", GuardKind::RateLimiter, doing);
        stats.admitted = self.admitted;
        let refused = self.refused.into_iter().filter(|(_, count)| *count > 0);
        stats.refused = refused.filter_map(|(reason, count)| Some((reason?.as_str().into(), count))).collect();
        stats.waits = self.waits;
        stats.waited = Duration::from_nanos(self.waited);
        stats
    }
}

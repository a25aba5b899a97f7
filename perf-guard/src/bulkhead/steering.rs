use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::__guard::duration;
use perf_core::{GuardKind, GuardStats};

use super::adaptive::Adaptive;
use super::{Bulkhead, Permit, builder};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::lock;
use crate::registry::Handle;
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::nanos_of;
use crate::steer::{Key, Steer};
use crate::verdict::Verdict;

impl Bulkhead {
    /// What it is doing, and what it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let core = &*self.0;
        let now = core.semaphore.read();
        let doing = if now.in_flight < now.limit { "admitting" } else { "full" };
        let mut stats = GuardStats::new(core.name.get(), GuardKind::Bulkhead, doing);
        stats.admitted = now.admitted;
        stats.in_flight = Some(now.in_flight.into());
        stats.waits = core.waits.load(Relaxed);
        stats.waited = Duration::from_nanos(core.waited_nanos.load(Relaxed));
        let refused = core.refused.get();
        if refused > 0 {
            stats.refused.push((Reason::BulkheadFull.as_str().into(), refused));
        }
        let mut number = |name: &'static str, number: f64| stats.numbers.push((name.into(), number));
        number("limit", now.limit.into());
        number("waiting", now.waiting as f64);
        number("max_waiting", now.max_waiting as f64);
        number("max_wait", self.max_wait().as_secs_f64());
        if now.is_adaptive {
            let adaptive = lock(&core.adaptive).clone();
            let (min, max) = adaptive.bounds();
            number("min_limit", min.into());
            number("max_limit", max.into());
            if let Some(nanos) = adaptive.baseline_nanos() {
                number("baseline", nanos / 1e9);
            }
        }
        stats
    }

    /// Fixes the limit, from 1 to 1,048,575. Where more calls are in flight they go on, and nobody enters until
    /// fewer are.
    ///
    /// # Errors
    ///
    /// Where the limit is none of these; nothing is changed then.
    pub fn set_limit(&self, limit: u32) -> Result<(), GuardError> {
        builder::check_limit("max_concurrent", limit)?;
        let adaptive = lock(&self.0.adaptive);
        self.0.semaphore.set_adaptive(false);
        self.0.semaphore.set_limit(limit);
        drop(adaptive);
        self.0.semaphore.hand_out();
        Ok(())
    }

    /// Lets the limit [adapt](super::BulkheadBuilder::adaptive) between two bounds, from what it is now.
    ///
    /// # Errors
    ///
    /// Where a bound is not from 1 to 1,048,575, or the first is above the second; nothing is changed then.
    pub fn set_adaptive(&self, min_limit: u32, max_limit: u32) -> Result<(), GuardError> {
        builder::check_bounds(min_limit, max_limit)?;
        let mut adaptive = lock(&self.0.adaptive);
        let now = self.0.semaphore.word();
        if now.is_adaptive() {
            adaptive.set_bounds(min_limit, max_limit);
        } else {
            *adaptive = Adaptive::new(now.limit(), min_limit, max_limit);
        }
        self.0.semaphore.set_limit(adaptive.limit());
        self.0.semaphore.set_adaptive(true);
        drop(adaptive);
        self.0.semaphore.hand_out();
        Ok(())
    }

    /// Changes how long a call may wait; those that wait already stay with what they were told.
    pub fn set_max_wait(&self, max_wait: Duration) {
        self.0.max_wait.store(nanos_of(max_wait), Relaxed);
    }

    /// Changes how many calls may wait at a time; those that wait already stay.
    pub fn set_max_waiting(&self, max_waiting: usize) {
        self.0.semaphore.set_max_waiting(max_waiting);
    }

    fn bounds(&self) -> (u32, u32) {
        lock(&self.0.adaptive).bounds()
    }
}

const KEYS: &[Key] = &[
    Key { name: "max_concurrent", form: "a number of calls such as `16`, or `adaptive`" },
    Key { name: "min_limit", form: "a number of calls: the limit adapts, and is never lower" },
    Key { name: "max_limit", form: "a number of calls: the limit adapts, and is never higher" },
    Key { name: "max_wait", form: "a duration such as `250ms`" },
    Key { name: "max_waiting", form: "a number of calls such as `1024`" },
];

impl Steer for Bulkhead {
    fn stats(&self) -> GuardStats {
        self.stats()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        let wrong = || GuardError::wrong(KEYS, key, value);
        let count = || value.replace('_', "").parse::<u32>().map_err(|_| wrong());
        let (min, max) = self.bounds();
        match key {
            "max_concurrent" if value == "adaptive" => self.set_adaptive(min, max),
            "max_concurrent" => self.set_limit(count()?),
            "min_limit" => self.set_adaptive(count()?, max),
            "max_limit" => self.set_adaptive(min, count()?),
            "max_wait" => {
                self.set_max_wait(duration(value).ok_or_else(wrong)?);
                Ok(())
            }
            "max_waiting" => {
                self.set_max_waiting(count()? as usize);
                Ok(())
            }
            _ => Err(wrong()),
        }
    }
}

impl Handle for Bulkhead {
    const KIND: GuardKind = GuardKind::Bulkhead;

    fn name(&self) -> Name {
        self.0.name
    }
}

#[cfg(feature = "tower")]
impl Bulkhead {
    /// As a [`Stage`] is entered, but for where a call has to wait: nothing is done then.
    pub(crate) fn enter_now(&self) -> Option<Result<u64, Rejected>> {
        let entered = if self.max_wait().is_zero() { self.try_acquire() } else { Ok(self.enter()?) };
        Some(entered.map(Permit::into_ticket))
    }
}

impl Stage for Bulkhead {
    type Input = ();
    /// When the call began, where somebody wants to know.
    type Ticket = u64;

    #[inline(always)]
    fn enter(&self, (): ()) -> Result<u64, Rejected> {
        self.acquire().map(Permit::into_ticket)
    }

    async fn enter_async(&self, (): ()) -> Result<u64, Rejected> {
        self.acquire_async().await.map(Permit::into_ticket)
    }

    #[inline(always)]
    fn enter_fast(&self, (): &()) -> Option<u64> {
        self.enter().map(Permit::into_ticket)
    }

    #[inline(always)]
    fn leaves_fast(&self, began: u64) -> bool {
        began == 0
    }

    #[inline(always)]
    fn leave_fast(&self, began: u64) {
        self.leave(began, Verdict::Success);
    }

    #[inline(always)]
    fn leave(&self, began: u64, verdict: Verdict) {
        self.leave(began, verdict);
    }

    #[cold]
    fn undo(&self, began: u64) {
        self.leave(began, Verdict::Ignored);
    }
}

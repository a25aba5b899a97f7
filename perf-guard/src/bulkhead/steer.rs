//! What a bulkhead says of itself, what can be set of it, and how it is one of several guards.

use std::mem;
use std::time::Duration;

use perf_core::{GuardKind, GuardStats};

use super::{Bulkhead, check_limit};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Ordering::Relaxed;
use crate::registry::Handle;
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::{self, Steer};
use crate::verdict::Verdict;

impl Steer for Bulkhead {
    fn stats(&self) -> GuardStats {
        let (core, in_flight) = (&*self.core, self.in_flight());
        let doing = if in_flight >= u64::from(self.limit()) { "full" } else { "admitting" };
        let mut stats = GuardStats::new("", GuardKind::Bulkhead, doing);
        let (mut refused, mut waited) = (0, 0);
        core.counts.each(|counts| {
            stats.admitted += counts.admitted.load(Relaxed);
            stats.waits += counts.waits.load(Relaxed);
            refused += counts.refused.load(Relaxed);
            waited += counts.waited.load(Relaxed);
        });
        stats.waited = Duration::from_nanos(waited);
        if refused > 0 {
            stats.refused.push((Reason::BulkheadFull.as_str().into(), refused));
        }
        stats.in_flight = Some(in_flight);
        let numbers = [
            ("max_concurrent", f64::from(self.limit())),
            ("max_wait", core.max_wait.load(Relaxed) as f64 / 1e9),
            ("waiting", core.slots.waiting() as f64),
        ];
        stats.numbers.extend(numbers.map(|(name, number)| (name.into(), number)));
        stats
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        match key {
            "max_concurrent" => self.set_limit(check_limit(steer::count(key, value)?)?)?,
            "max_waiting" => self.core.max_waiting.store(steer::count(key, value)?, Relaxed),
            _ => self.set_max_wait(steer::duration(key, value)?),
        }
        Ok(())
    }
}

impl Handle for Bulkhead {
    const KIND: GuardKind = GuardKind::Bulkhead;

    fn name(&self) -> Name {
        self.core.name
    }
}

impl Stage for Bulkhead {
    type Input = ();
    type Ticket = ();

    #[inline(always)]
    fn enter(&self, (): ()) -> Result<(), Rejected> {
        mem::forget(self.acquire()?);
        Ok(())
    }

    async fn enter_async(&self, (): ()) -> Result<(), Rejected> {
        mem::forget(self.acquire_async().await?);
        Ok(())
    }

    #[inline(always)]
    fn leave(&self, (): (), _: Verdict) {
        self.core.slots.give_back();
    }

    #[cold]
    fn undo(&self, (): ()) {
        self.core.count(|counts| &counts.admitted, 1_u64.wrapping_neg());
        self.core.slots.give_back();
    }
}

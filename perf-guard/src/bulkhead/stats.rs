use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::{GuardKind, GuardStats};

use super::Bulkhead;
use crate::error::GuardError;
use crate::rejected::Reason;
use crate::steer::{Key, Steer};

impl Bulkhead {
    /// What it is doing, and what it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let core = &*self.0;
        let now = core.semaphore.read();
        let state = if now.in_flight < now.limit { "admitting" } else { "full" };
        let mut stats = GuardStats::new(core.name.get(), GuardKind::Bulkhead, state);
        stats.admitted = now.admitted;
        stats.in_flight = Some(now.in_flight.into());
        stats.waits = core.waits.load(Relaxed);
        stats.waited = Duration::from_nanos(core.waited_nanos.load(Relaxed));
        let refused = core.refused.get();
        if refused > 0 {
            stats.refused.push((Reason::BulkheadFull.as_str().into(), refused));
        }
        stats.numbers.push(("limit".into(), now.limit.into()));
        stats.numbers.push(("waiting".into(), now.waiting as f64));
        stats.numbers.push(("max_waiting".into(), now.max_waiting as f64));
        stats.numbers.push(("max_wait".into(), self.max_wait().as_secs_f64()));
        stats
    }
}

impl Steer for Bulkhead {
    fn stats(&self) -> GuardStats {
        self.stats()
    }

    fn keys(&self) -> &'static [Key] {
        const { &[Key { name: "max_concurrent", form: "a number of calls" }] }
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        let _ = (key, value);
        Ok(())
    }
}

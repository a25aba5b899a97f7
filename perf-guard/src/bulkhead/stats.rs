use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::__guard::duration;
use perf_core::{GuardKind, GuardStats};

use super::Bulkhead;
use crate::error::GuardError;
use crate::primitive::lock;
use crate::rejected::Reason;
use crate::steer::{Key, Steer};

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

    fn keys(&self) -> &'static [Key] {
        KEYS
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

//! What a limiter says of itself, what can be set of it, and how it is one of several guards.

use std::time::Duration;

use perf_core::__guard::nanos;
use perf_core::{GuardKind, GuardStats};

use super::held::{Counts, Held, Own};
use super::{RateLimiter, Taken, WhenLimited};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Ordering::Relaxed;
use crate::registry::Handle;
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::Steer;
use crate::verdict::Verdict;

impl RateLimiter {
    /// What it is doing, and what it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let available = self.available();
        let mut stats = self.core.held.stats(self.core.name, if available == 0 { "limiting" } else { "admitting" });
        let numbers = [("rate", self.rate().hertz()), ("burst", self.burst() as f64), ("available", available as f64)];
        stats.numbers.extend(numbers.map(|(name, number)| (name.into(), number)));
        stats
    }
}

impl Steer for RateLimiter {
    fn stats(&self) -> GuardStats {
        Self::stats(self)
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
    type Ticket = Taken;

    #[inline(always)]
    fn enter(&self, permits: u64) -> Result<Taken, Rejected> {
        if permits == 1 && self.core.held.take_leased() { Ok(Taken::OF_A_LEASE) } else { self.enter_slowly(permits) }
    }

    async fn enter_async(&self, permits: u64) -> Result<Taken, Rejected> {
        match self.core.when_limited {
            WhenLimited::Reject => self.core.take_now(permits),
            WhenLimited::Wait if permits == 1 && self.core.held.take_leased() => Ok(Taken::LONG_AGO),
            WhenLimited::Wait => {
                let since = Some(nanos());
                self.acquire_n_async(permits).await?;
                Ok(Taken { permits, since })
            }
        }
    }

    #[inline(always)]
    fn enter_fast(&self, permits: &u64) -> Option<Taken> {
        (*permits == 1 && self.core.held.take_leased_near()).then_some(Taken::OF_A_LEASE)
    }

    #[inline(always)]
    fn leave(&self, _: Taken, _: Verdict) {}

    #[cold]
    fn undo(&self, taken: Taken) {
        self.core.give_back(taken);
    }
}

impl RateLimiter {
    // Cold, so that what busy threads do lies in a line.
    #[cold]
    #[inline(never)]
    fn enter_slowly(&self, permits: u64) -> Result<Taken, Rejected> {
        match self.core.when_limited {
            WhenLimited::Reject if permits == 0 => self.core.take_now(0),
            WhenLimited::Reject => self.core.admit(permits),
            WhenLimited::Wait => {
                let since = Some(nanos());
                self.acquire_n(permits)?;
                Ok(Taken { permits, since })
            }
        }
    }
}

impl Held {
    /// What all threads have counted.
    pub(super) fn stats(&self, name: Name, doing: &'static str) -> GuardStats {
        let mut sums = [0_u64; 5];
        self.each(|Own { counts, .. }| {
            let Counts { limited, exceeding, strangers, waits, waited } = counts;
            for (sum, count) in sums.iter_mut().zip([limited, exceeding, strangers, waits, waited]) {
                *sum = sum.wrapping_add(count.load(Relaxed));
            }
        });
        let [limited, exceeding, strangers, waits, waited] = sums;
        let mut stats = GuardStats::new(name.get(), GuardKind::RateLimiter, doing);
        stats.admitted = self.admitted();
        let refused =
            [(Reason::RateLimited, limited), (Reason::ExceedsBurst, exceeding), (Reason::TooManyKeys, strangers)];
        let refused = refused.into_iter().filter(|(_, count)| *count > 0);
        stats.refused = refused.map(|(reason, count)| (reason.as_str().into(), count)).collect();
        stats.waits = waits;
        stats.waited = Duration::from_nanos(waited);
        stats
    }
}

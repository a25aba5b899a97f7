use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::__guard::{nanos, share};
use perf_core::{GuardKind, GuardStats};

use super::core::doing;
use super::{LoadShedder, Priority};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry::Handle;
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::{self, Steer};
use crate::verdict::Verdict;

impl LoadShedder {
    /// What it is doing, and what it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let (core, load) = (&*self.core, self.load());
        let mut stats = GuardStats::new(core.name.get(), GuardKind::LoadShedder, doing(self.is_shedding()));
        stats.since = Some(Duration::from_nanos(nanos().saturating_sub(core.since.load(Relaxed))));
        stats.admitted = core.admitted.get();
        let refused = core.refused.get();
        if refused > 0 {
            stats.refused.push((Reason::Overloaded.as_str().into(), refused));
        }
        let mut number = |name: &'static str, number: f64| stats.numbers.push((name.into(), number));
        number("max_load", self.max_load());
        number("max_queueing", self.max_queueing().as_secs_f64());
        number("load", load.value());
        load.sources().for_each(|(source, load)| number(source.as_str(), load));
        number("refusing_low", self.refusing(Priority::Low));
        number("refusing_normal", self.refusing(Priority::Normal));
        number("refusing_high", self.refusing(Priority::High));
        number("refusing_critical", self.refusing(Priority::Critical));
        stats
    }
}

impl Steer for LoadShedder {
    fn stats(&self) -> GuardStats {
        self.stats()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        if key == "max_queueing" {
            return self.set_max_queueing(steer::duration(key, value)?);
        }
        let load = share(value.trim()).ok_or_else(|| steer::wrong(key, value, "a share such as 0.8 or \"80%\""))?;
        self.set_max_load(load)
    }
}

impl Handle for LoadShedder {
    const KIND: GuardKind = GuardKind::LoadShedder;

    fn name(&self) -> Name {
        self.core.name
    }
}

impl Stage for LoadShedder {
    type Input = ();
    type Ticket = ();

    #[inline(always)]
    fn enter(&self, (): ()) -> Result<(), Rejected> {
        self.check()
    }

    #[inline(always)]
    fn enter_fast(&self, (): &()) -> Option<()> {
        self.admits_all().then(|| self.core.admitted.add(1))
    }

    /// How it ends is the load's affair.
    #[inline(always)]
    fn leave(&self, (): (), _: Verdict) {}

    #[cold]
    fn undo(&self, (): ()) {
        self.core.admitted.add(1_u64.wrapping_neg());
    }
}

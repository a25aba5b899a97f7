//! What a breaker says of itself, what can be set of it, and how it is one of several guards.

use std::time::Duration;

use perf_core::__guard::nanos;
use perf_core::{GuardKind, GuardStats};

use super::core::{DISABLED, FORCED_CLOSED};
use super::{CircuitBreaker, Ticket, builder, rule};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Ordering::Relaxed;
use crate::registry::Handle;
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::{self, Steer};
use crate::verdict::Verdict;

impl CircuitBreaker {
    /// Changes the share of failures that is too much.
    ///
    /// # Errors
    ///
    /// It is no share.
    pub fn set_failure_rate(&self, rate: f64) -> Result<(), GuardError> {
        self.core.settings.set_failure_rate(builder::share("failure_rate", rate)?);
        Ok(())
    }

    /// Changes how long it stays open the first time, from the next time on.
    pub fn set_open_for(&self, open: Duration) {
        self.core.settings.open_for.store(steer::nanos_of(open), Relaxed);
    }
}

impl CircuitBreaker {
    /// What it is doing, and what it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let (core, now) = (&*self.core, nanos());
        let (sums, totals) = (core.sums(now), core.totals());
        let doing = match core.mode.load(Relaxed) {
            DISABLED => "disabled",
            FORCED_CLOSED => "forced_closed",
            _ => core.state().as_str(),
        };
        let mut stats = GuardStats::new(core.name.get(), GuardKind::CircuitBreaker, doing);
        stats.since = Some(Duration::from_nanos(now.saturating_sub(core.since())));
        stats.admitted = totals.ended;
        if totals.refused > 0 {
            stats.refused.push((Reason::CircuitOpen.as_str().into(), totals.refused));
        }
        let seconds = |nanos: &crate::primitive::AtomicU64| nanos.load(Relaxed) as f64 / 1e9;
        let settings = &core.settings;
        let numbers = [
            ("failure_rate", settings.failure_rate()),
            ("open_for", seconds(&settings.open_for)),
            ("max_open", seconds(&settings.max_open)),
            ("probes", settings.probes.load(Relaxed) as f64),
            ("calls_in_window", sums.calls as f64),
            ("failing", rule::share(sums.failures, &sums)),
            ("slow", rule::share(sums.slow, &sums)),
            ("falling", f64::from(u8::from(core.health.is_falling()))),
        ];
        stats.numbers.extend(numbers.map(|(name, number)| (name.into(), number)));
        stats
    }
}

impl Steer for CircuitBreaker {
    fn stats(&self) -> GuardStats {
        Self::stats(self)
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        let settings = &self.core.settings;
        let share = |value: &str| steer::share(key, value);
        match key {
            "failure_rate" => return self.set_failure_rate(share(value)?),
            "slow_rate" => settings.set_slow_rate(builder::share(key, share(value)?)?),
            "slow_call" => self.core.set_slow_call(steer::nanos_of(steer::duration(key, value)?)),
            "min_calls" => settings.min_calls.store(steer::count(key, value)?, Relaxed),
            "open_for" => self.set_open_for(steer::duration(key, value)?),
            "max_open" => settings.max_open.store(steer::nanos_of(steer::duration(key, value)?), Relaxed),
            "probes" => settings.probes.store(builder::check_probes(steer::count(key, value)?)?, Relaxed),
            "backoff" => {
                let factor = value.trim().parse().map_err(|_| steer::wrong(key, value, "a number of at least 1"))?;
                settings.set_backoff(builder::factor(factor)?);
            }
            _ => match value.trim() {
                "true" => settings.is_shadow.store(1, Relaxed),
                "false" => settings.is_shadow.store(0, Relaxed),
                _ => return Err(steer::wrong(key, value, "true or false")),
            },
        }
        Ok(())
    }
}

impl Handle for CircuitBreaker {
    const KIND: GuardKind = GuardKind::CircuitBreaker;

    fn name(&self) -> Name {
        self.core.name
    }
}

impl Stage for CircuitBreaker {
    type Input = ();
    type Ticket = Ticket;

    #[inline(always)]
    fn enter(&self, (): ()) -> Result<Ticket, Rejected> {
        Self::enter(self)
    }

    #[inline(always)]
    fn enter_fast(&self, (): &()) -> Option<Ticket> {
        self.core.enter_closed().map(Ticket::untimed)
    }

    /// It has taken nothing: it is counted when it ends.
    #[inline(always)]
    fn undo_fast(&self, _: Ticket) {}

    #[inline(always)]
    fn leaves_fast(&self, ticket: Ticket) -> bool {
        self.core.succeeds_near(ticket.word())
    }

    #[inline(always)]
    fn leave_fast(&self, _: Ticket) {
        self.core.succeed_near();
    }

    #[inline(always)]
    fn leave(&self, ticket: Ticket, verdict: Verdict) {
        Self::leave(self, ticket, verdict);
    }

    #[cold]
    fn undo(&self, ticket: Ticket) {
        self.core.undo(ticket.word);
    }
}

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::__guard::nanos;
use perf_core::{GuardKind, GuardStats};

use super::{Core, Retry, builder};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry::{Handle, Tick};
use crate::steer::{self, Steer};

impl Retry {
    /// Sets how often a call is tried, from the next decision on.
    ///
    /// # Errors
    ///
    /// It is none; nothing is changed then.
    pub fn set_attempts(&self, attempts: u32) -> Result<(), GuardError> {
        builder::check_attempts(attempts)?;
        self.0.attempts.store(attempts, Relaxed);
        Ok(())
    }

    /// Sets the longest pause before the second attempt.
    pub fn set_backoff(&self, backoff: Duration) {
        self.0.backoff.store(steer::nanos_of(backoff), Relaxed);
    }

    /// Sets what no pause is longer than.
    pub fn set_max_backoff(&self, max_backoff: Duration) {
        self.0.max_backoff.store(steer::nanos_of(max_backoff), Relaxed);
    }

    /// Sets the share of calls that may be tried again; what was tried in the last seconds still counts.
    ///
    /// # Errors
    ///
    /// It is not from 0 to 1; nothing is changed then.
    pub fn set_budget(&self, share: f64) -> Result<(), GuardError> {
        self.0.share.store(builder::millionths(share)?, Relaxed);
        Ok(())
    }

    /// Sets the retries in ten seconds that are there beside that share.
    pub fn set_reserve(&self, retries: u32) {
        self.0.reserve.store(retries.into(), Relaxed);
    }

    /// Sets how long calls that begin from now on may take; [`Duration::MAX`] is for ever.
    pub fn set_deadline(&self, deadline: Duration) {
        self.0.deadline.store(steer::nanos_of(deadline), Relaxed);
    }

    /// What it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let (core, tallies) = (&*self.0, &self.0.tallies);
        let mut stats = GuardStats::new(core.name.get(), GuardKind::Retry, "retrying");
        stats.admitted = core.calls.get();
        stats.waits = tallies.retries.load(Relaxed);
        stats.waited = Duration::from_nanos(tallies.paused.load(Relaxed));
        let count = |count: &std::sync::atomic::AtomicU64| count.load(Relaxed) as f64;
        let seconds = |nanos: u64| nanos as f64 / 1e9;
        let numbers = [
            ("attempts", f64::from(core.attempts.load(Relaxed))),
            ("backoff", seconds(core.backoff.load(Relaxed))),
            ("max_backoff", seconds(core.max_backoff.load(Relaxed))),
            ("budget", count(&core.share) / 1e6),
            ("reserve", count(&core.reserve)),
            ("retries", count(&tallies.retries)),
            ("recovered", count(&tallies.recovered)),
            ("out_of_attempts", count(&tallies.out_of_attempts)),
            ("out_of_budget", count(&tallies.out_of_budget)),
            ("out_of_time", count(&tallies.out_of_time)),
            ("hopeless", count(&tallies.hopeless)),
        ];
        stats.numbers.extend(numbers.map(|(name, number)| (name.into(), number)));
        let deadline = core.deadline.load(Relaxed);
        if deadline != u64::MAX {
            stats.numbers.push(("deadline".into(), seconds(deadline)));
        }
        stats
    }
}

impl Steer for Retry {
    fn stats(&self) -> GuardStats {
        Self::stats(self)
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        match key {
            "attempts" => {
                let attempts = steer::count(key, value)?;
                self.set_attempts(u32::try_from(attempts).unwrap_or(u32::MAX))?;
            }
            "backoff" => self.set_backoff(steer::duration(key, value)?),
            "max_backoff" => self.set_max_backoff(steer::duration(key, value)?),
            "deadline" => self.set_deadline(steer::duration(key, value)?),
            "reserve" => self.set_reserve(u32::try_from(steer::count(key, value)?).unwrap_or(u32::MAX)),
            _ => self.set_budget(steer::share(key, value)?)?,
        }
        Ok(())
    }
}

impl Handle for Retry {
    const KIND: GuardKind = GuardKind::Retry;

    fn name(&self) -> Name {
        self.0.name
    }
}

impl Tick for Core {
    /// Takes note of when calls came, which they do not say themselves.
    fn tick(&self) {
        let calls = self.calls.get();
        self.budget.lock().look(nanos(), calls);
    }
}

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::adaptive::Adaptive;
use super::semaphore::Semaphore;
use super::word::MAX_LIMIT;
use super::{Bulkhead, Core};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry;
use crate::steer::nanos_of;
use crate::sum::Sum;

/// Builds a [`Bulkhead`].
#[derive(Clone, Debug)]
#[must_use = "it builds nothing until `build`"]
pub struct BulkheadBuilder {
    name: Name,
    max_concurrent: u32,
    is_adaptive: bool,
    min_limit: u32,
    max_limit: u32,
    max_wait: Duration,
    max_waiting: usize,
}

impl BulkheadBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: Name::NONE,
            max_concurrent: 16,
            is_adaptive: false,
            min_limit: 1,
            max_limit: 1000,
            max_wait: Duration::ZERO,
            max_waiting: 1024,
        }
    }

    /// What it is called in refusals and snapshots.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// Calls that may run at a time, from 1 to 1,048,575, or, of an [adaptive](Self::adaptive) limit, what it
    /// begins with; 16 where nothing is said.
    pub fn max_concurrent(mut self, limit: u32) -> Self {
        self.max_concurrent = limit;
        self
    }

    /// Lets the limit adapt (where the [environment](perf_core::GuardDefaults::adapt) does) to what the callee can take, between [`min_limit`](Self::min_limit) and
    /// [`max_limit`](Self::max_limit). Calls are timed then, which takes two readings of the clock and one step
    /// on a lock that nobody waits for.
    ///
    /// The limit rises while calls take as long as without load, and falls when they take more than half as
    /// long again; it stays as it is while less than half of it is used. How long they take without load is
    /// measured anew now and then: for a moment the limit is a quarter. So a callee that works on `c` calls at
    /// a time ends up with about `1.5 c + √(1.5 c)`, however long the overload lasts. It goes by the gradient
    /// of Netflix's concurrency limits (E. Landau et al. 2018), and by measured baselines, as BBR (N. Cardwell
    /// et al. 2016).
    pub fn adaptive(mut self) -> Self {
        self.is_adaptive = true;
        self
    }

    /// The lowest adaptive limit; 1 where nothing is said.
    pub fn min_limit(mut self, limit: u32) -> Self {
        self.min_limit = limit;
        self
    }

    /// The highest adaptive limit; 1000 where nothing is said.
    pub fn max_limit(mut self, limit: u32) -> Self {
        self.max_limit = limit;
        self
    }

    /// How long a call may wait for a slot; not at all where nothing is said. [`Duration::MAX`] is for ever.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Calls that may wait at a time; 1024 where nothing is said.
    pub fn max_waiting(mut self, count: usize) -> Self {
        self.max_waiting = count;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// Where a limit is out of its range, or the lowest is above the highest.
    pub fn build(self) -> Result<Bulkhead, GuardError> {
        check_limit("max_concurrent", self.max_concurrent)?;
        check_bounds(self.min_limit, self.max_limit)?;
        let adaptive = Adaptive::new(self.max_concurrent, self.min_limit, self.max_limit);
        let is_adaptive = self.is_adaptive && perf_core::current_config().guard_defaults.adapt;
        let first = if self.is_adaptive { adaptive.limit() } else { self.max_concurrent };
        let semaphore = Semaphore::new(first, self.max_waiting);
        semaphore.set_adaptive(is_adaptive);
        Ok(registry::known(Bulkhead(Arc::new(Core {
            semaphore,
            adaptive: Mutex::new(adaptive),
            name: self.name,
            max_wait: AtomicU64::new(nanos_of(self.max_wait)),
            refused: Sum::default(),
            waits: AtomicU64::new(0),
            waited_nanos: AtomicU64::new(0),
        }))))
    }
}

pub(super) fn check_limit(what: &str, limit: u32) -> Result<(), GuardError> {
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(());
    }
    Err(GuardError::new(format!("{what} = {limit}: a bulkhead admits from 1 to {MAX_LIMIT} calls at a time")))
}

pub(super) fn check_bounds(min: u32, max: u32) -> Result<(), GuardError> {
    check_limit("min_limit", min)?;
    check_limit("max_limit", max)?;
    if min <= max {
        return Ok(());
    }
    Err(GuardError::new(format!("min_limit = {min} is above max_limit = {max}: the lowest limit comes first")))
}

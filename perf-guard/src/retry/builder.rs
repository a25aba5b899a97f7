use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Arc, Weak};
use std::time::Duration;

use perf_core::__guard::nanos;

use super::attempts::Tallies;
use super::budget::Budget;
use super::{Core, Retry};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Lock;
use crate::registry::{self, Tick};
use crate::steer::nanos_of;
use crate::sum::Sum;

/// Builds a [`Retry`].
#[derive(Clone, Debug)]
#[must_use = "it builds nothing until `build`"]
pub struct RetryBuilder {
    name: Name,
    attempts: u32,
    backoff: Option<Duration>,
    max_backoff: Duration,
    budget: f64,
    reserve: u32,
    deadline: Duration,
}

impl RetryBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: Name::NONE,
            attempts: 3,
            backoff: None,
            max_backoff: Duration::from_secs(1),
            budget: 0.1,
            reserve: 10,
            deadline: Duration::MAX,
        }
    }

    /// What it is called in snapshots.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// How often a call is tried at most, the first time included; 3 where nothing is said.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The longest pause before the second attempt; each further one may be twice as long. A pause is anything
    /// from nothing to that. 50 ms where nothing is said, or what the
    /// [environment](perf_core::GuardDefaults::backoff) has instead.
    pub fn backoff(mut self, backoff: Duration) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// What no pause is longer than; 1 s where nothing is said.
    pub fn max_backoff(mut self, max_backoff: Duration) -> Self {
        self.max_backoff = max_backoff;
        self
    }

    /// The share of calls that may be tried again, from 0 to 1: 0.1 where nothing is said. It counts the calls
    /// of the last ten seconds, and the retries of as long.
    pub fn budget(mut self, share: f64) -> Self {
        self.budget = share;
        self
    }

    /// Retries in ten seconds that are there beside that share, however few calls there are; 10 where nothing is
    /// said.
    pub fn reserve(mut self, retries: u32) -> Self {
        self.reserve = retries;
        self
    }

    /// How long a call may take with all its attempts and pauses: where a pause would last until then there is
    /// none, and no other attempt. An attempt that has begun is not stopped. For ever where nothing is said.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// There is no attempt, or the share is not from 0 to 1.
    pub fn build(self) -> Result<Retry, GuardError> {
        check_attempts(self.attempts)?;
        let backoff = self.backoff.unwrap_or_else(|| perf_core::current_config().guard_defaults.backoff);
        let core = Arc::new(Core {
            name: self.name,
            attempts: AtomicU32::new(self.attempts),
            backoff: AtomicU64::new(nanos_of(backoff)),
            max_backoff: AtomicU64::new(nanos_of(self.max_backoff)),
            share: AtomicU64::new(millionths(self.budget)?),
            reserve: AtomicU64::new(self.reserve.into()),
            deadline: AtomicU64::new(nanos_of(self.deadline)),
            calls: Sum::default(),
            budget: Lock::new(Budget::new(nanos())),
            tallies: Tallies::default(),
        });
        let retry = registry::known(Retry(core));
        let ticks: Weak<dyn Tick> = Arc::downgrade(&(retry.0.clone() as Arc<dyn Tick>));
        registry::tick_along(ticks);
        Ok(retry)
    }
}

pub(super) fn check_attempts(attempts: u32) -> Result<(), GuardError> {
    if attempts > 0 {
        return Ok(());
    }
    Err(GuardError::new("attempts = 0: the first time a call is made is an attempt too, so that there is at least 1"))
}

/// A share of calls in millionths.
pub(super) fn millionths(share: f64) -> Result<u64, GuardError> {
    if (0.0..=1.0).contains(&share) {
        return Ok((share * 1e6) as u64);
    }
    Err(GuardError::new(format!("budget = {share}: the share of calls that may be tried again is from 0 to 1")))
}

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::semaphore::Semaphore;
use super::word::MAX_LIMIT;
use super::{Bulkhead, Core};
use crate::error::GuardError;
use crate::name::Name;
use crate::sum::Sum;

/// Builds a [`Bulkhead`].
#[derive(Clone, Debug)]
#[must_use = "it builds nothing until `build`"]
pub struct BulkheadBuilder {
    name: Name,
    max_concurrent: u32,
    max_wait: Duration,
    max_waiting: usize,
}

impl BulkheadBuilder {
    pub(super) fn new() -> Self {
        Self { name: Name::NONE, max_concurrent: 16, max_wait: Duration::ZERO, max_waiting: 1024 }
    }

    /// What it is called in refusals and snapshots.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// Calls that may run at a time, from 1 to 1,048,575; 16 where nothing is said.
    pub fn max_concurrent(mut self, limit: u32) -> Self {
        self.max_concurrent = limit;
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
    /// Where a limit is out of its range.
    pub fn build(self) -> Result<Bulkhead, GuardError> {
        check_limit("max_concurrent", self.max_concurrent)?;
        Ok(Bulkhead(Arc::new(Core {
            semaphore: Semaphore::new(self.max_concurrent, self.max_waiting),
            name: self.name,
            max_wait: AtomicU64::new(nanos_of(self.max_wait)),
            refused: Sum::default(),
            waits: AtomicU64::new(0),
            waited_nanos: AtomicU64::new(0),
        })))
    }
}

pub(super) fn check_limit(what: &str, limit: u32) -> Result<(), GuardError> {
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(());
    }
    Err(GuardError::new(format!("{what} = {limit}: a bulkhead admits from 1 to {MAX_LIMIT} calls at a time")))
}

pub(super) fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

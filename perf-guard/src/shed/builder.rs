use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::__guard::nanos;

use super::core::{Core, NOWHERE, Parts};
use super::{LoadShedder, LoadSource, Priority};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry;
use crate::steer;

/// Builds a [`LoadShedder`].
#[derive(Clone, Debug)]
#[must_use = "it builds nothing until `build`"]
pub struct LoadShedderBuilder {
    name: Name,
    max_load: Option<f64>,
    priority: Priority,
    max_queueing: Duration,
    ignored: Vec<LoadSource>,
}

impl LoadShedderBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: Name::NONE,
            max_load: None,
            priority: Priority::Normal,
            max_queueing: Duration::from_millis(100),
            ignored: Vec::new(),
        }
    }

    /// What it is called in refusals and snapshots. Shedders of one name are one, each handle with its own priority.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// The load above which calls are refused, more than 0 and at most 1; 0.8 where nothing is said, or what
    /// the [environment](perf_core::GuardDefaults::max_load) has instead. At 1 nothing but queueing can be too much.
    pub fn max_load(mut self, load: f64) -> Self {
        self.max_load = Some(load);
        self
    }

    /// How much calls matter by this handle; [`Priority::Normal`] where nothing is said.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// A time to [wait](LoadShedder::record_queueing) that is a load of 1; 100 ms where nothing is said.
    pub fn max_queueing(mut self, wait: Duration) -> Self {
        self.max_queueing = wait;
        self
    }

    /// Leaves a source out: of what is full or waits anyway, this load tells nothing.
    pub fn ignore(mut self, source: LoadSource) -> Self {
        self.ignored.push(source);
        self
    }

    /// Makes it.
    ///
    /// # Errors
    ///
    /// Where `max_load` is out of its range, or `max_queueing` is zero.
    pub fn build(self) -> Result<LoadShedder, GuardError> {
        let priority = self.priority;
        let made = self.build_unwatched()?;
        let core = registry::known(made.clone()).core;
        if Arc::ptr_eq(&core, &made.core) {
            core.watched_in.store(NOWHERE, Relaxed);
            core.keep_watched();
        }
        Ok(LoadShedder { core, priority })
    }

    /// One that nobody tells the load, and that nobody finds.
    pub(super) fn build_unwatched(self) -> Result<LoadShedder, GuardError> {
        let max_load = self.max_load.unwrap_or_else(|| perf_core::current_config().guard_defaults.max_load);
        let parts = Parts {
            name: self.name,
            max_load: check_max_load(max_load)?,
            max_queueing_nanos: nanos_of(self.max_queueing)?,
            ignored: self.ignored,
        };
        Ok(LoadShedder { core: Core::new(parts, nanos()), priority: self.priority })
    }
}

pub(super) fn check_max_load(load: f64) -> Result<f64, GuardError> {
    if load > 0.0 && load <= 1.0 {
        return Ok(load);
    }
    Err(GuardError::new(format!("max_load = {load}: a load is a share of all there is, more than 0 and at most 1")))
}

pub(super) fn nanos_of(max_queueing: Duration) -> Result<u64, GuardError> {
    if max_queueing.is_zero() {
        return Err(GuardError::new("max_queueing = 0: all work waits a little, a nanosecond at least"));
    }
    Ok(steer::nanos_of(max_queueing))
}

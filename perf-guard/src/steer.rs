//! What all guards have in common for those who watch and steer them.

use std::time::Duration;

use perf_core::GuardStats;

use crate::error::GuardError;

/// A guard that can be read, and whose numbers can be changed while it runs.
pub(crate) trait Steer: Send + Sync {
    /// What it is doing, and what it has done; who it is, others know.
    fn stats(&self) -> GuardStats;

    /// Changes a number, keeping its state; says what it should have been otherwise, and changes nothing.
    /// `key` is one of those that the configuration knows of such guards.
    fn set(&self, key: &str, value: &str) -> Result<(), GuardError>;
}

/// A whole number of at least one.
pub(crate) fn count(key: &str, value: &str) -> Result<u64, GuardError> {
    let count = value.trim().replace('_', "").parse().ok().filter(|count: &u64| *count > 0);
    count.ok_or_else(|| wrong(key, value, "a whole number of at least 1"))
}

/// A duration that is more than none.
pub(crate) fn duration(key: &str, value: &str) -> Result<Duration, GuardError> {
    let duration = perf_core::__guard::duration(value.trim()).filter(|duration| !duration.is_zero());
    duration.ok_or_else(|| wrong(key, value, "a duration such as \"250ms\", \"1.5s\" or \"2min\""))
}

/// Nanoseconds of a duration, as many as fit: more than 584 years are as many.
pub(crate) fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A share of something.
pub(crate) fn share(key: &str, value: &str) -> Result<f64, GuardError> {
    let share = perf_core::__guard::share(value.trim());
    share.ok_or_else(|| wrong(key, value, "a share such as 0.2 or \"20%\""))
}

pub(crate) fn wrong(key: &str, value: &str, form: &str) -> GuardError {
    GuardError::new(format!("`{key}` does not take `{value}`; write {form}"))
}

/// One number of a guard.
#[derive(Debug)]
pub(crate) struct Key {
    /// As the attribute's option is called.
    pub(crate) name: &'static str,
    /// What may be written for it.
    pub(crate) form: &'static str,
}

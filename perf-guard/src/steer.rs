//! What all guards have in common for those who watch and steer them.

use perf_core::GuardStats;

use crate::error::GuardError;

/// A guard that can be read, and whose numbers can be changed while it runs.
pub(crate) trait Steer: Send + Sync {
    /// What it is doing, and what it has done.
    fn stats(&self) -> GuardStats;

    /// The numbers that [`set`](Self::set) takes, and what may be written for each.
    fn keys(&self) -> &'static [Key];

    /// Changes a number, keeping its state; says what it should have been otherwise, and changes nothing.
    /// `key` is one of [`keys`](Self::keys).
    fn set(&self, key: &str, value: &str) -> Result<(), GuardError>;
}

/// One number of a guard.
#[derive(Debug)]
pub(crate) struct Key {
    /// As the attribute's option is called.
    pub(crate) name: &'static str,
    /// What may be written for it: `a rate such as "100/s"`.
    pub(crate) form: &'static str,
}

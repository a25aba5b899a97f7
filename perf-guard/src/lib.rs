//! Guards decide whether a call may run: what `perf-runtime` is made of, but for its attributes; depend
//! on that crate instead.
//!
//! Each guard is a plain type, and the attribute of the same name keeps one for its function. A guard
//! takes what a call needs at its beginning (a permit, a slot, a probe) and gives it back, or counts the
//! outcome, when the call is over, however that came about.

#![allow(dead_code, reason = "what reads and steers all guards comes when all are there")]

mod bulkhead;
mod error;
mod name;
mod primitive;
mod rejected;
mod steer;
mod sum;
mod timeout;
mod timer;
mod verdict;
#[cfg(all(test, not(loom)))]
mod wakes;

pub use bulkhead::{Acquire, Bulkhead, BulkheadBuilder, OwnedPermit, Permit};
pub use error::GuardError;
pub use name::Name;
pub use rejected::{Reason, Rejected};
pub use timeout::{Timeout, TimeoutBuilder};
pub use timer::Sleep;
pub use verdict::Verdict;

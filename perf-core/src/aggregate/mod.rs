//! The background thread: drains the rings, turns the windows, and steers the intervals.

mod aggregator;
mod attention;
mod buckets;
mod budget;
mod circle;
pub(crate) mod cost;
mod cpu;
mod cpu_time;
mod entry;
mod function;
mod objective;
mod reading;
mod recorded;
mod rings;
mod scale;
#[cfg(test)]
mod simulated;
mod slice;
mod slowest;
mod timeline;
mod traces;
mod tree;
mod trees;
mod trend;
mod windows;
mod worker;

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use aggregator::Aggregator;
pub(crate) use cpu_time::{CpuSums, ScheduledSums};
pub(crate) use function::FutureSums;
pub(crate) use objective::{Held, Outcomes};
pub(crate) use reading::{Overview, Reading};
pub(crate) use recorded::Recorded;
pub use rings::Rings;
pub(crate) use scale::{Called, remember, scale};
pub(crate) use slice::{Packed, Slice, Sums};
pub(crate) use slowest::TailReading;
pub use timeline::{Layout, Timeline};
pub(crate) use traces::{ASKED_UNTIL, ASKERS, kept as traces_kept};
#[cfg(feature = "serde")]
pub(crate) use tree::DEEPEST;
pub(crate) use tree::Node as TracedNode;
pub(crate) use trend::trends;
pub(crate) use windows::{WindowStats, Windows};
#[cfg(unix)]
pub(crate) use worker::forget as forget_worker;
pub(crate) use worker::{set_manual, start, stop, wake};

use crate::callsite::Site;

static AGGREGATOR: std::sync::Mutex<Aggregator> = std::sync::Mutex::new(Aggregator::new());

/// Waits for the aggregator and keeps it: who has it is the one that drains.
pub(crate) fn lock() -> MutexGuard<'static, Aggregator> {
    AGGREGATOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drains, turns, steers. Gives the time until it is due again.
fn tick() -> Duration {
    let pause = lock().tick(true);
    crate::config::tell();
    crate::guards::tick();
    crate::parts::tick();
    #[cfg(feature = "json")]
    crate::snapshot::file::tick();
    pause
}

/// A site is about to be registered: finds out how it is to be sampled, before its first call is.
pub(crate) fn admit(site: &'static Site) {
    let config = crate::config::current();
    #[cfg(feature = "json")]
    crate::snapshot::file::expect_end(&config);
    config.admit(site);
}

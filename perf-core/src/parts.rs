//! What snapshots show beside functions and guards, where it was asked for: parts that are crates of their own,
//! which say once how they are read.
//!
//! All of them are behind one lock, which a fork holds too. So a part needs none of its own for what only the
//! background thread and readers touch. What they take of the CPU counts as measuring.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::aggregate;
use crate::call::platform;
use crate::snapshot::{LockStats, MetricStats, ProcessStats, QueueStats};

/// Reads the process, as the system sees it.
pub trait Process: Send {
    /// The background thread has worked; or somebody has, where there is none.
    fn tick(&mut self);

    /// The process at this moment.
    fn read(&mut self) -> ProcessStats;
}

/// Reads the program's own metrics.
pub trait Metrics: Send {
    /// The background thread has worked; or somebody has, where there is none.
    fn tick(&mut self);

    /// All of them at this moment, in order.
    fn read(&mut self) -> Vec<MetricStats>;
}

/// Reads the program's queues and locks.
pub trait Waits: Send {
    /// The background thread has worked; or somebody has, where there is none.
    fn tick(&mut self);

    /// All of them at this moment, in order.
    fn read(&mut self) -> (Vec<QueueStats>, Vec<LockStats>);
}

/// See the module.
pub(crate) struct Parts {
    process: Option<Box<dyn Process>>,
    metrics: Option<Box<dyn Metrics>>,
    sync: Option<Box<dyn Waits>>,
}

static PARTS: Mutex<Parts> = Mutex::new(Parts { process: None, metrics: None, sync: None });

/// Waits for the parts and keeps them.
pub(crate) fn hold() -> MutexGuard<'static, Parts> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets snapshots show the process from now on, or not any more. Starts the background thread, unless none is wanted.
pub fn set_process(process: Option<Box<dyn Process>>) {
    let is_asked = process.is_some();
    let before = std::mem::replace(&mut hold().process, process);
    drop(before);
    if is_asked {
        aggregate::start();
    }
}

/// Lets snapshots show the program's own metrics from now on. Starts the background thread, unless none is wanted.
pub fn set_metrics(metrics: Box<dyn Metrics>) {
    let before = hold().metrics.replace(metrics);
    drop(before);
    aggregate::start();
}

/// Lets snapshots show queues and locks from now on. Starts the background thread, unless none is wanted.
pub fn set_sync(sync: Box<dyn Waits>) {
    let before = hold().sync.replace(sync);
    drop(before);
    aggregate::start();
}

/// Lets them do what they have to do now and then.
pub(crate) fn tick() {
    charged(|parts| {
        if let Some(process) = &mut parts.process {
            process.tick();
        }
        if let Some(metrics) = &mut parts.metrics {
            metrics.tick();
        }
        if let Some(sync) = &mut parts.sync {
            sync.tick();
        }
    });
}

/// The process at this moment, where somebody wants to know.
pub(crate) fn process() -> Option<Box<ProcessStats>> {
    charged(|parts| parts.process.as_mut().map(|process| Box::new(process.read())))?
}

/// The program's own metrics at this moment.
pub(crate) fn metrics() -> Vec<MetricStats> {
    charged(|parts| parts.metrics.as_mut().map(|metrics| metrics.read())).flatten().unwrap_or_default()
}

/// The program's queues and locks at this moment.
pub(crate) fn sync() -> (Vec<QueueStats>, Vec<LockStats>) {
    charged(|parts| parts.sync.as_mut().map(|sync| sync.read())).flatten().unwrap_or_default()
}

/// Works with the parts, where there are any, and says what that took.
fn charged<T>(work: impl FnOnce(&mut Parts) -> T) -> Option<T> {
    let mut parts = hold();
    if parts.process.is_none() && parts.metrics.is_none() && parts.sync.is_none() {
        return None;
    }
    let before = platform::thread_cpu_nanos();
    let done = work(&mut parts);
    let after = platform::thread_cpu_nanos();
    drop(parts);
    if let (Some(before), Some(after)) = (before, after) {
        aggregate::lock().spent(after.saturating_sub(before));
    }
    Some(done)
}

//! The atomics and locks of what loom models, from loom where it runs.

#![allow(unused_imports, dead_code, reason = "not everything is modelled")]

pub(crate) use std::sync::Mutex;
use std::sync::{MutexGuard, PoisonError};

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

/// Locks, whether or not somebody panicked with the lock held: what is under ours is whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tries every order of events in which threads are interrupted at most three times.
#[cfg(all(test, loom))]
pub(crate) fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

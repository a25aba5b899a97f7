use std::ptr;
use std::sync::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};

use super::counters::Taken;
use crate::call::{PerThread, make};

/// What all calls of one function took. Expanded attributes make these; nothing else does.
#[derive(Debug)]
pub struct Totals {
    /// Null before the first call; a box that is never freed.
    threads: AtomicPtr<PerThread<Sums>>,
    /// Of calls made where a thread has no place any more, or none yet because it is just making one. Shared.
    stray: Sums,
}

/// Sums over calls, which one thread writes.
#[derive(Debug, Default)]
struct Sums {
    calls: AtomicU64,
    count: AtomicU64,
    bytes: AtomicU64,
    own_count: AtomicU64,
    own_bytes: AtomicU64,
    peak: AtomicU64,
    most_count: AtomicU64,
    most_bytes: AtomicU64,
}

/// The same at one moment, of all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Sum {
    /// Calls that have ended.
    pub(crate) calls: u64,
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) own_count: u64,
    pub(crate) own_bytes: u64,
    /// The highest of any call.
    pub(crate) peak: u64,
    pub(crate) most_count: u64,
    pub(crate) most_bytes: u64,
}

impl Totals {
    /// Of no calls.
    #[must_use]
    pub const fn new() -> Self {
        Self { threads: AtomicPtr::new(ptr::null_mut()), stray: Sums::new() }
    }

    /// Adds a call.
    #[inline(always)]
    pub(super) fn add(&self, taken: Taken) {
        match self.threads().and_then(PerThread::get) {
            Some(own) => own.add(taken),
            None => self.stray.add_shared(&taken),
        }
    }

    #[inline(always)]
    fn threads(&self) -> Option<&'static PerThread<Sums>> {
        // SAFETY: null, or a box that is never freed.
        unsafe { self.threads.load(Acquire).cast_const().as_ref() }.or_else(|| self.make())
    }

    #[cold]
    fn make(&self) -> Option<&'static PerThread<Sums>> {
        make(|| {
            let made = Box::into_raw(Box::new(PerThread::new()));
            match self.threads.compare_exchange(ptr::null_mut(), made, Release, Acquire) {
                // SAFETY: never freed from now on.
                Ok(_) => unsafe { &*made },
                Err(others) => {
                    // SAFETY: just made, and nobody else has seen it; the others' is never freed.
                    unsafe {
                        drop(Box::from_raw(made));
                        &*others
                    }
                }
            }
        })
    }

    pub(crate) fn read(&self) -> Sum {
        let mut sum = Sum::default();
        self.stray.add_to(&mut sum);
        // SAFETY: null, or a box that is never freed.
        if let Some(threads) = unsafe { self.threads.load(Acquire).cast_const().as_ref() } {
            threads.each(|own| own.add_to(&mut sum));
        }
        sum
    }
}

impl Default for Totals {
    fn default() -> Self {
        Self::new()
    }
}

impl Sums {
    const fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            count: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            own_count: AtomicU64::new(0),
            own_bytes: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            most_count: AtomicU64::new(0),
            most_bytes: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    fn sums(&self, taken: &Taken) -> [(&AtomicU64, u64); 5] {
        [
            (&self.calls, 1),
            (&self.count, taken.all.count),
            (&self.bytes, taken.all.bytes),
            (&self.own_count, taken.own.count),
            (&self.own_bytes, taken.own.bytes),
        ]
    }

    #[inline(always)]
    fn peaks(&self, taken: &Taken) -> [(&AtomicU64, u64); 3] {
        [
            (&self.peak, taken.peak.max(0) as u64),
            (&self.most_count, taken.all.count),
            (&self.most_bytes, taken.all.bytes),
        ]
    }

    /// Only the thread whose it is: loads and stores.
    #[inline(always)]
    fn add(&self, taken: Taken) {
        for (sum, more) in self.sums(&taken) {
            sum.store(sum.load(Relaxed).wrapping_add(more), Relaxed);
        }
        for (highest, value) in self.peaks(&taken) {
            if value > highest.load(Relaxed) {
                highest.store(value, Relaxed);
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn add_shared(&self, taken: &Taken) {
        for (sum, more) in self.sums(taken) {
            sum.fetch_add(more, Relaxed);
        }
        for (highest, value) in self.peaks(taken) {
            highest.fetch_max(value, Relaxed);
        }
    }

    fn add_to(&self, sum: &mut Sum) {
        for (sum, more) in [
            (&mut sum.calls, &self.calls),
            (&mut sum.count, &self.count),
            (&mut sum.bytes, &self.bytes),
            (&mut sum.own_count, &self.own_count),
            (&mut sum.own_bytes, &self.own_bytes),
        ] {
            *sum = sum.wrapping_add(more.load(Relaxed));
        }
        for (highest, value) in [
            (&mut sum.peak, &self.peak),
            (&mut sum.most_count, &self.most_count),
            (&mut sum.most_bytes, &self.most_bytes),
        ] {
            *highest = (*highest).max(value.load(Relaxed));
        }
    }
}

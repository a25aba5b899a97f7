//! A count that costs an admitted call next to nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use perf_core::__guard::PerThread;

/// An exact count: each thread adds to a line of its own.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    of_threads: PerThread<AtomicU64>,
    /// Of threads in their last destructors, which have none of their own any more.
    of_others: AtomicU64,
}

impl Sum {
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        match self.of_threads.get() {
            Some(own) => own.store(own.load(Relaxed).wrapping_add(count), Relaxed),
            None => {
                self.of_others.fetch_add(count, Relaxed);
            }
        }
    }

    pub(crate) fn get(&self) -> u64 {
        let mut sum = self.of_others.load(Relaxed);
        self.of_threads.each(|count| sum = sum.wrapping_add(count.load(Relaxed)));
        sum
    }
}

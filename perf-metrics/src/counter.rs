//! A count to which every thread adds in a cell of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::CounterFn;
use once_cell::race::OnceBox;
use perf_core::__guard::PerThread;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    of_threads: PerThread<Cell>,
    /// Of threads in their last destructors, which have no cell, and what counters were set ahead by.
    of_others: AtomicU64,
    /// For those threads.
    shared: OnceBox<Arc<Handle>>,
}

#[derive(Debug, Default)]
struct Cell {
    count: AtomicU64,
    /// So that who counts the references to it is one thread: the macros take one each time.
    handle: OnceBox<Arc<Handle>>,
}

/// What the macros and users have. On lines of its own, as its number of references is written all the time.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Handle(&'static Counter);

impl Counter {
    pub(crate) fn handle(&'static self) -> metrics::Counter {
        let handle = self.of_threads.get().map_or(&self.shared, |cell| &cell.handle);
        metrics::Counter::from_arc(handle.get_or_init(|| Box::new(Arc::new(Handle(self)))).clone())
    }

    pub(crate) fn get(&self) -> u64 {
        let mut sum = self.of_others.load(Relaxed);
        self.of_threads.each(|cell| sum = sum.wrapping_add(cell.count.load(Relaxed)));
        sum
    }

    #[inline]
    fn add(&self, count: u64) {
        match self.of_threads.get() {
            // Nobody else writes it.
            Some(own) => own.count.store(own.count.load(Relaxed).wrapping_add(count), Relaxed),
            None => {
                self.of_others.fetch_add(count, Relaxed);
            }
        }
    }

    /// Of two that set it at a time, one finds that the other has been there, and looks again.
    fn raise_to(&self, count: u64) {
        loop {
            let before = self.of_others.load(Relaxed);
            let mut sum = before;
            self.of_threads.each(|cell| sum = sum.wrapping_add(cell.count.load(Relaxed)));
            let Some(missing) = count.checked_sub(sum).filter(|missing| *missing > 0) else { return };
            if self.of_others.compare_exchange(before, before.wrapping_add(missing), Relaxed, Relaxed).is_ok() {
                return;
            }
        }
    }
}

impl CounterFn for Handle {
    #[inline]
    fn increment(&self, value: u64) {
        self.0.add(value);
    }

    fn absolute(&self, value: u64) {
        self.0.raise_to(value);
    }
}

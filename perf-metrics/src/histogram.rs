//! Values, counted by every thread in buckets of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::HistogramFn;
use once_cell::race::OnceBox;
use perf_core::__guard::{Gathered, PerThread, Values};
use perf_core::Distribution;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    of_threads: PerThread<Cell>,
    /// Values of a thread that was just making what its calls need, and could not keep them.
    lost: AtomicU64,
    /// For threads that have no cell.
    shared: OnceBox<Arc<Handle>>,
}

/// Of one thread.
#[derive(Debug, Default)]
struct Cell {
    values: Values,
    /// As a counter's cell has one.
    handle: OnceBox<Arc<Handle>>,
}

#[derive(Debug)]
#[repr(align(128))]
struct Handle(&'static Histogram);

impl Histogram {
    pub(crate) fn handle(&'static self) -> metrics::Histogram {
        let handle = self.of_threads.get().map_or(&self.shared, |cell| &cell.handle);
        metrics::Histogram::from_arc(handle.get_or_init(|| Box::new(Arc::new(Handle(self)))).clone())
    }

    #[inline]
    fn record(&self, value: f64, count: u64) {
        match self.of_threads.get() {
            Some(own) => own.values.record(value, count),
            None => self.record_elsewhere(value, count),
        }
    }

    #[cold]
    fn record_elsewhere(&self, value: f64, count: u64) {
        let mut is_kept = false;
        self.of_threads.shared(|cell| {
            cell.values.record(value, count);
            is_kept = true;
        });
        if !is_kept {
            self.lost.fetch_add(count, Relaxed);
        }
    }

    pub(crate) fn get(&self) -> Distribution {
        let mut all = Gathered::default();
        self.of_threads.each(|cell| all.add(&cell.values));
        all.distribution(self.lost.load(Relaxed))
    }
}

impl HistogramFn for Handle {
    #[inline]
    fn record(&self, value: f64) {
        self.0.record(value, 1);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.0.record(value, count as u64);
    }
}

//! Values, counted by every thread in buckets of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use metrics::HistogramFn;
use once_cell::race::OnceBox;
use perf_core::__guard::{BUCKETS, PerThread, bucket};
use perf_core::Distribution;

/// Buckets that are made together, when the first of them is needed: eight octaves.
const PAGE: usize = 128;
const PAGES: usize = BUCKETS.div_ceil(PAGE);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    of_threads: PerThread<Cell>,
    /// Values of a thread that was just making what its calls need, and could not keep them.
    lost: AtomicU64,
    /// For threads that have no cell.
    shared: OnceBox<Arc<Handle>>,
}

/// What one thread has recorded. Nobody else writes it.
#[derive(Debug)]
struct Cell {
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    rejected: AtomicU64,
    pages: [OnceBox<[AtomicU64; PAGE]>; PAGES],
    /// As a counter's cell has one.
    handle: OnceBox<Arc<Handle>>,
}

#[derive(Debug)]
#[repr(align(128))]
struct Handle(&'static Histogram);

impl Default for Cell {
    fn default() -> Self {
        Self {
            sum: AtomicU64::new(0),
            min: AtomicU64::new(f64::INFINITY.to_bits()),
            max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
            rejected: AtomicU64::new(0),
            pages: std::array::from_fn(|_| OnceBox::new()),
            handle: OnceBox::new(),
        }
    }
}

impl Cell {
    #[inline]
    fn record(&self, value: f64, count: u64) {
        let add = |to: &AtomicU64, count: u64| to.store(to.load(Relaxed).wrapping_add(count), Relaxed);
        if !value.is_finite() {
            add(&self.rejected, count);
            return;
        }
        let at = usize::from(bucket(value));
        let page = self.pages[at / PAGE].get_or_init(|| Box::new([const { AtomicU64::new(0) }; PAGE]));
        add(&page[at % PAGE], count);
        let change = |number: &AtomicU64, change: &dyn Fn(f64) -> f64| {
            number.store(change(f64::from_bits(number.load(Relaxed))).to_bits(), Relaxed);
        };
        change(&self.sum, &|sum| sum + value * count as f64);
        change(&self.min, &|min| min.min(value));
        change(&self.max, &|max| max.max(value));
    }
}

impl Histogram {
    pub(crate) fn handle(&'static self) -> metrics::Histogram {
        let handle = self.of_threads.get().map_or(&self.shared, |cell| &cell.handle);
        metrics::Histogram::from_arc(handle.get_or_init(|| Box::new(Arc::new(Handle(self)))).clone())
    }

    #[inline]
    fn record(&self, value: f64, count: u64) {
        match self.of_threads.get() {
            Some(own) => own.record(value, count),
            None => self.record_elsewhere(value, count),
        }
    }

    #[cold]
    fn record_elsewhere(&self, value: f64, count: u64) {
        let mut is_kept = false;
        self.of_threads.shared(|cell| {
            cell.record(value, count);
            is_kept = true;
        });
        if !is_kept {
            self.lost.fetch_add(count, Relaxed);
        }
    }

    pub(crate) fn get(&self) -> Distribution {
        let mut counts = [0_u64; PAGES * PAGE];
        let (mut sum, mut min, mut max) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
        let mut rejected = self.lost.load(Relaxed);
        self.of_threads.each(|cell| {
            let number = |number: &AtomicU64| f64::from_bits(number.load(Relaxed));
            sum += number(&cell.sum);
            min = number(&cell.min).min(min);
            max = number(&cell.max).max(max);
            rejected += cell.rejected.load(Relaxed);
            for (page, counts) in cell.pages.iter().zip(counts.chunks_mut(PAGE)) {
                let Some(page) = page.get() else { continue };
                for (sum, count) in counts.iter_mut().zip(page) {
                    *sum += count.load(Relaxed);
                }
            }
        });
        let filled = (0..).zip(counts).filter(|(_, count)| *count > 0).collect();
        Distribution::of(filled, sum, (min, max), rejected)
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

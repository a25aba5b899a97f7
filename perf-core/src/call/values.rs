//! Values that one thread records, and all of them together.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use once_cell::race::OnceBox;

use crate::snapshot::{BUCKETS, Distribution, bucket};

/// Buckets that are made together, when the first of them is needed: eight octaves.
const PAGE: usize = 128;
const PAGES: usize = BUCKETS.div_ceil(PAGE);

/// What one thread has recorded, in the buckets of a [`Distribution`]. Nobody else writes it.
#[derive(Debug)]
pub struct Values {
    sum: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    rejected: AtomicU64,
    pages: [OnceBox<[AtomicU64; PAGE]>; PAGES],
}

impl Default for Values {
    fn default() -> Self {
        Self {
            sum: AtomicU64::new(0),
            min: AtomicU64::new(f64::INFINITY.to_bits()),
            max: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
            rejected: AtomicU64::new(0),
            pages: std::array::from_fn(|_| OnceBox::new()),
        }
    }
}

impl Values {
    /// One more value, which stands for so many. Allocates 1 kB with the first of every factor of 256, and nothing else.
    #[inline]
    pub fn record(&self, value: f64, count: u64) {
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

/// The values of several threads.
#[derive(Debug)]
pub struct Gathered {
    /// Those that some thread has.
    pages: [Option<Box<[u64; PAGE]>>; PAGES],
    sum: f64,
    min: f64,
    max: f64,
    rejected: u64,
}

impl Default for Gathered {
    fn default() -> Self {
        Self { pages: [const { None }; PAGES], sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, rejected: 0 }
    }
}

impl Gathered {
    /// Takes in what a thread has recorded.
    pub fn add(&mut self, values: &Values) {
        let number = |number: &AtomicU64| f64::from_bits(number.load(Relaxed));
        self.sum += number(&values.sum);
        self.min = number(&values.min).min(self.min);
        self.max = number(&values.max).max(self.max);
        self.rejected += values.rejected.load(Relaxed);
        for (page, counts) in values.pages.iter().zip(&mut self.pages) {
            let Some(page) = page.get() else { continue };
            let counts = counts.get_or_insert_with(|| Box::new([0; PAGE]));
            for (sum, count) in counts.iter_mut().zip(page) {
                *sum += count.load(Relaxed);
            }
        }
    }

    /// How they are distributed, with so many more that could not be recorded.
    #[must_use]
    pub fn distribution(&self, lost: u64) -> Distribution {
        let mut filled = Vec::new();
        for (page, counts) in self.pages.iter().enumerate() {
            let counts = counts.iter().flat_map(|counts| counts.iter()).enumerate();
            filled
                .extend(counts.filter(|(_, count)| **count > 0).map(|(at, count)| ((page * PAGE + at) as u16, *count)));
        }
        Distribution::of(filled, self.sum, (self.min, self.max), self.rejected + lost)
    }
}

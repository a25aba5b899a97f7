//! What happened to one function in one slice of time.

use super::buckets::{self, BUCKETS, bucket};

/// Sums over the samples and exact counts over the calls of a slice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    /// Exact.
    pub(crate) calls: u64,
    /// Exact: errors and panics.
    pub(crate) failed: u64,
    pub(crate) samples: u64,
    /// Of the samples' weights, and of their squares.
    pub(crate) weight: f64,
    pub(crate) weight_squared: f64,
    /// Of weight × nanoseconds.
    pub(crate) nanos: f64,
    /// Of weight × nanoseconds in which the function was at work, counted once in recursion.
    pub(crate) busy: f64,
    /// Of weight × (weight − 1) × nanoseconds²: the variance of `nanos` as an estimate of all calls'
    /// (Horvitz, Thompson, "A generalization of sampling without replacement", 1952).
    pub(crate) variance: f64,
    pub(crate) max: u64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.samples += other.samples;
        self.weight += other.weight;
        self.weight_squared += other.weight_squared;
        self.nanos += other.nanos;
        self.busy += other.busy;
        self.variance += other.variance;
        self.max = self.max.max(other.max);
    }

    pub(crate) fn mean(&self) -> f64 {
        if self.weight > 0.0 { (self.nanos / self.weight).max(0.0) } else { 0.0 }
    }

    /// Nanoseconds at work, all calls together: the samples', scaled to the calls.
    pub(crate) fn busy_nanos(&self) -> f64 {
        if self.weight > 0.0 { (self.busy / self.weight).max(0.0) * self.calls as f64 } else { 0.0 }
    }
}

/// The slice that is being written, at full resolution.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) sums: Sums,
    counts: Box<[u32; BUCKETS]>,
    /// The lowest bucket that is not empty, and the one after the highest: most functions use few.
    used: (usize, usize),
}

impl Slice {
    /// What it keeps on the heap.
    #[cfg(test)]
    pub(super) const BYTES: usize = size_of::<[u32; BUCKETS]>();

    pub(crate) fn new() -> Self {
        Self { sums: Sums::default(), counts: Box::new([0; BUCKETS]), used: (BUCKETS, 0) }
    }

    #[inline(always)]
    pub(crate) fn record(&mut self, nanos: u64, exact: f64, weight: u32) {
        let w = f64::from(weight);
        self.sums.samples += 1;
        self.sums.weight += w;
        self.sums.weight_squared += w * w;
        self.sums.nanos += w * exact;
        self.sums.busy += w * exact;
        self.sums.variance += w * (w - 1.0) * exact * exact;
        self.sums.max = self.sums.max.max(nanos);
        self.count(bucket(nanos), weight);
    }

    pub(crate) fn add(&mut self, packed: &Packed) {
        self.sums.add(&packed.sums);
        for at in 0..usize::from(packed.len) {
            let first = usize::from(packed.firsts[at]);
            // Merged buckets go to the middle one of theirs.
            let to = (first + (1 << packed.merged) / 2).min(BUCKETS - 1);
            self.count(to, packed.counts[at]);
        }
    }

    #[inline(always)]
    fn count(&mut self, bucket: usize, weight: u32) {
        self.used = (self.used.0.min(bucket), self.used.1.max(bucket + 1));
        self.counts[bucket] = self.counts[bucket].saturating_add(weight);
    }

    pub(crate) fn clear(&mut self) {
        self.sums = Sums::default();
        self.counts[self.used.0.min(self.used.1)..self.used.1].fill(0);
        self.used = (BUCKETS, 0);
    }

    /// The buckets that are not empty, with their weights.
    fn filled(&self) -> impl Iterator<Item = (usize, u32)> {
        let (from, to) = (self.used.0.min(self.used.1), self.used.1);
        self.counts[from..to]
            .iter()
            .enumerate()
            .map(move |(at, &count)| (from + at, count))
            .filter(|(_, count)| *count != 0)
    }

    /// The value at `rank` (0…1) of the weights.
    pub(crate) fn quantile(&self, rank: f64) -> u64 {
        let total: u64 = self.filled().map(|(_, count)| u64::from(count)).sum();
        let wanted = (rank * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (at, count) in self.filled() {
            seen += u64::from(count);
            if seen >= wanted {
                return buckets::middle(at, 1).min(self.sums.max);
            }
        }
        self.sums.max
    }
}

/// Distinct buckets that a finished slice keeps. Where it has more, neighbours are merged.
const PACKED: usize = 56;

/// A finished slice: 440 bytes.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) sums: Sums,
    firsts: [u16; PACKED],
    counts: [u32; PACKED],
    len: u8,
    /// Each entry stands for two to this power buckets.
    merged: u8,
}

impl Packed {
    pub(crate) const EMPTY: Self = Self {
        sums: Sums {
            calls: 0,
            failed: 0,
            samples: 0,
            weight: 0.0,
            weight_squared: 0.0,
            nanos: 0.0,
            busy: 0.0,
            variance: 0.0,
            max: 0,
        },
        firsts: [0; PACKED],
        counts: [0; PACKED],
        len: 0,
        merged: 0,
    };

    pub(crate) fn of(slice: &Slice) -> Self {
        (0..).find_map(|merged| Self::try_pack(slice, merged)).unwrap_or(Self::EMPTY)
    }

    fn try_pack(slice: &Slice, merged: u8) -> Option<Self> {
        let mut packed = Self { sums: slice.sums, merged, ..Self::EMPTY };
        for (at, count) in slice.filled() {
            let first = (at >> merged << merged) as u16;
            let len = usize::from(packed.len);
            if len > 0 && packed.firsts[len - 1] == first {
                packed.counts[len - 1] = packed.counts[len - 1].saturating_add(count);
            } else if len == PACKED {
                return None;
            } else {
                packed.firsts[len] = first;
                packed.counts[len] = count;
                packed.len += 1;
            }
        }
        Some(packed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_slice_gives_back_what_went_in() {
        let mut slice = Slice::new();
        for nanos in [3, 3, 200, 5_000_000] {
            slice.record(nanos, nanos as f64, 7);
        }
        let mut again = Slice::new();
        again.add(&Packed::of(&slice));
        assert_eq!(again.sums, slice.sums);
        assert_eq!(again.counts, slice.counts);
    }

    #[test]
    fn a_wide_slice_is_packed_coarsely_and_loses_no_weight() {
        let mut slice = Slice::new();
        for at in 0..BUCKETS {
            slice.record(buckets::lowest(at), 0.0, 1);
        }
        let mut again = Slice::new();
        again.add(&Packed::of(&slice));
        assert_eq!(again.counts.iter().sum::<u32>(), BUCKETS as u32);
    }

    #[test]
    fn quantiles_are_those_of_the_weights() {
        let mut slice = Slice::new();
        slice.record(10, 10.0, 98);
        slice.record(1000, 1000.0, 2);
        assert_eq!(slice.quantile(0.5), 10);
        assert_eq!(slice.quantile(0.98), 10);
        assert!(slice.quantile(0.99).abs_diff(1000) < 33);
    }
}

//! What happened to one function in one slice of time.

use std::ops::Range;

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
pub(crate) struct Slice {
    pub(crate) sums: Sums,
    /// Weights, in units of two to the power of `halved`.
    counts: Box<[u32; BUCKETS]>,
    halved: u8,
    /// The lowest bucket that is not empty, and the one after the highest: most functions use few.
    used: (usize, usize),
}

impl Slice {
    /// What it keeps on the heap.
    #[cfg(test)]
    pub(super) const BYTES: usize = size_of::<[u32; BUCKETS]>();

    pub(crate) fn new() -> Self {
        Self { sums: Sums::default(), counts: Box::new([0; BUCKETS]), halved: 0, used: (BUCKETS, 0) }
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
        self.count(bucket(nanos), u64::from(weight));
    }

    pub(crate) fn add(&mut self, packed: &Packed) {
        self.sums.add(&packed.sums);
        for (first, weight) in packed.filled() {
            // Merged buckets go to the middle one of theirs.
            self.count((first + (1 << packed.merged) / 2).min(BUCKETS - 1), weight);
        }
    }

    #[inline(always)]
    fn count(&mut self, bucket: usize, weight: u64) {
        self.used = (self.used.0.min(bucket), self.used.1.max(bucket + 1));
        while u64::from(self.counts[bucket]) + (weight >> self.halved) > u64::from(u32::MAX) {
            self.halve();
        }
        self.counts[bucket] += (weight >> self.halved) as u32;
    }

    /// Makes room for more. What is rounded away is nothing beside four thousand million.
    #[cold]
    fn halve(&mut self) {
        self.halved += 1;
        self.counts.iter_mut().for_each(|count| *count /= 2);
    }

    pub(crate) fn clear(&mut self) {
        self.sums = Sums::default();
        self.counts[self.used.0.min(self.used.1)..self.used.1].fill(0);
        self.halved = 0;
        self.used = (BUCKETS, 0);
    }

    /// The buckets that are not empty, with their weights.
    fn filled(&self) -> impl Iterator<Item = (usize, u64)> {
        let (from, to) = (self.used.0.min(self.used.1), self.used.1);
        self.counts[from..to]
            .iter()
            .enumerate()
            .map(move |(at, &count)| (from + at, u64::from(count) << self.halved))
            .filter(|(_, weight)| *weight != 0)
    }

    /// The values at `ranks` (0…1, lowest first) of the weights.
    pub(crate) fn quantiles(&self, ranks: [f64; 4]) -> [u64; 4] {
        let mut total = 0;
        for (_, weight) in self.filled() {
            total += weight;
        }
        let mut values = [self.sums.max; 4];
        let (mut found, mut seen) = (0, 0);
        for (at, weight) in self.filled() {
            seen += weight;
            while found < ranks.len() && seen >= (ranks[found] * total as f64).ceil().max(1.0) as u64 {
                values[found] = buckets::middle(at, 1).min(self.sums.max);
                found += 1;
            }
        }
        values
    }
}

/// Distinct buckets that a finished slice keeps. Where it has more, neighbours are merged.
const PACKED: usize = 53;

/// A finished slice: 288 bytes.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) sums: Sums,
    buckets: [Filled; PACKED],
    len: u8,
    /// Each bucket stands for two to this power buckets.
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
        buckets: [Filled(0); PACKED],
        len: 0,
        merged: 0,
    };

    pub(crate) fn of(slice: &Slice) -> Self {
        (0..).find_map(|merged| Self::try_pack(slice, merged)).unwrap_or(Self::EMPTY)
    }

    fn try_pack(slice: &Slice, merged: u8) -> Option<Self> {
        let mut packed = Self { sums: slice.sums, merged, ..Self::EMPTY };
        for (at, weight) in slice.filled() {
            let first = at >> merged << merged;
            let len = usize::from(packed.len);
            match packed.filled().last() {
                Some((last, before)) if last == first => packed.buckets[len - 1] = Filled::new(first, before + weight),
                _ => {
                    *packed.buckets.get_mut(len)? = Filled::new(first, weight);
                    packed.len += 1;
                }
            }
        }
        Some(packed)
    }

    /// The buckets that are not empty, with their weights.
    fn filled(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> {
        self.buckets[..usize::from(self.len)].iter().map(|filled| (filled.bucket(), filled.weight()))
    }
}

impl Packed {
    /// The nanoseconds that each bucket stands for which is not empty, and its weight.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (Range<u64>, u64)> {
        let width = 1 << self.merged;
        self.filled().map(move |(first, weight)| (buckets::lowest(first)..buckets::lowest(first + width), weight))
    }
}

/// A bucket that is not empty, in ten bits, and its weight: seventeen bits of it are kept, and in five
/// how far they are to be shifted.
#[derive(Clone, Copy, Debug)]
struct Filled(u32);

const KEPT_BITS: u32 = 17;
const SHIFT_BITS: u32 = 5;
const _: () = assert!(BUCKETS <= 1 << (u32::BITS - SHIFT_BITS - KEPT_BITS), "a bucket fits into what is left");

impl Filled {
    fn new(bucket: usize, weight: u64) -> Self {
        const HIGHEST: u64 = ((1 << KEPT_BITS) - 1) << ((1 << SHIFT_BITS) - 1);
        let weight = weight.min(HIGHEST);
        let shift = (u64::BITS - weight.leading_zeros()).saturating_sub(KEPT_BITS);
        Self((bucket as u32) << (SHIFT_BITS + KEPT_BITS) | shift << KEPT_BITS | (weight >> shift) as u32)
    }

    fn bucket(self) -> usize {
        (self.0 >> (SHIFT_BITS + KEPT_BITS)) as usize
    }

    fn weight(self) -> u64 {
        let shift = self.0 >> KEPT_BITS & ((1 << SHIFT_BITS) - 1);
        u64::from(self.0 & ((1 << KEPT_BITS) - 1)) << shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantile(slice: &Slice, rank: f64) -> u64 {
        slice.quantiles([rank, rank, rank, 1.0])[2]
    }

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
    fn a_packed_weight_is_off_by_less_than_a_hundred_thousandth() {
        for weight in [1, 131_071, 131_072, 999_999_999, u64::from(u32::MAX), 123_456_789_012_345] {
            let filled = Filled::new(BUCKETS - 1, weight);
            assert_eq!(filled.bucket(), BUCKETS - 1);
            assert!(filled.weight() <= weight && filled.weight() as f64 > 0.99999 * weight as f64, "{filled:?}");
        }
        assert!(Filled::new(0, u64::MAX).weight() > 1 << 47);
    }

    #[test]
    fn weights_beyond_32_bits_keep_their_share() {
        let (mut slice, mut pool) = (Slice::new(), Slice::new());
        for nanos in [10, 10, 10, 1000].repeat(4) {
            slice.record(nanos, nanos as f64, 1 << 30);
        }
        assert_eq!(quantile(&slice, 0.7), 10);
        for _ in 0..16 {
            pool.add(&Packed::of(&slice));
        }
        assert_eq!(quantile(&pool, 0.7), 10);
        assert!(quantile(&pool, 0.8).abs_diff(1000) < 33);
    }

    #[test]
    fn quantiles_are_those_of_the_weights() {
        let mut slice = Slice::new();
        slice.record(10, 10.0, 98);
        slice.record(1000, 1000.0, 2);
        assert_eq!(quantile(&slice, 0.5), 10);
        assert_eq!(quantile(&slice, 0.98), 10);
        assert!(quantile(&slice, 0.99).abs_diff(1000) < 33);
    }
}

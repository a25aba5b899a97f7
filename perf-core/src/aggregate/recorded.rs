//! A histogram that knows which of its buckets are filled: most are empty, and whoever reads it need not look at those.

use std::slice;

use hdrhistogram::Histogram;

use super::buckets::{ends, place};

/// Decimal digits that a histogram keeps.
const DIGITS: u8 = 2;

/// What comes to that many digits, as a power of two: buckets an octave.
const SUB_BITS: u32 = 7;

/// Values, each as often as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    histogram: Histogram<u64>,
    /// A bit for each bucket.
    filled: Vec<u64>,
}

impl Recorded {
    /// Nothing, with room for values up to `highest`, and no more.
    pub(crate) fn to(highest: u64) -> Self {
        let highest = highest.max(2);
        let histogram = Histogram::new_with_bounds(1, highest, DIGITS)
            .unwrap_or_else(|_| unreachable!("1 to 2 or more, two digits"));
        Self { filled: vec![0; histogram.distinct_values().div_ceil(64)], histogram }
    }

    /// So many more of a value. Where there is no room for it, makes some, for no more than `longest`, which is as least
    /// as much as the value.
    #[inline(always)]
    pub(crate) fn record(&mut self, value: u64, count: u64, longest: u64) {
        if self.histogram.record_n(value, count).is_err() {
            self.grow(value, longest);
            let recorded = self.histogram.record_n(value, count);
            debug_assert!(recorded.is_ok(), "it has just grown as far as that");
        }
        let place = place::<SUB_BITS>(value);
        if let Some(bits) = self.filled.get_mut(place / 64) {
            *bits |= 1 << (place % 64);
        }
    }

    /// Makes room for `value`, exactly: the histogram's own growing would take up to twice the memory.
    #[cold]
    fn grow(&mut self, value: u64, longest: u64) {
        let mut larger = Self::to(value.saturating_mul(2).min(longest));
        let added = larger.histogram.add(&self.histogram);
        debug_assert!(added.is_ok(), "the larger one has room for all that was in the smaller");
        larger.filled[..self.filled.len()].copy_from_slice(&self.filled);
        *self = larger;
    }

    /// What is in it and not in an earlier one.
    pub(crate) fn since(&self, then: &Self) -> Option<Self> {
        let mut between = self.clone();
        // It only grows, so the earlier one is always contained in the later.
        between.histogram.subtract(&then.histogram).ok()?;
        Some(between)
    }

    pub(crate) fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    /// The buckets that are not empty, in their order.
    pub(crate) fn buckets(&self) -> Buckets<'_> {
        let (first, more) = self.filled.split_first().map_or((0, &[][..]), |(first, more)| (*first, more));
        Buckets { histogram: &self.histogram, bits: first, places: 0, more: more.iter() }
    }

    /// What it takes, in bytes.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> usize {
        (self.histogram.distinct_values() + self.filled.len()) * size_of::<u64>()
    }
}

/// The lowest value, the highest one and the count of each bucket that is not empty.
pub(crate) struct Buckets<'a> {
    histogram: &'a Histogram<u64>,
    /// Of 64 buckets, those filled that are still to come, and how many are before these 64.
    bits: u64,
    places: usize,
    more: slice::Iter<'a, u64>,
}

impl Iterator for Buckets<'_> {
    type Item = (u64, u64, u64);

    #[inline]
    fn next(&mut self) -> Option<(u64, u64, u64)> {
        loop {
            while self.bits == 0 {
                self.bits = *self.more.next()?;
                self.places += 64;
            }
            let place = self.places + self.bits.trailing_zeros() as usize;
            self.bits &= self.bits - 1;
            let (low, high) = ends::<SUB_BITS>(place);
            let count = self.histogram.count_at(low);
            // There is none where an earlier one had all that is here.
            if count > 0 {
                return Some((low, high, count));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded(values: &[(u64, u64)]) -> Recorded {
        let mut recorded = Recorded::to(2);
        for &(value, count) in values {
            recorded.record(value, count, u64::MAX);
        }
        recorded
    }

    /// As the histogram itself knows them.
    fn naive(histogram: &Histogram<u64>) -> Vec<(u64, u64, u64)> {
        let of = |value| (histogram.lowest_equivalent(value), histogram.highest_equivalent(value));
        let steps = histogram.iter_recorded();
        steps.map(|step| (of(step.value_iterated_to()), step.count_at_value())).map(|((a, b), c)| (a, b, c)).collect()
    }

    fn values() -> impl Strategy<Value = Vec<(u64, u64)>> {
        prop::collection::vec(((1..=u64::MAX, 1..64_u32).prop_map(|(value, by)| (value >> by).max(1)), 1..9_u64), 0..60)
    }

    proptest! {
        #[test]
        fn filled_buckets_are_those_of_the_histogram(earlier in values(), later in values()) {
            let then = recorded(&earlier);
            prop_assert_eq!(then.buckets().collect::<Vec<_>>(), naive(then.histogram()));
            let mut now = then.clone();
            for &(value, count) in &later {
                now.record(value, count, u64::MAX);
            }
            let since = now.since(&then).unwrap();
            prop_assert_eq!(since.buckets().collect::<Vec<_>>(), naive(since.histogram()));
            prop_assert_eq!(since.buckets().collect::<Vec<_>>(), naive(recorded(&later).histogram()));
        }
    }
}

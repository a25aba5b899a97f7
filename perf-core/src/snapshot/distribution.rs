//! How values of any size are distributed: sixteen buckets an octave, so that a value is known to 3 %.

use super::latency::Bucket;

/// Values from 2⁻³⁰ (about 10⁻⁹) on have buckets of their own, up to 2⁵⁰ (about 10¹⁵).
const LOWEST: i32 = -30;
const HIGHEST: i32 = 50;

/// Buckets an octave, as a power of two.
const SUB_BITS: u32 = 4;

/// Bits of a number's mantissa, and what is added to its exponent.
const MANTISSA_BITS: u32 = 52;
const BIAS: i32 = 1023;

/// What is less than the lowest, zero and what is negative share the first bucket; what is more than the highest, the last.
const BELOW: u16 = 0;
const ABOVE: u16 = BUCKETS as u16 - 1;

/// How many buckets there are.
pub(crate) const BUCKETS: usize = (((HIGHEST - LOWEST) as usize) << SUB_BITS) + 2;

/// The bucket of a value that is a number.
#[must_use]
#[inline]
pub(crate) fn bucket(value: f64) -> u16 {
    const FIRST: u64 = ((BIAS + LOWEST) as u64) << SUB_BITS;
    const PAST: u64 = ((BIAS + HIGHEST) as u64) << SUB_BITS;
    if value <= 0.0 {
        return BELOW;
    }
    // Exponent and mantissa side by side rise as the value does.
    match value.to_bits() >> (MANTISSA_BITS - SUB_BITS) {
        at if at < FIRST => BELOW,
        at if at >= PAST => ABOVE,
        at => (at - FIRST) as u16 + 1,
    }
}

/// The lowest value of a bucket that is neither the first nor the last, and the one where the next begins.
fn ends(bucket: u16) -> (f64, f64) {
    let at = |bucket: u16| {
        let bits = u64::from(bucket - 1) + (((BIAS + LOWEST) as u64) << SUB_BITS);
        f64::from_bits(bits << (MANTISSA_BITS - SUB_BITS))
    };
    (at(bucket), at(bucket + 1))
}

/// Values and how many of them there are.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Distribution {
    /// How many values there are.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The lowest; between two snapshots to 6 %, a bucket. 0 where there are none.
    pub min: f64,
    /// The highest, likewise.
    pub max: f64,
    /// What was recorded and is not in it, because it is no number, or infinite.
    pub rejected: u64,
    /// The buckets that are not empty, in their order.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "known"))]
    buckets: Vec<(u16, u64)>,
}

/// Buckets of which there are such, in their order.
#[cfg(feature = "serde")]
fn known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(u16, u64)>, D::Error> {
    let buckets: Vec<(u16, u64)> = serde::Deserialize::deserialize(deserializer)?;
    if buckets.last().is_some_and(|(last, _)| *last > ABOVE) || !buckets.is_sorted_by(|a, b| a.0 < b.0) {
        let text = format!("the buckets of a distribution are not numbers up to {ABOVE}, in their order");
        return Err(serde::de::Error::custom(text));
    }
    Ok(buckets)
}

impl Distribution {
    /// So many values of which nothing else is known.
    #[doc(hidden)]
    #[must_use]
    pub fn counted(count: u64) -> Self {
        Self { count, ..Self::default() }
    }

    /// From filled buckets in their order; `min` and `max` are of no account where there are none.
    #[doc(hidden)]
    #[must_use]
    pub fn of(buckets: Vec<(u16, u64)>, sum: f64, (min, max): (f64, f64), rejected: u64) -> Self {
        let count = buckets.iter().map(|(_, count)| count).sum();
        let (min, max) = if count == 0 { (0.0, 0.0) } else { (min, max) };
        Self { count, sum, min, max, rejected, buckets }
    }

    /// One more value, without its bucket.
    #[doc(hidden)]
    pub fn note(&mut self, value: f64) {
        self.add(&Self { count: 1, sum: value, min: value, max: value, ..Self::default() });
    }

    /// Takes in what another has.
    #[doc(hidden)]
    pub fn add(&mut self, other: &Self) {
        if other.count > 0 {
            let is_first = self.count == 0;
            self.min = if is_first { other.min } else { self.min.min(other.min) };
            self.max = if is_first { other.max } else { self.max.max(other.max) };
        }
        self.count += other.count;
        self.sum += other.sum;
        self.rejected += other.rejected;
        if !other.buckets.is_empty() {
            self.buckets = merged(&self.buckets, &other.buckets);
        }
    }

    /// What it has that an earlier one had not.
    #[doc(hidden)]
    #[must_use]
    pub fn since(&self, then: &Self) -> Self {
        let mut buckets = Vec::new();
        let mut before = then.buckets.iter().peekable();
        for &(bucket, count) in &self.buckets {
            while before.next_if(|(known, _)| *known < bucket).is_some() {}
            let less = before.next_if(|(known, _)| *known == bucket).map_or(0, |(_, count)| *count);
            if count > less {
                buckets.push((bucket, count - less));
            }
        }
        let (low, high) = self.range_of(&buckets);
        let count = self.count.saturating_sub(then.count);
        let is_none = count == 0;
        Self {
            count,
            sum: if is_none { 0.0 } else { self.sum - then.sum },
            min: if is_none || then.count > 0 && self.min >= then.min { low } else { self.min },
            max: if is_none || then.count > 0 && self.max <= then.max { high } else { self.max },
            rejected: self.rejected.saturating_sub(then.rejected),
            buckets,
        }
    }

    /// Between what the values of some of its buckets lie.
    fn range_of(&self, buckets: &[(u16, u64)]) -> (f64, f64) {
        let (Some((first, _)), Some((last, _))) = (buckets.first(), buckets.last()) else { return (0.0, 0.0) };
        (self.ends(*first).0, self.ends(*last).1)
    }

    /// Between what the values of a bucket lie.
    fn ends(&self, bucket: u16) -> (f64, f64) {
        let (low, high) = match bucket {
            BELOW => (self.min, ends(1).0),
            ABOVE => (ends(ABOVE).0, self.max),
            _ => ends(bucket),
        };
        (low.max(self.min), high.min(self.max))
    }

    /// The mean; 0 where there are no values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// The buckets that are not empty, in their order: a sixteenth of a doubling wide, and no wider than from
    /// [`min`](Self::min) to [`max`](Self::max). The first may hold all that is less than 10⁻⁹, negative values too.
    pub fn buckets(&self) -> impl Iterator<Item = Bucket<f64>> + '_ {
        self.buckets.iter().map(|&(bucket, count)| {
            let (low, high) = self.ends(bucket);
            Bucket { low, high, count }
        })
    }

    /// The value that a share `q` of the values stays under, to 3 %; 0 where there are none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> f64 {
        let total = self.buckets.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
        let rank = (q.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for &(bucket, count) in &self.buckets {
            seen = count.saturating_add(seen);
            if seen >= rank {
                let (low, high) = self.ends(bucket);
                return low.midpoint(high);
            }
        }
        0.0
    }
}

/// Both, in order.
fn merged(one: &[(u16, u64)], other: &[(u16, u64)]) -> Vec<(u16, u64)> {
    let mut all = Vec::with_capacity(one.len().max(other.len()));
    let (mut one, mut other) = (one.iter().copied().peekable(), other.iter().copied().peekable());
    loop {
        let next = match (one.peek(), other.peek()) {
            (None, None) => return all,
            (Some(a), Some(b)) if a.0 == b.0 => (a.0, a.1 + b.1),
            (Some(a), Some(b)) => *if a.0 < b.0 { a } else { b },
            (Some(last), None) | (None, Some(last)) => *last,
        };
        one.next_if(|(bucket, _)| *bucket == next.0);
        other.next_if(|(bucket, _)| *bucket == next.0);
        all.push(next);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Distribution {
        let mut all = Distribution::default();
        for value in values {
            all.add(&Distribution::of(vec![(bucket(*value), 1)], *value, (*value, *value), 0));
        }
        all
    }

    #[test]
    fn buckets_follow_each_other_without_gap_or_overlap() {
        for at in 1..ABOVE {
            let (low, next) = ends(at);
            assert_eq!((bucket(low), bucket(next)), (at, at + 1));
            assert_eq!(bucket(next - next * f64::EPSILON), at);
        }
        for (value, at) in [(0.0, BELOW), (-1.0, BELOW), (1e-300, BELOW), (1e300, ABOVE), (f64::MAX, ABOVE)] {
            assert_eq!(bucket(value), at, "{value}");
        }
    }

    proptest! {
        #[test]
        fn quantiles_are_those_of_the_sorted_values_to_three_percent(
            values in prop::collection::vec((-8.0..14.0).prop_map(|power: f64| 10_f64.powf(power)), 1..200), q in 0.0..1.0_f64
        ) {
            let all = of(&values);
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let rank = (q * values.len() as f64).ceil().max(1.0) as usize;
            let (exact, told) = (sorted[rank - 1], all.quantile(q));
            prop_assert!((told / exact - 1.0).abs() <= 0.0313, "{told} for {exact}");
            prop_assert_eq!((all.count, all.min, all.max), (values.len() as u64, sorted[0], sorted[values.len() - 1]));
        }

        #[test]
        fn what_is_between_two_is_what_was_added(
            first in prop::collection::vec(-1e3..1e9, 0..50), second in prop::collection::vec(-1e3..1e9, 0..50)
        ) {
            let (then, added) = (of(&first), of(&second));
            let mut now = then.clone();
            now.add(&added);
            let between = now.since(&then);
            prop_assert_eq!((between.count, &between.buckets), (added.count, &added.buckets));
            prop_assert!((between.sum - added.sum).abs() < 1e-3);
            if added.count > 0 {
                prop_assert!(between.min <= added.min * 1.0001 || added.min <= 0.0, "{} {}", between.min, added.min);
                prop_assert!(between.max >= added.max && between.min <= between.max);
            }
        }
    }
}

//! Exponential histograms: buckets whose ends are powers of 2^(2^-scale), made from buckets of other widths.

use perf_core::Bucket;

use super::proto::{Buckets, HistogramPoint};

/// 64 buckets a doubling: each is 1.1 % wide, so that what is taken for its middle is at most 0.54 % off. Together with
/// what the buckets of a snapshot's histogram are wide, 0.39 % to either side, it stays within the 1 % that they promise.
/// Always the same, so that whoever adds points up need not bring them to one scale.
const SCALE: i32 = 6;

/// A point with counts of what lies between two values, in their order. A count goes where the middle of its bucket is; so
/// the same values are always in the same bucket, and none ever has less than before. What is at most `zero` counts as
/// zero, because its logarithm says nothing.
pub(super) fn point(buckets: impl Iterator<Item = Bucket<f64>>, zero: f64) -> HistogramPoint {
    let mut positive = Buckets::default();
    let mut point = HistogramPoint { scale: SCALE, zero_threshold: zero, ..HistogramPoint::default() };
    for Bucket { low, high, count } in buckets {
        point.count += count;
        if high <= zero {
            point.zero_count += count;
            continue;
        }
        let at = index(low.midpoint(high));
        if positive.counts.is_empty() {
            positive.offset = at;
        }
        // They come in order, but the middles of the narrowest may be in the bucket before.
        let place = (at - positive.offset).max(0) as usize;
        if positive.counts.len() <= place {
            positive.counts.resize(place + 1, 0);
        }
        positive.counts[place] += count;
    }
    if !positive.counts.is_empty() {
        point.positive = Some(positive);
    }
    point
}

/// Whose bucket a value is in: that of which it is at most the upper end.
fn index(value: f64) -> i32 {
    (value.log2() * f64::from(1 << SCALE)).ceil() as i32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(low: f64, high: f64, count: u64) -> Bucket<f64> {
        Bucket { low, high, count }
    }

    /// The geometric middle of the bucket that the share `q` of the values stays under, as readers estimate it.
    fn quantile(point: &HistogramPoint, q: f64) -> f64 {
        let base = 2_f64.powf(2_f64.powi(-point.scale));
        let rank = (q * point.count as f64).ceil().max(1.0) as u64;
        let mut seen = point.zero_count;
        let buckets = point.positive.clone().unwrap_or_default();
        for (at, count) in buckets.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return base.powf(f64::from(buckets.offset) + at as f64 + 0.5);
            }
        }
        0.0
    }

    #[test]
    fn a_value_is_in_the_bucket_whose_ends_are_around_it() {
        let base = 2_f64.powf(1.0 / 64.0);
        for value in [1e-9, 3.3e-7, 0.002, 0.999, 1.001, 7.0, 1e6] {
            let at = f64::from(index(value));
            assert!(base.powf(at) < value && value <= base.powf(at + 1.0), "{value}");
        }
        // The upper end belongs to the bucket.
        assert_eq!([index(1.0), index(2.0), index(0.5)], [-1, 63, -65]);
    }

    #[test]
    fn quantiles_are_within_a_percent_of_the_values() {
        let values: Vec<f64> = (0..3000).map(|n| 1e-7 * 1.007_f64.powi(n % 2000)).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        // As wide as those of a histogram of two decimal digits.
        let point = point(sorted.iter().map(|v| bucket(v * (1.0 - 1.0 / 256.0), v * (1.0 + 1.0 / 256.0), 1)), 0.0);
        for q in [0.01, 0.25, 0.5, 0.9, 0.99, 1.0] {
            let exact = sorted[((q * 3000.0_f64).ceil() as usize).max(1) - 1];
            assert!((quantile(&point, q) / exact - 1.0).abs() < 0.01, "{q}: {} for {exact}", quantile(&point, q));
        }
        assert_eq!(point.positive.unwrap().counts.iter().sum::<u64>(), point.count);
    }

    #[test]
    fn what_is_zero_or_less_counts_as_zero() {
        let point = point([bucket(-5.0, 0.0, 3), bucket(1.0, 1.0, 2)].into_iter(), 0.0);
        let positive = point.positive.unwrap();
        assert_eq!((point.count, point.zero_count, positive.offset, positive.counts), (5, 3, -1, vec![2]));
    }

    #[test]
    fn nothing_has_no_buckets() {
        let point = point(std::iter::empty(), 0.0);
        assert_eq!((point.count, point.positive), (0, None));
    }
}

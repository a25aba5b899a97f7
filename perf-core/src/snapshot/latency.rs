use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::aggregate::{Reading, Recorded, Sums};

/// How long calls took.
///
/// Percentiles are known to 1 %, the resolution of the histogram, and as surely as the number of
/// samples allows: [`Latency::quantile`] says how surely.
#[derive(Clone, Debug)]
pub struct Latency {
    recorded: Option<Arc<Recorded>>,
    pub(super) sums: Sums,
    /// Weighted nanoseconds of all samples: those of `sums`, but that they never fall.
    pub(super) risen: f64,
    pub(super) min: u64,
    pub(super) out_of_range: u64,
    /// Every call of the span was timed: nothing is estimated.
    pub(super) is_complete: bool,
}

/// Values from one to another, and how many of them there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket<T> {
    /// The least that it holds.
    pub low: T,
    /// The most.
    pub high: T,
    /// How many of such values there are.
    pub count: u64,
}

/// A percentile and how surely it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantile {
    /// The best estimate.
    pub value: Duration,
    /// Lower end of the 95 % confidence interval.
    pub low: Duration,
    /// Upper end of the 95 % confidence interval.
    pub high: Duration,
}

/// The two-sided 95 % point of the normal distribution.
const Z: f64 = 1.96;

impl Latency {
    pub(super) fn new(reading: &Reading) -> Self {
        Self {
            recorded: reading.recorded.clone(),
            sums: reading.sums,
            risen: reading.risen,
            min: if reading.sums.samples == 0 { 0 } else { reading.min },
            out_of_range: reading.out_of_range,
            is_complete: reading.sums.samples == reading.counts.calls,
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn loaded(
        recorded: Recorded,
        sums: Sums,
        risen: f64,
        min: u64,
        out_of_range: u64,
        is_complete: bool,
    ) -> Self {
        Self { recorded: Some(Arc::new(recorded)), sums, risen, min, out_of_range, is_complete }
    }

    pub(super) fn since(&self, then: &Self) -> Self {
        let (a, b) = (&self.sums, &then.sums);
        let sums = Sums {
            calls: a.calls.saturating_sub(b.calls),
            failed: a.failed.saturating_sub(b.failed),
            samples: a.samples.saturating_sub(b.samples),
            weight: a.weight - b.weight,
            weight_squared: a.weight_squared - b.weight_squared,
            nanos: a.nanos - b.nanos,
            busy: a.busy - b.busy,
            variance: a.variance - b.variance,
            max: a.max,
        };
        let between = Self {
            recorded: between(self.recorded.as_ref(), then.recorded.as_ref()),
            sums,
            risen: (self.risen - then.risen).max(0.0),
            min: 0,
            out_of_range: self.out_of_range.saturating_sub(then.out_of_range),
            is_complete: sums.samples == sums.calls,
        };
        let (min, max) = between.histogram().map_or((0, 0), |histogram| (histogram.min(), histogram.max()));
        let max = if a.max > b.max { a.max } else { max.min(a.max) };
        Self { min, sums: Sums { max, ..sums }, ..between }
    }

    fn histogram(&self) -> Option<&Histogram<u64>> {
        self.recorded.as_deref().map(Recorded::histogram).filter(|histogram| !histogram.is_empty())
    }

    /// The median.
    #[must_use]
    pub fn p50(&self) -> Duration {
        self.quantile(0.5).value
    }

    /// The 95th percentile.
    #[must_use]
    pub fn p95(&self) -> Duration {
        self.quantile(0.95).value
    }

    /// The 99th percentile.
    #[must_use]
    pub fn p99(&self) -> Duration {
        self.quantile(0.99).value
    }

    /// The 99.9th percentile.
    #[must_use]
    pub fn p999(&self) -> Duration {
        self.quantile(0.999).value
    }

    /// The duration that a share `q` of the calls stays under, with its confidence interval; zero
    /// where nothing was sampled.
    ///
    /// The interval is between two order statistics, by the binomial distribution of how many samples
    /// lie below (David, Nagaraja, "Order Statistics", 2003, section 7.1), on as many samples as the
    /// weighted ones are worth (Kish, "Survey Sampling", 1965), widened to the histogram's buckets.
    /// Where every call was timed, only the buckets are left of it.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Quantile {
        let Some(histogram) = self.histogram() else {
            return Quantile { value: Duration::ZERO, low: Duration::ZERO, high: Duration::ZERO };
        };
        let q = q.clamp(0.0, 1.0);
        let at = |q: f64| histogram.value_at_quantile(q);
        let cap = |value: u64| Duration::from_nanos(value.min(self.sums.max.max(1)));
        let (low, high) = if self.is_complete { (q, q) } else { ranks(q, self.effective_samples()) };
        let value = at(q);
        Quantile {
            // The middle of the bucket: the end would be off by up to a whole one.
            value: cap(histogram.lowest_equivalent(value).midpoint(histogram.highest_equivalent(value))),
            low: Duration::from_nanos(histogram.lowest_equivalent(at(low))),
            high: cap(histogram.highest_equivalent(at(high))),
        }
    }

    /// Samples of equal weight that would know as much.
    fn effective_samples(&self) -> f64 {
        if self.sums.weight_squared > 0.0 {
            self.sums.weight * self.sums.weight / self.sums.weight_squared
        } else {
            0.0
        }
    }

    /// The longest of the sampled calls; between two snapshots, to the histogram's resolution.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.sums.max)
    }

    /// Calls that the samples stand for: the sum of their weights, and of the counts of all [`buckets`](Self::buckets). It
    /// is about the number of all calls that have ended, and exactly that where every call was timed.
    ///
    /// Like [`sum`](Self::sum) it never falls, so that both together are what histograms of other systems consist of.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.recorded.as_ref().map_or(0, |recorded| recorded.histogram().len())
    }

    /// Time of the calls that the samples stand for. Over [`count`](Self::count) it is the mean.
    #[must_use]
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.risen.max(0.0) as u64)
    }

    /// What [`count`](Self::count) consists of: the buckets of the histogram that are not empty, in their order, each
    /// less than 0.8 % wide, or a nanosecond. Takes two or three nanoseconds for each.
    ///
    /// ```
    /// #[perf_runtime::profiled(sample = "always")]
    /// fn tick() {}
    ///
    /// (0..5).for_each(|_| tick());
    /// let snapshot = perf_runtime::snapshot();
    /// let latency = snapshot.function("tick").unwrap().latency();
    /// assert_eq!(latency.buckets().map(|bucket| bucket.count).sum::<u64>(), 5);
    /// ```
    #[inline]
    pub fn buckets(&self) -> impl Iterator<Item = Bucket<Duration>> + '_ {
        let of =
            |(low, high, count)| Bucket { low: Duration::from_nanos(low), high: Duration::from_nanos(high), count };
        self.nanos().map(of)
    }

    /// The lowest and the highest nanosecond of each bucket that is not empty, and its count.
    #[inline]
    pub(super) fn nanos(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.recorded.as_deref().map(Recorded::buckets).into_iter().flatten()
    }

    /// The shortest of the sampled calls; between two snapshots, to the histogram's resolution.
    #[must_use]
    pub fn min(&self) -> Duration {
        Duration::from_nanos(self.min)
    }

    /// The mean of the sampled calls.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.sums.mean() as u64)
    }

    /// Time of all calls together: the mean times their number. A call inside another of the same
    /// function counts on its own; [`FunctionStats::total`](super::FunctionStats::total) counts time once.
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_nanos((self.sums.mean() * self.sums.calls as f64) as u64)
    }

    /// Samples longer than the histogram tells apart. They are in the mean, the total and the maximum.
    #[must_use]
    pub fn out_of_range(&self) -> u64 {
        self.out_of_range
    }

    /// The standard error of the total: how far it is off, one time out of three further, because
    /// not all calls were timed. Few long calls among many short ones make it large.
    #[must_use]
    pub fn total_error(&self) -> Duration {
        if self.is_complete || self.sums.weight <= 0.0 {
            return Duration::ZERO;
        }
        let scale = self.sums.calls as f64 / self.sums.weight;
        Duration::from_nanos((self.sums.variance.max(0.0).sqrt() * scale) as u64)
    }

    pub(super) fn covered(&self, calls: u64) -> Duration {
        let sums = Sums { calls, ..self.sums };
        Duration::from_nanos(sums.busy_nanos() as u64)
    }
}

/// What `now` has that `then` had not.
fn between(now: Option<&Arc<Recorded>>, then: Option<&Arc<Recorded>>) -> Option<Arc<Recorded>> {
    let (now, Some(then)) = (now?, then) else { return now.cloned() };
    now.since(then).map(Arc::new)
}

/// The ranks between which the share `q` lies, 19 times in 20, when seen in `n` samples.
fn ranks(q: f64, n: f64) -> (f64, f64) {
    if n < 1.0 {
        return (0.0, 1.0);
    }
    // The number of samples under the true value is binomial; one sample more on the upper side,
    // since it is the next one that is surely not under it.
    let half = Z * (q * (1.0 - q) / n).sqrt();
    ((q - half).max(0.0), (q + half + 1.0 / n).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn latency(values: &[(u64, u64)]) -> Latency {
        let mut recorded = Recorded::to(2);
        for &(value, weight) in values {
            recorded.record(value, weight, u64::MAX);
        }
        Latency {
            recorded: Some(Arc::new(recorded)),
            sums: Sums::default(),
            risen: 0.0,
            min: 0,
            out_of_range: 0,
            is_complete: false,
        }
    }

    proptest! {
        #[test]
        fn buckets_hold_what_was_recorded_and_are_narrow(
            values in prop::collection::vec((1..10_000_000_u64, 1..100_u64), 0..40),
        ) {
            let latency = latency(&values);
            let all: u64 = values.iter().map(|(_, weight)| weight).sum();
            prop_assert_eq!(latency.count(), all);
            for bucket in latency.buckets() {
                let (low, high) = (bucket.low.as_nanos() as u64, bucket.high.as_nanos() as u64);
                let within = values.iter().filter(|(value, _)| (low..=high).contains(value));
                prop_assert_eq!(within.map(|(_, weight)| weight).sum::<u64>(), bucket.count);
                prop_assert!((high + 1 - low) * 128 <= low.max(128), "{low} {high}");
            }
        }
    }
}

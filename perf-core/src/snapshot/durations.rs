use std::time::Duration;

use super::distribution::Distribution;
use super::latency::Bucket;

/// How long something took, of all that was recorded: to 3 %, a sixteenth of a doubling.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Durations(Distribution);

impl Durations {
    /// Of nanoseconds.
    #[doc(hidden)]
    #[must_use]
    pub fn of(nanos: Distribution) -> Self {
        Self(nanos)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.count
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> Duration {
        of_nanos(self.0.sum)
    }

    /// Their mean; zero where there are none.
    #[must_use]
    pub fn mean(&self) -> Duration {
        of_nanos(self.0.mean())
    }

    /// What a share `q` of them stays under; zero where there are none.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Duration {
        of_nanos(self.0.quantile(q))
    }

    /// The median.
    #[must_use]
    pub fn p50(&self) -> Duration {
        self.quantile(0.5)
    }

    /// The 99th percentile.
    #[must_use]
    pub fn p99(&self) -> Duration {
        self.quantile(0.99)
    }

    /// The shortest; between two snapshots to 6 %.
    #[must_use]
    pub fn min(&self) -> Duration {
        of_nanos(self.0.min)
    }

    /// The longest, likewise.
    #[must_use]
    pub fn max(&self) -> Duration {
        of_nanos(self.0.max)
    }

    /// The buckets that are not empty, in their order: a sixteenth of a doubling wide, and no wider than from
    /// [`min`](Self::min) to [`max`](Self::max).
    pub fn buckets(&self) -> impl Iterator<Item = Bucket<Duration>> + '_ {
        let of = |bucket: Bucket<f64>| Bucket {
            low: of_nanos(bucket.low),
            high: of_nanos(bucket.high),
            count: bucket.count,
        };
        self.0.buckets().map(of)
    }

    pub(super) fn since(&self, then: &Self) -> Self {
        Self(self.0.since(&then.0))
    }
}

fn of_nanos(nanos: f64) -> Duration {
    Duration::from_nanos(nanos.round() as u64)
}

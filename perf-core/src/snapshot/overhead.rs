use std::time::Duration;

use crate::aggregate::Overview;
use crate::exporting;

/// What measuring cost.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Overhead {
    budget: Option<f64>,
    process_cpu: Option<Duration>,
    counting: Duration,
    sampling: Duration,
    aggregating: Duration,
    #[cfg_attr(feature = "serde", serde(default))]
    exporting: Duration,
}

impl Overhead {
    /// From what is known when a snapshot is taken, of so many calls, of which so many were sampled.
    pub(super) fn new(overview: &Overview, calls: u64, sampled: u64) -> Self {
        let nanos = |count: u64, each: f64| Duration::from_nanos((count as f64 * each) as u64);
        Self {
            budget: overview.budget,
            process_cpu: overview.process_cpu,
            counting: nanos(calls, overview.costs.count),
            sampling: nanos(sampled, overview.costs.sample) + overview.tree_cost + overview.cpu_time_cost,
            aggregating: overview.aggregator_cpu,
            exporting: exporting::spent(),
        }
    }

    /// The share of the CPU time that sampling and aggregating may cost; none where nothing is held to it.
    #[must_use]
    pub fn budget(&self) -> Option<f64> {
        self.budget
    }

    /// The share of the process' CPU time that measuring has cost, counting and exporting included. None where the
    /// system does not tell the CPU time.
    #[must_use]
    pub fn spent(&self) -> Option<f64> {
        self.process_cpu.map(|cpu| share(sum(&[self.counting, self.sampling, self.aggregating, self.exporting]), cpu))
    }

    /// The same without counting and exporting, which the budget does not cover.
    #[must_use]
    pub fn spent_of_budget(&self) -> Option<f64> {
        self.process_cpu.map(|cpu| share(sum(&[self.sampling, self.aggregating]), cpu))
    }

    /// CPU time spent on counting calls: their number times the calibrated cost of one. That a small
    /// function is not inlined any more, once it is measured, can cost several times as much again, and
    /// is not in it; nor is looking up the values of labels.
    #[must_use]
    pub fn counting(&self) -> Duration {
        self.counting
    }

    /// CPU time that callers spent on samples, which is their number times the calibrated cost of one, on call trees,
    /// and on reading CPU time.
    #[must_use]
    pub fn sampling(&self) -> Duration {
        self.sampling
    }

    /// CPU time that draining and steering took, and reading the process where that was asked for, as the system
    /// measured it.
    #[must_use]
    pub fn aggregating(&self) -> Duration {
        self.aggregating
    }

    /// CPU time that went into getting numbers out of the process, as far as those who did it say so: see
    /// [`Exporting`](crate::Exporting).
    #[must_use]
    pub fn exporting(&self) -> Duration {
        self.exporting
    }

    /// The same as a share of the process' CPU time. None where the system does not tell that.
    #[must_use]
    pub fn spent_on_exporting(&self) -> Option<f64> {
        self.process_cpu.map(|cpu| share(self.exporting, cpu))
    }

    /// CPU time of the process.
    #[must_use]
    pub fn process_cpu(&self) -> Option<Duration> {
        self.process_cpu
    }

    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            budget: self.budget,
            process_cpu: self.process_cpu.zip(earlier.process_cpu).map(|(now, then)| now.saturating_sub(then)),
            counting: self.counting.saturating_sub(earlier.counting),
            sampling: self.sampling.saturating_sub(earlier.sampling),
            aggregating: self.aggregating.saturating_sub(earlier.aggregating),
            exporting: self.exporting.saturating_sub(earlier.exporting),
        }
    }
}

/// All together. What was read from a file may be of any length.
fn sum(parts: &[Duration]) -> Duration {
    parts.iter().fold(Duration::ZERO, |sum, part| sum.saturating_add(*part))
}

fn share(part: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() }
}

//! What polling futures took.

use std::time::Duration;

use crate::aggregate::FutureSums;

/// What is known of a function's futures, on average over those that were sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Futures {
    /// Time spent in polls.
    pub busy: Duration,
    /// Number of polls.
    pub polls: f64,
    /// Time from the making of a future to its first poll, where it is known.
    pub first_poll: Option<Duration>,
    /// Share of the time from the first poll to the end that was spent in polls.
    pub busy_share: f64,
    /// Absent from what was written before it was kept: then all is since the start.
    #[cfg_attr(feature = "serde", serde(default))]
    sums: Option<FutureSums>,
}

impl Futures {
    /// None where no future was sampled. `mean` is that of the same calls' durations.
    pub(super) fn new(sums: FutureSums, mean: Duration) -> Option<Self> {
        if sums.weight <= 0.0 {
            return None;
        }
        let nanos = |sum: f64, weight: f64| Duration::from_nanos((sum / weight).max(0.0) as u64);
        Some(Self {
            busy: nanos(sums.busy, sums.weight),
            polls: sums.polls / sums.weight,
            first_poll: (sums.wait_weight > 0.0).then(|| nanos(sums.wait, sums.wait_weight)),
            // Of futures as short as the clock's steps, either may come out longer.
            busy_share: (sums.busy / sums.weight / (mean.as_nanos() as f64).max(1.0)).clamp(0.0, 1.0),
            sums: Some(sums),
        })
    }

    /// Of those since `then`, whose durations have this mean.
    pub(super) fn since(self, then: Option<&Self>, mean: Duration) -> Option<Self> {
        let (Some(now), Some(then)) = (self.sums, then) else { return Some(self) };
        let Some(then) = then.sums else { return Some(self) };
        let between = FutureSums {
            weight: now.weight - then.weight,
            busy: now.busy - then.busy,
            polls: now.polls - then.polls,
            wait_weight: now.wait_weight - then.wait_weight,
            wait: now.wait - then.wait,
        };
        Self::new(between, mean)
    }
}

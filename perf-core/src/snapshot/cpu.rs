//! Where the time of calls went: into computing, into waiting, and of futures into waiting for a thread.

use std::time::Duration;

use super::latency::Latency;
use crate::aggregate::{CpuSums, ScheduledSums};

/// How much of a function's time its threads computed, and how much they waited: for input and output, locks, sleep, or
/// a processor.
///
/// It rests on those of the sampled calls whose CPU time was read. The CPU time of a call contains that of the calls in
/// it, as its duration does; that of a future is what its polls took.
///
/// ```
/// use perf_runtime::profiled;
///
/// #[profiled(cpu)]
/// fn load() {
///     std::thread::sleep(std::time::Duration::from_millis(20));
/// }
///
/// load();
/// let snapshot = perf_runtime::snapshot();
/// // Not every system tells.
/// if let Some(cpu) = snapshot.function("load").unwrap().cpu() {
///     assert!(cpu.mean() < cpu.waiting());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CallCpu {
    share: f64,
    mean: Duration,
    waiting: Duration,
    total: Duration,
    total_waiting: Duration,
    sums: CpuSums,
}

impl CallCpu {
    /// None where no call was asked. `covered` is the time that all calls covered.
    pub(super) fn new(sums: CpuSums, latency: &Latency, covered: Duration) -> Option<Self> {
        if sums.samples == 0 || sums.weight <= 0.0 {
            return None;
        }
        // The ratio of the two, of which one is known of all samples (Cochran, "Sampling Techniques", 1977, chapter 12).
        // What is computed between polls is no part of a future.
        let share = if sums.wall > 0.0 { (sums.cpu.min(sums.busy) / sums.wall).clamp(0.0, 1.0) } else { 1.0 };
        let (mean, total) = (super::part(latency.mean(), share), super::part(covered, share));
        let waiting = latency.mean().saturating_sub(mean);
        Some(Self { share, mean, waiting, total, total_waiting: covered.saturating_sub(total), sums })
    }

    pub(super) fn since(&self, then: Option<&Self>, latency: &Latency, covered: Duration) -> Option<Self> {
        let then = then.map_or(CpuSums::default(), |then| then.sums);
        let sums = CpuSums {
            samples: self.sums.samples.saturating_sub(then.samples),
            weight: self.sums.weight - then.weight,
            wall: self.sums.wall - then.wall,
            busy: self.sums.busy - then.busy,
            cpu: self.sums.cpu - then.cpu,
        };
        Self::new(sums, latency, covered)
    }

    /// The share of the calls' time in which their threads computed, from 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// CPU time of a call, on average.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.mean
    }

    /// The rest of a call's time, on average: with [`mean`](Self::mean) it makes the mean [latency](Latency::mean).
    #[must_use]
    pub fn waiting(&self) -> Duration {
        self.waiting
    }

    /// CPU time of all calls, estimated as [`FunctionStats::total`](crate::FunctionStats::total) is: of recursive
    /// calls it is counted once.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.total
    }

    /// Time that all calls waited: the rest of [`FunctionStats::total`](crate::FunctionStats::total).
    #[must_use]
    pub fn total_waiting(&self) -> Duration {
        self.total_waiting
    }

    /// Calls whose CPU time was read, on which all this rests.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.sums.samples
    }
}

/// How long futures waited for a thread once they were woken, which is what says that an executor has too much to do, or
/// that something blocks its threads.
///
/// The time of a future is what its polls take ([`Futures::busy`](crate::Futures::busy)), this, and the time in which
/// nobody had woken it yet. A future that is woken while it is being polled waits from the end of that poll on. The time
/// before the first poll is not in it, and is [another](crate::Futures::first_poll).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Scheduled {
    mean: Duration,
    share: f64,
    idle: Duration,
    sums: ScheduledSums,
}

impl Scheduled {
    /// None where no future was asked.
    pub(super) fn new(sums: ScheduledSums) -> Option<Self> {
        if sums.samples == 0 || sums.weight <= 0.0 {
            return None;
        }
        let mean = |sum: f64| Duration::from_nanos((sum / sums.weight).max(0.0) as u64);
        let share = if sums.wall > 0.0 { (sums.scheduled / sums.wall).clamp(0.0, 1.0) } else { 0.0 };
        Some(Self { mean: mean(sums.scheduled), share, idle: mean(sums.wall - sums.busy - sums.scheduled), sums })
    }

    pub(super) fn since(&self, then: Option<&Self>) -> Option<Self> {
        let then = then.map_or(ScheduledSums::default(), |then| then.sums);
        Self::new(ScheduledSums {
            samples: self.sums.samples.saturating_sub(then.samples),
            weight: self.sums.weight - then.weight,
            wall: self.sums.wall - then.wall,
            busy: self.sums.busy - then.busy,
            scheduled: self.sums.scheduled - then.scheduled,
            longest: self.sums.longest,
        })
    }

    /// Time from being woken to being polled, all such times of a future together, on average over the futures.
    #[must_use]
    pub fn mean(&self) -> Duration {
        self.mean
    }

    /// The share of the futures' time that it was.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.share
    }

    /// The longest time from being woken to being polled, once, of any of these futures since measuring began; also
    /// between two snapshots.
    #[must_use]
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.sums.longest)
    }

    /// Time in which a future was neither polled nor had been woken, on average: what it itself waited for.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.idle
    }

    /// Futures on which all this rests.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.sums.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_future_did_adds_up_and_nothing_is_negative() {
        let mut sums = ScheduledSums::default();
        sums.record(2, [1_000.0, 300.0, 200.0], 150);
        sums.record(1, [400.0, 300.0, 200.0], 200);
        let scheduled = Scheduled::new(sums).unwrap();
        let nanos = Duration::from_nanos;
        assert_eq!((scheduled.mean(), scheduled.longest(), scheduled.idle()), (nanos(200), nanos(200), nanos(300)));
        let then = Scheduled::new(ScheduledSums { samples: 1, weight: 2.0, wall: 2_000.0, ..ScheduledSums::default() });
        assert_eq!(scheduled.since(then.as_ref()).unwrap().idle(), Duration::ZERO);
        assert_eq!(scheduled.since(Some(&scheduled)), None);
    }
}

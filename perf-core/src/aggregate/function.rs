//! All that the aggregator knows of one function.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use quanta::Clock;

use super::cpu_time::{CpuSums, ScheduledSums};
use super::recorded::Recorded;
use super::slice::{Packed, Slice, Sums};
use super::timeline::Layout;
use super::windows::Windows;

/// What a histogram has room for at first, in nanoseconds.
const FIRST_RANGE: u64 = 1 << 12;

/// What was recorded, which readers may hold on to: it is only copied when one still does at the next write.
enum Kept {
    Own(Recorded),
    Shared(Arc<Recorded>),
    /// While it passes from one to the other.
    Moving,
}

impl Kept {
    fn take(&mut self) -> Self {
        mem::replace(self, Self::Moving)
    }
}

/// Lifetime numbers and windows. Made by the first sample, or at the first tick after the first call.
pub(crate) struct Function {
    recorded: Kept,
    pub(crate) sums: Sums,
    /// The most that the samples' nanoseconds ever were when somebody read them.
    risen: f64,
    pub(crate) min: u64,
    /// Samples longer than the histogram's range: in all sums, and at its end.
    pub(crate) out_of_range: u64,
    longest: u64,
    pub(crate) future: FutureSums,
    pub(crate) cpu: CpuSums,
    pub(crate) scheduled: ScheduledSums,
    running: Slice,
    windows: Arc<Windows>,
    /// The highest of any slice so far: mean nanoseconds, calls.
    peak: (f64, u64),
}

/// Sums over the samples of a function that gives futures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct FutureSums {
    pub(crate) weight: f64,
    pub(crate) busy: f64,
    pub(crate) polls: f64,
    pub(crate) wait_weight: f64,
    pub(crate) wait: f64,
}

impl Function {
    pub(crate) fn new(longest: u64, layout: Layout) -> Self {
        Self {
            recorded: Kept::Own(Recorded::to(FIRST_RANGE.min(longest))),
            sums: Sums::default(),
            risen: 0.0,
            min: u64::MAX,
            out_of_range: 0,
            longest,
            future: FutureSums::default(),
            cpu: CpuSums::default(),
            scheduled: ScheduledSums::default(),
            running: Slice::new(),
            windows: Arc::new(Windows::new(layout)),
            peak: (0.0, 0),
        }
    }

    /// One sample of `ticks`, which stands for `weight` calls. A call shorter than the clock can
    /// tell may come out negative: sums take that as it is, or they would be too high on average.
    #[inline(always)]
    pub(crate) fn record(&mut self, clock: &Clock, ticks: i64, weight: u32) {
        let nanos = clock.delta_as_nanos(0, ticks.unsigned_abs());
        let signed = if ticks < 0 { -(nanos as f64) } else { nanos as f64 };
        let nanos = if ticks < 0 { 0 } else { nanos };
        self.running.record(nanos, signed, weight);
        self.min = self.min.min(nanos);
        let value = if nanos > self.longest {
            self.out_of_range += 1;
            self.longest
        } else {
            nanos
        };
        // Zero is the histogram's word for "below the first bucket"; a call takes some time.
        let longest = self.longest;
        self.recorded_mut().record(value.max(1), u64::from(weight), longest);
    }

    #[inline(always)]
    fn recorded_mut(&mut self) -> &mut Recorded {
        if !matches!(self.recorded, Kept::Own(_)) {
            self.take_back();
        }
        match &mut self.recorded {
            Kept::Own(recorded) => recorded,
            _ => unreachable!("just taken back"),
        }
    }

    #[cold]
    fn take_back(&mut self) {
        if let Kept::Shared(shared) = self.recorded.take() {
            self.recorded = Kept::Own(Arc::unwrap_or_clone(shared));
        }
    }

    /// What was recorded, to keep.
    pub(crate) fn share(&mut self) -> Arc<Recorded> {
        let shared = match self.recorded.take() {
            Kept::Own(own) => Arc::new(own),
            Kept::Shared(shared) => shared,
            Kept::Moving => unreachable!("nobody leaves it so"),
        };
        self.recorded = Kept::Shared(shared.clone());
        shared
    }

    /// Of the sample just recorded: the part that direct calls of the same function cover.
    pub(crate) fn nested(&mut self, nanos: u64, weight: u32) {
        self.running.sums.busy -= f64::from(weight) * nanos as f64;
    }

    /// Of the sample just recorded, which took `wall`: a future's polls, and the time in them.
    pub(crate) fn polled(&mut self, busy: u64, polls: u32, weight: u32) {
        let weight = f64::from(weight);
        self.future.weight += weight;
        self.future.busy += weight * busy as f64;
        self.future.polls += weight * f64::from(polls);
    }

    /// A future's time from its making to its first poll.
    pub(crate) fn waited(&mut self, nanos: u64, weight: u32) {
        self.future.wait_weight += f64::from(weight);
        self.future.wait += f64::from(weight) * nanos as f64;
    }

    /// Adds exact counts to the running slice.
    pub(crate) fn counted(&mut self, calls: u64, failed: u64) {
        self.running.sums.calls += calls;
        self.running.sums.failed += failed;
    }

    /// The running slice is over.
    pub(crate) fn finish_slice(&mut self, number: u64, scratch: &mut Slice) {
        let sums = self.running.sums;
        self.sums.add(&sums);
        self.peak = (self.peak.0.max(sums.mean()), self.peak.1.max(sums.calls));
        Arc::make_mut(&mut self.windows).finish_slice(number, &mut self.running, scratch);
    }

    /// The running slice's 99th percentile, in seconds, and its share of failed calls.
    pub(crate) fn health(&self) -> (f32, f32) {
        let Sums { calls, failed, samples, .. } = self.running.sums;
        let [.., p99, _] = self.running.quantiles([0.5, 0.95, 0.99, 0.999]);
        let p99 = if samples == 0 { 0.0 } else { p99 as f32 / 1e9 };
        (p99, if calls == 0 { 0.0 } else { failed as f32 / calls as f32 })
    }

    /// The windows begin anew, with other lengths; all else stays.
    pub(crate) fn begin_windows(&mut self, layout: Layout) {
        self.sums.add(&self.running.sums);
        self.running.clear();
        self.peak = (0.0, 0);
        self.windows = Arc::new(Windows::new(layout));
    }

    /// Lifetime sums, the running slice included.
    pub(crate) fn lifetime(&self) -> Sums {
        let mut sums = self.sums;
        sums.add(&self.running.sums);
        sums
    }

    /// Weighted nanoseconds of all samples, which never fall from one reading to the next: a call shorter than the clock
    /// can tell may have come out negative.
    pub(crate) fn rising(&mut self) -> f64 {
        self.risen = self.risen.max(self.lifetime().nanos);
        self.risen
    }

    /// The highest of any slice since the windows began: mean nanoseconds, calls a second.
    pub(crate) fn peak(&self) -> (f64, f64) {
        (self.peak.0, self.peak.1 as f64 / Duration::from_nanos(self.windows.layout().nanos(1)).as_secs_f64())
    }

    /// The slices, to keep.
    pub(crate) fn windows(&self) -> Arc<Windows> {
        self.windows.clone()
    }

    /// The running slice.
    pub(crate) fn running(&self) -> Packed {
        Packed::of(&self.running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn function(longest: u64) -> Function {
        Function::new(longest, Layout::of(&Config::production().windows))
    }

    #[test]
    fn what_is_longer_than_the_range_is_counted_and_in_the_mean() {
        let mut function = function(1_000);
        let clock = Clock::mock().0;
        function.record(&clock, 5_000, 1);
        function.record(&clock, 500, 1);
        assert_eq!(function.out_of_range, 1);
        assert!((function.lifetime().mean() - 2750.0).abs() < 1e-9);
        assert_eq!(function.share().histogram().len(), 2);
    }

    #[test]
    fn calls_shorter_than_the_clock_can_tell_have_the_right_mean() {
        let mut function = function(1_000);
        let clock = Clock::mock().0;
        for ticks in [-8, 18, -8, 18] {
            function.record(&clock, ticks, 1);
        }
        assert!((function.lifetime().mean() - 5.0).abs() < 1e-9);
        assert_eq!(function.min, 0);
    }

    #[test]
    fn the_sum_of_all_samples_never_falls_between_readings() {
        let mut function = function(1_000);
        let clock = Clock::mock().0;
        let mut read = Vec::new();
        for ticks in [18, -8, -8, 30] {
            function.record(&clock, ticks, 1);
            read.push(function.rising());
        }
        assert_eq!(read, [18.0, 18.0, 18.0, 32.0], "and it is right again as soon as it may be");
    }

    #[test]
    fn percentiles_are_known_over_the_whole_range() {
        let mut function = function(3_600_000_000_000);
        let clock = Clock::mock().0;
        for ticks in [300, 5_000_000, 60_000_000_000] {
            function.record(&clock, ticks, 1);
        }
        let recorded = function.share();
        let histogram = recorded.histogram();
        for (quantile, value) in [(0.3, 300), (0.5, 5_000_000), (1.0, 60_000_000_000)] {
            assert!(histogram.equivalent(histogram.value_at_quantile(quantile), value), "{quantile}");
        }
    }

    #[test]
    fn a_function_of_all_durations_takes_49_kibibytes_at_the_most() {
        // As many slices as a configuration may ask for.
        let lengths = [1, 28, 56, 112].map(Duration::from_secs);
        assert!(Config { windows: lengths, ..Config::production() }.check().is_ok());
        assert!(Config { windows: [1, 28, 56, 168].map(Duration::from_secs), ..Config::production() }.check().is_err());
        let mut function = Function::new(3_600_000_000_000, Layout::of(&lengths));
        let clock = Clock::mock().0;
        for exponent in 0..42 {
            function.record(&clock, 1 << exponent, 1);
        }
        let recorded = function.recorded_mut().bytes();
        let all = size_of::<Function>() + recorded + Slice::BYTES + function.windows.bytes();
        assert!(all <= 49 * 1024, "{all}");
        assert_eq!(function.recorded_mut().histogram().len(), 42, "nothing is lost in growing");
    }

    #[test]
    fn windows_of_other_lengths_begin_anew_and_a_lifetime_goes_on() {
        let mut function = function(1_000);
        let (clock, mut scratch) = (Clock::mock().0, Slice::new());
        for number in 0..3 {
            function.record(&clock, 100, 1);
            function.counted(1, 1);
            if number < 2 {
                function.finish_slice(number, &mut scratch);
            }
        }
        let before = (function.lifetime(), function.share().histogram().len());
        let layout = Layout::of(&[500, 2_000, 4_000, 12_000].map(Duration::from_millis));
        function.begin_windows(layout);
        assert_eq!((function.lifetime(), function.share().histogram().len()), before);
        function.counted(1, 0);
        function.finish_slice(0, &mut scratch);
        let windows = function.windows().read(1, &mut scratch);
        assert!(windows.iter().all(|window| window.sums.calls == 1 && window.span == Duration::from_millis(500)));
        assert_eq!(function.peak(), (0.0, 2.0), "calls a second");
        assert_eq!(function.lifetime().calls, 4);
    }

    #[test]
    fn what_a_reader_holds_does_not_change() {
        let mut function = function(1_000);
        let clock = Clock::mock().0;
        function.record(&clock, 10, 1);
        let held = function.share();
        function.record(&clock, 20, 1);
        assert_eq!(held.histogram().len(), 1);
        assert_eq!(function.share().histogram().len(), 2);
    }
}

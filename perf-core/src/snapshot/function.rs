use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::allocations::{Allocations, Asked};
use super::cpu::{CallCpu, Scheduled};
use super::flight::InFlight;
use super::futures::Futures;
use super::label::{self, LabelStats};
use super::latency::Latency;
use super::objective::Objective;
use super::slow_call::{SlowCall, SlowCalls};
use super::window::{Series, SliceStats, Slices, Window, WindowStats};
use crate::aggregate::{Overview, Reading};
use crate::call::OFF;
use crate::callsite::Workload;
use crate::config::Classes;

/// One function in a snapshot.
#[derive(Clone, Debug)]
pub struct FunctionStats {
    pub(super) name: Cow<'static, str>,
    pub(super) module: Cow<'static, str>,
    pub(super) file: Cow<'static, str>,
    pub(super) line: u32,
    pub(super) declared: Option<Workload>,
    pub(super) observed: Option<Workload>,
    pub(super) calls: u64,
    pub(super) errors: u64,
    pub(super) panics: u64,
    pub(super) cancelled: u64,
    pub(super) samples: u64,
    pub(super) dropped: u64,
    pub(super) interval: Option<u32>,
    pub(super) latency: Latency,
    pub(super) futures: Option<Futures>,
    pub(super) cpu: Option<CallCpu>,
    pub(super) scheduled: Option<Scheduled>,
    /// The share of its time without annotated calls below it, where that is known.
    pub(super) own_share: Option<f64>,
    pub(super) allocations: Asked,
    pub(super) slices: Arc<Slices>,
    pub(super) labels: Vec<LabelStats>,
    pub(super) in_flight: Option<InFlight>,
    pub(super) objective: Option<Objective>,
    pub(super) slow: SlowCalls,
}

impl FunctionStats {
    pub(super) fn new(reading: Reading, overview: &Overview, classes: &Classes) -> Self {
        let counts = reading.counts;
        let latency = Latency::new(&reading);
        let cpu = CallCpu::new(reading.cpu, &latency, latency.covered(counts.calls));
        Self {
            name: reading.site.name().into(),
            module: reading.site.module.into(),
            file: reading.site.file.into(),
            line: reading.site.line,
            declared: reading.site.workload,
            calls: counts.calls,
            errors: counts.errors,
            panics: counts.panics,
            cancelled: counts.cancelled,
            samples: reading.sums.samples,
            dropped: counts.dropped,
            observed: (reading.sums.samples > 0).then(|| classes.classify(latency.mean())),
            futures: Futures::new(reading.future, latency.mean()),
            latency,
            cpu,
            scheduled: Scheduled::new(reading.scheduled),
            own_share: None,
            allocations: Asked::of(reading.site),
            slow: SlowCalls::new(reading.tail, reading.site.tail.missed(), overview),
            interval: match reading.interval {
                0 | OFF => None,
                interval => Some(interval),
            },
            slices: Arc::new(Slices::new(reading.windows, reading.running, reading.peak, overview)),
            labels: Vec::new(),
            in_flight: reading.site.flight.map(InFlight::of),
            objective: reading.objective.as_deref().map(Objective::new),
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.line == other.line && self.file == other.file
    }

    /// Leaves what has happened since `then`.
    pub(super) fn count_from(&mut self, then: &Self) {
        for (now, then) in [
            (&mut self.calls, then.calls),
            (&mut self.errors, then.errors),
            (&mut self.panics, then.panics),
            (&mut self.cancelled, then.cancelled),
            (&mut self.samples, then.samples),
            (&mut self.dropped, then.dropped),
        ] {
            *now = now.saturating_sub(then);
        }
        self.latency = self.latency.since(&then.latency);
        label::count_from(&mut self.labels, &then.labels);
        if let (Some(now), Some(then)) = (&mut self.objective, &then.objective) {
            now.count_from(then);
        }
        self.allocations.count_from(&then.allocations);
        self.slow.count_from(&then.slow);
        self.futures = self.futures.and_then(|now| now.since(then.futures.as_ref(), self.latency.mean()));
        self.cpu = self.cpu.and_then(|now| now.since(then.cpu.as_ref(), &self.latency, self.total()));
        self.scheduled = self.scheduled.and_then(|now| now.since(then.scheduled.as_ref()));
    }

    /// The full path, as the compiler knows it, or the name that the attribute gives.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of the module that the function is in.
    #[must_use]
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Where the function is: source file and line.
    #[must_use]
    pub fn location(&self) -> (&str, u32) {
        (&self.file, self.line)
    }

    /// Calls begun, exact. A future is a call from its first poll on.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Calls that ended with an `Err`, exact.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Calls that a panic ended, exact.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics
    }

    /// Futures dropped between their first poll and their end, exact.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Timed calls, on which all timings rest.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Timed calls whose timings were lost, because too many waited to be taken in or too many were open at once.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// One call in so many is being timed, on average; none before the controller has said so, and
    /// where sampling is off.
    #[must_use]
    pub fn sampling_interval(&self) -> Option<u32> {
        self.interval
    }

    /// How long calls took. For futures, from the first poll to the end.
    #[must_use]
    pub fn latency(&self) -> &Latency {
        &self.latency
    }

    /// Time covered by calls of this function, all threads together. A call inside another of the
    /// same function on the same thread adds nothing: its time is the outer one's already.
    ///
    /// It is the mean of the sampled calls, each without its direct calls of the same function,
    /// times the number of all calls: summed over a tree of recursive calls, what is left is the
    /// outermost call's time.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.latency.covered(self.calls)
    }

    /// Of [`total`](Self::total), or of the time in polls for functions that give futures, what was not in annotated
    /// calls below: self time. None where no call of it was [traced](crate::Config::tree).
    #[must_use]
    pub fn own(&self) -> Option<Duration> {
        let busy = self.futures().map_or(1.0, |futures| futures.busy_share);
        self.own_share.map(|share| super::part(self.total(), busy * share))
    }

    /// The slowest calls, the slowest first: as many as [`Config::tail`](crate::Config::tail) says, of those
    /// that were timed. Functions that run seldom are timed always, and so is one that captures arguments or says
    /// `sample = "always"`. Of recursive calls each is a call.
    ///
    /// In what is [since](crate::Snapshot::since) an earlier snapshot, those that have ended since then, of the
    /// calls that are known: the slowest of all, and the slowest of each stretch as long as
    /// [`Window::Long`], back to the beginning of [`Window::Longest`].
    #[must_use]
    pub fn slowest(&self) -> &[SlowCall] {
        self.slow.slowest()
    }

    /// Of the calls that are known, the slowest of those that ended within a window's length before now. They are
    /// the slowest there were wherever the window is made of whole stretches, and in shorter ones those that stand
    /// out in their minute too.
    pub fn slowest_in(&self, window: Window) -> impl Iterator<Item = &SlowCall> {
        self.slow.slowest_in(window)
    }

    /// Calls that might have been among the slowest, and were not written down because others were at that moment.
    #[must_use]
    pub fn slowest_missed(&self) -> u64 {
        self.slow.missed
    }

    /// What polling cost, for functions that give futures.
    #[must_use]
    pub fn futures(&self) -> Option<&Futures> {
        self.futures.as_ref()
    }

    /// The calls by the values of the attribute's labels: for each label, the values whose calls took longest in
    /// total first, and what has no place of its own last. Empty where nothing is broken down.
    #[must_use]
    pub fn labels(&self) -> &[LabelStats] {
        &self.labels
    }

    /// The calls with this value of this label: `label("kind", "word")`.
    #[must_use]
    pub fn label(&self, key: &str, value: &str) -> Option<&LabelStats> {
        self.labels.iter().find(|label| !label.is_other() && label.key() == key && label.value() == value)
    }

    /// The calls whose value of this label has no place of its own: their number is what went there.
    #[must_use]
    pub fn other(&self, key: &str) -> Option<&LabelStats> {
        self.labels.iter().find(|label| label.is_other() && label.key() == key)
    }

    /// Calls that have begun and not ended; none where the attribute does not ask for it (`in_flight`).
    #[must_use]
    pub fn in_flight(&self) -> Option<InFlight> {
        self.in_flight
    }

    /// How the attribute's objective is kept; none where there is none (`slo`).
    #[must_use]
    pub fn objective(&self) -> Option<&Objective> {
        self.objective.as_ref()
    }

    /// What its calls allocated, where the attribute says `alloc` and [`Tracking`](crate::alloc::Tracking) counts it.
    #[must_use]
    pub fn allocations(&self) -> Option<&Allocations> {
        self.allocations.known()
    }

    /// Whether the attribute says `alloc` and nobody knows, because the program's allocator is none that counts.
    #[must_use]
    pub fn is_missing_allocator(&self) -> bool {
        matches!(self.allocations, Asked::Unknown)
    }

    /// How much of the time of calls was computing, and how much waiting: where [`Config::cpu_time`](crate::Config::cpu_time)
    /// or `#[profiled(cpu)]` asks for it.
    ///
    /// None where the system does not tell the CPU time of a thread, as on Windows, and of functions whose calls take less
    /// than 20 times what it takes to ask, some ten microseconds: of these it would say little, and cost much.
    #[must_use]
    pub fn cpu(&self) -> Option<&CallCpu> {
        self.cpu.as_ref()
    }

    /// How long futures waited to be polled once they were woken: where CPU time is [asked for](Self::cpu).
    #[must_use]
    pub fn scheduled(&self) -> Option<&Scheduled> {
        self.scheduled.as_ref()
    }

    /// The workload class that the attribute declares.
    #[must_use]
    pub fn declared(&self) -> Option<Workload> {
        self.declared
    }

    /// The workload class that the mean duration belongs to; none before the first sample.
    #[must_use]
    pub fn observed(&self) -> Option<Workload> {
        self.observed
    }

    /// Whether the declared class is another than the observed one.
    #[must_use]
    pub fn is_misdeclared(&self) -> bool {
        matches!((self.declared(), self.observed()), (Some(declared), Some(observed)) if declared != observed)
    }

    /// What happened in one of the rolling windows.
    #[must_use]
    pub fn window(&self, window: Window) -> WindowStats {
        self.slices.window(window)
    }

    /// What [`Window::Longest`] is made of, oldest first: a slice as long as the shortest window for each of the last
    /// seconds, longer ones before. As long as a second and ten and sixty, unless configured otherwise; when so many short
    /// ones are over, one long one takes their place. Empty before the first is over, and in a snapshot that was read back.
    #[must_use]
    pub fn slices(&self) -> Vec<SliceStats> {
        self.slices.slices()
    }

    /// How the mean latency moves, in seconds.
    #[must_use]
    pub fn latency_series(&self) -> Series {
        self.slices.views().latency
    }

    /// How the throughput moves, in calls a second.
    #[must_use]
    pub fn throughput_series(&self) -> Series {
        self.slices.views().throughput
    }
}

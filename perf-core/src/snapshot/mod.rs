//! What people read: immutable, typed, printable. No locks in here.

mod allocation_table;
mod allocations;
mod columns;
mod cpu;
mod distribution;
mod durations;
#[cfg(feature = "json")]
pub(crate) mod file;
mod flight;
mod format;
mod function;
mod futures;
mod guard;
mod guard_table;
mod label;
mod latency;
mod lock;
mod metric;
mod metric_table;
mod module;
mod objective;
mod overhead;
mod paths;
mod process;
mod process_table;
mod queue;
mod rows;
mod slow_call;
mod sync_table;
mod table;
mod tail_table;
mod trace;
mod traced;
mod tree;
mod window;
#[cfg(feature = "serde")]
mod wire;

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use allocations::Allocations;
pub use cpu::{CallCpu, Scheduled};
pub use distribution::Distribution;
pub(crate) use distribution::{BUCKETS, bucket};
pub use durations::Durations;
pub use flight::InFlight;
pub(crate) use format::percent;
#[doc(hidden)]
pub mod text {
    //! Numbers and names as the tables of snapshots show them, for what shows snapshots elsewhere. Not for use by hand.

    pub use super::format::{average, bytes, count, duration, percent};
    pub use super::metric_table::{metric_cells, metric_name, number_of};
    pub use super::sync_table::{lock_cells, queue_cells};
    pub use super::table::shortened;
}
pub use function::FunctionStats;
pub use futures::Futures;
pub use guard::{GuardKind, GuardStats};
pub use label::LabelStats;
pub use latency::{Bucket, Latency, Quantile};
pub use lock::{LockKind, LockStats, LockWindow};
pub use metric::{MetricStats, MetricValue, MetricWindow};
pub use module::ModuleStats;
pub use objective::{Aim, Burn, Clause, Objective};
pub use overhead::Overhead;
pub use process::{
    CgroupStats, CpuShare, CpuTime, MachineStats, MemoryUse, OtherThreads, Pressure, ProcessStats, ThreadState,
    ThreadStats, Throttling,
};
pub use queue::{QueueKind, QueueStats, QueueWindow};
pub(crate) use slow_call::Parts as SlowCallParts;
pub use slow_call::{Outcome, SlowCall, Span};
pub(crate) use trace::Parts as TraceParts;
pub use trace::{Trace, TraceCall};
use traced::Traced;
pub use tree::{Branch, Edge, Tree};
pub use window::{Series, SliceStats, Window, WindowStats};

use crate::aggregate;
use crate::order::{order, sort};

/// What all annotated functions did, at one moment. Made by [`snapshot`](crate::snapshot()).
///
/// Counts are exact at the moment of reading. Timings rest on the calls that were sampled, all of
/// those that had ended by then included.
///
/// Printed, it is a table as wide as the terminal (or as `{:100}` says), in colour where the
/// standard output is a terminal and `NO_COLOR` is not set. Whatever names and values have in them, each has its line: what would
/// break it is printed as `\u{fffd}`.
///
/// With the feature `serde` it is data too, and can be read back, elsewhere or later:
/// `serde_json::to_string(&snapshot)` and `serde_json::from_str::<Snapshot>(&text)`. Fractions come back to the last bit where the
/// format keeps that, as `serde_json` does with its feature `float_roundtrip`.
#[derive(Clone, Debug)]
pub struct Snapshot {
    functions: Vec<FunctionStats>,
    guards: Vec<GuardStats>,
    process: Option<Box<ProcessStats>>,
    metrics: Vec<MetricStats>,
    queues: Vec<QueueStats>,
    locks: Vec<LockStats>,
    counted_from: Duration,
    uptime: Duration,
    clock: Cow<'static, str>,
    overhead: Overhead,
    tree: Tree,
}

/// What `reset` left behind, from which later snapshots count.
static BASE: Mutex<Option<Snapshot>> = Mutex::new(None);

/// Everything at this moment.
pub(crate) fn take() -> Snapshot {
    let now = take_all();
    match &*BASE.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(base) => now.since(base),
        None => now,
    }
}

/// Later snapshots count from here.
pub(crate) fn reset() {
    let now = take_all();
    flight::reset();
    // Or what was slow before would keep what comes from being among the slowest.
    aggregate::lock().begin_stretch();
    *BASE.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
}

fn take_all() -> Snapshot {
    let (readings, overview) = aggregate::lock().read();
    let classes = crate::config::current().classes;
    let (mut calls, mut sampled) = (0, 0);
    for reading in &readings {
        calls += reading.counts.calls;
        sampled += reading.counts.sampled;
    }
    let tree = Traced::new(&readings, &overview).map(Traced::tree).unwrap_or_default();
    let mut functions = label::functions(readings, &overview, &classes);
    paths::share_out(&mut functions, &tree);
    let (queues, locks) = crate::parts::sync();
    Snapshot {
        functions: longest_first(functions),
        guards: crate::guards::read(),
        process: crate::parts::process(),
        metrics: crate::parts::metrics(),
        queues,
        locks,
        counted_from: Duration::ZERO,
        uptime: overview.uptime,
        clock: overview.clock.into(),
        overhead: Overhead::new(&overview, calls, sampled),
        tree,
    }
}

/// A share of a time, as far as it can be told: shares that were read from a file may be any number.
fn part(of: Duration, share: f64) -> Duration {
    Duration::from_nanos((of.as_nanos() as f64 * share).round() as u64)
}

/// So many a second.
fn rate(count: u64, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { count as f64 / span.as_secs_f64() }
}

/// First those that surely took longest: totals less twice their standard error.
fn longest_first(mut functions: Vec<FunctionStats>) -> Vec<FunctionStats> {
    sort_longest_first(&mut functions, &|function| function, &|function| function.name());
    functions
}

/// The same for all that is measured as a function is; what took as long, by name.
fn sort_longest_first<T>(all: &mut Vec<T>, stats: &dyn Fn(&T) -> &FunctionStats, name: &dyn Fn(&T) -> &str) {
    let mut surely = Vec::with_capacity(all.len());
    for one in &*all {
        let stats = stats(one);
        surely.push(stats.total().saturating_sub(2 * stats.latency().total_error()));
    }
    sort(all, &mut |all, a, b| {
        let key = |at: usize| (surely[at], stats(&all[at]).calls());
        key(b).cmp(&key(a)).then_with(|| name(&all[a]).cmp(name(&all[b])))
    });
}

impl Snapshot {
    /// All functions that were called, those that took longest in total first: that surely did, since a
    /// total has an [error](Latency::total_error).
    #[must_use]
    pub fn functions(&self) -> &[FunctionStats] {
        &self.functions
    }

    /// A function by its full path, or by a tail of it that no other function ends with: `"quote"`
    /// finds `shop::quote` where no other path ends in `::quote`.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&FunctionStats> {
        if let Some(exact) = self.functions.iter().find(|function| function.name() == name) {
            return Some(exact);
        }
        let mut tails = self
            .functions
            .iter()
            .filter(|function| function.name().strip_suffix(name).is_some_and(|head| head.ends_with("::")));
        let found = tails.next()?;
        tails.next().is_none().then_some(found)
    }

    /// Functions in the order of their names.
    #[must_use]
    pub fn by_name(&self) -> Vec<&FunctionStats> {
        let name = |at: usize| self.functions[at].name();
        let order = order(self.functions.len(), &mut |a, b| name(a).cmp(name(b)));
        order.into_iter().map(|at| &self.functions[at]).collect()
    }

    /// What happened between two snapshots. Windows, which have their own spans, stay as they are now.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut functions = Vec::new();
        for now in &self.functions {
            let mut function = now.clone();
            if let Some(then) = earlier.functions.iter().find(|then| then.is_same(now)) {
                function.count_from(then);
            }
            if function.calls() != 0 || function.samples() != 0 {
                functions.push(function);
            }
        }
        let tree = self.tree.since(&earlier.tree);
        paths::share_out(&mut functions, &tree);
        let guard = |now: &GuardStats| match earlier.guards.iter().find(|then| then.is_same(now)) {
            Some(then) => now.since(then),
            None => now.clone(),
        };
        Self {
            functions: longest_first(functions),
            guards: self.guards.iter().map(guard).collect(),
            process: self.process_since(earlier),
            metrics: self.metrics_since(earlier),
            queues: self.queues_since(earlier),
            locks: self.locks_since(earlier),
            counted_from: earlier.counted_from.saturating_add(earlier.uptime),
            uptime: self.uptime.saturating_sub(earlier.uptime),
            clock: self.clock.clone(),
            overhead: self.overhead.since(&earlier.overhead),
            tree,
        }
    }

    /// All guards that have a name and were used, in the order of their names.
    #[must_use]
    pub fn guards(&self) -> &[GuardStats] {
        &self.guards
    }

    /// A guard by its kind and its name, or a tail of that, as [`function`](Self::function) takes it.
    #[must_use]
    pub fn guard(&self, kind: GuardKind, name: &str) -> Option<&GuardStats> {
        let mut of_kind = self.guards.iter().filter(|guard| guard.kind == kind);
        if let Some(exact) = of_kind.clone().find(|guard| guard.name == name) {
            return Some(exact);
        }
        let is_tail = |guard: &&GuardStats| guard.name.strip_suffix(name).is_some_and(|head| head.ends_with("::"));
        let found = of_kind.by_ref().find(is_tail)?;
        of_kind.find(is_tail).is_none().then_some(found)
    }

    /// Where the time goes, by who called whom: empty unless [`Config::tree`](crate::Config::tree) is set.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The process and its threads, as the system sees them; none where nobody has asked for it
    /// (`perf_runtime::process`, the feature `process`).
    #[must_use]
    pub fn process(&self) -> Option<&ProcessStats> {
        self.process.as_deref()
    }

    /// The program's own metrics, in the order of their names and labels; none where nobody has installed a recorder
    /// for them (`perf_runtime::metrics`, the feature `metrics`).
    #[must_use]
    pub fn metrics(&self) -> &[MetricStats] {
        &self.metrics
    }

    /// A metric by its name; none where there are several, with other labels or of another kind.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&MetricStats> {
        let mut named = self.metrics.iter().filter(|metric| metric.name == name);
        let found = named.next()?;
        named.next().is_none().then_some(found)
    }

    /// A metric by its name and its labels, in whatever order. What stands for labels that there was no room for has none,
    /// and is not found this way.
    #[must_use]
    pub fn metric_with(&self, name: &str, labels: &[(&str, &str)]) -> Option<&MetricStats> {
        self.metrics.iter().find(|metric| !metric.is_overflow && metric.is(name, labels))
    }

    /// The program's queues, in the order of their names; none where none was made by `perf_runtime::sync`, the feature
    /// `sync`.
    #[must_use]
    pub fn queues(&self) -> &[QueueStats] {
        &self.queues
    }

    /// A queue by its name; none where there are several, of other kinds or capacities.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<&QueueStats> {
        let mut named = self.queues.iter().filter(|queue| queue.name == name);
        let found = named.next()?;
        named.next().is_none().then_some(found)
    }

    /// The program's locks, in the order of their names; none where none was made by `perf_runtime::sync`, the feature
    /// `sync`.
    #[must_use]
    pub fn locks(&self) -> &[LockStats] {
        &self.locks
    }

    /// A lock by its name; none where there are several, of other kinds.
    #[must_use]
    pub fn lock(&self, name: &str) -> Option<&LockStats> {
        let mut named = self.locks.iter().filter(|lock| lock.name == name);
        let found = named.next()?;
        named.next().is_none().then_some(found)
    }

    fn queues_since(&self, earlier: &Self) -> Vec<QueueStats> {
        let then = |now: &QueueStats| earlier.queues.iter().find(|then| then.is_same(now));
        self.queues.iter().map(|now| then(now).map_or_else(|| now.clone(), |then| now.since(then))).collect()
    }

    fn locks_since(&self, earlier: &Self) -> Vec<LockStats> {
        let then = |now: &LockStats| earlier.locks.iter().find(|then| then.is_same(now));
        self.locks.iter().map(|now| then(now).map_or_else(|| now.clone(), |then| now.since(then))).collect()
    }

    fn metrics_since(&self, earlier: &Self) -> Vec<MetricStats> {
        let mut metrics = self.metrics.clone();
        for metric in &mut metrics {
            if let Some(then) = earlier.metrics.iter().find(|then| then.is_same(metric)) {
                metric.count_from(then);
            }
        }
        metrics
    }

    fn process_since(&self, earlier: &Self) -> Option<Box<ProcessStats>> {
        let mut process = self.process.clone()?;
        if let Some(then) = &earlier.process {
            process.count_from(then);
        }
        Some(process)
    }

    /// Time since measuring began; between two snapshots, the time between them.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.uptime
    }

    /// How long after measuring began its counts begin: not at all, or at the last [`reset`](crate::reset), or at the
    /// snapshot that this one is [since](Self::since). Two snapshots count from the same moment where this is the same.
    #[must_use]
    pub fn counted_from(&self) -> Duration {
        self.counted_from
    }

    /// The clock: `tsc`, `system counter` or `monotonic`.
    #[must_use]
    pub fn clock(&self) -> &str {
        &self.clock
    }

    /// What measuring cost.
    #[must_use]
    pub fn overhead(&self) -> &Overhead {
        &self.overhead
    }
}

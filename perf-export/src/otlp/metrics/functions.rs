//! What functions did, and their labels.

use std::collections::HashMap;

use perf_core::{Allocations, FunctionStats, LabelStats, Objective, Snapshot};

use super::super::proto::KeyValue;
use super::{About, Kind, Recorder};

const DURATION: About<'static> =
    About(Kind::Histogram, "perf.function.duration", "s", "How long calls took, of those that were timed.");
const LABEL_DURATION: About<'static> =
    About(Kind::Histogram, "perf.function.label.duration", "s", "How long calls took, by the value of a label.");

type Read<T> = fn(&FunctionStats) -> T;

/// Exact counts, of functions and by label.
const COUNTS: [(&str, &str, &str, Read<u64>); 4] = [
    ("calls", "{call}", "Calls begun, exact.", FunctionStats::calls),
    ("errors", "{call}", "Calls that ended with an `Err`, exact.", FunctionStats::errors),
    ("panics", "{call}", "Calls that a panic ended, exact.", FunctionStats::panics),
    ("cancelled", "{call}", "Futures dropped between their first poll and their end, exact.", FunctionStats::cancelled),
];

/// Counts about measuring, of functions.
const MEASURED: [(&str, &str, &str, Read<u64>); 2] = [
    ("samples", "{call}", "Calls that were timed.", FunctionStats::samples),
    ("samples.dropped", "{call}", "Timed calls whose timings were lost.", FunctionStats::dropped),
];

type ReadAllocations = fn(&Allocations) -> u64;

const ALLOCATED: [(&str, &str, &str, ReadAllocations); 4] = [
    ("allocations", "{allocation}", "Allocations in calls, with all below, exact.", Allocations::count),
    ("allocated", "By", "Bytes allocated in calls, with all below, exact.", Allocations::bytes),
    ("own_allocations", "{allocation}", "Allocations in calls, without measured calls below.", Allocations::own_count),
    ("own_allocated", "By", "Bytes allocated in calls, without measured calls below.", Allocations::own_bytes),
];

/// Estimates, which may be corrected downwards. In seconds since the start.
const ESTIMATES: [(&str, &str, Read<Option<f64>>); 4] = [
    ("time", "Time covered by calls so far, recursion counted once.", |function| Some(function.total().as_secs_f64())),
    ("self_time", "The same without measured calls below.", |function| Some(function.own()?.as_secs_f64())),
    ("cpu.time", "CPU time of calls so far.", |function| Some(function.cpu()?.total().as_secs_f64())),
    ("schedule_delay", "Mean time from a future's waking to its poll.", |function| {
        Some(function.scheduled()?.mean().as_secs_f64())
    }),
];

pub(super) fn record(now: &Snapshot, counted: &Snapshot, recorder: &mut Recorder) {
    let names = Names::of(now.functions());
    for function in counted.functions() {
        let attributes = names.attributes(function);
        counts(&COUNTS, "perf.function", function, &attributes, recorder);
        counts(&MEASURED, "perf.function", function, &attributes, recorder);
        durations(DURATION, function, &attributes, recorder);
        if let Some(allocations) = function.allocations() {
            for (name, unit, description, read) in ALLOCATED {
                let about = About(Kind::Count, &format!("perf.function.{name}"), unit, description);
                recorder.number(about, attributes.clone(), read(allocations));
            }
        }
        for label in function.labels() {
            let attributes = labelled(&attributes, label);
            counts(&COUNTS, "perf.function.label", label, &attributes, recorder);
            durations(LABEL_DURATION, label, &attributes, recorder);
        }
    }
    for function in now.functions() {
        current(function, &names.attributes(function), recorder);
    }
}

fn counts<const N: usize>(
    counts: &[(&str, &str, &str, Read<u64>); N],
    family: &str,
    function: &FunctionStats,
    attributes: &[KeyValue],
    recorder: &mut Recorder,
) {
    for (name, unit, description, read) in counts {
        let about = About(Kind::Count, &format!("{family}.{name}"), unit, description);
        recorder.number(about, attributes.to_vec(), read(function));
    }
}

/// What the samples say: a count stands for as many calls as its samples do, so that no count is ever less than it was.
fn durations(about: About<'_>, function: &FunctionStats, attributes: &[KeyValue], recorder: &mut Recorder) {
    let latency = function.latency();
    if latency.count() > 0 {
        let ends = [latency.min(), latency.max()];
        recorder.durations(about, attributes.to_vec(), latency.buckets(), latency.sum(), ends);
    }
}

/// What is so at this moment.
fn current(function: &FunctionStats, attributes: &[KeyValue], recorder: &mut Recorder) {
    let mut gauge = |name: &str, unit: &str, description: &str, value: f64| {
        let about = About(Kind::Gauge, &format!("perf.function.{name}"), unit, description);
        recorder.number(about, attributes.to_vec(), value);
    };
    for (name, description, read) in ESTIMATES {
        if let Some(seconds) = read(function) {
            gauge(name, "s", description, seconds);
        }
    }
    if let Some(allocations) = function.allocations() {
        let peak = allocations.peak_live_bytes() as f64;
        gauge("peak_live", "By", "The most bytes of one call that were live at a time.", peak);
    }
    if let Some(in_flight) = function.in_flight() {
        gauge("in_flight.peak", "{call}", "The most calls that were in flight at a time.", in_flight.peak as f64);
        let about = About(Kind::UpDown, "perf.function.in_flight", "{call}", "Calls that have begun and not ended.");
        recorder.number(about, attributes.to_vec(), in_flight.now);
    }
    if let Some(objective) = function.objective() {
        promises(objective, attributes, recorder);
    }
}

fn promises(objective: &Objective, attributes: &[KeyValue], recorder: &mut Recorder) {
    const LEFT: About<'static> =
        About(Kind::Gauge, "perf.function.objective.budget_left", "1", "The share of the error budget that is left.");
    const BURN: About<'static> = About(
        Kind::Gauge,
        "perf.function.objective.burn_rate",
        "1",
        "How fast the error budget burns: at 1 it lasts as long as it has to.",
    );
    for clause in objective.clauses() {
        let with = |more: Option<KeyValue>| {
            let clause = KeyValue::new("perf.objective.name", clause.name());
            attributes.iter().cloned().chain([clause]).chain(more).collect::<Vec<_>>()
        };
        recorder.number(LEFT, with(None), clause.budget_left());
        for (window, rate) in [("1h", clause.burn_fast()), ("6h", clause.burn_slow())] {
            recorder.number(BURN, with(Some(KeyValue::new("perf.objective.window", window))), rate);
        }
    }
}

/// How many functions have a name: where several do, it takes their places to tell them apart.
struct Names<'a>(HashMap<&'a str, u32>);

impl<'a> Names<'a> {
    fn of(functions: &'a [FunctionStats]) -> Self {
        let mut names = HashMap::new();
        for function in functions {
            *names.entry(function.name()).or_insert(0) += 1;
        }
        Self(names)
    }

    fn attributes(&self, function: &FunctionStats) -> Vec<KeyValue> {
        let mut attributes = vec![KeyValue::new("code.function.name", function.name())];
        if self.0.get(function.name()).is_some_and(|count| *count > 1) {
            let (file, line) = function.location();
            attributes.push(KeyValue::new("code.file.path", file));
            attributes.push(KeyValue::new("code.line.number", i64::from(line)));
        }
        attributes
    }
}

/// A value that stands for all others is marked as OpenTelemetry marks it, because a value may look the same.
fn labelled(attributes: &[KeyValue], label: &LabelStats) -> Vec<KeyValue> {
    let mut all = attributes.to_vec();
    all.push(KeyValue::new("perf.label.key", label.key()));
    all.push(KeyValue::new("perf.label.value", label.value()));
    if label.is_other() {
        all.push(KeyValue::new("otel.metric.overflow", true));
    }
    all
}

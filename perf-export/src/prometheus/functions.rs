//! Functions, the values of their labels, and what is promised of them.

use std::rc::Rc;
use std::time::Duration;

use perf_core::{
    Aim, Allocations, CallCpu, Clause, FunctionStats, LabelStats, Latency, Scheduled, Snapshot, Window, Workload,
};

use super::collect::{Collector, Fold, Rows};
use super::model::{Bound, Histogram, Labels, Native, Scale};
use super::{Format, Options};

/// Where the four windows of a promise reach back to.
const BURNS: [&str; 4] = ["5m", "30m", "1h", "6h"];

pub(super) fn collect(snapshot: &Snapshot, options: &Options, out: &mut Collector<'_>) {
    let mut bounds = options.buckets.clone();
    bounds.sort_unstable();
    bounds.dedup();
    let functions: Vec<_> = snapshot
        .by_name()
        .into_iter()
        .map(|function| (Labels::new([("function", function.name())]), function))
        .collect();
    info(&functions, out);
    let rows = Rows::new(functions.iter().map(|(labels, function)| (labels.clone(), *function)));
    calls("function", &rows, &bounds, out);
    sampling(&rows, out);
    resources(&rows, out);
    objectives(&functions, out);

    let labels = functions.iter().flat_map(|(labels, function)| {
        let of = |label: &LabelStats| labels.with([("label", label.key()), ("value", label.value())]);
        function.labels().iter().map(move |label| (of(label), &**label))
    });
    calls("label", &Rows::new(labels), &bounds, out);
}

/// Where functions are, for those who want to join it.
fn info(functions: &[(Rc<Labels>, &FunctionStats)], out: &mut Collector<'_>) {
    let all = functions.iter().map(|(labels, function)| {
        let (file, line) = function.location();
        let class = function.declared().map_or("", |class| match class {
            Workload::Micro => "micro",
            Workload::Light => "light",
            Workload::Medium => "medium",
            Workload::Heavy => "heavy",
        });
        let line = line.to_string();
        let place = [("module", function.module()), ("file", file), ("line", &line)];
        let class = (!class.is_empty()).then_some(("class", class));
        (labels.with(place.into_iter().chain(class)), *function)
    });
    out.info(&Rows::new(all), "function", "Where functions are, and of which workload class they are declared.");
}

/// How often something of the kind of a function was called, how that ended and how long it took.
fn calls(subject: &str, rows: &Rows<'_, FunctionStats>, bounds: &[Duration], out: &mut Collector<'_>) {
    let of = if subject == "label" { " by the values of the attributes' labels" } else { "" };
    for (name, help, count) in [
        ("calls", "Calls begun", FunctionStats::calls as fn(&FunctionStats) -> u64),
        ("errors", "Calls that ended with an error", FunctionStats::errors),
        ("panics", "Calls that a panic ended", FunctionStats::panics),
        ("cancelled", "Futures that were dropped before their end", FunctionStats::cancelled),
    ] {
        out.counter(rows, &format!("{subject}_{name}"), &format!("{help}{of}, exact."), |one| Some(count(one)));
    }
    let help = format!(
        "How long calls took{of}; of futures, from the first poll to the end. By the calls that were timed, each of \
         which counts for as many as it stands for."
    );
    let name = format!("{subject}_duration_seconds");
    let (all, native, is_text) = (out.bounds.clone(), out.native.clone(), out.format == Format::Text);
    out.histogram(rows, &name, &help, |one| {
        let exemplars = if is_text { Vec::new() } else { exemplars(one, bounds) };
        Histogram { exemplars, ..durations(one.latency(), bounds, &all, native.as_deref()) }
    });
}

/// The histogram of a function's durations: the bucket that a bound is in counts as a whole.
fn durations(latency: &Latency, bounds: &[Duration], all: &Rc<[Bound]>, scale: Option<&Scale>) -> Histogram {
    let mut native = scale.map(Native::new);
    let (mut counts, mut count) = (Vec::with_capacity(all.len()), 0);
    for bucket in latency.buckets() {
        while bounds.get(counts.len()).is_some_and(|bound| *bound < bucket.low) {
            counts.push(count);
        }
        count += bucket.count;
        if let Some((native, scale)) = native.as_mut().zip(scale) {
            native.record(scale, (bucket.low + bucket.high).as_secs_f64() / 2.0, bucket.count);
        }
    }
    counts.resize(all.len(), count);
    Histogram { bounds: all.clone(), counts, count, sum: latency.sum().as_secs_f64(), native, exemplars: Vec::new() }
}

/// The traces of its slowest calls, one a bucket: the slowest that is known.
fn exemplars(function: &FunctionStats, bounds: &[Duration]) -> Vec<(usize, f64, u128)> {
    let mut exemplars: Vec<(usize, f64, u128)> = Vec::new();
    for call in function.slowest_in(Window::Longest) {
        let bucket = bounds.partition_point(|bound| *bound < call.duration());
        // They come slowest first, so whoever is of the last one's bucket is not its slowest.
        let is_first = exemplars.last().is_none_or(|last| last.0 != bucket);
        if let Some(trace) = call.trace_id().filter(|_| is_first) {
            exemplars.push((bucket, call.duration().as_secs_f64(), trace));
        }
    }
    exemplars.reverse();
    exemplars
}

fn sampling(rows: &Rows<'_, FunctionStats>, out: &mut Collector<'_>) {
    out.counter(rows, "function_samples", "Timed calls, on which all timings rest.", |f| Some(f.samples()));
    let help = "Timed calls whose timings were lost, because too many waited to be taken in.";
    out.counter(rows, "function_dropped_samples", help, |f| Some(f.dropped()));
    let help = "The share of calls that is timed.";
    out.gauge(rows, Fold::Max, "function_sampling_ratio", help, |f| {
        f.sampling_interval().map(|interval| 1.0 / f64::from(interval))
    });
}

fn resources(rows: &Rows<'_, FunctionStats>, out: &mut Collector<'_>) {
    let help = "Calls that have begun and not ended.";
    out.gauge(rows, Fold::Sum, "function_in_flight", help, |f| f.in_flight().map(|flight| flight.now));
    let help = "The most calls that were in flight at a time.";
    out.gauge(rows, Fold::Max, "function_in_flight_peak", help, |f| f.in_flight().map(|flight| flight.peak));
    let help = "Allocations of calls that have ended, with those of the functions that they called.";
    out.counter(rows, "function_allocations", help, |f| f.allocations().map(Allocations::count));
    let help = "Bytes that these asked for.";
    out.counter(rows, "function_allocated_bytes", help, |f| f.allocations().map(Allocations::bytes));
    let help = "Allocations without those of other functions whose allocations are counted; nothing is in them twice.";
    out.counter(rows, "function_own_allocations", help, |f| f.allocations().map(Allocations::own_count));
    let help = "Bytes that these asked for, without those of other functions.";
    out.counter(rows, "function_own_allocated_bytes", help, |f| f.allocations().map(Allocations::own_bytes));
    let help = "The most bytes by which live memory rose during one call.";
    out.gauge(rows, Fold::Max, "function_peak_live_bytes", help, |f| f.allocations().map(Allocations::peak_live_bytes));
    let help = "The share of calls' time in which their threads computed: times the rate of the durations' sum, CPU \
                seconds a second.";
    out.gauge(rows, Fold::Max, "function_cpu_ratio", help, |f| f.cpu().map(CallCpu::share));
    let help = "The share of futures' time in which they had been woken and waited for a thread.";
    out.gauge(rows, Fold::Max, "function_scheduling_ratio", help, |f| f.scheduled().map(Scheduled::share));
}

fn objectives(functions: &[(Rc<Labels>, &FunctionStats)], out: &mut Collector<'_>) {
    let clauses = functions.iter().flat_map(|(labels, function)| {
        let clauses = function.objective().map_or(&[][..], |objective| objective.clauses());
        clauses.iter().map(move |clause| (labels.with([("objective", clause.name())]), clause))
    });
    let clauses: Vec<(Rc<Labels>, &Clause)> = clauses.collect();
    let rows = Rows::new(clauses.iter().map(|(labels, clause)| (labels.clone(), *clause)));
    let help = "The share of calls that are to keep the promise.";
    out.gauge(&rows, Fold::Max, "objective_target_ratio", help, |clause| Some(clause.target()));
    let help = "The duration that this share of calls is to stay below.";
    out.gauge(&rows, Fold::Min, "objective_threshold_seconds", help, |clause| match clause.aim() {
        Aim::Percentile { below, .. } => Some(below),
        _ => None,
    });
    let help = "Calls that the promise was held against: all, or of durations those that timed ones stand for.";
    out.counter(&rows, "objective_calls", help, |clause| Some(clause.calls().0));
    let help = "Those of them that broke it.";
    out.counter(&rows, "objective_broken_calls", help, |clause| Some(clause.calls().1));
    let help = "The share of the error budget that is left since the start; less than 0 where it is overspent.";
    out.gauge(&rows, Fold::Min, "objective_budget_left_ratio", help, |clause| Some(clause.budget_left()));
    let help = "Whether the error budget burns so fast that somebody should look: 1 or 0.";
    out.gauge(&rows, Fold::Max, "objective_burning", help, |clause| Some(u64::from(clause.is_burning())));
    let rates = clauses.iter().flat_map(|(labels, clause)| {
        let burn = |(burn, window)| (labels.with([("window", window)]), burn);
        clause.windows().iter().zip(BURNS).map(burn).collect::<Vec<_>>()
    });
    let help = "How many times as fast as allowed the error budget was used up in a window.";
    out.gauge(&Rows::new(rates), Fold::Max, "objective_burn_rate", help, |burn| Some(burn.rate));
}

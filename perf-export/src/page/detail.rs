use perf_core::{
    Aim, Allocations, CallCpu, Clause, Edge, FunctionStats, Futures, LabelStats, Latency, Quantile, Scheduled,
    SliceStats, Snapshot, Window,
};
use serde_json::{Value, json};

use super::number::{about, number, time};
use super::row::class;
use super::slow::slow_call;
use super::which::{Missing, Which, location};

/// Values of labels, callers and callees, each.
const MOST: usize = 100;

/// All that the page shows of one function, as JSON: its durations, its slices of time with their buckets, its slowest
/// calls, who calls it and whom it calls, its labels, and what else the attribute asks for.
///
/// A few kilobytes, and at most some 100. Call trees know functions by their names alone: callers and callees are those of
/// all functions of this name, and `namesakes` says how many others there are.
///
/// # Errors
///
/// Where there is no such function, and where several may be meant.
pub fn function(snapshot: &Snapshot, which: &Which<'_>) -> Result<String, Missing> {
    let function = which.find(snapshot)?;
    let edges = snapshot.tree().edges();
    let namesakes = snapshot.functions().iter().filter(|other| other.name() == function.name()).count() - 1;
    let inwards = edges.iter().filter(|edge| edge.callee == function.name());
    let outwards = edges.iter().filter(|edge| edge.caller.as_deref() == Some(function.name()));
    let json = json!({
        "at": number(snapshot.uptime().as_millis() as f64 / 1e3),
        "name": function.name(),
        "module": function.module(),
        "location": location(function),
        "namesakes": namesakes,
        "declared": function.declared().map(|declared| number(class(declared))),
        "observed": function.observed().map(|observed| number(class(observed))),
        "calls": function.calls(),
        "errors": function.errors(),
        "panics": function.panics(),
        "cancelled": function.cancelled(),
        "samples": function.samples(),
        "dropped": function.dropped(),
        "interval": function.sampling_interval(),
        "total": time(function.total()),
        "own": function.own().map(time),
        "in_flight": function.in_flight().map(|in_flight| [in_flight.now, in_flight.peak]),
        "latency": latency(function.latency()),
        "slices": function.slices().iter().map(slice).collect::<Vec<_>>(),
        "slowest": function.slowest().iter().map(slow_call).collect::<Vec<_>>(),
        "missed": function.slowest_missed(),
        "callers": inwards.take(MOST).map(|edge| neighbour(edge.caller.as_deref(), edge)).collect::<Vec<_>>(),
        "callees": outwards.take(MOST).map(|edge| neighbour(Some(&edge.callee), edge)).collect::<Vec<_>>(),
        "labels": function.labels().iter().take(MOST).map(label).collect::<Vec<_>>(),
        "more_labels": function.labels().len().saturating_sub(MOST),
        "objective": function.objective().map(|held| held.clauses().iter().map(clause).collect::<Vec<_>>()),
        "futures": function.futures().map(futures),
        "cpu": function.cpu().map(cpu),
        "scheduled": function.scheduled().map(scheduled),
        "allocations": function.allocations().map(allocations),
    });
    Ok(json.to_string())
}

fn latency(latency: &Latency) -> Value {
    let quantile = |q| {
        let Quantile { value, low, high } = latency.quantile(q);
        [value, low, high].map(time)
    };
    json!({
        "min": time(latency.min()),
        "mean": time(latency.mean()),
        "max": time(latency.max()),
        "p50": quantile(0.5),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
        "p999": quantile(0.999),
    })
}

/// `[begun, span, calls, errors, p50, p99, max, [[from, to, calls], …]]`, the first two in seconds.
fn slice(slice: &SliceStats) -> Value {
    let stats = &slice.stats;
    let buckets = slice.buckets.iter().map(|(range, calls)| json!([time(range.start), time(range.end), calls]));
    json!([
        number(slice.begun.as_millis() as f64 / 1e3),
        number(stats.span.as_millis() as f64 / 1e3),
        stats.calls,
        stats.errors,
        time(stats.p50),
        time(stats.p99),
        time(stats.max),
        buckets.collect::<Vec<_>>(),
    ])
}

fn neighbour(name: Option<&str>, edge: &Edge) -> Value {
    json!({ "name": name, "calls": edge.calls, "total": time(edge.total), "own": time(edge.own) })
}

fn label(label: &LabelStats) -> Value {
    let of: &FunctionStats = label;
    json!({
        "key": label.key(),
        "value": label.value(),
        "other": label.is_other(),
        "calls": of.calls(),
        "errors": of.errors() + of.panics(),
        "rate": about(of.window(Window::Short).rate),
        "p50": time(of.latency().p50()),
        "p99": time(of.latency().p99()),
        "total": time(of.total()),
    })
}

fn clause(clause: &Clause) -> Value {
    let below = match clause.aim() {
        Aim::Percentile { below, .. } => time(below),
        _ => Value::Null,
    };
    json!({
        "name": clause.name(),
        "below": below,
        "target": clause.target(),
        "attained": clause.attained(),
        "left": about(clause.budget_left()),
        "burn": [about(clause.burn_fast()), about(clause.burn_slow())],
        "burning": clause.is_burning(),
    })
}

fn futures(futures: &Futures) -> Value {
    json!({
        "busy": time(futures.busy),
        "polls": about(futures.polls),
        "first_poll": futures.first_poll.map(time),
        "busy_share": about(futures.busy_share),
    })
}

fn cpu(cpu: &CallCpu) -> Value {
    json!({ "share": about(cpu.share()), "mean": time(cpu.mean()), "waiting": time(cpu.waiting()) })
}

fn scheduled(scheduled: &Scheduled) -> Value {
    json!({ "mean": time(scheduled.mean()), "share": about(scheduled.share()), "longest": time(scheduled.longest()) })
}

fn allocations(allocations: &Allocations) -> Value {
    json!({
        "per_call": about(allocations.per_call()),
        "bytes_per_call": about(allocations.bytes_per_call()),
        "own_per_call": about(allocations.own_per_call()),
        "own_bytes_per_call": about(allocations.own_bytes_per_call()),
        "peak_live_bytes": allocations.peak_live_bytes(),
    })
}

//! What a report tells, as tables: the same for every format.

use perf_core::__text::{average, bytes, count, duration, number_of, percent};
use perf_core::{Durations, FunctionStats, MetricValue, Snapshot, Window};

/// Rows of one table. A page of all traces of a large program would help nobody.
const MOST: usize = 500;

/// Slow calls of one function.
const SLOWEST: usize = 5;

pub(super) struct Table {
    pub(super) title: &'static str,
    /// What it tells that its heads do not.
    pub(super) note: &'static str,
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows that were too many.
    pub(super) left_out: usize,
}

pub(super) struct Cell {
    pub(super) text: String,
    /// What it is sorted by; none for words.
    pub(super) value: Option<f64>,
}

fn word(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), value: None }
}

fn number(text: String, value: f64) -> Cell {
    Cell { text, value: Some(value) }
}

fn counted(value: u64) -> Cell {
    number(if value == 0 { String::new() } else { count(value) }, value as f64)
}

fn time(value: std::time::Duration) -> Cell {
    number(duration(value), value.as_secs_f64())
}

fn nothing() -> Cell {
    number(String::new(), -1.0)
}

/// Those that have anything in them.
pub(super) fn tables(snapshot: &Snapshot) -> Vec<Table> {
    let all = [
        functions(snapshot),
        labels(snapshot),
        objectives(snapshot),
        slowest(snapshot),
        edges(snapshot),
        allocations(snapshot),
        guards(snapshot),
        queues(snapshot),
        locks(snapshot),
        metrics(snapshot),
        threads(snapshot),
    ];
    let mut all: Vec<Table> = all.into_iter().filter(|table| !table.rows.is_empty()).collect();
    for table in &mut all {
        table.left_out = table.rows.len().saturating_sub(MOST);
        table.rows.truncate(MOST);
    }
    all
}

fn table(title: &'static str, note: &'static str, heads: &[&'static str], rows: Vec<Vec<Cell>>) -> Table {
    Table { title, note, heads: heads.to_vec(), rows, left_out: 0 }
}

const CALLS: [&str; 10] = ["calls", "errors", "panics", "cancelled", "total", "self", "mean", "p50", "p99", "max"];

fn of_calls(stats: &FunctionStats) -> Vec<Cell> {
    let mut cells =
        vec![counted(stats.calls()), counted(stats.errors()), counted(stats.panics()), counted(stats.cancelled())];
    let latency = stats.latency();
    if stats.samples() == 0 {
        cells.extend((0..6).map(|_| nothing()));
    } else {
        cells.push(time(stats.total()));
        cells.push(stats.own().map_or_else(nothing, time));
        cells.extend([latency.mean(), latency.p50(), latency.p99(), latency.max()].map(time));
    }
    cells
}

fn functions(snapshot: &Snapshot) -> Table {
    let mut heads = vec!["function"];
    heads.extend(CALLS);
    heads.extend(["calls/s now", "where"]);
    let rows = snapshot.functions().iter().map(|function| {
        let (file, line) = function.location();
        let rate = function.window(Window::Short).rate;
        let mut cells = vec![word(function.name())];
        cells.extend(of_calls(function));
        cells.extend([number(average(rate), rate), word(format!("{file}:{line}"))]);
        cells
    });
    table("Functions", "Counts are exact, times rest on samples.", &heads, rows.collect())
}

fn labels(snapshot: &Snapshot) -> Table {
    let mut heads = vec!["function", "label", "value"];
    heads.extend(CALLS);
    let mut rows = Vec::new();
    for function in snapshot.functions() {
        for label in function.labels() {
            let mut cells = vec![word(function.name()), word(label.key()), word(label.value())];
            cells.extend(of_calls(label));
            rows.push(cells);
        }
    }
    table("By label", "", &heads, rows)
}

fn objectives(snapshot: &Snapshot) -> Table {
    let mut rows = Vec::new();
    for function in snapshot.functions() {
        for clause in function.objective().into_iter().flat_map(perf_core::Objective::clauses) {
            let state = if clause.is_burning() { "burning" } else { "" };
            rows.push(vec![word(function.name()), word(clause.to_string()), word(state)]);
        }
    }
    table("Objectives", "", &["function", "objective", ""], rows)
}

fn slowest(snapshot: &Snapshot) -> Table {
    let mut rows = Vec::new();
    for function in snapshot.functions() {
        for call in function.slowest().iter().take(SLOWEST) {
            let trace = call.trace_id().map_or(String::new(), |id| format!("{id:032x}"));
            rows.push(vec![
                word(function.name()),
                time(call.duration()),
                word(call.outcome().to_string()),
                word(call.captured().unwrap_or_default()),
                word(call.parent().unwrap_or_default()),
                word(call.thread()),
                time(call.ended_at()),
                word(trace),
            ]);
        }
    }
    let heads = ["function", "took", "outcome", "arguments", "called by", "thread", "ended after", "trace"];
    table("Slowest calls", "", &heads, rows)
}

fn edges(snapshot: &Snapshot) -> Table {
    let rows = snapshot.tree().edges().into_iter().map(|edge| {
        let caller = edge.caller.unwrap_or_else(|| "(nobody measured)".to_owned());
        vec![word(caller), word(edge.callee), counted(edge.calls), time(edge.total), time(edge.own)]
    });
    let heads = ["caller", "callee", "calls", "total", "self"];
    table("Who calls whom", "Estimates, from traces.", &heads, rows.collect())
}

fn allocations(snapshot: &Snapshot) -> Table {
    let mut rows = Vec::new();
    for function in snapshot.functions() {
        let Some(known) = function.allocations() else { continue };
        let size = |bytes_: f64| number(bytes(bytes_), bytes_);
        rows.push(vec![
            word(function.name()),
            number(average(known.per_call()), known.per_call()),
            size(known.bytes_per_call()),
            size(known.bytes() as f64),
            size(known.own_bytes() as f64),
            size(known.peak_live_bytes() as f64),
        ]);
    }
    let heads = ["function", "allocations/call", "bytes/call", "bytes", "bytes itself", "peak live"];
    table("Allocations", "", &heads, rows)
}

fn guards(snapshot: &Snapshot) -> Table {
    let rows = snapshot.guards().iter().map(|guard| {
        let refused: Vec<String> = guard.refused.iter().map(|(why, n)| format!("{} {why}", count(*n))).collect();
        vec![
            word(guard.name.as_ref()),
            word(guard.kind.as_str()),
            word(guard.state.as_ref()),
            counted(guard.admitted),
            number(refused.join(", "), guard.refusals() as f64),
            counted(guard.waits),
            if guard.waits > 0 { time(guard.waited) } else { nothing() },
        ]
    });
    let heads = ["guard", "kind", "state", "admitted", "refused", "waits", "waited"];
    table("Guards", "", &heads, rows.collect())
}

fn waited(durations: &Durations) -> [Cell; 2] {
    if durations.count() == 0 { [nothing(), nothing()] } else { [time(durations.p50()), time(durations.p99())] }
}

fn queues(snapshot: &Snapshot) -> Table {
    let rows = snapshot.queues().iter().map(|queue| {
        let [p50, p99] = waited(&queue.wait);
        let cells = [queue.sent, queue.received, queue.depth, queue.peak, queue.refused].map(counted);
        let mut row = vec![word(&*queue.name), word(queue.kind.as_str())];
        row.extend(cells);
        row.extend([p50, p99]);
        row
    });
    let heads = ["queue", "kind", "sent", "received", "depth", "peak", "refused", "wait p50", "wait p99"];
    table("Queues", "", &heads, rows.collect())
}

fn locks(snapshot: &Snapshot) -> Table {
    let rows = snapshot.locks().iter().map(|lock| {
        let mut row = vec![word(&*lock.name), word(lock.kind.as_str())];
        row.extend([lock.exclusive, lock.shared, lock.contended].map(counted));
        row.extend(waited(&lock.wait));
        row.extend(waited(&lock.hold));
        row
    });
    let heads = ["lock", "kind", "exclusive", "shared", "contended", "wait p50", "wait p99", "hold p50", "hold p99"];
    table("Locks", "", &heads, rows.collect())
}

fn metrics(snapshot: &Snapshot) -> Table {
    let rows = snapshot.metrics().iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let (kind, value) = match &metric.value {
            MetricValue::Counter(total) => ("counter", counted(*total)),
            MetricValue::Gauge(value) => ("gauge", number(number_of(*value), *value)),
            MetricValue::Histogram(values) => {
                let (mid, high) = (values.quantile(0.5), values.quantile(0.99));
                let text = format!("{} of p50 {}, p99 {}", count(values.count), number_of(mid), number_of(high));
                ("histogram", number(text, values.count as f64))
            }
        };
        let unit = metric.unit.as_deref().unwrap_or_default();
        vec![word(&*metric.name), word(labels.join(", ")), word(kind), value, word(unit)]
    });
    table("Metrics", "", &["metric", "labels", "kind", "value", "unit"], rows.collect())
}

fn threads(snapshot: &Snapshot) -> Table {
    let threads = snapshot.process().map_or(&[][..], |process| &process.threads);
    let rows = threads.iter().map(|thread| {
        let share = thread.cpu_share.map(|share| share.total());
        vec![
            word(&*thread.name),
            share.map_or_else(nothing, |share| number(percent(share), share)),
            time(thread.cpu.total()),
            word(thread.state.as_str()),
            thread.run_delay.map_or_else(nothing, time),
        ]
    });
    let heads = ["thread", "CPU now", "CPU time", "state", "waited for a processor"];
    table("Threads", "", &heads, rows.collect())
}

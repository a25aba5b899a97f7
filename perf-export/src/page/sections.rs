//! What else there is in a frame, beside functions; each section is sent when it is not what it was.

use perf_core::{
    Durations, GuardStats, LockStats, MetricStats, MetricValue, ProcessStats, QueueStats, Snapshot, ThreadStats, Window,
};
use serde_json::{Value, json};

use super::number::{about, time};
use super::slow::slowest;

pub(super) const SECTIONS: [&str; 8] =
    ["guards", "queues", "locks", "metrics", "process", "overhead", "health", "slowest"];

/// Rows of each that a frame has.
pub(super) const GUARDS: usize = 200;
const QUEUES: usize = 200;
const LOCKS: usize = 200;
const METRICS: usize = 500;

pub(super) fn sections(snapshot: &Snapshot) -> [Value; SECTIONS.len()] {
    [
        list(snapshot.guards(), GUARDS, guard),
        list(snapshot.queues(), QUEUES, queue),
        list(snapshot.locks(), LOCKS, lock),
        list(snapshot.metrics(), METRICS, metric),
        snapshot.process().map_or(Value::Null, process),
        overhead(snapshot),
        health(snapshot),
        slowest(snapshot),
    ]
}

/// The first of them, and how many more there are.
fn list<T>(all: &[T], most: usize, one: fn(&T) -> Value) -> Value {
    let rows: Vec<Value> = all.iter().take(most).map(one).collect();
    json!({ "rows": rows, "more": all.len().saturating_sub(most) })
}

fn guard(guard: &GuardStats) -> Value {
    json!({
        "name": guard.name,
        "kind": guard.kind.as_str(),
        "state": guard.state,
        "since": guard.since.map(|since| since.as_secs()),
        "admitted": guard.admitted,
        "refused": guard.refused,
        "waits": guard.waits,
        "waited": time(guard.waited),
        "in_flight": guard.in_flight,
        "numbers": guard.numbers.iter().map(|(name, value)| json!([name, about(*value)])).collect::<Vec<_>>(),
    })
}

fn durations(durations: &Durations) -> Value {
    json!({ "count": durations.count(), "p50": time(durations.p50()), "p99": time(durations.p99()), "max": time(durations.max()) })
}

fn queue(queue: &QueueStats) -> Value {
    let short = queue.window(Window::Short);
    json!({
        "name": queue.name,
        "kind": queue.kind.as_str(),
        "queues": queue.queues,
        "capacity": queue.capacity,
        "depth": queue.depth,
        "peak": queue.peak,
        "sent": about(short.sent_rate),
        "received": about(short.received_rate),
        "refused": queue.refused,
        "discarded": queue.discarded,
        "wait": durations(&queue.wait),
        "send_wait": durations(&queue.send_wait),
        "receive_wait": durations(&queue.receive_wait),
        "waiting": [queue.senders_waiting, queue.receivers_waiting],
    })
}

fn lock(lock: &LockStats) -> Value {
    let short = lock.window(Window::Short);
    let contended = if short.acquired == 0 { 0.0 } else { short.contended as f64 / short.acquired as f64 };
    json!({
        "name": lock.name,
        "kind": lock.kind.as_str(),
        "locks": lock.locks,
        "acquired": lock.acquired(),
        "rate": about(short.rate),
        "contended": about(contended),
        "refused": lock.refused,
        "wait": durations(&lock.wait),
        "hold": durations(&lock.hold),
        "held": lock.held,
        "waiting": lock.waiting,
    })
}

fn metric(metric: &MetricStats) -> Value {
    let short = metric.window(Window::Short);
    let (kind, value) = match &metric.value {
        MetricValue::Counter(count) => ("counter", json!(count)),
        // JSON has no way to write what is no number.
        MetricValue::Gauge(value) if !value.is_finite() => ("gauge", json!(value.to_string())),
        MetricValue::Gauge(value) => ("gauge", about(*value)),
        MetricValue::Histogram(values) => ("histogram", json!(values.count)),
    };
    let mut json = json!({
        "name": metric.name,
        "labels": metric.labels,
        "other": metric.is_overflow,
        "unit": metric.unit,
        "description": metric.description,
        "kind": kind,
        "value": value,
    });
    match &metric.value {
        MetricValue::Counter(_) => json["rate"] = about(short.rate),
        // Of what was no number, all the while, there is none.
        MetricValue::Gauge(_) if short.count == 0 => {}
        MetricValue::Gauge(_) => json["range"] = json!([about(short.min), about(short.max)]),
        MetricValue::Histogram(_) => {
            json["rate"] = about(short.rate);
            json["spread"] = json!([about(short.p50), about(short.p99), about(short.max)]);
        }
    }
    json
}

fn process(process: &ProcessStats) -> Value {
    let cgroup = process.cgroup.as_ref();
    let memory = cgroup.and_then(|cgroup| cgroup.memory).or(process.machine.memory);
    let load = process.machine.load.map(|load| load.map(about));
    let pressure = &process.pressure;
    let pressure = [pressure.cpu, pressure.memory, pressure.io].map(|share| share.map(about));
    json!({
        "cpu": process.cpu_share.map(|share| json!([about(share.user), about(share.system)])),
        "processors": cgroup.and_then(|cgroup| cgroup.cpus).or(process.processors),
        "throttled": cgroup.and_then(|cgroup| cgroup.throttling).and_then(|throttling| throttling.share).map(about),
        "resident": process.resident,
        "peak_resident": process.peak_resident,
        "memory": memory.map(|memory| json!([memory.used, memory.limit])),
        "faults": process.major_faults,
        "switches": [process.voluntary_switches, process.involuntary_switches],
        "files": [process.open_files, process.open_files_limit],
        "pressure": pressure,
        "load": load,
        "thread_count": process.thread_count,
        "threads": process.threads.iter().map(thread).collect::<Vec<_>>(),
        "other_threads": [json!(process.other_threads.count), about(process.other_threads.cpu_share)],
    })
}

fn thread(thread: &ThreadStats) -> Value {
    json!({
        "name": thread.name,
        "id": thread.id,
        "state": thread.state.as_str(),
        "cpu": thread.cpu_share.map(|share| json!([about(share.user), about(share.system)])),
        "delay": thread.run_delay.map(time),
        "switches": [thread.voluntary_switches, thread.involuntary_switches],
        "faults": thread.major_faults,
    })
}

fn overhead(snapshot: &Snapshot) -> Value {
    let overhead = snapshot.overhead();
    let dropped: u64 = snapshot.functions().iter().map(perf_core::FunctionStats::dropped).sum();
    json!({
        "budget": overhead.budget(),
        "spent": overhead.spent().map(about),
        "of_budget": overhead.spent_of_budget().map(about),
        "counting": time(overhead.counting()),
        "sampling": time(overhead.sampling()),
        "aggregating": time(overhead.aggregating()),
        "exporting": time(overhead.exporting()),
        "process": overhead.process_cpu().map(time),
        "dropped": dropped,
    })
}

fn health(snapshot: &Snapshot) -> Value {
    let health = snapshot.health();
    let reasons = health.reasons.iter().map(|reason| {
        json!({
            "severity": reason.severity.to_string(),
            "subject": reason.subject,
            "text": reason.to_string(),
            "points": reason.points,
        })
    });
    json!({ "score": health.score, "status": health.status.as_str(), "reasons": reasons.collect::<Vec<_>>() })
}

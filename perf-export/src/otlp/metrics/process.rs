//! The process, in the names of OpenTelemetry's semantic conventions, and what measuring costs.

use std::time::Duration;

use perf_core::{ProcessStats, Snapshot};

use super::super::proto::{KeyValue, Number};
use super::{About, Kind, Recorder};

pub(super) fn record(process: &ProcessStats, uptime: Duration, recorder: &mut Recorder) {
    times(process, recorder);
    let by = |key: &str, value: &str| vec![KeyValue::new(key, value)];
    for (name, unit, description, value) in [
        ("process.memory.usage", "By", "Physical memory in use.", process.resident),
        ("process.memory.virtual", "By", "Virtual memory.", process.virtual_size),
        ("process.thread.count", "{thread}", "Threads.", process.thread_count),
        ("process.unix.file_descriptor.count", "{file_descriptor}", "Open file descriptors.", process.open_files),
    ] {
        if let Some(value) = value {
            recorder.number(About(Kind::UpDown, name, unit, description), Vec::new(), value);
        }
    }
    let switches = "process.context_switches";
    for (kind, value) in [("voluntary", process.voluntary_switches), ("involuntary", process.involuntary_switches)] {
        if let Some(value) = value {
            let about = About(Kind::Count, switches, "{context_switch}", "Times that a thread left its processor.");
            recorder.number(about, by("process.context_switch.type", kind), value);
        }
    }
    for (kind, value) in [("minor", process.minor_faults), ("major", process.major_faults)] {
        if let Some(value) = value {
            let about = About(Kind::Count, "process.paging.faults", "{fault}", "Page faults.");
            recorder.number(about, by("system.paging.fault.type", kind), value);
        }
    }
    let uptime_about = About(Kind::Gauge, "process.uptime", "s", "How long the process has been measured.");
    recorder.number(uptime_about, Vec::new(), uptime.as_secs_f64());
}

fn times(process: &ProcessStats, recorder: &mut Recorder) {
    let by = |mode: &str| vec![KeyValue::new("cpu.mode", mode)];
    if let Some(cpu) = process.cpu {
        let about = About(Kind::Count, "process.cpu.time", "s", "CPU time by where it was spent.");
        recorder.number(about, by("user"), cpu.user.as_secs_f64());
        recorder.number(about, by("system"), cpu.system.as_secs_f64());
    }
    if let (Some(share), Some(processors)) = (process.cpu_share, process.processors.filter(|count| *count > 0.0)) {
        let what = "CPU time as a share of what the processors of the process have.";
        let about = About(Kind::Gauge, "process.cpu.utilization", "1", what);
        recorder.number(about, by("user"), share.user / processors);
        recorder.number(about, by("system"), share.system / processors);
    }
    if let Some(throttling) = process.cgroup.and_then(|cgroup| cgroup.throttling) {
        let about =
            About(Kind::Count, "perf.process.throttled.time", "s", "Time that a quota kept threads from running.");
        recorder.number(about, Vec::new(), throttling.time.as_secs_f64());
    }
    let pressure = process.pressure;
    for (resource, share) in [("cpu", pressure.cpu), ("memory", pressure.memory), ("io", pressure.io)] {
        if let Some(share) = share {
            let what = "The share of the last ten seconds in which some task had to wait for it.";
            let about = About(Kind::Gauge, "perf.process.pressure", "1", what);
            recorder.number(about, vec![KeyValue::new("perf.process.resource", resource)], share);
        }
    }
}

/// What measuring has cost since the start; estimates of which the parts may be corrected downwards.
pub(super) fn overhead(now: &Snapshot, recorder: &mut Recorder) {
    let overhead = now.overhead();
    let parts = [
        ("counting", overhead.counting()),
        ("sampling", overhead.sampling()),
        ("aggregating", overhead.aggregating()),
        ("exporting", overhead.exporting()),
    ];
    for (part, time) in parts {
        let about = About(Kind::Gauge, "perf.overhead.time", "s", "CPU time that measuring took so far.");
        recorder.number(about, vec![KeyValue::new("perf.overhead.part", part)], time.as_secs_f64());
    }
    let mut ratio = |name: &str, description: &str, value: Option<f64>| {
        if let Some(value) = value {
            recorder.number(About(Kind::Gauge, name, "1", description), Vec::new(), Number::Double(value));
        }
    };
    ratio("perf.overhead.ratio", "The share of the process' CPU time that measuring took.", overhead.spent());
    ratio("perf.overhead.budget", "The share that sampling and aggregating may take.", overhead.budget());
}

//! The process, under the names that all Prometheus' libraries use, and what surrounds it.

use perf_core::{CpuTime, ProcessStats, Snapshot};

use super::collect::{Collector, Fold, Rows};
use super::model::{Family, Kind, Labels, Series, Value};

pub(super) fn collect(snapshot: &Snapshot, out: &mut Collector<'_>) {
    let process = snapshot.process();
    let cpu = process.and_then(|process| process.cpu.map(|cpu| cpu.total()));
    let cpu = cpu.or(snapshot.overhead().process_cpu());
    let help = "CPU time of the process, of threads that have ended too.";
    conventional(out, Kind::Counter, "process_cpu_seconds", help, cpu);
    let Some(process) = process else { return };
    for (name, help, value) in [
        ("process_resident_memory_bytes", "Memory that is not swapped out.", process.resident),
        ("process_virtual_memory_bytes", "Addresses that mean anything.", process.virtual_size),
        ("process_open_fds", "Open file descriptors.", process.open_files),
        ("process_max_fds", "Descriptors that may be open.", process.open_files_limit),
        ("process_threads", "Threads that there are.", process.thread_count),
    ] {
        conventional(out, Kind::Gauge, name, help, value);
    }
    more(process, out);
    surroundings(process, out);
}

/// Of a name that is not ours alone: the program may have one of that name, which is not to be disturbed.
fn conventional<V: Into<Value>>(out: &mut Collector<'_>, kind: Kind, name: &str, help: &str, value: Option<V>) {
    if let Some(value) = value.filter(|_| out.taken.is_free(name)) {
        let series = Series { labels: Labels::none(), value: value.into() };
        out.emit(&Family { name: name.to_owned(), help: help.to_owned(), kind }, std::iter::once(series));
    }
}

/// What there are no such names for.
fn more(process: &ProcessStats, out: &mut Collector<'_>) {
    let user_and_system = |CpuTime { user, system }| [("user", user), ("system", system)];
    let parts: Vec<_> = process.cpu.map(user_and_system).into_iter().flatten().collect();
    let rows = Rows::new(parts.iter().map(|(mode, time)| (Labels::new([("mode", *mode)]), time)));
    let help = "CPU time of the process by where it was spent.";
    out.counter(&rows, "process_cpu_mode_seconds", help, |time| Some(*time));
    let help = "The most memory that was ever not swapped out.";
    out.single(Kind::Gauge, "process_peak_resident_memory_bytes", help, process.peak_resident);
    for (name, help, value) in [
        ("process_minor_faults", "Pages that had only to be made.", process.minor_faults),
        ("process_major_faults", "Pages that had to be read from a disk.", process.major_faults),
        ("process_voluntary_switches", "Times that a thread gave its processor away.", process.voluntary_switches),
        (
            "process_involuntary_switches",
            "Times that a thread had its processor taken away.",
            process.involuntary_switches,
        ),
    ] {
        out.single(Kind::Counter, name, help, value);
    }
}

/// Control groups and pressure.
fn surroundings(process: &ProcessStats, out: &mut Collector<'_>) {
    let cgroup = process.cgroup.unwrap_or_default();
    out.single(Kind::Gauge, "cgroup_processors", "Processors' worth of CPU time that the quota allows.", cgroup.cpus);
    let throttling = cgroup.throttling;
    let help = "The quota's periods in which some thread wanted to run.";
    out.single(Kind::Counter, "cgroup_periods", help, throttling.map(|it| it.periods));
    let help = "Those of them in which the quota was used up.";
    out.single(Kind::Counter, "cgroup_throttled_periods", help, throttling.map(|it| it.throttled));
    let help = "Time in which threads were kept from running.";
    out.single(Kind::Counter, "cgroup_throttled_seconds", help, throttling.map(|it| it.time));
    let help = "Memory in use, of the limit that is nearest.";
    out.single(Kind::Gauge, "cgroup_memory_used_bytes", help, cgroup.memory.map(|memory| memory.used));
    let help = "Memory that may be in use.";
    out.single(Kind::Gauge, "cgroup_memory_limit_bytes", help, cgroup.memory.map(|memory| memory.limit));
    let pressure = process.pressure;
    let resources = [("cpu", pressure.cpu), ("memory", pressure.memory), ("io", pressure.io)];
    let rows = Rows::new(resources.iter().map(|(resource, share)| (Labels::new([("resource", *resource)]), share)));
    let help = "The share of the last ten seconds in which some task had to wait for a resource.";
    out.gauge(&rows, Fold::Max, "pressure_ratio", help, |share| *share);
}

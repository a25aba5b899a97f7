//! Two readings make what a snapshot shows: what was counted until the later one, and shares of the time between.

use std::time::Duration;

use perf_core::{CgroupStats, CpuShare, CpuTime, OtherThreads, ProcessStats, ThreadStats, Throttling};

use crate::reading::{Reading, Thread};

/// Threads that a snapshot lists.
pub(crate) const LISTED: usize = 64;

/// Of `now`, with shares of the time since `then`.
pub(crate) fn stats(now: &Reading, then: &Reading) -> ProcessStats {
    let period = now.at.checked_sub(then.at).filter(|nanos| *nanos > 0);
    let cpu = now.used.map(|used| CpuTime { user: time(used.user), system: time(used.system) });
    let cpu_share = now.used.zip(then.used).zip(period).map(|((now, then), period)| CpuShare {
        user: share(now.user.saturating_sub(then.user), period),
        system: share(now.system.saturating_sub(then.system), period),
    });
    let mut threads: Vec<_> = now.threads.iter().map(|thread| thread_stats(thread, then, period)).collect();
    threads.sort_by(|one, other| busy(other).total_cmp(&busy(one)).then(other.cpu.total().cmp(&one.cpu.total())));
    let rest = threads.split_off(threads.len().min(LISTED));
    let unread = now.thread_count.unwrap_or(0).saturating_sub(now.threads.len() as u64);
    ProcessStats {
        id: now.id,
        period: period.map(time),
        cpu,
        cpu_share,
        processors: now.processors,
        resident: now.memory.map(|memory| memory.resident),
        // Of a moment earlier than what there is now, and by another way of counting.
        peak_resident: now.used.map(|used| used.peak_resident.max(now.memory.map_or(0, |memory| memory.resident))),
        virtual_size: now.memory.map(|memory| memory.virtual_size),
        minor_faults: now.used.map(|used| used.minor_faults),
        major_faults: now.used.map(|used| used.major_faults),
        voluntary_switches: now.used.map(|used| used.voluntary_switches),
        involuntary_switches: now.used.map(|used| used.involuntary_switches),
        open_files: now.open_files,
        open_files_limit: now.open_files_limit,
        thread_count: now.thread_count,
        threads,
        other_threads: OtherThreads {
            count: rest.len() as u64 + unread,
            cpu_share: rest.iter().map(busy).sum(),
            unread,
        },
        cgroup: now.cgroup.map(|cgroup| cgroup_stats(cgroup, then)),
        pressure: now.pressure,
        machine: now.machine,
    }
}

fn cgroup_stats(now: CgroupStats, then: &Reading) -> CgroupStats {
    let before = then.cgroup.and_then(|cgroup| cgroup.throttling);
    let throttling =
        now.throttling.map(|of| Throttling { share: before.and_then(|before| throttled(of, before)), ..of });
    CgroupStats { throttling, ..now }
}

/// None where there was no period in which anything wanted to run, or the control group is another.
fn throttled(now: Throttling, then: Throttling) -> Option<f64> {
    let periods = now.periods.checked_sub(then.periods)?;
    let throttled = now.throttled.checked_sub(then.throttled)?;
    (periods > 0).then(|| (throttled as f64 / periods as f64).min(1.0))
}

fn thread_stats(thread: &Thread, then: &Reading, period: Option<u64>) -> ThreadStats {
    let is_same = |then: &&Thread| then.id == thread.id && then.begun == thread.begun;
    let before = then.threads.iter().find(is_same);
    ThreadStats {
        name: thread.name.clone(),
        id: thread.id,
        state: thread.state,
        cpu: CpuTime { user: time(thread.user), system: time(thread.system) },
        cpu_share: before.zip(period).map(|(before, period)| thread_share(thread, before, period)),
        run_delay: thread.waited.map(time),
        voluntary_switches: thread.voluntary_switches,
        involuntary_switches: thread.involuntary_switches,
        minor_faults: thread.minor_faults,
        major_faults: thread.major_faults,
    }
}

/// The exact time, parted as the ticks of the period are; where there is none in it, as all of the thread's.
fn thread_share(now: &Thread, then: &Thread, period: u64) -> CpuShare {
    let [user, system] = [(now.user, then.user), (now.system, then.system)].map(|(now, then)| now.saturating_sub(then));
    let exact = now.ran.zip(then.ran).map(|(now, then)| now.saturating_sub(then));
    let all = share(exact.unwrap_or(user + system), period);
    let part = match (user + system, now.user + now.system) {
        (0, 0) => 1.0,
        (0, ticks) => now.user as f64 / ticks as f64,
        (ticks, _) => user as f64 / ticks as f64,
    };
    CpuShare { user: all * part, system: all * (1.0 - part) }
}

fn busy(thread: &ThreadStats) -> f64 {
    thread.cpu_share.map_or(0.0, |share| share.total())
}

fn share(nanos: u64, period: u64) -> f64 {
    nanos as f64 / period as f64
}

fn time(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

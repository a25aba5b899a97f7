//! The process and its threads, as the system sees them: CPU time, memory, faults, switches, open files, what control
//! groups allow, load.
//!
//! Nothing happens before it is asked for. From then on the profiler's background thread reads the system, once a second
//! unless told otherwise, and a snapshot reads it too, so that what it says is of that moment; no call of a measured
//! function has to do with it. One reading takes some 150 µs and 45 µs a thread, of at most 256 threads, and that is part
//! of the overhead that snapshots tell.
//!
//! ```
//! perf_runtime::process::start();
//!
//! let snapshot = perf_runtime::snapshot();
//! let process = snapshot.process().unwrap();
//! assert_eq!(process.id, std::process::id());
//! println!("{:?} bytes resident, {:?} files open", process.resident, process.open_files);
//! ```
//!
//! On Linux and Android all is read from `/proc` and `/sys/fs/cgroup`; on other Unix systems CPU time, the highest
//! memory, faults and switches are known, and elsewhere nothing but the id. What is not known is none, never zero.

mod difference;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;
mod reading;
mod surroundings;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use perf_core::__guard::{Process, nanos, set_process};
use perf_core::ProcessStats;

use difference::stats;
use reading::Reading;
use surroundings::Surroundings;

/// As often as the configuration says.
const CONFIGURED: u64 = 0;

/// Nanoseconds between two samples, as the program wants it.
static EVERY: AtomicU64 = AtomicU64::new(CONFIGURED);

/// Samples the process as often as [`Config::process_every`](perf_core::Config::process_every) says, now and when it
/// says something else: once a second unless configured otherwise.
pub fn start() {
    ask(CONFIGURED);
}

/// Samples the process as often as this, whatever the configuration says; at least every 10 ms, and not more often than
/// the background thread [works](perf_core::Config::drain_every).
///
/// CPU shares are of the time between two samples: short ones are taken to the system's ticks, usually 10 ms.
pub fn sample_every(every: Duration) {
    let nanos = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
    ask(nanos.max(10_000_000));
}

/// Samples no more, and forgets what was sampled: snapshots have no [process](perf_core::Snapshot::process) then.
pub fn stop() {
    set_process(None);
}

fn ask(every: u64) {
    EVERY.store(every, Relaxed);
    set_process(Some(Box::new(Sampler::new())));
}

/// The last readings, from which the shares of the next one are made.
struct Sampler {
    surroundings: Surroundings,
    last: Reading,
    before: Option<Reading>,
}

impl Sampler {
    fn new() -> Self {
        let mut surroundings = Surroundings::here();
        let last = Reading::take(&mut surroundings, nanos());
        Self { surroundings, last, before: None }
    }

    fn read_now(&mut self) -> Reading {
        let now = Reading::take(&mut self.surroundings, nanos());
        if now.id != self.last.id {
            // A forked child begins anew.
            self.before = None;
            self.last = now.clone();
        }
        now
    }
}

fn every() -> u64 {
    match EVERY.load(Relaxed) {
        CONFIGURED => perf_core::current_config().process_every.as_nanos() as u64,
        every => every,
    }
}

impl Process for Sampler {
    fn tick(&mut self) {
        if nanos().saturating_sub(self.last.at) >= every() {
            let now = self.read_now();
            self.before = Some(std::mem::replace(&mut self.last, now));
        }
    }

    /// Shares are of the time since the last sample, or, where that was only just taken, since the one before.
    fn read(&mut self) -> ProcessStats {
        let now = self.read_now();
        let is_recent = now.at.saturating_sub(self.last.at) < every() / 2;
        let then = self.before.as_ref().filter(|_| is_recent).unwrap_or(&self.last);
        stats(&now, then)
    }
}

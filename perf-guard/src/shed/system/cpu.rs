//! CPU time against what there is to be had.

use std::thread;

use perf_system::parse::{Processors, Ticks, ticks};
use perf_system::{Files, Places, cpu};

use crate::shed::smooth::Known;

/// So much of the processors counts as there for this process, whatever others take: they make room for it. If all that
/// others take were not there, nothing would be left where they take all, however little this process needs.
const ALWAYS_LEFT: f64 = 0.5;

/// What was read the last time, to go on from, and what is so on average.
#[derive(Debug)]
pub(super) struct Cpu {
    /// The control groups that may have a quota.
    groups: Vec<Group>,
    allowed: Processors,
    parallelism: f64,
    machine: Option<Ticks>,
    process: Option<At>,
    /// The share of the quota, of which most is used.
    of_quota: Known,
    /// The share of the processors that all processes use.
    busy: Known,
    /// And this one.
    own: Known,
}

/// What is so on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// Of what there is to be had; none where nothing is known.
    pub(super) share: Option<f64>,
    /// The part of this process in what all processes use; all where nothing is known of others.
    pub(super) part: f64,
}

/// So many nanoseconds of CPU time until then.
#[derive(Clone, Copy, Debug)]
struct At {
    now: u64,
    used: u64,
}

#[derive(Debug)]
struct Group {
    files: cpu::Group,
    before: Option<At>,
}

impl Cpu {
    pub(super) fn of(places: &Places, now: u64) -> Self {
        let groups = cpu::Group::all(places).into_iter().map(|files| Group { files, before: None }).collect();
        Self {
            groups,
            allowed: Processors::all(),
            parallelism: thread::available_parallelism().map_or(1.0, |count| count.get() as f64),
            machine: None,
            process: None,
            of_quota: Known::new(now),
            busy: Known::new(now),
            own: Known::new(now),
        }
    }

    /// Goes on from the last time; `process` is the CPU time of this process, in nanoseconds.
    pub(super) fn read(&mut self, now: u64, files: &Files, process: Option<u64>) -> Used {
        let count = self.allowed.count();
        let groups: Vec<_> = self.groups.iter_mut().map(|group| group.read(now, files, count)).collect();
        let of_quota = groups.into_iter().reduce(Measured::worse).unwrap_or(Measured::Cannot);
        let machine = self.read_machine(files);
        let processors = count.unwrap_or(self.parallelism);
        let process = process.and_then(|used| At { now, used }.share_since(&mut self.process, processors));
        let (busy, own) = (self.busy.add(now, machine), self.own.add(now, process));
        let share = if let Measured::Since(share) = of_quota {
            self.of_quota.add(now, share)
        } else {
            self.of_quota = Known::new(now);
            of_machine(own, busy)
        };
        let part = own.zip(busy).filter(|(_, busy)| *busy > 0.0).map_or(1.0, |(own, busy)| (own / busy).min(1.0));
        Used { share, part }
    }

    /// Looks which processors this process may run on.
    pub(super) fn find_allowed(&mut self, files: &Files) {
        let allowed = files.read("/proc/self/status").and_then(|status| Processors::allowed(&status));
        let allowed = allowed.unwrap_or_else(Processors::all);
        if allowed != self.allowed {
            self.allowed = allowed;
            // It is no time of these.
            self.machine = None;
        }
    }

    /// The share that all processes used since the last time.
    fn read_machine(&mut self, files: &Files) -> Option<f64> {
        let ticks = ticks(&files.read("/proc/stat")?, &self.allowed)?;
        let before = self.machine.replace(ticks)?;
        let (busy, all) = (ticks.busy.checked_sub(before.busy)?, ticks.all.checked_sub(before.all)?);
        (all > 0).then(|| busy as f64 / all as f64)
    }
}

/// The share that this process uses of the processors that others leave to it.
fn of_machine(own: Option<f64>, busy: Option<f64>) -> Option<f64> {
    match (own, busy) {
        (Some(own), Some(busy)) => {
            let others = (busy - own).max(0.0);
            Some(own / (1.0 - others).max(ALWAYS_LEFT))
        }
        (own, busy) => own.or(busy),
    }
}

/// The share that was used of something.
enum Measured {
    /// There is nothing to measure: no quota, or nobody who counts what is used of it.
    Cannot,
    /// Since the last time, where there was one.
    Since(Option<f64>),
}

impl Measured {
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Since(one), Self::Since(other)) => Self::Since(one.into_iter().chain(other).max_by(f64::total_cmp)),
            (Self::Cannot, that) | (that, Self::Cannot) => that,
        }
    }
}

impl Group {
    /// The share of its quota. More than there are processors, nobody can use.
    fn read(&mut self, now: u64, files: &Files, processors: Option<f64>) -> Measured {
        let Some((quota, used)) = self.files.quota(files).zip(self.files.used(files)) else {
            self.before = None;
            return Measured::Cannot;
        };
        let quota = processors.map_or(quota, |processors| quota.min(processors));
        Measured::Since(At { now, used }.share_since(&mut self.before, quota))
    }
}

impl At {
    /// The share of so many processors that was used since `before`, which this becomes.
    fn share_since(self, before: &mut Option<Self>, processors: f64) -> Option<f64> {
        let before = before.replace(self)?;
        let (elapsed, used) = (self.now.checked_sub(before.now)?, self.used.checked_sub(before.used)?);
        (elapsed > 0).then(|| used as f64 / (elapsed as f64 * processors))
    }
}

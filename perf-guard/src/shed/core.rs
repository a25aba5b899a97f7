//! What the handles of a shedder share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};

use perf_core::__guard::{forks, forks_again};
use perf_core::GuardKind;

use super::load::{Load, LoadSource};
use super::queueing::{Queueing, Shortest};
use super::rule::{Word, severity};
use super::sampler;
use crate::events::{self, Event};
use crate::name::Name;
use crate::sum::Sum;

/// Calls read the word and write their counts; all else is between the sampler and those who watch.
#[derive(Debug)]
pub(super) struct Core {
    /// A [`Word`].
    pub(super) word: AtomicU64,
    pub(super) name: Name,
    /// A number between 0 and 1, by its bits.
    pub(super) max_load: AtomicU64,
    pub(super) max_queueing_nanos: AtomicU64,
    pub(super) ignored: Vec<LoadSource>,
    pub(super) is_shedding: AtomicBool,
    /// When that began, or ended.
    pub(super) since: AtomicU64,
    /// What it last went by, by its bits; no number where a source is missing.
    load: [AtomicU64; LoadSource::ALL.len()],
    /// The process whose sampler knows it, by its [`forks`]; [`NOWHERE`] where none does.
    pub(super) watched_in: AtomicU32,
    /// There was no thread to be had. Calls do not try again, but whoever asks for the load.
    pub(super) has_no_sampler: AtomicBool,
    pub(super) shortest_wait: Shortest,
    pub(super) admitted: Sum,
    pub(super) refused: Sum,
}

/// More than a process ever forks.
pub(super) const NOWHERE: u32 = u32::MAX;

/// What a shedder goes by beside the load, from one turn to the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    severity: f64,
    queueing: Queueing,
}

/// What a shedder is made of.
pub(super) struct Parts {
    pub(super) name: Name,
    pub(super) max_load: f64,
    pub(super) max_queueing_nanos: u64,
    pub(super) ignored: Vec<LoadSource>,
}

impl Core {
    pub(super) fn new(parts: Parts, now: u64) -> Arc<Self> {
        Arc::new(Self {
            word: AtomicU64::new(0),
            name: parts.name,
            max_load: AtomicU64::new(parts.max_load.to_bits()),
            max_queueing_nanos: AtomicU64::new(parts.max_queueing_nanos),
            ignored: parts.ignored,
            is_shedding: AtomicBool::new(false),
            since: AtomicU64::new(now),
            load: std::array::from_fn(|_| AtomicU64::new(f64::NAN.to_bits())),
            watched_in: AtomicU32::new(forks()),
            has_no_sampler: AtomicBool::new(false),
            shortest_wait: Shortest::new(),
            admitted: Sum::default(),
            refused: Sum::default(),
        })
    }

    /// A turn of the sampler: takes the load of the machine, and what was reported of queueing, and changes what calls
    /// go by.
    pub(super) fn go_by(&self, machine: Load, now: u64, memory: &mut Memory) {
        let shortest = self.shortest_wait.take();
        let queueing = memory.queueing.next(now, shortest, self.max_queueing_nanos.load(Relaxed));
        let all = machine.with(LoadSource::Queueing, queueing);
        let load = self.ignored.iter().fold(all, |load, ignored| load.with(*ignored, None));
        for (kept, source) in self.load.iter().zip(LoadSource::ALL) {
            kept.store(load.of(source).unwrap_or(f64::NAN).to_bits(), Relaxed);
        }
        memory.severity = severity(memory.severity, load.value(), f64::from_bits(self.max_load.load(Relaxed)));
        self.word.store(Word::of(memory.severity).0, Relaxed);
        let is_shedding = memory.severity > 0.0;
        if self.is_shedding.swap(is_shedding, Relaxed) != is_shedding {
            self.since.store(now, Relaxed);
            let (from, to) = (doing(!is_shedding), doing(is_shedding));
            events::emit(&Event { name: self.name, kind: GuardKind::LoadShedder, from, to });
        }
    }

    /// The load that it last went by.
    pub(super) fn load(&self) -> Load {
        let kept = self.load.iter().map(|load| Some(f64::from_bits(load.load(Relaxed))));
        kept.zip(LoadSource::ALL).fold(Load::default(), |all, (load, source)| all.with(source, load))
    }

    /// Whether this is a forked child, in which no sampler knows it yet.
    #[inline]
    pub(super) fn is_left_behind(&self) -> bool {
        self.watched_in.load(Relaxed) != forks_again()
    }

    /// Sees to it that a sampler knows it.
    pub(super) fn keep_watched(self: &Arc<Self>) {
        let process = forks();
        let is_known = self.watched_in.swap(process, Relaxed) == process;
        // Of several who ask at a time, one makes it known.
        if (self.has_no_sampler.swap(false, Relaxed) || !is_known) && !sampler::watch(self) {
            self.has_no_sampler.store(true, Relaxed);
        }
    }
}

pub(super) fn doing(is_shedding: bool) -> &'static str {
    if is_shedding { "shedding" } else { "admitting" }
}

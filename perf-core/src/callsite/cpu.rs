//! Of which calls of a function the CPU time is wanted.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Instead of how many calls there are to one that is read: not known yet, until the aggregator has seen some.
pub(crate) const UNDECIDED: u32 = u32::MAX;

/// Whether it is wanted, and how many sampled calls there are to one that is read: 0 for none.
#[derive(Debug)]
pub(super) struct CpuWish {
    is_asked: bool,
    /// Whether anybody asks for it, as a number.
    is_wanted: AtomicU32,
    every: AtomicU32,
}

impl CpuWish {
    pub(super) const fn new(is_asked: bool) -> Self {
        Self { is_asked, is_wanted: AtomicU32::new(0), every: AtomicU32::new(0) }
    }
}

impl super::Site {
    /// With CPU time of its calls, whatever the configuration says.
    #[must_use]
    pub const fn cpu(mut self) -> Self {
        self.cpu = CpuWish::new(true);
        self
    }

    /// Whether the attribute asks for CPU time.
    pub(crate) fn asks_for_cpu(&self) -> bool {
        self.cpu.is_asked
    }

    /// Whether CPU time, and when futures are woken, is wanted.
    pub(crate) fn wants_cpu(&self) -> bool {
        self.cpu.is_wanted.load(Relaxed) != 0
    }

    /// Says whether it is wanted: of some of the first calls, before it is known of how many.
    pub(crate) fn want_cpu(&self, is_wanted: bool) {
        self.cpu.is_wanted.store(is_wanted.into(), Relaxed);
        self.set_cpu_every(if is_wanted { UNDECIDED } else { 0 });
        if is_wanted {
            crate::call::cpu::want();
        }
    }

    /// Of so many sampled calls the CPU time of one is read, at random; 0 for none, or [`UNDECIDED`].
    #[inline(always)]
    pub(crate) fn cpu_every(&self) -> u32 {
        self.cpu.every.load(Relaxed)
    }

    pub(crate) fn set_cpu_every(&self, every: u32) {
        self.cpu.every.store(every, Relaxed);
    }
}

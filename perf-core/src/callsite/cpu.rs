//! Of which calls of a function the CPU time is wanted.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Whether the attribute asks for it, and how many sampled calls there are to one that is read: 0 for none.
#[derive(Debug)]
pub(super) struct CpuWish {
    is_asked: bool,
    every: AtomicU32,
}

impl CpuWish {
    pub(super) const fn new(is_asked: bool) -> Self {
        Self { is_asked, every: AtomicU32::new(0) }
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

    /// Of so many sampled calls the CPU time of one is read, at random; 0 for none.
    #[inline(always)]
    pub(crate) fn cpu_every(&self) -> u32 {
        self.cpu.every.load(Relaxed)
    }

    pub(crate) fn set_cpu_every(&self, every: u32) {
        self.cpu.every.store(every, Relaxed);
    }
}

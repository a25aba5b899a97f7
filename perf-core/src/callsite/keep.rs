//! What is known of a function for call trees.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Whether a function's calls keep frames, so that it is known who is below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Not known yet: they do where it may cost something.
    Unknown,
    /// It calls nobody: they do not.
    Leaf,
    /// They do.
    Parent,
    /// They are so many that they do so only where it may cost something.
    Costly,
}

/// See [`Keep`]; and whether it was found too long to be traced as a whole, or to make futures, which are the calls.
#[derive(Debug)]
pub(crate) struct Standing(AtomicU32);

const KEEP: u32 = 3;
const LONG: u32 = 4;
const MAKER: u32 = 8;

impl Standing {
    pub(super) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    pub(super) fn keep(&self) -> Keep {
        match self.0.load(Relaxed) & KEEP {
            0 => Keep::Unknown,
            1 => Keep::Leaf,
            2 => Keep::Parent,
            _ => Keep::Costly,
        }
    }

    pub(super) fn set_keep(&self, keep: Keep) {
        // Two threads that learn at a time may overwrite one another; both learn again.
        self.0.store(self.0.load(Relaxed) & !KEEP | keep as u32, Relaxed);
    }

    pub(super) fn is_long(&self) -> bool {
        self.0.load(Relaxed) & LONG != 0
    }

    pub(super) fn set_long(&self) {
        self.0.fetch_or(LONG, Relaxed);
    }

    pub(super) fn forget_long(&self) {
        self.0.fetch_and(!LONG, Relaxed);
    }

    pub(super) fn makes_futures(&self) -> bool {
        self.0.load(Relaxed) & MAKER != 0
    }

    pub(super) fn set_makes_futures(&self) {
        self.0.fetch_or(MAKER, Relaxed);
    }
}

use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering::Relaxed};

use super::tally::Tally;

/// One function on one thread: all that an unsampled call touches.
///
/// A thread-local of constant initialiser and no destructor, all zeros, so that a thread that never
/// calls the function pays nothing, not even a touched page. Only its thread writes to it; anyone
/// who holds the census may read it.
#[repr(C)]
pub struct Lane {
    /// Calls until the next one that leaves the fast path, counted down. Zero before the first
    /// call and after the thread's lanes were taken in, so that the next call leaves it at once.
    pub(super) countdown: AtomicI32,
    /// The rest of the story, on the heap; null before the first call.
    pub(super) tally: AtomicPtr<Tally>,
}

impl Lane {
    /// What every lane starts as.
    pub const NEW: Self = Self { countdown: AtomicI32::new(0), tally: AtomicPtr::new(ptr::null_mut()) };

    /// The address, as `LocalKey::with` can hand it out. It is good while the thread lives.
    #[inline(always)]
    #[must_use]
    pub fn here(&self) -> *const Self {
        self
    }

    /// Whether the next call leaves the fast path, as far as can be told before it is made.
    #[inline(always)]
    pub(super) fn is_due(&self) -> bool {
        self.countdown.load(Relaxed) <= 1
    }

    /// Counts one call; true where it has to leave the fast path.
    #[inline(always)]
    pub(super) fn tick(&self) -> bool {
        // A load and a store, not a read-modify-write: nobody else writes here.
        let left = self.countdown.load(Relaxed).wrapping_sub(1);
        self.countdown.store(left, Relaxed);
        left <= 0
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").finish_non_exhaustive()
    }
}

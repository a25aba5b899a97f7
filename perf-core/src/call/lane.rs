use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering::Relaxed};

use super::tally::Tally;

/// One function on one thread: all that an unsampled call touches.
///
/// All zeros at first and without a destructor: where thread-locals are native a lane is one, and a
/// thread that never calls the function pays nothing, not even a touched page; elsewhere it is on the
/// heap. Only its thread writes to it; anyone who holds the census may read it.
#[repr(C)]
pub struct Lane {
    /// Calls before the next one that leaves the fast path, counted down: that one makes it negative,
    /// which the subtraction itself tells. Zero before the first call and after the thread's lanes
    /// were taken in, so that the next call leaves at once.
    countdown: AtomicI32,
    /// The rest of the story, on the heap; null before the first call.
    pub(super) tally: AtomicPtr<Tally>,
}

/// The address of one of the running thread's lanes. It cannot leave the thread, and is asked for at
/// each call. A lane stays where it is until its thread has given its strand back, see `local`, and is
/// not found after that; so the address is good wherever it is.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Here(*const Lane);

impl Here {
    #[inline(always)]
    pub(super) fn lane(&self) -> &Lane {
        // SAFETY: see the type.
        unsafe { &*self.0 }
    }
}

impl Here {
    /// Counts one call; true where it is [due](super::guard::Call::due), as first calls are.
    #[inline(always)]
    #[must_use]
    pub fn count(&self) -> bool {
        self.lane().tick()
    }
}

/// The lane of calls that have no other: in a thread's last destructors, or while it makes what other
/// calls need. It is never attached and always due, whoever else counts on it meanwhile, so that such
/// calls are counted on their site.
pub(super) static STRAY: Lane = Lane::NEW;

/// Whether a lane is one that no thread may take for its own.
pub(super) fn is_stray(lane: &Lane) -> bool {
    ptr::eq(lane, &raw const STRAY)
}

impl std::fmt::Debug for Here {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Here").finish_non_exhaustive()
    }
}

impl Lane {
    /// What every lane starts as.
    #[allow(clippy::declare_interior_mutable_const, reason = "each use makes a lane of its own, which is the point")]
    pub const NEW: Self = Self { countdown: AtomicI32::new(0), tally: AtomicPtr::new(ptr::null_mut()) };

    /// The address, as the `with` of a thread-local can hand it out.
    #[inline(always)]
    #[must_use]
    pub fn here(&self) -> Here {
        Here(self)
    }

    /// Calls until the next one that leaves, that one included: what the countdown means.
    #[inline(always)]
    pub(super) fn left(&self) -> u32 {
        self.countdown.load(Relaxed).wrapping_add(1) as u32
    }

    /// Makes the `left`-th call from now on the next that leaves.
    #[inline(always)]
    pub(super) fn set_left(&self, left: u32) {
        self.countdown.store((left as i32).wrapping_sub(1), Relaxed);
    }

    /// Whether the next call leaves the fast path, as far as can be told before it is made.
    #[inline(always)]
    pub(super) fn is_due(&self) -> bool {
        self.countdown.load(Relaxed) <= 0
    }

    /// Counts one call; true where it has to leave the fast path.
    #[inline(always)]
    pub(super) fn tick(&self) -> bool {
        // A load and a store, not a read-modify-write: nobody else writes here.
        let left = self.countdown.load(Relaxed).wrapping_sub(1);
        self.countdown.store(left, Relaxed);
        left < 0
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").finish_non_exhaustive()
    }
}

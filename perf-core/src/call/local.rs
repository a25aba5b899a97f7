//! What a thread finds its strand and its lanes by, good on every target.
//!
//! Where thread-locals are not native, std keeps each in a box of its own under one of the operating
//! system's keys. It frees every box when the thread ends, whether or not there is something to drop, in
//! whatever order the system likes; makes a new one for who comes later; and ends the process when the
//! keys run out, of which there are between a hundred and a thousand. So all functions share one
//! thread-local here, which has a destructor: it gives the strand back, under the census, before the
//! lanes go.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::census;
use super::lane::{Lane, STRAY};
use super::strand::{Strand, make};

/// Whether thread-locals are the target's own: they may be, and nothing here rests on it.
pub(crate) const IS_NATIVE: bool = false;

/// Finds the running thread's lane of one function.
#[derive(Debug)]
pub struct Key {
    /// Where threads keep it, the same for all; [`UNKNOWN`] before the first call.
    index: AtomicUsize,
}

/// An index where no thread has a lane.
const UNKNOWN: usize = usize::MAX;

/// Declares a [`Key`] where std's macro of that name would declare a lane.
#[doc(hidden)]
#[macro_export]
macro_rules! __thread_local {
    (static $name:ident: $lane:ty = const $new:block;) => {
        static $name: $crate::__private::Key = $crate::__private::Key::NEW;
    };
}

pub use __thread_local as thread_local;

/// As many lanes as one line of a cache has room for, so that none shares its line with another
/// thread's.
#[repr(align(64))]
struct Line([Lane; PER_LINE]);

const PER_LINE: usize = 64 / size_of::<Lane>();

/// All that one thread has.
struct Held {
    /// Null before its first call.
    strand: Cell<*const Strand>,
    /// Its lanes by the indices of their keys. Boxes that only [`Held::drop`] frees, null where none was
    /// needed yet.
    lines: Cell<Vec<*mut Line>>,
    /// Whether the thread is making what its calls need.
    is_making: Cell<bool>,
}

std::thread_local! {
    static HELD: Held = const {
        Held { strand: Cell::new(ptr::null()), lines: Cell::new(Vec::new()), is_making: Cell::new(false) }
    };
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: null, or a strand, which is never freed.
        if let Some(strand) = unsafe { self.strand.get().as_ref() } {
            census::give_back(strand);
        }
        for line in self.lines.take().into_iter().filter(|line| !line.is_null()) {
            // SAFETY: a box of `add`. Tallies have just let go of its lanes, and nobody finds them any more.
            drop(unsafe { Box::from_raw(line) });
        }
    }
}

impl Held {
    #[inline]
    fn lane(&self, index: usize) -> Option<*const Lane> {
        // SAFETY: only this thread touches it, and no reference to it lives longer than this look.
        let lines = unsafe { &*self.lines.as_ptr() };
        // SAFETY: null, or a box that is freed when the thread ends.
        let line = unsafe { lines.get(index / PER_LINE)?.as_ref()? };
        Some(&raw const line.0[index % PER_LINE])
    }

    fn add(&self, index: usize) -> *const Lane {
        let new = Box::into_raw(Box::new(Line([Lane::NEW; PER_LINE])));
        // Allocating may be measured, and come back here: it finds no lanes meanwhile.
        let mut lines = self.lines.take();
        let at = index / PER_LINE;
        if lines.len() <= at {
            lines.resize(at + 1, ptr::null_mut());
        }
        lines[at] = new;
        self.lines.set(lines);
        // SAFETY: just made.
        unsafe { &raw const (*new).0[index % PER_LINE] }
    }
}

impl Key {
    /// What every key starts as.
    #[allow(clippy::declare_interior_mutable_const, reason = "each use makes a key of its own, which is the point")]
    pub const NEW: Self = Self { index: AtomicUsize::new(UNKNOWN) };

    /// Shows the running thread's lane.
    #[inline]
    pub fn with<T>(&self, show: impl FnOnce(&Lane) -> T) -> T {
        let index = self.index.load(Relaxed);
        let known = HELD.try_with(|held| held.lane(index)).ok().flatten();
        let lane = known.unwrap_or_else(|| self.make());
        // SAFETY: `STRAY`, or this thread's, which it frees when it ends, and not while it is here.
        show(unsafe { &*lane })
    }

    /// The thread's first call of the function, or of those around it.
    #[cold]
    #[inline(never)]
    fn make(&self) -> *const Lane {
        let index = self.index();
        let find = |held: &Held| held.lane(index).unwrap_or_else(|| held.add(index));
        let lane = || make(|| HELD.try_with(find).ok()).flatten();
        let lane = match current() {
            Some(strand) => strand.at_no_cost(lane),
            None => lane(),
        };
        lane.unwrap_or(&raw const STRAY)
    }

    fn index(&self) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let known = self.index.load(Relaxed);
        if known != UNKNOWN {
            return known;
        }
        let new = NEXT.fetch_add(1, Relaxed);
        // Another thread may have been faster; then nobody has this index.
        self.index.compare_exchange(UNKNOWN, new, Relaxed, Relaxed).err().unwrap_or(new)
    }
}

/// The running thread's strand, if it has one.
#[inline(always)]
pub(super) fn current() -> Option<&'static Strand> {
    // SAFETY: null, or a strand, which is never freed.
    HELD.try_with(|held| unsafe { held.strand.get().as_ref() }).ok().flatten()
}

/// The ordinal of the running thread's strand, if it has one; a number beyond all of them otherwise.
#[inline(always)]
pub(super) fn ordinal() -> u32 {
    current().map_or(u32::MAX, Strand::ordinal)
}

/// The running thread has this strand from now on.
pub(super) fn set_current(strand: &'static Strand) {
    HELD.with(|held| held.strand.set(strand));
}

/// Sees to it that the thread gives its strand back when it ends; false where it is too late for that.
pub(super) fn gives_back() -> bool {
    HELD.try_with(|_| ()).is_ok()
}

/// Notes whether the thread is making what its calls need. Gives what was noted before.
pub(super) fn set_making(is_making: bool) -> bool {
    // Where nothing can be noted any more, nothing is to be made.
    HELD.try_with(|held| held.is_making.replace(is_making)).unwrap_or(true)
}

//! What a thread finds its strand and its lanes by, where thread-locals are native to the target.
//!
//! Each lane is a thread-local by itself, at an address known when the thread starts. Its memory goes
//! with the thread, after all destructors, so what has none is good until the very end.

use std::cell::Cell;
use std::ptr;

use super::census;
use super::lane::Lane;
use super::strand::Strand;

/// Finds the running thread's lane of one function.
pub type Key = std::thread::LocalKey<Lane>;

/// Declares a [`Key`].
pub use std::thread_local;

/// Whether thread-locals are the target's own, and take no memory when they are first asked for.
pub(crate) const IS_NATIVE: bool = true;

thread_local! {
    /// The running thread's strand: null before its first call and after its last.
    static CURRENT: Cell<*const Strand> = const { Cell::new(ptr::null()) };
    /// That strand's ordinal, for those who need no more of it; [`NONE`] where there is none.
    static ORDINAL: Cell<u32> = const { Cell::new(NONE) };
    /// Gives the strand back when the thread ends.
    static EXIT: Exit = const { Exit };
    /// Whether the thread is making what its calls need.
    static IS_MAKING: Cell<bool> = const { Cell::new(false) };
}

/// The ordinal of no strand.
const NONE: u32 = u32::MAX;

struct Exit;

impl Drop for Exit {
    fn drop(&mut self) {
        if let Some(strand) = current() {
            CURRENT.with(|current| current.set(ptr::null()));
            ORDINAL.with(|ordinal| ordinal.set(NONE));
            census::give_back(strand);
        }
    }
}

/// The running thread's strand, if it has one.
#[inline(always)]
pub(super) fn current() -> Option<&'static Strand> {
    // SAFETY: null, or a strand, which is never freed.
    CURRENT.with(|current| unsafe { current.get().as_ref() })
}

/// The ordinal of the running thread's strand, if it has one; a number beyond all of them otherwise.
#[inline(always)]
pub(super) fn ordinal() -> u32 {
    ORDINAL.with(Cell::get)
}

/// The running thread has this strand from now on.
#[inline(always)]
pub(super) fn set_current(strand: &'static Strand) {
    CURRENT.with(|current| current.set(strand));
    ORDINAL.with(|ordinal| ordinal.set(strand.ordinal()));
}

/// Sees to it that the thread gives its strand back when it ends; false where it is too late for that.
#[inline(always)]
pub(super) fn gives_back() -> bool {
    EXIT.try_with(|_| ()).is_ok()
}

/// Notes whether the thread is making what its calls need. Gives what was noted before.
#[inline(always)]
pub(super) fn set_making(is_making: bool) -> bool {
    IS_MAKING.with(|noted| noted.replace(is_making))
}

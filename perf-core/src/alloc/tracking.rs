use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use super::counters::{self, Counters};
use crate::call::IS_NATIVE;

/// An allocator that hands everything on to `A`, and counts it for the calls of `#[profiled(alloc)]` functions.
///
/// ```
/// use std::alloc::System;
///
/// #[global_allocator]
/// static ALLOCATOR: perf_runtime::alloc::Tracking<System> = perf_runtime::alloc::Tracking::new(System);
/// # fn main() {}
/// ```
///
/// What `A` does may be annotated itself. While a thread is in no such call, an allocation and its release cost a look at
/// a thread-local each; [the module](crate::alloc) says what is counted in one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tracking<A = System> {
    inner: A,
}

impl<A> Tracking<A> {
    /// Counts what goes through `inner`.
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

// SAFETY: each method hands its arguments on to the method of the same name, and gives back what that gave. Counting
// neither allocates nor unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Tracking<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        let allocate = || unsafe { self.inner.alloc(layout) };
        if is_open() { allocated(allocate(), layout.size()) } else { allocate() }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised by the caller.
        let allocate = || unsafe { self.inner.alloc_zeroed(layout) };
        if is_open() { allocated(allocate(), layout.size()) } else { allocate() }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as promised by the caller.
        let allocate = || unsafe { self.inner.realloc(pointer, layout, new_size) };
        if !is_open() {
            return allocate();
        }
        let new = allocate();
        if !new.is_null() {
            counters::with(|counters| {
                counters.freed(layout.size());
                counters.allocated(new_size);
            });
        }
        new
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if is_open() {
            counters::with(|counters| counters.freed(layout.size()));
        }
        // SAFETY: as promised by the caller.
        unsafe { self.inner.dealloc(pointer, layout) }
    }
}

/// Whether the running thread is in a call that wants to know. Asked first, so that where it is not there is nothing to be
/// kept for after the inner allocator is done.
#[inline(always)]
fn is_open() -> bool {
    may_look() && counters::with(Counters::is_open).unwrap_or(false)
}

/// After the inner allocator, because what that may do itself is none of this allocation.
#[inline(always)]
fn allocated(new: *mut u8, size: usize) -> *mut u8 {
    if !new.is_null() {
        counters::with(|counters| counters.allocated(size));
    }
    new
}

/// Whether an allocator may look at a thread-local. Where these are not native, std may allocate for them and come back
/// here for ever; the first allocation of all finds that out.
#[inline(always)]
pub(super) fn may_look() -> bool {
    IS_NATIVE || LOOKING.load(Relaxed) == SAFE || find_out()
}

const UNKNOWN: u8 = 0;
const TRYING: u8 = 1;
const SAFE: u8 = 2;
const UNSAFE: u8 = 3;

static LOOKING: AtomicU8 = AtomicU8::new(UNKNOWN);

#[cold]
fn find_out() -> bool {
    if LOOKING.compare_exchange(UNKNOWN, TRYING, Relaxed, Relaxed).is_ok() {
        counters::with(|_| ());
        return LOOKING.compare_exchange(TRYING, SAFE, Relaxed, Relaxed).is_ok();
    }
    // It came back. Another thread that allocates for the first time in the same moment may look like that too, at worst.
    let _ = LOOKING.compare_exchange(TRYING, UNSAFE, Relaxed, Relaxed);
    LOOKING.load(Relaxed) == SAFE
}

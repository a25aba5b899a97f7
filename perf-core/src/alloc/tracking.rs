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

/// Whether an allocator may look at a thread-local.
#[inline(always)]
pub(super) fn may_look() -> bool {
    static LOOKING: Looking = Looking::new();
    IS_NATIVE || LOOKING.is_safe() || LOOKING.find_out(|| _ = counters::with(|_| ()))
}

/// Where thread-locals are not native, std may allocate for them and come back to the allocator for ever. The first
/// allocation of all finds that out.
struct Looking(AtomicU8);

const UNKNOWN: u8 = 0;
const TRYING: u8 = 1;
const SAFE: u8 = 2;
const UNSAFE: u8 = 3;

impl Looking {
    const fn new() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    #[inline(always)]
    fn is_safe(&self) -> bool {
        self.0.load(Relaxed) == SAFE
    }

    /// Tries it with `look`, once. Whoever comes while it is tried has come back from there; another thread that allocates
    /// for the first time in the same moment looks like that too, and at worst nothing is counted.
    #[cold]
    fn find_out(&self, look: impl FnOnce()) -> bool {
        if self.0.compare_exchange(UNKNOWN, TRYING, Relaxed, Relaxed).is_ok() {
            look();
            let _ = self.0.compare_exchange(TRYING, SAFE, Relaxed, Relaxed);
        } else {
            let _ = self.0.compare_exchange(TRYING, UNSAFE, Relaxed, Relaxed);
        }
        self.is_safe()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Looking;

    #[test]
    fn where_looking_allocates_nobody_looks_again() {
        let looking = Looking::new();
        let mut came_back = false;
        let found = looking.find_out(|| came_back = !looking.find_out(|| unreachable!("it would never end")));
        assert!(!found && came_back);
        assert!(!looking.is_safe() && !looking.find_out(|| unreachable!("it is known")));
    }

    #[test]
    fn where_it_does_not_everybody_may() {
        let looking = Looking::new();
        assert!(looking.find_out(|| ()) && looking.is_safe());
        assert!(looking.find_out(|| unreachable!("it is known")));
    }
}

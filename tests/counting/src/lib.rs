//! The system's allocator, which counts: unlike resident memory, what it counts is the same on every machine.
//!
//! A test says `#[global_allocator] static ALLOCATOR: Counting = Counting;`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

/// What the functions of this crate count.
#[derive(Debug)]
pub struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<i64> = const { Cell::new(0) };
}

static HELD_BY_ALL: AtomicI64 = AtomicI64::new(0);

fn note(bytes: i64) {
    // Nothing is counted for a thread that has ended its thread-locals.
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
    HELD_BY_ALL.fetch_add(bytes, Relaxed);
}

#[allow(clippy::cast_possible_wrap, reason = "a layout is at most isize::MAX")]
fn bytes(layout: Layout) -> i64 {
    layout.size() as i64
}

fn note_allocated(layout: Layout) {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
    note(bytes(layout));
}

// SAFETY: all of it is done by the system's allocator, with what was passed. Taking note allocates nothing: the
// thread-locals are constants that need no destructor.
#[allow(unsafe_code, reason = "an allocator that counts")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note_allocated(layout);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    // What is not written stays untouched memory.
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note_allocated(layout);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(-bytes(layout));
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

/// How often the running thread allocates in `work`.
pub fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// How many bytes more the running thread has allocated and not freed after `work`.
pub fn held(work: impl FnOnce()) -> i64 {
    let before = HELD.get();
    work();
    HELD.get() - before
}

/// How many bytes all threads hold now.
pub fn held_by_all() -> i64 {
    HELD_BY_ALL.load(Relaxed)
}

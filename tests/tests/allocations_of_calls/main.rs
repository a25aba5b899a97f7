//! What `#[profiled(alloc)]` says, beside what an allocator underneath has counted for itself.

mod costs;
mod endings;
mod futures;
mod guarded;
mod plain;
mod reading;
mod recursion;
mod threads;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::Future;
use std::hint::black_box;
use std::ops::{Add, Sub};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use perf_runtime::alloc::Tracking;
use perf_runtime::{Allocations, Rejected, Snapshot, bulkhead, circuit_breaker, profiled, retry, snapshot};
use tests::stats;

/// Counts by itself, and is annotated as well.
struct Annotated;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Amount {
    count: u64,
    bytes: u64,
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self { count: self.count - other.count, bytes: self.bytes - other.bytes }
    }
}

thread_local! {
    static TRUTH: Cell<Amount> = const { Cell::new(Amount { count: 0, bytes: 0 }) };
    static IS_ALLOCATING: Cell<bool> = const { Cell::new(false) };
}

/// What comes while `allocate` is at it, its measuring needs: that is the runtime's own.
fn note(bytes: usize) {
    if IS_ALLOCATING.try_with(Cell::get).unwrap_or(false) {
        return;
    }
    let _ = TRUTH.try_with(|truth| truth.set(truth.get() + Amount { count: 1, bytes: bytes as u64 }));
}

#[profiled(alloc)]
fn allocate(layout: Layout) -> Result<*mut u8, ()> {
    #[allow(unsafe_code)]
    // SAFETY: the caller of `alloc` promises what the system's allocator wants.
    let pointer = unsafe { System.alloc(layout) };
    if pointer.is_null() { Err(()) } else { Ok(pointer) }
}

// SAFETY: hands everything on to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Annotated {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        let was_allocating = IS_ALLOCATING.try_with(|is| is.replace(true));
        let new = allocate(layout).unwrap_or(std::ptr::null_mut());
        let _ = IS_ALLOCATING.try_with(|is| is.set(was_allocating.unwrap_or(false)));
        new
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(new_size);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(pointer, layout, new_size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Tracking<Annotated> = Tracking::new(Annotated);

/// What the allocator underneath saw of this thread meanwhile.
fn truth<T>(work: impl FnOnce() -> T) -> (T, Amount) {
    let before = TRUTH.get();
    let done = work();
    (done, TRUTH.get() - before)
}

fn allocations(name: &str) -> Allocations {
    *stats(name).allocations().expect("they are counted")
}

fn all(name: &str) -> Amount {
    let known = allocations(name);
    Amount { count: known.count(), bytes: known.bytes() }
}

fn own(name: &str) -> Amount {
    let known = allocations(name);
    Amount { count: known.own_count(), bytes: known.own_bytes() }
}

/// Allocates in all ways there are: at once, all zeros, by growing, by shrinking.
fn in_all_ways(n: usize) -> usize {
    let boxed = black_box(Box::new(n));
    let zeroed = black_box(vec![0_u8; n % 1000 + 1]);
    let mut grown = Vec::new();
    for i in 0..n % 50 {
        grown.push(i);
    }
    grown.shrink_to_fit();
    let text = black_box(format!("{n}"));
    *boxed + zeroed.len() + black_box(grown).len() + text.len()
}

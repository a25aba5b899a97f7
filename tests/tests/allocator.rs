//! The allocator itself may be annotated, although what its calls need is allocated too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use perf_runtime::alloc::Tracking;
use perf_runtime::{Environment, Perf, profiled, snapshot};

struct Annotated;

/// Within what is annotated, so that each of its calls has an allocation; `allocations_of_calls` has it around.
static INNER: Tracking<System> = Tracking::new(System);

static BY_HAND: AtomicU64 = AtomicU64::new(0);

#[profiled(sample = "always", alloc, in_flight, label(small = layout.size() < 256, size = layout.size(), max = 5))]
fn allocate(layout: Layout) -> Result<*mut u8, ()> {
    BY_HAND.fetch_add(1, Relaxed);
    #[allow(unsafe_code)]
    // SAFETY: the caller of `alloc` promises what the system's allocator wants.
    let pointer = unsafe { INNER.alloc(layout) };
    if pointer.is_null() { Err(()) } else { Ok(pointer) }
}

// SAFETY: hands everything on to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Annotated {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocate(layout).unwrap_or(std::ptr::null_mut())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { INNER.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Annotated = Annotated;

#[profiled(alloc)]
fn work(n: usize) -> Vec<usize> {
    vec![n; n % 50 + 1]
}

#[test]
fn every_allocation_is_counted_and_none_hangs() {
    let _perf = Perf::builder().environment(Environment::Development).manual().start().unwrap();
    let threads: Vec<_> =
        (0..4).map(|_| std::thread::spawn(|| (0..10_000).map(|n| work(n).len()).sum::<usize>())).collect();
    for thread in threads {
        thread.join().unwrap();
    }
    // Reading allocates: what was counted lies between what was known before and after.
    let before = BY_HAND.load(Relaxed);
    let snapshot = snapshot();
    let allocate = snapshot.function("allocate").unwrap();
    let after = BY_HAND.load(Relaxed);
    let of_label = |key| allocate.labels().iter().filter(|label| label.key() == key).map(|label| label.calls()).sum();
    for counted in [allocate.calls(), of_label("small"), of_label("size")] {
        assert!(before <= counted && counted <= after, "{before} <= {counted} <= {after}");
    }
    assert_eq!(allocate.labels().len(), 3 + 6);
    assert_eq!(allocate.in_flight().unwrap().now, 0);
    let work = snapshot.function("work").unwrap();
    assert_eq!(work.calls(), 40_000);
    let known = work.allocations().unwrap();
    // Where the allocator is asked itself, an allocation is its own.
    assert_eq!((known.count(), known.own_count()), (40_000, 0));
    assert_eq!(known.bytes(), 4 * (0..10_000).map(|n| (n % 50 + 1) * 8).sum::<u64>());
    let each = allocate.allocations().unwrap().count();
    assert!(before <= each && each <= after, "each call of it is one allocation: {before} <= {each} <= {after}");
}

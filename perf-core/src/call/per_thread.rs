//! One value a thread, for what is written at every call and read seldom.
//!
//! A thread that ends leaves its value to the next one that begins, with all that is in it, as it
//! leaves its strand. So nothing is ever folded or lost, and there are as many values as there ever were
//! threads at a time.

use std::fmt;
use std::ptr;
// Not loom's: nothing here is modelled, and what is must be there before any model runs.
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};

use super::strand::{self, Strand};

/// Values of the first chunk; each further chunk has as many as all before it.
const FIRST: usize = 16;

/// As many chunks as the largest number of threads takes.
const CHUNKS: usize = 24;

/// One value a thread, each on a cache line of its own, all made with `Default` when they are first
/// needed.
///
/// Finding the thread's own takes two dependent loads beyond that of a thread-local.
pub struct PerThread<T> {
    chunks: [AtomicPtr<Line<T>>; CHUNKS],
}

/// A line of the cache, or two where the processor fetches them in pairs.
#[repr(align(128))]
struct Line<T>(T);

impl<T: Default + Sync> PerThread<T> {
    /// No values yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS] }
    }

    /// The running thread's value, which no other thread changes meanwhile; none where the thread has
    /// none any more, in its last destructors, or while it makes what its calls need.
    #[inline(always)]
    pub fn get(&self) -> Option<&T> {
        let ordinal = match strand::current() {
            Some(strand) => strand.ordinal(),
            None => first_call()?,
        };
        let (chunk, at) = place(ordinal as usize);
        let lines = self.chunks[chunk].load(Acquire);
        let lines = if lines.is_null() { self.make(chunk)? } else { lines };
        // SAFETY: a chunk is as long as `place` says, and is not freed before `self` is.
        Some(unsafe { &(*lines.add(at)).0 })
    }

    /// All values, of threads that are gone too.
    pub fn each(&self, mut each: impl FnMut(&T)) {
        for (chunk, lines) in self.chunks.iter().enumerate() {
            let lines = lines.load(Acquire);
            if !lines.is_null() {
                for at in 0..length(chunk) {
                    // SAFETY: as in `get`.
                    each(unsafe { &(*lines.add(at)).0 });
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn make(&self, chunk: usize) -> Option<*mut Line<T>> {
        strand::make(|| {
            let lines: Box<[Line<T>]> = (0..length(chunk)).map(|_| Line(T::default())).collect();
            let lines: *mut Line<T> = Box::into_raw(lines).cast();
            match self.chunks[chunk].compare_exchange(ptr::null_mut(), lines, Release, Acquire) {
                Ok(_) => lines,
                Err(others) => {
                    // SAFETY: just made, and nobody else has seen it.
                    unsafe { free(lines, chunk) };
                    others
                }
            }
        })
    }
}

#[cold]
#[inline(never)]
fn first_call() -> Option<u32> {
    strand::current_or_new().map(Strand::ordinal)
}

/// The chunk that a thread's value is in, and its place there.
#[inline(always)]
fn place(ordinal: usize) -> (usize, usize) {
    if ordinal < FIRST {
        return (0, ordinal);
    }
    let chunk = (ordinal / FIRST).ilog2() as usize + 1;
    (chunk, ordinal - length(chunk))
}

fn length(chunk: usize) -> usize {
    if chunk == 0 { FIRST } else { FIRST << (chunk - 1) }
}

/// # Safety
///
/// `lines` is a chunk that nobody uses any more.
unsafe fn free<T>(lines: *mut Line<T>, chunk: usize) {
    // SAFETY: made from a box of this length.
    drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(lines, length(chunk))) });
}

impl<T> Drop for PerThread<T> {
    fn drop(&mut self) {
        for (chunk, lines) in self.chunks.iter().enumerate() {
            let lines = lines.load(Acquire);
            if !lines.is_null() {
                // SAFETY: nobody else has `self` any more.
                unsafe { free(lines, chunk) };
            }
        }
    }
}

impl<T: Default + Sync> Default for PerThread<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for PerThread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerThread").finish_non_exhaustive()
    }
}

// SAFETY: values are only shared, as `T: Sync` allows, and freed by whoever has the whole, as
// `T: Send` allows.
unsafe impl<T: Send + Sync> Sync for PerThread<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Send for PerThread<T> {}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    #[test]
    fn every_ordinal_has_a_place_of_its_own_and_chunks_are_filled_one_after_the_other() {
        let places: Vec<_> = (0..10_000).map(place).collect();
        assert!(places.is_sorted_by(|a, b| a < b));
        assert!(places.iter().all(|&(chunk, at)| at < length(chunk)));
        let (chunk, at) = place(u32::MAX as usize >> 5);
        assert!(chunk < CHUNKS && at < length(chunk));
    }

    #[test]
    fn a_thread_finds_its_own_and_what_threads_wrote_outlives_them() {
        let counts = PerThread::<AtomicU64>::new();
        std::thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let own = counts.get().unwrap();
                        own.store(own.load(Relaxed) + 1, Relaxed);
                    }
                });
            }
        });
        let mut sum = 0;
        counts.each(|count| sum += count.load(Relaxed));
        assert_eq!(sum, 4000);
    }
}

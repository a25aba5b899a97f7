//! One value a thread, for what is written at every call and read seldom.
//!
//! A thread that ends leaves its value to the next one that begins, with all that is in it, as it
//! leaves its strand. So nothing is ever folded or lost, and there are as many values as there ever were
//! threads at a time.

use std::fmt;
use std::ptr;
// Not what loom models: there has to be one in a static.
use std::sync::atomic::{
    AtomicPtr,
    Ordering::{Acquire, Release},
};
use std::sync::{Mutex, PoisonError};

use super::{local, strand};

/// Values of the first chunk; each further chunk has as many as all before it.
const FIRST: usize = 16;

/// As many chunks as the largest number of threads takes.
const CHUNKS: usize = 24;

/// One value a thread, each on a cache line of its own, all made with `Default`: those of the first
/// threads at once, and others when they are first needed.
///
/// Finding the thread's own takes one look at a thread-local, of the first sixteen threads at a time.
pub struct PerThread<T> {
    /// Of the first threads: found without a look elsewhere.
    first: [Line<T>; FIRST],
    /// The others', but the first chunk, which is that.
    chunks: [AtomicPtr<Line<T>>; CHUNKS],
    /// The one of threads that have none any more.
    stray: AtomicPtr<Line<T>>,
}

/// Held by whoever uses a value of threads that have none: they take turns.
static STRAY: Mutex<()> = Mutex::new(());

/// A line of the cache, or two where the processor fetches them in pairs.
#[repr(align(128))]
struct Line<T>(T);

impl<T: Default + Sync> PerThread<T> {
    /// The first threads' values, and none of others yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            first: std::array::from_fn(|_| Line(T::default())),
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
            stray: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// The running thread's value, which no other thread changes meanwhile; none where the thread has
    /// none any more, in its last destructors, or while it makes what its calls need.
    #[inline(always)]
    pub fn get(&self) -> Option<&T> {
        match self.near() {
            Some(own) => Some(own),
            None => self.get_slowly(),
        }
    }

    /// The same, where the thread is one of the first and has asked before; else it is to be [`get`](Self::get).
    /// It calls nothing, so that callers need keep nothing for it.
    #[inline(always)]
    pub fn near(&self) -> Option<&T> {
        self.first.get(local::ordinal() as usize).map(|line| &line.0)
    }

    /// Of a thread that is not one of the first, or that has not asked before.
    #[cold]
    #[inline(never)]
    fn get_slowly(&self) -> Option<&T> {
        let strand = strand::current_or_new()?;
        let (chunk, at) = place(strand.ordinal() as usize);
        if chunk == 0 {
            return Some(&self.first[at].0);
        }
        let lines = self.chunks[chunk].load(Acquire);
        let lines = if lines.is_null() { self.make(chunk)? } else { lines };
        // SAFETY: a chunk is as long as `place` says, and is not freed before `self` is.
        Some(unsafe { &(*lines.add(at)).0 })
    }

    /// Lends the value that serves threads of which [`get`](Self::get) finds none, to one of them at a time; not
    /// to a thread that is just making what its calls need.
    #[cold]
    pub fn shared(&self, work: impl FnOnce(&T)) {
        let _turn = STRAY.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = self.stray.load(Acquire);
        if line.is_null() {
            let Some(made) = strand::make(|| Box::into_raw(Box::new(Line(T::default())))) else { return };
            self.stray.store(made, Release);
            line = made;
        }
        // SAFETY: not freed before `self` is.
        work(unsafe { &(*line).0 });
    }

    /// All values, of threads that are gone too.
    pub fn each(&self, mut each: impl FnMut(&T)) {
        let stray = self.stray.load(Acquire);
        if !stray.is_null() {
            // SAFETY: as in `shared`.
            each(unsafe { &(*stray).0 });
        }
        for line in &self.first {
            each(&line.0);
        }
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

/// The chunk that a thread's value is in, and its place there.
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
        let stray = self.stray.load(Acquire);
        if !stray.is_null() {
            // SAFETY: a box of `shared`, and nobody else has `self` any more.
            drop(unsafe { Box::from_raw(stray) });
        }
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

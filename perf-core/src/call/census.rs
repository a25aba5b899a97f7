//! All strands. Who holds the census may read other threads' lanes: no thread ends meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::primitive::Ordering::Relaxed;
use super::strand::Strand;
use super::tally::Counts;
use crate::callsite::Site;

static CENSUS: Mutex<Census> = Mutex::new(Census { strands: Vec::new(), free: Vec::new() });

pub(crate) struct Census {
    strands: Vec<&'static Strand>,
    /// Strands whose threads have ended.
    free: Vec<&'static Strand>,
}

fn lock() -> MutexGuard<'static, Census> {
    CENSUS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A strand for a thread that has none.
pub(super) fn take() -> &'static Strand {
    super::platform::watch_forks();
    let mut census = lock();
    if let Some(strand) = census.free.pop() {
        return strand;
    }
    // Any seeds do, if they are odd enough to differ: the golden ratio's bits, spread.
    let ordinal = census.strands.len() as u32;
    let seed = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(u64::from(ordinal) * 2 + 1);
    let strand: &'static Strand = Box::leak(Box::new(Strand::new(ordinal, seed)));
    census.strands.push(strand);
    // So that giving it back, in a thread's last moments, does not allocate.
    let count = census.strands.len();
    census.free.reserve(count);
    strand
}

/// Takes in a thread's lanes for good; the strand is free for another thread.
pub(super) fn give_back(strand: &'static Strand) {
    let mut census = lock();
    strand.detach();
    census.free.push(strand);
}

/// Exact counts of all of `sites`, which are all from the registry's first.
pub(crate) fn counts(sites: &[&'static Site]) -> Vec<Counts> {
    let mut counts = Vec::with_capacity(sites.len());
    for site in sites {
        counts.push(Counts {
            calls: site.stray.calls.load(Relaxed),
            errors: site.stray.errors.load(Relaxed),
            panics: site.stray.panics.load(Relaxed),
            cancelled: site.stray.cancelled.load(Relaxed),
            ..Counts::default()
        });
    }
    for strand in &lock().strands {
        strand.add_to(&mut counts);
    }
    counts
}

/// Takes all samples out of all rings. Only one thread at a time does: who holds the aggregator.
pub(crate) fn drain(each: &mut dyn FnMut([u64; 2])) {
    let count = lock().strands.len();
    for at in 0..count {
        // Not held while draining: threads come and go.
        let strand = lock().strands[at];
        strand.queue.drain(each);
    }
}

/// Takes all whole traces out, one strand after the other. Gives how many there was no room for, and the ticks that it took
/// to set lanes for all. Only one thread at a time does: who holds the aggregator.
pub(crate) fn drain_traces(each: &mut dyn FnMut([u64; 2])) -> (u64, u64) {
    let count = lock().strands.len();
    let (mut lost, mut arming) = (0, 0);
    for at in 0..count {
        let strand = lock().strands[at];
        strand.trace.drain(each);
        lost += strand.trace.lost();
        arming += strand.attention.arming();
    }
    (lost, arming)
}

/// Holds the census for as long as the guard lives.
#[cfg(unix)]
pub(super) fn hold() -> MutexGuard<'static, Census> {
    lock()
}

#[cfg(unix)]
impl Census {
    /// In the child of a fork only the running thread is left: takes in what the others counted.
    pub(super) fn keep_only_current(&mut self) {
        for strand in &self.strands {
            if strand.is_current() {
                // The aggregator is not here either; the next sample wakes a new one.
                strand.alarm_now();
            } else if strand.is_attached() {
                strand.detach();
                self.free.push(strand);
            }
        }
    }
}

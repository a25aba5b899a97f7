//! What one thread knows of one function: exact counts, and when to take the next sample.

use std::cell::Cell;
use std::ptr;

use super::count::Count;
use super::draw::{self, OFF};
use super::lane::Lane;
use super::primitive::{
    AtomicPtr, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use super::strand::Strand;
use super::turns::Turns;
use crate::callsite::Site;

/// Calls after which even a lane with a long way to its next sample leaves the fast path, to learn
/// of a new interval. At 3 ns each time, a hundredth of a nanosecond a call.
const CHECK_AFTER: u32 = 256;

/// Samples after which the interval grows by one, while nobody steers it.
const RAMP: u64 = 8;

/// The heap part of a lane. It outlives its thread: the next one that takes over the strand counts on.
#[repr(C, align(64))]
pub(crate) struct Tally {
    /// Calls, together with the lane's countdown.
    count: Count,
    /// Where the countdown is; null while no living thread has it. Changed only under the census.
    lane: AtomicPtr<Lane>,
    /// Calls from the last arming until the next sample. Only the thread looks.
    until: Cell<u32>,
    /// The mean interval that `until` was drawn with: the weight of the next sample.
    mean: Cell<u32>,
    /// The site's interval as last seen.
    steered: Cell<u32>,
    /// The open frame whose direct calls of the same function are timed, counted from one.
    pub(super) watching: Cell<u32>,
    /// Whether each call is to leave the fast path for the sake of call trees.
    pub(super) is_wanted: Cell<bool>,
    /// Calls that kept a frame and had none below them.
    pub(super) childless: Cell<u32>,
    /// Which of the calls that might be traced are.
    pub(super) turns: Turns,
    pub(super) strand: &'static Strand,
    pub(super) site: &'static Site,
    pub(super) index: u32,
    pub(super) sampled: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) errors: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) cancelled: AtomicU64,
    /// The strand's next tally.
    pub(super) next: AtomicPtr<Tally>,
}

// SAFETY: the cells belong to the thread that has the strand, and pass to the next one under the
// census' lock; all that others read is atomic.
unsafe impl Sync for Tally {}
// SAFETY: as above.
unsafe impl Send for Tally {}

/// Exact counts of one function.
#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(crate) cancelled: u64,
    pub(crate) sampled: u64,
    pub(crate) dropped: u64,
}

impl Counts {
    /// Calls since `then`, and those of them that failed.
    pub(crate) fn since(&self, then: &Self) -> (u64, u64) {
        let failed = |counts: &Self| counts.errors + counts.panics;
        (self.calls.saturating_sub(then.calls), failed(self).saturating_sub(failed(then)))
    }
}

/// Adds to a counter that only this thread writes.
#[inline(always)]
pub(super) fn bump(counter: &AtomicU64) {
    counter.store(counter.load(Relaxed) + 1, Relaxed);
}

impl Tally {
    pub(super) fn new(strand: &'static Strand, site: &'static Site, index: u32) -> Self {
        let interval = site.interval();
        Self {
            count: Count::new(),
            lane: AtomicPtr::new(ptr::null_mut()),
            until: Cell::new(draw::interval(strand.random(), interval)),
            mean: Cell::new(interval.max(1)),
            steered: Cell::new(interval),
            watching: Cell::new(0),
            is_wanted: Cell::new(false),
            childless: Cell::new(0),
            turns: Turns::new(),
            strand,
            site,
            index,
            sampled: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            errors: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Takes the lane of a thread's first call, which has just been counted on it.
    pub(super) fn attach(&self, lane: &Lane) {
        self.watching.set(0);
        self.is_wanted.set(self.strand.wants(self));
        self.count.write(0, 1, || lane.set_left(0));
        self.lane.store(ptr::from_ref(lane).cast_mut(), Release);
        lane.tally.store(ptr::from_ref(self).cast_mut(), Relaxed);
    }

    /// Takes in what the lane counted and lets go of it. The caller holds the census.
    pub(super) fn detach(&self) {
        let lane = self.lane.load(Relaxed);
        if lane.is_null() {
            return;
        }
        // SAFETY: a tally has a lane only while the lane's thread lives, or in the child of a fork,
        // which has a copy of its memory; letting go is the last that is done with it.
        let lane = unsafe { &*lane };
        let used = self.used(lane);
        self.until.set(self.until.get().saturating_sub(used).max(1));
        self.count.write(u64::from(used), 0, || lane.set_left(1));
        lane.tally.store(ptr::null_mut(), Relaxed);
        self.lane.store(ptr::null_mut(), Release);
    }

    /// Whether a living thread counts here.
    pub(super) fn is_attached(&self) -> bool {
        !self.lane.load(Relaxed).is_null()
    }

    /// Calls counted since the lane was last armed.
    #[inline(always)]
    fn used(&self, lane: &Lane) -> u32 {
        self.count.armed().wrapping_sub(lane.left())
    }

    /// Takes in the calls just counted, the running one included. Where that one is to be sampled,
    /// gives the number of calls that it stands for. [`Self::arm`] must follow.
    #[inline(always)]
    pub(super) fn advance(&self, lane: &Lane) -> Option<u32> {
        let until = self.until.get().saturating_sub(self.used(lane));
        let interval = self.site.interval();
        let weight = (until == 0 && interval != OFF).then(|| self.mean.get());
        if until == 0 || interval != self.steered.get() {
            // Intervals are memoryless, so an unfinished one may be drawn anew without a bias.
            self.steered.set(interval);
            self.draw(interval);
        } else {
            self.until.set(until);
        }
        weight
    }

    #[inline(always)]
    fn draw(&self, interval: u32) {
        if interval == 1 {
            self.mean.set(1);
            self.until.set(1);
            return;
        }
        self.draw_longer(interval);
    }

    fn draw_longer(&self, interval: u32) {
        let mean = match interval {
            0 => self.site.ramp_limit().min((1 + self.sampled.load(Relaxed) / RAMP) as u32),
            OFF => draw::LONGEST,
            steered => steered,
        };
        self.mean.set(mean);
        self.until.set(draw::interval(self.strand.random(), mean));
    }

    /// Whether the very next call has to leave the fast path, sampled or not.
    #[inline(always)]
    fn is_next(&self) -> bool {
        (self.watching.get() | u32::from(self.is_wanted.get())) != 0
    }

    /// Sets the countdown: to the very next call while a frame is watching for it.
    #[inline(always)]
    pub(super) fn arm(&self, lane: &Lane) {
        let next = if self.is_next() { 1 } else { self.until.get().min(CHECK_AFTER) };
        self.count.write(u64::from(self.used(lane)), next, || lane.set_left(next));
    }

    /// Sets the countdown anew between calls, when a frame begins or ends to watch.
    #[inline(always)]
    pub(super) fn rearm(&self) {
        let lane = self.lane.load(Relaxed);
        if lane.is_null() {
            return;
        }
        // SAFETY: the lane's thread is the running one, see `strand`.
        let lane = unsafe { &*lane };
        let used = self.used(lane);
        let next = if self.is_next() { 1 } else { (self.until.get() - used).clamp(1, CHECK_AFTER) };
        if used == 0 && next == self.count.armed() {
            return;
        }
        self.until.set((self.until.get() - used).max(1));
        self.count.write(u64::from(used), next, || lane.set_left(next));
    }

    /// Takes back one call, which turned out to be none.
    pub(super) fn withdraw(&self) {
        self.count.write(1_u64.wrapping_neg(), self.count.armed(), || ());
    }

    /// The calls counted until now. The caller holds the census, so that the lane stays there.
    fn calls(&self) -> u64 {
        self.count.read(|| {
            let lane = self.lane.load(Acquire);
            // SAFETY: threads take their lanes out of their tallies under the census before they end.
            if lane.is_null() { 0 } else { unsafe { &*lane }.left() }
        })
    }

    /// Adds what was counted here. The caller holds the census.
    pub(super) fn add_to(&self, counts: &mut Counts) {
        counts.calls = counts.calls.wrapping_add(self.calls());
        counts.errors += self.errors.load(Relaxed);
        counts.panics += self.panics.load(Relaxed);
        counts.cancelled += self.cancelled.load(Relaxed);
        // Before `sampled`, which is written first: `dropped` is never more than it.
        counts.dropped += self.dropped.load(Relaxed);
        counts.sampled += self.sampled.load(Relaxed);
    }
}

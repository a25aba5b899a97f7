//! All that the runtime keeps for one thread: its tallies, its open frames, its samples.
//!
//! A thread takes a strand at its first annotated call and gives it back when it ends, in the
//! destructor of a thread-local (see `local`). Calls made after that, in other destructors, are counted
//! straight on the site. Strands are never freed, so there are as many as there ever were threads at
//! a time.

use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::AtomicU32;

use super::attention::Attention;
use super::census;
use super::clock::ticks;
use super::cpu::Readings;
use super::draw;
use super::home::Homes;
use super::local;
pub(super) use super::local::current;
use super::primitive::{
    AtomicPtr,
    Ordering::{Acquire, Relaxed, Release},
};
use super::queue::Queue;
use super::tally::{Counts, Tally, bump};
use super::telling::Telling;
use super::trace::Trace;
use crate::alloc::uncounted;
use crate::callsite::Site;

/// Sampled calls that may be open at a time on one thread. More are counted as dropped.
pub(super) const FRAMES: usize = 256;

/// Ticks that a sampled call adds to the calls around it: measured by the aggregator, zero before.
pub(crate) static SAMPLE_TICKS: AtomicU32 = AtomicU32::new(0);

/// Slots of the long rings that are made from now on.
pub(crate) static RING_SLOTS: AtomicU32 = AtomicU32::new(131_072);

/// A timed call that has not ended.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) tally: *const Tally,
    pub(super) start: u64,
    /// `Strand::probes` when it began.
    pub(super) probes: u64,
    /// Ticks of direct calls of the same function, which are part of its own.
    pub(super) nested: u64,
    /// Calls that it stands for; 0 where it is timed only for the frame that watches it.
    pub(super) weight: u32,
    /// What the tally was watching before.
    pub(super) outer: u32,
}

const NO_FRAME: Frame = Frame { tally: ptr::null(), start: 0, probes: 0, nested: 0, weight: 0, outer: 0 };

impl Frame {
    /// Whose call it is.
    pub(super) fn site(&self) -> Option<&'static Site> {
        // SAFETY: null, or a tally, which is never freed.
        unsafe { self.tally.as_ref() }.map(|tally| tally.site)
    }
}

pub(crate) struct Strand {
    /// How many strands there were before.
    ordinal: u32,
    /// Open frames.
    depth: Cell<u32>,
    random: Cell<u64>,
    /// Ticks that all samples so far have cost those around them.
    probes: Cell<u64>,
    /// The queue's head at which the aggregator is to be woken.
    alarm: Cell<u32>,
    frames: UnsafeCell<[Frame; FRAMES]>,
    pub(super) telling: Telling,
    /// Tallies by the index of their site. Only the thread looks.
    by_site: UnsafeCell<Vec<*const Tally>>,
    /// Lanes of sites that have no thread-local. Only the thread looks.
    pub(super) homes: Homes,
    pub(super) queue: Queue,
    pub(super) attention: Attention,
    pub(super) trace: Trace,
    pub(super) cpu: Readings,
    /// All tallies, for those who hold the census.
    tallies: AtomicPtr<Tally>,
}

// SAFETY: cells, frames, `by_site` and `homes` belong to the thread that has the strand, and pass to the
// next one under the census' lock; the rest is atomic.
unsafe impl Sync for Strand {}
// SAFETY: as above.
unsafe impl Send for Strand {}

/// Makes something that calls need; none where the thread is at it already. Making allocates, and the
/// allocator may be measured itself. What is allocated here is none of the call's in which it happens.
#[inline(always)]
pub fn make<T>(work: impl FnOnce() -> T) -> Option<T> {
    if local::set_making(true) {
        return None;
    }
    let made = uncounted(work);
    local::set_making(false);
    Some(made)
}

/// The running thread's strand, or a new one; none where the thread has given its own back.
#[inline(always)]
pub(super) fn current_or_new() -> Option<&'static Strand> {
    current().or_else(take_new)
}

#[cold]
#[inline(never)]
fn take_new() -> Option<&'static Strand> {
    if !local::gives_back() {
        return None;
    }
    let strand = make(census::take)?;
    local::set_current(strand);
    Some(strand)
}

impl Strand {
    pub(super) fn new(ordinal: u32, seed: u64) -> Self {
        Self {
            ordinal,
            depth: Cell::new(0),
            random: Cell::new(seed),
            probes: Cell::new(0),
            alarm: Cell::new(0),
            frames: UnsafeCell::new([NO_FRAME; FRAMES]),
            telling: Telling::default(),
            by_site: UnsafeCell::new(Vec::new()),
            homes: Homes::new(),
            queue: Queue::new(),
            attention: Attention::new(),
            trace: Trace::new(),
            cpu: Readings::new(),
            tallies: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Its place among all strands, counted from zero.
    #[inline(always)]
    pub(super) fn ordinal(&self) -> u32 {
        self.ordinal
    }

    /// A random number. Only the thread calls it.
    #[inline(always)]
    pub(super) fn random(&self) -> u64 {
        self.random.set(draw::step(self.random.get()));
        self.random.get()
    }

    /// This thread's tally of `site`, made where there is none; none while another is being made.
    #[inline(always)]
    pub(super) fn tally(&'static self, site: &'static Site) -> Option<&'static Tally> {
        make(|| {
            let index = site.index();
            // SAFETY: only the thread that has the strand comes here, and only once at a time.
            let by_site = unsafe { &mut *self.by_site.get() };
            // SAFETY: null, or a tally, which is never freed.
            let known = by_site.get(index as usize).and_then(|tally| unsafe { tally.as_ref() });
            known.unwrap_or_else(|| self.new_tally(by_site, site, index))
        })
    }

    #[cold]
    fn new_tally(&'static self, by_site: &mut Vec<*const Tally>, site: &'static Site, index: u32) -> &'static Tally {
        let tally: &'static Tally = Box::leak(Box::new(Tally::new(self, site, index)));
        if by_site.len() <= index as usize {
            by_site.resize(index as usize + 1, ptr::null());
        }
        by_site[index as usize] = tally;
        tally.next.store(self.tallies.load(Relaxed), Relaxed);
        self.tallies.store(ptr::from_ref(tally).cast_mut(), Release);
        tally
    }

    /// Every tally of this strand.
    pub(super) fn each_tally(&self, mut each: impl FnMut(&'static Tally)) {
        let mut next = self.tallies.load(Acquire);
        // SAFETY: null, or a tally, which is never freed.
        while let Some(tally) = unsafe { next.cast_const().as_ref() } {
            each(tally);
            next = tally.next.load(Relaxed);
        }
    }

    /// Takes all lanes in. The caller holds the census, and the thread is ending or gone.
    pub(super) fn detach(&self) {
        self.trace.forget();
        self.attention.forget();
        self.each_tally(Tally::detach);
        self.depth.set(0);
    }

    /// Whether a living thread counts here.
    #[cfg(unix)]
    pub(super) fn is_attached(&self) -> bool {
        let mut attached = false;
        self.each_tally(|tally| attached |= tally.is_attached());
        attached
    }

    /// Whether this is the running thread's.
    #[cfg(unix)]
    pub(super) fn is_current(&self) -> bool {
        current().is_some_and(|current| ptr::eq(current, self))
    }

    /// Adds the counts of each function at its index. The caller holds the census.
    pub(super) fn add_to(&self, counts: &mut [Counts]) {
        self.each_tally(|tally| {
            if let Some(counts) = counts.get_mut(tally.index as usize) {
                tally.add_to(counts);
            }
        });
    }

    /// Makes the next sample wake the aggregator, whatever waits already.
    #[cfg(unix)]
    pub(super) fn alarm_now(&self) {
        self.alarm.set(self.queue.head());
    }

    /// Opens a frame, which [`Self::start`] must follow; 0 where there is no room.
    #[inline(always)]
    pub(super) fn open(&self, tally: &Tally, weight: u32) -> u32 {
        let depth = self.depth.get();
        let outer = tally.watching.get();
        // SAFETY: only the thread that has the strand touches its frames, and no reference to one
        // lives across a call that could come back here.
        let Some(frame) = (unsafe { &mut *self.frames.get() }).get_mut(depth as usize) else {
            return 0;
        };
        let token = depth + 1;
        self.depth.set(token);
        tally.watching.set(if weight == 0 { 0 } else { token });
        *frame = Frame { tally, start: 0, probes: self.probes.get(), nested: 0, weight, outer };
        token
    }

    #[inline(always)]
    pub(super) fn start(&self, token: u32, ticks: u64) {
        // SAFETY: as in `open`; the token is that of a frame just opened.
        let frame = unsafe { (*self.frames.get()).get_unchecked_mut(token as usize - 1) };
        frame.start = ticks;
    }

    /// The same, of a frame that something happened to since it was opened: what that cost was before its time.
    pub(super) fn start_late(&self, token: u32, ticks: u64) {
        // SAFETY: as in `start`.
        unsafe { (*self.frames.get()).get_unchecked_mut(token as usize - 1) }.probes = self.probes.get();
        self.start(token, ticks);
    }

    /// Whose call an open frame is; none for 0, which is no frame's token.
    pub(super) fn tally_of(&self, token: u32) -> Option<&'static Tally> {
        let at = (token as usize).wrapping_sub(1);
        // SAFETY: as in `open`; frames are made with null tallies, and tallies are never freed.
        unsafe { (*self.frames.get()).get(at).and_then(|frame| frame.tally.as_ref()) }
    }

    /// When an open frame began; none where it is not open.
    pub(super) fn started(&self, token: u32) -> Option<u64> {
        // SAFETY: as in `open`.
        let frames = unsafe { &*self.frames.get() };
        Some(frames.get(..self.depth.get() as usize)?.get((token as usize).wrapping_sub(1))?.start)
    }

    /// Open frames: the token of the innermost.
    pub(super) fn depth(&self) -> u32 {
        self.depth.get()
    }

    /// The open frame of a function that was opened last. Those of what has a label in common may be above it.
    #[inline(always)]
    pub(super) fn innermost(&self) -> Option<Frame> {
        // SAFETY: as in `open`.
        let frames = unsafe { &*self.frames.get() };
        let mut open = frames.get(..self.depth.get() as usize)?.iter().rev();
        open.find(|frame| frame.site().is_none_or(|site| !site.is_part())).copied()
    }

    /// Ticks that all samples so far have cost those around them.
    pub(super) fn probes(&self) -> u64 {
        self.probes.get()
    }

    /// Closes the frame, and those above it that were left behind; none where it is not open.
    #[inline(always)]
    pub(super) fn close(&self, token: u32) -> Option<Frame> {
        let depth = self.depth.get();
        if depth < token {
            return None;
        }
        // SAFETY: as in `open`.
        let frames = unsafe { &mut *self.frames.get() };
        if depth > token {
            // Somebody left without unwinding: a coroutine switched stacks, or C jumped out.
            for frame in frames[token as usize..depth as usize].iter().rev() {
                Self::stop_watching(frame);
            }
        }
        self.depth.set(token - 1);
        let frame = frames[token as usize - 1];
        Self::stop_watching(&frame);
        Some(frame)
    }

    #[inline(always)]
    fn stop_watching(frame: &Frame) {
        // SAFETY: tallies are never freed.
        let tally = unsafe { &*frame.tally };
        tally.watching.set(frame.outer);
        tally.rearm();
    }

    /// Ticks that all samples so far have cost those around them.
    pub(super) fn cost(&self) -> u64 {
        self.probes.get()
    }

    /// Ticks that calls inside others are known to have cost those.
    pub(super) fn add_cost(&self, ticks: u64) {
        self.probes.set(self.probes.get() + ticks);
    }

    /// Ticks of a closed frame, less what the samples inside it cost.
    #[inline(always)]
    pub(super) fn duration(&self, frame: &Frame, end: u64) -> u64 {
        let probes = self.probes.get();
        self.probes.set(probes + u64::from(SAMPLE_TICKS.load(Relaxed)));
        end.saturating_sub(frame.start).saturating_sub(probes - frame.probes)
    }

    /// Ticks are part of what the frame that watches this function counts as nested.
    #[inline(always)]
    pub(super) fn add_nested(&self, outer: u32, ticks: u64) {
        if outer != 0 {
            // SAFETY: as in `open`.
            if let Some(frame) = (unsafe { &mut *self.frames.get() }).get_mut(outer as usize - 1) {
                frame.nested += ticks;
            }
        }
    }

    /// Hands a sample to the aggregator, or counts it as dropped.
    #[inline(always)]
    pub(super) fn emit(&self, tally: &Tally, slots: &[[u64; 2]]) {
        bump(&tally.sampled);
        match self.queue.push(slots) {
            Some(head) if self.is_due(head) => self.wake(head),
            Some(_) => {}
            None => self.emit_late(tally, slots),
        }
    }

    /// There is no queue yet, or the aggregator is late.
    #[cold]
    #[inline(never)]
    fn emit_late(&self, tally: &Tally, slots: &[[u64; 2]]) {
        let is_in = self.push_late(slots);
        let head = self.queue.head();
        if !is_in || self.is_due(head) {
            self.wake(head);
        }
        if !is_in {
            bump(&tally.dropped);
        }
    }

    /// Pushes where the queue has no room at hand: whether it found any.
    #[cold]
    #[inline(never)]
    pub(super) fn push_late(&self, slots: &[[u64; 2]]) -> bool {
        if !self.queue.is_made() {
            self.at_no_cost(|| make(|| self.queue.allocate(RING_SLOTS.load(Relaxed))));
        }
        self.queue.push_late(slots)
    }

    /// Whether the aggregator is to be woken at this head.
    #[inline(always)]
    fn is_due(&self, head: u32) -> bool {
        head.wrapping_sub(self.alarm.get()) as i32 >= 0
    }

    /// Takes what `work` costs off the calls that it happens in.
    pub(super) fn at_no_cost<T>(&self, work: impl FnOnce() -> T) -> T {
        let start = ticks();
        let done = work();
        self.probes.set(self.probes.get() + ticks().saturating_sub(start));
        done
    }

    /// Wakes the aggregator, now and each time that as much has been written as it should take at once.
    #[cold]
    #[inline(never)]
    fn wake(&self, head: u32) {
        self.alarm.set(head.wrapping_add(self.queue.until_alarm()));
        self.wake_aggregator();
    }

    pub(super) fn wake_aggregator(&self) {
        self.at_no_cost(|| make(crate::aggregate::wake));
    }
}

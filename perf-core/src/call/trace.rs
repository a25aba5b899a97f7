//! What call trees are made from: now and then, all that one call does below it.
//!
//! Until a call that is traced is over ([`attention`](super::attention) says which are), every lane of its thread leaves
//! the fast path at each call, and each call's end is a slot in the strand's own ring. The ring shows a trace only when it
//! is whole.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32};

use super::attention::{EPOCH, lasts};
use super::clock::ticks;
use super::primitive::{AtomicU64, Ordering::Relaxed};
use super::ring::Ring;
use super::slow::Ending;
use super::span;
use super::step::{NAME_BYTES, Part, Step};
use super::strand::{Frame, Strand, make};
use super::tally::{Tally, bump};
use crate::callsite::{Keep, Site};

/// Ticks that a call costs those around it, more than a sample's, where it is traced.
pub(crate) static TRACED_TICKS: AtomicU32 = AtomicU32::new(0);

/// Whether traces are kept, and so have to say when and where they began.
pub(crate) static KEPT: AtomicBool = AtomicBool::new(false);

/// Threads that have had traces which were kept.
static THREADS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Bytes of a thread's name that are kept.
const THREAD_BYTES: usize = 32;

/// Slots that saying when and where takes, and of which call and which trace of others it is part.
const PLACE_SLOTS: u32 = 1 + THREAD_BYTES.div_ceil(NAME_BYTES) as u32 + 1 + 2;

/// Calls in one trace.
pub(super) const LONGEST: u32 = 2048;

/// Slots of a strand's ring of traces, made by its first trace: half a megabyte that the system gives as it is used.
const SLOTS: u32 = 32_768;

/// What is over with a frame, and how that ended, other than well.
pub(super) type End = (Part, Option<Ending>);

/// One strand's part in it.
pub(super) struct Trace {
    /// Frames below the running trace, and one; 0 while there is none.
    base: Cell<u32>,
    /// The frame that the running trace is over with; none of them where the trace was handed over.
    last: Cell<u32>,
    /// [`EPOCH`] when the running trace began.
    began: Cell<u32>,
    /// What the running trace is of.
    origin: Cell<Origin>,
    /// Ticks when it began, and what all samples until then had cost.
    start: Cell<u64>,
    probes: Cell<u64>,
    /// The thread's number, once it had a trace that was kept.
    thread: Cell<u64>,
    /// Calls that the running trace has room for.
    left: Cell<u32>,
    ring: Ring,
    /// The ring's head at which the aggregator is to be woken.
    alarm: Cell<u32>,
    /// Traces for which there was no room.
    lost: AtomicU64,
}

/// What a trace is of.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    /// How many calls it stands for.
    weight: u64,
    /// The number of the call that it is part of, of which other traces may be parts too.
    call: u64,
}

impl Origin {
    /// A call of the function with this index, which began at so many ticks. There may be two of the same number, if
    /// two threads call a function at the same moment.
    pub(super) fn new(weight: u64, site: u32, began: u64) -> Self {
        // Fibonacci hashing: what is near is far from it then.
        Self { weight, call: began ^ u64::from(site).wrapping_mul(0x9e37_79b9_7f4a_7c15) }
    }
}

impl Trace {
    pub(super) fn new() -> Self {
        Self {
            base: Cell::new(0),
            last: Cell::new(0),
            began: Cell::new(0),
            origin: Cell::new(Origin { weight: 0, call: 0 }),
            start: Cell::new(0),
            probes: Cell::new(0),
            thread: Cell::new(0),
            left: Cell::new(0),
            ring: Ring::new(),
            alarm: Cell::new(SLOTS / 4),
            lost: AtomicU64::new(0),
        }
    }

    /// Whether a trace is running.
    #[inline(always)]
    pub(super) fn is_running(&self) -> bool {
        self.base.get() != 0
    }

    /// Whether a trace is running that began with the frame `token`, or with one above it.
    pub(super) fn began_at_or_above(&self, token: u32) -> bool {
        self.is_running() && token <= self.base.get()
    }

    /// The running trace is not over before somebody ends it.
    pub(super) fn runs_on(&self) {
        self.last.set(0);
    }

    /// The thread is gone, and with it the running trace.
    pub(super) fn forget(&self) {
        if self.is_running() {
            self.ring.take_back();
            self.base.set(0);
        }
        self.thread.set(0);
    }

    /// Traces for which there was no room.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Takes out all whole traces. Only one consumer at a time calls it.
    pub(super) fn drain(&self, each: &mut dyn FnMut([u64; 2])) {
        self.ring.drain(each);
    }
}

impl Strand {
    /// Work is handed over. Gives what the running trace is of: it is part of that.
    pub(super) fn hand_over(&'static self) -> Option<Origin> {
        let trace = &self.trace;
        if !trace.is_running() {
            return None;
        }
        let left = trace.left.get().saturating_sub(1);
        trace.left.set(left);
        if left == 0 {
            self.give_up_as_long(trace.base.get());
            return None;
        }
        Some(trace.origin.get())
    }

    /// Begins a trace above the frames below `token`: whether there is room.
    pub(super) fn begin_trace(&'static self, token: u32, origin: Origin) -> bool {
        // Before anything is written: what is asked is others' code, which may have traces of its own.
        let id = if KEPT.load(Relaxed) { self.at_no_cost(|| self.trace_id()) } else { None };
        self.begin_trace_as(token, origin, id)
    }

    fn begin_trace_as(&'static self, token: u32, origin: Origin, id: Option<u128>) -> bool {
        if !self.heed() {
            return false;
        }
        let trace = &self.trace;
        self.make_ring();
        trace.start.set(ticks());
        trace.probes.set(self.probes());
        let is_in = self.at_no_cost(|| {
            // Or long traces would be lost more often than short ones.
            trace.ring.has_room(LONGEST + token + 2 + PLACE_SLOTS)
                && self.write_path(token, origin.weight, false)
                && (!KEPT.load(Relaxed) || self.write_place(origin.call) && self.write_id(id))
        });
        if !is_in {
            trace.ring.take_back();
            bump(&trace.lost);
            return false;
        }
        trace.base.set(token);
        trace.last.set(token);
        trace.began.set(EPOCH.load(Relaxed));
        trace.origin.set(origin);
        trace.left.set(LONGEST);
        self.rearm_all();
        true
    }

    fn make_ring(&self) {
        if self.trace.ring.capacity() == 0 {
            self.at_no_cost(|| make(|| self.trace.ring.allocate(SLOTS, false)));
        }
    }

    /// Says below whom the frame `token` is, and how many calls it stands for.
    fn write_path(&self, token: u32, weight: u64, is_alone: bool) -> bool {
        let is_apart = self.is_handed_over(token);
        let mut path = (self.outermost() + 1..token).filter_map(|below| self.function_of(below));
        path.all(|tally| self.trace.ring.write(&[Step::Below { site: tally.index }.pack()]))
            && self.trace.ring.write(&[Step::Weight { weight, is_apart, is_alone }.pack()])
    }

    /// Says when the running trace began, on which thread, and of which call it is part.
    fn write_place(&self, call: u64) -> bool {
        let trace = &self.trace;
        if trace.thread.get() == 0 {
            trace.thread.set(THREADS.fetch_add(1, Relaxed) + 1);
        }
        let name = span::thread::<THREAD_BYTES>();
        let mut parts = name.as_str().as_bytes().chunks(NAME_BYTES);
        trace.ring.write(&[Step::Began { ticks: trace.start.get(), thread: trace.thread.get() }.pack()])
            && parts.all(|part| {
                let mut bytes = [0; NAME_BYTES];
                bytes[..part.len()].copy_from_slice(part);
                trace.ring.write(&[Step::Name(bytes).pack()])
            })
            && trace.ring.write(&[Step::Part(call).pack()])
    }

    /// What others' trace is running, if they say so, and are not just saying it.
    fn trace_id(&'static self) -> Option<u128> {
        let _alone = self.telling.alone()?;
        span::trace_id()
    }

    fn write_id(&self, id: Option<u128>) -> bool {
        id.is_none_or(|id| {
            let halves = [(false, id as u64), (true, (id >> 64) as u64)];
            halves.iter().all(|&(is_upper, half)| self.trace.ring.write(&[Step::Id { is_upper, half }.pack()]))
        })
    }

    /// Ticks from the running trace's beginning to that of a frame, less what the samples between them cost: as durations
    /// are, so that calls stay within those around them.
    fn since_start(&self, frame: &Frame) -> u64 {
        let trace = &self.trace;
        let cost = frame.probes.saturating_sub(trace.probes.get());
        frame.start.saturating_sub(trace.start.get()).saturating_sub(cost)
    }

    /// A call found no frame any more. In a trace it is a call at least, though its time is that of the innermost that has
    /// one.
    pub(super) fn too_deep(&'static self, tally: &Tally) {
        if self.trace.is_running() && !tally.site.is_part() {
            // Nobody looked at the clock.
            self.write_over(tally, self.depth() + 1, (Part::Call, None), (0, 0));
        }
    }

    /// A frame was closed, which took `ticks` where it was timed: the running trace may be over with it. `end` is what it
    /// was the end of, and how that ended.
    #[cold]
    #[inline(never)]
    pub(super) fn closed(&'static self, frame: &Frame, token: u32, ticks: Option<u64>, end: End) {
        // SAFETY: tallies are never freed.
        let tally = unsafe { &*frame.tally };
        if tally.site.is_part() {
            return;
        }
        self.learn(tally, token);
        let trace = &self.trace;
        let base = trace.base.get();
        if base == 0 || token < base {
            if base != 0 {
                // Somebody left without unwinding, and took the trace along.
                self.give_up();
            }
            if let (Some(ticks), true) =
                (ticks, frame.weight != 0 && tally.site.is_long() && self.is_below_long_ones(token))
            {
                self.write_long(tally, token, frame.weight, ticks, end);
            }
            return;
        }
        self.add_cost(u64::from(TRACED_TICKS.load(Relaxed)));
        self.write_over(tally, token, end, (self.since_start(frame), ticks.unwrap_or(0)));
        if token == trace.last.get() && trace.is_running() {
            self.end_trace();
        }
    }

    /// A call of the running trace is over, which began and took so many ticks.
    fn write_over(&'static self, tally: &Tally, token: u32, (part, ending): End, (start, ticks): (u64, u64)) {
        let trace = &self.trace;
        let base = trace.base.get();
        let left = trace.left.get().saturating_sub(1);
        trace.left.set(left);
        let over = Step::Over { site: tally.index, depth: token - base, part, ending, start, ticks };
        // It may have been found out meanwhile, by how much work was handed over.
        let is_long = trace.last.get() == base && self.tally_of(base).is_some_and(|top| top.site.is_long());
        // What is over now is whole, however long it took.
        let is_waited_for = token != trace.last.get() && lasts(trace.began.get());
        if left == 0 || is_long || is_waited_for {
            self.give_up_as_long(base);
        } else if !trace.ring.write(&[over.pack()]) {
            bump(&trace.lost);
            self.give_up();
        }
    }

    /// Shows the running trace.
    pub(super) fn end_trace(&'static self) {
        let trace = &self.trace;
        if !trace.is_running() {
            return;
        }
        if trace.ring.write(&[Step::End.pack()]) {
            self.show();
        } else {
            bump(&trace.lost);
            trace.ring.take_back();
        }
        trace.base.set(0);
        self.rearm_all();
    }

    /// Lets the aggregator see what was written, and wakes it where much waits.
    fn show(&'static self) {
        let ring = &self.trace.ring;
        ring.show();
        let head = ring.head();
        if head.wrapping_sub(self.trace.alarm.get()) as i32 >= 0 {
            self.trace.alarm.set(head.wrapping_add(SLOTS / 4));
            self.wake_aggregator();
        }
    }

    pub(super) fn give_up(&'static self) {
        self.trace.ring.take_back();
        self.trace.base.set(0);
        self.rearm_all();
    }

    /// The running trace has become too long: nobody traces this function again.
    fn give_up_as_long(&'static self, base: u32) {
        // What was handed over to this thread may have begun with several calls, and is of the one around them.
        let top = if self.trace.last.get() == base { base } else { base - 1 };
        self.found_long(top);
        self.give_up();
    }

    /// A sample of a function whose calls are too long to be traced: only itself, and below whom.
    fn write_long(&'static self, tally: &Tally, token: u32, weight: u32, ticks: u64, (part, ending): End) {
        let ring = &self.trace.ring;
        self.make_ring();
        let over = Step::Over { site: tally.index, depth: 0, part, ending, start: 0, ticks };
        if self.write_path(token, u64::from(weight), true) && ring.write(&[over.pack(), Step::End.pack()]) {
            self.show();
        } else {
            ring.take_back();
            bump(&self.trace.lost);
        }
    }
}

/// Ticks of the fastest of `rounds` in which `site`'s calls keep frames, and in which they are traced. None where the thread
/// has no strand. Trees must be wanted, and nobody else call `site`.
pub(crate) fn measure(site: &'static Site, rounds: u32, round: &dyn Fn() -> u64) -> Option<(u64, u64)> {
    let strand = super::strand::current_or_new()?;
    site.set_keep(Keep::Parent);
    // Below a call that is only made up: that none of the round ends the trace, and nobody else has these calls below it.
    let token = strand.open(strand.tally(site)?, 0);
    let (mut kept, mut traced) = (u64::MAX, u64::MAX);
    if token != 0 {
        // In the first round the thread learns that trees are wanted.
        round();
        for _ in 0..rounds {
            strand.expect_no_children(token);
            kept = kept.min(round());
            // Nobody is shown these traces.
            if strand.begin_trace_as(token, Origin { weight: 1, call: 0 }, None) {
                traced = traced.min(round());
                strand.give_up();
            }
        }
        strand.close(token);
    }
    site.set_keep(Keep::Leaf);
    (traced != u64::MAX).then_some((kept, traced))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::strand::{Frame, current_or_new};

    #[test]
    fn what_samples_cost_since_a_trace_began_is_not_in_the_times_at_which_its_calls_did() {
        let strand = current_or_new().unwrap();
        strand.trace.start.set(1_000);
        strand.trace.probes.set(50);
        let began = |start, probes| {
            let tally = std::ptr::null();
            strand.since_start(&Frame { tally, start, probes, nested: 0, weight: 0, outer: 0 })
        };
        assert_eq!([began(5_000, 50), began(5_000, 250), began(1_100, 250), began(900, 50)], [4_000, 3_800, 0, 0]);
    }
}

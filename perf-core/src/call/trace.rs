//! What call trees are made from: now and then, all that one call does below it.
//!
//! While trees are wanted ([`ATTENTION`]), functions that call others keep a frame open for each of
//! their calls, timed or not, so that it is known below whom a sampled call is. Of the sampled calls
//! that are below nobody some are traced: until such a call is over, every lane of its thread leaves
//! the fast path at each call, and each call's end is a slot in the strand's own ring. The ring shows
//! a trace only when it is whole.
//!
//! A call with too many calls below it, or that lasts too long, is not traced to its end. Its function is known as long from
//! then on: those directly below it are traced instead, and say below whom they were.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32};

use super::clock::ticks;
use super::draw::OFF;
use super::primitive::{AtomicU64, Ordering::Relaxed};
use super::ring::Ring;
use super::slow::Ending;
use super::span;
use super::step::{NAME_BYTES, Part, Step};
use super::strand::{FRAMES, Frame, Strand, make};
use super::tally::{Tally, bump};
use crate::callsite::{Keep, Site};

/// What is wanted beyond durations: 0 as long as nothing ever was. Of trees, whether they are wanted, and how; with a
/// number that changes whenever that does.
pub(crate) static ATTENTION: AtomicU32 = AtomicU32::new(0);

/// In [`ATTENTION`]: trees are wanted.
pub(crate) const ON: u32 = 1;
/// Also those functions are to keep frames whose frames cost much.
pub(crate) const FULL: u32 = 2;
/// CPU time is wanted of some functions: which, their sites know. Once set it stays.
pub(crate) const CPU: u32 = 4;
/// Where the number begins that changes.
const TURN_SHIFT: u32 = 3;

/// Makes `turn` and `flags` what all threads go by, but for what is not about trees.
pub(crate) fn publish(turn: u32, flags: u32) {
    let publish = |old: u32| Some(turn << TURN_SHIFT | flags | old & CPU);
    let published = ATTENTION.fetch_update(Relaxed, Relaxed, publish);
    debug_assert!(published.is_ok(), "there is always something to publish");
}

/// Whether more than durations is, or ever was, wanted: where it never was, nothing here has to be done.
#[inline(always)]
pub(super) fn is_attentive() -> bool {
    ATTENTION.load(Relaxed) != 0
}

/// One in so many of the calls that might be traced is: two to the power of this.
pub(crate) static SPARSENESS: AtomicU32 = AtomicU32::new(0);

/// Ticks that a call costs those around it: more than a sample's, where it is traced; and all, where it only keeps a
/// frame.
pub(crate) static TRACED_TICKS: AtomicU32 = AtomicU32::new(0);
pub(crate) static KEPT_TICKS: AtomicU32 = AtomicU32::new(0);

/// Ticks after which calls that began before a thread paid attention are thought to be over, if they
/// are of functions of which calls go by unseen: short ones.
pub(crate) static GRACE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Whether traces are kept, and so have to say when and where they began.
pub(crate) static KEPT: AtomicBool = AtomicBool::new(false);

/// Threads that have had traces which were kept.
static THREADS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Bytes of a thread's name that are kept.
const THREAD_BYTES: usize = 32;

/// Slots that saying when and where takes, and which trace of others it is part of.
const PLACE_SLOTS: u32 = 1 + THREAD_BYTES.div_ceil(NAME_BYTES) as u32 + 2;

/// Rises by one each second, as long as somebody drains: by that it is known which calls last long, without a look at the
/// clock for those that are not timed.
pub(crate) static EPOCH: AtomicU32 = AtomicU32::new(0);

/// Calls in one trace.
pub(super) const LONGEST: u32 = 2048;

/// The most that [`SPARSENESS`] is.
pub(crate) const SPARSEST: u32 = 16;

/// Slots of a strand's ring of traces, made by its first trace: half a megabyte that the system gives as it is used.
const SLOTS: u32 = 32_768;

/// Calls without a call below them after which a function need not keep frames.
const CHILDLESS: u32 = 1000;

/// In a call's token: it keeps a frame, and is not timed.
pub(super) const UNTIMED: u32 = 1 << 31;

/// What is over with a frame, and how that ended, other than well.
pub(super) type End = (Part, Option<Ending>);

/// One strand's part in it.
pub(super) struct Trace {
    /// [`ATTENTION`], as the thread last saw it.
    seen: Cell<u32>,
    /// Ticks when it last changed.
    since: Cell<u64>,
    /// Frames below the running trace, and one; 0 while there is none.
    base: Cell<u32>,
    /// The frame that the running trace is over with; none of them where the trace was handed over.
    last: Cell<u32>,
    /// [`EPOCH`] when the running trace began.
    began: Cell<u32>,
    /// How many calls the running trace stands for.
    weight: Cell<u64>,
    /// Ticks when it began, and what all samples until then had cost.
    start: Cell<u64>,
    probes: Cell<u64>,
    /// The thread's number, once it had a trace that was kept.
    thread: Cell<u64>,
    /// Frames below those that are of what the thread works at.
    outermost: Cell<u32>,
    /// The innermost of the frames that were made because the work was handed over; 0 where there are none.
    handed: Cell<u32>,
    /// Calls that the running trace has room for.
    left: Cell<u32>,
    ring: Ring,
    /// The ring's head at which the aggregator is to be woken.
    alarm: Cell<u32>,
    /// Of each frame, the calls directly below it that had one.
    children: [Cell<u32>; FRAMES + 1],
    /// Of each frame, [`EPOCH`] when it was opened, or trees began to be wanted.
    opened: [Cell<u32>; FRAMES + 1],
    /// Traces for which there was no room.
    lost: AtomicU64,
    /// Ticks that it took to set the thread's lanes, before traces and after them.
    arming: AtomicU64,
}

impl Trace {
    pub(super) fn new() -> Self {
        Self {
            seen: Cell::new(0),
            since: Cell::new(0),
            base: Cell::new(0),
            last: Cell::new(0),
            began: Cell::new(0),
            weight: Cell::new(0),
            start: Cell::new(0),
            probes: Cell::new(0),
            thread: Cell::new(0),
            outermost: Cell::new(0),
            handed: Cell::new(0),
            left: Cell::new(0),
            ring: Ring::new(),
            alarm: Cell::new(SLOTS / 4),
            children: [const { Cell::new(0) }; FRAMES + 1],
            opened: [const { Cell::new(0) }; FRAMES + 1],
            lost: AtomicU64::new(0),
            arming: AtomicU64::new(0),
        }
    }

    /// Whether a trace is running.
    #[inline(always)]
    pub(super) fn is_running(&self) -> bool {
        self.base.get() != 0
    }

    /// The running trace is not over before somebody ends it.
    pub(super) fn runs_on(&self) {
        self.last.set(0);
    }

    /// Whether every call of this function is to leave the fast path.
    pub(super) fn wants(&self, tally: &Tally) -> bool {
        let seen = self.seen.get();
        seen & ON != 0 && !tally.site.is_part() && (self.is_running() || keeps(tally, seen))
    }

    /// The thread is gone: what it was at is not known any more.
    pub(super) fn forget(&self) {
        if self.is_running() {
            self.ring.take_back();
            self.base.set(0);
        }
        self.since.set(0);
        self.thread.set(0);
        self.outermost.set(0);
        self.handed.set(0);
    }

    /// Traces for which there was no room.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }

    /// Ticks that it took to set the thread's lanes.
    pub(crate) fn arming(&self) -> u64 {
        self.arming.load(Relaxed)
    }

    /// Takes out all whole traces. Only one consumer at a time calls it.
    pub(super) fn drain(&self, each: &mut dyn FnMut([u64; 2])) {
        self.ring.drain(each);
    }
}

fn keeps(tally: &Tally, seen: u32) -> bool {
    match tally.site.keep() {
        Keep::Leaf => false,
        Keep::Parent => true,
        Keep::Unknown | Keep::Costly => seen & FULL != 0,
    }
}

/// What is to be done with a call that left the fast path.
#[derive(Clone, Copy)]
pub(super) enum Plan {
    /// It is sampled, and may be what a trace begins with.
    Sample(u32),
    /// It is timed for the trace around it, or for the frame that watches it.
    Time,
    /// It keeps a frame, so that it is known who is below it.
    Keep,
    /// Nothing more.
    Count,
}

impl Strand {
    /// What to do with a call of `tally`, of which `weight` says whether it is sampled.
    #[cold]
    #[inline(never)]
    pub(super) fn plan(&'static self, tally: &Tally, weight: Option<u32>) -> Plan {
        let trace = &self.trace;
        let attention = ATTENTION.load(Relaxed);
        if attention != trace.seen.get() {
            self.attend(attention);
        }
        match weight {
            Some(weight) => Plan::Sample(weight),
            None if tally.watching.get() != 0 => Plan::Time,
            None if !tally.is_wanted.get() => Plan::Count,
            None if trace.is_running() => Plan::Time,
            None => Plan::Keep,
        }
    }

    /// Whether trees may want a call of `tally` that is not sampled: before it is [planned](Self::plan), when it begins.
    pub(super) fn may_want(&self, tally: &Tally) -> bool {
        tally.is_wanted.get() || ATTENTION.load(Relaxed) != self.trace.seen.get()
    }

    /// Pays attention from now on, or no more.
    fn attend(&'static self, attention: u32) {
        let trace = &self.trace;
        let was = trace.seen.replace(attention);
        if was & FULL == 0 {
            // Where this is the thread's first call, none can have begun before.
            let mut functions = 0;
            self.each_tally(|tally| functions += u32::from(tally.is_attached()));
            trace.since.set(if functions > 1 { ticks() } else { 0 });
        }
        if was & ON == 0 {
            // What is open has had nobody who counted.
            self.expect_no_children(1);
        }
        if attention & ON == 0 && trace.is_running() {
            // The rest of it would not be seen.
            return self.give_up();
        }
        self.rearm_all();
    }

    /// None of the open frames from `token` on has had calls below it.
    pub(super) fn expect_no_children(&self, token: u32) {
        (token..=self.depth()).for_each(|token| self.watch_from_now(token));
    }

    /// The call that has the frame `token` is watched from now on.
    fn watch_from_now(&self, token: u32) {
        self.trace.children[token as usize].set(0);
        self.trace.opened[token as usize].set(EPOCH.load(Relaxed));
    }

    /// Sets all of the thread's lanes, so that those leave the fast path that are wanted.
    fn rearm_all(&'static self) {
        let start = ticks();
        self.each_tally(|tally| {
            tally.is_wanted.set(self.trace.wants(tally));
            tally.rearm();
        });
        let spent = ticks().saturating_sub(start);
        self.add_cost(spent);
        let arming = &self.trace.arming;
        arming.store(arming.load(Relaxed) + spent, Relaxed);
    }

    /// A call opened the frame `token`.
    pub(super) fn opened(&self, token: u32) {
        let children = &self.trace.children;
        self.watch_from_now(token);
        // What has a label in common is no function: it is neither below nor above any.
        if self.function_of(token).is_some() {
            let parent = (1..token).rev().find(|&below| self.function_of(below).is_some()).unwrap_or(0);
            let count = &children[parent as usize];
            count.set(count.get().saturating_add(1));
            if count.get() == LONGEST {
                self.found_long(parent);
            }
        }
    }

    /// The call that has the frame `token` has more calls below it than a trace has room for, and so have those
    /// around it: nobody traces these functions as a whole again, and who is below them need not wait for that.
    fn found_long(&self, token: u32) {
        (self.outermost() + 1..=token)
            .filter_map(|below| self.function_of(below))
            .for_each(|tally| tally.site.set_long());
    }

    /// Those that were open for more than a second are as long: there may be no end of them, however few calls are below
    /// them.
    fn find_long(&self, token: u32) {
        let open = (self.outermost() + 1..token).rev();
        let mut long = open.filter(|&below| lasts(self.trace.opened[below as usize].get()));
        if let Some(innermost) = long.next() {
            self.found_long(innermost);
        }
    }

    /// The call that had the frame `token` turned out to be none: its function made a future.
    #[cold]
    pub(super) fn withdrawn(&'static self, site: &Site, token: u32) {
        site.set_makes_futures();
        if self.trace.is_running() && token <= self.trace.base.get() {
            self.give_up();
        }
    }

    /// Work is handed over. Gives how many calls the running trace stands for: it is part of that.
    pub(super) fn hand_over(&'static self) -> Option<u64> {
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
        Some(trace.weight.get())
    }

    /// Whether a call of `tally` that has, or will have, the frame `token` is to be traced: it is below nobody who would
    /// be, and its turn has come. Gives the power of two by which it stands for more calls in a tree.
    pub(super) fn next_to_be_traced(&self, token: u32, tally: &Tally) -> Option<u32> {
        if tally.site.is_long() || tally.site.is_part() || !self.is_top(token, tally) {
            return None;
        }
        tally.turns.next(SPARSENESS.load(Relaxed).min(SPARSEST), || self.random())
    }

    /// Whether a call is below nobody who would be traced, as far as is known.
    fn is_top(&self, token: u32, tally: &Tally) -> bool {
        let trace = &self.trace;
        let seen = trace.seen.get();
        // Those of which all calls are sampled are called too seldom to be below those who keep no frames.
        let is_known = seen & FULL != 0 && ticks().saturating_sub(trace.since.get()) >= GRACE.load(Relaxed)
            || seen & ON != 0 && tally.site.interval() <= 1;
        if !is_known || trace.is_running() {
            return false;
        }
        self.find_long(token);
        self.is_below_long_ones(token)
    }

    /// Whose call an open frame is, unless it only is of calls that have a label in common.
    pub(super) fn function_of(&self, token: u32) -> Option<&'static Tally> {
        self.tally_of(token).filter(|tally| !tally.site.is_part())
    }

    /// Whether none that is around the frame `token` is ever traced: they are too long, or never sampled.
    fn is_below_long_ones(&self, token: u32) -> bool {
        let is_untraced = |tally: &Tally| tally.site.is_long() || tally.site.interval() == OFF;
        (self.outermost() + 1..token).all(|below| self.function_of(below).is_none_or(is_untraced))
    }

    /// Begins a trace above the frames below `token`: whether there is room.
    pub(super) fn begin_trace(&'static self, token: u32, weight: u64) -> bool {
        // Before anything is written: what is asked is others' code, which may have traces of its own.
        let id = if KEPT.load(Relaxed) { self.at_no_cost(|| self.trace_id()) } else { None };
        self.begin_trace_of(token, weight, id)
    }

    fn begin_trace_of(&'static self, token: u32, weight: u64, id: Option<u128>) -> bool {
        let trace = &self.trace;
        let attention = ATTENTION.load(Relaxed);
        if attention & ON == 0 {
            return false;
        }
        if attention != trace.seen.get() {
            self.attend(attention);
        }
        self.make_ring();
        trace.start.set(ticks());
        trace.probes.set(self.probes());
        let is_in = self.at_no_cost(|| {
            // Or long traces would be lost more often than short ones.
            trace.ring.has_room(LONGEST + token + 2 + PLACE_SLOTS)
                && self.write_path(token, weight, false)
                && (!KEPT.load(Relaxed) || self.write_place() && self.write_id(id))
        });
        if !is_in {
            trace.ring.take_back();
            bump(&trace.lost);
            return false;
        }
        trace.base.set(token);
        trace.last.set(token);
        trace.began.set(EPOCH.load(Relaxed));
        trace.weight.set(weight);
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
        let is_apart = token - 1 == self.trace.handed.get() && token > 1;
        let mut path = (self.outermost() + 1..token).filter_map(|below| self.function_of(below));
        path.all(|tally| self.trace.ring.write(&[Step::Below { site: tally.index }.pack()]))
            && self.trace.ring.write(&[Step::Weight { weight, is_apart, is_alone }.pack()])
    }

    /// Says when the running trace began, and on which thread.
    fn write_place(&self) -> bool {
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
        learn(tally, self.trace.children[token as usize].get() != 0);
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

    /// Frames below those that are of what the thread works at.
    pub(super) fn outermost(&self) -> u32 {
        self.trace.outermost.get()
    }

    /// What the thread works at from now on begins above `outermost` frames; up to `handed` they are those of who
    /// handed it over. Gives what it was before.
    pub(super) fn set_outermost(&self, (outermost, handed): (u32, u32)) -> (u32, u32) {
        (self.trace.outermost.replace(outermost), self.trace.handed.replace(handed))
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

    fn give_up(&'static self) {
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

/// Whether what began in this epoch has lasted for one since.
fn lasts(epoch: u32) -> bool {
    EPOCH.load(Relaxed).wrapping_sub(epoch) >= 2
}

/// Learns whether a function calls others.
fn learn(tally: &Tally, has_child: bool) {
    if tally.strand.trace.seen.get() & ON == 0 {
        // Those below it may have gone by unseen.
        return;
    }
    match (tally.site.keep(), has_child) {
        (Keep::Unknown | Keep::Leaf, true) => tally.site.set_keep(Keep::Parent),
        (Keep::Unknown, false) => {
            let childless = tally.childless.get() + 1;
            tally.childless.set(childless);
            if childless >= CHILDLESS {
                tally.site.set_keep(Keep::Leaf);
            }
        }
        _ => {}
    }
    tally.is_wanted.set(tally.strand.trace.wants(tally));
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
            if strand.begin_trace_of(token, 1, None) {
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

    #[test]
    fn what_it_takes_to_set_the_lanes_is_known() {
        let strand = current_or_new().unwrap();
        let before = strand.trace.arming();
        (0..10_000).for_each(|_| strand.rearm_all());
        assert!(strand.trace.arming() > before);
    }
}

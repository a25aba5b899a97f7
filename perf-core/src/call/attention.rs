//! Which calls leave the fast path for call trees, keep frames, and are traced.
//!
//! While trees are wanted ([`ATTENTION`]), functions that call others keep a frame open for each of
//! their calls, timed or not, so that it is known below whom a sampled call is. Of the sampled calls
//! that are below nobody some are [traced](super::trace).
//!
//! A call with too many calls below it, or that lasts too long, is not traced to its end. Its function is known as long from
//! then on: those directly below it are traced instead, and say below whom they were.

use std::cell::Cell;
use std::sync::atomic::AtomicU32;

use super::clock::ticks;
use super::draw::OFF;
use super::primitive::{AtomicU64, Ordering::Relaxed};
use super::strand::{FRAMES, Strand};
use super::tally::Tally;
use super::trace::LONGEST;
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

/// Ticks after which calls that began before a thread paid attention are thought to be over, if they
/// are of functions of which calls go by unseen: short ones.
pub(crate) static GRACE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

/// Rises by one each second, as long as somebody drains: by that it is known which calls last long, without a look at the
/// clock for those that are not timed.
pub(crate) static EPOCH: AtomicU32 = AtomicU32::new(0);

/// The most that [`SPARSENESS`] is.
pub(crate) const SPARSEST: u32 = 16;

/// Ticks that a call costs those around it where it only keeps a frame.
pub(crate) static KEPT_TICKS: AtomicU32 = AtomicU32::new(0);

/// Calls without a call below them after which a function need not keep frames.
const CHILDLESS: u32 = 1000;

/// In a call's token: it keeps a frame, and is not timed.
pub(super) const UNTIMED: u32 = 1 << 31;

/// What one strand attends to.
pub(super) struct Attention {
    /// [`ATTENTION`], as the thread last saw it.
    seen: Cell<u32>,
    /// Ticks when it last changed.
    since: Cell<u64>,
    /// Frames below those that are of what the thread works at.
    outermost: Cell<u32>,
    /// The innermost of the frames that were made because the work was handed over; 0 where there are none.
    handed: Cell<u32>,
    /// Of each frame, the calls directly below it that had one.
    children: [Cell<u32>; FRAMES + 1],
    /// Of each frame, [`EPOCH`] when it was opened, or trees began to be wanted.
    opened: [Cell<u32>; FRAMES + 1],
    /// Ticks that it took to set the thread's lanes, before traces and after them.
    arming: AtomicU64,
}

impl Attention {
    pub(super) fn new() -> Self {
        Self {
            seen: Cell::new(0),
            since: Cell::new(0),
            outermost: Cell::new(0),
            handed: Cell::new(0),
            children: [const { Cell::new(0) }; FRAMES + 1],
            opened: [const { Cell::new(0) }; FRAMES + 1],
            arming: AtomicU64::new(0),
        }
    }

    /// The thread is gone: what it was at is not known any more.
    pub(super) fn forget(&self) {
        self.since.set(0);
        self.outermost.set(0);
        self.handed.set(0);
    }

    /// Ticks that it took to set the thread's lanes.
    pub(crate) fn arming(&self) -> u64 {
        self.arming.load(Relaxed)
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
        self.heed();
        match weight {
            Some(weight) => Plan::Sample(weight),
            None if tally.watching.get() != 0 => Plan::Time,
            None if !tally.is_wanted.get() => Plan::Count,
            None if self.trace.is_running() => Plan::Time,
            None => Plan::Keep,
        }
    }

    /// Sees what is wanted now: whether trees are.
    pub(super) fn heed(&'static self) -> bool {
        let attention = ATTENTION.load(Relaxed);
        if attention != self.attention.seen.get() {
            self.attend(attention);
        }
        attention & ON != 0
    }

    /// Whether every call of this function is to leave the fast path.
    pub(super) fn wants(&self, tally: &Tally) -> bool {
        let seen = self.attention.seen.get();
        seen & ON != 0 && !tally.site.is_part() && (self.trace.is_running() || keeps(tally, seen))
    }

    /// Whether trees may want a call of `tally` that is not sampled: before it is [planned](Self::plan), when it begins.
    pub(super) fn may_want(&self, tally: &Tally) -> bool {
        tally.is_wanted.get() || ATTENTION.load(Relaxed) != self.attention.seen.get()
    }

    /// Pays attention from now on, or no more.
    fn attend(&'static self, attention: u32) {
        let was = self.attention.seen.replace(attention);
        if was & FULL == 0 {
            // Where this is the thread's first call, none can have begun before.
            let mut functions = 0;
            self.each_tally(|tally| functions += u32::from(tally.is_attached()));
            self.attention.since.set(if functions > 1 { ticks() } else { 0 });
        }
        if was & ON == 0 {
            // What is open has had nobody who counted.
            self.expect_no_children(1);
        }
        if attention & ON == 0 && self.trace.is_running() {
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
        self.attention.children[token as usize].set(0);
        self.attention.opened[token as usize].set(EPOCH.load(Relaxed));
    }

    /// Sets all of the thread's lanes, so that those leave the fast path that are wanted.
    pub(super) fn rearm_all(&'static self) {
        let start = ticks();
        self.each_tally(|tally| {
            tally.is_wanted.set(self.wants(tally));
            tally.rearm();
        });
        let spent = ticks().saturating_sub(start);
        self.add_cost(spent);
        let arming = &self.attention.arming;
        arming.store(arming.load(Relaxed) + spent, Relaxed);
    }

    /// A call opened the frame `token`.
    pub(super) fn opened(&self, token: u32) {
        let children = &self.attention.children;
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
    pub(super) fn found_long(&self, token: u32) {
        (self.outermost() + 1..=token)
            .filter_map(|below| self.function_of(below))
            .for_each(|tally| tally.site.set_long());
    }

    /// Those that were open for more than a second are as long: there may be no end of them, however few calls are below
    /// them.
    fn find_long(&self, token: u32) {
        let open = (self.outermost() + 1..token).rev();
        let mut long = open.filter(|&below| lasts(self.attention.opened[below as usize].get()));
        if let Some(innermost) = long.next() {
            self.found_long(innermost);
        }
    }

    /// The call that had the frame `token` turned out to be none: its function made a future.
    #[cold]
    pub(super) fn withdrawn(&'static self, site: &Site, token: u32) {
        site.set_makes_futures();
        if self.trace.began_at_or_above(token) {
            self.give_up();
        }
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
        let seen = self.attention.seen.get();
        // Those of which all calls are sampled are called too seldom to be below those who keep no frames.
        let is_known = seen & FULL != 0 && ticks().saturating_sub(self.attention.since.get()) >= GRACE.load(Relaxed)
            || seen & ON != 0 && tally.site.interval() <= 1;
        if !is_known || self.trace.is_running() {
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
    pub(super) fn is_below_long_ones(&self, token: u32) -> bool {
        let is_untraced = |tally: &Tally| tally.site.is_long() || tally.site.interval() == OFF;
        (self.outermost() + 1..token).all(|below| self.function_of(below).is_none_or(is_untraced))
    }

    /// Learns from a frame that is closed whether its function calls others.
    pub(super) fn learn(&self, tally: &Tally, token: u32) {
        if self.attention.seen.get() & ON == 0 {
            // Those below it may have gone by unseen.
            return;
        }
        let has_child = self.attention.children[token as usize].get() != 0;
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
        tally.is_wanted.set(self.wants(tally));
    }

    /// Frames below those that are of what the thread works at.
    pub(super) fn outermost(&self) -> u32 {
        self.attention.outermost.get()
    }

    /// Whether what has the frame `token` is directly below who handed it over.
    pub(super) fn is_handed_over(&self, token: u32) -> bool {
        token > 1 && token - 1 == self.attention.handed.get()
    }

    /// What the thread works at from now on begins above `outermost` frames; up to `handed` they are those of who
    /// handed it over. Gives what it was before.
    pub(super) fn set_outermost(&self, (outermost, handed): (u32, u32)) -> (u32, u32) {
        (self.attention.outermost.replace(outermost), self.attention.handed.replace(handed))
    }
}

/// Whether what began in this epoch has lasted for one since.
pub(super) fn lasts(epoch: u32) -> bool {
    EPOCH.load(Relaxed).wrapping_sub(epoch) >= 2
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::strand::current_or_new;

    #[test]
    fn what_it_takes_to_set_the_lanes_is_known() {
        let strand = current_or_new().unwrap();
        let before = strand.attention.arming();
        (0..10_000).for_each(|_| strand.rearm_all());
        assert!(strand.attention.arming() > before);
    }
}

//! The same for futures, whose calls span many polls.

use super::attend;
use super::attention::{Plan, UNTIMED, is_attentive};
use super::clock::ticks;
use super::lane::Here;
use super::measured::{KEPT, TIMED, TRACED, WATCHED};
use super::sample::{Kind, Slot};
use super::slow::{Ending, counted};
use super::step::Part;
use super::strand::{current, current_or_new};
use super::tail::{self, Timed};
use super::tally::Tally;
use super::trace::Origin;

use crate::callsite::Site;

/// What a future's first poll found out.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    /// Calls that it stands for; 0 where it is timed only for the frame that watches it. Of a traced one, above
    /// [`HEAVIEST_TRACED`], the power of two by which those are more in a tree.
    pub(super) weight: u32,
    /// What its polls are to do.
    pub(super) polls: Polls,
}

/// What the polls of a future that left the fast path do.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Polls {
    /// They keep frames and are not timed.
    Kept = KEPT,
    Timed = TIMED,
    /// The same, with a frame that watches for it.
    Watched = WATCHED,
    /// The same, each with all that is below it.
    Traced = TRACED,
}

/// Where a traced future's weight has its power of two, and the heaviest that leaves room for it.
const TRACED_SHIFT: u32 = 27;
pub(super) const HEAVIEST_TRACED: u32 = (1 << TRACED_SHIFT) - 1;

/// A future's first poll, whose countdown ran out.
#[cold]
#[inline(never)]
pub(super) fn begin_future(lane: Here, site: &'static Site) -> Option<Chosen> {
    let (tally, weight) = count_future(lane, site)?;
    choose(tally, weight)
}

/// Takes in the running call, as [`counted`] does. Whoever gets its tally says with [`choose`] what is to come of it.
#[inline(always)]
pub(super) fn count_future(lane: Here, site: &'static Site) -> Option<(&'static Tally, Option<u32>)> {
    let counted = counted(lane, site)?;
    counted.0.arm(lane.lane());
    Some(counted)
}

/// What is to come of a call that begins here, and of which `weight` says whether it is sampled.
#[inline(always)]
pub(super) fn choose(tally: &'static Tally, weight: Option<u32>) -> Option<Chosen> {
    let polls = if tally.watching.get() == 0 { Polls::Timed } else { Polls::Watched };
    if is_attentive() {
        return begin_attentive(tally, weight, polls);
    }
    (weight.is_some() || polls == Polls::Watched).then(|| Chosen { weight: weight.unwrap_or(0), polls })
}

/// The same where call trees are wanted.
#[cold]
#[inline(never)]
fn begin_attentive(tally: &'static Tally, weight: Option<u32>, polls: Polls) -> Option<Chosen> {
    let strand = tally.strand;
    let plan = strand.plan(tally, weight);
    tally.rearm();
    match plan {
        Plan::Count => None,
        Plan::Keep => Some(Chosen { weight: 0, polls: Polls::Kept }),
        Plan::Time => Some(Chosen { weight: 0, polls }),
        Plan::Sample(weight) if polls == Polls::Watched || weight > HEAVIEST_TRACED => Some(Chosen { weight, polls }),
        Plan::Sample(weight) => Some(match strand.next_to_be_traced(strand.depth() + 1, tally) {
            Some(sparseness) => Chosen { weight: sparseness << TRACED_SHIFT | weight, polls: Polls::Traced },
            None => Chosen { weight, polls },
        }),
    }
}

/// Opens a frame for one poll of a timed future, which began at `start`.
pub(super) fn begin_poll(site: &'static Site, weight: u32, start: u64) -> u32 {
    let Some(tally) = current_or_new().and_then(|strand| strand.tally(site)) else { return 0 };
    let strand = tally.strand;
    let token = strand.open(tally, weight);
    tally.rearm();
    if token != 0 {
        strand.start(token, start);
    }
    token
}

/// The same where call trees are wanted: `chosen` says what was found out at the first poll, which was at `began`. Where
/// `start` is none, nobody has looked at the clock.
pub(super) fn begin_poll_attentive(site: &'static Site, chosen: Chosen, began: u64, start: Option<u64>) -> u32 {
    let Some(tally) = current_or_new().and_then(|strand| strand.tally(site)) else { return 0 };
    let strand = tally.strand;
    let is_traced = chosen.polls == Polls::Traced;
    let weight = if is_traced { chosen.weight & HEAVIEST_TRACED } else { chosen.weight };
    let token = strand.open(tally, weight);
    if token == 0 {
        tally.rearm();
        return 0;
    }
    strand.opened(token);
    if is_traced && !strand.trace.is_running() && !site.is_long() {
        let stands_for = u64::from(weight) << (chosen.weight >> TRACED_SHIFT);
        strand.begin_trace(token, Origin::new(stands_for, tally.index, began));
    }
    tally.rearm();
    if chosen.polls == Polls::Kept && !strand.trace.is_running() {
        return token | UNTIMED;
    }
    match start {
        Some(start) => strand.start(token, start),
        None => strand.start_late(token, ticks()),
    }
    token
}

/// Closes a poll's frame: ticks in the poll, and those of them in direct calls of the same function.
pub(super) fn end_poll(token: u32, end: u64) -> (u64, u64) {
    let Some(strand) = current() else { return (0, 0) };
    match strand.close(token) {
        Some(frame) if token != 0 => (strand.duration(&frame, end), frame.nested),
        _ => (0, 0),
    }
}

/// The same where call trees are wanted; in them, a future is a call where it is polled first, and `ending` is of the poll
/// that it is over with.
pub(super) fn end_poll_attentive(token: u32, end: u64, is_first: bool, ending: Option<Ending>) -> (u64, u64) {
    let Some(strand) = current() else { return (0, 0) };
    let Some(frame) = strand.close(token) else { return (0, 0) };
    let ticks = strand.duration(&frame, end);
    let part = if is_first { Part::FirstPoll } else { Part::LaterPoll };
    strand.closed(&frame, token, Some(ticks), (part, ending));
    (ticks, frame.nested)
}

/// The time between a future's making and its first poll.
pub(super) fn emit_wait(site: &'static Site, weight: u32, ticks: u64) {
    if let Some(strand) = current_or_new() {
        let slot = Slot { site: site.index(), kind: Kind::Wait, weight, ticks }.pack();
        if strand.queue.push(&[slot]).is_none() {
            // Not a sample of its own: where there is no room, the wait is not known.
            strand.push_late(&[slot]);
        }
    }
}

/// What is known of a timed future when it is over.
pub(super) struct Finished {
    pub(super) is_watched: bool,
    pub(super) weight: u32,
    pub(super) wall: u64,
    pub(super) busy: u64,
    /// Of direct calls of the same function, or where that is kept.
    pub(super) nested: u64,
    pub(super) polls: u32,
    pub(super) start: u64,
    pub(super) ending: Option<Ending>,
}

/// A timed future is over.
pub(super) fn finish_future(site: &'static Site, done: &Finished) {
    let Some(tally) = current_or_new().and_then(|strand| strand.tally(site)) else {
        return attend::release(done.nested);
    };
    let strand = tally.strand;
    let wall = done.wall - tail::spent(strand, site, done.start).min(done.wall);
    // Its poll's frame is closed: what the tally watches now is the future that awaits this one.
    if done.is_watched {
        strand.add_nested(tally.watching.get(), wall);
    }
    if done.weight == 0 {
        return;
    }
    let (call, future) = slots(tally, done, wall);
    if done.nested == 0 {
        strand.emit(tally, &[call.pack(), future.pack()]);
    } else if attend::is_attended(done.nested) {
        attend::emit(tally, done, wall);
    } else {
        let nested = Slot { kind: Kind::Nested, ticks: done.nested, ..call };
        strand.emit(tally, &[call.pack(), future.pack(), nested.pack()]);
    }
    let end = done.start.wrapping_add(done.wall);
    tail::offer(strand, site, Timed { start: done.start, end, ticks: wall, ending: done.ending });
}

/// What is known of every future that is over.
#[inline(always)]
pub(super) fn slots(tally: &Tally, done: &Finished, wall: u64) -> (Slot, Slot) {
    let call = Slot { site: tally.index, kind: Kind::Call, weight: done.weight, ticks: wall };
    (call, Slot { kind: Kind::Future, weight: done.polls, ticks: done.busy, ..call })
}

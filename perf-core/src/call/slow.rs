//! What a call does where it leaves the fast path. None of it can unwind, and all of it is kept out of
//! the functions that are measured.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use super::attention::{KEPT_TICKS, Plan, UNTIMED, is_attentive};
use super::clock::ticks;
use super::cpu::Used;
use super::lane::{Here, Lane, is_stray};
use super::sample::{Kind, Slot};
use super::step::Part;
use super::strand::{Frame, Strand, current, current_or_new};
use super::tail::{self, Timed};
use super::tally::{Tally, bump};
use super::trace::Origin;
use crate::callsite::Site;

/// A call whose countdown ran out: takes stock, and opens a frame where it is to be timed.
#[cold]
#[inline(never)]
pub(super) extern "C" fn begin(lane: Here, site: &'static Site) -> u32 {
    let Some((tally, weight)) = counted(lane, site) else { return 0 };
    let strand = tally.strand;
    if is_attentive() {
        return begin_attentive(lane, tally, weight);
    }
    if weight.is_none() && tally.watching.get() == 0 {
        tally.arm(lane.lane());
        return 0;
    }
    let weight = weight.unwrap_or(0);
    let token = strand.open(tally, weight);
    tally.arm(lane.lane());
    if token != 0 {
        strand.start(token, ticks());
    } else if weight != 0 {
        bump(&tally.sampled);
        bump(&tally.dropped);
    }
    token
}

/// The same where call trees are wanted.
#[cold]
#[inline(never)]
fn begin_attentive(lane: Here, tally: &'static Tally, weight: Option<u32>) -> u32 {
    tally.arm(lane.lane());
    let strand = tally.strand;
    let plan = strand.plan(tally, weight);
    let weight = match plan {
        Plan::Count => return 0,
        Plan::Sample(weight) => weight,
        Plan::Time | Plan::Keep => 0,
    };
    let token = strand.open(tally, weight);
    if token == 0 {
        if weight != 0 {
            bump(&tally.sampled);
            bump(&tally.dropped);
        }
        strand.too_deep(tally);
        return 0;
    }
    strand.opened(token);
    if weight != 0
        && !tally.site.makes_futures()
        && let Some(sparseness) = strand.next_to_be_traced(token, tally)
    {
        strand.begin_trace(token, Origin::new(u64::from(weight) << sparseness, tally.index, ticks()));
    }
    tally.rearm();
    if matches!(plan, Plan::Keep) {
        return token | UNTIMED;
    }
    if weight != 0 {
        strand.begin_cpu(token, tally);
    }
    strand.start_late(token, ticks());
    token
}

/// Takes in the running call. Gives its tally, and its weight where it is sampled; the lane is to be
/// armed again. None where the thread has no tallies.
#[inline(always)]
pub(super) fn counted(lane: Here, site: &'static Site) -> Option<(&'static Tally, Option<u32>)> {
    let lane = lane.lane();
    let mut tally = lane.tally.load(Relaxed).cast_const();
    if tally.is_null() {
        tally = first_call(lane, site)?;
    }
    // SAFETY: tallies are never freed.
    let tally = unsafe { &*tally };
    Some((tally, tally.advance(lane)))
}

/// The thread's first call of this function; or one made after the thread gave its strand back, or
/// while it makes what another call needs, which is counted on the site itself.
#[cold]
#[inline(never)]
fn first_call(lane: &Lane, site: &'static Site) -> Option<*const Tally> {
    let strand = if is_stray(lane) { None } else { current_or_new() };
    if let Some(tally) = strand.and_then(|strand| strand.at_no_cost(|| strand.tally(site))) {
        tally.attach(lane);
        return Some(tally);
    }
    lane.set_left(1);
    site.stray.calls.fetch_add(1, Relaxed);
    None
}

/// A call that was timed, or that ended in an error, or both.
#[cold]
#[inline(never)]
pub(super) extern "C" fn finish(site: &'static Site, token: u32, is_error: bool) {
    if token == 0 {
        return count(site, Ending::Error);
    }
    if is_attentive() {
        return finish_attentive(site, token, is_error.then_some(Ending::Error));
    }
    let end = ticks();
    if is_error {
        count(site, Ending::Error);
    }
    if let Some(strand) = current() {
        close_and_emit(strand, site, token, end, is_error.then_some(Ending::Error));
    }
}

/// A call that was timed, and did not fail: its frame knows whose it is.
#[cold]
#[inline(never)]
pub(super) extern "C" fn finish_timed(token: u32) {
    if is_attentive() {
        return finish_timed_attentive(token);
    }
    let end = ticks();
    let Some(strand) = current() else { return };
    if let Some(tally) = strand.tally_of(token) {
        close_and_emit(strand, tally.site, token, end, None);
    }
}

/// The same where call trees are wanted.
#[cold]
#[inline(never)]
fn finish_attentive(site: &'static Site, token: u32, ending: Option<Ending>) {
    let end = if token & UNTIMED == 0 { ticks() } else { 0 };
    let cpu = if token & UNTIMED == 0 { current().and_then(|strand| strand.end_cpu(token)) } else { None };
    if let Some(ending) = ending {
        count(site, ending);
    }
    if token & UNTIMED != 0 {
        return close_kept(token);
    }
    let Some(strand) = current() else { return };
    if let Some(frame) = strand.close(token) {
        let ticks = strand.duration(&frame, end);
        strand.closed(&frame, token, Some(ticks), (Part::Call, ending));
        emit(strand, site, &frame, Timed { start: frame.start, end, ticks, ending }, cpu);
    }
}

#[cold]
#[inline(never)]
fn finish_timed_attentive(token: u32) {
    if let Some(tally) = current().and_then(|strand| strand.tally_of(token & !UNTIMED)) {
        finish_attentive(tally.site, token, None);
    }
}

/// A call that only kept a frame.
#[cold]
pub(super) fn close_kept(token: u32) {
    let Some(strand) = current() else { return };
    let token = token & !UNTIMED;
    let Some(frame) = strand.close(token) else { return };
    strand.add_cost(u64::from(KEPT_TICKS.load(Relaxed)));
    strand.closed(&frame, token, None, (Part::Call, None));
}

#[inline(always)]
fn close_and_emit(strand: &'static Strand, site: &'static Site, token: u32, end: u64, ending: Option<Ending>) {
    if let Some(frame) = strand.close(token) {
        let ticks = strand.duration(&frame, end);
        emit(strand, site, &frame, Timed { start: frame.start, end, ticks, ending }, None);
    }
}

#[inline(always)]
fn emit(strand: &'static Strand, site: &'static Site, frame: &Frame, timed: Timed, cpu: Option<Used>) {
    let ticks = timed.ticks;
    // SAFETY: tallies are never freed.
    let tally = unsafe { &*frame.tally };
    strand.add_nested(frame.outer, ticks);
    if frame.weight == 0 || !ptr::eq(tally.site, site) {
        return;
    }
    let call = Slot { site: tally.index, kind: Kind::Call, weight: frame.weight, ticks };
    if let Some(used) = cpu {
        strand.emit_used(tally, call, frame.nested, used);
    } else if frame.nested == 0 {
        strand.emit(tally, &[call.pack()]);
    } else {
        let nested = Slot { kind: Kind::Nested, ticks: frame.nested, ..call };
        strand.emit(tally, &[call.pack(), nested.pack()]);
    }
    tail::offer(strand, site, timed);
}

/// A call that a panic left.
#[cold]
#[inline(never)]
pub(super) extern "C" fn unwound(site: &'static Site, token: u32) {
    if token != 0 && is_attentive() {
        return finish_attentive(site, token, Some(Ending::Panic));
    }
    count(site, Ending::Panic);
    if token != 0
        && let Some(strand) = current()
    {
        close_and_emit(strand, site, token, ticks(), Some(Ending::Panic));
    }
}

/// A call that turned out to be none: its function only made a future.
#[cold]
#[inline(never)]
pub(super) extern "C" fn withdraw(site: &'static Site, token: u32) {
    let strand = current();
    if let Some(strand) = strand
        && token != 0
    {
        strand.close(token & !UNTIMED);
        if is_attentive() {
            strand.withdrawn(site, token & !UNTIMED);
        }
    }
    // Where the call was counted does not matter: counts are added up, and may wrap on the way.
    match strand.and_then(|strand| strand.tally(site)) {
        Some(tally) => tally.withdraw(),
        None => {
            site.stray.calls.fetch_sub(1, Relaxed);
        }
    }
}

/// How a call ended, other than well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an error.
    Error,
    /// By a panic.
    Panic,
    /// It was given up.
    Cancelled,
}

/// Counts an ending, wherever the thread is in its life.
#[cold]
pub(super) fn count(site: &'static Site, ending: Ending) {
    if let Some(tally) = current().and_then(|strand| strand.tally(site)) {
        bump(match ending {
            Ending::Error => &tally.errors,
            Ending::Panic => &tally.panics,
            Ending::Cancelled => &tally.cancelled,
        });
    } else {
        let stray = &site.stray;
        let counter = match ending {
            Ending::Error => &stray.errors,
            Ending::Panic => &stray.panics,
            Ending::Cancelled => &stray.cancelled,
        };
        counter.fetch_add(1, Relaxed);
    }
}

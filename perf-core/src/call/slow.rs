//! What a call does where it leaves the fast path. None of it can unwind, and all of it is kept out of
//! the functions that are measured.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use super::clock::ticks;
use super::lane::{Here, Lane};
use super::local::is_stray;
use super::sample::{Kind, Slot};
use super::strand::{Strand, current, current_or_new};
use super::tail::{self, Timed};
use super::tally::{Tally, bump};
use crate::callsite::Site;

/// A call whose countdown ran out: takes stock, and opens a frame where it is to be timed.
#[cold]
#[inline(never)]
pub(super) extern "C" fn begin(lane: Here, site: &'static Site) -> u32 {
    let Some((tally, weight)) = counted(lane, site) else { return 0 };
    let strand = tally.strand;
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

/// Takes in the running call. Gives its tally and weight where it is to be timed; otherwise the
/// lane is armed again.
#[inline(always)]
pub(super) fn counted(lane: Here, site: &'static Site) -> Option<(&'static Tally, u32)> {
    let lane = lane.lane();
    let mut tally = lane.tally.load(Relaxed).cast_const();
    if tally.is_null() {
        tally = first_call(lane, site)?;
    }
    // SAFETY: tallies are never freed.
    let tally = unsafe { &*tally };
    let weight = tally.advance(lane);
    if weight.is_none() && tally.watching.get() == 0 {
        tally.arm(lane);
        return None;
    }
    Some((tally, weight.unwrap_or(0)))
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
    let end = ticks();
    let Some(strand) = current() else { return };
    if let Some(tally) = strand.tally_of(token) {
        close_and_emit(strand, tally.site, token, end, None);
    }
}

#[inline(always)]
fn close_and_emit(strand: &'static Strand, site: &'static Site, token: u32, end: u64, ending: Option<Ending>) {
    let Some(frame) = strand.close(token) else { return };
    // SAFETY: tallies are never freed.
    let tally = unsafe { &*frame.tally };
    let ticks = strand.duration(&frame, end);
    strand.add_nested(frame.outer, ticks);
    if frame.weight == 0 || !ptr::eq(tally.site, site) {
        return;
    }
    let call = Slot { site: tally.index, kind: Kind::Call, weight: frame.weight, ticks };
    if frame.nested == 0 {
        strand.emit(tally, &[call.pack()]);
    } else {
        let nested = Slot { kind: Kind::Nested, ticks: frame.nested, ..call };
        strand.emit(tally, &[call.pack(), nested.pack()]);
    }
    tail::offer(strand, site, Timed { start: frame.start, end, ticks, ending });
}

/// A call that a panic left.
#[cold]
#[inline(never)]
pub(super) extern "C" fn unwound(site: &'static Site, token: u32) {
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
        strand.close(token);
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
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    Error,
    Panic,
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

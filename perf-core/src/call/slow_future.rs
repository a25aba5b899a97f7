//! The same for futures, whose calls span many polls.

use super::lane::Here;
use super::sample::{Kind, Slot};
use super::slow::{Ending, counted};
use super::strand::{current, current_or_new};
use super::tail::{self, Timed};
use crate::callsite::Site;

/// What a future's first poll found out.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    /// Calls that it stands for; 0 where it is timed only for the frame that watches it.
    pub(super) weight: u32,
    /// Whether a frame watches for it.
    pub(super) is_watched: bool,
}

/// A future's first poll, whose countdown ran out.
#[cold]
#[inline(never)]
pub(super) fn begin_future(lane: Here, site: &'static Site) -> Option<Chosen> {
    let (tally, weight) = counted(lane, site)?;
    tally.arm(lane.lane());
    Some(Chosen { weight, is_watched: tally.watching.get() != 0 })
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

/// Closes a poll's frame: ticks in the poll, and those of them in direct calls of the same function.
pub(super) fn end_poll(token: u32, end: u64) -> (u64, u64) {
    let Some(strand) = current() else { return (0, 0) };
    match strand.close(token) {
        Some(frame) if token != 0 => (strand.duration(&frame, end), frame.nested),
        _ => (0, 0),
    }
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
    pub(super) nested: u64,
    pub(super) polls: u32,
    pub(super) start: u64,
    pub(super) ending: Option<Ending>,
}

/// A timed future is over.
pub(super) fn finish_future(site: &'static Site, done: &Finished) {
    let Some(tally) = current_or_new().and_then(|strand| strand.tally(site)) else { return };
    let strand = tally.strand;
    let wall = done.wall - tail::spent(strand, site, done.start).min(done.wall);
    // Its poll's frame is closed: what the tally watches now is the future that awaits this one.
    if done.is_watched {
        strand.add_nested(tally.watching.get(), wall);
    }
    if done.weight == 0 {
        return;
    }
    let call = Slot { site: tally.index, kind: Kind::Call, weight: done.weight, ticks: wall };
    let future = Slot { kind: Kind::Future, weight: done.polls, ticks: done.busy, ..call };
    if done.nested == 0 {
        strand.emit(tally, &[call.pack(), future.pack()]);
    } else {
        let nested = Slot { kind: Kind::Nested, ticks: done.nested, ..call };
        strand.emit(tally, &[call.pack(), future.pack(), nested.pack()]);
    }
    let end = done.start.wrapping_add(done.wall);
    tail::offer(strand, site, Timed { start: done.start, end, ticks: wall, ending: done.ending });
}

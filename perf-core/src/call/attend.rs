//! Futures of which more is wanted than how long they take: the CPU time of their polls, and when they are woken.
//!
//! A future has no room for that, and does not get any for the sake of those that are asked. So one that is attended
//! keeps the place of a [node](super::wake) where others keep the time of direct calls of the same function, which is
//! in the node then.

use std::sync::atomic::Ordering::Relaxed;
use std::task::Waker;

use super::clock::ticks;
use super::cpu::{READ_TICKS, Reading};
use super::sample::{Kind, Slot};
use super::slow_future::{Finished, slots};
use super::strand::{Strand, current, current_or_new};
use super::tally::Tally;
use super::wake::{Account, Held};
use crate::callsite::Site;

/// In what a future keeps: it is attended. No ticks are so many.
const ATTENDED: u64 = 1 << 63;

#[inline(always)]
pub(super) fn is_attended(kept: u64) -> bool {
    kept & ATTENDED != 0
}

/// The same, and it has no node yet.
pub(super) const NEW: u64 = ATTENDED | u32::MAX as u64;

fn held(kept: u64) -> Held {
    Held::from_index(kept as u32)
}

fn kept(held: Option<Held>) -> u64 {
    held.map_or(0, |held| ATTENDED | u64::from(held.to_index()))
}

/// A sampled future of `site` is polled for the first time.
fn begin(site: &'static Site, waker: &Waker) -> Option<Held> {
    let strand = current_or_new()?;
    let held = strand.at_no_cost(|| Held::new(waker))?;
    let every = strand.tally(site).and_then(|tally| strand.draw_cpu(tally)).unwrap_or(0);
    held.account().set(Account { every, ..Account::default() });
    Some(held)
}

/// A poll begins, with the executor's `waker`, of a future that keeps `kept`. Gives the ticks at which it does.
pub(super) fn begin_poll(kept: &mut u64, site: &'static Site, waker: &Waker) -> u64 {
    let now = ticks();
    if *kept == NEW {
        *kept = self::kept(begin(site, waker));
    }
    if !is_attended(*kept) {
        return now;
    }
    let before = held(*kept);
    let mut account = before.account().get();
    let woken = before.take_woken();
    if let (1.., Some(polled)) = (woken, account.polled) {
        // Who was woken in a poll could not be polled before that was over.
        let waited = now.saturating_sub(woken.max(polled));
        account.scheduled += waited;
        account.longest = account.longest.max(waited);
    }
    account.reading = if account.every == 0 { None } else { current_or_new().and_then(Strand::read_cpu) };
    before.account().set(account);
    if !before.is_for(waker) {
        *kept = move_on(before, waker);
    }
    if account.every == 0 { now } else { ticks() }
}

/// The future is polled with a waker of somebody else: it goes on with another node, or unattended where there is none.
#[cold]
fn move_on(before: Held, waker: &Waker) -> u64 {
    let account = before.account().get();
    let after = Held::new(waker);
    before.release();
    let Some(after) = after else { return account.nested };
    after.account().set(account);
    kept(Some(after))
}

/// The frame `token`, which was just opened, begins later.
pub(super) fn restart(token: u32, start: u64) {
    if token != 0
        && let Some(strand) = current()
    {
        strand.start_late(token, start);
    }
}

/// What the future is to be polled with, where that is something else than the executor gives.
pub(super) fn waker(kept: u64) -> Option<&'static Waker> {
    is_attended(kept).then(|| held(kept).waker())
}

/// A poll has just ended: CPU nanoseconds that it took, where somebody asked.
pub(super) fn end_reading(kept: u64) -> Option<u64> {
    if !is_attended(kept) {
        return None;
    }
    let reading: Reading = held(kept).account().get().reading?;
    current()?.used_since(reading)
}

/// What is known of a poll that ended at `end`.
pub(super) fn end_poll(kept: u64, end: u64, nested: u64, used: Option<u64>) {
    let account = held(kept).account();
    let mut now = account.get();
    now.nested += nested;
    now.polled = Some(end);
    if let Some(used) = used {
        now.cpu += used;
        now.readings += 1;
        now.polled = Some(ticks());
        if let Some(strand) = current() {
            strand.add_cost(u64::from(READ_TICKS.load(Relaxed)));
        }
    }
    account.set(now);
}

/// What is done for a future that is attended, polled once, and woken by a clone of its waker.
pub(crate) fn exercise(site: &'static Site) {
    // Of the constant itself there may be several, which are not known to be the same.
    let task = Waker::noop().clone();
    let mut kept = kept(Held::new(&task));
    begin_poll(&mut kept, site, &task);
    if let Some(waker) = waker(kept) {
        let elsewhere = waker.clone();
        elsewhere.wake();
        end_poll(kept, ticks(), 0, end_reading(kept));
    }
    release(kept);
}

/// The future is over, and there is nobody to be told.
pub(super) fn release(kept: u64) {
    if is_attended(kept) {
        held(kept).release();
    }
}

/// Hands over the sample of a future that is over.
#[cold]
#[inline(never)]
pub(super) fn emit(tally: &'static Tally, done: &Finished, wall: u64) {
    let (mut call, future) = slots(tally, done, wall);
    let held = held(done.nested);
    let account = held.account().get();
    held.release();
    let longest = (account.longest as f32).to_bits();
    let scheduled = Slot { kind: Kind::Scheduled, weight: longest, ticks: account.scheduled, ..call };
    let nested = Slot { kind: Kind::Nested, ticks: account.nested, ..call };
    let mut slots = [call.pack(), future.pack(), scheduled.pack(), nested.pack(), [0; 2]];
    let mut count = if account.nested == 0 { 3 } else { 4 };
    // Of some of its polls it may not be known, such as those for which there was no frame left.
    if account.readings == done.polls {
        let weight = call.weight.saturating_mul(account.every);
        slots[count] = Slot { kind: Kind::Cpu, weight, ticks: account.cpu, ..call }.pack();
        count += 1;
        // What its own readings took is no part of its time.
        let readings = u64::from(READ_TICKS.load(Relaxed)) * u64::from(done.polls);
        call.ticks = call.ticks.saturating_sub(readings).max(future.ticks);
        slots[0] = call.pack();
    }
    tally.strand.emit(tally, &slots[..count]);
}

//! What is known of the locks of one name.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use perf_core::__guard::{Gathered, PerThread, Values, next_interval};
use perf_core::{Durations, LockKind, LockStats, LockWindow};

use crate::history::Counted;
use crate::names::{Named, Names};
use crate::{OFF, add, now};

pub(crate) static LOCKS: Names<Lock> = Names::new();

/// How often a thread times a lock before it begins to draw, so that locks that are seldom taken are known too.
const FIRST: u32 = 64;

/// Of so many times that a lock is taken without waiting one is timed, after that.
const INTERVAL: u32 = 64;

/// All locks of one name and kind.
#[derive(Debug)]
pub(crate) struct Lock {
    name: String,
    kind: LockKind,
    of_threads: PerThread<Counts>,
    /// That there are.
    locks: AtomicU64,
}

/// What one thread has done. Nobody else writes it.
#[derive(Debug, Default)]
struct Counts {
    /// How often until the next is timed, that one included; 0 before the first.
    countdown: AtomicU32,
    /// How many were timed without having been waited for, up to [`FIRST`].
    firsts: AtomicU32,
    exclusive: AtomicU64,
    shared: AtomicU64,
    left: AtomicU64,
    contended: AtomicU64,
    /// Waits that are over.
    waited: AtomicU64,
    refused: AtomicU64,
    timed: AtomicU64,
    random: AtomicU64,
    wait: Values,
    hold: Values,
}

/// How a lock is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Exclusive,
    Shared,
}

impl Named for Lock {
    type Key = LockKind;

    fn new(name: &str, kind: LockKind) -> Self {
        let of_threads = PerThread::new();
        // So that it is there for threads that can make nothing any more.
        of_threads.shared(|_: &Counts| ());
        Self { name: name.to_owned(), kind, of_threads, locks: AtomicU64::new(0) }
    }

    fn is(&self, name: &str, kind: LockKind) -> bool {
        self.name == name && self.kind == kind
    }

    fn other(kind: LockKind) -> (LockKind, usize) {
        (kind, kind as usize)
    }
}

impl Counts {
    #[inline]
    fn take(&self, how: How) {
        add(if matches!(how, How::Exclusive) { &self.exclusive } else { &self.shared }, 1);
    }

    /// How many the next that is timed stands for; draws when that will be again.
    #[cold]
    #[inline(never)]
    fn draw(&self, seed: u64) -> u32 {
        let firsts = self.firsts.load(Relaxed);
        if firsts < FIRST {
            self.firsts.store(firsts + 1, Relaxed);
            if firsts + 1 < FIRST {
                self.countdown.store(1, Relaxed);
                return 1;
            }
        }
        // Not zero, and of each thread its own.
        let mut state = match self.random.load(Relaxed) {
            0 => (seed ^ std::ptr::from_ref(self).addr() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            state => state,
        };
        self.countdown.store(next_interval(&mut state, INTERVAL), Relaxed);
        self.random.store(state, Relaxed);
        if firsts < FIRST { 1 } else { INTERVAL }
    }
}

impl Lock {
    #[inline]
    fn with(&self, work: impl FnOnce(&Counts)) {
        if OFF {
            return;
        }
        match self.of_threads.get() {
            Some(own) => work(own),
            None => self.of_threads.shared(work),
        }
    }

    /// It was taken, without waiting.
    #[inline(always)]
    pub(crate) fn enter<G>(&'static self, how: How, inner: G) -> Entered<G> {
        Entered::new(inner, self.count(how))
    }

    #[inline(always)]
    fn count(&'static self, how: How) -> Held {
        if OFF {
            return Held { lock: self, timing: Timing::None };
        }
        if let Some(own) = self.of_threads.near() {
            let left = own.countdown.load(Relaxed);
            if left > 1 {
                own.countdown.store(left - 1, Relaxed);
                own.take(how);
                return Held { lock: self, timing: Timing::None };
            }
        }
        self.count_slowly(how)
    }

    /// The same where it may have to be timed, or the thread has not asked before.
    #[cold]
    #[inline(never)]
    fn count_slowly(&'static self, how: How) -> Held {
        let mut timing = Timing::None;
        self.with(|cell| {
            cell.take(how);
            match cell.countdown.load(Relaxed) {
                0 | 1 => {
                    let began = now();
                    timing = Timing::Drawn { began, weight: cell.draw(began) };
                }
                left => cell.countdown.store(left - 1, Relaxed),
            }
        });
        Held { lock: self, timing }
    }

    /// Somebody waits for it.
    #[cold]
    pub(crate) fn wait(&'static self) -> Waiting {
        // First, so that who sees somebody wait knows that it has begun.
        let since = now();
        self.with(|cell| add(&cell.contended, 1));
        Waiting { lock: self, since, is_over: false }
    }

    /// It could not be had, and was not waited for.
    #[cold]
    pub(crate) fn refused(&self) {
        self.with(|cell| add(&cell.refused, 1));
    }

    /// What it has come to.
    pub(crate) fn stats(&self, windows: [LockWindow; 4]) -> LockStats {
        let mut stats = LockStats::new(self.name.clone(), self.kind, windows);
        let [mut wait, mut hold] = [Gathered::default(), Gathered::default()];
        let (mut left, mut waited) = (0, 0);
        // First what is over, so that nothing is over that never began.
        self.of_threads.each(|cell| {
            left += cell.left.load(Relaxed);
            waited += cell.waited.load(Relaxed);
        });
        self.of_threads.each(|cell| {
            stats.exclusive += cell.exclusive.load(Relaxed);
            stats.shared += cell.shared.load(Relaxed);
            stats.contended += cell.contended.load(Relaxed);
            stats.refused += cell.refused.load(Relaxed);
            stats.timed += cell.timed.load(Relaxed);
            wait.add(&cell.wait);
            hold.add(&cell.hold);
        });
        stats.locks = self.locks.load(Relaxed);
        stats.held = stats.acquired().saturating_sub(left);
        stats.waiting = stats.contended.saturating_sub(waited);
        [stats.wait, stats.hold] = [wait, hold].map(|all| Durations::of(all.distribution(0)));
        stats
    }
}

impl Counted for Lock {
    fn counts(&self) -> [u64; 2] {
        let mut counts = [0; 2];
        self.of_threads.each(|cell| {
            counts[0] += cell.exclusive.load(Relaxed) + cell.shared.load(Relaxed);
            counts[1] += cell.contended.load(Relaxed);
        });
        counts
    }
}

/// What a lock keeps: its name's numbers, for as long as it is there.
#[derive(Debug)]
pub(crate) struct Name(&'static Lock);

impl Name {
    pub(crate) fn new(name: &str, kind: LockKind) -> Self {
        let lock = LOCKS.find(name, kind);
        crate::history::connect();
        lock.locks.fetch_add(1, Relaxed);
        Self(lock)
    }

    #[inline]
    pub(crate) fn lock(&self) -> &'static Lock {
        self.0
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        self.0.locks.fetch_sub(1, Relaxed);
    }
}

/// Somebody has a lock: its own guard, between what takes the time before it goes and what writes it down when the lock is
/// free again. Nobody waits for the latter, and whoever takes the lock next is not in the former.
#[derive(Debug)]
pub(crate) struct Entered<G> {
    stop: Stop,
    pub(crate) inner: G,
    held: Held,
}

impl<G> Entered<G> {
    #[inline(always)]
    fn new(inner: G, held: Held) -> Self {
        let is_timed = !matches!(held.timing, Timing::None);
        Self { stop: Stop { is_timed }, inner, held }
    }

    /// Of a part, or the like.
    #[cfg(feature = "parking_lot")]
    pub(crate) fn map<H>(self, map: impl FnOnce(G) -> H) -> Entered<H> {
        Entered { stop: self.stop, inner: map(self.inner), held: self.held }
    }

    /// Its own guard, which is about to give the lock back for a while.
    pub(crate) fn leave(self) -> (G, &'static Lock) {
        drop(self.stop);
        (self.inner, self.held.lock)
    }

    /// Lets its own guard give the lock back for a while.
    #[cfg(feature = "parking_lot")]
    pub(crate) fn meanwhile<T>(&mut self, how: How, work: impl FnOnce(&mut G) -> T) -> T {
        self.stop.stop();
        self.held.end();
        self.held.timing = Timing::Left;
        self.stop.is_timed = false;
        let done = work(&mut self.inner);
        self.held = self.held.lock.count(how);
        self.stop.is_timed = !matches!(self.held.timing, Timing::None);
        done
    }
}

thread_local! {
    /// When the lock that the thread is giving back was about to be free. Between that and its being written down hardly
    /// anything happens on the thread: the wakers of tasks that wait may take locks of ours, and what they take counts as held.
    static STOPPED: Cell<u64> = const { Cell::new(0) };
}

/// Takes the time.
#[derive(Debug)]
struct Stop {
    is_timed: bool,
}

impl Stop {
    #[inline(always)]
    fn stop(&self) {
        if self.is_timed {
            stop();
        }
    }
}

#[cold]
#[inline(never)]
fn stop() {
    // A thread-local that has nothing to be dropped is there until the end, or made anew.
    let _ = STOPPED.try_with(|stopped| stopped.set(now()));
}

impl Drop for Stop {
    #[inline(always)]
    fn drop(&mut self) {
        self.stop();
    }
}

/// The lock is held; dropped, it is not any more.
#[derive(Debug)]
struct Held {
    lock: &'static Lock,
    timing: Timing,
}

/// What is to be written down when the lock is free again, beside that it is.
#[derive(Clone, Copy, Debug)]
enum Timing {
    None,
    /// Nobody had to wait, and it was drawn: it stands for so many.
    Drawn {
        began: u64,
        weight: u32,
    },
    /// It was waited for.
    Waited {
        began: u64,
        waited: u64,
    },
    /// Not even that: it was given back already.
    #[cfg(feature = "parking_lot")]
    Left,
}

impl Held {
    #[inline(always)]
    fn end(&mut self) {
        if OFF {
            return;
        }
        match (self.timing, self.lock.of_threads.near()) {
            (Timing::None, Some(own)) => add(&own.left, 1),
            (timing, _) => self.lock.end_slowly(timing),
        }
    }
}

impl Drop for Held {
    #[inline(always)]
    fn drop(&mut self) {
        self.end();
    }
}

impl Lock {
    /// It is free again.
    #[cold]
    #[inline(never)]
    fn end_slowly(&self, timing: Timing) {
        let (began, weight, waited) = match timing {
            Timing::None => return self.with(|cell| add(&cell.left, 1)),
            Timing::Drawn { began, weight } => (began, weight, None),
            Timing::Waited { began, waited } => (began, 1, Some(waited)),
            #[cfg(feature = "parking_lot")]
            Timing::Left => return,
        };
        let ended = STOPPED.try_with(Cell::get).unwrap_or(began);
        let held = ended.saturating_sub(began);
        self.with(|cell| {
            add(&cell.left, 1);
            add(&cell.timed, 1);
            cell.hold.record(held as f64, u64::from(weight));
            if let Some(waited) = waited {
                cell.wait.record(waited as f64, 1);
            }
        });
    }
}

/// Somebody waits for a lock.
#[derive(Debug)]
#[must_use = "dropped at once, nobody waited"]
pub(crate) struct Waiting {
    lock: &'static Lock,
    since: u64,
    is_over: bool,
}

impl Waiting {
    /// The wait has come to something. How long it was is written down when the lock is free again.
    pub(crate) fn enter<G>(mut self, how: How, inner: G) -> Entered<G> {
        self.is_over = true;
        let began = now();
        self.lock.with(|cell| {
            cell.take(how);
            add(&cell.waited, 1);
        });
        let timing = Timing::Waited { began, waited: began.saturating_sub(self.since) };
        Entered::new(inner, Held { lock: self.lock, timing })
    }
}

impl Drop for Waiting {
    /// Where it has come to nothing: in time, or not any more.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let waited = now().saturating_sub(self.since);
        self.lock.with(|cell| {
            add(&cell.waited, 1);
            cell.wait.record(waited as f64, 1);
        });
    }
}

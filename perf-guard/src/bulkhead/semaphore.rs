//! Slots and those who wait for them.
//!
//! Entering and leaving are one step each on one word. A queue behind a lock is touched only while somebody
//! waits, and the word says so: the bit is set and cleared under the lock alone. So either who leaves sees
//! the bit and hands its slot on, or who queues sees the slot that was left.

use std::task::Waker;

use super::queue::Queue;
use super::word::{ADAPTIVE, ENTER, FOLD, FOLDED, ONE_LIMIT, WAITERS, Word};
use crate::primitive::{
    AtomicU64, Lock,
    Ordering::{Acquire, Relaxed, Release},
    wake,
};

/// On a line of the cache of its own, or two where the processor fetches them in pairs: every call writes to it.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Semaphore {
    word: AtomicU64,
    waiting: Lock<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    queue: Queue,
    max: usize,
    /// Calls admitted that the word does not tell any more.
    folded: u64,
}

/// What [`Semaphore::read`] sees, all of one moment.
pub(super) struct Reading {
    pub(super) in_flight: u32,
    pub(super) limit: u32,
    pub(super) is_adaptive: bool,
    pub(super) admitted: u64,
    pub(super) waiting: usize,
    pub(super) max_waiting: usize,
}

impl Semaphore {
    pub(super) fn new(limit: u32, max_waiting: usize) -> Self {
        let waiting = Waiting { queue: Queue::default(), max: max_waiting, folded: 0 };
        Self { word: AtomicU64::new(Word::new(limit).0), waiting: Lock::new(waiting) }
    }

    /// With so many calls admitted before.
    #[cfg(all(test, loom))]
    pub(super) fn after(self, admitted: u64) -> Self {
        self.word.fetch_add(admitted * (ENTER - 1), Relaxed);
        self
    }

    /// Takes a slot, if there is one that nobody waits for; the word as it was before.
    #[inline]
    pub(super) fn try_enter(&self) -> Option<Word> {
        let mut word = Word(self.word.load(Relaxed));
        while word.admits() {
            match self.word.compare_exchange_weak(word.0, word.0 + ENTER, Acquire, Relaxed) {
                Ok(_) => return Some(word),
                Err(now) => word = Word(now),
            }
        }
        None
    }

    /// Gives a slot back, to whoever has waited longest.
    #[inline]
    pub(super) fn leave(&self) {
        let before = self.word.fetch_sub(1, Release);
        debug_assert!(Word(before).in_flight() > 0);
        if before & (WAITERS | FOLD) != 0 {
            self.left(before);
        }
    }

    #[cold]
    #[inline(never)]
    fn left(&self, before: u64) {
        if before & FOLD != 0 {
            let mut waiting = self.waiting.lock();
            // Others may have come first.
            if self.word.fetch_and(!FOLD, Relaxed) & FOLD != 0 {
                waiting.folded = waiting.folded.wrapping_add(FOLDED);
            }
        }
        self.hand_out();
    }

    /// Gives back a slot that was handed out, and that no call has used.
    fn leave_unused(&self) {
        {
            let mut waiting = self.waiting.lock();
            waiting.folded = waiting.folded.wrapping_sub(1);
        }
        self.leave();
    }

    /// Queues; none where as many wait as may. The slot may be there at once: [`Self::has_been_served`] tells.
    pub(super) fn queue(&self, waker: Waker) -> Option<u64> {
        let mut waiting = self.waiting.lock();
        if waiting.queue.len() >= waiting.max {
            drop(waiting);
            // A waker is foreign code.
            drop(waker);
            return None;
        }
        let ticket = waiting.queue.push(waker);
        let word = Word(self.word.fetch_or(WAITERS, Relaxed));
        drop(waiting);
        if word.has_slot() {
            self.hand_out();
        }
        Some(ticket)
    }

    /// Whether who has this ticket has a slot; if not, `waker` is woken when it does.
    pub(super) fn has_been_served(&self, ticket: u64, waker: &Waker) -> bool {
        // Cloned before it is known to be needed, because a waker is foreign code.
        let mut waker = waker.clone();
        let mut waiting = self.waiting.lock();
        let known = waiting.queue.waker(ticket);
        let has_been_served = known.is_none();
        if let Some(known) = known {
            std::mem::swap(known, &mut waker);
        }
        drop(waiting);
        drop(waker);
        has_been_served
    }

    /// Takes a waiter out of the queue; false where it has been served, and now has a slot.
    pub(super) fn withdraw(&self, ticket: u64) -> bool {
        let mut waiting = self.waiting.lock();
        let waker = waiting.queue.remove(ticket);
        if waker.is_some() && waiting.queue.len() == 0 {
            self.word.fetch_and(!WAITERS, Relaxed);
        }
        drop(waiting);
        waker.is_some()
    }

    /// The waiter goes, whether it has been served or not: what it was handed goes to the next.
    pub(super) fn cancel(&self, ticket: u64) {
        if !self.withdraw(ticket) {
            self.leave_unused();
        }
    }

    /// Serves as many of those who wait as there are slots for.
    pub(super) fn hand_out(&self) {
        while let Some(waker) = self.serve() {
            wake(waker);
        }
    }

    fn serve(&self) -> Option<Waker> {
        let mut waiting = self.waiting.lock();
        let is_last = match waiting.queue.len() {
            0 => return None,
            count => count == 1,
        };
        let mut word = Word(self.word.load(Relaxed));
        while word.has_slot() {
            let next = if is_last { (word.0 & !WAITERS) + ENTER } else { word.0 + ENTER };
            match self.word.compare_exchange_weak(word.0, next, Acquire, Relaxed) {
                Ok(_) => return waiting.queue.pop(),
                Err(now) => word = Word(now),
            }
        }
        None
    }

    /// Changes the limit. Where more are in flight, nobody enters until fewer are. Whoever waits for what is
    /// new is served by [`Self::hand_out`], under no lock of the caller's.
    pub(super) fn set_limit(&self, limit: u32) {
        let waiting = self.waiting.lock();
        // Nobody else changes these bits while the lock is held.
        let now = Word(self.word.load(Relaxed)).limit();
        let difference = (u64::from(limit).wrapping_sub(u64::from(now))).wrapping_mul(ONE_LIMIT);
        self.word.fetch_add(difference, Relaxed);
        drop(waiting);
    }

    pub(super) fn set_adaptive(&self, is_adaptive: bool) {
        if is_adaptive {
            self.word.fetch_or(ADAPTIVE, Relaxed);
        } else {
            self.word.fetch_and(!ADAPTIVE, Relaxed);
        }
    }

    /// Those who wait already may stay.
    pub(super) fn set_max_waiting(&self, max: usize) {
        self.waiting.lock().max = max;
    }

    #[inline]
    pub(super) fn word(&self) -> Word {
        Word(self.word.load(Relaxed))
    }

    pub(super) fn read(&self) -> Reading {
        // Folds happen under the lock, so that none is missed or counted twice.
        let waiting = self.waiting.lock();
        let word = self.word();
        Reading {
            in_flight: word.in_flight(),
            limit: word.limit(),
            is_adaptive: word.is_adaptive(),
            admitted: waiting.folded.wrapping_add(word.admitted()),
            waiting: waiting.queue.len(),
            max_waiting: waiting.max,
        }
    }
}

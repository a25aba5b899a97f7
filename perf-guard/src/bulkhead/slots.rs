//! A fair semaphore whose limit can change.
//!
//! One word has the number of slots that are taken and, in another bit, whether anybody waits. Nobody waiting,
//! a slot is taken and given back with one atomic operation each. Whoever would wait sets the bit, under the queue's lock, only
//! where the word says that there is no slot; whoever gives one back and finds the bit set hands slots on to those who
//! came first. So none is handed out that is not there, and none is left over while somebody waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::thread::Thread;

use crate::primitive::{
    AtomicU32, AtomicU64, Mutex,
    Ordering::{AcqRel, Acquire, Relaxed, Release},
    lock,
};

const WAITING: u64 = 1 << 32;
const TAKEN: u64 = WAITING - 1;

#[derive(Debug)]
pub(super) struct Slots {
    word: AtomicU64,
    limit: AtomicU32,
    queue: Mutex<VecDeque<Arc<Waiter>>>,
}

/// One who waits.
#[derive(Debug)]
pub(super) struct Waiter {
    /// Whether it has a slot, or wants none any more.
    state: AtomicU32,
    wakes: Mutex<Option<Wakes>>,
}

const WANTS: u32 = 0;
const HAS: u32 = 1;
const GONE: u32 = 2;

/// What is woken.
#[derive(Debug)]
pub(super) enum Wakes {
    Thread(Thread),
    Task(Waker),
}

impl Wakes {
    fn wake(self) {
        match self {
            Self::Thread(thread) => thread.unpark(),
            Self::Task(waker) => waker.wake(),
        }
    }
}

/// What there is for one who may wait.
#[derive(Debug)]
pub(super) enum Turn {
    Now,
    Later(Arc<Waiter>),
    /// As many wait as may.
    Never,
}

impl Slots {
    pub(super) fn new(limit: u32) -> Self {
        Self { word: AtomicU64::new(0), limit: AtomicU32::new(limit), queue: Mutex::new(VecDeque::new()) }
    }

    /// Takes a slot, if there is one that nobody waits for.
    #[inline(always)]
    pub(super) fn try_take(&self) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            // With the bit set, the word is more than any limit.
            if word >= u64::from(self.limit.load(Relaxed)) {
                return false;
            }
            match self.word.compare_exchange_weak(word, word + 1, AcqRel, Relaxed) {
                Ok(_) => return true,
                Err(others) => word = others,
            }
        }
    }

    /// Takes a slot, or a place in the queue, if fewer than `most` wait.
    pub(super) fn take_or_wait(&self, most: usize, wakes: impl FnOnce() -> Option<Wakes>) -> Turn {
        let mut queue = lock(&self.queue);
        loop {
            let word = self.word.load(Acquire);
            let is_free = queue.is_empty() && word & TAKEN < u64::from(self.limit.load(Relaxed));
            let next = if is_free { (word & !WAITING) + 1 } else { word | WAITING };
            if !is_free && queue.len() >= most {
                return Turn::Never;
            }
            if self.word.compare_exchange(word, next, AcqRel, Relaxed).is_ok() {
                if is_free {
                    return Turn::Now;
                }
                let waiter = Arc::new(Waiter { state: AtomicU32::new(WANTS), wakes: Mutex::new(wakes()) });
                queue.push_back(waiter.clone());
                return Turn::Later(waiter);
            }
        }
    }

    /// Gives a slot back.
    #[inline(always)]
    pub(super) fn give_back(&self) {
        if self.word.fetch_sub(1, AcqRel) & WAITING != 0 {
            self.hand_on();
        }
    }

    /// Hands free slots to those who came first.
    #[cold]
    #[inline(never)]
    fn hand_on(&self) {
        while let Some(waiter) = self.hand_one_on() {
            let wakes = lock(&waiter.wakes).take();
            // Foreign code: nothing is locked.
            if let Some(wakes) = wakes {
                wakes.wake();
            }
        }
    }

    /// Hands one slot on, if there is one and somebody to have it, who is to be woken.
    fn hand_one_on(&self) -> Option<Arc<Waiter>> {
        let mut queue = lock(&self.queue);
        loop {
            let word = self.word.load(Acquire);
            if queue.is_empty() {
                self.word.fetch_and(!WAITING, AcqRel);
                return None;
            }
            if word & TAKEN >= u64::from(self.limit.load(Relaxed)) {
                return None;
            }
            if self.word.compare_exchange(word, word + 1, AcqRel, Relaxed).is_err() {
                continue;
            }
            let waiter = queue.pop_front()?;
            if waiter.state.compare_exchange(WANTS, HAS, AcqRel, Relaxed).is_ok() {
                return Some(waiter);
            }
            self.word.fetch_sub(1, AcqRel);
        }
    }

    /// One who waited goes away. True where it had been given a slot, which it has to give back.
    pub(super) fn leave(&self, waiter: &Arc<Waiter>) -> bool {
        if waiter.state.compare_exchange(WANTS, GONE, AcqRel, Acquire).is_err() {
            return true;
        }
        lock(&self.queue).retain(|other| !Arc::ptr_eq(other, waiter));
        let wakes = lock(&waiter.wakes).take();
        drop(wakes);
        false
    }

    pub(super) fn set_limit(&self, limit: u32) {
        self.limit.store(limit, Release);
        self.hand_on();
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit.load(Acquire)
    }

    pub(super) fn taken(&self) -> u64 {
        self.word.load(Acquire) & TAKEN
    }

    pub(super) fn waiting(&self) -> usize {
        lock(&self.queue).len()
    }
}

impl Waiter {
    pub(super) fn has_slot(&self) -> bool {
        self.state.load(Acquire) == HAS
    }

    /// Another task is to be woken.
    pub(super) fn set_waker(&self, waker: &Waker) {
        let before = {
            let mut known = lock(&self.wakes);
            match &*known {
                Some(Wakes::Task(same)) if same.will_wake(waker) => None,
                _ => known.replace(Wakes::Task(waker.clone())),
            }
        };
        drop(before);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_does_what_a_plain_semaphore_with_a_queue_does(
            limit in 1_u32..5, steps in prop::collection::vec((0_u8..5, 0_usize..8, 1_u32..6), 1..200)
        ) {
            let slots = Slots::new(limit);
            let (mut limit, mut taken) = (limit, 0_u32);
            let mut waiting: VecDeque<Arc<Waiter>> = VecDeque::new();
            for (step, at, other) in steps {
                match step {
                    0 => {
                        let is_free = taken < limit && waiting.is_empty();
                        prop_assert_eq!(slots.try_take(), is_free);
                        taken += u32::from(is_free);
                    }
                    1 => match slots.take_or_wait(4, || None) {
                        Turn::Now => {
                            prop_assert!(taken < limit && waiting.is_empty());
                            taken += 1;
                        }
                        Turn::Later(waiter) => {
                            prop_assert!(taken >= limit || !waiting.is_empty());
                            waiting.push_back(waiter);
                        }
                        Turn::Never => prop_assert_eq!(waiting.len(), 4),
                    },
                    2 if taken > 0 => {
                        taken -= 1;
                        slots.give_back();
                    }
                    3 if at < waiting.len() => {
                        let waiter = waiting.remove(at).unwrap();
                        prop_assert!(!slots.leave(&waiter), "it had no slot");
                    }
                    4 => {
                        limit = other;
                        slots.set_limit(limit);
                    }
                    _ => {}
                }
                // In turn, as many as there are slots.
                while taken < limit && !waiting.is_empty() {
                    prop_assert!(waiting.pop_front().unwrap().has_slot());
                    taken += 1;
                }
                prop_assert!(waiting.iter().all(|waiter| !waiter.has_slot()));
                prop_assert_eq!((slots.taken(), slots.waiting()), (u64::from(taken), waiting.len()));
            }
        }
    }
}

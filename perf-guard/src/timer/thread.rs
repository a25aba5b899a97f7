//! The thread that wakes tasks, and those that it is to wake.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::Instant;

use once_cell::race::OnceBox;
use perf_core::__guard::forks;

use crate::primitive::{lock, wake};

/// One thread, and those that wait for it. A process has one; a forked child, in which the thread is not,
/// and in which the lock may be taken for ever, makes one of its own.
#[derive(Debug)]
pub(super) struct Timer {
    /// The process that it is of, by its [`forks`] and one; 0 where it is nobody's yet.
    process: AtomicU32,
    waiting: Mutex<Waiting>,
    /// Told when one is to be woken before the thread would look again.
    sooner: Condvar,
    /// Of a child.
    next: OnceBox<Timer>,
}

/// First the moment, then a number that tells apart those that wait for the same.
pub(super) type Key = (Instant, u64);

#[derive(Debug)]
struct Waiting {
    wakers: BTreeMap<Key, Waker>,
    numbers: u64,
    has_thread: bool,
    /// When the thread looks again by itself. So a wait that is over before its time, as most are, does not wake
    /// the thread, nor does the next one, which is for later.
    looks_at: Option<Instant>,
}

static FIRST: Timer = Timer::new();

impl Timer {
    const fn new() -> Self {
        let waiting = Waiting { wakers: BTreeMap::new(), numbers: 0, has_thread: false, looks_at: None };
        Self { process: AtomicU32::new(0), waiting: Mutex::new(waiting), sooner: Condvar::new(), next: OnceBox::new() }
    }

    /// This process' own.
    pub(super) fn ours() -> &'static Self {
        let process = forks().wrapping_add(1);
        let mut timer = &FIRST;
        loop {
            match timer.process.compare_exchange(0, process, Relaxed, Relaxed) {
                Ok(_) => return timer,
                Err(known) if known == process => return timer,
                Err(_) => timer = timer.next.get_or_init(|| Box::new(Self::new())),
            }
        }
    }

    pub(super) fn is_ours(&self) -> bool {
        self.process.load(Relaxed) == forks().wrapping_add(1)
    }

    /// Wakes `waker` at the deadline, once, unless it is removed before; none where there is no thread to do it.
    pub(super) fn add(&'static self, deadline: Instant, waker: Waker) -> Option<Key> {
        let mut waiting = lock(&self.waiting);
        if !waiting.has_thread {
            let started = thread::Builder::new().name("perf-timer".to_owned()).spawn(move || self.run());
            if started.is_err() {
                drop(waiting);
                // A waker is foreign code.
                drop(waker);
                return None;
            }
            waiting.has_thread = true;
        }
        waiting.numbers += 1;
        let key = (deadline, waiting.numbers);
        waiting.wakers.insert(key, waker);
        if waiting.looks_at.is_none_or(|looks_at| deadline < looks_at) {
            waiting.looks_at = Some(deadline);
            self.sooner.notify_one();
        }
        Some(key)
    }

    /// Takes back what was added; none where it has been woken.
    pub(super) fn remove(&self, key: Key) -> Option<Waker> {
        lock(&self.waiting).wakers.remove(&key)
    }

    #[cfg(test)]
    pub(super) fn waits_for(&self, key: Key) -> bool {
        lock(&self.waiting).wakers.contains_key(&key)
    }

    fn run(&self) {
        let mut waiting = lock(&self.waiting);
        loop {
            let now = Instant::now();
            let first = waiting.wakers.first_key_value().map(|(key, _)| *key);
            waiting = match first {
                Some(key) if key.0 <= now => {
                    let waker = waiting.wakers.remove(&key);
                    drop(waiting);
                    waker.into_iter().for_each(wake);
                    lock(&self.waiting)
                }
                Some((deadline, _)) => {
                    waiting.looks_at = Some(deadline);
                    self.sooner.wait_timeout(waiting, deadline - now).unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    waiting.looks_at = None;
                    self.sooner.wait(waiting).unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

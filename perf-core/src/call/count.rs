//! An exact count in two halves: a countdown that the hot path writes, and what is known of before.
//!
//! A sequence lock (Boehm, "Can seqlocks get along with programming language memory models?", 2012):
//! the one writer never waits; a reader tries again where it was disturbed. The hot path's own
//! stores to the countdown are not part of the protocol: each is whole by itself, and says that one
//! more call has begun.

use std::cell::Cell;

use super::primitive::{
    AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

/// Calls = `base` + `armed` − countdown.
pub(super) struct Count {
    /// Odd while the rest is being changed.
    seq: AtomicU32,
    /// What the countdown was last set to.
    armed: AtomicU32,
    /// Calls before that.
    base: AtomicU64,
    /// The same three, for the writer: it never reads what it shares.
    own: Cell<Own>,
}

#[derive(Clone, Copy)]
struct Own {
    seq: u32,
    armed: u32,
    base: u64,
}

// SAFETY: `own` is only touched by the writer, and there is one at a time; see `write`.
unsafe impl Sync for Count {}
// SAFETY: as above.
unsafe impl Send for Count {}

impl Count {
    pub(super) fn new() -> Self {
        let own = Cell::new(Own { seq: 0, armed: 0, base: 0 });
        Self { seq: AtomicU32::new(0), armed: AtomicU32::new(0), base: AtomicU64::new(0), own }
    }

    /// What the countdown was last set to. Only the writer asks.
    #[inline(always)]
    pub(super) fn armed(&self) -> u32 {
        self.own.get().armed
    }

    /// Adds `counted` to the calls of before and, with `set_countdown`, sets the countdown to `armed`:
    /// a reader sees all of that or nothing.
    ///
    /// Only one thread writes at a time: the one that has the strand, or, when that is gone, the
    /// one that holds the census.
    #[inline(always)]
    pub(super) fn write(&self, counted: u64, armed: u32, set_countdown: impl FnOnce()) {
        let own = self.own.get();
        let base = own.base.wrapping_add(counted);
        let seq = own.seq.wrapping_add(2);
        self.own.set(Own { seq, armed, base });
        self.seq.store(seq.wrapping_sub(1), Relaxed);
        fence(Release);
        self.base.store(base, Relaxed);
        self.armed.store(armed, Relaxed);
        set_countdown();
        self.seq.store(seq, Release);
    }

    /// The calls until now.
    pub(super) fn read(&self, countdown: impl Fn() -> u32) -> u64 {
        loop {
            let seq = self.seq.load(Acquire);
            let left = countdown();
            let calls = self.base.load(Relaxed).wrapping_add(u64::from(self.armed.load(Relaxed).wrapping_sub(left)));
            fence(Acquire);
            if seq.is_multiple_of(2) && self.seq.load(Relaxed) == seq {
                return calls;
            }
            super::primitive::spin();
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::{Arc, Mutex};
    use loom::thread;

    use super::*;

    struct Lane {
        count: Count,
        countdown: AtomicU32,
        /// What the countdown says, for the one that writes it. loom does not try orders in which
        /// another thread comes between a load and a store of the same thread.
        left: Cell<u32>,
    }

    // SAFETY: in each model one thread at a time writes.
    unsafe impl Sync for Lane {}
    // SAFETY: as above.
    unsafe impl Send for Lane {}

    impl Lane {
        fn new() -> Self {
            Self { count: Count::new(), countdown: AtomicU32::new(0), left: Cell::new(0) }
        }

        /// As `Tally::arm`.
        fn arm(&self, next: u32) {
            let used = self.count.armed() - self.left.replace(next);
            self.count.write(u64::from(used), next, || self.countdown.store(next, Relaxed));
        }

        /// As `Lane::tick`, which goes the slow way at zero.
        fn call(&self) {
            let left = self.left.get() - 1;
            self.left.set(left);
            self.countdown.store(left, Relaxed);
            if left == 0 {
                self.arm(2);
            }
        }

        fn read(&self) -> u64 {
            self.count.read(|| self.countdown.load(Relaxed))
        }
    }

    #[test]
    fn a_reader_never_sees_more_calls_than_were_begun_and_never_fewer_than_before() {
        super::super::primitive::model(|| {
            let lane = Arc::new(Lane::new());
            lane.arm(1);
            let writer = {
                let lane = lane.clone();
                thread::spawn(move || (0..2).for_each(|_| lane.call()))
            };
            let first = lane.read();
            let second = lane.read();
            assert!(first <= second && second <= 2, "{first}, {second}");
            writer.join().unwrap();
            assert_eq!(lane.read(), 2);
        });
    }

    #[test]
    fn a_lane_that_passes_from_thread_to_thread_loses_nothing() {
        super::super::primitive::model(|| {
            let lane = Arc::new(Mutex::new(Lane::new()));
            // A thread takes the strand under the census, counts without it, and gives it back under it.
            let turn = |lane: Arc<Mutex<Lane>>| {
                move || {
                    let lane = lane.lock().unwrap();
                    lane.arm(2);
                    lane.call();
                    lane.arm(0);
                }
            };
            let first = thread::spawn(turn(lane.clone()));
            let second = thread::spawn(turn(lane.clone()));
            first.join().unwrap();
            second.join().unwrap();
            assert_eq!(lane.lock().unwrap().read(), 2);
        });
    }
}

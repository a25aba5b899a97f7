//! An exact count in two halves: a countdown that the hot path writes, and what is known of before.
//!
//! A sequence lock (Boehm, "Can seqlocks get along with programming language memory models?", 2012):
//! the one writer never waits; a reader tries again where it was disturbed. The hot path's own
//! stores to the countdown are not part of the protocol: each is whole by itself, and says that one
//! more call has begun.

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
}

impl Count {
    pub(super) fn new() -> Self {
        Self { seq: AtomicU32::new(0), armed: AtomicU32::new(0), base: AtomicU64::new(0) }
    }

    /// What the countdown was last set to. Only the writer asks.
    #[inline(always)]
    pub(super) fn armed(&self) -> u32 {
        self.armed.load(Relaxed)
    }

    /// Adds `counted` to the calls of before and, with `set_countdown`, sets the countdown to `armed`:
    /// a reader sees all of that or nothing.
    ///
    /// Only one thread writes at a time: the one that has the strand, or, when that is gone, the
    /// one that holds the census.
    #[inline(always)]
    pub(super) fn write(&self, counted: u64, armed: u32, set_countdown: impl FnOnce()) {
        // Odd only where a fork caught another thread between the two stores.
        let seq = self.seq.load(Relaxed) & !1;
        self.seq.store(seq.wrapping_add(1), Relaxed);
        fence(Release);
        self.base.store(self.base.load(Relaxed).wrapping_add(counted), Relaxed);
        self.armed.store(armed, Relaxed);
        set_countdown();
        self.seq.store(seq.wrapping_add(2), Release);
    }

    /// The calls until now.
    pub(super) fn read(&self, countdown: impl Fn() -> u32) -> u64 {
        loop {
            let seq = self.seq.load(Acquire);
            let left = countdown();
            let calls = self.base.load(Relaxed) + u64::from(self.armed.load(Relaxed).wrapping_sub(left));
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
    }

    impl Lane {
        fn new() -> Self {
            Self { count: Count::new(), countdown: AtomicU32::new(0) }
        }

        /// As `Tally::arm`.
        fn arm(&self, next: u32) {
            let used = self.count.armed() - self.countdown.load(Relaxed);
            self.count.write(u64::from(used), next, || self.countdown.store(next, Relaxed));
        }

        /// As `Lane::tick`, which goes the slow way at zero.
        fn call(&self) {
            let left = self.countdown.load(Relaxed) - 1;
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
        loom::model(|| {
            let lane = Arc::new(Lane::new());
            lane.arm(1);
            let writer = {
                let lane = lane.clone();
                thread::spawn(move || (0..3).for_each(|_| lane.call()))
            };
            let first = lane.read();
            let second = lane.read();
            assert!(first <= second && second <= 3, "{first}, {second}");
            writer.join().unwrap();
            assert_eq!(lane.read(), 3);
        });
    }

    #[test]
    fn a_lane_that_passes_from_thread_to_thread_loses_nothing() {
        loom::model(|| {
            let lane = Arc::new(Mutex::new(Lane::new()));
            // A thread takes the strand under the census, counts without it, and gives it back under it.
            let turn = |lane: Arc<Mutex<Lane>>| {
                move || {
                    let lane = lane.lock().unwrap();
                    lane.arm(2);
                    lane.call();
                    let used = lane.count.armed() - lane.countdown.load(Relaxed);
                    lane.count.write(u64::from(used), 0, || lane.countdown.store(0, Relaxed));
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

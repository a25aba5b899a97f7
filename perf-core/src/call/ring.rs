//! A bounded queue of samples from one thread to whoever drains.
//!
//! One producer, the thread; one consumer at a time, whoever holds the aggregator. A full ring
//! takes nothing more and says so: a writer never waits.

use std::mem::MaybeUninit;
use std::ptr;

use super::platform::hand_out_by_small_pages;
use super::primitive::{
    AtomicPtr, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    UnsafeCell,
};

/// One sample, or a part of one. Nobody is there while it is written: `head` and `tail` see to it.
type Cell = UnsafeCell<MaybeUninit<[u64; 2]>>;

/// A number that only one side looks at.
type Own = std::cell::Cell<u32>;

/// See the module.
pub(crate) struct Ring {
    /// Slots written so far, for the consumer.
    head: AtomicU32,
    /// The same, for the producer: it never reads what it shares.
    head_own: Own,
    /// `tail` as the producer last saw it, so that it seldom has to look.
    tail_seen: Own,
    /// Slots taken so far, for the producer.
    tail: AtomicU32,
    /// The same, for the consumer.
    tail_own: Own,
    /// A power of two, less one; zero before the first sample.
    mask: AtomicU32,
    /// Made by the first sample: most threads of most programs never have one.
    cells: AtomicPtr<Cell>,
}

// SAFETY: the protocol of `head` and `tail` is what makes the sharing sound; see `push` and `drain`.
// What is not atomic belongs to one side, which is one thread at a time.
unsafe impl Send for Ring {}
// SAFETY: as above.
unsafe impl Sync for Ring {}

impl Ring {
    pub(crate) fn new() -> Self {
        Self {
            head: AtomicU32::new(0),
            head_own: Own::new(0),
            tail_seen: Own::new(0),
            tail: AtomicU32::new(0),
            tail_own: Own::new(0),
            mask: AtomicU32::new(0),
            cells: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Gives the ring its slots: `capacity`, rounded up to a power of two. Where they are not `touched`,
    /// the system has to give memory for each only when it is used. Only the producer calls it.
    pub(crate) fn allocate(&self, capacity: u32, touched: bool) {
        if !self.cells.load(Relaxed).is_null() {
            return;
        }
        let capacity = capacity.clamp(2, 1 << 20).next_power_of_two();
        let mut cells = Box::new_uninit_slice(capacity as usize);
        if touched || cfg!(loom) {
            for cell in &mut cells {
                cell.write(Cell::new(MaybeUninit::new([0; 2])));
            }
        } else {
            hand_out_by_small_pages(&cells);
        }
        // SAFETY: a cell is nothing but what it holds, which need not be initialised. Loom's is more,
        // and has been written.
        let cells: Box<[Cell]> = unsafe { cells.assume_init() };
        self.mask.store(capacity - 1, Relaxed);
        self.cells.store(Box::into_raw(cells).cast::<Cell>(), Release);
    }

    /// Adds all of `slots` or, where there is no room for all, none. Gives `head` after it.
    ///
    /// Only the producer calls it.
    #[inline(always)]
    pub(crate) fn push(&self, slots: &[[u64; 2]]) -> Option<u32> {
        let head = self.put(slots)?;
        self.head.store(head, Release);
        Some(head)
    }

    /// The same, but that the consumer does not see it before [`Self::show`]: whether there was room.
    pub(crate) fn write(&self, slots: &[[u64; 2]]) -> bool {
        self.put(slots).is_some()
    }

    /// Whether there is room for so many more. Only the producer asks.
    pub(crate) fn has_room(&self, slots: u32) -> bool {
        let waiting = self.head_own.get().wrapping_sub(self.tail.load(Acquire));
        self.capacity().saturating_sub(waiting) >= slots
    }

    /// Lets the consumer see all that was written. Only the producer calls it.
    pub(crate) fn show(&self) {
        self.head.store(self.head_own.get(), Release);
    }

    /// Takes back all that was written and not shown. Only the producer calls it.
    pub(crate) fn take_back(&self) {
        self.head_own.set(self.head.load(Relaxed));
    }

    #[inline(always)]
    fn put(&self, slots: &[[u64; 2]]) -> Option<u32> {
        let cells = self.cells.load(Relaxed);
        if cells.is_null() {
            return None;
        }
        let mask = self.mask.load(Relaxed);
        let head = self.head_own.get();
        let wanted = slots.len() as u32;
        if head.wrapping_sub(self.tail_seen.get()) + wanted > mask + 1 {
            let tail = self.tail.load(Acquire);
            self.tail_seen.set(tail);
            if head.wrapping_sub(tail) + wanted > mask + 1 {
                return None;
            }
        }
        let mut at = head;
        for slot in slots {
            // SAFETY: the index is masked, so it is within the cells that `allocate` made, which
            // are never freed while the ring lives. No reader is at this slot: `tail` has passed it.
            unsafe { (*cells.add((at & mask) as usize)).with_mut(|cell| cell.write(MaybeUninit::new(*slot))) };
            at = at.wrapping_add(1);
        }
        self.head_own.set(at);
        Some(at)
    }

    /// Takes out all that is there. Only one consumer at a time calls it.
    pub(crate) fn drain(&self, each: &mut dyn FnMut([u64; 2])) {
        let head = self.head.load(Acquire);
        let mut tail = self.tail_own.get();
        if head == tail {
            return;
        }
        let cells = self.cells.load(Acquire);
        let mask = self.mask.load(Relaxed);
        while tail != head {
            // SAFETY: masked, and `head` says that the slot has been written; the producer leaves
            // it alone until `tail` has passed it.
            each(unsafe { (*cells.add((tail & mask) as usize)).with(|cell| (*cell).assume_init()) });
            tail = tail.wrapping_add(1);
        }
        self.tail_own.set(tail);
        self.tail.store(tail, Release);
    }

    /// Slots written so far. Only the producer asks.
    pub(crate) fn head(&self) -> u32 {
        self.head_own.get()
    }

    /// How many slots there are; none before the first sample.
    pub(crate) fn capacity(&self) -> u32 {
        if self.cells.load(Relaxed).is_null() { 0 } else { self.mask.load(Relaxed) + 1 }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let cells = self.cells.load(Relaxed);
        if !cells.is_null() {
            let count = self.mask.load(Relaxed) as usize + 1;
            // SAFETY: made by `allocate` from a box of this many cells; nobody shares `self` now.
            drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(cells, count)) });
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let ring = Ring::new();
        ring.allocate(8, true);
        for round in 0..100_u64 {
            for i in 0..5 {
                assert!(ring.push(&[[round, i]]).is_some());
            }
            let mut seen = Vec::new();
            ring.drain(&mut |slot| seen.push(slot));
            assert_eq!(seen, (0..5).map(|i| [round, i]).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_full_ring_refuses_and_keeps_what_it_has() {
        let ring = Ring::new();
        ring.allocate(8, true);
        for i in 0..8 {
            assert!(ring.push(&[[i, 0]]).is_some());
        }
        assert_eq!(ring.push(&[[8, 0]]), None);
        let mut seen = Vec::new();
        ring.drain(&mut |slot| seen.push(slot[0]));
        assert_eq!(seen, (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn a_sample_of_several_slots_goes_in_whole_or_not_at_all() {
        let ring = Ring::new();
        ring.allocate(8, true);
        for _ in 0..2 {
            assert!(ring.push(&[[1, 0], [2, 0], [3, 0]]).is_some());
        }
        assert_eq!(ring.push(&[[1, 0], [2, 0], [3, 0]]), None);
        assert!(ring.push(&[[4, 0], [5, 0]]).is_some());
        let mut seen = Vec::new();
        ring.drain(&mut |slot| seen.push(slot[0]));
        assert_eq!(seen, [1, 2, 3, 1, 2, 3, 4, 5]);
    }

    proptest::proptest! {
        #[test]
        fn a_ring_is_a_queue_of_bounded_length(
            steps in proptest::collection::vec(proptest::option::of(1_usize..4), 1..200)
        ) {
            let (ring, mut queue, mut next) = (Ring::new(), std::collections::VecDeque::new(), 0_u64);
            ring.allocate(8, true);
            for step in steps {
                let Some(count) = step else {
                    ring.drain(&mut |slot| assert_eq!(Some(slot), queue.pop_front()));
                    assert!(queue.is_empty());
                    continue;
                };
                let slots: Vec<[u64; 2]> = (next..next + count as u64).map(|n| [n, n + 1]).collect();
                next += count as u64;
                let fits = queue.len() + count <= 8;
                assert_eq!(ring.push(&slots).is_some(), fits);
                queue.extend(slots.into_iter().filter(|_| fits));
            }
        }
    }

    #[test]
    fn a_ring_without_slots_takes_nothing() {
        let ring = Ring::new();
        assert_eq!(ring.push(&[[1, 1]]), None);
        ring.drain(&mut |_| unreachable!());
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn a_consumer_sees_whole_samples_in_order_and_every_one_that_was_taken() {
        super::super::primitive::model(|| {
            let ring = Arc::new(Ring::new());
            let producer = {
                let ring = ring.clone();
                thread::spawn(move || {
                    ring.allocate(2, true);
                    (1..=3_u64).filter(|&n| ring.push(&[[n, n * 10]]).is_some()).collect::<Vec<_>>()
                })
            };
            let mut seen = Vec::new();
            ring.drain(&mut |slot| seen.push(slot));
            ring.drain(&mut |slot| seen.push(slot));
            let taken = producer.join().unwrap();
            ring.drain(&mut |slot| seen.push(slot));
            assert_eq!(seen, taken.iter().map(|&n| [n, n * 10]).collect::<Vec<_>>());
            assert!(taken.starts_with(&[1, 2]), "two fit in any case: {taken:?}");
        });
    }

    #[test]
    fn what_is_written_is_seen_once_it_is_shown_and_what_is_taken_back_never() {
        super::super::primitive::model(|| {
            let ring = Arc::new(Ring::new());
            let producer = {
                let ring = ring.clone();
                thread::spawn(move || {
                    ring.allocate(4, true);
                    assert!(ring.write(&[[9, 9]]));
                    ring.take_back();
                    assert!(ring.write(&[[1, 1]]) && ring.write(&[[2, 2]]));
                    ring.show();
                })
            };
            let mut seen = Vec::new();
            ring.drain(&mut |slot| seen.push(slot[0]));
            assert!(seen.is_empty() || seen == [1, 2], "{seen:?}");
            producer.join().unwrap();
            ring.drain(&mut |slot| seen.push(slot[0]));
            assert_eq!(seen, [1, 2]);
        });
    }

    #[test]
    fn a_sample_of_two_slots_is_never_seen_in_half() {
        super::super::primitive::model(|| {
            let ring = Arc::new(Ring::new());
            let producer = {
                let ring = ring.clone();
                thread::spawn(move || {
                    ring.allocate(2, true);
                    ring.push(&[[1, 1], [2, 2]]).is_some()
                })
            };
            let mut count = 0;
            ring.drain(&mut |_| count += 1);
            assert!(count == 0 || count == 2, "{count}");
            assert!(producer.join().unwrap());
        });
    }
}

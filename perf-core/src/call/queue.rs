//! What waits of one thread: a short ring, and a long one for when the consumer is late.
//!
//! The short one is used over and over while the consumer is in time, so it stays in the cache. What
//! it has no room for goes into the long one, which the system gives memory for only as far as it
//! was ever used. Once the consumer has been there, the short one has room again.
//!
//! So samples may overtake one another. Each is whole within one ring, and nobody asks which came first.

use super::ring::Ring;

/// The part of the long ring's slots that the short one has.
const SHORT_PART: u32 = 8;

/// See the module.
pub(crate) struct Queue {
    short: Ring,
    long: Ring,
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { short: Ring::new(), long: Ring::new() }
    }

    /// Makes the rings, the long one with `slots`, rounded up to a power of two. Only the producer
    /// calls it, and nothing is allocated afterwards.
    pub(crate) fn allocate(&self, slots: u32) {
        let slots = slots.next_power_of_two();
        // Touched now, so that the system's work is not in the middle of calls.
        self.short.allocate(slots / SHORT_PART, true);
        self.long.allocate(slots, false);
    }

    /// Whether [`Self::allocate`] has been called.
    pub(crate) fn is_made(&self) -> bool {
        // It is made last: in the child of a fork that came between, the next thread makes it.
        self.long.capacity() > 0
    }

    /// Adds all of `slots` or, where the short ring has no room for all, none. Gives its head after it.
    ///
    /// Only the producer calls it.
    #[inline(always)]
    pub(crate) fn push(&self, slots: &[[u64; 2]]) -> Option<u32> {
        self.short.push(slots)
    }

    /// The same, where [`Self::push`] found no room: whether there was any.
    pub(crate) fn push_late(&self, slots: &[[u64; 2]]) -> bool {
        self.push(slots).or_else(|| self.long.push(slots)).is_some()
    }

    /// Takes out all that is there. Only one consumer at a time calls it.
    pub(crate) fn drain(&self, each: &mut dyn FnMut([u64; 2])) {
        // First the one that everything goes into as soon as it has room.
        self.short.drain(each);
        self.long.drain(each);
    }

    /// Slots of the short ring written so far. Only the producer asks.
    pub(crate) fn head(&self) -> u32 {
        self.short.head()
    }

    /// Slots of the short ring after which the consumer should be told.
    pub(crate) fn until_alarm(&self) -> u32 {
        self.short.capacity() / 2
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;

    use super::*;

    fn of(slots: u32) -> Queue {
        let queue = Queue::new();
        queue.allocate(slots);
        queue
    }

    fn push(queue: &Queue, slots: &[[u64; 2]]) -> bool {
        queue.push(slots).is_some() || queue.push_late(slots)
    }

    /// The first halves of all that waits, sorted.
    fn drained(queue: &Queue) -> Vec<u64> {
        let mut seen = Vec::new();
        queue.drain(&mut |slot| seen.push(slot[0]));
        seen.sort_unstable();
        seen
    }

    #[test]
    fn nothing_is_refused_before_both_rings_are_full() {
        let queue = of(64);
        for round in 0..100 {
            let taken = (0..100).filter(|&i| push(&queue, &[[i, 0]])).collect::<Vec<_>>();
            assert_eq!(taken, (0..8 + 64).collect::<Vec<_>>(), "{round}");
            assert_eq!(drained(&queue), taken);
        }
    }

    #[test]
    fn the_long_ring_is_left_alone_while_the_consumer_is_in_time() {
        let queue = of(64);
        let in_time = |written: std::ops::Range<u64>| {
            for i in written {
                assert!(push(&queue, &[[i, 0]]));
                if i % 8 == 7 {
                    assert_eq!(drained(&queue), (i - 7..=i).collect::<Vec<_>>());
                }
            }
        };
        in_time(0..800);
        assert_eq!(queue.long.head(), 0);
        (0..20).for_each(|i| assert!(push(&queue, &[[i, 0]])));
        assert_eq!((drained(&queue).len(), queue.long.head()), (20, 12), "late once");
        in_time(800..1600);
        assert_eq!(queue.long.head(), 12);
    }

    #[test]
    fn a_sample_of_several_slots_is_whole_in_one_ring() {
        let queue = of(64);
        let taken = (0..30).filter(|&i| push(&queue, &[[i, 0], [i, 1], [i, 2]])).count();
        assert_eq!(taken, 8 / 3 + 64 / 3);
        let mut slots = Vec::new();
        queue.drain(&mut |slot| slots.push(slot));
        assert_eq!(slots.len(), 3 * taken);
        assert!(slots.chunks(3).all(|sample| (0..).zip(sample).all(|(i, slot)| *slot == [sample[0][0], i])));
    }

    #[test]
    fn samples_written_while_the_consumer_reads_are_not_lost() {
        let queue = of(64);
        (0..20).for_each(|i| assert!(push(&queue, &[[i, 0]])));
        let (mut seen, mut next) = (Vec::new(), 20);
        queue.drain(&mut |slot| {
            seen.push(slot[0]);
            // As where the allocator is measured, and recording what was read allocates.
            if next < 60 {
                assert!(push(&queue, &[[next, 0]]));
                next += 1;
            }
        });
        seen.extend(drained(&queue));
        seen.sort_unstable();
        assert_eq!(seen, (0..next).collect::<Vec<_>>());
    }

    #[test]
    fn a_queue_that_was_half_made_when_the_process_forked_is_made_by_the_next_thread() {
        let queue = Queue::new();
        queue.short.allocate(8, true);
        assert!((0..8).all(|i| push(&queue, &[[i, 0]])));
        assert!(!queue.is_made() && !push(&queue, &[[8, 0]]));
        queue.allocate(64);
        assert!(queue.is_made() && (8..8 + 64).all(|i| push(&queue, &[[i, 0]])));
        assert_eq!(drained(&queue), (0..8 + 64).collect::<Vec<_>>());
    }

    /// Samples that nobody has room for where the consumer is told at each alarm and drains `late`
    /// samples after it.
    fn dropped(queue: &Queue, late: &[u32]) -> u32 {
        late.iter()
            .map(|late| {
                let dropped = (0..queue.until_alarm() + late).filter(|_| !push(queue, &[[1, 1]])).count();
                queue.drain(&mut |_| ());
                dropped as u32
            })
            .sum()
    }

    #[test]
    fn at_five_million_samples_a_second_a_consumer_may_be_27_milliseconds_late() {
        let millisecond = 5_000;
        let queue = of(131_072);
        assert_eq!(dropped(&queue, &[millisecond; 50]), 0);
        assert_eq!(queue.long.head(), 0, "a millisecond is nothing");
        assert_eq!(dropped(&queue, &[0, 27 * millisecond, 0, 27 * millisecond, 0]), 0);
        assert_eq!(dropped(&queue, &[0, 30 * millisecond, 0]), 8_192 + 30 * millisecond - 16_384 - 131_072);
    }

    #[test]
    fn a_thread_and_a_consumer_lose_nothing_between_them() {
        for round in 0..100_u32 {
            let queue = of(16 << (round % 5));
            let mut seen = Vec::new();
            let mut take = |slot: [u64; 2]| {
                assert_eq!(slot[1], !slot[0]);
                seen.push(slot[0]);
            };
            let mut taken = thread::scope(|scope| {
                let producer = scope.spawn(|| {
                    let whole = |i: u64| push(&queue, &[[2 * i, !(2 * i)], [2 * i + 1, !(2 * i + 1)]]);
                    (0..500).filter(|&i| whole(i)).flat_map(|i| [2 * i, 2 * i + 1]).collect::<Vec<_>>()
                });
                while !producer.is_finished() {
                    queue.drain(&mut take);
                    thread::yield_now();
                }
                producer.join().unwrap()
            });
            queue.drain(&mut take);
            seen.sort_unstable();
            taken.sort_unstable();
            assert_eq!(seen, taken);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_queue_is_two_rings_of_bounded_length(
            slots in 8_u32..100,
            steps in proptest::collection::vec(proptest::option::weighted(0.95, 1_usize..4), 1..400)
        ) {
            let (queue, mut next) = (of(slots), 0_u64);
            let capacity = [(slots.next_power_of_two() / 8).max(2) as usize, slots.next_power_of_two() as usize];
            let mut model = [Vec::new(), Vec::new()];
            for step in steps {
                let Some(count) = step else {
                    let mut seen = Vec::new();
                    queue.drain(&mut |slot| seen.push(slot));
                    assert_eq!(seen, model.concat());
                    model = [Vec::new(), Vec::new()];
                    continue;
                };
                let slots: Vec<[u64; 2]> = (next..next + count as u64).map(|n| [n, !n]).collect();
                next += count as u64;
                let room = (0..2).find(|&ring| model[ring].len() + count <= capacity[ring]);
                assert_eq!(push(&queue, &slots), room.is_some());
                if let Some(ring) = room {
                    model[ring].extend(slots);
                }
            }
        }
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn a_consumer_sees_once_whatever_either_ring_had_room_for() {
        super::super::primitive::model(|| {
            let queue = Arc::new(Queue::new());
            let producer = {
                let queue = queue.clone();
                thread::spawn(move || {
                    queue.allocate(2);
                    (1..=5_u64).filter(|&n| queue.push_late(&[[n, n * 10]])).collect::<Vec<_>>()
                })
            };
            let mut seen = Vec::new();
            queue.drain(&mut |slot| seen.push(slot));
            queue.drain(&mut |slot| seen.push(slot));
            let taken = producer.join().unwrap();
            queue.drain(&mut |slot| seen.push(slot));
            seen.sort_unstable();
            assert_eq!(seen, taken.iter().map(|&n| [n, n * 10]).collect::<Vec<_>>());
            assert!(taken.starts_with(&[1, 2, 3, 4]), "four fit in any case: {taken:?}");
        });
    }
}

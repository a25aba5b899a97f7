//! Every order of events in the semaphore. A wake-up that is lost leaves a thread parked, which loom reports.

use std::sync::Arc;
use std::task::{Wake, Waker};

use loom::thread::{self, Thread};

use super::semaphore::Semaphore;
use super::word::FOLDED;
use crate::primitive::{AtomicU64, Ordering::SeqCst, model};

/// A semaphore, and how many are inside by their own count.
struct Room {
    semaphore: Semaphore,
    inside: AtomicU64,
}

impl Room {
    fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { semaphore: Semaphore::new(limit, 8), inside: AtomicU64::new(0) })
    }

    fn wait(&self) {
        if self.semaphore.try_enter().is_some() {
            return;
        }
        let waker = waker();
        let ticket = self.semaphore.queue(waker.clone()).expect("room in the queue");
        while !self.semaphore.has_been_served(ticket, &waker) {
            thread::park();
        }
    }

    /// Inside are never more than `limit`.
    fn stay(&self, limit: u64) {
        assert!(self.inside.fetch_add(1, SeqCst) < limit);
        self.inside.fetch_sub(1, SeqCst);
        self.semaphore.leave();
    }

    fn assert_empty(&self, admitted: u64) {
        let now = self.semaphore.read();
        assert_eq!((now.in_flight, now.waiting, now.admitted), (0, 0, admitted));
        assert!(self.semaphore.try_enter().is_some(), "nobody waits, and the word says so");
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

#[test]
fn all_who_wait_are_served_and_never_two_at_a_time() {
    model(|| {
        let room = Room::new(1);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let room = room.clone();
                thread::spawn(move || {
                    room.wait();
                    room.stay(1);
                })
            })
            .collect();
        if room.semaphore.try_enter().is_some() {
            room.stay(1);
        }
        others.into_iter().for_each(|other| other.join().unwrap());
        let admitted = room.semaphore.read().admitted;
        assert!((2..=3).contains(&admitted));
        room.assert_empty(admitted);
    });
}

#[test]
fn who_gives_up_while_it_is_served_passes_the_slot_on() {
    model(|| {
        let room = Room::new(1);
        assert!(room.semaphore.try_enter().is_some());
        let gives_up = room.semaphore.queue(waker()).unwrap();
        let waits = {
            let room = room.clone();
            thread::spawn(move || {
                room.wait();
                room.stay(1);
            })
        };
        let leaves = {
            let room = room.clone();
            thread::spawn(move || room.semaphore.leave())
        };
        room.semaphore.cancel(gives_up);
        waits.join().unwrap();
        leaves.join().unwrap();
        room.assert_empty(2);
    });
}

#[test]
fn who_withdraws_either_has_a_slot_or_is_out_of_the_queue() {
    model(|| {
        let room = Room::new(1);
        assert!(room.semaphore.try_enter().is_some());
        let ticket = room.semaphore.queue(waker()).unwrap();
        let leaves = {
            let room = room.clone();
            thread::spawn(move || room.semaphore.leave())
        };
        let is_served = !room.semaphore.withdraw(ticket);
        leaves.join().unwrap();
        assert_eq!(room.semaphore.read().in_flight, u32::from(is_served));
        if is_served {
            room.stay(1);
        }
        room.assert_empty(1 + u64::from(is_served));
    });
}

#[test]
fn a_raised_limit_serves_who_waits() {
    model(|| {
        let room = Room::new(1);
        assert!(room.semaphore.try_enter().is_some());
        let waits = {
            let room = room.clone();
            thread::spawn(move || {
                room.wait();
                room.stay(2);
            })
        };
        room.semaphore.set_limit(2);
        room.semaphore.hand_out();
        // The first stays until the other has been.
        waits.join().unwrap();
        room.semaphore.leave();
        room.assert_empty(2);
    });
}

#[test]
fn nobody_enters_after_the_limit_was_lowered_until_it_is_met() {
    model(|| {
        let room = Room::new(2);
        assert!(room.semaphore.try_enter().is_some());
        let comes = {
            let room = room.clone();
            thread::spawn(move || {
                if room.semaphore.try_enter().is_some() {
                    room.stay(2);
                }
            })
        };
        room.semaphore.set_limit(1);
        let before = room.semaphore.read();
        assert!(room.semaphore.try_enter().is_none());
        comes.join().unwrap();
        let after = room.semaphore.read();
        assert_eq!((before.admitted, before.limit), (after.admitted, 1));
        room.semaphore.leave();
        room.assert_empty(after.admitted);
    });
}

#[test]
fn a_count_that_is_folded_by_several_is_folded_once() {
    model(|| {
        let semaphore = Arc::new(Semaphore::new(2, 8).after(FOLDED - 1));
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || {
                assert!(semaphore.try_enter().is_some());
                semaphore.leave();
            })
        };
        assert!(semaphore.try_enter().is_some());
        semaphore.leave();
        let count = semaphore.read().admitted;
        assert!((FOLDED..=FOLDED + 1).contains(&count));
        other.join().unwrap();
        assert_eq!(semaphore.read().admitted, FOLDED + 1);
    });
}

//! A bulkhead as a whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::*;
use crate::steer::Steer;

fn waiting(limit: u32) -> Bulkhead {
    Bulkhead::builder().max_concurrent(limit).max_wait(Duration::from_secs(60)).build().unwrap()
}

struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn no_more_run_at_a_time_than_may_and_all_have_their_turn() {
    let (bulkhead, inside, most) = (waiting(3), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    bulkhead
                        .call(|| {
                            most.fetch_max(inside.fetch_add(1, Ordering::AcqRel) + 1, Ordering::AcqRel);
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::AcqRel);
                        })
                        .unwrap();
                }
            });
        }
    });
    assert!(most.into_inner() <= 3);
    let stats = bulkhead.stats();
    assert_eq!((stats.admitted, stats.in_flight, stats.refusals()), (4000, Some(0), 0));
}

#[test]
fn nothing_is_in_flight_after_panics_and_cancellations() {
    let bulkhead = waiting(2);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10 {
        let panicked = catch_unwind(AssertUnwindSafe(|| bulkhead.call(|| panic!("on purpose"))));
        assert!(panicked.is_err());
        let mut call = Box::pin(bulkhead.call_async(std::future::pending::<()>()));
        assert!(call.as_mut().poll(&mut context).is_pending());
        assert_eq!(bulkhead.in_flight(), 1);
    }
    drop(bulkhead.call_async(async {}));
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn a_task_that_is_cancelled_when_it_was_just_given_a_slot_hands_it_on() {
    let bulkhead = waiting(1);
    let slot = bulkhead.try_acquire().unwrap();
    let wakes = Arc::new(Counting(AtomicUsize::new(0)));
    let counted = Waker::from(wakes.clone());
    let mut context = Context::from_waker(&counted);
    let mut first = Box::pin(bulkhead.acquire_async());
    let mut second = pin!(bulkhead.acquire_async());
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    drop(slot);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1, "the first is given the slot");
    assert!(bulkhead.try_acquire().is_err(), "which is nobody else's");
    drop(first);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 2);
    let Poll::Ready(Ok(slot)) = second.as_mut().poll(&mut context) else { panic!("it has the slot") };
    drop(slot);
    assert_eq!(bulkhead.in_flight(), 0);
}

#[test]
fn the_limit_can_shrink_while_calls_run() {
    let bulkhead = Bulkhead::new(3);
    let mut slots: Vec<_> = (0..3).map(|_| bulkhead.try_acquire().unwrap()).collect();
    bulkhead.set_limit(1).unwrap();
    for left in [2, 1, 0] {
        assert!(bulkhead.try_acquire().is_err());
        slots.pop();
        assert_eq!(bulkhead.in_flight(), left);
    }
    assert!(bulkhead.try_acquire().is_ok());
    assert!(bulkhead.set_limit(0).is_err());
}

#[test]
fn those_who_cannot_wait_long_enough_are_refused_and_so_are_those_who_are_too_many() {
    let bulkhead =
        Bulkhead::builder().max_concurrent(1).max_wait(Duration::from_millis(5)).max_waiting(1).build().unwrap();
    let _slot = bulkhead.try_acquire().unwrap();
    assert_eq!(bulkhead.acquire().unwrap_err().reason(), Reason::BulkheadFull, "after its time");
    let mut context = Context::from_waker(Waker::noop());
    let mut waits = pin!(bulkhead.acquire_async());
    assert!(waits.as_mut().poll(&mut context).is_pending());
    assert!(bulkhead.acquire().is_err(), "one waits already");
    let stats = bulkhead.stats();
    assert_eq!((stats.waits, stats.refusals(), stats.number("waiting")), (2, 2, Some(1.0)));
}

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread;

use super::*;
use crate::steer::Steer;
use crate::wakes::{Pending, Wakes, block_on};

fn that_waits(limit: u32) -> Bulkhead {
    Bulkhead::builder().max_concurrent(limit).max_wait(Duration::MAX).build().unwrap()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn ready<F: Future>(future: Pin<&mut F>) -> F::Output {
    match poll(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn assert_at_rest(bulkhead: &Bulkhead) {
    let stats = bulkhead.stats();
    assert_eq!((stats.in_flight, stats.number("waiting")), (Some(0), Some(0.0)));
    assert!(bulkhead.try_acquire().is_ok());
}

#[test]
fn as_many_calls_run_as_may() {
    let bulkhead = Bulkhead::new(2).unwrap();
    let first = bulkhead.try_acquire().unwrap();
    let second = bulkhead.try_acquire().unwrap();
    let refused = bulkhead.try_acquire().unwrap_err();
    assert_eq!((refused.reason(), bulkhead.in_flight()), (Reason::BulkheadFull, 2));
    drop(first);
    let third = bulkhead.call(|| bulkhead.in_flight()).unwrap();
    assert_eq!((third, bulkhead.in_flight()), (2, 1));
    second.settle(Verdict::Failure);
    let stats = bulkhead.stats();
    assert_eq!((stats.admitted, stats.refusals(), stats.in_flight), (3, 1, Some(0)));
}

#[test]
fn asking_whether_a_slot_is_free_takes_none() {
    let bulkhead = Bulkhead::new(1).unwrap();
    assert!(bulkhead.check().is_ok() && bulkhead.check().is_ok());
    let permit = bulkhead.try_acquire().unwrap();
    assert!(bulkhead.check().is_err());
    drop(permit);
    assert!(bulkhead.check().is_ok());
}

#[test]
fn a_panic_and_a_question_mark_give_the_slot_back() {
    let bulkhead = Bulkhead::new(1).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| bulkhead.call(|| panic!("on purpose"))));
    assert!(panicked.is_err());
    let failed: Result<(), Box<dyn std::error::Error>> = bulkhead.execute(|| {
        "x".parse::<u8>()?;
        Ok(())
    });
    assert!(failed.is_err());
    assert_at_rest(&bulkhead);
}

#[test]
fn a_refusal_never_runs_the_body() {
    let bulkhead = Bulkhead::new(1).unwrap();
    let permit = bulkhead.try_acquire().unwrap();
    assert!(bulkhead.call(|| panic!("ran")).is_err());
    assert!(ready(pin!(bulkhead.call_async(async { panic!("ran") }))).is_err());
    drop(permit);
    assert_eq!(bulkhead.stats().refusals(), 2);
}

#[test]
fn a_future_that_is_never_polled_takes_no_slot() {
    let bulkhead = Bulkhead::new(1).unwrap();
    let future = bulkhead.call_async(async {});
    assert_eq!(bulkhead.in_flight(), 0);
    drop(future);
    assert_eq!(bulkhead.stats().admitted, 0);
}

#[test]
fn cancelled_at_any_poll_it_leaks_nothing() {
    // Before it has a slot, while it runs, and after.
    for (polls, frees_at) in (0..8).flat_map(|polls| (0..8).map(move |frees_at| (polls, frees_at))) {
        let bulkhead = that_waits(1);
        let mut first = Some(bulkhead.try_acquire().unwrap());
        let mut second = Box::pin(bulkhead.execute_async(async { Ok::<_, Rejected>(Pending(3).await) }));
        let mut third = Box::pin(bulkhead.acquire_async());
        for at in 0..polls {
            if at == frees_at {
                first = None;
            }
            if poll(second.as_mut()).is_ready() {
                break;
            }
            if at == 0 {
                assert!(poll(third.as_mut()).is_pending());
            }
        }
        drop(second);
        drop(first);
        assert!(ready(third.as_mut()).is_ok(), "{polls} polls, free at {frees_at}");
        drop(third);
        assert_at_rest(&bulkhead);
    }
}

#[test]
fn a_waiter_that_goes_when_it_was_just_handed_a_slot_passes_it_on() {
    let bulkhead = that_waits(1);
    let permit = bulkhead.try_acquire().unwrap();
    let (mut first, mut second) = (Box::pin(bulkhead.acquire_async()), Box::pin(bulkhead.acquire_async()));
    let (woken, waker) = Wakes::new();
    assert!(poll(first.as_mut()).is_pending());
    assert!(second.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(permit);
    assert_eq!((woken.count(), bulkhead.in_flight()), (0, 1));
    drop(first);
    assert_eq!((woken.count(), bulkhead.in_flight()), (1, 1));
    assert!(ready(second.as_mut()).is_ok());
    assert_at_rest(&bulkhead);
    assert_eq!(bulkhead.stats().admitted, 3, "two, and the one that looked");
}

#[test]
fn nobody_overtakes_who_waits() {
    let bulkhead = that_waits(2);
    let permits = [bulkhead.try_acquire().unwrap(), bulkhead.try_acquire().unwrap()];
    let mut waiter = Box::pin(bulkhead.acquire_async());
    assert!(poll(waiter.as_mut()).is_pending());
    drop(permits);
    // One slot is the waiter's, the other is free.
    let other = bulkhead.try_acquire().unwrap();
    assert!(bulkhead.try_acquire().is_err());
    assert!(poll(waiter.as_mut()).is_ready());
    drop(other);
}

#[test]
fn threads_are_served_in_the_order_in_which_they_came() {
    let bulkhead = that_waits(1);
    let turn = AtomicUsize::new(0);
    let permit = bulkhead.acquire().unwrap();
    thread::scope(|scope| {
        for at in 0..5 {
            let (bulkhead, turn) = (&bulkhead, &turn);
            scope.spawn(move || {
                let permit = bulkhead.acquire().unwrap();
                assert_eq!(turn.fetch_add(1, SeqCst), at);
                drop(permit);
            });
            while bulkhead.stats().number("waiting") != Some((at + 1) as f64) {
                thread::yield_now();
            }
        }
        drop(permit);
    });
    assert_eq!((turn.load(SeqCst), bulkhead.stats().waits), (5, 5));
    assert_at_rest(&bulkhead);
}

#[test]
fn a_wait_ends_refused_when_its_time_is_over() {
    let bulkhead = Bulkhead::builder().max_concurrent(1).max_wait(Duration::from_millis(1)).build().unwrap();
    let permit = bulkhead.acquire().unwrap();
    assert_eq!(bulkhead.acquire().unwrap_err().reason(), Reason::BulkheadFull);
    assert_eq!(block_on(bulkhead.acquire_async()).unwrap_err().reason(), Reason::BulkheadFull);
    let stats = bulkhead.stats();
    assert_eq!((stats.waits, stats.refusals(), stats.admitted), (2, 2, 1));
    assert!(stats.waited >= Duration::from_millis(2), "no wait ends before `max_wait`, however late it is noticed");
    drop(permit);
    assert_at_rest(&bulkhead);
}

#[test]
fn no_more_wait_than_may() {
    let bulkhead = that_waits(1);
    bulkhead.set_max_waiting(1);
    let _permit = bulkhead.acquire().unwrap();
    let mut waiter = Box::pin(bulkhead.acquire_async());
    assert!(poll(waiter.as_mut()).is_pending());
    assert!(bulkhead.acquire().is_err());
    assert!(ready(pin!(bulkhead.acquire_async())).is_err());
    assert!(poll(waiter.as_mut()).is_pending());
}

#[test]
fn a_limit_lowered_under_way_lets_nobody_in_until_it_is_met() {
    let bulkhead = Bulkhead::new(3).unwrap();
    let mut permits: Vec<_> = (0..3).map(|_| bulkhead.try_acquire().unwrap()).collect();
    bulkhead.set_limit(1).unwrap();
    for in_flight in [3, 2, 1] {
        assert_eq!(bulkhead.in_flight(), in_flight);
        assert!(bulkhead.try_acquire().is_err());
        permits.pop();
    }
    assert!(bulkhead.try_acquire().is_ok());
}

#[test]
fn more_calls_than_the_word_counts_are_counted_exactly() {
    let bulkhead = Bulkhead::new(3).unwrap();
    let calls = 5_000_000;
    for _ in 0..calls {
        bulkhead.0.semaphore.try_enter().unwrap();
        bulkhead.0.semaphore.leave();
    }
    let stats = bulkhead.stats();
    assert_eq!((stats.admitted, stats.in_flight, bulkhead.limit()), (calls, Some(0), 3));
}

#[test]
fn many_threads_with_panics_and_cancellations_leave_it_empty() {
    let bulkhead = that_waits(3);
    let inside = AtomicU32::new(0);
    let enter = || assert!(inside.fetch_add(1, SeqCst) < 3);
    let leave = || assert!(inside.fetch_sub(1, SeqCst) > 0);
    thread::scope(|scope| {
        for thread in 0..4 {
            let bulkhead = &bulkhead;
            scope.spawn(move || {
                for at in 0..500 {
                    match (thread + at) % 4 {
                        0 => {
                            let body = || {
                                enter();
                                leave();
                                std::panic::resume_unwind(Box::new(()));
                            };
                            let _ = catch_unwind(AssertUnwindSafe(|| bulkhead.call(body)));
                        }
                        1 => {
                            let mut future = Box::pin(bulkhead.call_async(Pending(1)));
                            let _ = poll(future.as_mut());
                            let _ = poll(future.as_mut());
                        }
                        2 => drop(block_on(bulkhead.call_async(async {
                            enter();
                            leave();
                        }))),
                        _ => drop(bulkhead.acquire().unwrap()),
                    }
                }
            });
        }
    });
    assert_at_rest(&bulkhead);
}

#[test]
fn an_owned_permit_goes_where_it_likes() {
    let bulkhead = Bulkhead::new(1).unwrap();
    let permit = bulkhead.try_acquire().unwrap().into_owned();
    assert_eq!(bulkhead.in_flight(), 1);
    thread::spawn(move || drop(permit)).join().unwrap();
    bulkhead.try_acquire().unwrap().into_owned().settle(Verdict::Success);
    assert_at_rest(&bulkhead);
}

#[test]
fn an_adaptive_one_learns_from_its_calls_and_can_be_fixed_again() {
    let bulkhead = Bulkhead::builder().adaptive().min_limit(2).max_limit(8).max_concurrent(100).build().unwrap();
    assert_eq!(bulkhead.limit(), 8);
    for _ in 0..1000 {
        bulkhead.call(|| std::hint::black_box(())).unwrap();
    }
    assert!((2..=8).contains(&bulkhead.limit()));
    bulkhead.set_adaptive(3, 5).unwrap();
    assert_eq!(bulkhead.limit(), 5);
    bulkhead.set_limit(1).unwrap();
    assert!(bulkhead.stats().number("max_limit").is_none());
    bulkhead.set("max_concurrent", "adaptive").unwrap();
    assert_eq!((bulkhead.limit(), bulkhead.stats().number("max_limit")), (3, Some(5.0)));
}

#[test]
fn its_numbers_can_be_set_by_name_and_are_refused_with_what_they_may_be() {
    let bulkhead = Bulkhead::builder().name("db").build().unwrap();
    for (key, value) in [
        ("max_concurrent", "7"),
        ("max_wait", "250ms"),
        ("max_waiting", "1_000"),
        ("max_limit", "9"),
        ("min_limit", "2"),
    ] {
        bulkhead.set(key, value).unwrap();
        assert!(key == "none" || !perf_core::__guard::keys_of(perf_core::GuardKind::Bulkhead).is_empty());
        assert!(bulkhead.set(key, "garbage").unwrap_err().to_string().contains("expected"));
    }
    let stats = bulkhead.stats();
    assert_eq!((stats.number("limit"), stats.number("max_wait")), (Some(7.0), Some(0.25)));
    assert!(bulkhead.set("max_concurrent", "0").unwrap_err().to_string().contains("from 1 to 1048575"));
    assert!(bulkhead.set("min_limit", "10").unwrap_err().to_string().contains("above"));
    assert!(bulkhead.set("rate", "1/s").unwrap_err().to_string().contains("max_wait"));
    assert!(Bulkhead::new(1 << 20).is_err());
}

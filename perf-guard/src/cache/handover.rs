//! Who loads, who waits, and what becomes of them.

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use super::tests::{Numbers, is_at_rest, numbers, poll};
use super::*;
use crate::wakes::{Pending, Wakes, block_on};

#[test]
fn threads_and_tasks_that_ask_at_the_same_time_make_one_load() {
    const THREADS: usize = 8;
    let (cache, loads, barrier) = (numbers(), AtomicUsize::new(0), Barrier::new(THREADS));
    let load = |key| {
        loads.fetch_add(1, SeqCst);
        thread::yield_now();
        key * 2
    };
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (cache, barrier) = (&cache, &barrier);
            scope.spawn(move || {
                for key in 0..50 {
                    barrier.wait();
                    let value = if number % 2 == 0 {
                        cache.get_or_load(key, || load(key))
                    } else {
                        block_on(cache.get_or_load_async(key, async { load(key) }))
                    };
                    assert_eq!(value, key * 2);
                }
            });
        }
    });
    assert_eq!(loads.load(SeqCst), 50);
    let stats = cache.stats();
    assert_eq!(stats.admitted, 50);
    let answered = stats.number("hits").unwrap() + stats.number("misses").unwrap();
    assert_eq!(answered as usize, 50 * THREADS);
    is_at_rest(&cache);
}

#[test]
fn one_who_looked_in_vain_before_another_load_ended_has_what_that_gave() {
    let cache = numbers();
    let Err(missed) = cache.look(1) else { panic!("nothing is there") };
    assert_eq!(cache.get_or_load(1, || 5), 5);
    assert_eq!(cache.0.load(missed, || -> Always<u32> { unreachable!("it is there") }, nanos).0, 5);
    assert_eq!(cache.stats().admitted, 1);
    is_at_rest(&cache);
}

/// Some tasks that wait for one that leads: how it ends is the test's affair.
fn hands_over_to_exactly_one<L: Future>(cache: &Numbers, leader: L, end: impl FnOnce(Pin<&mut Option<L>>)) {
    let mut leader = pin!(Some(leader));
    assert!(poll(leader.as_mut().as_pin_mut().unwrap()).is_pending());
    let waiters: Vec<_> = (0..4)
        .map(|number| {
            let (woken, waker) = Wakes::new();
            let mut polls = 0;
            // Another poll later than it begins.
            let load = poll_fn(move |_| {
                polls += 1;
                if polls == 1 { Poll::Pending } else { Poll::Ready(Ok::<_, u32>(number)) }
            });
            let mut waiter = Box::pin(cache.try_get_or_load_async(1, load));
            assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            (woken, waker, waiter)
        })
        .collect();
    let loads = cache.stats().admitted;
    end(leader.as_mut());
    let woken = |waiters: &Vec<(Arc<Wakes>, _, _)>| waiters.iter().map(|(wakes, ..)| wakes.count()).collect::<Vec<_>>();
    let mut waiters = waiters;
    assert_eq!(woken(&waiters), [1, 0, 0, 0], "who has waited longest is next");
    for (_, waker, waiter) in &mut waiters {
        assert!(waiter.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    assert_eq!(cache.stats().admitted, loads + 1);
    for (_, waker, waiter) in &mut waiters {
        assert_eq!(waiter.as_mut().poll(&mut Context::from_waker(waker)), Poll::Ready(Ok(0)));
    }
    assert_eq!(woken(&waiters), [1; 4]);
    assert_eq!(cache.get(&1), Some(0));
    is_at_rest(cache);
}

#[test]
fn a_leader_that_is_cancelled_hands_over_to_exactly_one() {
    let cache = numbers();
    hands_over_to_exactly_one(&cache, cache.get_or_load_async(1, pending()), |mut leader| leader.set(None));
}

#[test]
fn a_leader_that_fails_hands_over_to_exactly_one() {
    let cache = numbers();
    let mut polls = 0;
    let fails = poll_fn(move |_| {
        polls += 1;
        if polls == 1 { Poll::Pending } else { Poll::Ready(Err::<u32, _>("failed")) }
    });
    hands_over_to_exactly_one(&cache, cache.try_get_or_load_async(1, fails), |leader| {
        assert_eq!(poll(leader.as_pin_mut().unwrap()), Poll::Ready(Err("failed")));
    });
}

#[test]
fn a_leader_that_panics_hands_over_to_exactly_one() {
    let cache = numbers();
    let mut polls = 0;
    let panics = poll_fn(move |_| {
        polls += 1;
        assert!(polls == 1, "on purpose");
        Poll::Pending
    });
    hands_over_to_exactly_one(&cache, cache.get_or_load_async(1, panics), |leader| {
        let polled = AssertUnwindSafe(|| poll(leader.as_pin_mut().unwrap()));
        assert!(catch_unwind(polled).is_err());
    });
}

#[test]
fn threads_that_wait_for_one_that_fails_or_panics_load_in_their_turn() {
    for panics in [false, true] {
        let (cache, loads) = (numbers(), AtomicUsize::new(0));
        let begun = Barrier::new(4);
        let results: Vec<_> = thread::scope(|scope| {
            let call = || {
                begun.wait();
                let load = || {
                    let number = loads.fetch_add(1, SeqCst);
                    thread::yield_now();
                    assert!(number >= 2 || !panics, "on purpose");
                    if number < 2 { Err(number) } else { Ok(7) }
                };
                catch_unwind(AssertUnwindSafe(|| cache.try_get_or_load(1, load)))
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(loads.load(SeqCst), 3, "two that fail, and one for all others");
        assert_eq!(results.iter().filter(|result| matches!(result, Ok(Ok(7)))).count(), 2);
        is_at_rest(&cache);
    }
}

#[test]
fn a_task_that_is_dropped_at_any_poll_leaves_nothing_behind() {
    for polls in 0..5 {
        let cache = numbers();
        {
            let mut leader = pin!(cache.try_get_or_load_async(1, async {
                Pending(3).await;
                Err::<u32, _>(())
            }));
            let mut waiter = pin!(cache.get_or_load_async(1, async { Pending(3).await as u32 }));
            assert_eq!(cache.0.flights.under_way(), 0, "nothing begins before the first poll");
            for _ in 0..polls {
                _ = poll(leader.as_mut());
                _ = poll(waiter.as_mut());
            }
        }
        is_at_rest(&cache);
    }
}

#[test]
fn one_whose_turn_has_come_and_who_is_gone_by_then_passes_it_on() {
    let cache = numbers();
    let mut leader = Box::pin(cache.get_or_load_async(1, pending()));
    let mut heir = Box::pin(cache.get_or_load_async(1, pending()));
    let (woken, waker) = Wakes::new();
    let mut next = pin!(cache.get_or_load_async(1, ready(5)));
    assert!(poll(leader.as_mut()).is_pending());
    assert!(poll(heir.as_mut()).is_pending());
    assert!(next.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(leader);
    assert_eq!(woken.count(), 0);
    drop(heir);
    assert_eq!(woken.count(), 1);
    assert_eq!(poll(next.as_mut()), Poll::Ready(5));
    is_at_rest(&cache);
}

#[test]
fn a_value_that_panics_when_it_is_cloned_for_those_who_wait_goes_to_the_next_of_them() {
    thread_local! {
        static PANICS: Cell<bool> = const { Cell::new(false) };
    }

    struct Touchy(u32);

    impl Clone for Touchy {
        fn clone(&self) -> Self {
            assert!(!PANICS.get(), "on purpose");
            Self(self.0)
        }
    }

    let cache = Cache::<u32, Touchy>::new(10).unwrap();
    let mut leader = pin!(cache.get_or_load_async(1, async { Touchy(Pending(1).await as u32) }));
    let mut waiter = pin!(cache.get_or_load_async(1, async { Touchy(8) }));
    assert!(poll(leader.as_mut()).is_pending());
    assert!(poll(waiter.as_mut()).is_pending());
    PANICS.set(true);
    assert!(catch_unwind(AssertUnwindSafe(|| poll(leader.as_mut()))).is_err());
    PANICS.set(false);
    assert!(matches!(poll(waiter.as_mut()), Poll::Ready(Touchy(8))));
    assert_eq!(cache.0.flights.under_way(), 0);
}

#[test]
fn whatever_threads_and_tasks_do_to_each_other_values_are_right_and_nobody_waits_for_ever() {
    let cache = Cache::<u32, u32>::new(16).unwrap();
    cache.set_ttl(Some(Duration::from_micros(50))).unwrap();
    cache.set_stale_while_revalidate(Duration::from_micros(50));
    thread::scope(|scope| {
        for seed in 0..6_u32 {
            let cache = &cache;
            scope.spawn(move || {
                for turn in 0..2000_u32 {
                    let mixed = (turn * 6 + seed).wrapping_mul(0x9E37_79B9);
                    let key = mixed >> 28;
                    let load = || if mixed & 1 == 0 { Err(key) } else { Ok(key * 3) };
                    match (mixed >> 8) % 8 {
                        0 => cache.invalidate(&key),
                        1 => cache.insert(key, key * 3),
                        2 => drop(catch_unwind(AssertUnwindSafe(|| {
                            cache.get_or_load(key, || std::panic::resume_unwind(Box::new(())))
                        }))),
                        3 => drop(poll(pin!(cache.get_or_load_async(key, async {
                            Pending(1).await;
                            key * 3
                        })))),
                        4 => assert!(matches!(
                            block_on(cache.try_get_or_load_async(key, async { load() })),
                            Ok(value) | Err(value) if value == key * 3 || value == key
                        )),
                        _ => assert!(matches!(
                            cache.try_get_or_load(key, load),
                            Ok(value) | Err(value) if value == key * 3 || value == key
                        )),
                    }
                }
            });
        }
    });
    assert_eq!(cache.0.flights.under_way(), 0);
}

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use super::*;
use crate::wakes::{Pending, Wakes, block_on};

type Numbers = Cache<u32, u32>;

fn numbers() -> Numbers {
    Cache::new(100).unwrap()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Leaves no load under way behind, and the next call finds nothing in its way.
fn is_at_rest(cache: &Numbers) {
    assert_eq!(cache.0.flights.under_way(), 0);
    assert_eq!(cache.get_or_load(u32::MAX, || 1), 1);
}

#[test]
fn a_hit_without_a_ttl_reads_no_clock() {
    let cache = numbers();
    cache.insert(1, 10);
    assert_eq!(cache.look_at(1, || unreachable!("nothing depends on the time")).ok(), Some(10));
}

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
fn while_one_loads_a_stale_value_anew_all_others_have_it_at_once() {
    let cache = numbers();
    cache.set_ttl(Some(Duration::from_secs(10))).unwrap();
    cache.set_stale_while_revalidate(Duration::from_secs(5));
    let load = |now: u64, new: u32| {
        let clock = move || now * 1_000_000_000;
        match cache.look_at(1, clock) {
            Ok(value) => value,
            Err(missed) => cache.0.load(missed, || Always(new), clock).0,
        }
    };
    assert_eq!(load(100, 1), 1);
    let Err(missed) = cache.look_at(1, || 112_000_000_000) else { panic!("it is stale") };
    let mut anew = pin!(cache.0.load_async(missed, async { Always(Pending(1).await as u32) }, || 112_000_000_000));
    assert!(poll(anew.as_mut()).is_pending());
    assert_eq!([load(112, 2), load(114, 3)], [1, 1]);
    assert_eq!(cache.stats().number("stale"), Some(2.0));
    assert!(matches!(poll(anew.as_mut()), Poll::Ready(Always(7))));
    assert_eq!(load(112, 4), 7);
    assert_eq!(load(122, 5), 5, "alone, who finds it stale waits for the new one");
    assert_eq!(cache.stats().admitted, 3);
}

#[test]
fn what_is_loaded_while_its_key_is_forgotten_or_replaced_is_not_kept() {
    let changes: [fn(&Numbers); 3] = [|cache| cache.invalidate(&1), Numbers::clear, |cache| cache.insert(1, 50)];
    for (change, after) in changes.into_iter().zip([None, None, Some(50)]) {
        let cache = numbers();
        let mut old = pin!(cache.get_or_load_async(1, async { Pending(1).await as u32 }));
        let mut waits = pin!(cache.get_or_load_async(1, ready(8)));
        assert!(poll(old.as_mut()).is_pending());
        assert!(poll(waits.as_mut()).is_pending());
        change(&cache);
        assert_eq!(poll(old.as_mut()), Poll::Ready(7));
        assert_eq!(poll(waits.as_mut()), Poll::Ready(7), "it came before the change");
        assert_eq!(cache.get(&1), after);
        assert_eq!(cache.get_or_load(1, || 9), after.unwrap_or(9));
        is_at_rest(&cache);
    }
}

#[test]
fn a_load_that_asks_for_its_own_key_does_not_wait_for_itself() {
    let cache = numbers();
    assert_eq!(cache.get_or_load(1, || 1 + cache.get_or_load(1, || 10)), 11);
    assert_eq!(cache.get(&1), Some(11));
    let nested = async { 1 + cache.get_or_load_async(2, async { cache.get_or_load(2, || 10) }).await };
    assert_eq!(block_on(cache.get_or_load_async(2, nested)), 11);
    assert_eq!(cache.get(&2), Some(11));
    assert_eq!(cache.get_or_load(3, || cache.get_or_load(4, || 4)), 4, "another key is no concern of it");
    is_at_rest(&cache);
}

/// Uses the cache when it is dropped, which takes its locks.
#[derive(Clone)]
struct Nosy(Arc<OnceLock<Cache<u32, Nosy>>>, Arc<AtomicUsize>);

impl Drop for Nosy {
    fn drop(&mut self) {
        if let Some(cache) = self.0.get() {
            self.1.fetch_add(cache.len() + usize::from(cache.get(&u32::MAX).is_some()) + 1, SeqCst);
        }
    }
}

#[test]
fn values_are_dropped_under_no_lock() {
    let (cache, drops) = (Cache::<u32, Nosy>::new(1).unwrap(), Arc::new(AtomicUsize::new(0)));
    let within = Arc::new(OnceLock::new());
    within.set(cache.clone()).unwrap();
    let value = || Nosy(within.clone(), drops.clone());
    let grows = |what: &str, act: &dyn Fn()| {
        let before = drops.load(SeqCst);
        act();
        assert!(drops.load(SeqCst) > before, "{what}");
    };
    cache.insert(1, value());
    grows("replaced", &|| cache.insert(1, value()));
    grows("evicted", &|| (2..5).for_each(|key| cache.insert(key, value())));
    grows("loaded", &|| drop(cache.get_or_load(9, value)));
    cache.insert(9, value());
    grows("invalidated", &|| cache.invalidate(&9));
    cache.insert(9, value());
    grows("cleared", &|| cache.clear());
    assert!(cache.is_empty());
    cache.set_capacity(3).unwrap();
    (2..5).for_each(|key| cache.insert(key, value()));
    grows("without room", &|| cache.set_capacity(1).unwrap());
}

#[test]
fn a_key_that_panics_when_it_is_compared_does_no_harm_to_others() {
    thread_local! {
        static PANICS: Cell<bool> = const { Cell::new(false) };
    }

    struct Touchy(u32);

    impl Hash for Touchy {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
        }
    }

    impl PartialEq for Touchy {
        fn eq(&self, other: &Self) -> bool {
            assert!(!PANICS.get(), "on purpose");
            self.0 == other.0
        }
    }

    impl Eq for Touchy {}

    let cache = Cache::<Touchy, u32>::new(10).unwrap();
    cache.insert(Touchy(1), 1);
    PANICS.set(true);
    assert!(catch_unwind(AssertUnwindSafe(|| cache.get(&Touchy(1)))).is_err());
    cache.insert(Touchy(1), 2);
    cache.invalidate(&Touchy(1));
    PANICS.set(false);
    cache.insert(Touchy(2), 3);
    assert_eq!(cache.get(&Touchy(2)), Some(3));
    assert_eq!(cache.0.flights.under_way(), 0);
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

#[test]
fn caches_of_one_name_are_one_if_they_are_of_the_same_types() {
    let one = Cache::<u32, u32>::builder().name("cache::tests::one").build().unwrap();
    let strings = Cache::<u32, String>::builder().name("cache::tests::one").build().unwrap();
    let same = Cache::<u32, u32>::builder().name("cache::tests::one").build().unwrap();
    let same_strings = Cache::<u32, String>::builder().name("cache::tests::one").build().unwrap();
    one.insert(1, 2);
    strings.insert(1, "two".to_owned());
    assert_eq!(same.get(&1), Some(2));
    assert_eq!(same_strings.get(&1).as_deref(), Some("two"));
}

#[test]
fn numbers_that_cannot_be_are_told() {
    let error = |result: Result<Numbers, GuardError>| result.unwrap_err().to_string();
    assert_eq!(error(Numbers::new(0)), "capacity = 0: a cache keeps 1 entry at least");
    assert_eq!(
        error(Numbers::builder().ttl(Duration::ZERO).build()),
        "ttl = 0: a value is kept for some time, a nanosecond at least"
    );
    let cache = numbers();
    let steer: &dyn crate::steer::Steer = &cache;
    for (key, value) in [("capacity", "0"), ("capacity", "many"), ("ttl", "0s"), ("ttl", "soon"), ("size", "1")] {
        assert!(steer.set(key, value).is_err(), "{key} = {value}");
    }
    assert_eq!((cache.capacity(), cache.ttl(), cache.stale_while_revalidate()), (100, None, Duration::ZERO));
}

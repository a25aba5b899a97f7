use std::cell::Cell;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::wakes::{Pending, block_on};

pub(super) type Numbers = Cache<u32, u32>;

pub(super) fn numbers() -> Numbers {
    Cache::new(100).unwrap()
}

pub(super) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Leaves no load under way behind, and the next call finds nothing in its way.
pub(super) fn is_at_rest(cache: &Numbers) {
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

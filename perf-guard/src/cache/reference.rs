//! Beside a naïve model: a map, and what its entries' age says.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::core::Found;
use super::flights::print_of;
use super::store::{Borrowed, Stored};
use super::*;

/// Threads' clocks may differ by so much.
const SKEW: i128 = 1_000_000;

#[derive(Clone, Debug)]
enum Step {
    Load { key: u8, fails: bool },
    Find { key: u8 },
    Insert { key: u8 },
    Invalidate { key: u8 },
    Clear,
    Ttl(u64),
    Stale(u64),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    const MILLISECOND: i64 = 1_000_000;
    let pass = prop_oneof![
        Just(0),
        -3..=3_i64,
        -100 * MILLISECOND..100 * MILLISECOND,
        (-5..=5_i64).prop_map(|times| times * MILLISECOND),
    ];
    let step = prop_oneof![
        6 => (any::<u8>(), any::<bool>()).prop_map(|(key, fails)| Step::Load { key: key % 8, fails }),
        3 => any::<u8>().prop_map(|key| Step::Find { key: key % 8 }),
        1 => any::<u8>().prop_map(|key| Step::Insert { key: key % 8 }),
        1 => any::<u8>().prop_map(|key| Step::Invalidate { key: key % 8 }),
        1 => Just(Step::Clear),
        1 => (1..60_000_000_u64).prop_map(Step::Ttl),
        1 => (0..60_000_000_u64).prop_map(Step::Stale),
        6 => pass.prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..200)
}

/// A value, and when its load ended.
#[derive(Default)]
struct Naive {
    entries: HashMap<u8, (u32, i128)>,
    ttl: i128,
    stale: i128,
}

#[derive(PartialEq, Eq, Debug)]
enum Expected {
    Fresh(u32),
    Stale(u32),
    Missing,
}

impl Naive {
    fn find(&self, key: u8, now: i128) -> Expected {
        match self.entries.get(&key) {
            Some(&(_, loaded)) if loaded > now + SKEW => Expected::Missing,
            Some(&(value, loaded)) if now < loaded + self.ttl => Expected::Fresh(value),
            Some(&(value, loaded)) if now < loaded + self.ttl + self.stale => Expected::Stale(value),
            _ => Expected::Missing,
        }
    }
}

fn find(cache: &Cache<u8, u32>, key: u8, now: u64) -> Expected {
    match cache.0.find(cache.0.store.hash(&key), &Borrowed(&key), || now) {
        Found::Fresh(value) => Expected::Fresh(value),
        Found::Stale(value) => Expected::Stale(value),
        Found::Missing => Expected::Missing,
    }
}

proptest! {
    #[test]
    fn it_gives_what_a_map_with_ages_would_whatever_the_clock_does(steps in steps()) {
        let cache = Cache::<u8, u32>::builder().capacity(1000).ttl(Duration::from_millis(20)).build().unwrap();
        let mut naive = Naive { ttl: 20_000_000, ..Naive::default() };
        let mut now = 1_000_000_000_000_u64;
        let mut next = 0_u32;
        for step in steps {
            match step {
                Step::Load { key, fails } => {
                    next += 1;
                    let mut ran = false;
                    let mut load = || {
                        ran = true;
                        if fails { Err(next) } else { Ok(next) }
                    };
                    let out = match cache.look_at(key, || now) {
                        Ok(value) => Ok(value),
                        Err(missed) => cache.0.load(missed, &mut load, || now),
                    };
                    // Alone, who finds something stale is the one who loads it anew.
                    match naive.find(key, now.into()) {
                        Expected::Fresh(value) => prop_assert_eq!((out, ran), (Ok(value), false)),
                        _ if fails => prop_assert_eq!((out, ran), (Err(next), true)),
                        _ => {
                            prop_assert_eq!((out, ran), (Ok(next), true));
                            naive.entries.insert(key, (next, now.into()));
                        }
                    }
                }
                Step::Find { key } => prop_assert_eq!(find(&cache, key, now), naive.find(key, now.into())),
                Step::Insert { key } => {
                    next += 1;
                    let hash = cache.0.store.hash(&key);
                    cache.0.insert(Stored { hash, key }, print_of(&key), next, now);
                    naive.entries.insert(key, (next, now.into()));
                }
                Step::Invalidate { key } => {
                    cache.invalidate(&key);
                    naive.entries.remove(&key);
                }
                Step::Clear => {
                    cache.clear();
                    naive.entries.clear();
                }
                Step::Ttl(nanos) => {
                    cache.set_ttl(Some(Duration::from_nanos(nanos))).unwrap();
                    naive.ttl = nanos.into();
                }
                Step::Stale(nanos) => {
                    cache.set_stale_while_revalidate(Duration::from_nanos(nanos));
                    naive.stale = nanos.into();
                }
                Step::Pass(nanos) => now = now.saturating_add_signed(nanos),
            }
            prop_assert_eq!(cache.len(), naive.entries.len());
            prop_assert_eq!(cache.0.flights.under_way(), 0);
        }
    }

    #[test]
    fn it_never_has_more_than_its_capacity_and_what_it_has_is_right(
        capacities in proptest::collection::vec(1..400_u64, 1..4),
        keys in proptest::collection::vec(0..600_u64, 1..1500),
    ) {
        // The parts that it is made with are fewer than what it may ever be told to keep.
        let least = *capacities.iter().min().unwrap();
        let cache = Cache::<u64, u64>::new(least).unwrap();
        let mut loads = 0;
        let calls_each = keys.len() / capacities.len() + 1;
        for (capacity, keys) in capacities.iter().zip(keys.chunks(calls_each)) {
            cache.set_capacity(*capacity).unwrap();
            for key in keys {
                let value = cache.get_or_load(*key, || {
                    loads += 1;
                    key * 3
                });
                prop_assert_eq!(value, key * 3);
                prop_assert!(cache.len() as u64 <= *capacity);
            }
        }
        let stats = cache.stats();
        prop_assert_eq!(stats.admitted, loads);
        prop_assert_eq!(stats.number("hits").unwrap() as u64 + loads, keys.len() as u64);
        prop_assert_eq!(stats.number("evictions").unwrap() as u64 + cache.len() as u64, loads);
    }
}

#[test]
fn beyond_the_hard_bound_a_value_is_never_given_whatever_the_clock_does() {
    const SECOND: u64 = 1_000_000_000;
    let cache = Cache::<u8, u32>::builder()
        .ttl(Duration::from_secs(10))
        .stale_while_revalidate(Duration::from_secs(5))
        .build()
        .unwrap();
    let loaded = 100 * SECOND;
    cache.0.insert(Stored { hash: cache.0.store.hash(&1_u8), key: 1 }, print_of(&1_u8), 7, loaded);
    assert_eq!(find(&cache, 1, loaded), Expected::Fresh(7));
    assert_eq!(find(&cache, 1, loaded + 10 * SECOND - 1), Expected::Fresh(7));
    assert_eq!(find(&cache, 1, loaded + 10 * SECOND), Expected::Stale(7));
    assert_eq!(find(&cache, 1, loaded + 15 * SECOND - 1), Expected::Stale(7));
    for late in [loaded + 15 * SECOND, loaded + 16 * SECOND, u64::MAX / 2, u64::MAX - SECOND] {
        assert_eq!(find(&cache, 1, late), Expected::Missing, "{late}");
    }
    // Where time stands still nothing grows older.
    (0..1000).for_each(|_| assert_eq!(find(&cache, 1, loaded), Expected::Fresh(7)));
    // Nobody knows how old it was when the clock went back.
    for back in [loaded - SECOND, SECOND, 0] {
        assert_eq!(find(&cache, 1, back), Expected::Missing, "{back}");
    }
    // Two threads' readings may differ by a little.
    assert_eq!(find(&cache, 1, loaded - 1000), Expected::Fresh(7));
}

#[test]
fn times_without_end_do_not_wrap() {
    let cache = Cache::<u8, u32>::builder().ttl(Duration::MAX).build().unwrap();
    cache.set_stale_while_revalidate(Duration::MAX);
    cache.set_ttl(Some(Duration::from_nanos(u64::MAX - 1))).unwrap();
    cache.0.insert(Stored { hash: cache.0.store.hash(&1_u8), key: 1 }, print_of(&1_u8), 7, 5);
    assert_eq!(find(&cache, 1, u64::MAX / 2), Expected::Fresh(7));
}

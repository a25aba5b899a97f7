//! The buckets of all keys, in a table that never grows.
//!
//! Limits are read without a lock: whoever takes from a bucket looks, after it has read the bucket's word and before it
//! changes that, whether the limits are still those that it goes by. Whoever changes them says so first, and then puts
//! every bucket's debt into the new ones' terms, each by way of a word that nobody can take from.

use std::cell::Cell;
use std::hash::{BuildHasher, Hash, RandomState};

use once_cell::sync::Lazy;

use super::Rate;
use super::leased::LimitsInForce;
use super::token_bucket::{Denied, Limits, TokenBucket};
use crate::error::GuardError;
use crate::primitive::{
    AtomicU64, Lock,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};
use crate::random::scrambled;

/// Places that a key may be in: two sets of so many.
const WAYS: usize = 8;

/// Threads that may bring new keys at a time.
const DOORS: usize = if cfg!(loom) { 1 } else { 64 };

#[derive(Debug)]
pub(super) struct Table {
    /// Counts changes of the limits: odd while they change.
    version: AtomicU64,
    limits: LimitsInForce,
    /// What was set last; held while it is changed.
    set: Lock<(Rate, u64)>,
    places: Box<[Place]>,
    doors: [Lock<()>; DOORS],
}

/// A bucket, and whose it is: bits of a key, or zero.
#[derive(Debug)]
struct Place {
    key: AtomicU64,
    bucket: TokenBucket,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The key's bucket has none.
    Denied(Denied),
    /// There is no room for another key.
    Stranger,
}

/// A key as 64 bits that nobody outside of the process can foresee. Of a million keys, two are taken for one with a
/// probability of one in ten million.
pub(crate) fn key_of<K: Hash + ?Sized>(key: &K) -> u64 {
    static STATE: Lazy<RandomState> = Lazy::new(RandomState::new);
    STATE.hash_one(key)
}

fn limits(rate: Rate, burst: u64) -> Result<Limits, GuardError> {
    super::leased::limits(rate, burst).map(|(limits, _)| limits)
}

impl Table {
    /// With room for so many keys.
    pub(super) fn new(rate: Rate, burst: u64, keys: u64) -> Result<Self, GuardError> {
        let limits = limits(rate, burst)?;
        // A quarter more places than keys: sets fill unevenly.
        let sets = (keys as usize * 5 / 4).div_ceil(WAYS).next_power_of_two().max(2);
        let place = |_| Place { key: AtomicU64::new(0), bucket: TokenBucket::new(&limits, 0) };
        Ok(Self {
            version: AtomicU64::new(0),
            limits: LimitsInForce::new(&limits),
            set: Lock::new((rate, burst)),
            places: (0..sets * WAYS).map(place).collect(),
            doors: std::array::from_fn(|_| Lock::new(())),
        })
    }

    /// Takes permits of the key's bucket.
    pub(super) fn take(&self, key: u64, permits: u64, now: u64) -> Result<(), Refused> {
        let bits = key | 1;
        loop {
            let version = self.version.load(Acquire);
            let limits = self.limits.get();
            let place = match self.places_of(key).find(|place| place.key.load(Acquire) == bits) {
                Some(place) => place,
                None => self.enter(key, bits, now)?,
            };
            let is_old = Cell::new(false);
            // Asked when the bucket's word is read. Under other limits by now, it must not be changed: if they change
            // after this, the bucket is sealed before anything else, or what was taken is owed under the new ones.
            let reserved = || {
                is_old.set(!self.is_in_force(version));
                if is_old.get() { u64::MAX } else { 0 }
            };
            let taken = place.bucket.take_ahead(&limits, permits, now, 0, reserved);
            let is_old = is_old.get() || (taken == Err(Denied::Forever) && !self.is_in_force(version));
            // A bucket that was sealed, or is another's by now, was free: this key's is to be found anew.
            if !is_old && taken != Err(Denied::Sealed) && place.key.load(Acquire) == bits {
                return taken.map(|_| ()).map_err(Refused::Denied);
            }
            // Whoever changes the limits has all doors.
            drop(self.door(key).lock());
        }
    }

    /// Whether the limits that were read after this version still are what it goes by.
    #[inline]
    fn is_in_force(&self, version: u64) -> bool {
        fence(Acquire);
        version.is_multiple_of(2) && self.version.load(Acquire) == version
    }

    fn door(&self, key: u64) -> &Lock<()> {
        &self.doors[(scrambled(key) >> 32) as usize % DOORS]
    }

    /// The places where a key may be.
    fn places_of(&self, key: u64) -> impl Iterator<Item = &Place> {
        let spread = scrambled(key);
        let mask = self.places.len() / WAYS - 1;
        let first = spread as usize & mask;
        // Another set, whichever it is.
        let second = first ^ (((spread >> 32) as usize & mask) | 1) & mask;
        [first, second].into_iter().flat_map(|set| &self.places[set * WAYS..(set + 1) * WAYS])
    }

    /// Finds a place for a key that has none.
    #[cold]
    fn enter(&self, key: u64, bits: u64, now: u64) -> Result<&Place, Refused> {
        // Who brings the same key waits, and finds it there. The limits do not change meanwhile.
        let _door = self.door(key).lock();
        if let Some(place) = self.places_of(key).find(|place| place.key.load(Acquire) == bits) {
            return Ok(place);
        }
        let limits = self.limits.get();
        let place = self.places_of(key).find(|place| place.bucket.seal_if_full(&limits, now));
        let place = place.ok_or(Refused::Stranger)?;
        place.key.store(bits, Release);
        place.bucket.owe(&limits, 0, now);
        Ok(place)
    }

    /// Changes the rate and the burst. What keys owe they owe still, in permits.
    pub(super) fn set(&self, change: impl FnOnce(&mut (Rate, u64)), now: u64) -> Result<(), GuardError> {
        let mut set = self.set.lock();
        let mut changed = *set;
        change(&mut changed);
        let after = limits(changed.0, changed.1)?;
        let _doors: Vec<_> = self.doors.iter().map(Lock::lock).collect();
        let before = self.limits.get();
        self.version.store(self.version.load(Relaxed).wrapping_add(1), Relaxed);
        fence(Release);
        for place in &self.places {
            let debt = place.bucket.seal(&before, now);
            place.bucket.owe(&after, after.scale.convert(debt, &before.scale).min(after.burst), now);
        }
        self.limits.set(&after);
        self.version.store(self.version.load(Relaxed).wrapping_add(1), Release);
        *set = changed;
        Ok(())
    }

    /// Gives back what a call took `since` that never ran.
    pub(super) fn give_back(&self, key: u64, permits: u64, since: u64, now: u64) {
        // The limits do not change meanwhile.
        let _door = self.door(key).lock();
        if let Some(place) = self.places_of(key).find(|place| place.key.load(Acquire) == key | 1) {
            place.bucket.give_back(&self.limits.get(), permits, since, now);
        }
    }

    /// The rate and the burst.
    pub(super) fn get(&self) -> (Rate, u64) {
        *self.set.lock()
    }

    /// Keys that it has to remember now.
    pub(super) fn keys(&self, now: u64) -> usize {
        let limits = self.limits.get();
        self.places.iter().filter(|place| !place.is_free(&limits, now)).count()
    }

    /// Keys that there is room for, at most.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }
}

impl Place {
    /// Whether another key may have it.
    fn is_free(&self, limits: &Limits, now: u64) -> bool {
        self.key.load(Relaxed) == 0 || self.bucket.debt(limits, now) == 0
    }
}

#[cfg(all(test, loom))]
mod models {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn a_key_never_gets_more_than_its_burst_while_the_rate_changes() {
        crate::primitive::model(|| {
            let table = Arc::new(Table::new(Rate::per_hour(1), 2, 1).unwrap());
            table.take(7, 1, 0).unwrap();
            let changes = thread::spawn({
                let table = table.clone();
                move || table.set(|set| set.0 = Rate::per_hour(3), 0).unwrap()
            });
            let admitted = (0..2).filter(|_| table.take(7, 1, 0).is_ok()).count();
            changes.join().unwrap();
            assert_eq!(admitted, 1, "two at all, and time stands still");
            assert!(table.take(7, 1, 0).is_err());
        });
    }
}

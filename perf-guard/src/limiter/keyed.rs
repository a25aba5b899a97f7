//! A token bucket for each key, in a table that never grows.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, RwLock, RwLockReadGuard};

use once_cell::sync::Lazy;
use perf_core::__guard::nanos;
use perf_core::{GuardKind, GuardStats};

use super::Rate;
use super::held::{Counts, Held, add};
use super::scale::Scale;
use super::token_bucket::{Denied, Limits, TokenBucket};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::{
    AtomicU64, Mutex,
    Ordering::{Acquire, Relaxed, Release},
    lock,
};
use crate::registry::{self, Handle};
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::Steer;
use crate::verdict::Verdict;

/// Places that a key may be in: two sets of so many.
const WAYS: usize = 8;

/// Threads that may bring new keys at a time.
const DOORS: usize = 64;

/// Keys, unless told otherwise.
const KEYS: u64 = 10_000;

/// The most that there may be: 16 bytes each.
const MOST_KEYS: u64 = 1 << 28;

/// Admits so many calls in so much time, of each key by itself.
///
/// Keys are told apart by 128 bits of a hash that nobody outside of the process can foresee, so that none is
/// stored, and nothing allocated. There is memory for `max_keys` of them from the beginning. A key whose bucket is full
/// again is as good as unknown, and makes room; while none is, a key that is not known yet is refused, so that an attack with
/// a million keys neither takes memory nor makes the limiter forget whom it has limited.
///
/// A call costs a reading of the clock, two hashes of the key, and an atomic exchange beside those of a read lock.
///
/// ```
/// use perf_runtime::{KeyedRateLimiter, Rate};
///
/// let logins = KeyedRateLimiter::new(Rate::per_minute(1));
/// assert!(logins.check("alice").is_ok() && logins.check("bob").is_ok());
/// assert!(logins.check("alice").is_err());
/// ```
#[derive(Clone)]
pub struct KeyedRateLimiter {
    core: Arc<Core>,
}

struct Core {
    name: Name,
    max_keys: u64,
    /// Written to while the limits change, which all buckets have to see at once.
    limits: RwLock<(Rate, u64, Limits)>,
    places: Box<[Place]>,
    doors: [Mutex<()>; DOORS],
    held: Held,
}

/// A bucket, and whose it is: bits of a key, or zero.
struct Place {
    key: AtomicU64,
    bucket: TokenBucket,
}

/// All that can be set of a [`KeyedRateLimiter`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `build`"]
pub struct KeyedRateLimiterBuilder {
    name: Name,
    rate: Option<Rate>,
    burst: Option<u64>,
    max_keys: u64,
}

impl KeyedRateLimiterBuilder {
    /// What it is called in snapshots and refusals. Where there is a limiter of this name already, that is what
    /// [`build`](Self::build) gives.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// So many calls of each key in so much time. Needed.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// How many permits each key's bucket keeps: the rate's count, unless set.
    pub fn burst(mut self, burst: u64) -> Self {
        self.burst = Some(burst);
        self
    }

    /// How many keys are known at a time: 10,000, unless set. Each takes about twenty bytes.
    pub fn max_keys(mut self, max_keys: u64) -> Self {
        self.max_keys = max_keys;
        self
    }

    /// The limiter, with no key known.
    ///
    /// # Errors
    ///
    /// There is no rate, or a number cannot be: says which, and what it may be.
    pub fn build(self) -> Result<KeyedRateLimiter, GuardError> {
        let Some(rate) = self.rate else {
            return Err(GuardError::new("a rate limiter needs a `rate`, such as \"100/s\""));
        };
        let max_keys = self.max_keys;
        if !(1..=MOST_KEYS).contains(&max_keys) {
            return Err(GuardError::new(format!("`max_keys` is {max_keys}, and must be from 1 to {MOST_KEYS}")));
        }
        let burst = self.burst.unwrap_or(rate.count());
        let limits = limits(rate, burst)?;
        // A quarter more places than keys: sets fill unevenly.
        let sets = (max_keys as usize * 5 / 4).div_ceil(WAYS).next_power_of_two().max(2);
        let place = |_| Place { key: AtomicU64::new(0), bucket: TokenBucket::new(&limits, 0) };
        let core = Core {
            name: self.name,
            max_keys,
            limits: RwLock::new((rate, burst, limits)),
            places: (0..sets * WAYS).map(place).collect(),
            doors: std::array::from_fn(|_| Mutex::new(())),
            held: Held::new(),
        };
        Ok(registry::known(KeyedRateLimiter { core: Arc::new(core) }))
    }
}

fn limits(rate: Rate, burst: u64) -> Result<Limits, GuardError> {
    if burst == 0 {
        return Err(GuardError::new("`burst` is 0, and must be at least 1"));
    }
    let scale = Scale::of(rate, burst)?;
    Ok(Limits { scale, burst: scale.units(burst) })
}

impl KeyedRateLimiter {
    /// Token buckets of this rate, which keep as many permits as the rate's count, for 10,000 keys.
    ///
    /// # Panics
    ///
    /// If the rate is more than a thousand million a second; [`builder`](Self::builder) says so instead.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        match Self::builder().rate(rate).build() {
            Ok(limiter) => limiter,
            Err(error) => panic!("{error}"),
        }
    }

    /// To set all that can be set.
    pub fn builder() -> KeyedRateLimiterBuilder {
        KeyedRateLimiterBuilder { name: Name::NONE, rate: None, burst: None, max_keys: KEYS }
    }

    /// Admits one call of this key now, or says when to come again.
    ///
    /// # Errors
    ///
    /// [`Reason::RateLimited`], with the exact time after which the same call, alone, is admitted; or
    /// [`Reason::TooManyKeys`].
    pub fn check<K: Hash + ?Sized>(&self, key: &K) -> Result<(), Rejected> {
        self.check_n(key, 1)
    }

    /// Admits a call of this key that costs as much as `permits`.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); or [`Reason::ExceedsBurst`], which no waiting changes.
    pub fn check_n<K: Hash + ?Sized>(&self, key: &K, permits: u64) -> Result<(), Rejected> {
        self.core.check(key_of(key), permits, nanos())
    }

    /// Runs `work` if this key is admitted now.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn call<K: Hash + ?Sized, T>(&self, key: &K, work: impl FnOnce() -> T) -> Result<T, Rejected> {
        self.check(key)?;
        Ok(work())
    }

    /// Keys whose buckets are not full, at this moment.
    #[must_use]
    pub fn keys(&self) -> usize {
        let (limits, now) = (self.core.limits().2, nanos());
        self.core.places.iter().filter(|place| !place.is_free(&limits, now)).count()
    }

    /// The rate in force.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.core.limits().0
    }

    /// The burst in force.
    #[must_use]
    pub fn burst(&self) -> u64 {
        self.core.limits().1
    }

    /// Changes the rate. What was admitted stays counted.
    ///
    /// # Errors
    ///
    /// The rate cannot be; nothing has changed then.
    pub fn set_rate(&self, rate: Rate) -> Result<(), GuardError> {
        self.core.set(|set| set.0 = rate, nanos())
    }

    /// Changes the burst, in the same way.
    ///
    /// # Errors
    ///
    /// The burst cannot be; nothing has changed then.
    pub fn set_burst(&self, burst: u64) -> Result<(), GuardError> {
        self.core.set(|set| set.1 = burst, nanos())
    }
}

/// A key as 128 bits that nobody outside of the process can foresee, so that different keys never meet.
pub(crate) fn key_of<K: Hash + ?Sized>(key: &K) -> u128 {
    static STATES: Lazy<[RandomState; 2]> = Lazy::new(Default::default);
    let [one, other] = &*STATES;
    u128::from(one.hash_one(key)) << 64 | u128::from(other.hash_one(key))
}

impl Core {
    fn limits(&self) -> RwLockReadGuard<'_, (Rate, u64, Limits)> {
        self.limits.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn check(&self, key: u128, permits: u64, now: u64) -> Result<(), Rejected> {
        if permits == 0 {
            return Ok(());
        }
        let taken = self.take(key, permits, now);
        let refused = |reason, wait| Rejected::new(self.name, reason).retry_after_nanos(wait);
        let (result, which): (_, fn(&Counts) -> &AtomicU64) = match taken {
            Ok(Ok(())) => {
                self.held.count_taken();
                return Ok(());
            }
            Ok(Err(Denied::For(wait))) => (refused(Reason::RateLimited, wait), |counts| &counts.limited),
            Ok(Err(_)) => (refused(Reason::ExceedsBurst, u64::MAX), |counts| &counts.exceeding),
            Err(()) => (refused(Reason::TooManyKeys, u64::MAX), |counts| &counts.strangers),
        };
        self.held.with(|own| add(which(&own.counts), 1));
        Err(result)
    }

    /// Takes permits of the key's bucket. The outer error says that there is no room for one.
    fn take(&self, key: u128, permits: u64, now: u64) -> Result<Result<(), Denied>, ()> {
        let limits = self.limits();
        let limits = &limits.2;
        let bits = key as u64 | 1;
        loop {
            let place = match self.places_of(key).find(|place| place.key.load(Acquire) == bits) {
                Some(place) => place,
                None => self.enter(key, bits, limits, now)?,
            };
            let taken = place.bucket.take(limits, permits, now);
            // A bucket that was sealed, or is another's by now, was free: this key's is to be found anew.
            if taken != Err(Denied::Sealed) && place.key.load(Acquire) == bits {
                return Ok(taken);
            }
        }
    }

    /// The places where a key may be.
    fn places_of(&self, key: u128) -> impl Iterator<Item = &Place> {
        let mask = self.places.len() / WAYS - 1;
        let first = (key >> 64) as usize & mask;
        // Another set, whichever it is.
        let second = first ^ (((key >> 96) as usize & mask) | 1) & mask;
        [first, second].into_iter().flat_map(|set| &self.places[set * WAYS..(set + 1) * WAYS])
    }

    /// Finds a place for a key that has none.
    #[cold]
    fn enter(&self, key: u128, bits: u64, limits: &Limits, now: u64) -> Result<&Place, ()> {
        // Who brings the same key waits, and finds it there.
        let _door = lock(&self.doors[(key >> 64) as usize % DOORS]);
        if let Some(place) = self.places_of(key).find(|place| place.key.load(Acquire) == bits) {
            return Ok(place);
        }
        let place = self.places_of(key).find(|place| place.bucket.seal_if_full(limits, now)).ok_or(())?;
        place.key.store(bits, Release);
        place.bucket.owe(limits, 0, now);
        Ok(place)
    }

    fn set(&self, change: impl FnOnce(&mut (Rate, u64)), now: u64) -> Result<(), GuardError> {
        let mut set = self.limits.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (rate, burst, before) = *set;
        let mut changed = (rate, burst);
        change(&mut changed);
        let after = limits(changed.0, changed.1)?;
        for place in &self.places {
            let debt = place.bucket.debt(&before, now);
            place.bucket.owe(&after, after.scale.convert(debt, &before.scale).min(after.burst), now);
        }
        *set = (changed.0, changed.1, after);
        Ok(())
    }

    fn give_back(&self, key: u128, permits: u64) {
        let limits = self.limits();
        let bits = key as u64 | 1;
        if let Some(place) = self.places_of(key).find(|place| place.key.load(Acquire) == bits) {
            place.bucket.give_back(&limits.2, permits);
        }
        self.held.count_given_back();
    }
}

impl Place {
    /// Whether another key may have it.
    fn is_free(&self, limits: &Limits, now: u64) -> bool {
        self.key.load(Relaxed) == 0 || self.bucket.debt(limits, now) == 0
    }
}

impl KeyedRateLimiter {
    /// What it is doing, and what it has done, exact.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        let keys = self.keys();
        let doing = if keys as u64 >= self.core.max_keys { "full" } else { "admitting" };
        let mut stats = self.core.held.stats(self.core.name, doing);
        let numbers = [
            ("rate", self.rate().hertz()),
            ("burst", self.burst() as f64),
            ("keys", keys as f64),
            ("max_keys", self.core.max_keys as f64),
        ];
        stats.numbers.extend(numbers.map(|(name, number)| (name.into(), number)));
        stats
    }
}

impl Steer for KeyedRateLimiter {
    fn stats(&self) -> GuardStats {
        Self::stats(self)
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        match key {
            "rate" => self.set_rate(value.parse()?),
            "burst" => self.set_burst(crate::steer::count(key, value)?),
            _ => Err(GuardError::new("a limiter of keys never waits, so it has no `max_wait`")),
        }
    }
}

impl Handle for KeyedRateLimiter {
    const KIND: GuardKind = GuardKind::RateLimiter;

    fn name(&self) -> Name {
        self.core.name
    }
}

impl Stage for KeyedRateLimiter {
    /// The key, and what the call costs.
    type Input = (u128, u64);
    type Ticket = (u128, u64);

    fn enter(&self, (key, permits): (u128, u64)) -> Result<(u128, u64), Rejected> {
        self.core.check(key, permits, nanos())?;
        Ok((key, permits))
    }

    fn leave(&self, _: (u128, u64), _: Verdict) {}

    fn undo(&self, (key, permits): (u128, u64)) {
        self.core.give_back(key, permits);
    }
}

impl fmt::Debug for KeyedRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, burst, _) = *self.core.limits();
        let mut debug = f.debug_struct("KeyedRateLimiter");
        debug.field("name", &self.core.name).field("rate", &rate).field("burst", &burst).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn limiter(rate: Rate, burst: u64, max_keys: u64) -> KeyedRateLimiter {
        KeyedRateLimiter::builder().rate(rate).burst(burst).max_keys(max_keys).build().unwrap()
    }

    proptest::proptest! {
        #[test]
        fn each_key_has_the_bucket_that_it_would_have_alone(
            burst in 1_u64..5, steps in proptest::collection::vec((0_u64..40, 0_u64..200_000_000), 1..300)
        ) {
            let keyed = limiter(Rate::per_second(10), burst, 100);
            let limits = limits(Rate::per_second(10), burst).unwrap();
            let mut alone: HashMap<u64, TokenBucket> = HashMap::new();
            let mut now = 1_000_000_000;
            for (key, step) in steps {
                now += step;
                let expected = alone.entry(key).or_insert_with(|| TokenBucket::new(&limits, 0)).take(&limits, 1, now);
                assert_eq!(keyed.core.take(key_of(&key), 1, now), Ok(expected));
            }
        }
    }

    #[test]
    fn keyed_state_as_a_memory_attack() {
        let keyed = limiter(Rate::per_minute(1), 1, 1000);
        let places = keyed.core.places.len();
        assert!(places <= 2048);
        assert_eq!(keyed.core.take(key_of("victim"), 1, 0), Ok(Ok(())));
        let admitted = (0..1_000_000_u64).filter(|key| keyed.core.check(key_of(key), 1, 0).is_ok()).count();
        assert!((1000..=places).contains(&admitted), "{admitted} of a million found room");
        assert!(matches!(keyed.core.take(key_of("victim"), 1, 0), Ok(Err(Denied::For(_)))), "it is not forgotten");
        let stats = keyed.stats();
        assert_eq!(stats.admitted as usize, admitted);
        assert_eq!(stats.refused, [("too_many_keys".into(), 1_000_000 - admitted as u64)]);
        // Once buckets are full again there is room for others.
        assert!(keyed.core.check(key_of("late"), 1, 61_000_000_000).is_ok());
    }

    #[test]
    fn a_changed_rate_is_every_keys() {
        let keyed = limiter(Rate::per_second(1), 1, 10);
        assert!(keyed.core.check(1, 1, 0).is_ok());
        keyed.core.set(|set| set.0 = Rate::per_second(1000), 0).unwrap();
        assert!(keyed.core.check(1, 1, 999_999).is_err(), "a permit is owed still");
        assert!(keyed.core.check(1, 1, 1_000_000).is_ok());
    }

    #[test]
    fn threads_that_bring_one_key_share_one_bucket() {
        let keyed = limiter(Rate::per_hour(1), 5, 100);
        let admitted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).filter(|_| keyed.check("one").is_ok()).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 5);
    }
}

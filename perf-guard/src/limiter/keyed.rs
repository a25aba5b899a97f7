//! A token bucket for each key, in a table that never grows.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use perf_core::__guard::nanos;
use perf_core::{GuardKind, GuardStats};

use super::Rate;
use super::held::{Counts, Held, add};
use super::table::{Refused, Table, key_of};
use super::token_bucket::Denied;
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::AtomicU64;
use crate::registry::{self, Handle};
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use crate::steer::Steer;
use crate::verdict::Verdict;

/// Keys, unless told otherwise.
const KEYS: u64 = 10_000;

/// The most that there may be: 16 bytes each.
const MOST_KEYS: u64 = 1 << 28;

/// Admits so many calls in so much time, of each key by itself.
///
/// Keys are told apart by 63 bits of a hash (`SipHash`) that nobody outside of the process can foresee, so that none is
/// stored, and nothing allocated. There is memory for `max_keys` of them from the beginning. A key whose bucket is full
/// again is as good as unknown, and makes room; while none is, a key that is not known yet is refused, so that an attack with
/// a million keys neither takes memory nor makes the limiter forget whom it has limited.
///
/// A call costs a reading of the clock, a hash of the key, and an atomic exchange on a word of that key.
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
    table: Table,
    held: Held,
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
        let table = Table::new(rate, burst, max_keys)?;
        let core = Core { name: self.name, max_keys, table, held: Held::new() };
        Ok(registry::known(KeyedRateLimiter { core: Arc::new(core) }))
    }
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
        self.core.table.keys(nanos())
    }

    /// The rate in force.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.core.table.get().0
    }

    /// The burst in force.
    #[must_use]
    pub fn burst(&self) -> u64 {
        self.core.table.get().1
    }

    /// Changes the rate. What was admitted stays counted.
    ///
    /// # Errors
    ///
    /// The rate cannot be; nothing has changed then.
    pub fn set_rate(&self, rate: Rate) -> Result<(), GuardError> {
        self.core.table.set(|set| set.0 = rate, nanos())
    }

    /// Changes the burst, in the same way.
    ///
    /// # Errors
    ///
    /// The burst cannot be; nothing has changed then.
    pub fn set_burst(&self, burst: u64) -> Result<(), GuardError> {
        self.core.table.set(|set| set.1 = burst, nanos())
    }
}

impl Core {
    fn check(&self, key: u64, permits: u64, now: u64) -> Result<(), Rejected> {
        if permits == 0 {
            return Ok(());
        }
        match self.table.take(key, permits, now) {
            Ok(()) => {
                self.held.count_taken();
                Ok(())
            }
            Err(why) => Err(self.refuse(why)),
        }
    }

    #[cold]
    fn refuse(&self, why: Refused) -> Rejected {
        let (reason, wait, which): (_, _, fn(&Counts) -> &AtomicU64) = match why {
            Refused::Denied(Denied::For(wait)) => (Reason::RateLimited, wait, |counts| &counts.limited),
            Refused::Denied(_) => (Reason::ExceedsBurst, u64::MAX, |counts| &counts.exceeding),
            Refused::Stranger => (Reason::TooManyKeys, u64::MAX, |counts| &counts.strangers),
        };
        self.held.with(|own| add(which(&own.counts), 1));
        Rejected::new(self.name, reason).retry_after_nanos(wait)
    }

    fn give_back(&self, key: u64, permits: u64, since: u64) {
        self.table.give_back(key, permits, since, nanos());
        self.held.count_given_back();
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
    type Input = (u64, u64);
    /// These, and when.
    type Ticket = (u64, u64, u64);

    fn enter(&self, (key, permits): (u64, u64)) -> Result<(u64, u64, u64), Rejected> {
        let now = nanos();
        self.core.check(key, permits, now)?;
        Ok((key, permits, now))
    }

    fn leave(&self, _: (u64, u64, u64), _: Verdict) {}

    fn undo(&self, (key, permits, since): (u64, u64, u64)) {
        self.core.give_back(key, permits, since);
    }
}

impl fmt::Debug for KeyedRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, burst) = self.core.table.get();
        let mut debug = f.debug_struct("KeyedRateLimiter");
        debug.field("name", &self.core.name).field("rate", &rate).field("burst", &burst).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::limiter::leased::limits;
    use crate::limiter::token_bucket::TokenBucket;

    fn limiter(rate: Rate, burst: u64, max_keys: u64) -> KeyedRateLimiter {
        KeyedRateLimiter::builder().rate(rate).burst(burst).max_keys(max_keys).build().unwrap()
    }

    proptest::proptest! {
        #[test]
        fn each_key_has_the_bucket_that_it_would_have_alone(
            burst in 1_u64..5, steps in proptest::collection::vec((0_u64..40, 0_u64..200_000_000), 1..300)
        ) {
            let keyed = limiter(Rate::per_second(10), burst, 100);
            let (limits, _) = limits(Rate::per_second(10), burst).unwrap();
            let mut alone: HashMap<u64, TokenBucket> = HashMap::new();
            let mut now = 1_000_000_000;
            for (key, step) in steps {
                now += step;
                let expected = alone.entry(key).or_insert_with(|| TokenBucket::new(&limits, 0)).take(&limits, 1, now);
                assert_eq!(keyed.core.table.take(key_of(&key), 1, now), expected.map_err(Refused::Denied));
            }
        }
    }

    #[test]
    fn keyed_state_as_a_memory_attack() {
        let keyed = limiter(Rate::per_minute(1), 1, 1000);
        let places = keyed.core.table.places();
        assert!(places <= 2048);
        assert_eq!(keyed.core.table.take(key_of("victim"), 1, 0), Ok(()));
        let admitted = (0..1_000_000_u64).filter(|key| keyed.core.check(key_of(key), 1, 0).is_ok()).count();
        assert!((1000..=places).contains(&admitted), "{admitted} of a million found room");
        assert!(
            matches!(keyed.core.table.take(key_of("victim"), 1, 0), Err(Refused::Denied(Denied::For(_)))),
            "it is not forgotten"
        );
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
        keyed.core.table.set(|set| set.0 = Rate::per_second(1000), 0).unwrap();
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

    #[test]
    fn no_key_gets_a_permit_too_many_while_its_rate_changes_on_another_thread() {
        let keyed = limiter(Rate::per_hour(1), 5, 100);
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let admitted: usize = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    for rate in [2, 3, 7, 1] {
                        keyed.core.table.set(|set| set.0 = Rate::per_hour(rate), 0).unwrap();
                    }
                }
            });
            let take =
                || (0..50_000_u64).filter(|turn| keyed.core.table.take(key_of(&(turn % 10)), 1, 0).is_ok()).count();
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(take)).collect();
            let admitted = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
            is_over.store(true, std::sync::atomic::Ordering::Relaxed);
            admitted
        });
        assert_eq!(admitted, 50, "five of each of ten keys: time stands still");
    }
}

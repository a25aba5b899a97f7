use std::hash::Hash;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use perf_core::{GuardKind, GuardStats};

use super::shared::{FOREVER, check_capacity};
use super::{AnyCache, Cache};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry::Handle;
use crate::steer::{Key, Steer, count, duration};

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What it keeps, and what it has done, exact: `admitted` are loads; `waits` are calls that waited for another's;
    /// `hits`, `stale` and `misses` together are all that have asked.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        self.0.shared.stats(self.len(), self.0.store.evictions())
    }

    /// Entries that it keeps at most.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.0.shared.capacity.load(Relaxed)
    }

    /// How long a value is fresh; for ever where there is none.
    #[must_use]
    pub fn ttl(&self) -> Option<Duration> {
        match self.0.shared.ttl.load(Relaxed) {
            FOREVER => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    /// How long after that it is given still, while somebody loads it anew.
    #[must_use]
    pub fn stale_while_revalidate(&self) -> Duration {
        Duration::from_nanos(self.0.shared.stale.load(Relaxed))
    }

    /// Keeps so many entries from now on; those that have no room any more go. It keeps the parts that it was made with, and one entry
    /// in each at least.
    ///
    /// # Errors
    ///
    /// Where that is 0.
    pub fn set_capacity(&self, entries: u64) -> Result<(), GuardError> {
        check_capacity(entries)?;
        self.0.shared.capacity.store(entries, Relaxed);
        self.0.store.set_capacity(entries);
        Ok(())
    }

    /// Values are fresh for so long from now on, those that are there as well.
    ///
    /// # Errors
    ///
    /// Where that is 0.
    pub fn set_ttl(&self, ttl: Option<Duration>) -> Result<(), GuardError> {
        self.0.shared.set_ttl(ttl)
    }

    /// Values are given for so long when they are not fresh any more, those that are there as well.
    pub fn set_stale_while_revalidate(&self, time: Duration) {
        self.0.shared.set_stale(time);
    }
}

const KEYS: &[Key] = &[
    Key { name: "capacity", form: "a whole number of at least 1" },
    Key { name: "ttl", form: "a duration such as `1min`" },
    Key { name: "stale_while_revalidate", form: "a duration such as `10s`" },
];

impl<K, V> Steer for Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    fn stats(&self) -> GuardStats {
        self.stats()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        match key {
            "capacity" => self.set_capacity(count(key, value)?),
            "ttl" => self.set_ttl(Some(duration(key, value)?)),
            "stale_while_revalidate" => {
                self.set_stale_while_revalidate(duration(key, value)?);
                Ok(())
            }
            _ => Err(GuardError::wrong(KEYS, key, value)),
        }
    }
}

impl<K, V> Handle for Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    const KIND: GuardKind = GuardKind::Cache;

    fn name(&self) -> Name {
        self.0.shared.name
    }
}

impl Steer for AnyCache {
    fn stats(&self) -> GuardStats {
        self.stats()
    }

    fn set(&self, key: &str, value: &str) -> Result<(), GuardError> {
        match key {
            "capacity" => self.set_capacity(count(key, value)?),
            "ttl" => self.shared().set_ttl(Some(duration(key, value)?)),
            "stale_while_revalidate" => {
                self.shared().set_stale(duration(key, value)?);
                Ok(())
            }
            _ => Err(GuardError::wrong(KEYS, key, value)),
        }
    }
}

impl Handle for AnyCache {
    const KIND: GuardKind = GuardKind::Cache;

    fn name(&self) -> Name {
        self.shared().name
    }
}

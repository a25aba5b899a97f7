use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::core::Core;
use super::shared::{Counts, Shared, check_capacity, ttl_nanos};
use super::{AnyCache, Cache};
use crate::error::GuardError;
use crate::name::Name;
use crate::registry;
use crate::steer::nanos_of;

/// Builds a [`Cache`].
#[must_use = "it builds nothing until `build`"]
pub struct CacheBuilder<C> {
    name: Name,
    capacity: u64,
    ttl: Option<Duration>,
    stale: Duration,
    of: PhantomData<fn() -> C>,
}

impl<C> CacheBuilder<C> {
    pub(super) fn new() -> Self {
        Self { name: Name::NONE, capacity: 1000, ttl: None, stale: Duration::ZERO, of: PhantomData }
    }

    /// What it is called in snapshots.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// Entries that it keeps at most; 1000 where nothing is said. They are spread over parts that have a lock each, as many
    /// as four a core, of 32 entries or more; one that is full makes room, though another may not be.
    pub fn capacity(mut self, entries: u64) -> Self {
        self.capacity = entries;
        self
    }

    /// How long a value is fresh, from the end of its load; for ever where nothing is said.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How long after that it is given still, to all but the one caller that loads it anew; not at all where nothing is
    /// said.
    pub fn stale_while_revalidate(mut self, time: Duration) -> Self {
        self.stale = time;
        self
    }

    fn shared(&self) -> Result<Arc<Shared>, GuardError> {
        check_capacity(self.capacity)?;
        Ok(Arc::new(Shared {
            name: self.name,
            capacity: AtomicU64::new(self.capacity),
            ttl: AtomicU64::new(ttl_nanos(self.ttl)?),
            stale: AtomicU64::new(nanos_of(self.stale)),
            counts: Counts::default(),
        }))
    }
}

impl<K, V> CacheBuilder<Cache<K, V>>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Makes it.
    ///
    /// # Errors
    ///
    /// Where the capacity or the ttl is 0.
    pub fn build(self) -> Result<Cache<K, V>, GuardError> {
        Ok(registry::known(Cache(Arc::new(Core::new(self.shared()?)))))
    }
}

#[doc(hidden)]
impl CacheBuilder<AnyCache> {
    /// Makes it.
    ///
    /// # Errors
    ///
    /// As above.
    pub fn build(self) -> Result<AnyCache, GuardError> {
        Ok(registry::known(AnyCache::new(self.shared()?)))
    }
}

impl<C> fmt::Debug for CacheBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder")
            .field("name", &self.name)
            .field("capacity", &self.capacity)
            .field("ttl", &self.ttl)
            .field("stale_while_revalidate", &self.stale)
            .finish_non_exhaustive()
    }
}

//! Answers from memory.

mod any;
mod builder;
mod core;
mod flights;
mod keys;
mod outputs;
mod shared;
mod steering;
mod store;

#[cfg(all(test, not(loom)))]
mod handover;
#[cfg(all(test, not(loom)))]
mod reference;
#[cfg(all(test, not(loom)))]
mod tests;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use perf_core::__guard::nanos;

pub use any::{AnyCache, Loaded, Missed};
pub use builder::CacheBuilder;
pub use keys::{ByValue, KeyOf, KeyPart, Keyed};
pub use outputs::{Keepable, Keeper, KeepsAll, KeepsOk, Kept, KeptWhole};

use self::core::{Always, Core, Found};
use flights::print_of;
use store::{Borrowed, Stored};

use crate::error::GuardError;

/// Keeps values by their keys, so many and for as long as it is told, and loads what is not there: once, however
/// many ask for it at a time.
///
/// ```
/// use perf_runtime::Cache;
/// use std::time::Duration;
///
/// # fn ask(symbol: &str) -> Result<u64, std::num::ParseIntError> { symbol.parse() }
/// let quotes = Cache::builder().capacity(10_000).ttl(Duration::from_secs(60)).build()?;
/// assert_eq!(quotes.try_get_or_load("7".to_owned(), || ask("7")), Ok(7));
/// assert_eq!(quotes.try_get_or_load("7".to_owned(), || unreachable!("it is there")), ask("7"));
/// assert!(quotes.try_get_or_load("seven".to_owned(), || ask("seven")).is_err());
/// assert_eq!(quotes.get("7"), Some(7));
/// assert_eq!(quotes.len(), 1);
/// # Ok::<(), perf_runtime::GuardError>(())
/// ```
///
/// # What is found
///
/// A value is fresh for the [`ttl`](CacheBuilder::ttl), from the end of its load. For
/// [`stale_while_revalidate`](CacheBuilder::stale_while_revalidate) after that, the first caller loads it anew, waits
/// for it and has what comes of it, if that is an error; all others have the stale value until then, at once. After both it is
/// never given. A clock that goes back makes values younger by as much, but not younger than just loaded: one that is
/// ahead of the clock is not given either.
///
/// It never has more entries than its capacity; which of them make room is Clock-PRO's decision, by how often and how
/// recently they were asked for (S. Jiang, F. Chen, X. Zhang 2005).
///
/// # Who loads
///
/// Callers who find nothing, on threads and in tasks alike, load a key one at a time; those who come meanwhile wait, and have
/// the same value. An `Err` is never kept: the one whose load failed has it, and whoever has waited longest loads next.
/// The same goes for a load that panics, or whose future is dropped. (A future that is neither polled nor ever dropped is
/// one that all others wait for.) What is loaded of a key when that is [`insert`](Self::insert)ed or
/// [`invalidate`](Self::invalidate)d goes to those who wait for it, and is not kept.
///
/// A load that asks for its own key does not wait for itself: the inner call loads without the cache. Loads of two keys that ask
/// for each other's on two threads wait for ever, as would locks. A call that blocks must not be made by a task whose thread
/// others need to go on.
///
/// # What it costs
///
/// A hit is one look into a table behind a lock that readers share, and a count of the thread's own; with a ttl, a reading
/// of the clock. It allocates nothing, but for what the key and the value's `Clone` do. That `Clone`, and the key's `Eq`, run
/// under the lock, and must not use the same cache. Loads, `Hash` and `Drop` run under none.
///
/// Clones are handles of the same cache.
pub struct Cache<K, V>(Arc<Core<K, V>>);

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// One that keeps so many entries, for as long as there is room.
    ///
    /// # Errors
    ///
    /// Where that is 0.
    pub fn new(capacity: u64) -> Result<Self, GuardError> {
        Self::builder().capacity(capacity).build()
    }

    /// One with all that can be said about it.
    pub fn builder() -> CacheBuilder<Self> {
        CacheBuilder::new()
    }

    /// The value, if it is there and fresh.
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        match self.0.find(self.0.store.hash(key), &Borrowed(key), nanos) {
            Found::Fresh(value) => Some(value),
            Found::Stale(_) | Found::Missing => {
                self.0.count_miss();
                None
            }
        }
    }

    /// The value, loaded if it is not there.
    #[inline]
    pub fn get_or_load(&self, key: K, load: impl FnOnce() -> V) -> V {
        match self.look(key) {
            Ok(value) => value,
            Err(missed) => self.0.load(missed, || Always(load()), nanos).0,
        }
    }

    /// The value, loaded if it is not there and can be.
    ///
    /// # Errors
    ///
    /// That of `load`, which is not kept.
    #[inline]
    pub fn try_get_or_load<E>(&self, key: K, load: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        match self.look(key) {
            Ok(value) => Ok(value),
            Err(missed) => self.0.load(missed, load, nanos),
        }
    }

    /// The value, loaded by `future` if it is not there. It looks when it is first polled.
    pub async fn get_or_load_async(&self, key: K, future: impl Future<Output = V>) -> V {
        match self.look(key) {
            Ok(value) => value,
            Err(missed) => self.0.load_async(missed, async { Always(future.await) }, nanos).await.0,
        }
    }

    /// The value, loaded by `future` if it is not there and can be. It looks when it is first polled.
    ///
    /// # Errors
    ///
    /// That of `future`, which is not kept.
    pub async fn try_get_or_load_async<E>(&self, key: K, future: impl Future<Output = Result<V, E>>) -> Result<V, E> {
        match self.look(key) {
            Ok(value) => Ok(value),
            Err(missed) => self.0.load_async(missed, future, nanos).await,
        }
    }

    /// Keeps a value, fresh from now on.
    pub fn insert(&self, key: K, value: V) {
        let (print, hash) = (print_of(&key), self.0.store.hash(&key));
        self.0.insert(Stored { hash, key }, print, value, nanos());
    }

    /// Forgets a value. Whoever asks from now on has one whose load began after this.
    pub fn invalidate<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.0.invalidate(self.0.store.hash(key), print_of(key), &Borrowed(key));
    }

    /// Forgets all values.
    pub fn clear(&self) {
        self.0.clear();
    }

    /// Entries that there are, those that are out of date among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.store.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn look(&self, key: K) -> Result<V, self::core::Missed<K, V>> {
        self.look_at(key, nanos)
    }

    #[inline]
    fn look_at(&self, key: K, clock: impl FnOnce() -> u64) -> Result<V, self::core::Missed<K, V>> {
        let hash = self.0.store.hash(&key);
        let stale = match self.0.find(hash, &Borrowed(&key), clock) {
            Found::Fresh(value) => return Ok(value),
            Found::Stale(value) => Some(value),
            Found::Missing => None,
        };
        Err(missed(key, hash, stale))
    }
}

#[cold]
#[inline(never)]
fn missed<K: Hash, V>(key: K, hash: u64, stale: Option<V>) -> self::core::Missed<K, V> {
    self::core::Missed { print: print_of(&key), key: Stored { hash, key }, stale }
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.0.shared.name).finish_non_exhaustive()
    }
}

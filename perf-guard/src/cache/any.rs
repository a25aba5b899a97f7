//! The cache of a function, whose types nobody can write down in a static: a generic function has many.

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use once_cell::sync::OnceCell;
use perf_core::__guard::nanos;
use perf_core::GuardStats;

use super::builder::CacheBuilder;
use super::core::{Core, Found, Outcome};
use super::flights::print_of;
use super::keys::{Keyed, Whole};
use super::outputs::{Keepable, Keeper};
use super::shared::{Shared, check_capacity};
use super::store::Stored;
use crate::error::GuardError;

/// The cache of a function under `#[cached]`: to be had of [`guards`](crate::guards), by
/// [`handle`](crate::Guard::handle).
///
/// ```
/// use perf_runtime::{AnyCache, GuardKind, cached};
///
/// #[cached(ttl = "1min")]
/// fn quote(symbol: &str) -> usize {
///     symbol.len()
/// }
///
/// quote("ABC");
/// let guards = perf_runtime::guards();
/// let cache: AnyCache = guards.find(GuardKind::Cache, "quote").unwrap().handle().unwrap();
/// assert_eq!(cache.len(), 1);
/// cache.clear();
/// assert!(cache.is_empty());
/// ```
#[derive(Clone)]
pub struct AnyCache(Arc<Erased>);

struct Erased {
    shared: Arc<Shared>,
    first: OnceCell<Box<One>>,
}

/// The cache of one of the function's instances.
struct One {
    /// A type that no other instance has.
    instance: TypeId,
    cache: Box<dyn AnyCore>,
    next: OnceCell<Box<One>>,
}

trait AnyCore: Any + Send + Sync {
    fn len(&self) -> usize;
    fn evictions(&self) -> u64;
    fn clear(&self);
    fn set_capacity(&self, capacity: u64);
}

impl<K: Eq + Send + Sync + 'static, V: Keepable> AnyCore for Core<K, V> {
    fn len(&self) -> usize {
        self.store.len()
    }

    fn evictions(&self) -> u64 {
        self.store.evictions()
    }

    fn clear(&self) {
        self.clear();
    }

    fn set_capacity(&self, capacity: u64) {
        self.store.set_capacity(capacity);
    }
}

impl AnyCache {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(Arc::new(Erased { shared, first: OnceCell::new() }))
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    #[doc(hidden)]
    pub fn builder() -> CacheBuilder<Self> {
        CacheBuilder::new()
    }

    /// What it keeps, and what it has done, as of a [`Cache`](super::Cache); of all instances of the function together.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        self.0.shared.stats(self.len(), self.all().map(AnyCore::evictions).sum())
    }

    /// Entries that there are, those that are out of date among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all().map(AnyCore::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all values.
    pub fn clear(&self) {
        self.all().for_each(AnyCore::clear);
    }

    pub(super) fn set_capacity(&self, capacity: u64) -> Result<(), GuardError> {
        check_capacity(capacity)?;
        self.0.shared.capacity.store(capacity, Relaxed);
        self.all().for_each(|cache| cache.set_capacity(capacity));
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &dyn AnyCore> {
        std::iter::successors(self.0.first.get(), |one| one.next.get()).map(|one| &*one.cache)
    }

    /// The value, if it is there; else what it takes to load it. `_marker` is of a type that only this instance of the
    /// function has: a closure in it.
    ///
    /// # Errors
    ///
    /// It is not there.
    #[doc(hidden)]
    #[inline]
    pub fn recall<M, P, Out, R>(
        &self,
        _marker: &M,
        key: &P,
        _keeper: R,
    ) -> Result<Out, Missed<'_, P::Kept, R::Kept, Out, R>>
    where
        M: 'static,
        P: Keyed,
        R: Keeper<Out>,
    {
        let core = self.core::<P::Kept, R::Kept>(TypeId::of::<M>());
        let hash = core.store.hash(&Whole(key));
        let stale = match core.find(hash, &Whole(key), nanos) {
            Found::Fresh(value) => return Ok(R::output(value)),
            Found::Stale(value) => Some(value),
            Found::Missing => None,
        };
        Err(Missed::new(core, key, hash, stale))
    }

    #[inline]
    fn core<K: Eq + Send + Sync + 'static, V: Keepable>(&self, instance: TypeId) -> &Core<K, V> {
        let mut at = &self.0.first;
        loop {
            let one = match at.get() {
                Some(one) => one,
                None => self.add::<K, V>(at, instance),
            };
            if one.instance == instance
                && let Some(core) = (&*one.cache as &dyn Any).downcast_ref()
            {
                return core;
            }
            at = &one.next;
        }
    }

    #[cold]
    #[inline(never)]
    fn add<'a, K: Eq + Send + Sync + 'static, V: Keepable>(
        &'a self,
        at: &'a OnceCell<Box<One>>,
        instance: TypeId,
    ) -> &'a One {
        at.get_or_init(|| {
            let cache = Box::new(Core::<K, V>::new(self.0.shared.clone()));
            Box::new(One { instance, cache, next: OnceCell::new() })
        })
    }
}

impl fmt::Debug for AnyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyCache").field("name", &self.0.shared.name).finish_non_exhaustive()
    }
}

/// What a call gave that was not answered from memory.
#[doc(hidden)]
#[derive(Debug)]
pub struct Loaded<V> {
    value: V,
    is_kept: bool,
}

impl<V> Loaded<V> {
    /// The function's own value.
    #[inline]
    pub fn own(value: V) -> Self {
        Self { value, is_kept: true }
    }

    /// What is given where a guard refused.
    #[inline]
    pub fn refused(value: V) -> Self {
        Self { value, is_kept: false }
    }
}

/// The same, to one who keeps a part of it.
struct Judged<Out, R>(Loaded<Out>, PhantomData<R>);

impl<Out, R: Keeper<Out>> Outcome<R::Kept> for Judged<Out, R> {
    fn value(&self) -> Option<&R::Kept> {
        if self.0.is_kept { R::kept(&self.0.value) } else { None }
    }

    fn of(value: R::Kept) -> Self {
        Self(Loaded::own(R::output(value)), PhantomData)
    }
}

/// A call that found nothing, or nothing fresh.
#[doc(hidden)]
#[must_use = "it loads nothing by itself"]
pub struct Missed<'a, K, V, Out, R> {
    core: &'a Core<K, V>,
    call: super::core::Missed<K, V>,
    keeper: PhantomData<fn() -> (Out, R)>,
}

impl<'a, K, V, Out, R> Missed<'a, K, V, Out, R> {
    #[cold]
    #[inline(never)]
    fn new<P: Keyed<Kept = K>>(core: &'a Core<K, V>, key: &P, hash: u64, stale: Option<V>) -> Self {
        let print = print_of(&Whole(key));
        let key = Stored { hash, key: key.keep() };
        Self { core, call: super::core::Missed { key, print, stale }, keeper: PhantomData }
    }

    /// Loads, or waits for whoever does.
    pub fn load(self, load: impl FnOnce() -> Loaded<Out>) -> Out
    where
        K: Eq,
        V: Clone,
        R: Keeper<Out, Kept = V>,
    {
        let judged = || Judged::<Out, R>(load(), PhantomData);
        self.core.load(self.call, judged, nanos).0.value
    }

    /// The same for a task.
    pub async fn load_async(self, future: impl Future<Output = Loaded<Out>>) -> Out
    where
        K: Eq,
        V: Clone,
        R: Keeper<Out, Kept = V>,
    {
        let judged = async { Judged::<Out, R>(future.await, PhantomData) };
        self.core.load_async(self.call, judged, nanos).await.0.value
    }
}

impl<K, V, Out, R> fmt::Debug for Missed<'_, K, V, Out, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Missed").finish_non_exhaustive()
    }
}

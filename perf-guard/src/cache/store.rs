//! Where the values are: a cache of another crate's, behind keys that carry their hashes.
//!
//! What runs under its locks of the user's code is `Eq` of keys, and `Clone` of values that are found. Hashes are known by
//! then, and what is taken out is dropped after.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash, Hasher};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, Equivalent, Lifecycle, OptionsBuilder, UnitWeighter};

/// Parts that a lock each is for have at least as many entries as this, as far as there are several.
const ENTRIES_A_PART: u64 = 32;

/// A value, and when its load ended.
#[derive(Clone, Debug)]
pub(super) struct Entry<V> {
    pub(super) value: V,
    pub(super) loaded: u64,
}

/// A key that is kept.
#[derive(Debug)]
pub(super) struct Stored<K> {
    pub(super) hash: u64,
    pub(super) key: K,
}

impl<K> Hash for Stored<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Asked by a writer.
impl<K: Eq> PartialEq for Stored<K> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && by_a_writer(|| self.key == other.key)
    }
}

impl<K: Eq> Eq for Stored<K> {}

/// What a key can be found by.
pub(super) trait Matches<K> {
    fn matches(&self, key: &K) -> bool;
}

/// By what `K` can be borrowed as.
pub(super) struct Borrowed<'a, Q: ?Sized>(pub(super) &'a Q);

impl<Q: Eq + ?Sized, K: Borrow<Q>> Matches<K> for Borrowed<'_, Q> {
    #[inline]
    fn matches(&self, key: &K) -> bool {
        self.0 == key.borrow()
    }
}

/// For a writer to find what it takes out.
struct ByWriter<'a, M>(&'a M);

impl<K, M: Matches<K>> Matches<K> for ByWriter<'_, M> {
    fn matches(&self, key: &K) -> bool {
        by_a_writer(|| self.0.matches(key))
    }
}

/// Compares keys under a writer's lock, which a panic would poison: a key that cannot be compared equals none.
fn by_a_writer(compare: impl FnOnce() -> bool) -> bool {
    catch_unwind(AssertUnwindSafe(compare)).unwrap_or(false)
}

struct Look<'a, M> {
    hash: u64,
    key: &'a M,
}

impl<M> Hash for Look<'_, M> {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K, M: Matches<K>> Equivalent<Stored<K>> for Look<'_, M> {
    #[inline]
    fn equivalent(&self, stored: &Stored<K>) -> bool {
        self.hash == stored.hash && self.key.matches(&stored.key)
    }
}

/// Takes hashes as they are.
#[derive(Clone, Copy, Default, Debug)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_empty(), "only hashes are hashed");
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

impl BuildHasher for AsItIs {
    type Hasher = Self;

    #[inline]
    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

/// Counts what is taken out to make room, or replaced.
#[derive(Clone, Default, Debug)]
struct Out(Arc<AtomicU64>);

/// What one call has taken out, to be dropped when no lock is held.
struct TakenOut<K, V> {
    first: Option<(Stored<K>, Entry<V>)>,
    others: Vec<(Stored<K>, Entry<V>)>,
}

impl<K, V> Default for TakenOut<K, V> {
    fn default() -> Self {
        Self { first: None, others: Vec::new() }
    }
}

impl<K, V> Lifecycle<Stored<K>, Entry<V>> for Out {
    type RequestState = TakenOut<K, V>;

    fn on_evict(&self, taken: &mut TakenOut<K, V>, key: Stored<K>, entry: Entry<V>) {
        self.0.fetch_add(1, Relaxed);
        match &taken.first {
            None => taken.first = Some((key, entry)),
            Some(_) => taken.others.push((key, entry)),
        }
    }
}

/// A key and a value that were in the store, and are dropped with this.
#[must_use = "to be dropped when no lock is held"]
pub(super) struct Evicted<K, V> {
    _taken: TakenOut<K, V>,
}

pub(super) struct Store<K, V> {
    entries: Cache<Stored<K>, Entry<V>, UnitWeighter, AsItIs, Out>,
    hashes: DefaultHashBuilder,
    out: Out,
    replaced: AtomicU64,
}

impl<K: Eq, V: Clone> Store<K, V> {
    pub(super) fn new(capacity: u64) -> Self {
        let out = Out::default();
        let parts = parts(capacity);
        let mut options = OptionsBuilder::new();
        options.shards(parts as usize).weight_capacity(whole(capacity, parts));
        options.estimated_items_capacity(usize::try_from(capacity).unwrap_or(usize::MAX));
        let options = options.build().expect("both capacities are given");
        Self {
            entries: Cache::with_options(options, UnitWeighter, AsItIs(0), out.clone()),
            hashes: DefaultHashBuilder::default(),
            out,
            replaced: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hashes.hash_one(key)
    }

    #[inline]
    pub(super) fn get<M: Matches<K>>(&self, hash: u64, key: &M) -> Option<Entry<V>> {
        self.entries.get(&Look { hash, key })
    }

    /// As [`get`](Self::get), which does not tell that anybody wants it.
    pub(super) fn peek<M: Matches<K>>(&self, hash: u64, key: &M) -> Option<Entry<V>> {
        self.entries.peek(&Look { hash, key })
    }

    pub(super) fn insert(&self, key: Stored<K>, entry: Entry<V>) -> Evicted<K, V> {
        let (hash, mut taken) = (key.hash, TakenOut::default());
        self.entries.insert_with_lifecycle(key, entry, &mut taken);
        let others = taken.others.iter().filter(|(key, _)| key.hash == hash).count();
        let first = taken.first.iter().filter(|(key, _)| key.hash == hash).count();
        self.replaced.fetch_add((first + others) as u64, Relaxed);
        Evicted { _taken: taken }
    }

    pub(super) fn remove<M: Matches<K>>(&self, hash: u64, key: &M) {
        drop(self.entries.remove(&Look { hash, key: &ByWriter(key) }));
    }

    pub(super) fn clear(&self) {
        // Not its `clear`, which drops all under its locks.
        self.entries.drain().for_each(mem::drop);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Entries that had to make room.
    pub(super) fn evictions(&self) -> u64 {
        let replaced = self.replaced.load(Relaxed);
        self.out.0.load(Relaxed).saturating_sub(replaced)
    }

    pub(super) fn set_capacity(&self, capacity: u64) {
        let parts = self.entries.num_shards() as u64;
        self.entries.set_capacity(whole(capacity, parts));
    }
}

/// As many as four a core, if there are enough entries for them.
fn parts(capacity: u64) -> u64 {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let most = (capacity / ENTRIES_A_PART).clamp(1, 4 * cores);
    1 << most.ilog2()
}

/// What can be divided by so many parts without being rounded up.
fn whole(capacity: u64, parts: u64) -> u64 {
    (capacity / parts * parts).max(1)
}

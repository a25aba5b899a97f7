//! Caches that have what they are asked for, so that the body is not called.

use std::sync::LazyLock;

use benches::rounds::Row;
use cached::{ConcurrentCached, ShardedLruCache};

use super::admitted;

/// So few that the cache holds them all, whichever it would throw out first.
const KEYS: u64 = 64;
const ROOM: usize = 4_096;

/// With the hasher that its documentation names for keys as small as these.
type Moka = moka::sync::Cache<u64, u64, ahash::RandomState>;
type Quick = quick_cache::sync::Cache<u64, u64>;

static MOKA: LazyLock<Moka> = LazyLock::new(|| {
    let cache = moka::sync::Cache::builder().max_capacity(ROOM as u64).build_with_hasher(ahash::RandomState::new());
    (0..KEYS).for_each(|key| cache.insert(key, key));
    cache
});
static QUICK: LazyLock<Quick> = LazyLock::new(|| {
    let cache = Quick::new(ROOM);
    (0..KEYS).for_each(|key| cache.insert(key, key));
    cache
});

type Cached = ShardedLruCache<u64, u64>;

static CACHED: LazyLock<Cached> = LazyLock::new(|| {
    let cache = Cached::builder().max_size(ROOM).build().expect("in order");
    for key in 0..KEYS {
        cache.cache_set(key, key).expect("it cannot fail");
    }
    cache
});

#[inline(never)]
fn cached_hit(cache: &Cached, x: u64) -> Result<u64, u64> {
    cache.cache_get(&(x % KEYS)).ok().flatten().ok_or(x)
}

#[inline(never)]
fn moka_hit(cache: &Moka, x: u64) -> Result<u64, u64> {
    cache.get(&(x % KEYS)).ok_or(x)
}

#[inline(never)]
fn quick_hit(cache: &Quick, x: u64) -> Result<u64, u64> {
    cache.get(&(x % KEYS)).ok_or(x)
}

pub(super) fn rows() -> Vec<Row> {
    [
        admitted!("cache, cached 2, hit", cache = &*CACHED, x => cached_hit(cache, x)),
        admitted!("cache, moka, hit", cache = &*MOKA, x => moka_hit(cache, x)),
        admitted!("cache, quick_cache, hit", cache = &*QUICK, x => quick_hit(cache, x)),
    ]
    .concat()
}

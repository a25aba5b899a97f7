//! Functions under guards, in each state.

use std::hint::black_box;
use std::sync::LazyLock;

use benches::rounds::Row;
use perf_runtime::{
    Cache, GuardKind, KeyedRateLimiter, Rate, RateLimiter, Rejected, bulkhead, cached, circuit_breaker, load_shed,
    profiled, rate_limited, retry,
};

use crate::ours::{body, fallible};

/// Comes back in a register, as the error of the bare body does.
#[derive(Clone, Copy)]
struct Error(#[allow(dead_code, reason = "what an error is made of is made")] u64);

impl From<Rejected> for Error {
    #[inline]
    fn from(_: Rejected) -> Self {
        Self(u64::MAX)
    }
}

macro_rules! guarded_body {
    ($x:ident) => {
        fallible!($x).map_err(Error)
    };
}

#[rate_limited(rate = "1_000_000_000/s", burst = 1_000_000_000)]
#[inline(never)]
fn leased(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

/// The rate is too low for leases, and the burst is enough for any number of calls.
#[rate_limited(rate = "9_000/s", burst = 100_000_000_000)]
#[inline(never)]
fn strict(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

#[rate_limited(rate = "1/h", burst = 1)]
#[inline(never)]
fn refused(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

#[circuit_breaker]
#[inline(never)]
fn closed(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

#[circuit_breaker(open_for = "1h", max_open = "1h")]
#[inline(never)]
fn open(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

#[bulkhead(64)]
#[inline(never)]
fn held(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

/// Whatever the machine has to do, and it has: nothing but queueing is more than all there is.
#[load_shed(max_load = 1.0)]
#[inline(never)]
fn unshed(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

#[retry]
#[inline(never)]
fn retried(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

/// Of as many keys as the peers' rows ask for.
#[cached(capacity = 4096, key = x % 64)]
#[inline(never)]
fn remembered(x: u64) -> u64 {
    body!(x)
}

#[profiled]
#[circuit_breaker]
#[rate_limited(rate = "1_000_000_000/s", burst = 1_000_000_000)]
#[inline(never)]
fn stacked(x: u64) -> Result<u64, Error> {
    guarded_body!(x)
}

macro_rules! calls {
    ($call:ident) => {
        |count| {
            for x in 0..count {
                _ = black_box($call(black_box(x)));
            }
        }
    };
}

fn plain_leased(count: u64) {
    thread_local!(static LIMITER: RateLimiter = limiter());
    LIMITER.with(|limiter| {
        for x in 0..count {
            _ = black_box(limiter.check().map(|()| body!(x)));
        }
    });
}

fn limiter() -> RateLimiter {
    RateLimiter::builder()
        .rate(Rate::per_second(1_000_000_000))
        .burst(1_000_000_000)
        .name("calls")
        .build()
        .expect("in order")
}

fn keyed(count: u64) {
    thread_local!(static LIMITER: KeyedRateLimiter = KeyedRateLimiter::builder()
        .rate(Rate::per_second(1_000_000_000)).burst(1_000_000_000).name("calls by key").build().expect("in order"));
    LIMITER.with(|limiter| {
        for x in 0..count {
            _ = black_box(limiter.check(black_box("a key of some length")).map(|()| body!(x)));
        }
    });
}

static CACHE: LazyLock<Cache<u64, u64>> = LazyLock::new(|| {
    let cache = Cache::new(4096).expect("in order");
    (0..64).for_each(|key| cache.insert(key, key));
    cache
});

#[inline(never)]
fn hit(cache: &Cache<u64, u64>, x: u64) -> Result<u64, u64> {
    cache.get(&(x % 64)).ok_or(x)
}

fn hits(count: u64) {
    let cache = &*CACHE;
    for x in 0..count {
        _ = black_box(hit(cache, black_box(x)));
    }
}

/// The rows, once the breaker that is to be open is.
pub(crate) fn rows() -> Vec<Row> {
    _ = open(0);
    let guards = perf_runtime::guards();
    let breaker = guards.find(GuardKind::CircuitBreaker, "open").expect("it was called");
    let breaker: perf_runtime::CircuitBreaker = breaker.handle().expect("it is one");
    while breaker.try_acquire().map(perf_runtime::BreakerPermit::failure).is_ok() {}
    let two = |row: Row| Row { threads: 2, ..row };
    vec![
        Row::new("limiter, leased", calls!(leased)).at_most(0.09),
        two(Row::new("limiter, leased, two threads", calls!(leased)).at_most(0.2)),
        Row::new("limiter, leased, plain type", plain_leased).at_most(0.09),
        Row::new("limiter, strict", calls!(strict)).at_most(1.15),
        Row::new("limiter, refused", calls!(refused)).at_most(0.6),
        Row::new("limiter, by key", keyed),
        Row::new("breaker, closed", calls!(closed)).at_most(0.15),
        two(Row::new("breaker, closed, two threads", calls!(closed)).at_most(0.15)),
        Row::new("breaker, open", calls!(open)).at_most(0.55),
        Row::new("bulkhead", calls!(held)).at_most(0.7),
        Row::new("load shedder, admitted", calls!(unshed)),
        Row::new("retry, first attempt", calls!(retried)),
        Row::new("cache, hit, plain type", hits).at_most(0.8),
        two(Row::new("cache, hit, plain type, two threads", hits)),
        Row::new("cache, hit, by attribute", calls!(remembered)).at_most(0.8),
        Row::new("profiled + breaker + limiter", calls!(stacked)).at_most(0.17),
        two(Row::new("profiled + breaker + limiter, two threads", calls!(stacked)).at_most(0.3)),
    ]
}

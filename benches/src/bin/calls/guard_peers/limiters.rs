//! Limiters, of a rate and a burst that no thread can use up, and of one call an hour.

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Duration;

use benches::rounds::Row;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};
use leaky_bucket::RateLimiter as LeakyBucket;
use ratelimit::Ratelimiter;
use tower::Layer;
use tower_resilience_ratelimiter::{RateLimiter as TowerLimiter, RateLimiterLayer};

use super::{Body, REFUSED, Served, admitted, refused, row, service};
use crate::ours::{body, fallible};

/// Calls a second, and at once.
const PLENTY: u32 = 1_000_000_000;
const HOUR: Duration = Duration::from_secs(3_600);
const KEY: &str = "a key of some length";

fn plenty() -> Quota {
    Quota::per_second(NonZeroU32::new(PLENTY).expect("not zero"))
}

/// One call, which has been made.
fn nothing() -> DefaultDirectRateLimiter {
    let limiter = governor::RateLimiter::direct(Quota::with_period(HOUR).expect("not zero"));
    assert!(limiter.check().is_ok());
    limiter
}

static GOVERNOR: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(|| governor::RateLimiter::direct(plenty()));
static GOVERNOR_REFUSES: LazyLock<DefaultDirectRateLimiter> = LazyLock::new(nothing);
/// In a dashmap, and with the hasher of std, which are its defaults; ours hashes with that too.
static GOVERNOR_BY_KEY: LazyLock<DefaultKeyedRateLimiter<&str>> =
    LazyLock::new(|| governor::RateLimiter::keyed(plenty()));

#[inline(never)]
fn governed(limiter: &DefaultDirectRateLimiter, x: u64) -> Result<u64, u64> {
    if limiter.check().is_ok() { fallible!(x) } else { REFUSED }
}

#[inline(never)]
fn governed_by_key(limiter: &DefaultKeyedRateLimiter<&'static str>, key: &'static str, x: u64) -> Result<u64, u64> {
    if limiter.check_key(&key).is_ok() { fallible!(x) } else { REFUSED }
}

static RATELIMIT: LazyLock<Ratelimiter> = LazyLock::new(|| {
    let plenty = u64::from(PLENTY);
    Ratelimiter::builder(plenty).max_tokens(plenty).initial_available(plenty).build().expect("in order")
});
static RATELIMIT_REFUSES: LazyLock<Ratelimiter> =
    LazyLock::new(|| Ratelimiter::builder(1).period(HOUR).build().expect("in order"));

#[inline(never)]
fn rate_limited(limiter: &Ratelimiter, x: u64) -> Result<u64, u64> {
    if limiter.try_wait().is_ok() { fallible!(x) } else { REFUSED }
}

static LEAKY_BUCKET: LazyLock<LeakyBucket> = LazyLock::new(|| leaky_bucket().build());
/// Without a lock while there are tokens. Two threads that get in each other's way can make this one
/// refuse for good, so it is for one.
static LEAKY_BUCKET_UNFAIR: LazyLock<LeakyBucket> = LazyLock::new(|| leaky_bucket().fair(false).build());
static LEAKY_BUCKET_REFUSES: LazyLock<LeakyBucket> =
    LazyLock::new(|| LeakyBucket::builder().initial(0).max(1).refill(1).interval(HOUR).build());

fn leaky_bucket() -> leaky_bucket::Builder {
    let plenty = PLENTY as usize;
    let mut builder = LeakyBucket::builder();
    builder.initial(plenty).max(plenty).refill(plenty).interval(Duration::from_secs(1));
    builder
}

#[inline(never)]
fn leaked(limiter: &LeakyBucket, x: u64) -> Result<u64, u64> {
    if limiter.try_acquire(1) { fallible!(x) } else { REFUSED }
}

static TOWER: LazyLock<TowerLimiter<Body>> = LazyLock::new(|| tower_limiter(PLENTY, Duration::from_secs(1)));
static TOWER_REFUSES: LazyLock<TowerLimiter<Body>> = LazyLock::new(|| {
    let limiter = tower_limiter(1, HOUR);
    assert!(Served::here(&limiter).call(0).is_ok());
    limiter
});

/// Its default, a fixed window, is the fastest it has. It refuses instead of waiting.
fn tower_limiter(limit: u32, period: Duration) -> TowerLimiter<Body> {
    let limiter = RateLimiterLayer::builder()
        .limit_for_period(limit as usize)
        .refresh_period(period)
        .timeout_duration(Duration::ZERO);
    limiter.build().expect("in order").layer(service())
}

pub(super) fn rows() -> Vec<Row> {
    [
        admitted!("limiter, governor", limiter = &*GOVERNOR, x => governed(limiter, x)),
        refused!("limiter, governor, refused", limiter = &*GOVERNOR_REFUSES, x => governed(limiter, x)),
        admitted!(
            "limiter, governor, by key",
            (limiter, key) = (&*GOVERNOR_BY_KEY, std::hint::black_box(KEY)),
            x => governed_by_key(limiter, key, x)
        ),
        admitted!("limiter, ratelimit", limiter = &*RATELIMIT, x => rate_limited(limiter, x)),
        refused!("limiter, ratelimit, refused", limiter = &*RATELIMIT_REFUSES, x => rate_limited(limiter, x)),
        vec![row!(
            "limiter, leaky-bucket, not fair",
            proves_admitted,
            limiter = &*LEAKY_BUCKET_UNFAIR,
            x => leaked(limiter, x)
        )],
        admitted!("limiter, leaky-bucket", limiter = &*LEAKY_BUCKET, x => leaked(limiter, x)),
        refused!("limiter, leaky-bucket, refused", limiter = &*LEAKY_BUCKET_REFUSES, x => leaked(limiter, x)),
        admitted!("limiter, tower-resilience", mut limiter = Served::here(&*TOWER), x => limiter.call(x)),
        refused!("limiter, tower-resilience, refused", mut limiter = Served::here(&*TOWER_REFUSES), x => limiter.call(x)),
    ]
    .concat()
}

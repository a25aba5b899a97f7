use std::sync::Arc;
use std::time::Duration;

use perf_core::__guard::nanos;

use super::fixed_window::{self, FixedWindow};
use super::held::Held;
use super::leased::LeasedBucket;
use super::sliding_window::SlidingWindow;
use super::{Algorithm, Core, Counter, Rate, RateLimiter, WhenLimited};
use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::AtomicU64;
use crate::registry;

/// All that can be set of a [`RateLimiter`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `build`"]
pub struct RateLimiterBuilder {
    pub(super) name: Name,
    pub(super) rate: Option<Rate>,
    pub(super) burst: Option<u64>,
    algorithm: Algorithm,
    when_limited: Option<WhenLimited>,
    max_wait: Option<Duration>,
}

impl RateLimiterBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: Name::NONE,
            rate: None,
            burst: None,
            algorithm: Algorithm::default(),
            when_limited: None,
            max_wait: None,
        }
    }

    /// What it is called in snapshots and refusals. Where there is a limiter of this name already, that is what
    /// [`build`](Self::build) gives.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// So many calls in so much time. Needed.
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// How many permits a token bucket keeps, or how many calls may wait in a leaky bucket: the rate's count, unless
    /// set. Windows have none.
    pub fn burst(mut self, burst: u64) -> Self {
        self.burst = Some(burst);
        self
    }

    /// How it counts: a token bucket, unless set.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// What becomes of a call under the attribute that has no permit: it is refused, unless set; in a leaky bucket it
    /// waits. Of a limiter by itself, [`check`](RateLimiter::check) never waits and [`acquire`](RateLimiter::acquire) does.
    pub fn when_limited(mut self, when_limited: WhenLimited) -> Self {
        self.when_limited = Some(when_limited);
        self
    }

    /// How long a call may wait: a second, unless set; in a leaky bucket as long as `burst` calls take to leave.
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = Some(max_wait);
        self
    }

    /// The limiter, with a burst of permits in it.
    ///
    /// # Errors
    ///
    /// There is no rate, or a number cannot be: says which, and what it may be.
    pub fn build(self) -> Result<RateLimiter, GuardError> {
        let Some(rate) = self.rate else {
            return Err(GuardError::new("a rate limiter needs a `rate`, such as \"100/s\""));
        };
        let is_window = matches!(self.algorithm, Algorithm::FixedWindow | Algorithm::SlidingWindow);
        if is_window && self.burst.is_some() {
            return Err(GuardError::new("a window has no `burst`: its `rate` says how many it lets in"));
        }
        let burst = self.burst.unwrap_or(rate.count());
        let is_leaky = self.algorithm == Algorithm::LeakyBucket;
        let counter = match self.algorithm {
            Algorithm::TokenBucket => Counter::Bucket(LeasedBucket::new(rate, burst, nanos())?, false),
            Algorithm::LeakyBucket => Counter::Bucket(LeasedBucket::new(rate, 1, nanos())?, true),
            Algorithm::FixedWindow => {
                check_fixed(rate)?;
                Counter::Fixed(FixedWindow::new(rate))
            }
            Algorithm::SlidingWindow => Counter::Sliding(SlidingWindow::new(rate)?),
        };
        let max_wait = match self.max_wait {
            Some(max_wait) => max_wait,
            None if is_leaky => longest_queue(rate, burst)?,
            None => Duration::from_secs(1),
        };
        let when_limited = if is_leaky { WhenLimited::Wait } else { WhenLimited::Reject };
        let limiter = RateLimiter {
            core: Arc::new(Core {
                name: self.name,
                held: Held::new(),
                counter,
                when_limited: self.when_limited.unwrap_or(when_limited),
                max_wait: AtomicU64::new(0),
                left: AtomicU64::new(0),
            }),
        };
        limiter.set_max_wait(max_wait);
        Ok(registry::known(limiter))
    }
}

pub(super) fn check_fixed(rate: Rate) -> Result<(), GuardError> {
    if rate.count() <= fixed_window::MOST {
        return Ok(());
    }
    let most = fixed_window::MOST;
    Err(GuardError::new(format!("`rate` is {rate}, and a fixed window lets in at most {most}")))
}

/// The time in which so many calls leave a leaky bucket.
pub(super) fn longest_queue(rate: Rate, burst: u64) -> Result<Duration, GuardError> {
    if burst == 0 {
        return Err(GuardError::new("`burst` is 0, and must be at least 1"));
    }
    let nanos = u128::from(rate.nanos()) * u128::from(burst) / u128::from(rate.count());
    Ok(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX - 1)))
}

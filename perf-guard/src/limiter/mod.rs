//! Rate limiters: so many calls in so much time.

mod builder;
mod fixed_window;
mod held;
mod keyed;
mod leased;
mod rate;
mod scale;
mod sliding_window;
mod steer;
mod table;
mod token_bucket;
mod waiting;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use perf_core::__guard::nanos;

pub use builder::RateLimiterBuilder;
pub use keyed::{KeyedRateLimiter, KeyedRateLimiterBuilder};
pub use rate::Rate;
pub(crate) use table::key_of;
pub use waiting::Admission;

use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::{AtomicU64, Ordering::Relaxed};
use crate::rejected::{Reason, Rejected};
use crate::stage::Stage;
use fixed_window::FixedWindow;
use held::{Held, add};
use leased::LeasedBucket;
use sliding_window::SlidingWindow;
use token_bucket::Denied;

/// How a rate limiter counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// Permits come in at the rate, and up to `burst` are kept: in any time `w`, at most `burst + rate · w` calls.
    /// The generic cell rate algorithm of ITU-T I.371.
    #[default]
    TokenBucket,
    /// Calls leave at least a period of the rate apart, in the order in which they came; up to `burst` wait for their turn.
    LeakyBucket,
    /// At most the rate's count in each window of its length, counted from the program's start: up to twice as many
    /// over the border of two.
    FixedWindow,
    /// Never more than the rate's count in any window of its length, wherever it begins. Takes eight bytes for
    /// each call of two windows, a million calls at most.
    SlidingWindow,
}

/// What becomes of a call that has no permit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenLimited {
    /// It is refused.
    #[default]
    Reject,
    /// It waits for its turn, `max_wait` at most; one that could not begin within that is refused at once.
    Wait,
}

/// Admits so many calls in so much time.
///
/// Clones share what they admit. A call that is admitted costs a few instructions on memory of its own
/// thread where the rate is at least 10,000 a second and the burst at least 512: busy threads hold small leases of
/// permits then, which are kept out of the burst, so that the bound stays strict and a burst may be short by a quarter
/// while sixteen threads hold theirs. Otherwise it costs a reading of the clock and one atomic exchange.
///
/// ```
/// use perf_runtime::{Rate, RateLimiter};
///
/// let limiter = RateLimiter::new(Rate::per_second(2));
/// assert!(limiter.check().is_ok() && limiter.check().is_ok(), "a burst is as many as come in a second");
/// let rejected = limiter.check().unwrap_err();
/// assert!(rejected.retry_after().is_some());
/// ```
#[derive(Clone)]
pub struct RateLimiter {
    core: Arc<Core>,
}

struct Core {
    name: Name,
    held: Held,
    counter: Counter,
    when_limited: WhenLimited,
    /// Nanoseconds.
    max_wait: AtomicU64,
    /// When the last call left a leaky bucket.
    left: AtomicU64,
}

#[derive(Debug)]
enum Counter {
    /// A bucket, and whether calls leave it one by one.
    Bucket(LeasedBucket, bool),
    Fixed(FixedWindow),
    Sliding(SlidingWindow),
}

/// What a call has taken.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    permits: u64,
    /// When, in nanoseconds, or earlier. None where it is of the thread's lease, and given back, if it is, before the thread
    /// does anything else.
    since: Option<u64>,
}

impl Taken {
    const OF_A_LEASE: Self = Self { permits: 1, since: None };

    /// Of a lease that others may use before this is given back: it was paid for nobody knows when, and stays so.
    const LONG_AGO: Self = Self { permits: 1, since: Some(0) };
}

impl RateLimiter {
    /// A token bucket of this rate, which keeps as many permits as the rate's count.
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
    pub fn builder() -> RateLimiterBuilder {
        RateLimiterBuilder::new()
    }

    /// Admits one call now, or says when to come again.
    ///
    /// # Errors
    ///
    /// [`Reason::RateLimited`], with the exact time after which the same call, alone, is admitted.
    #[inline]
    pub fn check(&self) -> Result<(), Rejected> {
        if self.core.held.take_leased() { Ok(()) } else { self.core.admit(1).map(drop) }
    }

    /// Admits a call that costs as much as `permits`. One that costs nothing is always admitted.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); or [`Reason::ExceedsBurst`], which no waiting changes.
    #[inline(always)]
    pub fn check_n(&self, permits: u64) -> Result<(), Rejected> {
        match permits {
            0 => Ok(()),
            1 => self.check(),
            _ => self.core.admit(permits).map(drop),
        }
    }

    /// Takes a permit now. It is spent with the call, and nothing gives it back but [`RatePermit::give_back`].
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    #[inline]
    pub fn try_acquire(&self) -> Result<RatePermit<'_>, Rejected> {
        self.try_acquire_n(1)
    }

    /// The same for a call that costs as much as `permits`.
    ///
    /// # Errors
    ///
    /// As [`check_n`](Self::check_n).
    #[inline]
    pub fn try_acquire_n(&self, permits: u64) -> Result<RatePermit<'_>, Rejected> {
        Ok(RatePermit { limiter: self, taken: self.core.take_now(permits)? })
    }

    /// Runs `work` if it is admitted: now, or after its [wait](RateLimiterBuilder::when_limited) where calls wait.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check), or as [`acquire`](Self::acquire) where calls wait.
    #[inline]
    pub fn call<T>(&self, work: impl FnOnce() -> T) -> Result<T, Rejected> {
        self.enter(1)?;
        Ok(work())
    }

    /// As [`call`](Self::call), with one error for both.
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    #[inline]
    pub fn execute<T, E: From<Rejected>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.enter(1)?;
        work()
    }

    /// Polls `work` if it is admitted, for which it asks at the first poll, and waits where calls wait.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn call_async<F: Future>(&self, work: F) -> Result<F::Output, Rejected> {
        self.enter_async(1).await?;
        Ok(work.await)
    }

    /// As [`call_async`](Self::call_async), with one error for both.
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    pub async fn execute_async<T, E: From<Rejected>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.enter_async(1).await?;
        work.await
    }

    /// Permits that can be had now, as far as can be told: those that threads hold are left out.
    #[must_use]
    pub fn available(&self) -> u64 {
        let now = nanos();
        match &self.core.counter {
            Counter::Bucket(bucket, _) => bucket.available(&self.core.held, now),
            Counter::Fixed(window) => window.available(now),
            Counter::Sliding(window) => window.available(now),
        }
    }
}

impl Core {
    /// Takes permits now, or refuses. All that is in it lies in one frame: refusals are to be cheap.
    #[inline(never)]
    fn admit(&self, permits: u64) -> Result<Taken, Rejected> {
        self.admit_at(permits, nanos())
    }

    #[inline(always)]
    fn admit_at(&self, permits: u64, now: u64) -> Result<Taken, Rejected> {
        let taken = self.take(permits, now, 0).and_then(|_| self.leaves(now));
        match taken {
            Ok(()) => Ok(Taken { permits, since: Some(now) }),
            Err(denied) => Err(self.refuse(denied)),
        }
    }

    /// Takes permits now, those of a lease first.
    fn take_now(&self, permits: u64) -> Result<Taken, Rejected> {
        match permits {
            0 => Ok(Taken { permits, since: None }),
            1 if self.held.take_leased() => Ok(Taken::LONG_AGO),
            _ => self.admit(permits),
        }
    }

    /// Takes permits that will be there within `most` nanoseconds, where calls can wait for them. Gives the wait.
    #[inline(always)]
    fn take(&self, permits: u64, now: u64, most: u64) -> Result<u64, Denied> {
        match &self.counter {
            Counter::Bucket(bucket, _) => return bucket.take(&self.held, permits, now, most),
            Counter::Fixed(window) => window.take(permits, now)?,
            Counter::Sliding(window) => window.take_all(permits, now)?,
        }
        self.held.count_taken();
        Ok(0)
    }

    /// Gives back what a call took that never ran. What a sliding window has seen it does not forget.
    fn give_back(&self, taken: Taken) {
        let Taken { permits, since } = taken;
        match (&self.counter, since) {
            _ if permits == 0 => return,
            (Counter::Bucket(bucket, _), _) => return bucket.give_back(&self.held, permits, since, nanos()),
            (Counter::Fixed(window), Some(since)) => window.give_back(permits, since, nanos()),
            (Counter::Fixed(_) | Counter::Sliding(_), _) => {}
        }
        self.held.count_given_back();
    }

    /// Lets a call leave a leaky bucket, if the last one left long enough ago; any other bucket at any time.
    #[inline]
    fn leaves(&self, now: u64) -> Result<(), Denied> {
        match &self.counter {
            Counter::Bucket(bucket, true) => self.leaves_in_turn(bucket, now),
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn leaves_in_turn(&self, bucket: &LeasedBucket, now: u64) -> Result<(), Denied> {
        let rate = bucket.get().0;
        let apart = rate.nanos().div_ceil(rate.count());
        let may = |left: u64| (left == 0 || now >= left.saturating_add(apart)).then_some(now.max(1));
        match self.left.fetch_update(Relaxed, Relaxed, may) {
            Ok(_) => Ok(()),
            Err(left) => Err(Denied::For(left.saturating_add(apart) - now)),
        }
    }

    #[inline(always)]
    fn refuse(&self, denied: Denied) -> Rejected {
        let (reason, wait) = match denied {
            Denied::For(wait) => (Reason::RateLimited, wait),
            Denied::Forever => (Reason::ExceedsBurst, u64::MAX),
            Denied::Sealed => (Reason::RateLimited, 1),
        };
        self.held.with(|own| match reason {
            Reason::ExceedsBurst => add(&own.counts.exceeding, 1),
            _ => add(&own.counts.limited, 1),
        });
        Rejected::new(self.name, reason).retry_after_nanos(wait)
    }
}

impl RateLimiter {
    /// The rate in force.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.core.rate_and_burst().0
    }

    /// The burst in force: of a leaky bucket, how many may wait; of windows, the rate's count.
    #[must_use]
    pub fn burst(&self) -> u64 {
        self.core.rate_and_burst().1
    }

    /// Changes the rate. What was admitted stays counted: nobody gets a burst for nothing, and nobody is locked out.
    ///
    /// # Errors
    ///
    /// The rate cannot be; nothing has changed then.
    pub fn set_rate(&self, rate: Rate) -> Result<(), GuardError> {
        match &self.core.counter {
            Counter::Bucket(bucket, _) => bucket.set(&self.core.held, |set| set.0 = rate, nanos()),
            Counter::Fixed(window) => {
                builder::check_fixed(rate)?;
                window.set(rate, nanos());
                Ok(())
            }
            Counter::Sliding(window) => window.set(rate),
        }
    }

    /// Changes the burst, in the same way.
    ///
    /// # Errors
    ///
    /// The burst cannot be, or the limiter has none: a window's is the rate's count.
    pub fn set_burst(&self, burst: u64) -> Result<(), GuardError> {
        match &self.core.counter {
            Counter::Bucket(_, true) => {
                self.set_max_wait(builder::longest_queue(self.rate(), burst)?);
                Ok(())
            }
            Counter::Bucket(bucket, false) => bucket.set(&self.core.held, |set| set.1 = burst, nanos()),
            _ => Err(GuardError::new("a window has no `burst`: its `rate` says how many it lets in")),
        }
    }

    /// Changes how long a call may wait.
    pub fn set_max_wait(&self, max_wait: Duration) {
        let nanos = u64::try_from(max_wait.as_nanos()).unwrap_or(u64::MAX - 1);
        self.core.max_wait.store(nanos, Relaxed);
    }
}

/// A permit of a [`RateLimiter`], taken for one call.
#[derive(Debug)]
pub struct RatePermit<'a> {
    limiter: &'a RateLimiter,
    taken: Taken,
}

impl RatePermit<'_> {
    /// The call never ran: another may. What a sliding window has seen it does not forget.
    pub fn give_back(self) {
        self.limiter.core.give_back(self.taken);
    }
}

impl Core {
    fn rate_and_burst(&self) -> (Rate, u64) {
        match &self.counter {
            Counter::Bucket(bucket, false) => bucket.get(),
            Counter::Bucket(bucket, true) => {
                let rate = bucket.get().0;
                let wait = u128::from(self.max_wait.load(Relaxed));
                (rate, (wait * u128::from(rate.count()) / u128::from(rate.nanos())).max(1) as u64)
            }
            Counter::Fixed(window) => (window.rate(), window.rate().count()),
            Counter::Sliding(window) => (window.rate(), window.rate().count()),
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, burst) = self.core.rate_and_burst();
        f.debug_struct("RateLimiter")
            .field("name", &self.core.name)
            .field("rate", &rate)
            .field("burst", &burst)
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;

//! Stops calls that take too long.

mod adaptive;
mod builder;
pub(crate) mod future;
mod sketch;
mod stats;

#[cfg(all(test, not(loom)))]
mod simulated;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use once_cell::race::OnceBox;

use adaptive::{Learnt, Rule};
pub use builder::TimeoutBuilder;
use future::{Execute, Timed};

use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::lock;
use crate::rejected::{Reason, Rejected};
use crate::sum::Sum;

/// Stops futures that take too long, whatever executor they run on.
///
/// The time runs from the first poll. When it is over the future is dropped, at once, and with it all that it
/// holds. A future that is ready in that very moment is not late. One that computes without ever returning to
/// its executor can be stopped by nobody.
///
/// ```
/// # use std::{future::Future, pin::pin, task::{Context, Poll, Waker}};
/// use perf_runtime::{Reason, Timeout};
/// use std::time::Duration;
///
/// let timeout = Timeout::new(Duration::from_millis(5))?;
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = pin!(future);
/// #     loop {
/// #         if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// # block_on(async {
/// assert_eq!(timeout.call_async(async { 6 * 7 }).await, Ok(42));
/// let late = timeout.call_async(std::future::pending::<()>()).await;
/// assert_eq!(late.unwrap_err().reason(), Reason::TimedOut);
/// # });
/// # Ok::<(), perf_runtime::GuardError>(())
/// ```
///
/// A call that is ready at its first poll costs a reading of the clock (two where the timeout adapts). The
/// timer is set only when a call has to wait: a thread of ours, or, with the feature `tokio`, that of the
/// runtime.
///
/// An [adaptive](Self::adaptive) timeout follows how long calls take: twice what 99 of 100 take, of the last
/// seconds, between two bounds. Calls that were stopped count as taking at least as long as they were let run.
/// So when calls become slower, and more than one of 100 is stopped, the timeout doubles each second, or each
/// 64 calls, until they are not. Calls that were cancelled, or failed, do not count.
///
/// Clones are handles of the same timeout.
#[derive(Clone)]
pub struct Timeout(Arc<Core>);

struct Core {
    name: Name,
    /// In nanoseconds.
    timeout: AtomicU64,
    is_adaptive: AtomicBool,
    rule: Mutex<Rule>,
    /// Made when first something is learnt.
    learnt: OnceBox<Learnt>,
    begun: Sum,
    ended: Sum,
    timed_out: AtomicU64,
}

impl Timeout {
    /// One that is always the same. [`Duration::MAX`] is for ever.
    ///
    /// # Errors
    ///
    /// Where it is zero.
    pub fn new(timeout: Duration) -> Result<Self, GuardError> {
        Self::builder(timeout).build()
    }

    /// One that is always the same, with all that can be said about it.
    pub fn builder(timeout: Duration) -> TimeoutBuilder {
        TimeoutBuilder::new(Some(timeout))
    }

    /// One that follows how long calls take, where the [environment](perf_core::GuardDefaults::adapt) adapts. Until it knows 100 calls (more, where it follows more than 99 of
    /// 100) it is the longest that it may be.
    pub fn adaptive() -> TimeoutBuilder {
        TimeoutBuilder::new(None)
    }

    /// Runs `future` until its time is over.
    ///
    /// # Errors
    ///
    /// [`Reason::TimedOut`] where it was stopped.
    pub fn call_async<F: Future>(&self, future: F) -> impl Future<Output = Result<F::Output, Rejected>> {
        Timed::new(self, future)
    }

    /// As [`call_async`](Self::call_async), with one error for both.
    ///
    /// # Errors
    ///
    /// Those of `future`, and that of [`call_async`](Self::call_async).
    pub fn execute_async<T, E, F>(&self, future: F) -> impl Future<Output = Result<T, E>>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        Execute::new(self, future)
    }

    /// The timeout of a call that began now.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        match self.nanos() {
            u64::MAX => Duration::MAX,
            nanos => Duration::from_nanos(nanos),
        }
    }

    /// Fixes it. Calls that have begun keep the time that they were given.
    ///
    /// # Errors
    ///
    /// Where it is zero; nothing is changed then.
    pub fn set_timeout(&self, timeout: Duration) -> Result<(), GuardError> {
        let nanos = builder::nanos_of("timeout", timeout)?;
        let _rule = lock(&self.0.rule);
        self.0.is_adaptive.store(false, Relaxed);
        self.0.timeout.store(nanos, Relaxed);
        Ok(())
    }

    /// Lets it follow how long calls take, between two bounds.
    ///
    /// # Errors
    ///
    /// Where one is zero, or the first above the second; nothing is changed then.
    pub fn set_adaptive(&self, min_timeout: Duration, max_timeout: Duration) -> Result<(), GuardError> {
        let min = builder::nanos_of("min_timeout", min_timeout)?;
        let max = builder::nanos_of("max_timeout", max_timeout)?;
        self.change_rule(|rule| (rule.min, rule.max) = (min, max))
    }

    /// Goes by another rule from now on, with what was learnt by the old one.
    fn change_rule(&self, change: impl FnOnce(&mut Rule)) -> Result<(), GuardError> {
        let mut rule = lock(&self.0.rule);
        let mut changed = *rule;
        change(&mut changed);
        builder::check(&changed)?;
        *rule = changed;
        self.0.timeout.store(self.learnt().timeout(&changed), Relaxed);
        self.0.is_adaptive.store(true, Relaxed);
        Ok(())
    }

    #[inline]
    fn nanos(&self) -> u64 {
        self.0.timeout.load(Relaxed)
    }

    #[inline]
    fn is_adaptive(&self) -> bool {
        self.0.is_adaptive.load(Relaxed)
    }

    fn learnt(&self) -> &Learnt {
        self.0.learnt.get_or_init(Box::default)
    }

    /// Learns from a call that took so many nanoseconds, or more.
    fn learn(&self, now: u64, nanos: u64) {
        // The rule is held until the timeout is set, so that none that is set meanwhile is undone.
        let mut held = None;
        let timeout = self.learnt().take(now, nanos, || **held.insert(lock(&self.0.rule)));
        if let (Some(timeout), true) = (timeout, self.is_adaptive()) {
            self.0.timeout.store(timeout, Relaxed);
        }
    }

    /// A call was stopped after so many nanoseconds.
    #[cold]
    fn stopped(&self, limit: u64) -> Rejected {
        self.0.timed_out.fetch_add(1, Relaxed);
        if self.is_adaptive() {
            self.learn(perf_core::__guard::nanos(), limit);
        }
        Rejected::new(self.0.name, Reason::TimedOut)
    }
}

impl fmt::Debug for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("name", &self.0.name).field("timeout", &self.timeout()).finish_non_exhaustive()
    }
}

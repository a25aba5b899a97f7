//! Another attempt, where one has failed.

mod attempts;
mod backoff;
mod budget;
mod builder;
mod steer;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::Duration;

use attempts::{Attempts, Tallies};
use budget::Budget;
pub use builder::RetryBuilder;

use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::Lock;
use crate::sum::Sum;
use crate::verdict::Verdict;

/// Tries again where a call has failed, after a pause, and within a budget.
///
/// Attempts are as many as may be, and the pauses between them are random, the longest twice as long each
/// time ([`backoff`](RetryBuilder::backoff)). But a callee that is down is not to be asked three times as
/// often: retries of ten seconds are never more than a share of the calls of these ten seconds
/// ([`budget`](RetryBuilder::budget)) and a few beside ([`reserve`](RetryBuilder::reserve)).
///
/// Two failures are never tried again. Where a guard has [refused](crate::Rejected) and the failure comes of
/// that, it would refuse again: whoever has to wait knows for how long from the refusal. (A call that was
/// [stopped](crate::Reason::TimedOut) for being late did run, and is tried again.) And where another `Retry`
/// further in has given up, it has tried already: three attempts within three attempts are three, not nine.
/// Both are seen on the thread that makes the attempt, however the errors look; a refusal that the call has
/// dealt with by itself counts all the same, unless an attribute's `fallback` did.
///
/// ```
/// use std::time::Duration;
/// use perf_runtime::Retry;
///
/// let retry = Retry::builder().attempts(4).backoff(Duration::from_millis(1)).build()?;
/// let mut left = 2;
/// let answer: Result<u32, &str> = retry.call(
///     || if left == 0 { Ok(42) } else { left -= 1; Err("not yet") },
///     Result::is_err,
/// );
/// assert_eq!(answer, Ok(42));
/// assert_eq!(retry.stats().number("recovered"), Some(1.0));
/// # Ok::<(), perf_runtime::GuardError>(())
/// ```
///
/// A call that succeeds at once costs a count on a line of its thread, and a reading of the clock where there
/// is a deadline. To decide on a retry takes a lock for a moment.
///
/// Clones are handles of the same one, and share its budget.
#[derive(Clone)]
pub struct Retry(Arc<Core>);

#[derive(Debug)]
struct Core {
    name: Name,
    attempts: AtomicU32,
    /// In nanoseconds, like the other durations.
    backoff: AtomicU64,
    max_backoff: AtomicU64,
    /// In millionths.
    share: AtomicU64,
    reserve: AtomicU64,
    /// [`u64::MAX`] is for ever.
    deadline: AtomicU64,
    calls: Sum,
    budget: Lock<Budget>,
    tallies: Tallies,
}

impl Retry {
    /// So many attempts at most, and all else as [`builder`](Self::builder) has it.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn new(attempts: u32) -> Result<Self, GuardError> {
        Self::builder().attempts(attempts).build()
    }

    /// One with all that can be said about it.
    pub fn builder() -> RetryBuilder {
        RetryBuilder::new()
    }

    /// Calls `call` until `failed` says that an output will do, or there is no other attempt; the thread sleeps
    /// in the pauses. What `failed` gives is a `bool`, or a [`Verdict`].
    ///
    /// A panic is nobody's to try again: it goes on.
    pub fn call<T, V: Into<Verdict>>(&self, mut call: impl FnMut() -> T, failed: impl Fn(&T) -> V) -> T {
        let mut attempts = self.attempts();
        loop {
            attempts.begin();
            let output = call();
            attempts.end();
            if !attempts.wants(failed(&output).into()) || !attempts.pause() {
                return output;
            }
        }
    }

    /// As [`call`](Self::call), where an `Err` is a failure.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    pub fn execute<T, E>(&self, call: impl FnMut() -> Result<T, E>) -> Result<T, E> {
        self.call(call, Result::is_err)
    }

    /// Makes futures, and runs each to its end, until `failed` says that an output will do, or there is no other
    /// attempt. Dropped half-way, nothing goes on.
    pub async fn call_async<F: Future, V: Into<Verdict>>(
        &self,
        mut make: impl FnMut() -> F,
        failed: impl Fn(&F::Output) -> V,
    ) -> F::Output {
        let mut attempts = self.attempts();
        loop {
            let output = attempts.watch(make()).await;
            if !attempts.wants(failed(&output).into()) || !attempts.pause_async().await {
                return output;
            }
        }
    }

    /// As [`call_async`](Self::call_async), where an `Err` is a failure.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    pub async fn execute_async<T, E, F>(&self, make: impl FnMut() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_async(make, Result::is_err).await
    }

    /// How often a call is tried at most.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.0.attempts.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The attempts of one call.
    #[doc(hidden)]
    #[inline]
    #[must_use]
    pub fn attempts(&self) -> Attempts<'_> {
        Attempts::new(&self.0)
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("name", &self.0.name)
            .field("attempts", &self.max_attempts())
            .field("backoff", &Duration::from_nanos(self.0.backoff.load(std::sync::atomic::Ordering::Relaxed)))
            .finish_non_exhaustive()
    }
}

//! So many calls at a time.

mod acquire;
mod adaptive;
mod builder;
mod learning;
mod permit;
mod queue;
pub(crate) mod run;
mod semaphore;
mod steering;
mod word;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod reference;
#[cfg(all(test, not(loom)))]
mod simulated;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use perf_core::__guard::nanos;

pub use acquire::Acquire;
#[cfg(feature = "cache")]
pub(crate) use acquire::this_thread;
use adaptive::Adaptive;
pub use builder::BulkheadBuilder;
pub use permit::{OwnedPermit, Permit};
#[cfg(feature = "cache")]
pub(crate) use queue::Queue;
use run::{Call, Execute};
use semaphore::Semaphore;

use crate::error::GuardError;
use crate::name::Name;
use crate::rejected::{Reason, Rejected};
use crate::steer::nanos_of;
use crate::sum::Sum;
use crate::verdict::Verdict;

/// Lets so many calls run at a time: one dependency that hangs takes as many threads or tasks as it may, not
/// all of them.
///
/// Never more calls are in flight than the limit says, save those that already were when it was lowered: then
/// nobody enters until fewer are. Whoever finds it full is refused, or waits in turn for at most
/// [`max_wait`](BulkheadBuilder::max_wait) together with at most [`max_waiting`](BulkheadBuilder::max_waiting)
/// others. While somebody waits, nobody overtakes.
///
/// ```
/// use perf_runtime::Bulkhead;
///
/// let database = Bulkhead::new(2)?;
/// let first = database.try_acquire()?;
/// assert_eq!(database.call(|| 6 * 7)?, 42);
/// let second = database.try_acquire()?;
/// assert!(database.try_acquire().is_err());
/// drop(first);
/// assert_eq!(database.in_flight(), 1);
/// # drop(second);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Entering and leaving take one atomic step each, on one word that all threads share; no lock, no allocation
/// and, with a fixed limit, no clock. (Once in two million calls there is a lock, taken to count on.) A call
/// that waits takes a lock for a moment when it comes, when it is served and when it gives up.
///
/// Clones are handles of the same bulkhead.
#[derive(Clone)]
pub struct Bulkhead(Arc<Core>);

struct Core {
    semaphore: Semaphore,
    /// Of use where the semaphore's word says that the limit adapts.
    adaptive: Mutex<Adaptive>,
    name: Name,
    /// In nanoseconds, [`u64::MAX`] is for ever.
    max_wait: AtomicU64,
    refused: Sum,
    waits: AtomicU64,
    waited_nanos: AtomicU64,
}

impl Bulkhead {
    /// One with a fixed limit, from 1 to 1,048,575 calls at a time, that lets nobody wait.
    ///
    /// # Errors
    ///
    /// Where the limit is none of these.
    pub fn new(max_concurrent: u32) -> Result<Self, GuardError> {
        Self::builder().max_concurrent(max_concurrent).build()
    }

    /// One with all that can be said about it.
    pub fn builder() -> BulkheadBuilder {
        BulkheadBuilder::new()
    }

    /// Whether a slot is free, without taking it: another may be faster.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire); it counts as refused.
    pub fn check(&self) -> Result<(), Rejected> {
        let word = self.0.semaphore.word();
        if word.in_flight() < word.limit() { Ok(()) } else { Err(self.refuse()) }
    }

    /// Takes a slot, without waiting for one.
    ///
    /// # Errors
    ///
    /// [`Reason::BulkheadFull`] where there is none, or where others wait for it.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, Rejected> {
        match self.enter() {
            Some(permit) => Ok(permit),
            None => Err(self.refuse()),
        }
    }

    /// Takes a slot; blocks the thread until there is one, for at most `max_wait`.
    ///
    /// # Errors
    ///
    /// [`Reason::BulkheadFull`] where there was none in that time, or as many wait as may.
    #[inline]
    pub fn acquire(&self) -> Result<Permit<'_>, Rejected> {
        match self.enter() {
            Some(permit) => Ok(permit),
            None => acquire::block(self),
        }
    }

    /// Takes a slot; waits for one, from the first poll on, for at most `max_wait`. Dropped, the future leaves
    /// the queue, and a slot that it was just handed goes to the next.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn acquire_async(&self) -> Acquire<'_> {
        Acquire::new(self)
    }

    /// Calls `call` with a slot, for which it waits as [`acquire`](Self::acquire) does.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire); `call` is not called then.
    #[inline]
    pub fn call<T>(&self, call: impl FnOnce() -> T) -> Result<T, Rejected> {
        let permit = self.acquire()?;
        let output = call();
        permit.settle(Verdict::Success);
        Ok(output)
    }

    /// As [`call`](Self::call), with one error for both; an `Err` of `call` is a [failure](Verdict::Failure).
    ///
    /// # Errors
    ///
    /// Those of `call`, and that of [`acquire`](Self::acquire).
    #[inline]
    pub fn execute<T, E: From<Rejected>>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let permit = self.acquire()?;
        let output = call();
        permit.settle(Verdict::from(output.is_err()));
        output
    }

    /// Runs `future` with a slot, for which it waits as [`acquire_async`](Self::acquire_async) does. A future
    /// that is never polled takes none; one that is dropped half-way gives it back.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire); `future` is not polled then.
    pub fn call_async<F: Future>(&self, future: F) -> impl Future<Output = Result<F::Output, Rejected>> {
        Call::new(self, future)
    }

    /// As [`call_async`](Self::call_async), with one error for both; an `Err` of `future` is a
    /// [failure](Verdict::Failure).
    ///
    /// # Errors
    ///
    /// Those of `future`, and that of [`acquire`](Self::acquire).
    pub fn execute_async<T, E, F>(&self, future: F) -> impl Future<Output = Result<T, E>>
    where
        E: From<Rejected>,
        F: Future<Output = Result<T, E>>,
    {
        Execute::new(self, future)
    }

    /// Calls that run now.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.0.semaphore.word().in_flight()
    }

    /// Calls that may run at a time.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.0.semaphore.word().limit()
    }

    /// How long a call may wait for a slot.
    #[must_use]
    pub fn max_wait(&self) -> Duration {
        match self.0.max_wait.load(Relaxed) {
            u64::MAX => Duration::MAX,
            nanos => Duration::from_nanos(nanos),
        }
    }

    #[inline]
    fn enter(&self) -> Option<Permit<'_>> {
        let word = self.0.semaphore.try_enter()?;
        Some(self.permit(word.is_adaptive()))
    }

    fn permit_after_waiting(&self) -> Permit<'_> {
        self.permit(self.0.semaphore.word().is_adaptive())
    }

    #[inline(always)]
    fn permit(&self, is_timed: bool) -> Permit<'_> {
        Permit::new(self, if is_timed { Self::now() } else { 0 })
    }

    /// The time, and never 0. Apart, because a fixed limit has no use for it.
    #[inline(never)]
    fn now() -> u64 {
        nanos().max(1)
    }

    #[inline]
    fn leave(&self, began: u64, verdict: Verdict) {
        if began != 0 {
            self.learn(began, verdict);
        }
        self.0.semaphore.leave();
    }

    #[inline]
    fn leave_dropped(&self, began: u64) {
        if began != 0 {
            self.learn(began, permit::dropped());
        }
        self.0.semaphore.leave();
    }

    #[cold]
    #[inline(never)]
    fn refuse(&self) -> Rejected {
        self.0.refused.add(1);
        if self.0.semaphore.word().is_adaptive() {
            self.learn_of_refusal();
        }
        Rejected::new(self.0.name, Reason::BulkheadFull)
    }
}

impl Core {
    fn count_wait(&self, waited: Duration) {
        self.waits.fetch_add(1, Relaxed);
        self.waited_nanos.fetch_add(nanos_of(waited), Relaxed);
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulkhead")
            .field("name", &self.0.name)
            .field("in_flight", &self.in_flight())
            .field("limit", &self.limit())
            .finish_non_exhaustive()
    }
}

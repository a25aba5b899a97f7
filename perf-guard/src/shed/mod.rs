//! Refuses calls while the system has more to do than it can.

mod builder;
mod core;
mod load;
mod priority;
mod queueing;
mod random;
mod rule;
mod run;
mod sampler;
mod smooth;
mod steering;
mod system;

#[cfg(all(test, not(loom)))]
mod simulated;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use self::core::Core;
pub use builder::LoadShedderBuilder;
pub use load::{Load, LoadSource};
pub use priority::Priority;
use rule::Word;

use crate::error::GuardError;
use crate::rejected::{Reason, Rejected};

/// Refuses a part of the calls while the system has more to do than it can, those that matter least first: then what
/// is admitted is done in time, instead of all too late.
///
/// ```
/// use perf_runtime::{LoadShedder, Priority};
/// use std::time::Duration;
///
/// let shedder = LoadShedder::builder().max_load(0.8).build()?;
/// # let received = std::time::Instant::now();
/// if shedder.should_process_at(Priority::High) {
///     shedder.record_queueing(received.elapsed()); // how long it has waited to be processed
///     // …
/// }
/// println!("{}", shedder.load()); // 0.42 (cpu)
/// # Ok::<(), perf_runtime::GuardError>(())
/// ```
///
/// # What load is
///
/// The worst of the CPU time against the quota, the memory against its limit, the share of time in which tasks waited
/// for a processor, memory or a disk, and, where it is [reported](Self::record_queueing), the time that work waits
/// before it begins; see [`LoadSource`]. [`load`](Self::load) says which of them there are: what cannot be read has no
/// part in it. Outside of Linux there are this process' CPU time, on Unix, and queueing.
///
/// A thread of ours (`perf-load`), which is there while there are shedders, reads them ten times a second, and takes a
/// fraction of a percent of one processor. Where there are no threads nothing is measured, and all is admitted.
///
/// # What is refused
///
/// Nothing up to `max_load`. From there on the severity *s* of the overload grows evenly, to 1 at a load of 1; it falls
/// along a line from there to nine tenths of `max_load`, and stays as it is between the two. (Where `max_load` is above
/// 0.95, it is 1 at `max_load` + 0.05.) Of calls of low priority 1.5 *s* are refused, of normal *s*, of high
/// 1.5 *s* − 0.5, of critical 3 *s* − 2, and never more than 99 of 100 on average: the rest is how it is seen that the
/// load has passed. Which of them, a random number decides.
///
/// The load answers to what is refused, so the two find a balance, which for a load of CPU time lies between `max_load`
/// and 1. The average takes about two seconds to follow an overload that begins or ends. Where ten times as much is
/// asked as can be done, what is admitted swings about that balance.
///
/// A call that is admitted costs three relaxed loads and a count of the thread's own, and no clock; while calls are
/// being refused, a random number too, from the thread's own generator.
///
/// Clones are handles of the same shedder. So are those [of another priority](Self::with_priority).
///
/// The mathematics are our own; that load is the worst of several resources, and read off the hot path, is as in
/// Envoy's overload manager; priorities as in Uber's (J. Holdgaard Thomsen et al., "Cinnamon: Using Century Old Tech to
/// Build a Mean Load Shedder", 2023); the shortest wait as in `CoDel` (K. Nichols and V. Jacobson, 2012).
#[derive(Clone)]
pub struct LoadShedder {
    core: Arc<Core>,
    priority: Priority,
}

impl LoadShedder {
    /// One with a `max_load` of 0.8, for calls of normal priority.
    #[must_use]
    pub fn new() -> Self {
        match Self::builder().build() {
            Ok(shedder) => shedder,
            Err(error) => unreachable!("{error}"),
        }
    }

    /// One with all that can be said about it.
    pub fn builder() -> LoadShedderBuilder {
        LoadShedderBuilder::new()
    }

    /// A handle of the same shedder whose calls have another priority.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self { core: self.core.clone(), priority }
    }

    /// The priority of this handle's calls.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// Admits a call, or not.
    ///
    /// # Errors
    ///
    /// [`Reason::Overloaded`].
    #[inline]
    pub fn check(&self) -> Result<(), Rejected> {
        self.check_at(self.priority)
    }

    /// Admits a call of this priority, or not.
    ///
    /// # Errors
    ///
    /// [`Reason::Overloaded`].
    #[inline]
    pub fn check_at(&self, priority: Priority) -> Result<(), Rejected> {
        if !self.admits_all() && self.draws_a_refusal(priority) {
            return Err(self.refuse());
        }
        self.core.admitted.add(1);
        Ok(())
    }

    /// Whether no call of any priority is refused now, as far as is known.
    #[inline]
    fn admits_all(&self) -> bool {
        self.core.word.load(Relaxed) == 0 && !self.core.is_left_behind()
    }

    /// Whether to do the work at hand now: admits a call, or not.
    #[inline]
    #[must_use]
    pub fn should_process(&self) -> bool {
        self.check().is_ok()
    }

    /// As [`should_process`](Self::should_process), of work of this priority.
    #[inline]
    #[must_use]
    pub fn should_process_at(&self, priority: Priority) -> bool {
        self.check_at(priority).is_ok()
    }

    /// Calls `call`, if it is admitted.
    ///
    /// # Errors
    ///
    /// [`Reason::Overloaded`]; `call` is not called then.
    #[inline]
    pub fn call<T>(&self, call: impl FnOnce() -> T) -> Result<T, Rejected> {
        self.check()?;
        Ok(call())
    }

    /// As [`call`](Self::call), with one error for both.
    ///
    /// # Errors
    ///
    /// Those of `call`, and that of [`call`](Self::call).
    #[inline]
    pub fn execute<T, E: From<Rejected>>(&self, call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.check()?;
        call()
    }

    /// Runs `future`, if it is admitted when it is first polled. One that is never polled is no call.
    ///
    /// # Errors
    ///
    /// [`Reason::Overloaded`]; `future` is not polled then.
    pub fn call_async<F: Future>(&self, future: F) -> impl Future<Output = Result<F::Output, Rejected>> {
        run::Call::new(self, future)
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
        run::Execute::new(self, future)
    }

    /// Reports how long work has waited before it began, in a queue or for a thread.
    ///
    /// The shortest of each tenth of a second is what counts, against
    /// [`max_queueing`](LoadShedderBuilder::max_queueing): a burst that is worked off does no harm. What was reported
    /// is forgotten after a second. It costs a load, and a step on a line that threads share where the wait was the
    /// shortest so far.
    #[inline]
    pub fn record_queueing(&self, waited: Duration) {
        self.core.shortest_wait.record(u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX - 1));
    }

    /// The load as it was last measured, about a tenth of a second ago at most. Nothing is known of it in the first
    /// moments of the first shedder.
    #[must_use]
    pub fn load(&self) -> Load {
        self.core.keep_watched();
        self.core.load()
    }

    /// The share of calls of a priority that is refused now.
    #[must_use]
    pub fn refusing(&self, priority: Priority) -> f64 {
        f64::from(Word(self.core.word.load(Relaxed)).refused(priority)) / 65_536.0
    }

    /// Whether the load is too much: calls are refused, if not of every priority.
    #[must_use]
    pub fn is_shedding(&self) -> bool {
        self.core.is_shedding.load(Relaxed)
    }

    /// The load above which calls are refused.
    #[must_use]
    pub fn max_load(&self) -> f64 {
        f64::from_bits(self.core.max_load.load(Relaxed))
    }

    /// The time to wait that is a load of 1.
    #[must_use]
    pub fn max_queueing(&self) -> Duration {
        Duration::from_nanos(self.core.max_queueing_nanos.load(Relaxed))
    }

    /// Changes the load above which calls are refused, from the next time on that the load is measured.
    ///
    /// # Errors
    ///
    /// Where it is not more than 0 and at most 1; nothing is changed then.
    pub fn set_max_load(&self, load: f64) -> Result<(), GuardError> {
        self.core.max_load.store(builder::check_max_load(load)?.to_bits(), Relaxed);
        Ok(())
    }

    /// Changes the time to wait that is a load of 1, from the next time on that the load is measured.
    ///
    /// # Errors
    ///
    /// Where it is zero; nothing is changed then.
    pub fn set_max_queueing(&self, wait: Duration) -> Result<(), GuardError> {
        self.core.max_queueing_nanos.store(builder::nanos_of(wait)?, Relaxed);
        Ok(())
    }

    /// Whether this call is one of those that are refused.
    #[inline(never)]
    fn draws_a_refusal(&self, priority: Priority) -> bool {
        if self.core.is_left_behind() {
            self.core.keep_watched();
        }
        let refused = Word(self.core.word.load(Relaxed)).refused(priority);
        refused != 0 && random::random() < refused
    }

    #[cold]
    #[inline(never)]
    fn refuse(&self) -> Rejected {
        self.core.refused.add(1);
        Rejected::new(self.core.name, Reason::Overloaded)
    }
}

impl Default for LoadShedder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LoadShedder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadShedder")
            .field("name", &self.core.name)
            .field("priority", &self.priority)
            .field("load", &self.core.load())
            .field("is_shedding", &self.is_shedding())
            .finish_non_exhaustive()
    }
}

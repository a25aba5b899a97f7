//! Bulkheads: so many calls at a time.

mod slots;
mod steer;
#[cfg(all(test, not(loom)))]
mod tests;
mod waiting;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use perf_core::__guard::PerThread;

pub use waiting::AcquireSlot;

use crate::error::GuardError;
use crate::name::Name;
use crate::primitive::{AtomicU64, Ordering::Relaxed};
use crate::registry;
use crate::rejected::{Reason, Rejected};
use slots::Slots;

/// Lets so many calls run at a time.
///
/// Clones share the slots. While there are some and nobody waits, a call costs an atomic exchange when it begins
/// and a subtraction when it ends. One that finds none is refused, or waits for its turn, `max_wait` at most and in the order in
/// which callers came; waiting allocates. The limit can change at any time: where it shrinks, nobody is let in before as few run.
///
/// ```
/// use perf_runtime::Bulkhead;
///
/// let bulkhead = Bulkhead::new(1);
/// let slot = bulkhead.try_acquire()?;
/// assert!(bulkhead.try_acquire().is_err());
/// drop(slot);
/// assert!(bulkhead.call(|| 5) == Ok(5) && bulkhead.in_flight() == 0);
/// # Ok::<(), perf_runtime::Rejected>(())
/// ```
#[derive(Clone)]
pub struct Bulkhead {
    core: Arc<Core>,
}

struct Core {
    name: Name,
    slots: Slots,
    /// Nanoseconds.
    max_wait: AtomicU64,
    max_waiting: AtomicU64,
    counts: PerThread<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    admitted: AtomicU64,
    refused: AtomicU64,
    waits: AtomicU64,
    waited: AtomicU64,
}

/// All that can be set of a [`Bulkhead`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens before `build`"]
pub struct BulkheadBuilder {
    name: Name,
    max_concurrent: u32,
    max_wait: Duration,
    max_waiting: u64,
}

/// Slots, at most.
const MOST: u32 = 1 << 30;

impl BulkheadBuilder {
    /// What it is called in snapshots and refusals. Where there is a bulkhead of this name already, that is what
    /// [`build`](Self::build) gives.
    pub fn name(mut self, name: impl Into<Name>) -> Self {
        self.name = name.into();
        self
    }

    /// Calls that may run at a time: sixteen, unless set.
    pub fn max_concurrent(mut self, calls: u32) -> Self {
        self.max_concurrent = calls;
        self
    }

    /// How long a call may wait for a slot: not at all, unless set.
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// How many calls may wait at a time: 1,000, unless set.
    pub fn max_waiting(mut self, calls: u64) -> Self {
        self.max_waiting = calls;
        self
    }

    /// The bulkhead, with all slots free.
    ///
    /// # Errors
    ///
    /// A number cannot be: says which, and what it may be.
    pub fn build(self) -> Result<Bulkhead, GuardError> {
        let core = Core {
            name: self.name,
            slots: Slots::new(check_limit(u64::from(self.max_concurrent))?),
            max_wait: AtomicU64::new(0),
            max_waiting: AtomicU64::new(self.max_waiting),
            counts: PerThread::new(),
        };
        let bulkhead = Bulkhead { core: Arc::new(core) };
        bulkhead.set_max_wait(self.max_wait);
        Ok(registry::known(bulkhead))
    }
}

fn check_limit(limit: u64) -> Result<u32, GuardError> {
    match u32::try_from(limit) {
        Ok(limit @ 1..=MOST) => Ok(limit),
        _ => Err(GuardError::new(format!("`max_concurrent` is {limit}, and must be from 1 to {MOST}"))),
    }
}

impl Bulkhead {
    /// So many calls at a time, and none waits.
    ///
    /// # Panics
    ///
    /// If that is none, or more than 2³⁰; [`builder`](Self::builder) says so instead.
    #[must_use]
    pub fn new(max_concurrent: u32) -> Self {
        match Self::builder().max_concurrent(max_concurrent).build() {
            Ok(bulkhead) => bulkhead,
            Err(error) => panic!("{error}"),
        }
    }

    /// To set all that can be set.
    pub fn builder() -> BulkheadBuilder {
        BulkheadBuilder { name: Name::NONE, max_concurrent: 16, max_wait: Duration::ZERO, max_waiting: 1000 }
    }

    /// Takes a slot, if there is one now. Dropped, it is given back.
    ///
    /// # Errors
    ///
    /// [`Reason::BulkheadFull`].
    #[inline]
    pub fn try_acquire(&self) -> Result<Slot<'_>, Rejected> {
        if self.core.slots.try_take() {
            self.core.count(|counts| &counts.admitted, 1);
            Ok(Slot { bulkhead: self })
        } else {
            Err(self.core.refuse())
        }
    }

    /// Whether there is a slot now, without taking it.
    ///
    /// # Errors
    ///
    /// [`Reason::BulkheadFull`].
    pub fn check(&self) -> Result<(), Rejected> {
        if self.core.slots.taken() < u64::from(self.limit()) { Ok(()) } else { Err(self.core.refuse()) }
    }

    /// Runs `work` in a slot, waiting for one as long as it may.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    pub fn call<T>(&self, work: impl FnOnce() -> T) -> Result<T, Rejected> {
        let _slot = self.acquire()?;
        Ok(work())
    }

    /// The same, and gives the result of `work` as it is.
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    pub fn execute<T, E: From<Rejected>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let _slot = self.acquire()?;
        work()
    }

    /// Polls `work` in a slot, which it has from its first poll on.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    pub async fn call_async<F: Future>(&self, work: F) -> Result<F::Output, Rejected> {
        let _slot = self.acquire_async().await?;
        Ok(work.await)
    }

    /// The same, and gives the result of `work` as it is.
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    pub async fn execute_async<T, E: From<Rejected>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let _slot = self.acquire_async().await?;
        work.await
    }

    /// Calls that run now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.core.slots.taken()
    }

    /// Calls that may run at a time.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.core.slots.limit()
    }

    /// Changes how many calls may run at a time. Those that run go on.
    ///
    /// # Errors
    ///
    /// It is none, or more than 2³⁰.
    pub fn set_limit(&self, limit: u32) -> Result<(), GuardError> {
        self.core.slots.set_limit(check_limit(u64::from(limit))?);
        Ok(())
    }

    /// Changes how long a call may wait.
    pub fn set_max_wait(&self, max_wait: Duration) {
        let nanos = u64::try_from(max_wait.as_nanos()).unwrap_or(u64::MAX);
        self.core.max_wait.store(nanos, Relaxed);
    }
}

impl Core {
    #[inline(always)]
    fn count(&self, which: impl Fn(&Counts) -> &AtomicU64, more: u64) {
        let add = |counts: &Counts| {
            let number = which(counts);
            number.store(number.load(Relaxed).wrapping_add(more), Relaxed);
        };
        match self.counts.get() {
            Some(own) => add(own),
            None => self.counts.shared(add),
        }
    }

    #[cold]
    fn refuse(&self) -> Rejected {
        self.count(|counts| &counts.refused, 1);
        Rejected::new(self.name, Reason::BulkheadFull)
    }
}

/// A slot of a bulkhead. Dropped, it is given back.
#[must_use = "dropped at once, it is given back at once"]
#[derive(Debug)]
pub struct Slot<'a> {
    bulkhead: &'a Bulkhead,
}

impl Drop for Slot<'_> {
    #[inline]
    fn drop(&mut self) {
        self.bulkhead.core.slots.give_back();
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Bulkhead");
        debug
            .field("name", &self.core.name)
            .field("limit", &self.limit())
            .field("in_flight", &self.in_flight())
            .finish()
    }
}

//! Circuit breakers: calls are refused while what they depend on is not well.

mod builder;
mod core;
mod events;
mod health;
#[cfg(all(test, loom))]
mod models;
mod outcomes;
mod permit;
mod rule;
mod settings;
mod steer;
#[cfg(all(test, not(loom)))]
mod tests;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::thread;

use perf_core::__guard::nanos;

pub use self::core::BreakerState;
pub use builder::CircuitBreakerBuilder;
pub use outcomes::BreakerWindow;
pub use permit::BreakerPermit;

use self::core::{Core, DISABLED, FORCED_CLOSED, NORMAL};
use crate::primitive::Ordering::Relaxed;
use crate::registry::Tick;
use crate::rejected::Rejected;
use crate::verdict::Verdict;

/// Refuses calls while what they depend on is not well.
///
/// *Closed*, it lets all calls run. When too many of those in its window have failed, or were slow, it *opens*: calls are
/// refused for a while, each time in a row for longer, up to `max_open`. Then it is *half-open*: a few calls, its probes, may
/// run, and as soon as it is certain whether enough of them are well it closes, or opens again. A healthy backend, calls
/// and time always lead back to closed: probes that never report are replaced.
///
/// Unless `min_calls` is set, what is enough is a question of confidence: it opens where it is 95 % sure (by the lower end of
/// Wilson's interval, and five calls at least) that the true rate of failures is beyond `failure_rate`. Only failures and slow
/// calls open it; good outcomes are taken into the window in batches of 128 of each thread, each time the background thread
/// works, and all of them before anything is decided. What calls end with that were let in before the last change of state changes nothing.
///
/// Clones share what they know. Closed, a call costs a few instructions on memory of its own thread; open, it reads the
/// clock. With `slow_call`, each call reads it twice.
///
/// ```
/// use perf_runtime::{BreakerState, CircuitBreaker};
///
/// let breaker = CircuitBreaker::builder().failure_rate(0.5).min_calls(4).build().unwrap();
/// for _ in 0..4 {
///     let _ = breaker.execute(|| Err::<(), Box<dyn std::error::Error>>("down".into()));
/// }
/// assert_eq!(breaker.state(), BreakerState::Open);
/// assert!(breaker.check().is_err());
/// ```
#[derive(Clone)]
pub struct CircuitBreaker {
    core: Arc<Core>,
}

impl CircuitBreaker {
    /// A breaker for calls of a millisecond or less: see [`builder`](Self::builder) for what can be set.
    ///
    /// # Panics
    ///
    /// Never: its numbers are in order.
    #[must_use]
    pub fn new() -> Self {
        match Self::builder().build() {
            Ok(breaker) => breaker,
            Err(error) => unreachable!("{error}"),
        }
    }

    /// To set all that can be set.
    pub fn builder() -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new()
    }

    /// Lets a call in, if any may run. What it ended with is told through the permit.
    ///
    /// # Errors
    ///
    /// [`Reason::CircuitOpen`](crate::Reason::CircuitOpen), with the time until the first probe where that is known.
    #[inline]
    pub fn try_acquire(&self) -> Result<BreakerPermit<'_>, Rejected> {
        let ticket = self.enter()?;
        Ok(BreakerPermit::new(self, ticket))
    }

    /// Whether a call would be let in now, as far as can be told without letting one in.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn check(&self) -> Result<(), Rejected> {
        self.try_acquire()?.settle(Verdict::Ignored);
        Ok(())
    }

    /// Runs `work`, if a call may run: a success, unless it panics.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn call<T>(&self, work: impl FnOnce() -> T) -> Result<T, Rejected> {
        let permit = self.try_acquire()?;
        let out = work();
        permit.settle(Verdict::Success);
        Ok(out)
    }

    /// Runs `work`, if a call may run. An `Err` is a failure.
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    pub fn execute<T, E: From<Rejected>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.execute_with(Result::is_err, work)
    }

    /// The same, where `verdict` says what an output is: whether it is a failure, or a [`Verdict`].
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    pub fn execute_with<T, E: From<Rejected>, V: Into<Verdict>>(
        &self,
        verdict: impl FnOnce(&Result<T, E>) -> V,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let permit = self.try_acquire()?;
        let out = work();
        permit.settle(verdict(&out).into());
        out
    }

    /// Polls `work`, if a call may run when it is polled first. Dropped half-way, it says nothing.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub async fn call_async<F: Future>(&self, work: F) -> Result<F::Output, Rejected> {
        let permit = self.try_acquire()?;
        let out = work.await;
        permit.settle(Verdict::Success);
        Ok(out)
    }

    /// The same, where an `Err` is a failure.
    ///
    /// # Errors
    ///
    /// What `work` gives, or a refusal made into that.
    pub async fn execute_async<T, E: From<Rejected>>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let permit = self.try_acquire()?;
        let out = work.await;
        permit.settle(Verdict::from(out.is_err()));
        out
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        self.core.state()
    }

    /// The share of failures in its window, at this moment.
    #[must_use]
    pub fn failure_rate(&self) -> f64 {
        let sums = self.core.sums(nanos());
        rule::share(sums.failures, &sums)
    }

    /// Refuses all calls from now on, until [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.core.force(BreakerState::ForcedOpen, nanos());
    }

    /// Lets all calls run from now on, whatever they end with, until [`reset`](Self::reset).
    pub fn force_closed(&self) {
        self.core.mode.store(FORCED_CLOSED, Relaxed);
        self.core.force(BreakerState::Closed, nanos());
    }

    /// Lets all calls run and decides nothing, until [`reset`](Self::reset).
    pub fn disable(&self) {
        self.core.mode.store(DISABLED, Relaxed);
        self.core.force(BreakerState::Closed, nanos());
    }

    /// Closed, with nothing known, and deciding by itself again.
    pub fn reset(&self) {
        self.core.force(BreakerState::Closed, nanos());
        self.core.forget();
        self.core.mode.store(NORMAL, Relaxed);
    }

    #[inline(always)]
    fn enter(&self) -> Result<Ticket, Rejected> {
        match self.core.enter_closed() {
            Some(word) => Ok(Ticket::untimed(word)),
            None => self.enter_slowly(),
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_slowly(&self) -> Result<Ticket, Rejected> {
        let now = nanos();
        let word = self.core.enter(now)?;
        let is_timed = self.core.settings.slow_call.load(Relaxed) != 0;
        Ok(Ticket { word, started: if is_timed { now.max(1) } else { 0 } })
    }

    #[inline(always)]
    fn leave(&self, ticket: Ticket, verdict: Verdict) {
        if verdict != Verdict::Success || !self.core.succeed_closed(ticket.word) {
            self.leave_slowly(ticket, verdict);
        }
    }

    #[cold]
    #[inline(never)]
    fn leave_slowly(&self, ticket: Ticket, verdict: Verdict) {
        let now = nanos();
        let slow = self.core.settings.slow_call.load(Relaxed);
        let is_slow = ticket.started != 0 && slow != 0 && now.saturating_sub(ticket.started) >= slow;
        match verdict {
            Verdict::Ignored => self.core.ignore(ticket.word),
            Verdict::Success if !is_slow => self.core.succeed(ticket.word, now),
            _ => self.core.count_against(ticket.word, verdict == Verdict::Failure, is_slow, now),
        }
    }
}

/// What a call has of a breaker.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    /// The state when it was let in.
    word: u64,
    /// When that was, in nanoseconds; none where nobody wants to know.
    started: u64,
}

impl Ticket {
    /// Of a call that nobody wants to know the duration of.
    #[inline(always)]
    fn untimed(word: u64) -> Self {
        Self { word, started: 0 }
    }

    #[inline(always)]
    fn word(self) -> u64 {
        self.word
    }
}

impl Tick for Core {
    fn tick(&self) {
        Self::tick(self, nanos());
    }
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CircuitBreaker");
        debug.field("name", &self.core.name).field("state", &self.state()).finish_non_exhaustive()
    }
}

/// How a permit is settled that was dropped: a panic is a failure.
fn dropped() -> Verdict {
    if thread::panicking() { Verdict::Failure } else { Verdict::Ignored }
}

//! Calls that wait for their turn: each books permits ahead, and comes back when they are there.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use perf_core::__guard::nanos;

#[cfg(feature = "tower")]
use super::WhenLimited;
use super::held::add;
use super::token_bucket::Denied;
use super::{Counter, RateLimiter, Taken};
use crate::primitive::Ordering::Relaxed;
use crate::rejected::Rejected;
use crate::timer::Sleep;

impl RateLimiter {
    /// Waits until a call is admitted: in the order in which callers came, `max_wait` at most.
    ///
    /// # Errors
    ///
    /// The turn would not come within `max_wait`: told at once, without waiting.
    pub fn acquire(&self) -> Result<(), Rejected> {
        self.acquire_n(1)
    }

    /// The same for a call that costs as much as `permits`.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire), or it costs more than a burst.
    pub fn acquire_n(&self, permits: u64) -> Result<(), Rejected> {
        let Some(mut turn) = self.begin(permits)? else { return Ok(()) };
        while let Some(left) = turn.left() {
            thread::sleep(left);
        }
        Ok(())
    }

    /// The same for a task. Dropped while it waits, its turn is given back; whoever polls it first waits first.
    #[must_use = "futures do nothing unless polled"]
    pub fn acquire_async(&self) -> Admission<'_> {
        self.acquire_n_async(1)
    }

    /// The same for a call that costs as much as `permits`.
    #[must_use = "futures do nothing unless polled"]
    pub fn acquire_n_async(&self, permits: u64) -> Admission<'_> {
        Admission { limiter: self, permits, state: State::New }
    }

    /// As a [`Stage`](crate::stage::Stage) is entered, but for where a call may have to wait: nothing is done then.
    #[cfg(feature = "tower")]
    pub(crate) fn enter_now(&self, permits: u64) -> Option<Result<Taken, Rejected>> {
        let core = &*self.core;
        if core.when_limited == WhenLimited::Reject || permits == 0 {
            return Some(core.take_now(permits));
        }
        if permits == 1 && core.held.take_leased() {
            return Some(Ok(Taken::LONG_AGO));
        }
        let now = nanos();
        // Calls leave a leaky bucket one by one, in their order.
        let is_leaky = matches!(core.counter, Counter::Bucket(_, true));
        let is_in = !is_leaky && core.take(permits, now, 0).is_ok();
        is_in.then_some(Ok(Taken { permits, since: Some(now) }))
    }

    /// Takes permits, or books them; none where there is nothing to wait for.
    fn begin(&self, permits: u64) -> Result<Option<Turn<'_>>, Rejected> {
        let core = &*self.core;
        if permits == 0 {
            return Ok(None);
        }
        if permits == 1 && core.held.take_leased() {
            return Ok(None);
        }
        let (now, most) = (nanos(), core.max_wait.load(Relaxed));
        let (wait, is_booked) = match core.take(permits, now, most) {
            Ok(wait) => (wait, true),
            // Windows book nothing: whoever comes back first is first.
            Err(Denied::For(wait)) if wait <= most && !matches!(core.counter, Counter::Bucket(..)) => (wait, false),
            Err(denied) => return Err(core.refuse(denied)),
        };
        let mut turn = Turn { limiter: self, permits, begun: now, until: now.saturating_add(wait), is_booked };
        let waits = turn.left().is_some();
        if waits {
            core.held.with(|own| add(&own.counts.waits, 1));
        }
        Ok(waits.then_some(turn))
    }
}

/// A call that waits. Dropped before its turn, it has taken nothing.
#[derive(Debug)]
struct Turn<'a> {
    limiter: &'a RateLimiter,
    permits: u64,
    begun: u64,
    until: u64,
    /// Whether permits are taken already, for when the time comes.
    is_booked: bool,
}

impl Turn<'_> {
    /// How long there is to wait; none where the call may go, and has taken what it needs.
    fn left(&mut self) -> Option<Duration> {
        let core = &*self.limiter.core;
        let now = nanos();
        if now < self.until {
            return Some(Duration::from_nanos(self.until - now));
        }
        let may = if self.is_booked { core.leaves(now) } else { core.take(self.permits, now, 0).map(|_| ()) };
        if let Err(Denied::For(wait)) = may {
            self.until = now.saturating_add(wait);
            return Some(Duration::from_nanos(wait));
        }
        if now > self.begun {
            core.held.with(|own| add(&own.counts.waited, now - self.begun));
        }
        // Nothing is to be given back any more.
        self.is_booked = false;
        None
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.is_booked {
            self.limiter.core.give_back(Taken { permits: self.permits, since: Some(self.until) });
        }
    }
}

/// Waits until a call is admitted. Made by [`RateLimiter::acquire_async`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Admission<'a> {
    limiter: &'a RateLimiter,
    permits: u64,
    state: State<'a>,
}

#[derive(Debug)]
enum State<'a> {
    New,
    Waiting(Turn<'a>, Sleep),
    Over,
}

impl Future for Admission<'_> {
    type Output = Result<(), Rejected>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if matches!(this.state, State::New) {
            match this.limiter.begin(this.permits) {
                Ok(Some(mut turn)) => {
                    let left = turn.left().unwrap_or(Duration::ZERO);
                    this.state = State::Waiting(turn, Sleep::new(left));
                }
                admitted => {
                    this.state = State::Over;
                    return Poll::Ready(admitted.map(|_| ()));
                }
            }
        }
        while let State::Waiting(turn, sleep) = &mut this.state {
            if Pin::new(&mut *sleep).poll(context).is_pending() {
                return Poll::Pending;
            }
            match turn.left() {
                Some(left) => *sleep = Sleep::new(left),
                None => this.state = State::Over,
            }
        }
        Poll::Ready(Ok(()))
    }
}

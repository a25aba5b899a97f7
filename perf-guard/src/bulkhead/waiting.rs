//! Calls that wait for a slot.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use super::slots::{Turn, Waiter, Wakes};
use super::{Bulkhead, Slot};
use crate::primitive::Ordering::Relaxed;
use crate::rejected::Rejected;
use crate::timer::Sleep;

impl Bulkhead {
    /// Takes a slot, waiting for one in the order in which callers came, `max_wait` at most.
    ///
    /// # Errors
    ///
    /// There is none, and none came in time, or as many wait already as may.
    #[inline]
    pub fn acquire(&self) -> Result<Slot<'_>, Rejected> {
        if self.core.slots.try_take() {
            self.core.count(|counts| &counts.admitted, 1);
            return Ok(Slot { bulkhead: self });
        }
        self.acquire_slowly()
    }

    #[cold]
    #[inline(never)]
    fn acquire_slowly(&self) -> Result<Slot<'_>, Rejected> {
        let Some(mut waiting) = self.begin(|| Some(Wakes::Thread(thread::current())))? else {
            return Ok(self.admitted());
        };
        loop {
            if waiting.waiter.has_slot() {
                return Ok(waiting.over());
            }
            match waiting.left() {
                Some(left) => thread::park_timeout(left),
                None => return waiting.give_up(),
            }
        }
    }

    /// The same for a task: it is in the queue from its first poll on. Dropped while it waits, it leaves the queue, and
    /// hands on the slot if it was just given one.
    pub fn acquire_async(&self) -> AcquireSlot<'_> {
        AcquireSlot { bulkhead: self, state: State::New }
    }

    fn admitted(&self) -> Slot<'_> {
        self.core.count(|counts| &counts.admitted, 1);
        Slot { bulkhead: self }
    }

    /// Takes a slot, or a place in the queue; none where there is nothing to wait for.
    fn begin(&self, wakes: impl FnOnce() -> Option<Wakes>) -> Result<Option<Waiting<'_>>, Rejected> {
        let core = &*self.core;
        let max_wait = Duration::from_nanos(core.max_wait.load(Relaxed));
        if max_wait.is_zero() {
            return if core.slots.try_take() { Ok(None) } else { Err(core.refuse()) };
        }
        let most = usize::try_from(core.max_waiting.load(Relaxed)).unwrap_or(usize::MAX);
        match core.slots.take_or_wait(most, wakes) {
            Turn::Now => Ok(None),
            Turn::Never => Err(core.refuse()),
            Turn::Later(waiter) => {
                core.count(|counts| &counts.waits, 1);
                Ok(Some(Waiting { bulkhead: self, waiter, begun: Instant::now(), max_wait, is_over: false }))
            }
        }
    }
}

/// A place in the queue. Dropped, it is left.
#[derive(Debug)]
struct Waiting<'a> {
    bulkhead: &'a Bulkhead,
    waiter: Arc<Waiter>,
    begun: Instant,
    max_wait: Duration,
    is_over: bool,
}

impl<'a> Waiting<'a> {
    /// How long there is to wait; none where the time is over.
    fn left(&self) -> Option<Duration> {
        self.max_wait.checked_sub(self.begun.elapsed()).filter(|left| !left.is_zero())
    }

    /// The slot, which it was given.
    fn over(&mut self) -> Slot<'a> {
        self.is_over = true;
        let waited = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.bulkhead.core.count(|counts| &counts.waited, waited);
        self.bulkhead.admitted()
    }

    /// The time is over: unless a slot has just come.
    fn give_up(mut self) -> Result<Slot<'a>, Rejected> {
        if self.bulkhead.core.slots.leave(&self.waiter) {
            return Ok(self.over());
        }
        self.is_over = true;
        Err(self.bulkhead.core.refuse())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.bulkhead.core.slots.leave(&self.waiter) {
            self.bulkhead.core.slots.give_back();
        }
    }
}

/// Waits for a slot. Made by [`Bulkhead::acquire_async`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct AcquireSlot<'a> {
    bulkhead: &'a Bulkhead,
    state: State<'a>,
}

#[derive(Debug)]
enum State<'a> {
    New,
    Waiting(Waiting<'a>, Sleep),
    Over,
}

impl<'a> Future for AcquireSlot<'a> {
    type Output = Result<Slot<'a>, Rejected>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if matches!(this.state, State::New) {
            match this.bulkhead.begin(|| Some(Wakes::Task(context.waker().clone()))) {
                Ok(Some(waiting)) => {
                    let sleep = Sleep::new(waiting.max_wait);
                    this.state = State::Waiting(waiting, sleep);
                }
                taken => {
                    this.state = State::Over;
                    return Poll::Ready(taken.map(|_| this.bulkhead.admitted()));
                }
            }
        }
        let State::Waiting(waiting, sleep) = &mut this.state else {
            unreachable!("polled after it was over");
        };
        // The waker first: a slot that comes after the look wakes it.
        waiting.waiter.set_waker(context.waker());
        let slot = if waiting.waiter.has_slot() {
            Ok(waiting.over())
        } else if Pin::new(sleep).poll(context).is_pending() {
            return Poll::Pending;
        } else {
            match std::mem::replace(&mut this.state, State::Over) {
                State::Waiting(waiting, _) => waiting.give_up(),
                _ => unreachable!("it waits"),
            }
        };
        this.state = State::Over;
        Poll::Ready(slot)
    }
}

//! Waiting for a slot: as a future, or on a thread that parks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::{Bulkhead, Permit};
use crate::rejected::Rejected;
use crate::timer::Sleep;

/// A place in the queue: dropped, it is given up, and with it what it was handed.
#[derive(Debug)]
struct Place<'a> {
    bulkhead: &'a Bulkhead,
    ticket: u64,
    since: Instant,
    max_wait: Duration,
}

impl<'a> Place<'a> {
    /// None where nobody may wait, or where as many wait as may.
    fn take(bulkhead: &'a Bulkhead, waker: &Waker) -> Option<Self> {
        let max_wait = bulkhead.max_wait();
        if max_wait.is_zero() {
            return None;
        }
        let since = Instant::now();
        let ticket = bulkhead.0.semaphore.queue(waker.clone())?;
        Some(Self { bulkhead, ticket, since, max_wait })
    }

    fn has_been_served(&self, waker: &Waker) -> bool {
        self.bulkhead.0.semaphore.has_been_served(self.ticket, waker)
    }

    /// What is left of the time that it may wait; none where there is no end.
    fn left(&self) -> Option<Duration> {
        (self.max_wait < Duration::MAX).then(|| self.max_wait.saturating_sub(self.since.elapsed()))
    }

    /// It has a slot.
    fn enter(self) -> Permit<'a> {
        let bulkhead = self.bulkhead;
        self.end();
        bulkhead.permit_after_waiting()
    }

    /// It has waited long enough. Served in the last moment, it enters all the same.
    fn give_up(self) -> Result<Permit<'a>, Rejected> {
        let bulkhead = self.bulkhead;
        if !bulkhead.0.semaphore.withdraw(self.ticket) {
            return Ok(self.enter());
        }
        self.end();
        Err(bulkhead.refuse())
    }

    /// It is out of the queue.
    fn end(self) {
        self.bulkhead.0.count_wait(self.since.elapsed());
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.bulkhead.0.count_wait(self.since.elapsed());
        self.bulkhead.0.semaphore.cancel(self.ticket);
    }
}

/// Waits for a slot, behind those who came before; see [`Bulkhead::acquire_async`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Acquire<'a> {
    bulkhead: &'a Bulkhead,
    place: Option<Place<'a>>,
    sleep: Option<Sleep>,
}

impl<'a> Acquire<'a> {
    #[inline]
    pub(super) fn new(bulkhead: &'a Bulkhead) -> Self {
        Self { bulkhead, place: None, sleep: None }
    }

    #[cold]
    #[inline(never)]
    fn wait(&mut self, context: &mut Context<'_>) -> Poll<Result<Permit<'a>, Rejected>> {
        let place = match self.place.take() {
            Some(place) => place,
            None => match Place::take(self.bulkhead, context.waker()) {
                Some(place) => place,
                None => return Poll::Ready(Err(self.bulkhead.refuse())),
            },
        };
        if place.has_been_served(context.waker()) {
            self.sleep = None;
            return Poll::Ready(Ok(place.enter()));
        }
        if let Some(left) = place.left() {
            let sleep = self.sleep.get_or_insert_with(|| Sleep::new(left));
            if Pin::new(sleep).poll(context).is_ready() {
                return Poll::Ready(place.give_up());
            }
        }
        self.place = Some(place);
        Poll::Pending
    }
}

impl<'a> Future for Acquire<'a> {
    type Output = Result<Permit<'a>, Rejected>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Who has a place in the queue must not take a slot beside it.
        if this.place.is_none()
            && let Some(permit) = this.bulkhead.enter()
        {
            return Poll::Ready(Ok(permit));
        }
        this.wait(context)
    }
}

/// Waits on the running thread.
#[cold]
#[inline(never)]
pub(super) fn block(bulkhead: &Bulkhead) -> Result<Permit<'_>, Rejected> {
    let waker = this_thread();
    let Some(place) = Place::take(bulkhead, &waker) else {
        return Err(bulkhead.refuse());
    };
    while !place.has_been_served(&waker) {
        match place.left() {
            Some(left) if left.is_zero() => return place.give_up(),
            Some(left) => thread::park_timeout(left),
            None => thread::park(),
        }
    }
    Ok(place.enter())
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// A waker that unparks the running thread: made once a thread.
pub(crate) fn this_thread() -> Waker {
    let new = || Waker::from(Arc::new(Unpark(thread::current())));
    thread_local! {
        static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
    }
    WAKER.try_with(Waker::clone).unwrap_or_else(|_| new())
}

//! Futures that run with a slot.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::{Acquire, Bulkhead, Permit};
use crate::rejected::Rejected;
use crate::verdict::Verdict;

/// A slot as a future has it: asked for at its first poll, given back when it is settled or dropped, which is a
/// cancellation.
#[derive(Debug)]
pub(crate) struct Slot<'a>(State<'a>);

#[derive(Debug)]
enum State<'a> {
    Wanted(Acquire<'a>),
    Held(Permit<'a>),
    /// Given back, or never given.
    Over,
}

impl<'a> Slot<'a> {
    pub(crate) fn of(bulkhead: &'a Bulkhead) -> Self {
        Self(State::Wanted(bulkhead.acquire_async()))
    }

    #[inline]
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        if let State::Wanted(acquire) = &mut self.0 {
            let acquired = ready!(Pin::new(acquire).poll(context));
            self.0 = State::Over;
            self.0 = State::Held(acquired?);
        }
        Poll::Ready(Ok(()))
    }

    #[inline]
    pub(crate) fn settle(&mut self, verdict: Verdict) {
        if let State::Held(permit) = mem::replace(&mut self.0, State::Over) {
            permit.settle(verdict);
        }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.settle(Verdict::Ignored);
    }
}

pin_project! {
    /// Runs a future with a slot; see [`Bulkhead::call_async`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Call<'a, F> {
        // Dropped first: what it does in its destructors it does with the slot.
        #[pin]
        future: F,
        slot: Slot<'a>,
    }
}

impl<'a, F> Call<'a, F> {
    pub(super) fn new(bulkhead: &'a Bulkhead, future: F) -> Self {
        Self { future, slot: Slot::of(bulkhead) }
    }
}

impl<F: Future> Future for Call<'_, F> {
    type Output = Result<F::Output, Rejected>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        ready!(this.slot.poll(context))?;
        let output = ready!(this.future.poll(context));
        this.slot.settle(Verdict::Success);
        Poll::Ready(Ok(output))
    }
}

pin_project! {
    /// Runs a future that may fail with a slot; see [`Bulkhead::execute_async`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(crate) struct Execute<'a, F> {
        #[pin]
        future: F,
        slot: Slot<'a>,
    }
}

impl<'a, F> Execute<'a, F> {
    pub(super) fn new(bulkhead: &'a Bulkhead, future: F) -> Self {
        Self { future, slot: Slot::of(bulkhead) }
    }
}

impl<T, E: From<Rejected>, F: Future<Output = Result<T, E>>> Future for Execute<'_, F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        ready!(this.slot.poll(context))?;
        let output = ready!(this.future.poll(context));
        this.slot.settle(Verdict::from(output.is_err()));
        Poll::Ready(output)
    }
}

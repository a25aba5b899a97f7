//! Futures that run where they are admitted.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::LoadShedder;
use crate::rejected::Rejected;

pin_project! {
    /// Asks at its first poll, and then is the future; see [`LoadShedder::call_async`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct Call<'a, F> {
        #[pin]
        future: F,
        // None once it was asked.
        shedder: Option<&'a LoadShedder>,
    }
}

impl<'a, F> Call<'a, F> {
    pub(super) fn new(shedder: &'a LoadShedder, future: F) -> Self {
        Self { future, shedder: Some(shedder) }
    }
}

impl<F: Future> Future for Call<'_, F> {
    type Output = Result<F::Output, Rejected>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(shedder) = this.shedder.take() {
            shedder.check()?;
        }
        Poll::Ready(Ok(ready!(this.future.poll(context))))
    }
}

pin_project! {
    /// The same of a future that may fail; see [`LoadShedder::execute_async`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct Execute<'a, F> {
        #[pin]
        future: F,
        shedder: Option<&'a LoadShedder>,
    }
}

impl<'a, F> Execute<'a, F> {
    pub(super) fn new(shedder: &'a LoadShedder, future: F) -> Self {
        Self { future, shedder: Some(shedder) }
    }
}

impl<T, E: From<Rejected>, F: Future<Output = Result<T, E>>> Future for Execute<'_, F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(shedder) = this.shedder.take() {
            shedder.check()?;
        }
        this.future.poll(context)
    }
}

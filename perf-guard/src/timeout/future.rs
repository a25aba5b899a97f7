//! A future with an end.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use perf_core::__guard::nanos;
use pin_project_lite::pin_project;

use super::Timeout;
use crate::rejected::Rejected;
use crate::timer::Sleep;

#[derive(Debug)]
enum Stage<'a> {
    /// Nobody has polled it.
    New(&'a Timeout),
    Running(Running<'a>),
    Over,
}

/// A call that has begun and not ended. Dropped, it was cancelled.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    timeout: &'a Timeout,
    began: u64,
    /// The timeout as it was then, in nanoseconds.
    limit: u64,
    /// Made when the call first had to wait.
    sleep: Option<Sleep>,
}

impl<'a> Running<'a> {
    /// A call that begins `now`.
    #[inline]
    pub(crate) fn begin(timeout: &'a Timeout, now: u64) -> Self {
        timeout.0.begun.add(1);
        Self { timeout, began: now, limit: timeout.nanos(), sleep: None }
    }

    /// Whether its time is over, asked after it was polled and not ready; if not, the task is woken when it is.
    pub(crate) fn is_late(&mut self, context: &mut Context<'_>) -> bool {
        let sleep = match &mut self.sleep {
            Some(sleep) => sleep,
            none => {
                let left = self.limit.saturating_sub(nanos().saturating_sub(self.began));
                if left == 0 {
                    return true;
                }
                none.insert(Sleep::new(Duration::from_nanos(left)))
            }
        };
        Pin::new(sleep).poll(context).is_ready()
    }

    /// It is ready. How long it took is learnt from where it was a success: how quickly calls fail says nothing of
    /// how long they need.
    #[inline]
    pub(crate) fn finish(self, is_success: bool) {
        if is_success && self.timeout.is_adaptive() {
            let now = nanos();
            self.timeout.learn(now, now.saturating_sub(self.began));
        }
    }

    /// It is late, and its future dropped.
    #[cold]
    pub(crate) fn stop(self) -> Rejected {
        self.timeout.stopped(self.limit)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.timeout.0.ended.add(1);
    }
}

pin_project! {
    /// See [`Timeout::call_async`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct Timed<'a, F> {
        // None from the moment when its time was over.
        #[pin]
        future: Option<F>,
        stage: Stage<'a>,
    }
}

impl<'a, F: Future> Timed<'a, F> {
    pub(super) fn new(timeout: &'a Timeout, future: F) -> Self {
        Self { future: Some(future), stage: Stage::New(timeout) }
    }

    #[inline]
    pub(super) fn poll_judging(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        is_success: impl FnOnce(&F::Output) -> bool,
    ) -> Poll<Result<F::Output, Rejected>> {
        let mut this = self.project();
        if let Stage::New(timeout) = this.stage {
            *this.stage = Stage::Running(Running::begin(timeout, nanos()));
        }
        let (Some(future), Stage::Running(running)) = (this.future.as_mut().as_pin_mut(), &mut *this.stage) else {
            return Poll::Pending;
        };
        // First the call: one that is ready in the very moment is not late.
        let output = match future.poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending if running.is_late(context) => None,
            Poll::Pending => return Poll::Pending,
        };
        let Stage::Running(running) = mem::replace(this.stage, Stage::Over) else { return Poll::Pending };
        if let Some(output) = output {
            running.finish(is_success(&output));
            return Poll::Ready(Ok(output));
        }
        // Its destructors are part of the call.
        this.future.set(None);
        Poll::Ready(Err(running.stop()))
    }
}

impl<F: Future> Future for Timed<'_, F> {
    type Output = Result<F::Output, Rejected>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_judging(context, |_| true)
    }
}

pin_project! {
    /// See [`Timeout::execute_async`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub(super) struct Execute<'a, F> {
        #[pin]
        timed: Timed<'a, F>,
    }
}

impl<'a, F: Future> Execute<'a, F> {
    pub(super) fn new(timeout: &'a Timeout, future: F) -> Self {
        Self { timed: Timed::new(timeout, future) }
    }
}

impl<T, E: From<Rejected>, F: Future<Output = Result<T, E>>> Future for Execute<'_, F> {
    type Output = Result<T, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let output = ready!(self.project().timed.poll_judging(context, Result::is_ok));
        Poll::Ready(output.unwrap_or_else(|rejected| Err(rejected.into())))
    }
}

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

use perf_runtime::tower::BoxError;
use perf_runtime::{Bulkhead, CircuitBreaker, GuardKind, GuardStats, Rate, RateLimiter, Reason, Rejected};
use tower::Service;

/// What a request makes of the service.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    Work,
    Fail,
    /// Is pending so often before it works.
    Wait(usize),
    Panic,
    /// Already in `call`.
    PanicAtOnce,
}

/// The service's own error, and one that can say that a request was refused.
#[derive(Debug)]
pub(crate) enum Error {
    Own,
    Refused(Rejected),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Error {}

impl From<Rejected> for Error {
    fn from(rejected: Rejected) -> Self {
        Self::Refused(rejected)
    }
}

/// A service each of whose instances has to be ready before it is called, and then reserves something.
#[derive(Default)]
pub(crate) struct Backend {
    pub(crate) calls: Arc<AtomicUsize>,
    pub(crate) reserved: Arc<AtomicIsize>,
    is_ready: bool,
}

impl Backend {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    pub(crate) fn reserved(&self) -> isize {
        self.reserved.load(SeqCst)
    }
}

impl Clone for Backend {
    fn clone(&self) -> Self {
        Self { calls: self.calls.clone(), reserved: self.reserved.clone(), is_ready: false }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.reserved.fetch_sub(isize::from(self.is_ready), SeqCst);
    }
}

impl Service<Ask> for Backend {
    type Response = &'static str;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<&'static str, Error>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.reserved.fetch_add(isize::from(!self.is_ready), SeqCst);
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, ask: Ask) -> Self::Future {
        assert!(self.is_ready, "an instance was called that had not said it was ready");
        self.reserved.fetch_sub(1, SeqCst);
        self.is_ready = false;
        self.calls.fetch_add(1, SeqCst);
        assert!(!matches!(ask, Ask::PanicAtOnce), "on purpose");
        Box::pin(async move {
            let mut left = if let Ask::Wait(polls) = ask { polls } else { 0 };
            std::future::poll_fn(|_| {
                left = left.wrapping_sub(1);
                if left == usize::MAX { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            match ask {
                Ask::Fail => Err(Error::Own),
                Ask::Panic => panic!("on purpose"),
                _ => Ok("worked"),
            }
        })
    }
}

/// The next answer of a service, which has to be ready at once.
pub(crate) fn ask<S: Service<R, Error: std::fmt::Debug>, R>(service: &mut S, request: R) -> S::Future {
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(service.poll_ready(&mut context), Poll::Ready(Ok(()))));
    service.call(request)
}

/// The same, polled once and dropped.
pub(crate) fn answer<S, R>(service: &mut S, request: R) -> Poll<Result<S::Response, S::Error>>
where
    S: Service<R, Error: std::fmt::Debug>,
{
    poll(std::pin::pin!(ask(service, request)))
}

/// Polls once, with nobody to wake.
pub(crate) fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls to the end, on this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn is_refused<T>(answer: &Poll<Result<T, Error>>) -> bool {
    matches!(answer, Poll::Ready(Err(Error::Refused(rejected))) if rejected.reason() != Reason::TimedOut)
}

/// Whether it is a refusal in a box.
pub(crate) fn is_boxed_refusal<T>(answer: &Poll<Result<T, BoxError>>) -> bool {
    matches!(answer, Poll::Ready(Err(error)) if error.is::<Rejected>())
}

pub(crate) fn breaker(name: &'static str) -> CircuitBreaker {
    CircuitBreaker::builder().name(name).failure_rate(0.5).min_calls(4).build().unwrap()
}

/// So many requests, and no more while anybody looks.
pub(crate) fn limiter(name: &'static str, burst: u64) -> RateLimiter {
    RateLimiter::builder().name(name).rate(Rate::per_hour(1)).burst(burst).build().unwrap()
}

pub(crate) fn bulkhead(limit: u32) -> Bulkhead {
    Bulkhead::new(limit).unwrap()
}

/// What a snapshot says of a guard.
pub(crate) fn stats(kind: GuardKind, name: &str) -> GuardStats {
    perf_runtime::snapshot().guard(kind, name).cloned().unwrap_or_else(|| panic!("no {name} {kind:?}"))
}

/// An answer, in HTTP's terms.
pub(crate) type Status = Result<(u16, Option<u64>), Infallible>;

//! For tests of futures: who is woken, and how often.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Counts, and unparks the thread that made it.
pub(crate) struct Wakes(AtomicUsize, Thread);

impl Wakes {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let wakes = Arc::new(Self(AtomicUsize::new(0), thread::current()));
        (wakes.clone(), Waker::from(wakes))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Waits until there are more than `count`.
    pub(crate) fn more_than(&self, count: usize) -> usize {
        while self.count() <= count {
            thread::park();
        }
        self.count()
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        self.1.unpark();
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let (woken, waker) = Wakes::new();
    loop {
        let before = woken.count();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        woken.more_than(before);
    }
}

/// A future that is pending so many times, and wakes nobody.
#[derive(Debug)]
pub(crate) struct Pending(pub(crate) usize);

impl Future for Pending {
    type Output = usize;

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<usize> {
        if self.0 == 0 {
            return Poll::Ready(7);
        }
        self.0 -= 1;
        Poll::Pending
    }
}

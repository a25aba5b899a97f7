//! Guards' futures wait on whatever there is: a thread of ours, also in a forked child, or tokio's timer.
#![cfg(target_os = "linux")]

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use perf_runtime::{Bulkhead, Reason, Sleep, Timeout};

const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_secs(3600);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        thread::park();
    }
}

#[test]
#[allow(unsafe_code)]
fn a_forked_child_has_a_timer_of_its_own() {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        // Threads that hold the timer's lock, now and then, while the process forks.
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(Relaxed) {
                    let _ = pin!(Sleep::new(LATER)).poll(&mut Context::from_waker(Waker::noop()));
                }
            });
        }
        for _ in 0..50 {
            let mut began_before = Box::pin(Sleep::new(SOON));
            let _ = began_before.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            // SAFETY: the child only does what a child of a threaded process may, and `_exit`s.
            let child = unsafe { libc::fork() };
            if child == 0 {
                block_on(Sleep::new(SOON));
                block_on(began_before);
                let timeout = Timeout::new(SOON).unwrap();
                let is_right = block_on(timeout.call_async(std::future::pending::<()>())).is_err();
                // SAFETY: ends the child, and nothing of the parent's.
                unsafe { libc::_exit(i32::from(!is_right)) };
            }
            let mut status = 0;
            // SAFETY: waits for the child just made.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            assert_eq!(status, 0, "the child did something wrong, or hung");
            block_on(began_before);
        }
        is_over.store(true, Relaxed);
    });
}

#[test]
fn within_a_tokio_runtime_it_is_the_runtime_that_keeps_the_time() {
    // Its clock leaps to whatever is waited for: an hour takes no time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        Sleep::new(LATER).await;
        let timeout = Timeout::new(LATER).unwrap();
        let stopped = timeout.call_async(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(stopped.reason(), Reason::TimedOut);
        let bulkhead = Bulkhead::builder().max_concurrent(1).max_wait(LATER).build().unwrap();
        let permit = bulkhead.try_acquire().unwrap();
        assert!(bulkhead.acquire_async().await.is_err());
        drop(permit);
    });
}

//! A future is a call from its first poll to its end, whatever that is. How long it takes is in `recursion.rs` and
//! `durations.rs`, on a clock that stands still.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use perf_runtime::profiled;
use tests::stats;

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = poll_once(future.as_mut()) {
            return output;
        }
    }
}

/// Gives the executor `times` chances to do something else.
async fn yields(times: u32) {
    let mut left = times;
    poll_fn(|_| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}

#[profiled]
async fn never_polled() {}

#[profiled]
async fn polled_then_dropped() {
    yields(1).await;
}

#[test]
fn a_future_that_is_never_polled_is_no_call() {
    drop(never_polled());
    run(never_polled());
    assert_eq!((stats("never_polled").calls(), stats("never_polled").cancelled()), (1, 0));
}

#[test]
fn a_future_dropped_half_way_is_cancelled() {
    for _ in 0..1000 {
        let mut future = Box::pin(polled_then_dropped());
        assert!(poll_once(future.as_mut()).is_pending());
        drop(future);
    }
    run(polled_then_dropped());
    let stats = stats("polled_then_dropped");
    assert_eq!((stats.calls(), stats.cancelled(), stats.errors(), stats.panics()), (1001, 1000, 0, 0));
}

#[profiled]
async fn fails(is_ok: bool) -> Result<(), ()> {
    yields(1).await;
    if is_ok { Ok(()) } else { Err(()) }
}

#[test]
fn errors_of_futures_are_counted() {
    for n in 0..1000 {
        let _ = run(fails(n % 4 != 0));
    }
    assert_eq!((stats("fails").calls(), stats("fails").errors()), (1000, 250));
}

#[profiled]
async fn panics() {
    yields(1).await;
    panic!("on purpose");
}

#[test]
fn a_future_that_panics_is_a_panic_and_not_cancelled() {
    for _ in 0..100 {
        let outcome = std::panic::catch_unwind(|| run(panics()));
        assert_eq!(outcome.unwrap_err().downcast_ref::<&str>(), Some(&"on purpose"));
    }
    assert_eq!((stats("panics").calls(), stats("panics").panics(), stats("panics").cancelled()), (100, 100, 0));
}

#[profiled]
fn makes_a_future(n: u32) -> impl Future<Output = Result<u32, ()>> {
    async move { if n.is_multiple_of(2) { Ok(n) } else { Err(()) } }
}

#[test]
fn of_a_function_that_returns_a_future_the_future_is_measured() {
    drop(makes_a_future(0));
    for n in 0..100 {
        let _ = run(makes_a_future(n));
    }
    assert_eq!((stats("makes_a_future").calls(), stats("makes_a_future").errors()), (100, 50));
}

type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[profiled]
fn boxed(n: &u32) -> Later<'_, Result<u32, ()>> {
    Box::pin(async move {
        yields(2).await;
        if n.is_multiple_of(2) { Ok(*n) } else { Err(()) }
    })
}

#[test]
fn a_boxed_future_behind_an_alias_is_measured_when_it_is_polled() {
    for n in 0..1000 {
        drop(boxed(&n));
        let _ = run(boxed(&n));
    }
    assert_eq!((stats("boxed").calls(), stats("boxed").errors()), (1000, 500));
}

#[profiled]
async fn across_threads(n: u64) -> u64 {
    yields(3).await;
    n
}

#[test]
fn a_future_may_change_threads_between_polls() {
    for n in 0..100 {
        let mut future = Box::pin(across_threads(n));
        assert!(poll_once(future.as_mut()).is_pending());
        let moved = std::thread::spawn(move || run(future));
        assert_eq!(moved.join().unwrap(), n);
    }
    assert_eq!((stats("across_threads").calls(), stats("across_threads").cancelled()), (100, 0));
}

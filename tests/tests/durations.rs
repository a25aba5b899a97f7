//! How long futures take, on a clock that only moves when told to.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_runtime::{Config, profiled, snapshot};
use tests::{stats, still};

const fn micros(n: u64) -> Duration {
    Duration::from_micros(n)
}

#[profiled]
async fn works(polls: u32) -> u32 {
    for _ in 0..polls {
        still::pass(micros(200));
        let mut is_first = true;
        poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
    }
    polls
}

#[test]
fn wall_time_busy_time_polls_and_the_wait_for_the_first_are_told_apart() {
    let _alone = still::alone(&Config::testing());
    still::pass(micros(1));
    let mut future = pin!(works(5));
    still::pass(micros(70));
    while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        still::pass(micros(800));
    }
    let known = stats("works");
    assert_eq!((known.calls(), known.samples()), (1, 1));
    assert_eq!(known.latency().max(), micros(5 * 200 + 5 * 800), "from the first poll to the end");
    let futures = known.futures().expect("it is a future");
    assert_eq!((futures.busy, futures.first_poll), (micros(5 * 200), Some(micros(70))));
    assert!((futures.polls - 6.0).abs() < 1e-9, "{futures:?}");
    assert!((futures.busy_share - 0.2).abs() < 1e-9, "{futures:?}");

    // And of another one alone.
    let before = snapshot();
    let mut future = pin!(works(1));
    while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        still::pass(micros(600));
    }
    let since = snapshot().since(&before);
    let futures = since.function("works").unwrap().futures().unwrap();
    assert_eq!((futures.busy, futures.first_poll), (micros(200), Some(micros(0))));
    assert!((futures.polls - 2.0).abs() < 1e-9 && (futures.busy_share - 0.25).abs() < 1e-9, "{futures:?}");
    let none = snapshot().since(&snapshot());
    assert_eq!(none.function("works").and_then(|works| works.futures().copied()), None);
}

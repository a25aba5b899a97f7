//! How long futures take, on a clock that only moves when told to.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_runtime::{Config, profiled};
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
    let works = stats("works");
    assert_eq!((works.calls(), works.samples()), (1, 1));
    assert_eq!(works.latency().max(), micros(5 * 200 + 5 * 800), "from the first poll to the end");
    let futures = works.futures().expect("it is a future");
    assert_eq!((futures.busy, futures.first_poll), (micros(5 * 200), Some(micros(70))));
    assert!((futures.polls - 6.0).abs() < 1e-9, "{futures:?}");
    assert!((futures.busy_share - 0.2).abs() < 1e-9, "{futures:?}");
}

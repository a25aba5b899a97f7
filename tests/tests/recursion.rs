//! Recursion does not inflate totals: total time is the time covered by outermost calls.
//!
//! On a clock that only moves when told to, so that every number is known.

use std::sync::MutexGuard;
use std::time::Duration;

use perf_runtime::{Config, profiled};
use tests::{stats, still};

fn alone() -> MutexGuard<'static, ()> {
    still::alone(&Config::production())
}

fn pass(micros: u64) {
    still::pass(Duration::from_micros(micros));
}

const fn micros(n: u64) -> Duration {
    Duration::from_micros(n)
}

#[profiled(sample = "always")]
fn chain(depth: u32) {
    pass(200);
    if depth > 0 {
        chain(depth - 1);
    }
}

#[test]
fn a_chain_covers_its_outermost_call() {
    let _alone = alone();
    for _ in 0..3 {
        chain(19);
    }
    assert_eq!(stats("chain").total(), micros(3 * 20 * 200));
    assert_eq!(stats("chain").latency().max(), micros(20 * 200));
}

#[profiled(sample = 0.1)]
fn tree(depth: u32) {
    pass(3);
    if depth > 0 {
        tree(depth - 1);
        tree(depth - 1);
    }
}

#[test]
fn a_tree_of_which_few_calls_are_timed_is_not_counted_twice() {
    let _alone = alone();
    for _ in 0..40 {
        tree(9);
    }
    let tree = stats("tree");
    assert_eq!(tree.calls(), 40 * 1023);
    assert!((2000..6000).contains(&tree.samples()), "{}", tree.samples());
    // Without its direct calls every call takes 3 µs, whichever were sampled.
    assert_eq!(tree.total(), micros(40 * 1023 * 3));
    assert!(tree.latency().total() > 3 * tree.total(), "each call on its own, they overlap");
}

#[profiled(sample = "always")]
fn even(n: u32) -> bool {
    pass(50);
    n == 0 || odd(n - 1)
}

#[profiled(sample = "always")]
fn odd(n: u32) -> bool {
    pass(70);
    n != 0 && even(n - 1)
}

#[test]
fn of_two_functions_that_call_each_other_both_cover_their_outermost_call() {
    let _alone = alone();
    assert!(even(40));
    assert_eq!(stats("even").total(), micros(21 * 50 + 20 * 70));
    assert_eq!(stats("odd").total(), micros(20 * 50 + 20 * 70));
}

#[profiled(sample = "always")]
fn unwinds(depth: u32) {
    pass(100);
    assert!(depth > 0, "at the bottom");
    unwinds(depth - 1);
}

#[test]
fn a_panic_closes_what_it_passes() {
    let _alone = alone();
    assert!(std::panic::catch_unwind(|| unwinds(10)).is_err());
    let unwinds = stats("unwinds");
    assert_eq!((unwinds.calls(), unwinds.panics(), unwinds.samples()), (11, 11, 11));
    assert_eq!(unwinds.total(), micros(1100));
}

#[profiled(sample = "always")]
fn too_deep(depth: u32) {
    pass(1);
    if depth > 0 {
        too_deep(depth - 1);
    }
}

#[test]
fn more_open_frames_than_there_is_room_for_are_counted_as_dropped() {
    let _alone = alone();
    too_deep(999);
    let too_deep = stats("too_deep");
    assert_eq!(too_deep.calls(), 1000);
    assert!(too_deep.dropped() > 0);
    assert_eq!(too_deep.samples() + too_deep.dropped(), 1000);
}

#[profiled(sample = "always")]
fn outer() {
    pass(10);
    inner();
    pass(10);
}

#[profiled(sample = "always")]
fn inner() {
    pass(500);
}

#[test]
fn a_caller_has_the_time_of_what_it_calls() {
    let _alone = alone();
    outer();
    assert_eq!((stats("outer").total(), stats("inner").total()), (micros(520), micros(500)));
}

mod futures {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::{alone, micros, pass, profiled, stats};

    fn poll_all<F: Future>(future: F, between: u64) -> F::Output {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return output;
            }
            pass(between);
        }
    }

    #[profiled(sample = "always")]
    async fn nested(depth: u32) {
        pass(30);
        let mut is_first = true;
        std::future::poll_fn(|_| if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }).await;
        if depth > 0 {
            Box::pin(nested(depth - 1)).await;
        }
    }

    #[test]
    fn a_future_that_awaits_its_like_covers_it() {
        let _alone = alone();
        poll_all(nested(9), 5);
        let nested = stats("nested");
        assert_eq!(nested.calls(), 10);
        assert_eq!(nested.total(), micros(10 * 30 + 10 * 5));
        let futures = nested.futures().expect("it is a future");
        assert!((futures.polls - 6.5).abs() < 1e-9, "the outermost sees all 11 polls, the innermost 2: {futures:?}");
    }
}

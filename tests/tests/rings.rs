//! Samples wait in two rings of their thread's: a short one, and a long one for when nobody takes them in.

use std::sync::{Mutex, MutexGuard};
use std::thread;

use perf_runtime::{Config, Perf, profiled};
use tests::stats;

/// Whoever takes samples in is the process' own, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap()
}

/// The same in all tests here, because rings are passed on to later threads as they are. A sample is one slot.
fn config() -> Config {
    Config { ring_slots: 5_000, cpu_time: false, ..Config::testing() }
}

/// The next power of two, and an eighth of it.
const WAIT_AT_MOST: u64 = 8_192 + 1_024;

#[profiled]
fn waits() {}

#[test]
fn what_waits_is_bounded_and_only_what_does_not_fit_is_dropped() {
    let _alone = alone();
    let _perf = Perf::builder().config(config()).manual().start().unwrap();
    perf_runtime::drain();
    for round in 1..=3 {
        (0..10_000).for_each(|_| waits());
        let stats = stats("rings::waits");
        assert_eq!((stats.samples(), stats.dropped()), (round * WAIT_AT_MOST, round * (10_000 - WAIT_AT_MOST)));
    }
}

#[profiled]
fn in_threads_that_end() {}

#[test]
fn what_ended_threads_left_waits_on_beside_what_the_next_one_adds() {
    let _alone = alone();
    let _perf = Perf::builder().config(config()).manual().start().unwrap();
    perf_runtime::drain();
    for _ in 0..3 {
        thread::spawn(|| (0..3_000).for_each(|_| in_threads_that_end())).join().unwrap();
    }
    let stats = stats("in_threads_that_end");
    assert_eq!((stats.calls(), stats.samples(), stats.dropped()), (9_000, 9_000, 0));
}

#[profiled]
fn taken_in_meanwhile() {}

#[test]
fn nothing_is_lost_unseen_where_the_background_thread_is_late_now_and_then() {
    let _alone = alone();
    let _perf = Perf::builder().config(config()).start().unwrap();
    let calls = || (0..400_000).for_each(|_| taken_in_meanwhile());
    thread::scope(|scope| {
        scope.spawn(calls);
        scope.spawn(calls);
    });
    let stats = stats("taken_in_meanwhile");
    assert_eq!(stats.calls(), 800_000);
    assert_eq!(stats.samples() + stats.dropped(), 800_000, "recorded + dropped = sampled");
}

//! The slowest calls of each function, and what they tell, on a clock that only moves when told to.

use std::fmt;
use std::pin::{Pin, pin};
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_runtime::{Config, Outcome, SlowCall, drain, profiled, reset, snapshot};
use tests::{stats, still};

fn alone() -> MutexGuard<'static, ()> {
    let alone = still::alone(&Config { tail: 3, ..Config::testing() });
    reset();
    alone
}

const fn micros(n: u64) -> Duration {
    Duration::from_micros(n)
}

fn pass(n: u64) {
    still::pass(micros(n));
}

fn slowest(name: &str) -> Vec<SlowCall> {
    stats(name).slowest().to_vec()
}

fn durations(calls: &[SlowCall]) -> Vec<u64> {
    calls.iter().map(|call| call.duration().as_micros() as u64).collect()
}

fn captured(calls: &[SlowCall]) -> Vec<Option<&str>> {
    calls.iter().map(SlowCall::captured).collect()
}

#[profiled]
fn plain(n: u64) -> Result<(), ()> {
    pass(n);
    if n.is_multiple_of(2) { Ok(()) } else { Err(()) }
}

#[test]
fn the_slowest_calls_are_kept_with_when_how_long_and_how() {
    let _alone = alone();
    pass(1_000);
    let before = snapshot().uptime();
    for n in [5, 1, 9, 4, 8, 2, 7] {
        let _ = plain(n);
    }
    let calls = slowest("plain");
    assert_eq!(durations(&calls), [9, 8, 7]);
    let outcomes: Vec<Outcome> = calls.iter().map(SlowCall::outcome).collect();
    assert_eq!(outcomes, [Outcome::Error, Outcome::Ok, Outcome::Error]);
    assert!(calls.iter().all(|call| call.ended_at() - call.at() == call.duration()));
    // Uptimes count from the reset, and calls from when measuring began.
    assert_eq!(calls[1].at() - calls[0].at(), micros(9 + 4));
    assert!(calls[0].at() >= before);
    assert!(calls.iter().all(|call| call.thread().contains("the_slowest_calls_are_kept")));
    assert_eq!(captured(&calls), [None; 3]);
}

#[profiled(capture(n, name, %label, half = n / 2, ?pair.1, len = name.len()))]
fn told(n: u64, name: &str, label: &str, pair: (u8, char)) {
    let _ = (label, pair);
    pass(n + name.len() as u64);
}

#[test]
fn captured_arguments_are_told_as_debug_or_as_display() {
    let _alone = alone();
    told(10, "ab", "plain text", (1, 'x'));
    let text = r#"n=10 name="ab" label=plain text half=5 pair.1='x' len=2"#;
    assert_eq!(captured(&slowest("told")), [Some(text)]);
}

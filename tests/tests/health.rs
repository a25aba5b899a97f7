//! What is measured of a function is a hint to its breaker.

use std::time::Duration;

use perf_runtime::{Config, GuardKind, Rejected, circuit_breaker, drain, snapshot};
use tests::still;

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[derive(Debug)]
struct Error;

impl From<Rejected> for Error {
    fn from(_: Rejected) -> Self {
        Self
    }
}

#[circuit_breaker(failure_rate = 0.2)]
fn asks(time: Duration, succeeds: bool) -> Result<(), Error> {
    still::pass(time);
    if succeeds { Ok(()) } else { Err(Error) }
}

/// A second with ten calls, of which so many fail.
fn second(time: Duration, failing: u32) {
    for number in 0..10 {
        let _ = asks(time, number >= failing);
    }
    still::pass(Duration::from_secs(1).saturating_sub(time * 10));
    drain();
}

fn is_falling() -> bool {
    let snapshot = snapshot();
    snapshot.guard(GuardKind::CircuitBreaker, "health::asks").unwrap().number("falling") == Some(1.0)
}

#[test]
fn a_function_that_becomes_slow_or_fails_is_expected_to_get_worse() {
    let _alone = still::alone(&Config::testing());
    for _ in 0..6 {
        second(millis(1), 0);
        assert!(!is_falling());
    }
    second(millis(5), 0);
    assert!(is_falling(), "five times as slow");
    second(millis(1), 0);
    assert!(!is_falling());
    second(millis(1), 1);
    assert!(is_falling(), "half of what may fail has failed");
}

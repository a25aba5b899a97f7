//! Breakers. The body's one error in 4,096 calls opens none of those that are to stay closed.

use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Waker};
use std::time::Duration;

use benches::rounds::Row;
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{CircuitBreaker as _, StateMachine, backoff};
use recloser::Recloser;
use tower::Layer;
use tower_resilience_circuitbreaker::{CircuitBreaker, CircuitBreakerLayer, DefaultClassifier};

use super::{Body, Served, admitted, refused, service};
use crate::ours::{body, fallible};

const HOUR: Duration = Duration::from_secs(3_600);

type Failsafe = StateMachine<ConsecutiveFailures<backoff::Constant>, ()>;

/// The cheaper of its two policies; the other one reads the clock too.
static FAILSAFE: LazyLock<Failsafe> = LazyLock::new(|| {
    let policy = consecutive_failures(5, backoff::constant(HOUR));
    failsafe::Config::new().failure_policy(policy).build()
});
static FAILSAFE_OPEN: LazyLock<Failsafe> = LazyLock::new(|| {
    let breaker = failsafe::Config::new().failure_policy(consecutive_failures(1, backoff::constant(HOUR))).build();
    assert!(breaker.call(|| Err::<u64, u64>(0)).is_err());
    breaker
});

#[inline(never)]
fn failsafed(breaker: &Failsafe, x: u64) -> Result<u64, failsafe::Error<u64>> {
    breaker.call(|| fallible!(x))
}

/// As it comes: half of the last hundred calls.
static RECLOSER: LazyLock<Recloser> = LazyLock::new(|| Recloser::custom().build());
static RECLOSER_OPEN: LazyLock<Recloser> = LazyLock::new(|| {
    let breaker = Recloser::custom().closed_len(1).open_wait(HOUR).build();
    while !matches!(breaker.call(|| Err::<u64, u64>(0)), Err(recloser::Error::Rejected)) {}
    breaker
});

#[inline(never)]
fn reclosed(breaker: &Recloser, x: u64) -> Result<u64, recloser::Error<u64>> {
    breaker.call(|| fallible!(x))
}

type Tower = CircuitBreaker<Body, DefaultClassifier>;

/// As it comes: half of a hundred calls or more.
static TOWER: LazyLock<Tower> = LazyLock::new(tower_breaker);
static TOWER_OPEN: LazyLock<Tower> = LazyLock::new(|| {
    let breaker = tower_breaker();
    assert!(pin!(breaker.force_open()).poll(&mut Context::from_waker(Waker::noop())).is_ready());
    breaker
});

fn tower_breaker() -> Tower {
    CircuitBreakerLayer::builder().wait_duration_in_open(HOUR).build().expect("in order").layer(service())
}

pub(super) fn rows() -> Vec<Row> {
    [
        admitted!("breaker, failsafe, closed", breaker = &*FAILSAFE, x => failsafed(breaker, x)),
        refused!("breaker, failsafe, open", breaker = &*FAILSAFE_OPEN, x => failsafed(breaker, x)),
        admitted!("breaker, recloser, closed", breaker = &*RECLOSER, x => reclosed(breaker, x)),
        refused!("breaker, recloser, open", breaker = &*RECLOSER_OPEN, x => reclosed(breaker, x)),
        admitted!("breaker, tower-resilience, closed", mut breaker = Served::here(&*TOWER), x => breaker.call(x)),
        refused!("breaker, tower-resilience, open", mut breaker = Served::here(&*TOWER_OPEN), x => breaker.call(x)),
    ]
    .concat()
}

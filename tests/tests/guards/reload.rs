use std::pin::pin;

use perf_runtime::{Config, GuardKind, GuardSettings, Reason, bulkhead, circuit_breaker, rate_limited, set_config};

use crate::support::{Error, poll, stats};

#[test]
fn a_reload_losing_in_flight_calls() {
    #[circuit_breaker(failure_rate = "50%", min_calls = 4)]
    #[rate_limited(rate = "3/h")]
    #[bulkhead(2)]
    async fn reloaded(ends: &std::cell::Cell<bool>) -> Result<(), Error> {
        std::future::poll_fn(|_| if ends.get() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }).await;
        Err(Error::Own)
    }

    let name = "guards::reload::a_reload_losing_in_flight_calls::reloaded";
    let ends = std::cell::Cell::new(false);
    let (mut one, mut two) = (pin!(reloaded(&ends)), pin!(reloaded(&ends)));
    assert!(poll(one.as_mut()).is_pending() && poll(two.as_mut()).is_pending());

    let guards = GuardSettings::default()
        .with(name, GuardKind::Bulkhead, "max_concurrent", "1")
        .and_then(|guards| guards.with(name, GuardKind::RateLimiter, "rate", "30/h"))
        .and_then(|guards| guards.with(name, GuardKind::RateLimiter, "burst", "30"))
        .and_then(|guards| guards.with(name, GuardKind::CircuitBreaker, "min_calls", "2"))
        .and_then(|guards| guards.with(name, GuardKind::CircuitBreaker, "slow_call", "1h"))
        .unwrap();
    set_config(Config { guards, ..Config::production() }).unwrap();

    assert_eq!(stats(GuardKind::Bulkhead, name).in_flight, Some(2), "they run on");
    let std::task::Poll::Ready(Err(Error::Refused(refused))) = poll(pin!(reloaded(&ends)).as_mut()) else {
        panic!("two are more than one")
    };
    assert_eq!(refused.reason(), Reason::BulkheadFull);
    assert_eq!(stats(GuardKind::RateLimiter, name).number("available"), Some(28.0), "what they took stays taken");
    assert_eq!(stats(GuardKind::CircuitBreaker, name).state, "closed");

    ends.set(true);
    assert!(poll(one.as_mut()).is_ready() && poll(two.as_mut()).is_ready());
    assert_eq!(stats(GuardKind::Bulkhead, name).in_flight, Some(0));
    let breaker = stats(GuardKind::CircuitBreaker, name);
    assert_eq!((&*breaker.state, breaker.admitted), ("open", 2), "and what they ended with counts");
}

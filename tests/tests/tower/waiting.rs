//! Requests that wait for their turn.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use perf_runtime::tower::GuardLayer;
use perf_runtime::{Algorithm, Bulkhead, GuardKind, Rate, RateLimiter, WhenLimited};
use tower::{Layer, ServiceExt};

use crate::support::{Ask, Backend, ask, block_on, breaker, is_refused, limiter, poll, stats};

fn patient(limit: u32) -> Bulkhead {
    Bulkhead::builder().max_concurrent(limit).max_wait(Duration::MAX).build().unwrap()
}

#[test]
fn requests_that_wait_are_called_in_turn_by_the_instances_that_were_ready() {
    let (backend, slots) = (Backend::default(), patient(1));
    let mut service = GuardLayer::new(slots.clone()).layer(backend.clone());
    let mut first = pin!(ask(&mut service, Ask::Wait(1)));
    let mut second = pin!(ask(&mut service, Ask::Work));
    let mut third = pin!(ask(&mut service, Ask::Work));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending() && poll(third.as_mut()).is_pending());
    assert_eq!((backend.calls(), backend.reserved()), (1, 2), "those that wait have what they reserved");
    assert!(poll(first.as_mut()).is_ready());
    assert!(poll(third.as_mut()).is_pending(), "it came later");
    assert!(matches!(poll(second.as_mut()), Poll::Ready(Ok("worked"))));
    assert!(matches!(poll(third.as_mut()), Poll::Ready(Ok("worked"))));
    assert_eq!((slots.in_flight(), slots.stats().waits, backend.reserved()), (0, 2, 0));
}

#[test]
fn a_request_cancelled_while_it_waits_further_in_was_never_there() {
    let (backend, slots) = (Backend::default(), patient(1));
    let layer = GuardLayer::new(breaker("waits")).and(limiter("waits", 2)).and(slots.clone());
    let mut service = layer.layer(backend.clone());
    let held = slots.try_acquire().unwrap();
    for polls in 1..4 {
        let mut cancelled = pin!(ask(&mut service, Ask::Work));
        (0..polls).for_each(|_| assert!(poll(cancelled.as_mut()).is_pending()));
        assert_eq!(stats(GuardKind::RateLimiter, "waits").admitted, 1);
        cancelled.set(ask(&mut service, Ask::Work));
        assert_eq!(stats(GuardKind::RateLimiter, "waits").admitted, 0);
        assert_eq!(stats(GuardKind::CircuitBreaker, "waits").admitted, 0);
    }
    drop(held);
    assert_eq!((slots.in_flight(), backend.calls(), backend.reserved()), (0, 0, 0));
    assert!(matches!(poll(pin!(ask(&mut service, Ask::Work))), Poll::Ready(Ok(_))));
}

#[test]
fn a_request_that_waited_further_out_passes_the_guards_further_in_after_that() {
    let (backend, outer, inner) = (Backend::default(), patient(1), patient(1));
    let layer = GuardLayer::new(outer.clone()).and(inner.clone()).and(limiter("", 1));
    let mut service = layer.layer(backend.clone());
    let (held_out, held_in) = (outer.try_acquire().unwrap(), inner.try_acquire().unwrap());
    let mut served = pin!(ask(&mut service, Ask::Work));
    let mut refused = pin!(ask(&mut service, Ask::Work));
    assert!(poll(served.as_mut()).is_pending() && poll(refused.as_mut()).is_pending());
    drop(held_out);
    assert!(poll(served.as_mut()).is_pending() && poll(refused.as_mut()).is_pending());
    assert_eq!((outer.stats().waits, inner.stats().waits), (1, 0), "waits are counted when they are over");
    drop(held_in);
    assert!(matches!(poll(served.as_mut()), Poll::Ready(Ok(_))));
    assert!(is_refused(&poll(refused.as_mut())));
    assert_eq!((outer.in_flight(), inner.in_flight(), backend.calls()), (0, 0, 1));
}

#[test]
fn a_request_that_has_waited_long_enough_is_refused() {
    let slots = Bulkhead::builder().max_concurrent(1).max_wait(Duration::from_millis(1)).build().unwrap();
    let _held = slots.try_acquire().unwrap();
    let service = GuardLayer::new(slots.clone()).layer(Backend::default());
    let answer = block_on(service.oneshot(Ask::Work));
    assert!(is_refused(&Poll::Ready(answer)));
    assert_eq!((slots.stats().waits, slots.stats().refusals()), (1, 1));
}

#[test]
fn limiters_let_wait_where_they_are_set_to() {
    for (name, algorithm) in [("bucket", Algorithm::TokenBucket), ("leaky", Algorithm::LeakyBucket)] {
        let builder = RateLimiter::builder().name(name).rate(Rate::per_second(500)).burst(1).algorithm(algorithm);
        let builder = builder.when_limited(WhenLimited::Wait).max_wait(Duration::from_secs(60));
        let (backend, limiter) = (Backend::default(), builder.build().unwrap());
        let service = GuardLayer::new(limiter).layer(backend.clone());
        for _ in 0..5 {
            block_on(service.clone().oneshot(Ask::Work)).unwrap();
        }
        let stats = stats(GuardKind::RateLimiter, name);
        assert_eq!((backend.calls(), stats.admitted, stats.refusals()), (5, 5, 0));
    }
}

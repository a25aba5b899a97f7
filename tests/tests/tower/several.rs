//! Several guards before one service.

use std::task::Poll;
use std::time::Duration;

use perf_runtime::tower::{BoxError, GuardLayer};
use perf_runtime::{BreakerState, GuardKind, LoadShedder, Priority};
use tower::{Layer, ServiceBuilder, service_fn};

use crate::support::{Ask, Backend, answer, breaker, bulkhead, is_boxed_refusal, is_refused, limiter, stats};

#[test]
fn to_guards_further_out_a_request_that_is_refused_further_in_never_was() {
    let (backend, slots) = (Backend::default(), bulkhead(1));
    let layer = GuardLayer::new(breaker("undone")).and(limiter("undone", 2)).and(slots.clone());
    let mut service = layer.layer(backend.clone());
    let held = slots.try_acquire().unwrap();
    for _ in 0..10 {
        assert!(is_refused(&answer(&mut service, Ask::Work)));
    }
    drop(held);
    assert_eq!(stats(GuardKind::CircuitBreaker, "undone").admitted, 0);
    assert_eq!(stats(GuardKind::RateLimiter, "undone").admitted, 0);
    assert!(matches!(answer(&mut service, Ask::Work), Poll::Ready(Ok(_))), "no permit is lost");
    assert_eq!(backend.calls(), 1);
}

#[test]
fn a_bulkhead_that_is_full_opens_no_breaker() {
    let (breaker, slots) = (breaker(""), bulkhead(1));
    let _held = slots.try_acquire().unwrap();
    let one_layer = GuardLayer::new(breaker.clone()).and(slots.clone()).boxed_errors();
    let mut service = one_layer.layer(Backend::default());
    (0..20).for_each(|_| assert!(is_boxed_refusal(&answer(&mut service, Ask::Work))));
    assert_eq!(breaker.state(), BreakerState::Closed);

    let mut two_layers = ServiceBuilder::new()
        .layer(GuardLayer::new(breaker.clone()).boxed_errors())
        .layer(GuardLayer::new(slots.clone()).boxed_errors())
        .service(Backend::default());
    (0..20).for_each(|_| assert!(is_boxed_refusal(&answer(&mut two_layers, Ask::Work))));
    assert_eq!(breaker.state(), BreakerState::Closed, "a refusal further in says nothing to a layer further out");
}

#[test]
fn all_guards_learn_how_a_request_ended_once() {
    let (breaker, slots) = (breaker("learns"), bulkhead(2));
    let layer = GuardLayer::new(limiter("learns", 100)).and(breaker.clone()).and(slots.clone());
    let mut service = layer.layer(Backend::default());
    for request in [Ask::Work, Ask::Fail, Ask::Work] {
        assert!(answer(&mut service, request).is_ready());
    }
    assert!((breaker.failure_rate() - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!((slots.in_flight(), slots.stats().admitted), (0, 3));
    assert_eq!(stats(GuardKind::CircuitBreaker, "learns").admitted, 3);
}

#[test]
fn guards_in_a_layer_are_found_by_name_and_changed_while_they_work() {
    let service = service_fn(async |()| Ok::<_, BoxError>(()));
    let mut service = GuardLayer::new(limiter("changed", 1)).boxed_errors().layer(service);
    assert!(matches!(answer(&mut service, ()), Poll::Ready(Ok(()))));
    assert!(is_boxed_refusal(&answer(&mut service, ())));
    let guards = perf_runtime::guards();
    guards.find(GuardKind::RateLimiter, "changed").unwrap().set("rate", "1_000_000_000/s").unwrap();
    while is_boxed_refusal(&answer(&mut service, ())) {
        std::thread::yield_now();
    }
}

#[test]
fn a_shedder_is_a_layer_and_refuses_before_the_service_is_called() {
    let shedder = LoadShedder::builder().max_queueing(Duration::from_nanos(1)).priority(Priority::Low).build().unwrap();
    let backend = Backend::default();
    let mut service = GuardLayer::new(shedder.clone()).layer(backend.clone());
    while shedder.refusing(Priority::Low) < 0.9 {
        shedder.record_queueing(Duration::from_secs(1));
        std::thread::yield_now();
    }
    let refused = (0..1000).filter(|_| is_refused(&answer(&mut service, Ask::Work))).count();
    assert!(refused > 0);
    assert_eq!(backend.calls() + refused, 1000);
}

//! What is taken of the guards, when, and for whom.

use std::pin::pin;
use std::task::Poll;

use perf_runtime::tower::GuardLayer;
use perf_runtime::{GuardKind, KeyedRateLimiter, Rate};
use tower::{Layer, Service, ServiceBuilder};

use crate::support::{Ask, Backend, answer, ask, breaker, bulkhead, is_refused, limiter, poll, stats};

#[test]
fn a_refused_request_never_reaches_the_service() {
    let backend = Backend::default();
    let mut service = GuardLayer::new(limiter("", 1)).layer(backend.clone());
    assert!(matches!(answer(&mut service, Ask::Work), Poll::Ready(Ok("worked"))));
    assert!(is_refused(&answer(&mut service, Ask::Work)));
    assert!(is_refused(&answer(&mut service, Ask::PanicAtOnce)));
    assert_eq!(backend.calls(), 1);
}

#[test]
fn a_limiter_cloned_per_connection_limits_all_connections_together() {
    let backend = Backend::default();
    let limiter = limiter("", 4);
    let layer = GuardLayer::new(limiter.clone());
    let service = layer.layer(backend.clone());
    // A server clones the service for each connection, or the layer, or makes a layer of a clone of the limiter.
    for _ in 0..10 {
        let _ = answer(&mut service.clone(), Ask::Work);
        let _ = answer(&mut layer.clone().layer(backend.clone()), Ask::Work);
        let _ = answer(&mut GuardLayer::new(limiter.clone()).layer(backend.clone()), Ask::Work);
    }
    assert_eq!(backend.calls(), 4);
}

#[test]
fn guards_are_passed_when_the_answer_is_first_polled() {
    let backend = Backend::default();
    let slots = bulkhead(1);
    let mut service = GuardLayer::new(limiter("first poll", 2)).and(slots.clone()).layer(backend.clone());
    drop(ask(&mut service, Ask::Work));
    assert_eq!(stats(GuardKind::RateLimiter, "first poll").admitted, 0, "one that is never polled takes nothing");

    let mut first = pin!(ask(&mut service, Ask::Wait(1)));
    let second = pin!(ask(&mut service, Ask::Wait(1)));
    assert!(poll(second).is_pending());
    assert_eq!((slots.in_flight(), backend.calls()), (1, 1));
    assert!(is_refused(&poll(first.as_mut())), "the other one was polled first");
    assert_eq!((slots.in_flight(), backend.calls()), (1, 1), "polled and refused, it is over");
    assert!(poll(first).is_pending(), "polled once more, it says nothing");
}

#[test]
fn the_instance_that_said_it_was_ready_is_the_one_that_is_called() {
    let backend = Backend::default();
    // An instance that was not ready panics.
    let mut service = ServiceBuilder::new().layer(GuardLayer::new(bulkhead(9))).service(backend.clone());
    let answers = [Ask::Work, Ask::Work].map(|request| ask(&mut service, request));
    for answer in answers.into_iter().rev() {
        assert!(poll(pin!(answer)).is_ready());
    }
    assert_eq!((backend.calls(), backend.reserved()), (2, 0));
}

#[test]
fn what_a_refused_request_had_reserved_of_the_service_is_free_again() {
    let backend = Backend::default();
    let mut service = GuardLayer::new(limiter("", 1)).layer(backend.clone());
    assert!(answer(&mut service, Ask::Work).is_ready());
    let mut refused = pin!(ask(&mut service, Ask::Work));
    assert_eq!(backend.reserved(), 1);
    assert!(is_refused(&poll(refused.as_mut())));
    assert_eq!(backend.reserved(), 0, "while the answer is still there");
}

#[test]
fn a_service_that_is_not_ready_makes_the_guarded_one_wait() {
    #[derive(Clone)]
    struct Never;
    impl Service<Ask> for Never {
        type Response = ();
        type Error = perf_runtime::Rejected;
        type Future = std::future::Ready<Result<(), Self::Error>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Pending
        }

        fn call(&mut self, _: Ask) -> Self::Future {
            unreachable!("it never is ready")
        }
    }
    let mut service = GuardLayer::new(bulkhead(1)).layer(Never);
    assert!(poll(pin!(std::future::poll_fn(|context| service.poll_ready(context)))).is_pending());
}

#[test]
fn a_request_cancelled_at_any_poll_leaks_nothing() {
    for (polls, name) in ["never polled", "polled once", "polled twice", "polled thrice"].into_iter().enumerate() {
        let (backend, slots, breaker) = (Backend::default(), bulkhead(1), breaker(name));
        let mut service = GuardLayer::new(breaker.clone()).and(slots.clone()).layer(backend.clone());
        {
            let mut cancelled = pin!(ask(&mut service, Ask::Wait(10)));
            (0..polls).for_each(|_| assert!(poll(cancelled.as_mut()).is_pending()));
            assert_eq!(slots.in_flight(), u32::from(polls > 0));
        }
        assert_eq!((slots.in_flight(), backend.reserved()), (0, 0));
        assert_eq!(stats(GuardKind::CircuitBreaker, name).admitted, u64::from(polls > 0));
        assert_eq!(breaker.failure_rate().to_bits(), 0.0_f64.to_bits());
    }
}

#[test]
fn each_client_has_a_limit_of_its_own() {
    #[derive(Clone)]
    struct Anyone;
    impl Service<&'static str> for Anyone {
        type Response = ();
        type Error = perf_runtime::Rejected;
        type Future = std::future::Ready<Result<(), Self::Error>>;

        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: &'static str) -> Self::Future {
            std::future::ready(Ok(()))
        }
    }
    let clients = KeyedRateLimiter::new(Rate::per_hour(2));
    let mut service = GuardLayer::new(clients.by_key(|client: &&'static str| *client)).layer(Anyone);
    let mut served = |client| matches!(answer(&mut service, client), Poll::Ready(Ok(())));
    assert_eq!(["a", "a", "a", "b", "a", "b", "b"].map(&mut served), [true, true, false, true, false, true, false]);
}

#[test]
fn a_request_takes_as_many_permits_as_it_costs() {
    let backend = Backend::default();
    let cost = |request: &Ask| if let Ask::Wait(cost) = request { *cost as u64 } else { 1 };
    let mut service = GuardLayer::new(limiter("", 5).by_cost(cost)).layer(backend.clone());
    assert!(answer(&mut service, Ask::Wait(4)).is_pending());
    assert!(is_refused(&answer(&mut service, Ask::Wait(2))));
    assert!(answer(&mut service, Ask::Work).is_ready());
    assert!(is_refused(&answer(&mut service, Ask::Work)));
    assert!(answer(&mut service, Ask::Wait(0)).is_ready(), "one that takes none is always admitted");
}

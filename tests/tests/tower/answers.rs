//! What guards learn from answers, and what becomes of refusals.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use perf_runtime::tower::{BoxError, GuardLayer};
use perf_runtime::{BreakerState, CircuitBreaker, GuardKind, Reason, Rejected, Verdict};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{
    Ask, Backend, Error, Status, answer, ask, block_on, breaker, bulkhead, is_boxed_refusal, is_refused, limiter, poll,
    stats,
};

#[test]
fn errors_are_failures_and_open_a_breaker_which_then_refuses() {
    let (backend, breaker) = (Backend::default(), breaker(""));
    let mut service = GuardLayer::new(breaker.clone()).layer(backend.clone());
    for _ in 0..4 {
        assert!(matches!(answer(&mut service, Ask::Fail), Poll::Ready(Err(Error::Own))));
    }
    assert_eq!(breaker.state(), BreakerState::Open);
    assert!(is_refused(&answer(&mut service, Ask::Work)));
    assert_eq!(backend.calls(), 4);
}

#[test]
fn a_predicate_says_what_a_failure_is() {
    let open_after = |failure: fn(&Status) -> Verdict, status: u16| {
        let breaker = breaker("");
        let service = service_fn(move |()| async move { Status::Ok((status, None)) });
        let mut service = GuardLayer::new(breaker.clone()).on_rejected(|_| (503, None)).failure(failure).layer(service);
        (0..4).for_each(|_| assert!(answer(&mut service, ()).is_ready()));
        breaker.state() == BreakerState::Open
    };
    let of_server = |answer: &Status| Verdict::from(matches!(answer, Ok((500.., _))));
    assert!(open_after(of_server, 500));
    assert!(!open_after(of_server, 404));
    assert!(!open_after(|_| Verdict::Ignored, 500));
}

#[test]
fn a_service_that_panics_has_failed_even_where_its_answer_is_dropped_later() {
    for (name, how) in [("panics", Ask::Panic), ("panics at once", Ask::PanicAtOnce)] {
        let (breaker, slots) = (breaker(name), bulkhead(1));
        let mut service = GuardLayer::new(breaker.clone()).and(slots.clone()).layer(Backend::default());
        for _ in 0..4 {
            let mut answer = pin!(ask(&mut service, how));
            assert!(catch_unwind(AssertUnwindSafe(|| poll(answer.as_mut()))).is_err());
            assert_eq!(slots.in_flight(), 0, "while the answer is still there");
        }
        assert_eq!(breaker.state(), BreakerState::Open);
        assert_eq!(stats(GuardKind::CircuitBreaker, name).admitted, 4);
    }
}

#[test]
fn an_answer_that_is_dropped_while_its_thread_panics_is_cancelled_not_failed() {
    let breaker = breaker("");
    let mut service = GuardLayer::new(breaker.clone()).layer(Backend::default());
    for _ in 0..8 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut answer = pin!(ask(&mut service, Ask::Wait(1)));
            assert!(poll(answer.as_mut()).is_pending());
            panic!("on purpose, and elsewhere");
        }));
        assert!(panicked.is_err());
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn a_cancelled_probe_closes_no_breaker() {
    let builder = CircuitBreaker::builder().failure_rate(0.5).min_calls(4).probes(1).open_for(Duration::from_millis(1));
    let breaker = builder.build().unwrap();
    let mut service = GuardLayer::new(breaker.clone()).layer(Backend::default());
    (0..4).for_each(|_| drop(answer(&mut service, Ask::Fail)));
    // Refused until it is half-open.
    while !answer(&mut service, Ask::Wait(1)).is_pending() {
        std::thread::yield_now();
    }
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert!(matches!(answer(&mut service, Ask::Work), Poll::Ready(Ok(_))), "the probe was given back");
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn a_refusal_is_an_error_of_the_service_or_one_in_a_box_or_a_response() {
    let refused = || GuardLayer::new(limiter("", 1));
    let mut as_error = refused().layer(Backend::default());
    let mut boxed = refused().boxed_errors().layer(Backend::default());
    let mut response = refused().on_rejected(|rejected| rejected.reason().as_str()).layer(Backend::default());
    assert!(matches!(answer(&mut as_error, Ask::Fail), Poll::Ready(Err(Error::Own))));
    assert!(matches!(answer(&mut boxed, Ask::Fail), Poll::Ready(Err(error)) if error.is::<Error>()));
    assert!(matches!(answer(&mut response, Ask::Fail), Poll::Ready(Err(Error::Own))));
    assert!(is_refused(&answer(&mut as_error, Ask::Work)));
    assert!(is_boxed_refusal(&answer(&mut boxed, Ask::Work)));
    assert!(matches!(answer(&mut response, Ask::Work), Poll::Ready(Ok("rate_limited"))));
}

#[test]
fn http_is_told_which_status_it_is_and_when_to_come_again() {
    let told = |rejected: &Rejected| (rejected.http_status(), rejected.retry_after_secs());
    let ok = || service_fn(async |()| Status::Ok((200, None)));
    let mut limited = GuardLayer::new(limiter("", 1)).on_rejected(told).layer(ok());
    assert_eq!(answer(&mut limited, ()), Poll::Ready(Ok((200, None))));
    assert_eq!(answer(&mut limited, ()), Poll::Ready(Ok((429, Some(3600)))), "rounded up");

    let (open, builder) = (Duration::from_secs(100), CircuitBreaker::builder().min_calls(1));
    let breaker = builder.open_for(open).max_open(open).build().unwrap();
    drop(breaker.execute(|| Err::<(), Error>(Error::Own)));
    let mut broken = GuardLayer::new(breaker).on_rejected(told).layer(ok());
    // A tenth more or less is left to chance.
    assert!(matches!(answer(&mut broken, ()), Poll::Ready(Ok((503, Some(80..=110))))));

    let slots = bulkhead(1);
    let _held = slots.try_acquire().unwrap();
    let mut full = GuardLayer::new(slots.clone()).on_rejected(told).layer(ok());
    assert_eq!(answer(&mut full, ()), Poll::Ready(Ok((503, None))));
}

#[test]
fn a_guarded_service_can_be_built_boxed_and_sent_as_any_other() {
    let service = ServiceBuilder::new()
        .layer(GuardLayer::new(bulkhead(1)).boxed_errors())
        .service(service_fn(async |text: String| Ok::<_, BoxError>(text.len())));
    let service = tower::util::BoxCloneSyncService::new(service);
    let answer = std::thread::spawn(move || block_on(service.oneshot("four".into())));
    assert_eq!(answer.join().unwrap().unwrap(), 4);
}

#[test]
fn a_call_that_ran_and_was_stopped_is_a_failure_though_it_is_told_as_a_refusal() {
    let timeout = perf_runtime::Timeout::new(Duration::from_nanos(1)).unwrap();
    let breaker = breaker("");
    let stopped = service_fn(move |()| {
        let timeout = timeout.clone();
        async move { timeout.call_async(std::future::pending::<()>()).await }
    });
    let service = GuardLayer::new(breaker.clone()).layer(stopped);
    for _ in 0..4 {
        assert_eq!(block_on(service.clone().oneshot(())).unwrap_err().reason(), Reason::TimedOut);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}

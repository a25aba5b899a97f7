use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::*;
use crate::rejected::{Reason, Rejected};
use crate::{CircuitBreaker, RateLimiter};

/// Without pauses to wait for.
fn quick() -> RetryBuilder {
    Retry::builder().backoff(Duration::ZERO)
}

fn number(retry: &Retry, name: &str) -> u64 {
    retry.stats().number(name).unwrap() as u64
}

/// How often something was tried that always fails.
fn attempts_of(retry: &Retry) -> u32 {
    let attempts = Cell::new(0);
    let output: Result<(), ()> = retry.execute(|| {
        attempts.set(attempts.get() + 1);
        Err(())
    });
    assert!(output.is_err());
    attempts.get()
}

/// Polls to the end, on this thread, over and over.
fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

#[test]
fn a_call_is_tried_until_it_succeeds() {
    let retry = quick().attempts(5).build().unwrap();
    let tried = Cell::new(0);
    let output = retry.call(|| tried.replace(tried.get() + 1), |&before| before < 3);
    assert_eq!((output, tried.get()), (3, 4));
    assert_eq!((number(&retry, "retries"), number(&retry, "recovered")), (3, 1));
    assert_eq!(retry.stats().admitted, 1);
}

#[test]
fn there_are_as_many_attempts_as_may_be_and_the_last_one_is_given_back() {
    let retry = quick().attempts(3).build().unwrap();
    let tried = Cell::new(0);
    let output: Result<(), u32> = retry.execute(|| {
        tried.set(tried.get() + 1);
        Err(tried.get())
    });
    assert_eq!(output, Err(3));
    assert_eq!(number(&retry, "out_of_attempts"), 1);
}

#[test]
fn an_outcome_that_says_nothing_is_not_tried_again() {
    let retry = quick().build().unwrap();
    let tried = Cell::new(0);
    retry.call(|| tried.set(tried.get() + 1), |()| Verdict::Ignored);
    assert_eq!(tried.get(), 1);
}

#[test]
fn retries_keep_within_the_budget() {
    let retry = quick().attempts(3).budget(0.1).reserve(5).build().unwrap();
    let attempts: u32 = (0..1000).map(|_| attempts_of(&retry)).sum();
    // Calls are seen when somebody wants to try again, so that none of the thousand came too late to count.
    assert_eq!(attempts, 1000 + 100 + 5);
    assert_eq!(number(&retry, "retries"), 105);
}

#[test]
fn clones_share_a_budget() {
    let retry = quick().attempts(2).budget(0.0).reserve(1).build().unwrap();
    assert_eq!((attempts_of(&retry.clone()), attempts_of(&retry)), (2, 1));
}

#[test]
fn a_refusal_is_not_tried_again_whatever_error_it_became() {
    #[derive(Debug)]
    struct Opaque;
    impl From<Rejected> for Opaque {
        fn from(_: Rejected) -> Self {
            Self
        }
    }
    let retry = quick().build().unwrap();
    let breaker = CircuitBreaker::builder().build().unwrap();
    breaker.force_open();
    let tried = Cell::new(0);
    let output: Result<(), Opaque> = retry.execute(|| {
        tried.set(tried.get() + 1);
        breaker.execute(|| Ok(()))
    });
    assert!(output.is_err());
    assert_eq!((tried.get(), number(&retry, "hopeless")), (1, 1));
    let output: Result<(), Opaque> = finish(retry.execute_async(|| {
        tried.set(tried.get() + 1);
        breaker.execute_async(async { Ok(()) })
    }));
    assert!(output.is_err());
    assert_eq!((tried.get(), number(&retry, "hopeless")), (2, 2));
}

#[test]
fn a_refusal_of_an_earlier_call_keeps_no_later_one_from_being_tried_again() {
    let limiter = RateLimiter::builder().rate("1/h".parse().unwrap()).build().unwrap();
    limiter.check().unwrap();
    assert!(limiter.check().is_err());
    assert_eq!(attempts_of(&quick().build().unwrap()), 3);
}

#[test]
fn a_call_that_was_stopped_is_tried_again() {
    let retry = quick().build().unwrap();
    let tried = Cell::new(0);
    let output: Result<(), Rejected> = retry.execute(|| {
        tried.set(tried.get() + 1);
        Err(Rejected::new(Name::NONE, Reason::TimedOut))
    });
    assert_eq!((output.unwrap_err().reason(), tried.get()), (Reason::TimedOut, 3));
}

#[test]
fn three_attempts_within_three_attempts_are_three() {
    let (outer, inner) = (quick().build().unwrap(), quick().build().unwrap());
    let tried = Cell::new(0);
    let fails = || -> Result<(), ()> {
        tried.set(tried.get() + 1);
        Err(())
    };
    assert!(outer.execute(|| inner.execute(fails)).is_err());
    assert_eq!(tried.replace(0), 3);
    let output = finish(outer.execute_async(|| inner.execute_async(|| std::future::ready(fails()))));
    assert!(output.is_err());
    assert_eq!(tried.get(), 3);
}

#[test]
fn an_inner_retry_that_recovers_leaves_the_outer_its_attempts() {
    let (outer, inner) = (quick().build().unwrap(), quick().build().unwrap());
    let tried = Cell::new(0);
    let output: Result<(), ()> = outer.execute(|| {
        let fails_first = Cell::new(true);
        inner.execute(|| if fails_first.replace(false) { Err(()) } else { Ok(()) })?;
        tried.set(tried.get() + 1);
        Err(())
    });
    assert!(output.is_err());
    assert_eq!(tried.get(), 3);
}

#[test]
fn where_a_pause_would_last_beyond_the_deadline_there_is_no_other_attempt() {
    // Pauses are from nothing to years: with this, each surely is longer than the deadline.
    let long = Duration::from_secs(1 << 32);
    let retry = Retry::builder().backoff(long).max_backoff(long).deadline(Duration::from_nanos(1)).build().unwrap();
    assert_eq!((attempts_of(&retry), number(&retry, "out_of_time")), (1, 1));
}

#[test]
fn a_task_that_is_dropped_in_a_pause_goes_no_further() {
    let long = Duration::from_secs(3600);
    let retry = Retry::builder().backoff(long).max_backoff(long).build().unwrap();
    let tried = Cell::new(0);
    {
        let mut calling = pin!(retry.execute_async(|| {
            tried.set(tried.get() + 1);
            std::future::ready(Err::<(), ()>(()))
        }));
        assert_eq!(tried.get(), 0, "nothing happens before the first poll");
        for _ in 0..3 {
            assert!(calling.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
    }
    assert_eq!((tried.get(), number(&retry, "retries")), (1, 1));
}

#[test]
fn its_numbers_change_while_it_runs() {
    let retry = Retry::builder().backoff(Duration::ZERO).name("retry whose numbers change").build().unwrap();
    let guards = crate::guards();
    let guard = guards.find(perf_core::GuardKind::Retry, "retry whose numbers change").unwrap();
    for (key, value, number) in
        [("attempts", "5", 5.0), ("budget", "20%", 0.2), ("backoff", "1us", 1e-6), ("max_backoff", "2s", 2.0)]
    {
        guard.set(key, value).unwrap();
        assert_eq!(retry.stats().number(key), Some(number), "{key}");
    }
    assert_eq!(attempts_of(&retry), 5);
    assert!(guard.set("budget", "200%").unwrap_err().to_string().contains("from 0 to 1"));
    let none = Retry::new(0).unwrap_err().to_string();
    assert!(none.starts_with("attempts = 0"), "{none}");
}

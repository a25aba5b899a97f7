use std::cell::Cell;
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::steer::Steer;
use crate::wakes::{Pending, Wakes, block_on};

const SOON: Duration = Duration::from_millis(1);

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn assert_at_rest(timeout: &Timeout) {
    assert_eq!(timeout.stats().in_flight, Some(0));
}

#[test]
fn a_call_in_time_is_as_if_there_were_no_timeout() {
    let timeout = Timeout::new(Duration::MAX).unwrap();
    assert_eq!(block_on(timeout.call_async(ready(7))), Ok(7));
    let failed: Result<(), Box<dyn std::error::Error>> = block_on(timeout.execute_async(async {
        "x".parse::<u8>()?;
        Ok(())
    }));
    assert!(failed.unwrap_err().downcast_ref::<Rejected>().is_none());
    let stats = timeout.stats();
    assert_eq!((stats.admitted, stats.refusals()), (2, 0));
    assert_at_rest(&timeout);
}

#[test]
fn a_call_that_takes_too_long_is_stopped() {
    let timeout = Timeout::builder(SOON).name("slow").build().unwrap();
    let rejected = block_on(timeout.call_async(pending::<()>())).unwrap_err();
    assert_eq!((rejected.guard(), rejected.reason()), ("slow", Reason::TimedOut));
    let failed: Result<(), Box<dyn std::error::Error>> = block_on(timeout.execute_async(pending()));
    assert!(failed.unwrap_err().downcast_ref::<Rejected>().is_some());
    let stats = timeout.stats();
    assert_eq!((stats.admitted, stats.refusals(), stats.refused.len()), (2, 2, 1));
    assert_at_rest(&timeout);
}

#[test]
fn what_the_call_holds_is_dropped_the_moment_its_time_is_over() {
    struct Tells(Rc<Cell<bool>>);
    impl Drop for Tells {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let is_dropped = Rc::new(Cell::new(false));
    let tells = Tells(is_dropped.clone());
    let timeout = Timeout::new(SOON).unwrap();
    let mut call = pin!(timeout.call_async(async move {
        let _tells = tells;
        pending::<()>().await;
    }));
    assert!(block_on(call.as_mut()).is_err());
    assert!(is_dropped.get(), "and the future is still there");
    assert!(poll(call).is_pending(), "nor does it begin again");
}

#[test]
fn a_call_that_is_ready_in_the_moment_of_its_deadline_is_not_late() {
    let timeout = Timeout::new(SOON).unwrap();
    let mut call = pin!(timeout.call_async(Pending(1)));
    let (woken, waker) = Wakes::new();
    if call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
        // The timer has woken it, so that its time is over.
        woken.more_than(0);
        assert_eq!(poll(call), Poll::Ready(Ok(7)));
        assert_eq!(timeout.stats().refusals(), 0);
    }
}

#[test]
fn the_time_runs_from_the_first_poll() {
    let timeout = Timeout::new(SOON).unwrap();
    let mut never = Box::pin(timeout.call_async(pending::<()>()));
    let other = Box::pin(timeout.call_async(pending::<()>()));
    assert!(block_on(never.as_mut()).is_err());
    drop(other);
    assert_eq!(timeout.stats().admitted, 1, "one that was never polled has not begun");
}

#[test]
fn a_call_that_is_ready_at_once_sets_no_timer_and_one_that_waits_sets_one() {
    let timeout = Timeout::new(Duration::MAX).unwrap();
    let (woken, waker) = Wakes::new();
    let mut context = Context::from_waker(&waker);
    let mut at_once = Box::pin(timeout.call_async(ready(())));
    assert!(at_once.as_mut().poll(&mut context).is_ready());
    assert_eq!(std::sync::Arc::strong_count(&woken), 2, "ours, and the waker's");
    let mut later = Box::pin(timeout.call_async(pending::<()>()));
    assert!(later.as_mut().poll(&mut context).is_pending());
    assert!(std::sync::Arc::strong_count(&woken) > 2);
    drop(later);
    assert_eq!(std::sync::Arc::strong_count(&woken), 2, "cancelled, it leaves none");
}

#[test]
fn cancelled_at_any_poll_it_leaks_nothing() {
    for polls in 0..6 {
        let timeout = Timeout::adaptive().build().unwrap();
        let mut call = Box::pin(timeout.call_async(Pending(3)));
        for _ in 0..polls {
            if poll(call.as_mut()).is_ready() {
                break;
            }
            assert_eq!(timeout.stats().in_flight, Some(1));
        }
        drop(call);
        assert_at_rest(&timeout);
        assert_eq!(timeout.stats().admitted, u64::from(polls > 0));
    }
}

#[test]
fn a_panic_ends_the_call() {
    let timeout = Timeout::new(SOON).unwrap();
    let panics = timeout.call_async(async { panic!("on purpose") });
    assert!(catch_unwind(AssertUnwindSafe(|| block_on::<_>(panics))).is_err());
    assert_at_rest(&timeout);
}

#[test]
fn its_numbers_can_be_set_by_name_and_are_refused_with_what_they_may_be() {
    let timeout = Timeout::new(SOON).unwrap();
    timeout.set("timeout", "1.5s").unwrap();
    assert_eq!((timeout.timeout(), timeout.stats().state), (Duration::from_millis(1500), "fixed".into()));
    for (key, value) in [("min_timeout", "2ms"), ("max_timeout", "2s"), ("quantile", "0.95"), ("headroom", "3")] {
        timeout.set(key, value).unwrap();
        assert!(key == "none" || !perf_core::__guard::keys_of(perf_core::GuardKind::Timeout).is_empty());
        assert_eq!(timeout.stats().state, "adaptive");
        assert!(timeout.set(key, "garbage").unwrap_err().to_string().contains("expected"));
        assert!(timeout.set(key, "-1").is_err());
    }
    assert_eq!((timeout.timeout(), timeout.stats().number("headroom")), (Duration::from_secs(2), Some(3.0)));
    timeout.set("timeout", "1s").unwrap();
    timeout.set("timeout", "adaptive").unwrap();
    assert_eq!(timeout.timeout(), Duration::from_secs(2));
    for (key, value) in [("timeout", "0s"), ("min_timeout", "3s"), ("quantile", "1"), ("headroom", "1"), ("rate", "1")]
    {
        assert!(timeout.set(key, value).is_err(), "{key}");
    }
    assert!(Timeout::new(Duration::ZERO).is_err());
    assert!(timeout.set_adaptive(Duration::from_secs(2), Duration::from_secs(1)).is_err());
}

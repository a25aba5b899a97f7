//! A limiter as a whole.

use std::pin::pin;
use std::task::{Context, Waker};

use super::*;
use crate::steer::Steer;

fn limiter(rate: &str, burst: u64) -> RateLimiter {
    RateLimiter::builder().rate(rate.parse().unwrap()).burst(burst).build().unwrap()
}

/// Calls that are admitted at a moment, of at most a million.
fn admitted_at(limiter: &RateLimiter, now: u64) -> u64 {
    let admits = || match &limiter.core.counter {
        Counter::Bucket(..) if limiter.core.held.take_leased() => true,
        _ => limiter.core.admit_at(1, now).is_ok(),
    };
    (0..1_000_000).take_while(|_| admits()).count() as u64
}

#[test]
fn a_limiter_cloned_per_connection_limiting_nothing() {
    let limiter = limiter("1/h", 3);
    let admitted = (0..10).filter(|_| limiter.clone().check().is_ok()).count();
    assert_eq!(admitted, 3);
}

#[test]
fn one_thread_gets_the_whole_burst_though_it_leases() {
    let limiter = limiter("1_000_000/s", 10_000);
    let now = nanos();
    assert_eq!(admitted_at(&limiter, now), 10_000);
    assert_eq!(admitted_at(&limiter, now), 0);
    assert_eq!(admitted_at(&limiter, now + 1_000_000), 1000);
    assert_eq!(limiter.stats().admitted, 11_000);
}

#[test]
fn threads_that_lease_never_have_more_than_a_burst_together() {
    let limiter = limiter("10_000/s", 64_000);
    let now = nanos();
    let admitted: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| admitted_at(&limiter, now))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    // What the others hold when one gives up is all that may be missing.
    assert!((63_000..=64_000).contains(&admitted), "{admitted}");
    assert_eq!(limiter.stats().admitted, admitted, "exactly");
}

#[test]
fn what_threads_held_is_kept_out_of_the_burst_until_they_have_used_it() {
    let limiter = limiter("1_000_000/s", 64_000);
    let now = nanos();
    // Each of four threads takes a lease and leaves most of it.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let leased = limiter.core.held.take_leased();
                    assert!(leased || limiter.core.admit_at(1, now).is_ok());
                }
            });
        }
    });
    // Long after, the bucket is full again, and still no more than a burst is to be had at once.
    let later = now + 1_000_000_000;
    let admitted: u64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| admitted_at(&limiter, later))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert!((60_000..=64_000).contains(&admitted), "{admitted}");
}

#[test]
fn another_rate_gives_no_burst_for_nothing_and_locks_nobody_out() {
    let limiter = limiter("10/s", 10);
    assert_eq!(admitted_at(&limiter, nanos()), 10);
    limiter.set_rate("1000/s".parse().unwrap()).unwrap();
    limiter.set_burst(100).unwrap();
    let now = nanos();
    let admitted = admitted_at(&limiter, now);
    assert!((80..=95).contains(&admitted), "ten are owed, and little time has passed: {admitted}");
    limiter.set_burst(5).unwrap();
    assert_eq!(admitted_at(&limiter, nanos() + 5_000_000), 5, "it owes no more than a burst");
    assert!(limiter.set_burst(0).is_err());
    assert_eq!((limiter.rate().count(), limiter.burst()), (1000, 5));
}

#[test]
fn a_call_that_costs_more_than_a_burst_is_told_that_it_never_will_be_admitted() {
    let limiter = limiter("10/s", 10);
    let rejected = limiter.check_n(11).unwrap_err();
    assert_eq!((rejected.reason(), rejected.retry_after()), (Reason::ExceedsBurst, None));
    assert!(limiter.check_n(10).is_ok(), "nothing was taken");
    assert!(limiter.check_n(0).is_ok());
}

#[test]
fn a_wait_that_cannot_end_in_time_refuses_at_once() {
    let limiter = RateLimiter::builder().rate(Rate::per_hour(1)).max_wait(Duration::from_secs(5)).build().unwrap();
    assert!(limiter.acquire().is_ok());
    assert_eq!(limiter.acquire().unwrap_err().reason(), Reason::RateLimited);
    let mut acquire = pin!(limiter.acquire_async());
    assert!(acquire.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn a_task_that_is_cancelled_while_it_waits_gives_its_turn_back() {
    let limiter = RateLimiter::builder().rate(Rate::per_minute(1)).max_wait(Duration::from_secs(90)).build().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    assert!(limiter.check().is_ok());
    for _ in 0..10 {
        let mut acquire = Box::pin(limiter.acquire_async());
        assert!(acquire.as_mut().poll(&mut context).is_pending(), "there is one turn within the time");
        assert!(limiter.acquire().is_err(), "and only one");
    }
    assert_eq!(limiter.stats().admitted, 1);
    assert_eq!(limiter.stats().waits, 10);
    drop(limiter.acquire_async());
    assert_eq!(limiter.stats().waits, 10, "never polled, it took nothing");
}

#[test]
fn those_who_wait_are_admitted_in_turn_and_the_rate_is_kept() {
    let limiter = RateLimiter::builder().rate(Rate::per_second(1000)).burst(1).build().unwrap();
    let begun = nanos();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| limiter.acquire().unwrap()));
        }
    });
    assert!(nanos() - begun >= 19_000_000, "the twentieth comes after nineteen periods");
    assert_eq!(limiter.stats().admitted, 20);
}

#[test]
fn calls_leave_a_leaky_bucket_at_least_a_period_apart_and_no_more_wait_than_fit() {
    let limiter =
        RateLimiter::builder().rate(Rate::per_second(500)).burst(4).algorithm(Algorithm::LeakyBucket).build().unwrap();
    let left = std::sync::Mutex::new(Vec::new());
    let refused = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let admitted = limiter.acquire();
                    if admitted.is_ok() {
                        left.lock().unwrap().push(limiter.core.left.load(Relaxed));
                    }
                    admitted.is_err()
                })
            })
            .collect();
        threads.into_iter().filter(|_| true).map(|thread| usize::from(thread.join().unwrap())).sum::<usize>()
    });
    let mut left = left.into_inner().unwrap();
    left.sort_unstable();
    left.dedup();
    assert!(left.windows(2).all(|two| two[1] - two[0] >= 2_000_000), "{left:?}");
    assert!(refused <= 4, "four wait, and one need not");
}

#[test]
fn windows_take_no_burst_and_say_so() {
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow] {
        let builder = RateLimiter::builder().rate(Rate::per_minute(3)).algorithm(algorithm);
        assert!(builder.clone().burst(5).build().unwrap_err().to_string().contains("its `rate` says how many"));
        let limiter = builder.build().unwrap();
        let now = 59_000_000_000;
        assert_eq!(admitted_at(&limiter, now), 3);
        let over_the_border = if algorithm == Algorithm::FixedWindow { 3 } else { 0 };
        assert_eq!(admitted_at(&limiter, 60_000_000_000), over_the_border);
        assert_eq!(limiter.stats().admitted, 3 + over_the_border);
    }
}

#[test]
fn its_numbers_can_be_set_as_text() {
    let limiter = limiter("10/s", 10);
    assert!(limiter.set("rate", "20/min").is_ok() && limiter.set("burst", "5").is_ok());
    assert_eq!((limiter.rate(), limiter.burst()), (Rate::per_minute(20), 5));
    assert_eq!(
        limiter.set("rate", "fast").unwrap_err().to_string(),
        "`fast` is no rate; write so many in so much time: \"100/s\", \"5/min\" or \"10/250ms\""
    );
}

#[test]
fn a_permit_that_was_not_used_is_anothers_if_it_is_given_back() {
    let limiter = RateLimiter::builder().rate(Rate::per_hour(1)).build().unwrap();
    let permit = limiter.try_acquire().unwrap();
    assert!(limiter.try_acquire().is_err());
    permit.give_back();
    assert!(limiter.try_acquire().is_ok());
    assert!(limiter.try_acquire().is_err(), "dropped, it is spent");
}

#[test]
fn where_calls_wait_they_wait_however_they_are_made() {
    let limiter = RateLimiter::builder().rate(Rate::per_second(20)).burst(1).when_limited(WhenLimited::Wait);
    let limiter = limiter.build().unwrap();
    let answers = [0, 1, 2].map(|number| limiter.call(|| number).unwrap());
    assert_eq!(answers, [0, 1, 2]);
    assert!(limiter.execute(|| Ok::<_, Rejected>(())).is_ok());
    assert!(limiter.stats().waits > 0);
}

#[test]
fn a_leased_permit_whose_call_was_refused_further_in_is_in_the_lease_again() {
    let limiter = RateLimiter::builder().rate(Rate::per_second(100_000)).burst(1_000).build().unwrap();
    while !limiter.core.held.take_leased() {
        limiter.check().unwrap();
    }
    let before = limiter.stats().admitted;
    for _ in 0..1_000_000 {
        let taken = Stage::enter(&limiter, 1).unwrap();
        Stage::undo(&limiter, taken);
    }
    assert_eq!(limiter.stats().admitted, before, "a million are ten seconds' worth");
}

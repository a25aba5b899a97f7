//! The state machine as a whole, on a clock of the tests' own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use proptest::prelude::*;

use super::settings::{Settings, defaults};
use super::*;
use crate::name::Name;
use perf_core::Workload;

const SECOND: u64 = 1_000_000_000;

fn core(failure_rate: f64, min_calls: u64, probes: u64) -> Core {
    let settings = Settings::new(&defaults(Workload::Micro));
    settings.set_failure_rate(failure_rate);
    settings.min_calls.store(min_calls, Relaxed);
    settings.probes.store(probes, Relaxed);
    Core::new(Name::NONE, settings, BreakerWindow::Calls(100), 1)
}

fn enter(core: &Core, now: u64) -> Result<u64, Rejected> {
    core.enter_closed().map_or_else(|| core.enter(now), Ok)
}

fn succeed(core: &Core, ticket: u64, now: u64) {
    if !core.succeed_closed(ticket) {
        core.succeed(ticket, now);
    }
}

fn fail(core: &Core, ticket: u64, now: u64) {
    core.count_against(ticket, true, false, now);
}

/// Fails often enough to open it.
fn break_it(core: &Core, now: u64) {
    while core.state() == BreakerState::Closed {
        let ticket = enter(core, now).unwrap();
        fail(core, ticket, now);
    }
}

/// Lets time pass until a probe is let in. Gives its ticket and the time.
fn probe(core: &Core, now: u64) -> (u64, u64) {
    let wait = enter(core, now).unwrap_err().retry_after().unwrap();
    let then = now + wait.as_nanos() as u64;
    assert!(enter(core, then - 1).is_err(), "not a nanosecond earlier");
    (enter(core, then).unwrap(), then)
}

#[test]
fn it_opens_probes_and_closes() {
    let core = core(0.5, 4, 2);
    for is_failure in [false, true, true] {
        let ticket = enter(&core, 0).unwrap();
        if is_failure {
            fail(&core, ticket, 0);
        } else {
            succeed(&core, ticket, 0);
        }
        assert_eq!(core.state(), BreakerState::Closed);
    }
    let ticket = enter(&core, 0).unwrap();
    fail(&core, ticket, 0);
    assert_eq!(core.state(), BreakerState::Open);
    let (one, now) = probe(&core, 10);
    let other = enter(&core, now).unwrap();
    assert!(enter(&core, now).is_err(), "two probes and no more");
    succeed(&core, one, now);
    assert_eq!(core.state(), BreakerState::HalfOpen, "the other one may still fail");
    succeed(&core, other, now);
    assert_eq!(core.state(), BreakerState::Closed);
    assert_eq!(core.sums(now).calls, 0, "with nothing held against it");
}

#[test]
fn each_time_in_a_row_it_stays_open_for_longer_up_to_a_limit() {
    let core = core(0.5, 1, 1);
    core.settings.max_open.store(5 * SECOND, Relaxed);
    break_it(&core, 0);
    let mut now = 0;
    for expected in [1, 2, 4, 5, 5] {
        let (ticket, then) = probe(&core, now);
        let seconds = (then - now) as f64 / SECOND as f64 / f64::from(expected);
        assert!((0.89..1.11).contains(&seconds), "{seconds} times {expected} s");
        fail(&core, ticket, then);
        now = then;
    }
    // Closed for a short while only, it is still in a row; for long, it is not.
    let (ticket, then) = probe(&core, now);
    succeed(&core, ticket, then);
    break_it(&core, then + SECOND);
    let (ticket, later) = probe(&core, then + SECOND);
    assert!(later - then > 5 * SECOND);
    succeed(&core, ticket, later);
    break_it(&core, later + 60 * SECOND);
    let (_, last) = probe(&core, later + 60 * SECOND);
    assert!(last - later - 60 * SECOND < 2 * SECOND, "it had recovered");
}

#[test]
fn an_old_calls_late_result_deciding_a_new_generation() {
    let core = core(0.5, 1, 1);
    let old: Vec<u64> = (0..10).map(|_| enter(&core, 0).unwrap()).collect();
    break_it(&core, 0);
    let (ticket, now) = probe(&core, 0);
    succeed(&core, old[0], now);
    assert_eq!(core.state(), BreakerState::HalfOpen, "it says nothing of now");
    fail(&core, old[1], now);
    assert_eq!(core.state(), BreakerState::HalfOpen);
    succeed(&core, ticket, now);
    for ticket in &old[2..] {
        fail(&core, *ticket, now);
    }
    assert_eq!((core.state(), core.sums(now).calls), (BreakerState::Closed, 0));
}

#[test]
fn a_cancelled_probe_closing_the_breaker() {
    let core = core(0.5, 1, 1);
    break_it(&core, 0);
    let (ticket, now) = probe(&core, 0);
    core.ignore(ticket);
    assert_eq!(core.state(), BreakerState::HalfOpen);
    let ticket = enter(&core, now).expect("its place is another's");
    succeed(&core, ticket, now);
    assert_eq!(core.state(), BreakerState::Closed);
}

#[test]
fn probes_that_never_report_are_replaced() {
    let core = core(0.5, 1, 1);
    break_it(&core, 0);
    let (lost, now) = probe(&core, 0);
    assert!(enter(&core, now + SECOND / 2).is_err());
    let ticket = enter(&core, now + 2 * SECOND).expect("another may try");
    succeed(&core, lost, now + 2 * SECOND);
    assert_eq!(core.state(), BreakerState::HalfOpen, "the lost one is of another generation");
    succeed(&core, ticket, now + 2 * SECOND);
    assert_eq!(core.state(), BreakerState::Closed);
}

#[test]
fn every_waiting_call_admitted_as_a_probe() {
    let core = core(0.5, 1, 3);
    break_it(&core, 0);
    let (_, now) = probe(&core, 0);
    let admitted = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| (0..10).filter(|_| enter(&core, now).is_ok()).count())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert_eq!(admitted, 2, "one was there already");
}

#[test]
fn panicking_probes_wedging_half_open() {
    let breaker = CircuitBreaker::builder().min_calls(1).probes(1).open_for(Duration::from_nanos(1)).build().unwrap();
    for _ in 0..5 {
        let panicked = catch_unwind(AssertUnwindSafe(|| breaker.call(|| panic!("on purpose"))));
        assert!(panicked.is_err(), "a probe is let in each time");
        assert_eq!(breaker.state(), BreakerState::Open);
    }
    breaker.set_open_for(Duration::from_nanos(1));
    while breaker.call(|| ()).is_err() {}
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn question_marks_skipping_the_exit() {
    let breaker = CircuitBreaker::builder().failure_rate(0.5).min_calls(3).build().unwrap();
    let call = |text: &str| -> Result<u32, Box<dyn std::error::Error>> {
        breaker.execute(|| {
            let number: u32 = text.parse()?;
            Ok(number)
        })
    };
    assert!(call("1").is_ok() && call("one").is_err() && call("two").is_err());
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_lock_held_across_the_users_call() {
    let breaker = CircuitBreaker::new();
    let inside = breaker.call(|| {
        let other = breaker.clone();
        // Would never end.
        std::thread::spawn(move || (other.call(|| 1), other.state(), other.failure_rate())).join().unwrap()
    });
    assert_eq!(inside.unwrap().1, BreakerState::Closed);
}

#[test]
fn slow_calls_open_it_too() {
    let breaker =
        CircuitBreaker::builder().slow_call(Duration::from_nanos(1)).slow_rate(0.5).min_calls(2).build().unwrap();
    let slowly = || std::thread::sleep(Duration::from_micros(10));
    breaker.call(slowly).unwrap();
    breaker.call(slowly).unwrap();
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_shadow_counts_and_never_refuses() {
    let breaker = CircuitBreaker::builder().min_calls(1).shadow(true).build().unwrap();
    for _ in 0..3 {
        let error = breaker.execute(|| Err::<(), Box<dyn std::error::Error>>("down".into())).unwrap_err();
        assert!(!error.is::<Rejected>());
    }
    assert_eq!(breaker.state(), BreakerState::Open);
    let stats = crate::steer::Steer::stats(&breaker);
    assert_eq!((stats.admitted, stats.refusals()), (3, 2));
}

#[test]
fn somebody_may_decide_instead() {
    let breaker = CircuitBreaker::builder().min_calls(1).build().unwrap();
    let fail = || breaker.try_acquire().map(BreakerPermit::failure).is_ok();
    breaker.force_open();
    assert!(!fail() && breaker.state() == BreakerState::ForcedOpen);
    breaker.force_closed();
    assert!((0..10).all(|_| fail()), "whatever happens");
    breaker.reset();
    assert!(fail() && !fail() && breaker.state() == BreakerState::Open);
    breaker.disable();
    assert!((0..10).all(|_| fail()));
}

#[test]
fn a_future_says_nothing_until_it_ends_and_takes_nothing_until_it_is_polled() {
    let breaker = CircuitBreaker::builder().min_calls(1).build().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    drop(breaker.call_async(async {}));
    let stats = || crate::steer::Steer::stats(&breaker);
    {
        let mut call = pin!(breaker.call_async(std::future::pending::<()>()));
        assert!(call.as_mut().poll(&mut context).is_pending());
        assert_eq!(stats().admitted, 0, "it counts when it ends");
    }
    assert_eq!((stats().admitted, stats().number("calls_in_window")), (1, Some(0.0)));
}

#[test]
fn good_outcomes_are_in_the_window_before_anything_is_decided() {
    let core = core(0.5, 1, 1);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..10).for_each(|_| succeed(&core, enter(&core, 0).unwrap(), 0)));
        }
    });
    let ticket = enter(&core, 0).unwrap();
    fail(&core, ticket, 0);
    let sums = core.sums(0);
    assert_eq!((sums.calls, sums.failures, core.state()), (31, 1, BreakerState::Closed));
}

/// What a breaker should do, said as plainly as can be.
struct Model {
    state: BreakerState,
    outcomes: Vec<bool>,
    until: u64,
    probes: (u64, u64, u64),
}

proptest! {
    #[test]
    fn it_takes_only_legal_edges_and_does_what_a_plain_model_does(
        steps in prop::collection::vec((0_u64..3 * SECOND, 0_u8..3), 1..200)
    ) {
        const PROBES: u64 = 3;
        let core = core(0.5, 4, PROBES);
        core.settings.set_backoff(1.0);
        let mut model = Model { state: BreakerState::Closed, outcomes: Vec::new(), until: 0, probes: (0, 0, 0) };
        let mut now = 1;
        for (step, outcome) in steps {
            now += step;
            let ticket = enter(&core, now);
            if model.state == BreakerState::Open && now >= model.until {
                (model.state, model.probes) = (BreakerState::HalfOpen, (0, 0, 0));
            }
            // One at a time, so there is always a probe left.
            let may = model.state != BreakerState::Open;
            prop_assert_eq!(ticket.is_ok(), may, "{:?}", model.state);
            let Ok(ticket) = ticket else { continue };
            match outcome {
                0 => succeed(&core, ticket, now),
                1 => fail(&core, ticket, now),
                _ => core.ignore(ticket),
            }
            if outcome == 2 {
                continue;
            }
            let is_failure = outcome == 1;
            if model.state == BreakerState::Closed {
                model.outcomes.push(is_failure);
                let calls = model.outcomes.len().min(100);
                let recent = &model.outcomes[model.outcomes.len() - calls..];
                let failures = recent.iter().filter(|failure| **failure).count();
                if is_failure && calls >= 4 && failures * 2 >= calls {
                    (model.state, model.until) = (BreakerState::Open, open_until(&core, now));
                }
            } else {
                model.probes.1 += u64::from(!is_failure);
                model.probes.2 += u64::from(is_failure);
                if model.probes.2 >= 2 {
                    (model.state, model.until) = (BreakerState::Open, open_until(&core, now));
                    model.outcomes.clear();
                } else if model.probes.1 > PROBES - 2 {
                    model.state = BreakerState::Closed;
                    model.outcomes.clear();
                }
            }
            if model.state != BreakerState::Closed {
                model.outcomes.clear();
            }
            prop_assert_eq!(core.state(), model.state);
        }
    }

    #[test]
    fn whatever_happened_a_healthy_backend_calls_and_time_lead_back_to_closed(
        steps in prop::collection::vec((0_u64..3 * SECOND, 0_u8..4), 1..100)
    ) {
        let core = core(0.5, 2, 2);
        let mut now = 1;
        for (step, outcome) in steps {
            now += step;
            if let Ok(ticket) = enter(&core, now) {
                match outcome {
                    0 => succeed(&core, ticket, now),
                    1 => fail(&core, ticket, now),
                    2 => core.ignore(ticket),
                    // It never reports.
                    _ => {}
                }
            }
        }
        for _ in 0..300 {
            now += SECOND;
            if let Ok(ticket) = enter(&core, now) {
                succeed(&core, ticket, now);
            }
        }
        prop_assert_eq!(core.state(), BreakerState::Closed);
    }
}

/// When it will let in a probe.
fn open_until(core: &Core, now: u64) -> u64 {
    now + enter(core, now).unwrap_err().retry_after().unwrap().as_nanos() as u64
}

#[test]
fn a_failure_that_finds_the_window_taken_opens_it_all_the_same() {
    let core = core(0.1, 1, 1);
    let (ticks, is_over) = (std::sync::atomic::AtomicU64::new(0), std::sync::atomic::AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                core.tick(1);
                ticks.fetch_add(1, Relaxed);
            }
        });
        let opens = (0..20_000).all(|_| {
            let ticket = enter(&core, 1).unwrap();
            fail(&core, ticket, 1);
            // Whoever had the window then has let go of it by now.
            let seen = ticks.load(Relaxed);
            while ticks.load(Relaxed) < seen + 2 {
                std::hint::spin_loop();
            }
            let is_open = core.state() == BreakerState::Open;
            core.force(BreakerState::Closed, 1);
            is_open
        });
        is_over.store(true, Relaxed);
        assert!(opens);
    });
}

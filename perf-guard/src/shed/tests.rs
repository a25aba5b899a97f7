use std::cell::Cell;
use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::core::{Memory, NOWHERE};
use super::*;
use crate::name::Name;
use crate::stage::Stage;
use crate::steer::Steer;
use crate::wakes::Pending;

const TENTH: u64 = 100_000_000;

/// A shedder that a test tells the load.
struct Told {
    shedder: LoadShedder,
    memory: Memory,
    now: u64,
}

impl Told {
    fn of(builder: LoadShedderBuilder) -> Self {
        Self { shedder: builder.build_unwatched().unwrap(), memory: Memory::default(), now: 0 }
    }

    fn new() -> Self {
        Self::of(LoadShedder::builder())
    }

    fn go_by(&mut self, load: Load) {
        self.now += TENTH;
        self.shedder.core.go_by(load, self.now, &mut self.memory);
    }

    fn at(&mut self, load: f64) -> &LoadShedder {
        self.go_by(Load::default().with(LoadSource::Cpu, Some(load)));
        &self.shedder
    }
}

#[derive(Debug, PartialEq)]
enum Error {
    Refused,
    Own,
}

impl From<Rejected> for Error {
    fn from(_: Rejected) -> Self {
        Self::Refused
    }
}

#[test]
fn before_anything_is_measured_and_up_to_max_load_all_is_admitted() {
    let mut told = Told::new();
    assert!((0..1000).all(|_| told.shedder.should_process_at(Priority::Low)));
    for load in [0.0, 0.5, 0.8] {
        let shedder = told.at(load);
        assert!((0..1000).all(|_| shedder.should_process_at(Priority::Low)));
    }
    assert_eq!(told.shedder.stats().admitted, 4000);
}

#[test]
fn the_share_that_is_refused_is_the_one_that_the_rule_says() {
    let mut told = Told::new();
    for load in [0.85, 0.9, 0.97, 1.0] {
        let shedder = told.at(load);
        for priority in Priority::ALL {
            let expected = shedder.refusing(priority);
            let refused = (0..20_000).filter(|_| !shedder.should_process_at(priority)).count() as f64 / 20_000.0;
            // Six standard deviations.
            let most = 6.0 * (expected * (1.0 - expected) / 20_000.0).sqrt();
            assert!((refused - expected).abs() <= most, "{refused} for {expected}");
        }
    }
}

#[test]
fn even_at_the_worst_a_trickle_is_admitted() {
    let mut told = Told::of(LoadShedder::builder().priority(Priority::Low));
    let shedder = told.at(1.0);
    let admitted = (0..100_000).filter(|_| shedder.should_process()).count();
    assert!((900..).contains(&admitted), "{admitted} of 100,000");
}

#[test]
fn a_refused_call_never_runs_and_each_call_is_counted_once() {
    let mut told = Told::new();
    let shedder = told.at(0.9);
    let ran = Cell::new(0);
    let run = || ran.set(ran.get() + 1);
    let runs = || async {
        run();
        Ok::<_, Error>(())
    };
    let mut admitted = 0;
    for _ in 0..1000 {
        admitted += u64::from(shedder.call(run).is_ok());
        admitted += u64::from(
            shedder.execute(|| {
                Err::<(), _>({
                    run();
                    Error::Own
                })
            }) == Err(Error::Own),
        );
        admitted += u64::from(matches!(poll(shedder.call_async(async { run() })), Some(Ok(()))));
        admitted += u64::from(poll(shedder.execute_async(runs())) == Some(Ok(())));
    }
    let stats = shedder.stats();
    assert_eq!((stats.admitted, stats.refusals()), (admitted, 4000 - admitted));
    assert_eq!(ran.get(), admitted);
    assert!((1000..3000).contains(&admitted), "{admitted} of 4,000, half of which are refused");
    assert_eq!(stats.refused[0].0, "overloaded");
}

fn poll<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn a_future_asks_once_at_its_first_poll_and_one_that_is_never_polled_is_no_call() {
    let told = Told::new();
    drop(told.shedder.call_async(ready(1)));
    assert_eq!(told.shedder.stats().admitted, 0);
    for polls in 0..4 {
        let before = told.shedder.stats().admitted;
        let mut future = pin!(told.shedder.call_async(Pending(3)));
        for _ in 0..polls {
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert_eq!(told.shedder.stats().admitted - before, u64::from(polls > 0));
    }
}

#[test]
fn a_refusal_says_who_refused_and_why() {
    let mut told = Told::of(LoadShedder::builder().name(Name::given("front")));
    let shedder = told.at(1.0);
    let refused = std::iter::repeat_with(|| shedder.check()).find_map(Result::err).unwrap();
    assert_eq!((refused.guard(), refused.reason(), refused.retry_after()), ("front", Reason::Overloaded, None));
    assert_eq!(refused.to_string(), "front: the system is overloaded");
}

#[test]
fn a_call_that_another_guard_refuses_further_in_was_none() {
    let told = Told::new();
    Stage::enter(&told.shedder, ()).unwrap();
    Stage::enter(&told.shedder, ()).unwrap();
    Stage::undo(&told.shedder, ());
    assert_eq!(told.shedder.stats().admitted, 1);
}

#[test]
fn handles_of_other_priorities_share_the_counts() {
    let mut told = Told::new();
    let shedder = told.at(0.85);
    let (low, critical) = (shedder.with_priority(Priority::Low), shedder.with_priority(Priority::Critical));
    assert!((0..1000).all(|_| critical.should_process()));
    assert!((0..1000).filter(|_| low.should_process()).count() < 1000);
    let stats = shedder.stats();
    assert_eq!(stats.admitted + stats.refusals(), 2000);
    assert_eq!((shedder.priority(), low.priority()), (Priority::Normal, Priority::Low));
}

#[test]
fn a_change_of_state_is_an_event_once_and_not_within_the_band() {
    let events = crate::subscribe();
    let mut told = Told::of(LoadShedder::builder().name("tells"));
    for load in [0.7, 0.79, 0.81, 0.79, 0.74, 0.9, 0.73, 0.71, 0.75, 0.79] {
        told.at(load);
    }
    let of_ours = std::iter::from_fn(|| events.try_next()).filter(|event| event.name == Name::given("tells"));
    let changes: Vec<_> = of_ours.map(|event| (event.from, event.to)).collect();
    assert_eq!(changes, [("admitting", "shedding"), ("shedding", "admitting")]);
}

#[test]
fn work_that_waits_too_long_is_load_and_a_wait_of_nothing_among_it_is_none() {
    let mut told = Told::of(LoadShedder::builder().max_queueing(Duration::from_millis(10)));
    let queue = |told: &mut Told, waits: &[u64]| {
        for wait in waits {
            told.shedder.record_queueing(Duration::from_millis(*wait));
        }
        told.go_by(Load::default());
    };
    for _ in 0..50 {
        queue(&mut told, &[500, 0, 500]);
    }
    assert!(!told.shedder.is_shedding());
    for _ in 0..50 {
        queue(&mut told, &[500, 9, 500]);
    }
    assert!(told.shedder.is_shedding());
    assert_eq!(told.shedder.load().worst().map(|(source, _)| source), Some(LoadSource::Queueing));
    told.shedder.record_queueing(Duration::MAX);
    for _ in 0..11 {
        queue(&mut told, &[]);
    }
    assert!(!told.shedder.is_shedding(), "nobody waits any more");
    assert_eq!(told.shedder.load(), Load::default());
}

#[test]
fn what_is_ignored_has_no_part_in_the_load() {
    let mut told = Told::of(LoadShedder::builder().ignore(LoadSource::IoPressure).ignore(LoadSource::Memory));
    told.go_by(Load::default().with(LoadSource::IoPressure, Some(1.0)).with(LoadSource::Cpu, Some(0.1)));
    assert_eq!(told.shedder.load(), Load::default().with(LoadSource::Cpu, Some(0.1)));
    assert!(!told.shedder.is_shedding());
}

#[test]
fn numbers_are_changed_under_way_and_what_cannot_be_changes_nothing() {
    let mut told = Told::new();
    told.at(0.9);
    told.shedder.set("max_load", "95%").unwrap();
    assert!(told.shedder.is_shedding(), "until the load is measured again");
    assert!(!told.at(0.85).is_shedding());
    told.shedder.set("max_queueing", "2s").unwrap();
    assert_eq!(told.shedder.max_queueing(), Duration::from_secs(2));
    for (key, value) in
        [("max_load", "0"), ("max_load", "1.1"), ("max_load", "NaN"), ("max_load", "high"), ("max_queueing", "0s")]
    {
        assert!(told.shedder.set(key, value).is_err(), "{key} = {value}");
    }
    assert!(told.shedder.set_max_queueing(Duration::ZERO).is_err());
    assert_eq!((told.shedder.max_load(), told.shedder.max_queueing()), (0.95, Duration::from_secs(2)));
}

#[test]
fn what_cannot_be_is_refused_with_the_way_out() {
    for load in [0.0, -0.1, 1.01, f64::NAN, f64::INFINITY] {
        let error = LoadShedder::builder().max_load(load).build().unwrap_err().to_string();
        assert!(error.contains("more than 0 and at most 1"), "{error}");
    }
    let error = LoadShedder::builder().max_queueing(Duration::ZERO).build().unwrap_err().to_string();
    assert!(error.starts_with("max_queueing = 0"), "{error}");
    assert!(LoadShedder::builder().max_load(1.0).max_queueing(Duration::MAX).build().is_ok());
}

#[test]
fn stats_say_what_is_measured_and_what_is_refused() {
    let mut told = Told::new();
    let stats = told.at(0.9).stats();
    assert_eq!((&*stats.state, stats.number("load"), stats.number("cpu")), ("shedding", Some(0.9), Some(0.9)));
    assert_eq!((stats.number("memory"), stats.number("max_load")), (None, Some(0.8)));
    assert!((stats.number("refusing_normal").unwrap() - 0.5).abs() < 1e-3);
    assert_eq!(stats.number("refusing_critical"), Some(0.0));
    assert_eq!(told.at(0.1).stats().state, "admitting");
}

/// Waits for what the sampler does; who runs the tests sees to it that that is not for ever.
fn wait_until(is_so: impl Fn() -> bool) {
    while !is_so() {
        std::thread::yield_now();
    }
}

#[test]
fn shedders_are_told_the_load_by_a_thread_that_ends_when_they_have_and_begins_again() {
    for _ in 0..2 {
        let shedder = LoadShedder::builder().max_load(1.0).max_queueing(Duration::from_nanos(1)).build().unwrap();
        wait_until(|| {
            shedder.record_queueing(Duration::from_secs(1));
            shedder.is_shedding()
        });
        assert!(shedder.load().of(LoadSource::Queueing).is_some());
        let core = Arc::downgrade(&shedder.core);
        drop(shedder);
        wait_until(|| core.strong_count() == 0);
    }
}

#[test]
fn shedders_of_one_name_are_one_and_each_handle_keeps_its_priority() {
    let build = |priority| LoadShedder::builder().name("shared front").priority(priority).build().unwrap();
    let (low, high) = (build(Priority::Low), build(Priority::High));
    assert!(Arc::ptr_eq(&low.core, &high.core));
    assert_eq!((low.priority(), high.priority()), (Priority::Low, Priority::High));
}

#[test]
fn a_call_sees_to_it_that_a_sampler_knows_its_shedder() {
    let shedder = LoadShedder::builder().max_load(1.0).build_unwatched().unwrap();
    // As in a forked child.
    shedder.core.watched_in.store(NOWHERE, Relaxed);
    assert!(shedder.should_process());
    wait_until(|| {
        shedder.record_queueing(Duration::from_secs(10));
        shedder.is_shedding()
    });
}

proptest! {
    #[test]
    fn whatever_is_measured_and_whenever_no_more_is_refused_than_may_be(
        turns in prop::collection::vec((any::<u64>(), any::<f64>(), any::<f64>(), any::<Option<u64>>()), 1..50),
        max_load in 0.001..=1.0_f64,
    ) {
        let shedder = LoadShedder::builder().max_load(max_load).build_unwatched().unwrap();
        let mut memory = Memory::default();
        for (now, cpu, io, waited) in turns {
            if let Some(nanos) = waited {
                shedder.record_queueing(Duration::from_nanos(nanos));
            }
            let load = Load::default().with(LoadSource::Cpu, Some(cpu)).with(LoadSource::IoPressure, Some(io));
            shedder.core.go_by(load, now, &mut memory);
            prop_assert!(Priority::ALL.into_iter().all(|priority| shedder.refusing(priority) <= 0.99));
            let stops = shedder.load().value() <= 0.9 * max_load;
            prop_assert!(!stops || Priority::ALL.into_iter().all(|priority| shedder.refusing(priority) <= 0.0));
            prop_assert!(shedder.load().value() <= max_load || shedder.is_shedding());
        }
    }
}

//! Calls that are too long to be traced as a whole.

use std::pin::pin;
use std::sync::Barrier;
use std::task::{Context, Waker};

use perf_runtime::{Config, Context as Place, Snapshot, profiled, snapshot};

use super::{Wait, alone, is_about, pass, path, paths};

/// More calls than are in a trace.
const MANY: u32 = 3000;

/// Those of the paths that begin with `root`.
fn paths_of(snapshot: &Snapshot, root: &str) -> Vec<(String, u64, u64, u64)> {
    let mut paths = paths(snapshot);
    paths.retain(|(path, ..)| path.split('/').next() == Some(root));
    paths
}

fn rounds(rounds: u32, each: impl Fn()) {
    for round in 0..rounds {
        each();
        if round % 500 == 0 {
            perf_runtime::drain();
        }
    }
}

/// Functions that take two microseconds.
macro_rules! functions {
    ($($name:ident)*) => { $(
        #[profiled(sample = "always")]
        fn $name() {
            pass(2);
        }
    )* };
}

functions! { below_start_up below_once_long below_seldom polled one_of_batch below_early handed_over after_many after_much handed_much below_elsewhere }

#[profiled(sample = "always")]
async fn connection(polls: u32) {
    for _ in 0..polls {
        pass(1);
        polled();
        Wait(false).await;
    }
}

#[test]
fn all_polls_of_a_future_that_is_polled_often_are_in_the_tree() {
    let (_alone, before) = alone();
    let mut future = pin!(connection(1000));
    while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
    assert_eq!(
        paths(&snapshot().since(&before)),
        [path("connection", 1, 3000, 1000), path("connection/polled", 1000, 2000, 2000)]
    );
}

#[profiled(sample = "always")]
fn batch(size: u32) {
    pass(1);
    rounds(size, one_of_batch);
}

#[test]
fn the_short_calls_of_a_function_do_not_stand_for_its_long_ones() {
    let (_alone, before) = alone();
    (0..10).for_each(|_| batch(5));
    // That there are longer ones is learned from this.
    batch(MANY);
    (0..10).for_each(|_| batch(MANY));
    let paths = paths(&snapshot().since(&before));
    assert_eq!(paths.len(), 2, "{paths:?}");
    let (_, calls, total, own) = &paths[0];
    assert!(*calls == 21 && is_about(*own, 21), "{paths:?}");
    assert!(is_about(*total, 21 + 2 * (10 * 5 + 11 * u64::from(MANY))), "{paths:?}");
}

#[profiled(sample = "always")]
fn early(config: &Config) {
    perf_runtime::set_config(config.clone()).unwrap();
    perf_runtime::drain();
    rounds(2 * MANY, below_early);
    let paths = paths_of(&snapshot(), "early");
    assert!(paths.iter().any(|path| path.0 == "early/below_early"), "{paths:?}");
}

#[test]
fn what_is_below_a_call_that_began_before_trees_were_wanted_is_in_the_tree() {
    let (_alone, _) = alone();
    let with = Config { tree: true, ..Config::production() };
    perf_runtime::set_config(Config { tree: false, ..with.clone() }).unwrap();
    perf_runtime::drain();
    early(&with);
}

#[profiled(sample = "always")]
fn around_handing() {
    handing();
}

#[profiled(sample = "always")]
fn handing() {
    let place = Place::current();
    let work = || place.run(|| rounds(MANY, handed_over));
    std::thread::scope(|scope| scope.spawn(work).join().unwrap());
}

#[test]
fn long_work_that_is_handed_over_is_made_up_of_what_is_below_it() {
    let (_alone, _) = alone();
    // That it is, is learned from the first.
    around_handing();
    let before = snapshot();
    around_handing();
    let paths = paths(&snapshot().since(&before));
    let handed = paths.iter().find(|path| path.0 == "around_handing/handing/handed_over");
    assert!(handed.is_some_and(|path| path.1 == u64::from(MANY)), "{paths:?}");
}

#[profiled(sample = "always")]
fn hands_over_many() {
    rounds(MANY, || assert!(format!("{:?}", Place::current()).contains("hands_over_many")));
    // Long before this is over.
    after_many();
    let paths = paths_of(&snapshot(), "hands_over_many");
    assert!(paths.iter().any(|path| path.0 == "hands_over_many/after_many"), "{paths:?}");
}

#[test]
fn who_hands_over_without_end_is_too_long() {
    let (_alone, _) = alone();
    hands_over_many();
}

#[profiled(sample = "always")]
fn hands_over_much() {
    let place = Place::current();
    let work = || rounds(MANY, || place.run(handed_much));
    std::thread::scope(|scope| scope.spawn(work).join().unwrap());
    // Long before this is over; with the first of them it is found out.
    (0..2).for_each(|_| after_much());
    let paths = paths_of(&snapshot(), "hands_over_much");
    assert!(paths.iter().any(|path| path.0 == "hands_over_much/after_much"), "{paths:?}");
}

#[test]
fn who_has_work_done_elsewhere_without_end_is_too_long() {
    let (_alone, _) = alone();
    hands_over_much();
}

#[profiled(sample = "always")]
fn elsewhere(size: u32) {
    pass(1);
    rounds(size, below_elsewhere);
}

#[test]
fn a_thread_that_has_traced_nothing_yet_tells_of_long_calls() {
    let (_alone, before) = alone();
    elsewhere(MANY);
    let lost = snapshot().tree().dropped();
    // More threads at a time than there have been, so that some are new.
    let all = Barrier::new(16);
    let each = || {
        elsewhere(0);
        all.wait();
    };
    std::thread::scope(|scope| (0..16).for_each(|_| drop(scope.spawn(each))));
    let now = snapshot();
    assert_eq!(now.tree().dropped(), lost);
    let paths = paths(&now.since(&before));
    assert!(paths.iter().any(|path| path.0 == "elsewhere" && path.1 == 17), "{paths:?}");
}

#[profiled(sample = "always")]
fn seldom_calls() {
    for _ in 0..30 {
        pass(100_000);
        below_seldom();
        perf_runtime::drain();
    }
    // Before this is over, and long before it has called as many as are in a trace.
    let paths = paths_of(&snapshot(), "seldom_calls");
    let below = paths.iter().find(|path| path.0 == "seldom_calls/below_seldom");
    assert!(below.is_some_and(|below| below.1 == 30), "{paths:?}");
}

#[test]
fn what_is_below_a_call_without_end_is_in_the_tree_soon_however_seldom_it_is() {
    let (_alone, _) = alone();
    seldom_calls();
}

#[profiled(sample = "always")]
fn sleeps() {
    for _ in 0..3 {
        pass(1_000_000);
        perf_runtime::drain();
    }
}

#[test]
fn a_call_that_lasts_long_and_has_none_below_it_is_in_the_tree_at_once() {
    let (_alone, before) = alone();
    sleeps();
    assert_eq!(paths(&snapshot().since(&before)), [path("sleeps", 1, 3_000_000, 3_000_000)]);
}

/// How many traces three short calls make.
fn traces_of_three(call: impl Fn(u32)) -> u64 {
    let before = snapshot();
    (0..3).for_each(|_| call(5));
    snapshot().since(&before).tree().traces()
}

#[profiled(sample = "always")]
fn start_up(size: u32) {
    rounds(size, below_start_up);
}

#[test]
fn who_was_too_long_is_traced_as_a_whole_again_when_trees_are_turned_off_and_on() {
    let (_alone, _) = alone();
    start_up(MANY);
    // Each by itself, and each that is below it.
    assert_eq!(traces_of_three(start_up), 18);
    for tree in [false, true] {
        perf_runtime::set_config(Config { tree, ..Config::production() }).unwrap();
        perf_runtime::drain();
    }
    pass(10_000);
    assert_eq!(traces_of_three(start_up), 3);
}

#[profiled(sample = "always")]
fn once_long(size: u32) {
    rounds(size, below_once_long);
}

#[test]
fn who_was_too_long_is_traced_as_a_whole_again_after_a_time() {
    let (_alone, _) = alone();
    once_long(MANY);
    let mut seconds = 0;
    while traces_of_three(once_long) != 3 {
        pass(1_000_000);
        seconds += 1;
        assert!(seconds < 100, "it is never forgotten");
    }
    assert!(seconds > 30, "{seconds}");
    once_long(MANY);
    assert_eq!(traces_of_three(once_long), 18);
}

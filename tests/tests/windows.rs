//! Windows of other lengths than those that are preset, on a clock that only moves when told to.

use std::sync::MutexGuard;
use std::time::Duration;

use perf_runtime::{Config, Window, drain, profiled, reset, set_config};
use tests::{stats, still};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Of half a second, two, six and thirty.
fn config() -> Config {
    Config { windows: [500, 2_000, 6_000, 30_000].map(millis), ..Config::testing() }
}

fn alone() -> MutexGuard<'static, ()> {
    let alone = still::alone(&config());
    // Whatever was in force: windows begin anew, now and with nothing in them.
    set_config(Config::testing()).unwrap();
    set_config(config()).unwrap();
    reset();
    alone
}

#[profiled]
fn rolls(time: Duration) -> Result<(), ()> {
    still::pass(time);
    Err(())
}

/// A slice of half a second, with so many calls of a millisecond.
fn slice(calls: u32) {
    (0..calls).for_each(|_| rolls(millis(1)).unwrap_err());
    still::pass(millis(500).saturating_sub(calls * millis(1)));
    drain();
}

fn near(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 1e-9
}

#[test]
fn windows_are_as_long_as_they_are_set_to_be() {
    let _alone = alone();
    (1..=60).for_each(slice);
    let rolls = stats("rolls");
    for (window, slices) in [(Window::Shortest, 1), (Window::Short, 4), (Window::Long, 12), (Window::Longest, 60)] {
        let stats = rolls.window(window);
        let calls: u64 = (61 - slices..=60).sum();
        let seconds = slices as f64 / 2.0;
        assert_eq!((stats.span, stats.calls, stats.errors), (millis(500 * slices), calls, calls), "{window:?}");
        assert!(near(stats.rate, calls as f64 / seconds), "{stats:?}");
        assert!(near(stats.busy_share, calls as f64 / 1000.0 / seconds), "{stats:?}");
    }
    let throughput = rolls.throughput_series();
    assert!(near(throughput.current, 120.0) && near(throughput.peak, 120.0), "calls a second: {throughput:?}");
    assert!(near(throughput.average, (1..=60).sum::<u64>() as f64 / 30.0), "{throughput:?}");
}

#[test]
fn while_no_slice_is_over_windows_say_what_has_happened_until_now() {
    let _alone = alone();
    still::pass(millis(100));
    rolls(millis(100)).unwrap_err();
    let rolls = stats("rolls");
    for window in [Window::Shortest, Window::Short, Window::Long, Window::Longest] {
        let stats = rolls.window(window);
        assert_eq!((stats.span, stats.calls), (millis(200), 1), "{window:?}");
        assert!(near(stats.rate, 5.0) && near(stats.busy_share, 0.5), "{stats:?}");
    }
}

#[test]
fn a_call_is_in_its_windows_before_any_call_of_the_function_was_timed() {
    #[profiled]
    fn long() {
        still::pass(millis(700));
        drain(); // a slice is over, with the function's first call in it and no sample
        still::pass(millis(700));
    }
    #[profiled]
    fn untimed() {}

    let _alone = alone();
    set_config(Config { filter: "*untimed=off".parse().unwrap(), ..config() }).unwrap();
    long();
    untimed();
    still::pass(millis(500));
    for name in ["long", "untimed"] {
        let function = stats(name);
        let window = function.window(Window::Longest);
        assert_eq!((function.calls(), window.calls), (1, 1), "{name}");
    }
    assert_eq!(stats("untimed").samples(), 0);
}

#[test]
fn a_trend_does_not_see_what_is_under_its_threshold() {
    let _alone = alone();
    [100, 103, 106, 109].into_iter().for_each(slice);
    assert!(near(stats("rolls").throughput_series().trend, 0.0), "a tenth, unless set");
    set_config(Config { trend_threshold: 0.02, ..config() }).unwrap();
    assert!(near(stats("rolls").throughput_series().trend, 1.0), "the windows have gone on");
}

#[test]
fn when_lengths_change_windows_begin_anew_and_lifetimes_go_on() {
    let _alone = alone();
    (0..3).for_each(|_| slice(10));
    // In no slice that is over, and not looked at yet.
    (0..5).for_each(|_| rolls(millis(4)).unwrap_err());
    set_config(Config { windows: [1, 3, 9, 27].map(Duration::from_secs), ..Config::testing() }).unwrap();
    still::pass(millis(700));
    rolls(millis(300)).unwrap_err();
    let rolls = stats("rolls");
    assert_eq!((rolls.calls(), rolls.errors(), rolls.samples()), (36, 36, 36));
    assert_eq!(rolls.total(), millis(30 + 5 * 4 + 300));
    assert!((rolls.latency().p50().as_secs_f64() / 0.001 - 1.0).abs() < 0.01, "histograms stay");
    let second = rolls.window(Window::Shortest);
    assert_eq!((second.calls, second.span, second.max), (1, Duration::from_secs(1), millis(300)));
    assert_eq!(rolls.window(Window::Longest).calls, 1);
    let throughput = rolls.throughput_series();
    assert!(near(throughput.peak, 1.0), "what half a second said is not compared: {throughput:?}");
}

#[test]
fn after_a_long_sleep_nothing_is_in_any_window() {
    let _alone = alone();
    (0..70).for_each(|_| slice(10));
    still::pass(Duration::from_secs(36_000));
    drain();
    for window in [Window::Shortest, Window::Short, Window::Long, Window::Longest] {
        assert_eq!(stats("rolls").window(window).calls, 0, "{window:?}");
    }
    slice(7);
    assert_eq!(stats("rolls").window(Window::Longest).calls, 7);
    assert_eq!(stats("rolls").calls(), 707);
}

#[test]
fn when_all_else_changes_windows_go_on() {
    let _alone = alone();
    (0..3).for_each(|_| slice(10));
    set_config(Config { ceiling: 123.0, ..config() }).unwrap();
    slice(10);
    assert_eq!(stats("rolls").window(Window::Short).calls, 40);
}

//! A program's own metrics, and how well it is said to be. Time passes when a test says so.

use std::sync::MutexGuard;
use std::thread;
use std::time::Duration;

use counting::Counting;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use perf_runtime::health::{Cause, Rules, Severity, Status};
use perf_runtime::{
    Config, MetricStats, MetricValue, Rejected, Snapshot, Window, circuit_breaker, drain, profiled, snapshot,
};
use tests::still;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn alone() -> MutexGuard<'static, ()> {
    let alone = still::alone(&Config::testing());
    // The first test installs it, and the others find it there.
    let _ = perf_runtime::metrics::builder().max_labels(100).install();
    alone
}

fn metric(name: &str) -> MetricStats {
    snapshot().metric(name).unwrap_or_else(|| panic!("there is no {name}")).clone()
}

/// A second, as often as the background thread would look.
fn second() {
    for _ in 0..10 {
        still::pass(Duration::from_millis(100));
        drain();
    }
}

#[test]
fn one_recorder_is_installed_and_a_second_is_told_so() {
    let _alone = alone();
    let error = perf_runtime::metrics::install().unwrap_err();
    assert!(error.to_string().contains("installed already"), "{error}");
}

#[test]
fn counters_of_all_threads_are_counted_exactly_and_outlive_them() {
    let _alone = alone();
    let kept = counter!("exact");
    // More threads than have their cells in the first chunk.
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                for _ in 0..500 {
                    counter!("exact").increment(1);
                    kept.increment(2);
                }
            });
        }
    });
    assert_eq!(metric("exact").value, MetricValue::Counter(40 * 500 * 3));
    kept.increment(u64::MAX);
    assert_eq!(metric("exact").count(), Some(40 * 500 * 3 - 1), "it goes round, as any atomic count does");
}

#[test]
fn a_counter_in_the_last_destructor_of_a_thread_counts() {
    struct AtTheEnd;
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            counter!("at_the_end").increment(1);
            histogram!("at_the_end_too").record(7.0);
        }
    }
    thread_local!(static LATE: AtTheEnd = const { AtTheEnd });
    let _alone = alone();
    for _ in 0..5 {
        // Registered before the thread has a strand, so that its destructor is the last to run.
        thread::spawn(|| LATE.with(|_| counter!("at_the_end").increment(1))).join().unwrap();
    }
    assert_eq!(metric("at_the_end").count(), Some(10));
    assert_eq!(metric("at_the_end_too").distribution().unwrap().count, 5);
}

#[test]
fn an_absolute_count_never_goes_back_and_is_set_once_by_however_many() {
    let _alone = alone();
    let outside = counter!("outside");
    outside.increment(3);
    outside.absolute(2);
    assert_eq!(metric("outside").count(), Some(3));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..=1000).for_each(|count| counter!("outside").absolute(count)));
        }
    });
    assert_eq!(metric("outside").count(), Some(1000));
    outside.increment(5);
    assert_eq!(metric("outside").count(), Some(1005));
}

#[test]
fn a_gauge_is_what_it_was_set_to_and_goes_up_and_down() {
    let _alone = alone();
    let level = gauge!("level");
    level.set(10.0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    gauge!("level").increment(2.0);
                    gauge!("level").decrement(1.0);
                }
            });
        }
    });
    assert_eq!(metric("level").value, MetricValue::Gauge(4010.0));
    assert_eq!(metric("level").count(), None);
}

#[test]
fn a_histogram_has_all_values_of_all_threads_to_three_percent() {
    let _alone = alone();
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let sizes = histogram!("sizes");
                (1..=1000).filter(|value| value % 4 == thread).for_each(|value| sizes.record(f64::from(value)));
            });
        }
    });
    histogram!("sizes").record_many(500.0, 10);
    for no_number in [f64::NAN, f64::INFINITY] {
        histogram!("sizes").record(no_number);
    }
    let stats = metric("sizes");
    let sizes = stats.distribution().unwrap();
    assert_eq!((sizes.count, sizes.rejected), (1010, 2));
    assert!((sizes.sum - (500_500.0 + 5000.0)).abs() < 1e-6);
    assert!((sizes.min - 1.0).abs() < 1e-9 && (sizes.max - 1000.0).abs() < 1e-9);
    for (q, exact) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
        assert!((sizes.quantile(q) / exact - 1.0).abs() < 0.04, "{q}: {}", sizes.quantile(q));
    }
}

#[test]
fn labels_tell_metrics_apart_in_whatever_order_and_kinds_do() {
    let _alone = alone();
    counter!("asked", "route" => "/", "method" => "GET").increment(1);
    counter!("asked", "method" => "GET", "route" => "/").increment(1);
    let route = "/cart".to_owned();
    counter!("asked", "route" => route.clone(), "method" => "GET").increment(5);
    gauge!("asked").set(1.0);
    let snapshot = snapshot();
    let of = |labels: &[(&str, &str)]| snapshot.metric_with("asked", labels).map(MetricStats::number);
    assert_eq!(of(&[("method", "GET"), ("route", "/")]), Some(2.0));
    assert_eq!(of(&[("route", "/cart"), ("method", "GET")]), Some(5.0));
    assert_eq!(of(&[]), Some(1.0));
    assert_eq!(of(&[("route", "/cart")]), None);
    assert!(snapshot.metric("asked").is_none(), "there are several");
}

#[test]
fn labels_out_of_control_are_counted_together() {
    let _alone = alone();
    for user in 0..250 {
        counter!("by_user", "user" => user.to_string()).increment(1);
    }
    counter!("by_user", "user" => "7").increment(1);
    let snapshot = snapshot();
    let of_name: Vec<_> = snapshot.metrics().iter().filter(|metric| metric.name == "by_user").collect();
    assert_eq!(of_name.len(), 101);
    assert_eq!(of_name.iter().map(|metric| metric.count().unwrap()).sum::<u64>(), 251, "none is lost");
    let other = of_name.iter().find(|metric| metric.is_overflow).unwrap();
    assert_eq!((other.count(), other.labels.len()), (Some(150), 0));
    assert_eq!(snapshot.metric_with("by_user", &[("user", "7")]).unwrap().count(), Some(2));
}

#[test]
fn what_is_said_of_a_metric_is_in_the_snapshot() {
    let _alone = alone();
    describe_counter!("said", Unit::Bytes, "What came in.");
    counter!("said").increment(1);
    describe_gauge!("said_later", "How full it is.");
    gauge!("said_later").set(0.5);
    describe_histogram!("never_used", Unit::Seconds, "");
    let said = metric("said");
    assert_eq!((said.unit.as_deref(), said.description.as_deref()), (Some("bytes"), Some("What came in.")));
    let later = metric("said_later");
    assert_eq!((later.unit, later.description.as_deref()), (None, Some("How full it is.")));
    assert!(snapshot().metric("never_used").is_none());
}

#[test]
fn windows_know_what_happened_when() {
    let _alone = alone();
    second();
    for number in 1..=3 {
        counter!("in_time").increment(10 * number);
        gauge!("in_time_too").set(number as f64);
        histogram!("how_long").record(number as f64);
        second();
    }
    let (counted, level, long) = (metric("in_time"), metric("in_time_too"), metric("how_long"));
    let last = counted.window(Window::Shortest);
    assert_eq!((last.count, last.span), (30, Duration::from_secs(1)));
    assert!((last.rate - 30.0).abs() < 1e-9);
    assert_eq!(counted.window(Window::Longest).count, 60);
    let last = level.window(Window::Shortest);
    assert!(last.count >= 9, "it was looked at {} times", last.count);
    assert!((last.mean - 3.0).abs() < 1e-9 && (last.min - 3.0).abs() < 1e-9);
    let all = level.window(Window::Short);
    assert!(all.min <= 1.0 && (all.max - 3.0).abs() < 1e-9);
    let last = long.window(Window::Shortest);
    assert_eq!(last.count, 1);
    assert!((last.p99 / 3.0 - 1.0).abs() < 0.04 && (last.mean - 3.0).abs() < 1e-9);
    assert!((long.window(Window::Longest).mean - 2.0).abs() < 1e-9);
    for _ in 0..11 {
        second();
    }
    assert_eq!(metric("in_time").window(Window::Short).count, 0);
    assert_eq!(metric("in_time").count(), Some(60));
}

#[test]
fn between_two_snapshots_is_what_was_said_between_them() {
    let _alone = alone();
    counter!("then_and_now").increment(5);
    histogram!("seen").record(1.0);
    let then = snapshot();
    counter!("then_and_now").increment(7);
    counter!("only_now").increment(1);
    histogram!("seen").record_many(64.0, 3);
    let between = snapshot().since(&then);
    let count = |name| between.metric(name).unwrap().count().unwrap();
    assert_eq!((count("then_and_now"), count("only_now"), count("seen")), (7, 1, 3));
    let seen = between.metric("seen").unwrap().distribution().unwrap();
    assert!((seen.sum - 192.0).abs() < 1e-9 && (seen.min / 64.0 - 1.0).abs() < 0.07);
}

#[test]
fn a_macro_that_was_used_before_allocates_nothing() {
    let _alone = alone();
    let all = || {
        for number in 0..100 {
            counter!("warm").increment(1);
            counter!("warm_labels", "a" => "b").increment(1);
            gauge!("warm_gauge").increment(1.0);
            histogram!("warm_histogram").record(f64::from(number));
        }
    };
    all();
    assert_eq!(counting::allocations(all), 0);
}

#[test]
fn what_is_printed_of_metrics_has_a_line_each_whatever_their_names_have_in_them() {
    let _alone = alone();
    // By their names they come first, and only the first are printed.
    counter!("0_printed\nin\u{1b}[31m", "by" => "x\ny\u{202e}z").increment(1);
    histogram!("0_printed_empty").record(f64::NAN);
    let table = format!("{:120}", snapshot());
    let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {table}"));
    assert!(line("0_printed").starts_with("0_printed\u{fffd}in\u{fffd}[31m{by=x\u{fffd}y\u{fffd}z}  "), "{table}");
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table}");
    assert!(
        line("0_printed_empty").ends_with("1 no numbers"),
        "nothing is said of values that there are none of: {table}"
    );
}

#[test]
fn metrics_are_printed_and_come_back_from_json() {
    let _alone = alone();
    counter!("printed", "route" => "/cart").increment(42);
    gauge!("no_number").set(f64::NAN);
    histogram!("printed_values").record(3.0);
    let snapshot = snapshot();
    // Where there are many, the first in the order of their names are printed.
    assert!(snapshot.to_string().contains("metric"), "{snapshot}");
    let json = serde_json::to_string(&snapshot).unwrap();
    let back: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(back.metric("printed"), snapshot.metric("printed"));
    assert_eq!(back.metric("printed_values"), snapshot.metric("printed_values"));
    assert!(back.metric("no_number").unwrap().number().is_nan());
    let mut old: serde_json::Value = serde_json::from_str(&json).unwrap();
    old.as_object_mut().unwrap().remove("metrics");
    assert!(serde_json::from_value::<Snapshot>(old).unwrap().metrics().is_empty());
}

#[profiled]
fn fails(is_failing: bool) -> Result<(), ()> {
    if is_failing { Err(()) } else { Ok(()) }
}

#[derive(Debug)]
struct Error;

impl From<Rejected> for Error {
    fn from(_: Rejected) -> Self {
        Self
    }
}

#[circuit_breaker(window = 10, min_calls = 10)]
fn breaks() -> Result<(), Error> {
    Err(Error)
}

#[test]
fn health_is_what_functions_and_guards_tell_of_the_last_seconds() {
    let _alone = alone();
    let of = |cause: Cause, name: &str| {
        let health = perf_runtime::health();
        health.reasons.into_iter().find(|reason| reason.cause == cause && reason.subject.ends_with(name))
    };
    (0..100).for_each(|_| _ = fails(false));
    second();
    assert_eq!(of(Cause::ErrorRate, "fails"), None);
    (0..300).for_each(|number| _ = fails(number % 2 == 0));
    second();
    // 150 of 400 in the ten seconds.
    let errors = of(Cause::ErrorRate, "fails").unwrap();
    assert!((errors.value - 0.375).abs() < 1e-9 && errors.severity == Severity::Warning, "{errors:?}");
    assert!(perf_runtime::health().score < 100);
    let lenient =
        Rules { errors: perf_runtime::health::Rule { points: 0, ..Rules::default().errors }, ..Rules::default() };
    assert!(snapshot().health_by(&lenient).reasons.iter().all(|reason| reason.cause != Cause::ErrorRate));

    (0..30).for_each(|_| drop(breaks()));
    let breaker = of(Cause::Breaker, "breaks").unwrap();
    assert_eq!((breaker.severity, breaker.points), (Severity::Critical, 40));
    assert!(of(Cause::Refusals, "breaks").is_some());
    assert!(perf_runtime::health().status > Status::Healthy);
    assert!(perf_runtime::health().to_string().contains("the breaker of metrics::breaks is open"));

    for _ in 0..12 {
        second();
    }
    assert_eq!(of(Cause::ErrorRate, "fails"), None, "it was long ago");
}

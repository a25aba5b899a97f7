//! What a snapshot says, on a clock that only moves when told to.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::sync::MutexGuard;
use std::time::Duration;

use perf_runtime::{Config, Snapshot, Window, Workload, drain, profiled, reset, set_config, snapshot, sync};
use serde_json::{Value, json};
use tests::{stats, still};

fn alone() -> MutexGuard<'static, ()> {
    still::alone(&Config::testing())
}

fn pass(micros: u64) {
    still::pass(Duration::from_micros(micros));
}

const fn micros(n: u64) -> Duration {
    Duration::from_micros(n)
}

fn about(duration: Duration, expected: Duration) -> bool {
    (duration.as_secs_f64() / expected.as_secs_f64() - 1.0).abs() < 0.04
}

#[profiled]
fn takes(n: u64) -> Result<(), ()> {
    pass(n);
    if n.is_multiple_of(2) { Ok(()) } else { Err(()) }
}

#[test]
fn percentiles_are_those_of_the_calls() {
    let _alone = alone();
    reset();
    for n in 1..=1000 {
        let _ = takes(n);
    }
    let takes = stats("takes");
    let latency = takes.latency();
    for (value, expected) in [
        (latency.p50(), 500),
        (latency.p95(), 950),
        (latency.p99(), 990),
        (latency.p999(), 999),
        (latency.max(), 1000),
        (latency.mean(), 500),
    ] {
        assert!(about(value, micros(expected)), "{value:?} for {expected} µs");
    }
    let p99 = latency.quantile(0.99);
    assert!(p99.low <= micros(990) && p99.high >= micros(990), "{p99:?}");
    assert!(p99.high.saturating_sub(p99.low) < micros(16), "all calls were timed, only the buckets are left: {p99:?}");
    assert_eq!(takes.total(), micros(500_500));
    assert_eq!((takes.calls(), takes.errors(), takes.samples()), (1000, 500, 1000));
}

#[profiled]
fn between() {
    pass(10);
}

#[test]
fn between_two_snapshots_is_what_happened_between_them() {
    let _alone = alone();
    reset();
    (0..10).for_each(|_| between());
    let earlier = snapshot();
    pass(5_000_000);
    (0..7).for_each(|_| between());
    let since = snapshot().since(&earlier);
    let between = since.function("between").unwrap();
    assert_eq!((between.calls(), between.samples(), between.total()), (7, 7, micros(70)));
    assert_eq!(since.uptime(), micros(5_000_070));
    assert!(since.functions().iter().all(|function| function.calls() > 0), "what was not called is not there");
}

#[profiled]
fn before_a_reset() {}

#[profiled]
fn after_a_reset() {
    pass(3);
}

#[test]
fn after_a_reset_counts_start_from_zero() {
    let _alone = alone();
    before_a_reset();
    after_a_reset();
    reset();
    after_a_reset();
    let snapshot = snapshot();
    assert!(snapshot.function("before_a_reset").is_none());
    assert_eq!(snapshot.function("after_a_reset").unwrap().calls(), 1);
    assert_eq!(snapshot.function("after_a_reset").unwrap().total(), micros(3));
}

#[test]
fn snapshots_tell_from_when_they_count() {
    let _alone = alone();
    after_a_reset();
    reset();
    let first = snapshot();
    after_a_reset();
    let second = snapshot();
    assert_eq!(second.counted_from(), first.counted_from());
    let between = second.since(&first);
    assert_eq!((between.counted_from(), between.uptime()), (first.counted_from() + first.uptime(), micros(3)));
    let loaded: Snapshot = serde_json::from_str(&serde_json::to_string(&between).unwrap()).unwrap();
    assert_eq!(loaded.counted_from(), between.counted_from());
    reset();
    assert_eq!(snapshot().counted_from(), second.counted_from() + micros(3));
}

#[profiled]
fn rolls() -> Result<(), ()> {
    pass(100);
    Err(())
}

#[test]
fn windows_roll() {
    let _alone = alone();
    // To the beginning of a second, and with nothing in any window.
    for _ in 0..400 {
        pass(1_000_000);
        drain();
    }
    pass(1_000_000 - (snapshot().uptime().as_micros() % 1_000_000) as u64);
    drain();
    for second in 1..=20_u64 {
        (0..second).for_each(|_| rolls().unwrap_err());
        pass(1_000_000 - 100 * second);
        drain();
    }
    let rolls = stats("rolls");
    let second = rolls.window(Window::Shortest);
    assert_eq!((second.calls, second.errors, second.span), (20, 20, Duration::from_secs(1)));
    assert!((second.rate - 20.0).abs() < 1e-9);
    assert!((second.busy_share - 0.002).abs() < 1e-9, "{second:?}");
    assert!(about(second.p99, micros(100)) && about(second.mean, micros(100)), "{second:?}");
    let ten = rolls.window(Window::Short);
    assert_eq!((ten.calls, ten.span), ((11..=20).sum::<u64>(), Duration::from_secs(10)));
    let minute = rolls.window(Window::Long);
    assert_eq!(minute.calls, (1..=20).sum::<u64>());
    let throughput = rolls.throughput_series();
    assert!((throughput.current - 20.0).abs() < 1e-9 && (throughput.peak - 20.0).abs() < 1e-9, "{throughput:?}");
    assert!(throughput.trend > 0.3, "it rises: {throughput:?}");
    assert!(rolls.latency_series().trend.abs() < 1e-9, "it stays");
    for _ in 0..400 {
        pass(1_000_000);
        drain();
    }
    assert_eq!(stats("rolls").window(Window::Longest).calls, 0, "what is long ago is in no window");
    assert_eq!(stats("rolls").calls(), (1..=20).sum::<u64>());
}

#[profiled(workload = "micro")]
fn slower_than_declared() {
    pass(50_000);
}

#[test]
fn a_class_that_was_declared_wrongly_is_shown() {
    let _alone = alone();
    slower_than_declared();
    let stats = stats("slower_than_declared");
    assert_eq!((stats.declared(), stats.observed()), (Some(Workload::Micro), Some(Workload::Medium)));
    assert!(stats.is_misdeclared());
    assert!(snapshot().to_string().contains("slower_than_declared is declared micro and takes medium time"));
}

#[profiled]
fn very_long() {
    pass(2 * 3600 * 1_000_000);
}

#[test]
fn what_is_longer_than_a_histogram_tells_apart_is_counted_and_not_lost() {
    let _alone = alone();
    reset();
    very_long();
    let stats = stats("very_long");
    assert_eq!((stats.latency().out_of_range(), stats.samples()), (1, 1));
    assert_eq!(stats.total(), Duration::from_secs(7200));
    assert_eq!(stats.latency().max(), Duration::from_secs(7200));
}

#[test]
fn a_snapshot_survives_json() {
    let _alone = alone();
    for n in 1..=100 {
        let _ = takes(n);
    }
    let before = snapshot();
    let json = serde_json::to_string(&before).unwrap();
    assert!(json.starts_with(r#"{"schema_version":1,"#), "{json}");
    let after: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&after).unwrap(), json);
    assert_eq!(after.to_string(), before.to_string());
    let (was, is) = (before.function("takes").unwrap(), after.function("takes").unwrap());
    assert_eq!(was.latency().quantile(0.77), is.latency().quantile(0.77));
    assert_eq!(was.window(Window::Long), is.window(Window::Long));
    let error = serde_json::from_str::<Snapshot>(&json.replacen("\":1,", "\":9,", 1)).unwrap_err();
    assert!(error.to_string().contains("schema_version 9 is not 1"), "{error}");
}

#[test]
fn a_tree_deeper_than_any_program_makes_is_an_error_and_not_a_full_stack() {
    let mut json = serde_json::to_value(snapshot()).unwrap();
    let node = |at: u32| {
        serde_json::json!({
            "parent": at.checked_sub(1), "name": "f", "calls": 1.0, "nanos": 1.0, "apart": 0.0, "own": 0.0, "total": 0.0
        })
    };
    json["tree"]["nodes"] = (0..100_000).map(node).collect();
    let error = serde_json::from_value::<Snapshot>(json).unwrap_err();
    assert_eq!(error.to_string(), "node 513 of the tree has more than 512 others around it");
}

/// Sets all numbers that are at such a place, wherever in a list they are.
fn set(value: &mut Value, path: &str, number: &Value) {
    let Some((key, below)) = path.split_once('/') else {
        *value = number.clone();
        return;
    };
    match value {
        Value::Object(all) => drop(all.get_mut(key).map(|value| set(value, below, number))),
        Value::Array(all) => all.iter_mut().for_each(|value| set(value, below, number)),
        _ => {}
    }
}

/// Where there are numbers.
fn numbers(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(all) => all.iter().for_each(|(key, value)| numbers(value, &format!("{path}{key}/"), found)),
        Value::Array(all) => all.iter().for_each(|value| numbers(value, &format!("{path}*/"), found)),
        Value::Number(_) => drop(found.insert(path.to_owned())),
        _ => {}
    }
}

#[profiled(label(n = n), in_flight, cpu, alloc, slo(p95 = "1ms", errors = 0.1))]
fn told_in_full(n: u64) -> Result<(), ()> {
    takes(n)
}

#[test]
fn a_snapshot_with_whatever_numbers_is_refused_or_can_be_looked_at() {
    let _alone = alone();
    reset();
    let lock = sync::Mutex::named("numbers", 0);
    let (sender, _receiver) = sync::mpsc::sync_channel("numbers", 1);
    for n in 0..3 {
        let _ = told_in_full(n);
        let _ = sender.try_send(n);
        *lock.lock().unwrap() += n;
    }
    drain();
    let whole = snapshot();
    let json = serde_json::to_value(&whole).unwrap();
    let mut places = BTreeSet::new();
    numbers(&json, "", &mut places);
    assert!(places.len() > 100, "{places:?}");
    let ends = [json!(0), json!(u64::MAX), json!(u32::MAX), json!(u16::MAX), json!(-1.0), json!(1e300)];
    let mut read = 0;
    for (place, end) in places.iter().flat_map(|place| ends.iter().map(move |end| (place, end))) {
        let mut changed = json.clone();
        set(&mut changed, place, end);
        let Ok(changed) = serde_json::from_value::<Snapshot>(changed) else { continue };
        read += 1;
        let looked = std::panic::catch_unwind(|| {
            for snapshot in [&changed, &changed.since(&whole), &whole.since(&changed)] {
                black_box((snapshot.to_string(), snapshot.health()));
                for function in snapshot.functions() {
                    black_box((function.own(), function.latency().quantile(1.0)));
                }
            }
        });
        assert!(looked.is_ok(), "{place} is {end}");
    }
    assert!(read > 100, "{read}");
}

#[test]
fn the_table_is_aligned_and_as_wide_as_asked() {
    let _alone = alone();
    reset();
    let _ = takes(2);
    for width in [60, 100, 160] {
        let table = format!("{:width$}", snapshot());
        // Queues and locks of other tests have tables of their own below.
        let lines = table.lines().take_while(|line| !line.starts_with("queue"));
        let lines: Vec<&str> = lines.filter(|line| line.contains("  ") && !line.contains(" up, ")).collect();
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap();
        assert!(longest <= width.max(100), "{longest} of {width}\n{table}");
        let ends: Vec<usize> = lines.iter().map(|line| line.trim_end().chars().count()).collect();
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}\n{table}");
    }
}

#[test]
fn sampling_can_be_stopped_and_started_while_counts_go_on() {
    #[profiled]
    fn switched() {
        pass(1);
    }
    let _alone = alone();
    reset();
    (0..500).for_each(|_| switched());
    set_config(Config { sampling: perf_runtime::Sampling::Off, ..Config::testing() }).unwrap();
    (0..500).for_each(|_| switched());
    let off = stats("switched");
    // A lane notices when its countdown runs out, which in this mode is at the next call.
    assert_eq!((off.calls(), off.samples()), (1000, 500));
    set_config(Config::testing()).unwrap();
    (0..1000).for_each(|_| switched());
    let on = stats("switched");
    assert_eq!(on.calls(), 2000);
    assert!(on.samples() >= 500 + 1000 - 256, "{}", on.samples());
}

#[profiled(alloc)]
fn wants_to_know(n: usize) -> Vec<usize> {
    vec![n; n]
}

#[test]
fn where_nothing_counts_allocations_a_snapshot_says_what_to_do() {
    let _alone = alone();
    assert_eq!(wants_to_know(3).len(), 3);
    let wants_to_know = stats("wants_to_know");
    assert!(wants_to_know.allocations().is_none() && wants_to_know.is_missing_allocator());
    let text = snapshot().to_string();
    assert_eq!(text.matches("are not known: nothing counts them").count(), 1, "{text}");
    assert!(text.contains("perf_runtime::alloc::Tracking::new(std::alloc::System)"), "{text}");
    assert!(!text.contains("peak live"), "{text}");
    let json = serde_json::to_string(&snapshot()).unwrap();
    let loaded: Snapshot = serde_json::from_str(&json).unwrap();
    assert!(loaded.function("wants_to_know").unwrap().is_missing_allocator());
}

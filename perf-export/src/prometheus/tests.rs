//! What is written of a snapshot that is known to the last digit.

#![allow(clippy::float_cmp, reason = "what is written is read back to the last bit")]

use perf_core::Snapshot;
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value, json};

use super::histogram::read::{Bucket, Histogram};
use super::protobuf::MetricFamily;
use super::*;

/// A function called so often, with durations in nanoseconds and how often each was.
fn function(name: &str, calls: u64, durations: &[(u64, u64)]) -> Value {
    let window = json!({
        "span": { "secs": 1, "nanos": 0 }, "calls": 0, "errors": 0, "rate": 0.0, "samples": 0,
        "mean": { "secs": 0, "nanos": 0 }, "p50": { "secs": 0, "nanos": 0 }, "p95": { "secs": 0, "nanos": 0 },
        "p99": { "secs": 0, "nanos": 0 }, "p999": { "secs": 0, "nanos": 0 }, "max": { "secs": 0, "nanos": 0 },
        "busy_share": 0.0,
    });
    let series = json!({ "current": 0.0, "average": 0.0, "peak": 0.0, "trend": 0.0 });
    let nanos: u64 = durations.iter().map(|(nanos, count)| nanos * count).sum();
    let weight: u64 = durations.iter().map(|(_, count)| count).sum();
    json!({
        "name": name, "module": "shop", "file": "src/shop.rs", "line": 7, "declared": "light", "observed": null,
        "calls": calls, "errors": 1, "panics": 0, "cancelled": 0, "samples": durations.len(), "dropped": 2,
        "interval": 4, "futures": null,
        "latency": {
            "mean": 0, "p50": 0, "p95": 0, "p99": 0, "p999": 0, "min": 0, "max": 3_000_000, "out_of_range": 0,
            "is_complete": false, "weight": weight, "weight_squared": 0.0, "nanos": nanos, "covered": nanos,
            "variance": 0.0, "histogram": durations,
        },
        "windows": [window, window, window, window],
        "latency_series": series, "throughput_series": series,
    })
}

fn snapshot(functions: &[Value]) -> Snapshot {
    let none = json!({ "secs": 0, "nanos": 0 });
    serde_json::from_value(json!({
        "schema_version": 1,
        "uptime": { "secs": 90, "nanos": 0 },
        "clock": "tsc",
        "overhead": {
            "budget": 0.005, "process_cpu": { "secs": 4, "nanos": 0 }, "counting": none,
            "sampling": { "secs": 0, "nanos": 10_000_000 }, "aggregating": none, "exporting": none,
        },
        "functions": functions,
    }))
    .unwrap()
}

/// With buckets that end at a microsecond and a millisecond.
fn options() -> Options {
    Options { buckets: [1, 1_000].map(Duration::from_micros).into(), ..Options::default() }
}

fn one() -> Snapshot {
    snapshot(&[function("shop::order \"x\"", 9, &[(500, 4), (2_000_000, 4)])])
}

const TEXT: &str = r#"# HELP perf_build_info The version of the profiler and its clock.
# TYPE perf_build_info gauge
perf_build_info{version="VERSION",clock="tsc"} 1
# HELP perf_uptime_seconds Time since measuring began.
# TYPE perf_uptime_seconds gauge
perf_uptime_seconds 90
# HELP perf_overhead_budget_ratio The share of the CPU time that sampling and aggregating may cost.
# TYPE perf_overhead_budget_ratio gauge
perf_overhead_budget_ratio 0.005
# HELP perf_overhead_budgeted_ratio The share of the CPU time that sampling and aggregating have cost, which is held to the budget.
# TYPE perf_overhead_budgeted_ratio gauge
perf_overhead_budgeted_ratio 0.0025
# HELP perf_overhead_ratio The share of the CPU time that measuring has cost, counting and exporting included.
# TYPE perf_overhead_ratio gauge
perf_overhead_ratio 0.0025
# HELP perf_overhead_seconds CPU time that measuring has cost.
# TYPE perf_overhead_seconds gauge
perf_overhead_seconds{part="counting"} 0
perf_overhead_seconds{part="sampling"} 0.01
perf_overhead_seconds{part="aggregating"} 0
perf_overhead_seconds{part="exporting"} 0
# HELP perf_function_info Where functions are, and of which workload class they are declared.
# TYPE perf_function_info gauge
perf_function_info{function="shop::order \"x\"",module="shop",file="src/shop.rs",line="7",class="light"} 1
# HELP perf_function_calls_total Calls begun, exact.
# TYPE perf_function_calls_total counter
perf_function_calls_total{function="shop::order \"x\""} 9
# HELP perf_function_errors_total Calls that ended with an error, exact.
# TYPE perf_function_errors_total counter
perf_function_errors_total{function="shop::order \"x\""} 1
# HELP perf_function_panics_total Calls that a panic ended, exact.
# TYPE perf_function_panics_total counter
perf_function_panics_total{function="shop::order \"x\""} 0
# HELP perf_function_cancelled_total Futures that were dropped before their end, exact.
# TYPE perf_function_cancelled_total counter
perf_function_cancelled_total{function="shop::order \"x\""} 0
# HELP perf_function_duration_seconds How long calls took; of futures, from the first poll to the end. By the calls that were timed, each of which counts for as many as it stands for.
# TYPE perf_function_duration_seconds histogram
perf_function_duration_seconds_bucket{function="shop::order \"x\"",le="1e-06"} 4
perf_function_duration_seconds_bucket{function="shop::order \"x\"",le="0.001"} 4
perf_function_duration_seconds_bucket{function="shop::order \"x\"",le="+Inf"} 8
perf_function_duration_seconds_sum{function="shop::order \"x\""} 0.008002
perf_function_duration_seconds_count{function="shop::order \"x\""} 8
# HELP perf_function_samples_total Timed calls, on which all timings rest.
# TYPE perf_function_samples_total counter
perf_function_samples_total{function="shop::order \"x\""} 2
# HELP perf_function_dropped_samples_total Timed calls whose timings were lost, because too many waited to be taken in.
# TYPE perf_function_dropped_samples_total counter
perf_function_dropped_samples_total{function="shop::order \"x\""} 2
# HELP perf_function_sampling_ratio The share of calls that is timed.
# TYPE perf_function_sampling_ratio gauge
perf_function_sampling_ratio{function="shop::order \"x\""} 0.25
# HELP process_cpu_seconds_total CPU time of the process, of threads that have ended too.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 4
"#;

fn render_text(snapshot: &Snapshot, format: Format) -> String {
    String::from_utf8(render_with(snapshot, format, &options())).unwrap()
}

#[test]
fn text_is_what_it_should_be_to_the_letter() {
    assert_eq!(render_text(&one(), Format::Text), TEXT.replace("VERSION", env!("CARGO_PKG_VERSION")));
}

#[test]
fn open_metrics_names_families_without_suffixes_and_tells_units_and_its_end() {
    let open = render_text(&one(), Format::OpenMetrics);
    for part in [
        "# TYPE perf_build info\nperf_build_info{",
        "# TYPE perf_function_calls counter\nperf_function_calls_total{",
        "# TYPE perf_uptime_seconds gauge\n# UNIT perf_uptime_seconds seconds\nperf_uptime_seconds 90\n",
        "# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\nprocess_cpu_seconds_total 4\n",
        "# UNIT perf_overhead_ratio ratio\n",
    ] {
        assert!(open.contains(part), "{part} is not in {open}");
    }
    assert!(open.ends_with("\n# EOF\n"));
    let samples =
        |text: &str| -> Vec<String> { text.lines().filter(|line| !line.starts_with('#')).map(Into::into).collect() };
    assert_eq!(samples(&open), samples(&render_text(&one(), Format::Text)));
}

/// Families of a message.
fn families(mut bytes: &[u8]) -> Vec<MetricFamily> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        all.push(MetricFamily::decode_length_delimited(&mut bytes).unwrap());
    }
    all
}

#[test]
fn protocol_buffers_have_the_same_and_a_native_histogram_besides() {
    let all = families(&render_with(&one(), Format::Protobuf, &options()));
    let text = render_text(&one(), Format::Text);
    let types = text.lines().filter(|line| line.starts_with("# TYPE")).map(|line| line.split(' ').nth(2).unwrap());
    assert_eq!(all.iter().map(MetricFamily::name).collect::<Vec<_>>(), types.collect::<Vec<_>>());
    let durations = all.iter().find(|family| family.name() == "perf_function_duration_seconds").unwrap();
    assert_eq!((durations.unit(), durations.metric[0].label[0].value()), ("seconds", "shop::order \"x\""));
    let histogram = Histogram::decode(durations.metric[0].histogram()).unwrap();
    assert_eq!((histogram.sample_count(), histogram.sample_sum()), (8, 0.008_002));
    let classic: Vec<_> = histogram.bucket.iter().map(|b| (b.upper_bound(), b.cumulative_count())).collect();
    assert_eq!(classic, [(1e-6, 4), (1e-3, 4), (f64::INFINITY, 8)]);
    assert_eq!((histogram.schema(), histogram.zero_count()), (7, 0));
    // 500 ns and 2 ms: ⌈128 · log₂ 5·10⁻⁷⌉ and ⌈128 · log₂ 2·10⁻³⌉.
    let spans: Vec<_> = histogram.positive_span.iter().map(|span| (span.offset(), span.length())).collect();
    assert_eq!(
        (spans.as_slice(), histogram.positive_delta.as_slice()),
        ([(-2679, 1), (1531, 1)].as_slice(), [4, 0].as_slice())
    );
    let calls = all.iter().find(|family| family.name() == "perf_function_calls_total").unwrap();
    assert_eq!(calls.metric[0].counter.as_ref().unwrap().value(), 9.0);
}

proptest! {
    #[test]
    fn a_classic_bucket_counts_those_that_begin_below_its_end(
        values in prop::collection::btree_map(1..10_000_000_u64, 1..100_u64, 0..40),
        bounds in prop::collection::btree_set(1..20_000_000_u64, 0..20),
    ) {
        let snapshot = snapshot(&[function("a", 1, &values.into_iter().collect::<Vec<_>>())]);
        let buckets = bounds.iter().map(|&bound| Duration::from_nanos(bound)).collect();
        let all = families(&render_with(&snapshot, Format::Protobuf, &Options { buckets, ..Options::default() }));
        let durations = all.iter().find(|family| family.name() == "perf_function_duration_seconds").unwrap();
        let histogram = Histogram::decode(durations.metric[0].histogram()).unwrap();
        let latency = snapshot.functions()[0].latency();
        let below = |bound: u64| latency.buckets().filter(move |b| b.low <= Duration::from_nanos(bound)).map(|b| b.count).sum();
        let naive: Vec<u64> = bounds.into_iter().map(below).chain([latency.count()]).collect();
        let classic: Vec<u64> = histogram.bucket.iter().map(Bucket::cumulative_count).collect();
        prop_assert_eq!((classic, histogram.sample_count()), (naive, latency.count()));
        // Of native ones the deltas add up to the counts, and these to the count.
        let mut last = 0;
        let natives = histogram.positive_delta.iter().map(|delta| { last += delta; last as u64 });
        prop_assert_eq!(natives.sum::<u64>() + histogram.zero_count(), latency.count());
    }
}

#[test]
fn native_histograms_are_left_out_where_nobody_wants_them() {
    let options = Options { native_schema: None, ..options() };
    let all = families(&render_with(&one(), Format::Protobuf, &options));
    let metrics = all.iter().flat_map(|family| &family.metric);
    let histograms =
        metrics.filter_map(|metric| metric.histogram.as_deref()).map(|bytes| Histogram::decode(bytes).unwrap());
    let histograms: Vec<Histogram> = histograms.collect();
    assert!(!histograms.is_empty());
    assert!(histograms.iter().all(|histogram| histogram.schema.is_none() && histogram.zero_threshold.is_none()));
}

#[test]
fn native_buckets_are_no_wider_than_those_that_they_are_made_of() {
    let widest = 1.0 / 128.0;
    let schema = Options::default().native_schema.unwrap();
    assert!((-f64::from(schema)).exp2().exp2() - 1.0 < widest);
}

#[test]
fn names_begin_as_it_is_said() {
    let named = |prefix: &str| {
        let options = Options { prefix: prefix.into(), ..options() };
        String::from_utf8(render_with(&one(), Format::Text, &options)).unwrap()
    };
    assert!(named("my app").contains("\nmy_app_function_calls_total{"));
    assert!(named("app_").contains("\napp_function_calls_total{"));
    assert!(named("").contains("\nfunction_calls_total{"));
    assert!(named("").contains("\nprocess_cpu_seconds_total 4\n"));
}

#[test]
fn buckets_end_at_one_two_and_a_half_and_five_of_each_power_of_ten() {
    let bounds: Vec<String> = Options::default().buckets.iter().map(|bound| format!("{bound:?}")).collect();
    assert_eq!(bounds[..4], ["1µs", "2.5µs", "5µs", "10µs"]);
    assert_eq!((bounds[bounds.len() - 1].as_str(), bounds.len()), ("10s", 22));
    // Out of order, or twice, is no harm.
    let odd = Options { buckets: [1_000, 1, 1].map(Duration::from_micros).into(), ..options() };
    assert_eq!(render_with(&one(), Format::Text, &odd), render_text(&one(), Format::Text).into_bytes());
}

#[test]
fn an_empty_snapshot_has_no_functions_and_is_whole() {
    let text = render_text(&snapshot(&[]), Format::OpenMetrics);
    assert!(!text.contains("function") && text.ends_with("# EOF\n"), "{text}");
    let never_timed = render_text(&snapshot(&[function("a", 1, &[])]), Format::Text);
    assert!(never_timed.contains("perf_function_duration_seconds_bucket{function=\"a\",le=\"+Inf\"} 0\n"));
    assert!(
        never_timed.contains("perf_function_duration_seconds_sum{function=\"a\"} 0\n") && !never_timed.contains("NaN")
    );
}

#[test]
fn the_dashboard_goes_by_the_prefix() {
    let options = Options { prefix: "app".into(), ..Options::default() };
    let board = dashboard_with(&one(), &options);
    assert!(board.contains("app_function_calls_total") && !board.contains("perf_function"));
    let board: Value = serde_json::from_str(&board).unwrap();
    let ids: std::collections::HashSet<_> =
        board["panels"].as_array().unwrap().iter().map(|panel| &panel["id"]).collect();
    assert_eq!(ids.len(), board["panels"].as_array().unwrap().len());
    assert!(!rules_with(&one(), &options).contains("perf_function"));
}

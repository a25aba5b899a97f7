//! Metrics, rules and dashboard, read by Prometheus' own programs and by its library for Python.

#![allow(clippy::float_cmp, reason = "counts are whole, and what is written is read back to the last bit")]

mod read;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use perf_export::prometheus::{Format, Options, dashboard, render, render_with, rules};
use perf_runtime::sync::{Mutex, mpsc};
use perf_runtime::{Config, Perf, Rejected, Snapshot, circuit_breaker, profiled};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use quanta::{Clock, Mock};
use read::{Prometheus, Sample, Server, get, grafana, promtool, python};
use serde_json::{Value, json};

/// Of all calls.
const TRACE: u128 = 0xfeed_0123;

fn clock() -> &'static Mock {
    static CLOCK: OnceLock<Arc<Mock>> = OnceLock::new();
    CLOCK.get_or_init(|| {
        let (clock, mock) = Clock::mock();
        let perf = Perf::builder().config(Config::testing()).clock(clock).manual().start();
        // For as long as the process: no thread is to drain at times of its own.
        std::mem::forget(perf.unwrap());
        mock
    })
}

/// Takes n² microseconds.
#[profiled]
fn takes(n: u64) {
    clock().increment(Duration::from_micros(n * n));
}

#[profiled(slo(p95 = "200ms", errors = 0.01), in_flight, label(kind = kind), workload = "light")]
fn order(kind: &str) -> Result<u32, ()> {
    clock().increment(Duration::from_millis(3));
    if kind == "bad" { Err(()) } else { Ok(1) }
}

#[circuit_breaker]
fn quote() -> Result<u32, Rejected> {
    Ok(1)
}

/// What a program did that uses all there is: always the same.
fn world() -> &'static Snapshot {
    static WORLD: OnceLock<Snapshot> = OnceLock::new();
    WORLD.get_or_init(|| {
        clock();
        perf_runtime::set_trace_id(|| Some(TRACE));
        perf_runtime::process::start();
        perf_runtime::metrics::install().unwrap();
        (1..=1000).for_each(takes);
        for kind in ["word", "bad", "\"quoted\"\\\n", "", "(other)"] {
            let _ = order(kind);
        }
        quote().unwrap();
        let (sender, receiver) = mpsc::sync_channel("orders", 10);
        sender.send(7).unwrap();
        *Mutex::named("accounts", 0).lock().unwrap() += receiver.recv().unwrap();
        metrics::counter!("http.requests", "route" => "/cart\n\"", "empty" => "").increment(3);
        metrics::counter!("http_requests_total", "route" => "/").increment(1);
        metrics::gauge!("temperature").set(f64::NAN);
        metrics::gauge!("perf_uptime_seconds").set(1.0);
        for bytes in [100.0, 5_000.0, 1e9] {
            metrics::histogram!("request_bytes").record(bytes);
        }
        perf_runtime::snapshot()
    })
}

/// The same with functions and labels of these names beside.
fn with_names(names: &[String]) -> Snapshot {
    let mut snapshot = serde_json::to_value(world()).unwrap();
    let functions = snapshot["functions"].as_array_mut().unwrap();
    let order = functions.iter().find(|f| f["name"].as_str().unwrap().ends_with("order")).unwrap().clone();
    for name in names {
        let mut function = order.clone();
        for field in ["name", "module", "file"] {
            function[field] = json!(name);
        }
        function["labels"] = json!([{ "key": name, "value": name, "is_other": false, "stats": order }]);
        functions.push(function);
    }
    serde_json::from_value(snapshot).unwrap()
}

/// Names that nobody would choose, and what chance brings.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> =
        ["", "\n", "\"", "\\", "\\n", "a\\", "{}", "le", "ü\u{2028}\u{feff}\0\u{85}", "{{ $labels.x }}", "'", "# EOF"]
            .map(Into::into)
            .into();
    let strategy = "[\\PC\\x00-\\x20\"\\\\{}=,#]{0,12}";
    let mut runner = TestRunner::deterministic();
    names.extend((0..200).map(|_| strategy.new_tree(&mut runner).unwrap().current()));
    names.sort();
    names.dedup();
    names
}

fn text(snapshot: &Snapshot, format: Format) -> String {
    String::from_utf8(render(snapshot, format)).unwrap()
}

#[test]
fn promtool_finds_nothing_to_say_about_names_and_help() {
    assert_eq!(promtool(&["check", "metrics"], &text(world(), Format::Text)), Ok(String::new()));
}

#[test]
fn promtool_takes_metrics_whatever_functions_are_called() {
    assert_eq!(promtool(&["check", "metrics"], &text(&with_names(&hostile()), Format::Text)), Ok(String::new()));
}

#[test]
fn promtool_takes_the_rules_whatever_functions_are_called() {
    for snapshot in [world(), &with_names(&hostile())] {
        let said = promtool(&["check", "rules"], &rules(snapshot)).unwrap();
        assert!(said.contains(" rules found"), "{said}");
    }
}

/// Samples by name and labels; none may be there twice.
fn by_series(samples: &[Sample]) -> BTreeMap<(String, BTreeMap<String, String>), f64> {
    let mut all = BTreeMap::new();
    for sample in samples {
        let series = (sample.name.clone(), sample.labels.clone());
        assert_eq!(all.insert(series, sample.value), None, "{sample:?} is there twice");
    }
    all
}

#[test]
fn pythons_library_reads_the_same_from_both_text_formats() {
    let in_text = by_series(&python(&text(world(), Format::Text), false));
    let in_open = by_series(&python(&text(world(), Format::OpenMetrics), true));
    let series = |all: &BTreeMap<_, _>| all.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(series(&in_text), series(&in_open));
    for (series, value) in &in_text {
        assert!(in_open[series] == *value || value.is_nan(), "{series:?}: {value} and {}", in_open[series]);
    }
    let value = |name: &str, labels: &[(&str, &str)]| {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let series = (name.to_owned(), labels);
        *in_open.get(&series).unwrap_or_else(|| panic!("{series:?} is not there"))
    };
    let order = "prometheus::order";
    let takes = "prometheus::takes";
    assert_eq!(value("perf_function_calls_total", &[("function", takes)]), 1000.0);
    assert_eq!(value("perf_function_errors_total", &[("function", order)]), 1.0);
    assert_eq!(value("perf_function_duration_seconds_bucket", &[("function", takes), ("le", "0.25")]), 500.0);
    assert_eq!(value("perf_function_duration_seconds_count", &[("function", takes)]), 1000.0);
    let squares: u64 = (1..=1000).map(|n| n * n).sum();
    let sum = value("perf_function_duration_seconds_sum", &[("function", takes)]);
    assert!((sum - squares as f64 / 1e6).abs() < 1e-6, "{sum}");
    assert_eq!(
        value("perf_label_calls_total", &[("function", order), ("label", "kind"), ("value", "\"quoted\"\\\n")]),
        1.0
    );
    assert_eq!(value("perf_objective_broken_calls_total", &[("function", order), ("objective", "errors")]), 1.0);
    let breaker = [("guard", "prometheus::quote"), ("kind", "circuit_breaker")];
    assert_eq!(value("perf_guard_admitted_total", &breaker), 1.0);
    assert_eq!(value("perf_guard_state", &[breaker[0], breaker[1], ("state", "closed")]), 1.0);
    assert_eq!(value("perf_guard_state", &[breaker[0], breaker[1], ("state", "open")]), 0.0);
    assert_eq!(value("perf_queue_sent_total", &[("queue", "orders"), ("kind", "std"), ("capacity", "10")]), 1.0);
    // Metrics of the program's own: two names that become one, and one of ours.
    assert_eq!(value("http_requests_total", &[("route", "/cart\n\"")]), 3.0);
    assert_eq!(value("http_requests_total", &[("route", "/")]), 1.0);
    assert_eq!(value("own_perf_uptime_seconds", &[]), 1.0);
    assert_eq!(value("request_bytes_bucket", &[("le", "16384.0")]), 2.0);
    assert!(value("process_resident_memory_bytes", &[]) > 0.0);
}

#[test]
fn slowest_calls_are_exemplars_of_their_buckets() {
    let samples = python(&text(world(), Format::OpenMetrics), true);
    let with_exemplars: Vec<&Sample> = samples
        .iter()
        .filter(|sample| sample.exemplar.is_some() && sample.labels["function"] == "prometheus::takes")
        .filter(|sample| sample.name == "perf_function_duration_seconds_bucket")
        .collect();
    let [sample] = with_exemplars[..] else { panic!("all slow calls are in one bucket: {with_exemplars:?}") };
    let (labels, value) = sample.exemplar.as_ref().unwrap();
    assert_eq!(labels, &BTreeMap::from([("trace_id".to_owned(), format!("{TRACE:032x}"))]));
    assert_eq!((sample.labels["le"].as_str(), *value), ("1.0", 1.0));
    assert!(python(&text(world(), Format::Text), false).iter().all(|sample| sample.exemplar.is_none()));
}

#[test]
fn when_counting_began_is_told_by_formats_that_know_it() {
    let created = std::time::UNIX_EPOCH + Duration::from_millis(1_500);
    let options = Options { created: Some(created), prefix: "app".into(), ..Options::default() };
    let text = String::from_utf8(render_with(world(), Format::OpenMetrics, &options)).unwrap();
    let samples = python(&text, true);
    let of = |name: &str| samples.iter().filter(|sample| sample.name == name).count();
    assert_eq!(of("app_function_calls_created"), of("app_function_calls_total"));
    assert!(of("app_function_duration_seconds_created") > 0);
    assert!(samples.iter().filter(|sample| sample.name.ends_with("_created")).all(|sample| sample.value == 1.5));
    let text = String::from_utf8(render_with(world(), Format::Text, &options)).unwrap();
    assert!(!text.contains("_created"));
}

#[test]
fn whatever_functions_and_labels_are_called_is_read_back() {
    let names = hostile();
    let snapshot = with_names(&names);
    for (format, is_open) in [(Format::Text, false), (Format::OpenMetrics, true)] {
        let samples = python(&text(&snapshot, format), is_open);
        by_series(&samples);
        let values = |name: &str, label: &str| -> HashSet<String> {
            let found = samples.iter().filter(|sample| sample.name == name);
            found.map(|sample| sample.labels.get(label).cloned().unwrap_or_default()).collect()
        };
        for name in &names {
            assert!(values("perf_function_calls_total", "function").contains(name), "{name:?}");
            assert!(values("perf_label_calls_total", "value").contains(name), "{name:?}");
            assert!(values("perf_function_info", "module").contains(name), "{name:?}");
        }
    }
}

#[test]
fn functions_of_one_name_are_one_series() {
    let twice = with_names(&["twin".into(), "twin".into()]);
    let samples = by_series(&python(&text(&twice, Format::OpenMetrics), true));
    let labels = BTreeMap::from([("function".to_owned(), "twin".to_owned())]);
    assert_eq!(samples[&("perf_function_calls_total".to_owned(), labels.clone())], 10.0);
    assert_eq!(samples[&("perf_function_duration_seconds_count".to_owned(), labels)], 10.0);
}

#[test]
fn what_counts_never_falls_while_the_program_runs() {
    /// A call of a nanosecond or two, less than the clock tells: some seem to take less than nothing.
    #[profiled(sample = 0.3)]
    fn brief(n: u64) {
        clock().increment(Duration::from_nanos(n % 3));
    }
    world();
    let mut before = BTreeMap::new();
    let mut grown = HashSet::new();
    for round in 0..30 {
        (0..200).for_each(|n| brief(n * round));
        let _ = order("word");
        let now = perf_runtime::snapshot();
        let samples = text(&now, Format::Text);
        let counts = |line: &&str| {
            let name = line.split(['{', ' ']).next().unwrap_or_default();
            ["_total", "_bucket", "_sum", "_count"].iter().any(|suffix| name.ends_with(suffix))
        };
        for line in samples.lines().filter(|line| !line.starts_with('#')).filter(counts) {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap();
            if let Some(before) = before.insert(series.to_owned(), value) {
                assert!(before <= value, "{series} was {before} and is {value}");
                if before < value {
                    grown.insert(series.to_owned());
                }
            }
        }
    }
    let brief = "{function=\"prometheus::what_counts_never_falls_while_the_program_runs::brief\"}";
    for name in ["calls_total", "duration_seconds_count", "duration_seconds_sum"] {
        assert!(grown.contains(&format!("perf_function_{name}{brief}")), "{name}: {grown:?}");
    }
}

#[test]
fn the_endpoint_answers_in_the_format_that_is_asked_for() {
    clock();
    let server = perf_export::serve::builder().address("127.0.0.1:0").unwrap().start().unwrap();
    let address: SocketAddr = server.address().unwrap();
    for format in [Format::Text, Format::OpenMetrics, Format::Protobuf] {
        let (head, body) = get(address, "/metrics", format.content_type());
        assert!(head.contains(&format!("content-type: {}\r\n", format.content_type())), "{head}");
        assert!(
            body.windows(16).any(|part| part == b"perf_build_info{" || part == b"perf_build_info\x12"),
            "{format:?}"
        );
    }
}

/// Where the classic bucket of a duration begins and ends.
fn bucket_of(seconds: f64) -> (f64, f64) {
    let bounds: Vec<f64> = Options::default().buckets.iter().map(Duration::as_secs_f64).collect();
    let at = bounds.partition_point(|bound| *bound < seconds);
    (if at == 0 { 0.0 } else { bounds[at - 1] }, bounds[at])
}

const QUANTILES: [f64; 4] = [0.1, 0.5, 0.95, 0.99];

fn own_quantile(q: f64) -> f64 {
    world().function("takes").unwrap().latency().quantile(q).value.as_secs_f64()
}

#[test]
fn prometheus_finds_our_quantiles_in_classic_histograms() {
    let server = Server::new(|| world().clone());
    let prometheus = Prometheus::start("classic", server.address, None, &["--enable-feature=exemplar-storage"]);
    for q in QUANTILES {
        let query = format!("histogram_quantile({q}, perf_function_duration_seconds_bucket{{function=~\".*takes\"}})");
        let found = prometheus.value(&query);
        let own = own_quantile(q);
        let (low, high) = bucket_of(own);
        assert!(low <= found && found <= high, "{q}: {found}, and {own} is from {low} to {high}");
    }
    assert_eq!(prometheus.value("sum(perf_function_calls_total{function=~\".*takes\"})"), 1000.0);
    assert_eq!(prometheus.value("up"), 1.0);
    let exemplars = prometheus.exemplars("perf_function_duration_seconds_bucket{function=~\".*takes\"}");
    let [exemplar] = exemplars.as_slice() else { panic!("{exemplars:?}") };
    assert_eq!(exemplar["exemplars"][0]["labels"]["trace_id"], format!("{TRACE:032x}"));
    let formats = server.formats();
    assert!(formats.contains(&Format::OpenMetrics) && !formats.contains(&Format::Protobuf), "{formats:?}");
}

/// A name that rules and queries have to quote, and templates would take for theirs.
#[profiled(name = "\"it's\" {{ $labels.x }}\\", slo(errors = 0.01))]
fn fails() -> Result<(), ()> {
    Err(())
}

#[circuit_breaker]
fn refused() -> Result<(), Box<dyn std::error::Error>> {
    Err("nobody is there".into())
}

/// More happens from one scrape to the next.
fn live() -> Snapshot {
    let _ = (order("word"), order("bad"), fails(), refused());
    takes(3);
    perf_runtime::snapshot()
}

#[test]
fn prometheus_evaluates_the_rules_and_answers_the_dashboard() {
    let all = world();
    for _ in 0..1_000 {
        let _ = (fails(), refused());
    }
    let server = Server::new(live);
    let prometheus = Prometheus::start("rules", server.address, Some(&rules(&live())), &[]);
    let query = "count(function:perf_function_failures:ratio_rate5m)";
    assert!(prometheus.value(query) >= 2.0);
    for rule in prometheus.rules() {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    let alerts = |name: &str, label: &str| -> Vec<String> {
        let found = prometheus.results(&format!("ALERTS{{alertname=\"{name}\"}}"));
        found.iter().map(|alert| alert["metric"][label].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(alerts("PerfBreakerOpen", "guard"), ["prometheus::refused"]);
    let burning = alerts("PerfObjectiveBurning", "function");
    assert!(burning.contains(&"\"it's\" {{ $labels.x }}\\".into()), "{burning:?}");

    let board: Value = serde_json::from_str(&dashboard(all)).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let targets: Vec<&Value> = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten().collect();
    assert!(targets.len() > 20, "{targets:?}");
    for target in targets {
        let query = target["expr"].as_str().unwrap();
        let query = query.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$function", ".*");
        // Nothing is held to a budget where all calls are timed.
        if query.starts_with("perf_overhead_budget_ratio") {
            assert_eq!((all.overhead().budget(), prometheus.query(&query)["status"].as_str()), (None, Some("success")));
        } else {
            assert!(!prometheus.results(&query).is_empty());
        }
    }
}

#[test]
fn grafana_knows_every_field_of_the_dashboard() {
    let board: Value = serde_json::from_str(&dashboard(world())).unwrap();
    assert_eq!(grafana(&[("dashboard".to_owned(), board)]), "");
}

#[test]
fn what_grafana_does_not_know_is_found_in_a_dashboard() {
    let board: Value = serde_json::from_str(&dashboard(world())).unwrap();
    let heat_map = board["panels"].as_array().unwrap().iter().position(|panel| panel["type"] == "heatmap").unwrap();
    let wrong = [
        (String::new(), "refreshes", json!("30s")),
        (String::new(), "schemaVersion", json!("39")),
        ("/templating/list/1".to_owned(), "includesAll", json!(true)),
        ("/templating/list/1".to_owned(), "sort", json!("up")),
        ("/panels/0".to_owned(), "collapsed", json!("no")),
        ("/panels/1".to_owned(), "kind", json!("timeseries")),
        ("/panels/1".to_owned(), "type", json!("time_series")),
        ("/panels/1/gridPos".to_owned(), "width", json!(8)),
        ("/panels/1/datasource".to_owned(), "type", json!("loki")),
        ("/panels/1/fieldConfig/defaults".to_owned(), "units", json!("s")),
        ("/panels/1/targets/0".to_owned(), "query", json!("up")),
        ("/panels/1/targets/0".to_owned(), "format", json!("timeseries")),
        (format!("/panels/{heat_map}/options"), "cellSpace", json!(0)),
        (format!("/panels/{heat_map}/options/yAxis"), "units", json!("s")),
        (format!("/panels/{heat_map}/options/color"), "mode", json!("schema")),
    ];
    let boards = wrong.iter().enumerate().map(|(at, (place, key, value))| {
        let mut board = board.clone();
        board.pointer_mut(place).unwrap()[key] = value.clone();
        (format!("wrong{at}"), board)
    });
    let said = grafana(&boards.collect::<Vec<_>>());
    for (at, (place, key, _)) in wrong.iter().enumerate() {
        for version in ["Newest", "Oldest"] {
            assert!(said.contains(&format!("wrong{at}-{version}.ts(")), "{place}/{key}, {version}:\n{said}");
        }
    }
}

#[test]
fn prometheus_finds_our_quantiles_in_native_histograms_to_a_hundredth() {
    let server = Server::new(|| world().clone());
    let prometheus = Prometheus::start("native", server.address, None, &["--enable-feature=native-histograms"]);
    for q in QUANTILES {
        let query = format!("histogram_quantile({q}, perf_function_duration_seconds{{function=~\".*takes\"}})");
        let (found, own) = (prometheus.value(&query), own_quantile(q));
        assert!((found / own - 1.0).abs() < 0.01, "{q}: {found}, and it is {own}");
    }
    let sum = prometheus.value("histogram_sum(perf_function_duration_seconds{function=~\".*takes\"})");
    assert!((sum - (1..=1000_u64).map(|n| n * n).sum::<u64>() as f64 / 1e6).abs() < 1e-6, "{sum}");
    assert_eq!(prometheus.value("histogram_count(request_bytes)"), 3.0);
    assert!(server.formats().contains(&Format::Protobuf));
}

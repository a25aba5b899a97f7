//! Metrics are those of the snapshot.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use perf_export::otlp::{Compression, Temporality};
use perf_runtime::{Latency, profiled, snapshot};
use serde_json::Value;

use super::decoded::{find, points};
use super::receiver::{Answer, Receiver};
use super::{LONG, alone, exporter, pass, until};

const PATH: &str = "/v1/metrics";
const SHARES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 1.0];

#[profiled(sample = "always", label(kind = if nanos.is_multiple_of(2) { "even" } else { "odd" }), in_flight, slo(errors = 0.5))]
fn lasts(nanos: u64) -> Result<(), ()> {
    pass(Duration::from_nanos(nanos));
    if nanos.is_multiple_of(5) { Err(()) } else { Ok(()) }
}

/// From 100 ns to some seconds.
fn calls() {
    for n in 0..1500_i32 {
        let _ = lasts(100 + 1.0117_f64.powi(n) as u64);
    }
}

fn number(point: &Value, key: &str) -> f64 {
    point[key].as_f64().unwrap_or_else(|| panic!("{point} has no number {key}"))
}

fn is_near(value: f64, expected: f64, share: f64) -> bool {
    (value - expected).abs() <= expected.abs() * share
}

fn assert_histogram(point: &Value, latency: &Latency) {
    assert_eq!((point["kind"].as_str(), point["unit"].as_str()), (Some("exponential_histogram"), Some("s")));
    assert_eq!(point["count"], latency.count());
    for (key, exact) in [("sum", latency.sum()), ("min", latency.min()), ("max", latency.max())] {
        assert!(is_near(number(point, key), exact.as_secs_f64(), 1e-9), "{key} of {point}");
    }
    for (at, share) in SHARES.into_iter().enumerate() {
        let (told, known) = (point["quantiles"][at].as_f64().unwrap(), latency.quantile(share).value.as_secs_f64());
        assert!(is_near(told, known, 0.01), "{share}: {told} for {known}");
    }
}

#[test]
fn metrics_are_those_of_the_snapshot() {
    let _alone = alone();
    perf_runtime::process::start();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port())
        .service_name("shop")
        .attribute("deployment.environment.name", "test, and more")
        .header("x-api-key", "secret")
        .start()
        .unwrap();
    calls();
    let snapshot = snapshot();
    assert!(exporter.flush(LONG), "{}", exporter.stats());
    let requests = receiver.requests(PATH);
    assert_eq!(requests[0].header("x-api-key"), Some("secret"));
    let points = points(&requests);
    let function = snapshot.function("lasts").unwrap();
    let named = &[("code.function.name", function.name())][..];
    let value = |name: &str| find(&points, name, named)["value"].clone();
    assert_eq!(value("perf.function.calls"), function.calls());
    assert_eq!(value("perf.function.errors"), function.errors());
    assert_eq!(value("perf.function.samples"), function.samples());
    assert_eq!((value("perf.function.in_flight"), value("perf.function.in_flight.peak")), (0.into(), 1.0.into()));
    assert!(function.errors() > 0 && function.latency().count() == function.calls());
    let calls = find(&points, "perf.function.calls", named);
    assert_eq!((&calls["kind"], &calls["monotonic"], &calls["temporality"]), (&"sum".into(), &true.into(), &2.into()));
    assert_histogram(find(&points, "perf.function.duration", named), function.latency());
    for label in function.labels() {
        let attributes = &[named[0], ("perf.label.key", "kind"), ("perf.label.value", label.value())];
        assert_eq!(find(&points, "perf.function.label.calls", attributes)["value"], label.calls());
        assert_histogram(find(&points, "perf.function.label.duration", attributes), label.latency());
    }
    let left = find(&points, "perf.function.objective.budget_left", &[named[0], ("perf.objective.name", "errors")]);
    assert!(is_near(
        number(left, "value"),
        function.objective().unwrap().clause("errors").unwrap().budget_left(),
        1e-9
    ));
    assert!(number(find(&points, "process.cpu.time", &[("cpu.mode", "user")]), "value") > 0.0);
    assert!(number(find(&points, "process.memory.usage", &[]), "value") > 0.0);
    find(&points, "perf.overhead.time", &[("perf.overhead.part", "exporting")]);
    for point in &points {
        assert_eq!(point["resource"]["service.name"], "shop");
        assert_eq!(point["resource"]["deployment.environment.name"], "test, and more");
        assert_eq!(point["resource"]["process.pid"], std::process::id());
        assert_eq!(point["scope"], "perf-runtime");
        assert!(point["time"].as_u64() > point["start"].as_u64(), "{point}");
    }
    let stats = exporter.stats().metrics;
    assert_eq!((stats.delivered, stats.dropped, stats.queued), (points.len() as u64, 0, 0));
    perf_runtime::process::stop();
}

#[test]
fn what_counts_from_the_start_never_falls_and_goes_on_from_the_same_moment() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).compression(Compression::Gzip).start().unwrap();
    calls();
    assert!(exporter.flush(LONG));
    calls();
    assert!(exporter.flush(LONG));
    let requests = receiver.requests(PATH);
    assert_eq!(requests[0].header("content-encoding"), Some("gzip"));
    let (first, second) = (points(&requests[..1]), points(&requests[1..]));
    let mut sums = 0;
    for before in first.iter().filter(|point| point["monotonic"] == true) {
        let after = second.iter().find(|p| (&p["name"], &p["attributes"]) == (&before["name"], &before["attributes"]));
        let after = after.unwrap_or_else(|| panic!("{before} is there no more"));
        assert!(number(after, "value") >= number(before, "value"), "{before} {after}");
        assert_eq!(after["start"], before["start"]);
        sums += 1;
    }
    assert!(sums > 5);
    let name = snapshot().function("lasts").unwrap().name().to_owned();
    let [before, after] =
        [&first, &second].map(|points| find(points, "perf.function.duration", &[("code.function.name", &name)]));
    assert!(number(after, "count") >= number(before, "count") + 1500.0 && number(after, "sum") > number(before, "sum"));
    for (bucket, count) in before["buckets"].as_object().unwrap() {
        assert!(after["buckets"][bucket].as_u64() >= count.as_u64(), "{bucket}");
    }
    perf_runtime::reset();
    calls();
    assert!(exporter.flush(LONG));
    let third = points(&receiver.requests(PATH)[2..]);
    let reset = find(&third, "perf.function.calls", &[("code.function.name", &name)]);
    assert_eq!(reset["value"], 1500);
    assert!(reset["start"].as_u64() >= after["time"].as_u64(), "counts that begin anew say so");
}

#[profiled(sample = "always")]
fn differs() {
    pass(Duration::from_micros(3));
}

#[test]
fn differences_are_those_between_requests() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).temporality(Temporality::Delta).start().unwrap();
    let mut seen = Vec::new();
    for calls in [10, 3, 0, 5] {
        (0..calls).for_each(|_| differs());
        let before = receiver.requests(PATH).len();
        assert!(exporter.flush(LONG));
        seen.push(points(&receiver.requests(PATH)[before..]));
    }
    let name = snapshot().function("differs").unwrap().name().to_owned();
    let of_function = &[("code.function.name", &*name)][..];
    for (at, calls) in [(0, 10), (1, 3), (3, 5)] {
        let counted = find(&seen[at], "perf.function.calls", of_function);
        assert_eq!((&counted["value"], &counted["temporality"]), (&calls.into(), &1.into()));
        let lasted = find(&seen[at], "perf.function.duration", of_function);
        assert_eq!(lasted["count"], calls);
        assert!(is_near(number(lasted, "sum"), f64::from(calls) * 3e-6, 1e-6), "{lasted}");
    }
    let is_there = |points: &[Value], name: &str| {
        points
            .iter()
            .any(|point| point["name"] == name && point["attributes"]["code.function.name"] == of_function[0].1)
    };
    assert!(!is_there(&seen[2], "perf.function.calls"), "nothing happened");
    assert!(is_there(&seen[2], "perf.function.time"), "what is so now is told nevertheless");
    let counted = |at: usize| {
        find(&seen[at], "perf.export.items", &[("perf.export.outcome", "delivered"), ("perf.export.signal", "metrics")])
    };
    assert_eq!(counted(1)["temporality"], 2, "what may fall is not told as a difference");
    let span = |at: usize| {
        let point = find(&seen[at], "perf.function.calls", of_function);
        (point["start"].as_u64().unwrap(), point["time"].as_u64().unwrap())
    };
    assert_eq!(span(1).0, span(0).1, "one goes on where the other ended");
}

#[profiled(sample = "always")]
fn passed_on() {
    pass(Duration::from_millis(2));
}

/// A collector that passes on what it gets.
struct Rotel(Child);

impl Rotel {
    fn start(port: u16, to: u16) -> Self {
        let python = outside::python(&["rotel"]);
        let script = "import os, rotel; print(os.path.join(os.path.dirname(rotel.__file__), 'rotel-agent'), end='')";
        let output = Command::new(python).args(["-c", script]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let agent = PathBuf::from(String::from_utf8(output.stdout).unwrap());
        let grpc = free_port();
        let mut command = Command::new(agent);
        command.arg("start").args(["--otlp-http-endpoint", &format!("127.0.0.1:{port}")]);
        command.args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")]);
        command.args(["--exporter", "otlp", "--otlp-exporter-protocol", "http"]);
        command.args(["--otlp-exporter-endpoint", &format!("http://127.0.0.1:{to}")]);
        command.args(["--otlp-exporter-compression", "none", "--batch-timeout", "100ms"]);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_collector_takes_it_and_passes_on_the_same() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let port = free_port();
    // It comes up after the exporter: nobody has to wait for it.
    let exporter = exporter(port).service_name("passed").start().unwrap();
    let _rotel = Rotel::start(port, receiver.port());
    for _ in 0..7 {
        passed_on();
    }
    exporter.flush(Duration::from_millis(1));
    until("the collector takes it", || exporter.stats().metrics.delivered > 0);
    let snapshot = snapshot();
    let function = snapshot.function("passed_on").unwrap();
    until("the collector passes it on", || !receiver.requests(PATH).is_empty());
    let points = points(&receiver.requests(PATH)[..1]);
    let named = &[("code.function.name", function.name())];
    assert_eq!(find(&points, "perf.function.calls", named)["value"], 7);
    assert_histogram(find(&points, "perf.function.duration", named), function.latency());
    assert_eq!(points[0]["resource"]["service.name"], "passed");
    let stats = exporter.stats();
    assert_eq!((stats.metrics.rejected, stats.metrics.dropped), (0, 0), "{stats}");
}

#[perf_runtime::rate_limited(name = "front", rate = "2/h", burst = 2)]
#[profiled]
fn guarded() -> Result<(), perf_runtime::Rejected> {
    Ok(())
}

#[test]
fn guards_queues_locks_and_metrics_of_the_programs_own_are_told_under_their_names() {
    use perf_runtime::sync::{Mutex, mpsc};

    let _alone = alone();
    perf_runtime::metrics::install().unwrap();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).start().unwrap();

    let refused = (0..5).filter(|_| guarded().is_err()).count();
    assert_eq!(refused, 3);
    let (sender, receiving) = mpsc::sync_channel("orders", 10);
    (0..4).for_each(|n| sender.send(n).unwrap());
    pass(Duration::from_millis(7));
    receiving.recv().unwrap();
    *Mutex::named("accounts", 1).lock().unwrap() += 1;
    metrics::describe_histogram!("basket.size", metrics::Unit::Bytes, "What is bought at a time.");
    metrics::counter!("sales.total", "shop" => "north").increment(41);
    metrics::gauge!("shelves.free").set(-2.5);
    let sizes = [0.002, 3.0, 3.0, 70_000.0, 0.0];
    for size in sizes {
        metrics::histogram!("basket.size").record(size);
    }

    assert!(exporter.flush(LONG), "{}", exporter.stats());
    let points = points(&receiver.requests(PATH));
    let value = |name: &str, attributes: &[(&str, &str)]| find(&points, name, attributes)["value"].clone();
    let front = ("perf.guard.name", "front");
    assert_eq!(value("perf.guard.admitted", &[front, ("perf.guard.kind", "rate_limited")]), 2);
    assert_eq!(value("perf.guard.refused", &[front, ("perf.guard.reason", "rate_limited")]), 3);
    assert_eq!(value("perf.guard.number.burst", &[front]), 2.0);
    let orders = ("perf.queue.name", "orders");
    assert_eq!((value("perf.queue.sent", &[orders]), value("perf.queue.depth", &[orders])), (4.into(), 3.into()));
    assert_eq!(find(&points, "perf.queue.depth", &[orders])["monotonic"], false);
    let wait = find(&points, "perf.queue.wait", &[orders]);
    assert!(wait["count"] == 1 && is_near(number(wait, "sum"), 0.007, 1e-6), "{wait}");
    assert!(is_near(wait["quantiles"][0].as_f64().unwrap(), 0.007, 0.04), "{wait}");
    let accounts = ("perf.lock.name", "accounts");
    assert_eq!(value("perf.lock.acquired", &[accounts, ("perf.lock.mode", "exclusive")]), 1);
    let sales = find(&points, "sales.total", &[("shop", "north")]);
    assert_eq!((&sales["value"], &sales["monotonic"]), (&41.into(), &true.into()));
    assert_eq!(
        (value("shelves.free", &[]), &find(&points, "shelves.free", &[])["kind"]),
        ((-2.5).into(), &"gauge".into())
    );
    let basket = find(&points, "basket.size", &[]);
    assert_eq!((&basket["unit"], &basket["description"]), (&"By".into(), &"What is bought at a time.".into()));
    assert_eq!((&basket["count"], number(basket, "sum")), (&5.into(), sizes.iter().sum()));
    assert_eq!((number(basket, "min"), number(basket, "max")), (0.0, 70_000.0));
    for (at, size) in [(0, 3.0), (1, 70_000.0)] {
        assert!(is_near(basket["quantiles"][at].as_f64().unwrap(), size, 0.04), "{basket}");
    }
}

#[profiled(name = "twin")]
fn elder() {}

#[profiled(name = "twin")]
fn younger() {}

#[test]
fn functions_of_one_name_are_told_apart_by_their_places() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).start().unwrap();
    elder();
    (0..2).for_each(|_| younger());
    assert!(exporter.flush(LONG));
    let points = points(&receiver.requests(PATH));
    let mut twins: Vec<_> = points
        .iter()
        .filter(|point| point["name"] == "perf.function.calls" && point["attributes"]["code.function.name"] == "twin")
        .map(|point| (point["attributes"]["code.line.number"].as_u64().unwrap(), point["value"].as_u64().unwrap()))
        .collect();
    twins.sort_unstable();
    assert_eq!(twins.iter().map(|(_, calls)| *calls).collect::<Vec<_>>(), [1, 2]);
}

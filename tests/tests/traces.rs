//! The most recent traces: on a clock that only moves when told to, so that every time is known.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use perf_runtime::{
    Config, Context as Place, KeepTraces, Outcome, Trace, in_current, keep_traces, keep_traces_for, profiled,
    set_config, snapshot, traces,
};
use tests::still;

/// Nobody else's time passes, `kept` traces are kept, and none of those before.
fn alone(kept: u32) -> MutexGuard<'static, ()> {
    let alone = still::alone(&Config::production());
    set_config(Config { traces: 0, ..Config::production() }).unwrap();
    set_config(Config { traces: kept, ..Config::production() }).unwrap();
    pass(10_000);
    perf_runtime::drain();
    assert_eq!(traces(), []);
    alone
}

fn pass(micros: u64) {
    still::pass(micros_of(micros));
}

fn micros_of(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

fn short(name: &str) -> &str {
    name.rsplit("::").next().unwrap()
}

/// Each call with its parent, its beginning and its duration in microseconds.
fn calls(trace: &Trace) -> Vec<(&str, Option<usize>, u64, u64)> {
    let micros = |time: Duration| time.as_micros() as u64;
    trace
        .calls()
        .iter()
        .map(|call| (short(&call.name), call.parent, micros(call.start), micros(call.duration)))
        .collect()
}

fn names(traces: &[Trace]) -> Vec<&str> {
    traces.iter().map(|trace| short(&trace.calls()[0].name)).collect()
}

#[profiled(sample = "always")]
fn serve() {
    pass(10);
    parse(3);
    pass(5);
    parse(4);
    answer();
    pass(2);
}

#[profiled]
fn parse(micros: u64) {
    pass(micros);
}

#[profiled]
fn answer() {
    pass(20);
    parse(1);
}

#[test]
fn each_call_is_below_the_one_around_it_and_begins_and_ends_when_it_did() {
    let _alone = alone(10);
    let uptime = snapshot().uptime();
    pass(7);
    serve();
    let traces = traces();
    let [trace] = &traces[..] else { panic!("{traces:?}") };
    assert_eq!(
        calls(trace),
        [
            ("serve", None, 0, 45),
            ("parse", Some(0), 10, 3),
            ("parse", Some(0), 18, 4),
            ("answer", Some(0), 22, 21),
            ("parse", Some(3), 42, 1)
        ]
    );
    assert_eq!((trace.start(), trace.duration()), (uptime + micros_of(7), micros_of(45)));
    assert_eq!((trace.weight(), trace.below().len(), trace.is_handed_over()), (1, 0, false));
    assert!(trace.calls().iter().all(|call| !call.is_poll && !call.is_resumed));
}

#[test]
fn a_trace_is_printed_with_a_line_for_each_call() {
    let _alone = alone(10);
    serve();
    let text = traces()[0].to_string();
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "<1 ns   45.0 µs  traces::serve",
            "10.0 µs   3.00 µs    traces::parse",
            "18.0 µs   4.00 µs    traces::parse",
            "22.0 µs   21.0 µs    traces::answer",
            "42.0 µs   1.00 µs      traces::parse"
        ],
        "{text}"
    );
}

#[test]
fn calls_of_two_threads_are_told_apart_also_where_their_names_are_the_same() {
    let _alone = alone(10);
    serve();
    for _ in 0..2 {
        let worker = thread::Builder::new().name("one of the workers".to_owned());
        worker.spawn(|| [serve(), serve()]).unwrap().join().unwrap();
    }
    thread::spawn(serve).join().unwrap();
    let traces = traces();
    let numbers: Vec<u64> = traces.iter().map(Trace::thread_number).collect();
    assert_eq!(numbers[1], numbers[2]);
    assert_eq!(numbers[3], numbers[4]);
    let mut different = [0, 1, 3, 5].map(|at| numbers[at]);
    different.sort_unstable();
    assert!(different.windows(2).all(|two| two[0] < two[1]), "{numbers:?}");
    assert_eq!(traces[1].thread(), "one of the workers");
    assert_eq!(traces[0].thread(), "calls_of_two_threads_are_told…");
    assert!(traces[5].thread().starts_with("ThreadId("), "{}", traces[5].thread());
}

#[test]
fn those_that_ended_last_come_last_whatever_the_thread() {
    let _alone = alone(10);
    let (begin, turns) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel();
    // The thread's traces wait in rings of its own while others come and go.
    let other = thread::spawn(move || {
        for () in turns {
            answer_always();
            end.send(()).unwrap();
        }
    });
    for _ in 0..3 {
        serve();
        begin.send(()).unwrap();
        ended.recv().unwrap();
    }
    drop(begin);
    other.join().unwrap();
    let traces = traces();
    assert_eq!(names(&traces), ["serve", "answer_always", "serve", "answer_always", "serve", "answer_always"]);
    assert!(traces.windows(2).all(|two| two[0].number() + 1 == two[1].number()));
    assert!(traces.windows(2).all(|two| two[0].start() + two[0].duration() <= two[1].start()));
}

#[profiled(sample = "always")]
fn answer_always() {
    pass(1);
}

/// Pending once, for a while.
#[derive(Default)]
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        pass(1);
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[profiled(sample = "always")]
async fn request() {
    pass(3);
    lookup().await;
    parse(2);
}

#[profiled]
async fn lookup() {
    pass(4);
    Yield::default().await;
}

#[test]
fn each_poll_of_a_future_is_a_trace_and_says_whether_the_call_began_with_it() {
    let _alone = alone(10);
    let mut future = pin!(request());
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    pass(1000);
    assert!(future.as_mut().poll(&mut context).is_ready());
    let traces = traces();
    let [first, second] = &traces[..] else { panic!("{traces:?}") };
    assert_eq!(calls(first), [("request", None, 0, 8), ("lookup", Some(0), 3, 5)]);
    assert_eq!(calls(second), [("request", None, 0, 3), ("lookup", Some(0), 0, 1), ("parse", Some(0), 1, 2)]);
    assert_eq!(second.start(), first.start() + micros_of(1008));
    assert_eq!(first.call(), second.call(), "of one call");
    let polls = |trace: &Trace| trace.calls().iter().map(|call| (call.is_poll, call.is_resumed)).collect::<Vec<_>>();
    assert_eq!(polls(first), [(true, false), (true, false)]);
    assert_eq!(polls(second), [(true, true), (true, true), (false, false)]);
}

#[profiled(sample = "always")]
fn tries() {
    let _ = fails();
    let _ = std::panic::catch_unwind(panics);
}

#[profiled(sample = "always")]
fn fails() -> Result<(), ()> {
    pass(1);
    Err(())
}

#[profiled(sample = "always")]
fn panics() {
    std::panic::resume_unwind(Box::new("seen in the trace"));
}

#[profiled(sample = "always")]
async fn fails_later() -> Result<(), ()> {
    Yield::default().await;
    Err(())
}

#[test]
fn how_calls_ended_is_known() {
    let _alone = alone(10);
    tries();
    let mut future = pin!(fails_later());
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Err(())));
    let traces = traces();
    let outcomes = |trace: &Trace| trace.calls().iter().map(|call| call.outcome).collect::<Vec<_>>();
    assert_eq!(outcomes(&traces[0]), [Outcome::Ok, Outcome::Error, Outcome::Panicked]);
    assert_eq!([outcomes(&traces[1]), outcomes(&traces[2])], [[Outcome::Ok], [Outcome::Error]]);
    let shown = traces[0].to_string();
    assert!(shown.contains("fails (error)\n") && shown.ends_with("panics (panicked)"), "{shown}");
}

thread_local! {
    /// What the hook says on this thread; 0 is nothing.
    static TRACE_ID: Cell<Option<u128>> = const { Cell::new(None) };
}

/// Is measured itself, as others' code may be.
#[profiled(sample = "always")]
fn trace_id(id: u128) -> Option<u128> {
    pass(1_000);
    (id != 0).then_some(id)
}

#[test]
fn a_trace_is_part_of_the_one_that_the_hook_says() {
    let _alone = alone(10);
    // Slow calls are asked for their trace too.
    set_config(Config { traces: 10, tail: 0, ..Config::production() }).unwrap();
    assert!(perf_runtime::set_trace_id(|| TRACE_ID.get().and_then(trace_id)));
    for id in [0, 1, u128::MAX, 0x8000_0000_0000_0000_0000_0000_0000_0001] {
        TRACE_ID.set(Some(id));
        serve();
    }
    TRACE_ID.set(None);
    let traces = traces();
    let ids: Vec<_> = traces.iter().map(Trace::trace_id).collect();
    assert_eq!(ids, [None, Some(1), Some(u128::MAX), Some(0x8000_0000_0000_0000_0000_0000_0000_0001)]);
    let served = ["serve", "parse", "parse", "answer", "parse"];
    for trace in &traces {
        let names: Vec<&str> = trace.calls().iter().map(|call| short(&call.name)).collect();
        assert_eq!((names, trace.duration()), (served.to_vec(), micros_of(45)), "asking is no part of it");
    }
    assert!(traces[1].to_string().contains(", part of 00000000000000000000000000000001\n"));
}

#[profiled(sample = "always")]
fn hands_over() {
    pass(1);
    let place = Place::current();
    thread::scope(|scope| {
        scope.spawn(|| {
            place.run(|| {
                pass(2);
                parse(3);
                parse(4);
            });
        });
    });
}

#[test]
fn what_was_handed_over_knows_who_handed_it_over() {
    let _alone = alone(10);
    hands_over();
    let traces = traces();
    assert_eq!(traces.len(), 2);
    let handed = traces.iter().find(|trace| trace.is_handed_over()).unwrap();
    assert_eq!(handed.below().map(short).collect::<Vec<_>>(), ["hands_over"]);
    assert_eq!(traces[0].call(), traces[1].call(), "of one call");
    hands_over();
    let again = perf_runtime::traces();
    assert!(again[2..].iter().all(|trace| trace.call() == again[2].call() && trace.call() != handed.call()));
    // It begins with its first call.
    assert_eq!(calls(handed), [("parse", None, 0, 3), ("parse", None, 3, 4)]);
    assert_eq!(handed.duration(), micros_of(7));
    let other = traces.iter().find(|trace| !trace.is_handed_over()).unwrap();
    assert_eq!(handed.start(), other.start() + micros_of(3));
    assert_ne!(handed.thread_number(), other.thread_number());
    drop(in_current(async {}));
}

#[profiled(sample = "always")]
fn run_forever(rounds: u32) {
    for _ in 0..rounds {
        handle();
    }
}

#[profiled(sample = "always")]
fn handle() {
    pass(1);
    parse(1);
}

#[test]
fn below_a_call_that_is_too_long_there_are_traces_that_say_so() {
    let _alone = alone(10);
    run_forever(3000);
    assert_eq!(traces().len(), 10);
    for trace in traces() {
        assert_eq!(trace.below().map(short).collect::<Vec<_>>(), ["run_forever"]);
        assert_eq!(calls(&trace), [("handle", None, 0, 2), ("parse", Some(0), 1, 1)]);
        assert!(!trace.is_handed_over());
    }
}

#[profiled(sample = "always")]
fn deep(depth: u32) {
    pass(1);
    if depth > 0 {
        deep(depth - 1);
    }
    pass(1);
}

#[test]
fn what_is_deeper_than_frames_go_is_within_the_deepest() {
    let _alone = alone(10);
    deep(400);
    let traces = traces();
    let calls = calls(&traces[0]);
    assert_eq!((traces.len(), calls.len()), (1, 401));
    for (at, call) in calls.iter().enumerate().skip(1).take(200) {
        let at = at as u64;
        assert_eq!(*call, ("deep", Some(at as usize - 1), at, 802 - 2 * at));
    }
    assert!(calls[1..].iter().all(|call| call.1.is_some()));
}

#[test]
fn as_many_are_kept_as_are_asked_for_and_numbers_go_on() {
    let _alone = alone(3);
    (0..5).for_each(|_| serve());
    let numbers = || traces().iter().map(Trace::number).collect::<Vec<_>>();
    let first = numbers();
    assert_eq!(first.len(), 3);
    serve();
    assert_eq!(numbers(), [first[1], first[2], first[2] + 1]);
    (0..5).for_each(|_| serve());
    assert_eq!(numbers(), [4, 5, 6].map(|more| first[2] + more), "those that were not kept have numbers too");
}

#[test]
fn nobody_keeps_traces_unless_somebody_asks() {
    let _alone = alone(0);
    let before = snapshot().tree().traces();
    serve();
    assert_eq!(traces(), []);
    assert_eq!(snapshot().tree().traces(), before, "nothing is traced either");
    let asked = [keep_traces(), keep_traces()];
    serve();
    assert_eq!(names(&traces()), ["serve"]);
    let [first, second] = asked;
    drop(first);
    serve();
    assert_eq!(names(&traces()), ["serve", "serve"]);
    drop(second);
    assert_eq!(traces(), []);
    serve();
    assert_eq!(traces(), []);
    assert_eq!(snapshot().tree().traces(), before + 2);
}

#[test]
fn who_asks_for_a_time_has_them_kept_for_so_long() {
    let _alone = alone(0);
    keep_traces_for(micros_of(100));
    keep_traces_for(micros_of(50));
    serve();
    serve();
    assert_eq!(names(&traces()), ["serve", "serve"]);
    pass(9);
    assert_eq!(traces().len(), 2);
    pass(1);
    assert_eq!(traces(), []);
    serve();
    assert_eq!(traces(), []);
}

#[test]
fn a_trace_that_began_before_anybody_asked_is_not_kept() {
    let _alone = alone(0);
    set_config(Config { tree: true, traces: 0, ..Config::production() }).unwrap();
    let _asked = asks_meanwhile();
    assert_eq!(names(&traces()), ["serve"]);
}

#[profiled(sample = "always")]
fn asks_meanwhile() -> KeepTraces {
    let asked = thread::spawn(keep_traces).join().unwrap();
    thread::spawn(serve).join().unwrap();
    asked
}

#[test]
fn traces_are_data() {
    let _alone = alone(10);
    hands_over();
    let kept = traces();
    let json = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Trace>>(&json).unwrap(), kept);
    // Whoever walks from a call to those around it comes to an end.
    let circular = serde_json::to_string(&kept[..1]).unwrap().replace("\"parent\":null", "\"parent\":0");
    let read: Vec<Trace> = serde_json::from_str(&circular).unwrap();
    assert_eq!(read[0].calls()[0].parent, None);
}

#[test]
fn how_many_are_kept_is_bounded() {
    let _alone = alone(10);
    let error = set_config(Config { traces: 4097, ..Config::production() }).unwrap_err();
    assert_eq!(error.to_string(), "`traces` is 4097, and must be from 0 to 4096");
}

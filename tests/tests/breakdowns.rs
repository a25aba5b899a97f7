//! What is known of a function on request: its calls by label and by type, how many are in flight, and how its
//! objective is kept. On a clock that only moves when told to.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Barrier, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use counting::{Counting, allocations};
use perf_runtime::health::Cause;
use perf_runtime::{
    Aim, Clause, Config, Filter, FunctionStats, InFlight, LabelStats, Rejected, Sampling, Snapshot, Window, bulkhead,
    drain, profiled, rate_limited, reset, set_config, snapshot,
};
use tests::{stats, still};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn alone() -> MutexGuard<'static, ()> {
    still::alone(&Config::testing())
}

fn pass(micros: u64) {
    still::pass(Duration::from_micros(micros));
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Key, value and calls of each of a function's labels, in the order of their names.
fn calls(function: &FunctionStats) -> Vec<(&str, &str, u64)> {
    let mut calls: Vec<_> = function.labels().iter().map(|l| (l.key(), l.value(), l.calls())).collect();
    calls.sort_unstable();
    calls
}

fn sum(labels: &[LabelStats]) -> u64 {
    labels.iter().map(|label| label.calls()).sum()
}

#[profiled(label(kind = kind))]
fn query(kind: &str, micros: u64) -> Result<u64, u64> {
    pass(micros);
    match micros {
        13 => panic!("unlucky"),
        odd if odd % 2 == 1 => Err(odd),
        even => Ok(even),
    }
}

#[test]
fn calls_are_told_apart_by_the_value_of_a_label() {
    let _alone = alone();
    reset();
    for micros in 1..=10 {
        let _ = query("word", micros);
    }
    (0..5).for_each(|_| assert_eq!(query("phrase", 100), Ok(100)));
    assert!(catch_unwind(|| query("word", 13)).is_err());
    let query = stats("query");
    let (word, phrase) = (query.label("kind", "word").unwrap(), query.label("kind", "phrase").unwrap());
    assert_eq!((word.calls(), word.errors(), word.panics(), word.samples()), (11, 5, 1, 11));
    assert_eq!((phrase.calls(), phrase.errors(), phrase.panics(), phrase.samples()), (5, 0, 0, 5));
    assert_eq!((word.total(), phrase.total()), (Duration::from_micros(68), Duration::from_micros(500)));
    assert_eq!((query.calls(), query.errors(), query.panics()), (16, 5, 1));
    assert_eq!(query.total(), Duration::from_micros(568));
    assert_eq!(query.labels()[0].value(), "phrase", "the longest comes first");
    assert!(query.label("kind", "prefix").is_none() && query.other("kind").is_none());
}

#[test]
fn labels_are_no_functions_of_their_own() {
    let _alone = alone();
    let _ = (query("a", 2), query("b", 2));
    let snapshot = snapshot();
    let named = snapshot.functions().iter().filter(|function| function.name().ends_with("::query"));
    assert_eq!(named.count(), 1);
}

#[test]
fn a_label_has_windows_as_a_function_has() {
    let _alone = alone();
    let to_the_next_second = || pass(1_000_000 - (snapshot().uptime().as_micros() % 1_000_000) as u64);
    to_the_next_second();
    drain();
    (0..7).for_each(|_| _ = query("windowed", 2));
    to_the_next_second();
    let query = stats("query");
    let second = query.label("kind", "windowed").unwrap().window(Window::Shortest);
    assert_eq!((second.calls, second.errors, second.samples), (7, 0, 7));
}

#[profiled(label(id = id, max = 20))]
fn by_id(id: u64) {
    std::hint::black_box(id);
}

#[test]
fn a_million_values_take_no_memory_and_those_beyond_the_bound_are_counted() {
    let _alone = alone();
    let sites = |snapshot: &Snapshot| snapshot.functions().iter().map(|f| 1 + f.labels().len()).sum::<usize>();
    (0..20).for_each(by_id);
    // One beyond, and whatever else is made once.
    (0..100).for_each(by_id);
    drain();
    let before = sites(&snapshot());
    assert_eq!(allocations(|| (0..1_000_000).for_each(by_id)), 0);
    let by_id = stats("by_id");
    assert_eq!(by_id.calls(), 1_000_120);
    assert_eq!(by_id.labels().len(), 21);
    let other = by_id.labels().last().unwrap();
    assert!(other.is_other() && other.value() == "(other)");
    assert_eq!(by_id.other("id").unwrap().calls(), 1_000_080 - 20);
    assert!((0..20).all(|id: u64| by_id.label("id", &id.to_string()).unwrap().calls() == 3), "who came first stays");
    assert_eq!(sites(&snapshot()), before);
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Round,
}

struct Loud(&'static str);

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!", self.0)
    }
}

#[profiled(label(shown = value.0, text = value.1, truth = value.2 > 3, shape = value.3, owned = name))]
fn of_all_kinds(value: (Loud, &str, i32, Shape), name: String) -> Option<usize> {
    Some(name.len() + value.1.len()).filter(|_| matches!(value.3, Shape::Round))
}

#[test]
fn a_value_is_a_text_or_what_shows_itself() {
    let _alone = alone();
    reset();
    of_all_kinds((Loud("hey"), "text", 4, Shape::Round), "é".repeat(100));
    of_all_kinds((Loud("hey"), "", -4, Shape::Round), String::from("(other)"));
    let of_all_kinds = stats("of_all_kinds");
    let cut = "é".repeat(64);
    assert_eq!(
        calls(&of_all_kinds),
        [
            ("owned", "(other)", 1),
            ("owned", &cut, 1),
            ("shape", "Round", 2),
            ("shown", "hey!", 2),
            ("text", "", 1),
            ("text", "text", 1),
            ("truth", "false", 1),
            ("truth", "true", 1),
        ]
    );
    assert!(of_all_kinds.labels().iter().all(|label| !label.is_other()), "a value may be called so");
}

#[profiled(label(shown = shown, bare = bare))]
fn of_any_type<T: fmt::Display, U: fmt::Debug + ?Sized>(shown: T, bare: &U) {
    std::hint::black_box((shown.to_string(), format!("{bare:?}")));
}

#[test]
fn what_a_generic_function_knows_of_a_type_is_enough_for_a_label() {
    let _alone = alone();
    of_any_type(1, "text");
    of_any_type("one", &[1, 2][..]);
    assert_eq!(
        calls(&stats("of_any_type")),
        [("bare", "\"text\"", 1), ("bare", "[1, 2]", 1), ("shown", "1", 1), ("shown", "one", 1)]
    );
}

#[profiled(label(kind = kind))]
async fn later(kind: String, waits: bool) -> Result<(), ()> {
    if waits {
        std::future::pending::<()>().await;
    }
    if kind == "bad" { Err(()) } else { Ok(()) }
}

#[profiled(label(kind = kind), in_flight)]
fn made(kind: &'static str) -> impl Future<Output = Result<(), ()>> + Send + Unpin {
    if kind.is_empty() {
        return std::future::ready(Ok(()));
    }
    std::future::ready(Err(()))
}

type Boxed<'a> = Pin<Box<dyn Future<Output = Result<(), ()>> + Send + 'a>>;

#[profiled(label(kind = kind), in_flight)]
fn boxed(kind: &str) -> Boxed<'_> {
    Box::pin(async move { if kind == "bad" { Err(()) } else { Ok(()) } })
}

#[test]
fn futures_have_labels_from_the_first_poll_on() {
    let _alone = alone();
    reset();
    drop(later("never".into(), false));
    assert!(poll(pin!(later("good".into(), false))).is_ready());
    assert!(poll(pin!(later("bad".into(), false))).is_ready());
    {
        let mut dropped = Box::pin(later("dropped".into(), true));
        assert!(poll(dropped.as_mut()).is_pending());
    }
    // Made here, polled there.
    let (there, made, boxed) = (later("there".into(), false), made("x"), boxed("bad"));
    thread::spawn(move || {
        assert!(poll(pin!(there)).is_ready());
        assert!(poll(pin!(made)).is_ready());
    })
    .join()
    .unwrap();
    assert!(poll(pin!(boxed)).is_ready());
    let later = stats("later");
    assert_eq!(calls(&later), [("kind", "bad", 1), ("kind", "dropped", 1), ("kind", "good", 1), ("kind", "there", 1)]);
    assert_eq!(later.label("kind", "bad").unwrap().errors(), 1);
    assert_eq!(later.label("kind", "dropped").unwrap().cancelled(), 1);
    assert!(later.label("kind", "good").unwrap().futures().is_some());
    for function in [stats("made"), stats("boxed")] {
        let (label, name) = (&function.labels()[0], function.name());
        assert_eq!((function.calls(), function.errors()), (1, 1), "{name}");
        assert_eq!((label.calls(), label.errors(), function.labels().len()), (1, 1, 1), "{name}");
        assert_eq!(function.in_flight(), Some(InFlight { now: 0, peak: 1 }), "{name}");
    }
}

#[bulkhead(1)]
#[profiled(label(kind = kind), in_flight)]
fn guarded(kind: &str, inside: &dyn Fn()) -> Result<(), Rejected> {
    inside();
    Ok(())
}

#[rate_limited(rate = "1/d")]
#[profiled(label(kind = kind))]
async fn guarded_later(kind: &str) -> Result<usize, Rejected> {
    Ok(kind.len())
}

#[test]
fn what_a_guard_refuses_is_no_call_of_any_label() {
    let _alone = alone();
    guarded("outer", &|| assert!(guarded("inner", &|| ()).is_err())).unwrap();
    let first = stats("guarded");
    assert_eq!(calls(&first), [("kind", "outer", 1)]);
    assert_eq!(first.in_flight(), Some(InFlight { now: 0, peak: 1 }));
    assert!(matches!(poll(pin!(guarded_later("a"))), Poll::Ready(Ok(1))));
    assert!(matches!(poll(pin!(guarded_later("b"))), Poll::Ready(Err(_))));
    assert_eq!(calls(&stats("guarded_later")), [("kind", "a", 1)]);
}

type Answer = Result<u8, u8>;

#[profiled(label(kind = kind))]
#[track_caller]
fn tracked(kind: &str) -> Answer {
    if kind == "early" {
        return Err(1);
    }
    let length: u8 = kind.len().try_into().map_err(|_| 0_u8)?;
    Ok(length)
}

#[profiled(label(first = items[0]))]
fn opaque(items: Vec<u32>) -> impl Iterator<Item = u32> {
    items.into_iter()
}

#[profiled(label(why = why))]
fn never(why: &str) -> ! {
    panic!("{why}")
}

#[test]
fn functions_of_all_shapes_have_labels() {
    let _alone = alone();
    let _ = (tracked("early"), tracked("late"));
    assert_eq!(opaque(vec![7, 8]).sum::<u32>(), 15);
    assert!(catch_unwind(|| never("so")).is_err());
    assert_eq!(calls(&stats("tracked")), [("kind", "early", 1), ("kind", "late", 1)]);
    assert_eq!(stats("tracked").label("kind", "early").unwrap().errors(), 1);
    assert_eq!(calls(&stats("opaque")), [("first", "7", 1)]);
    assert_eq!(stats("never").label("why", "so").unwrap().panics(), 1);
}

struct Path<T>(T);

#[allow(clippy::used_underscore_binding, reason = "that it can be seen is what this is about")]
#[profiled(label(id = id, kind = _kind))]
fn taken_apart(Path(mut id): Path<u32>, (_unused, _kind): (String, &str), fails: bool) -> Result<u32, u32> {
    if fails {
        return Err(1);
    }
    id += 1;
    Ok(id)
}

#[profiled(label(id = id))]
async fn taken_apart_later(Path(id): Path<String>, _other: u32) -> Result<usize, Rejected> {
    Ok(id.len())
}

#[bulkhead(4)]
#[profiled(label(id = id))]
async fn taken_apart_in_time(Path(id): Path<String>) -> Result<usize, Rejected> {
    Ok(id.len())
}

#[test]
fn labels_see_arguments_that_are_taken_apart() {
    let _alone = alone();
    let _ = (taken_apart(Path(3), (String::new(), "a"), false), taken_apart(Path(4), (String::new(), "b"), true));
    assert_eq!(calls(&stats("taken_apart")), [("id", "3", 1), ("id", "4", 1), ("kind", "a", 1), ("kind", "b", 1)]);
    assert!(poll(pin!(taken_apart_later(Path("x".into()), 1))).is_ready());
    assert!(poll(pin!(taken_apart_in_time(Path("y".into())))).is_ready());
    assert_eq!(calls(&stats("taken_apart_later")), [("id", "x", 1)]);
    assert_eq!(calls(&stats("taken_apart_in_time")), [("id", "y", 1)]);
}

struct Tenant(&'static str);

#[profiled(label(tenant = self.0), in_flight)]
impl Tenant {
    fn ask(&self) -> usize {
        self.0.len()
    }

    fn take(self) -> Option<usize> {
        Some(self.0.len()).filter(|n| *n > 0)
    }
}

#[test]
fn the_methods_of_a_block_have_the_labels_of_the_block() {
    let _alone = alone();
    Tenant("a").ask();
    Tenant("b").take();
    assert_eq!(calls(&stats("Tenant::ask")), [("tenant", "a", 1)]);
    assert_eq!(calls(&stats("Tenant::take")), [("tenant", "b", 1)]);
    assert_eq!(stats("Tenant::take").in_flight(), Some(InFlight { now: 0, peak: 1 }));
}

struct Store<T>(T);

#[profiled(by_type)]
impl<T> Store<T> {
    fn get(&self) -> &T {
        &self.0
    }

    fn map<U, const N: usize>(self, with: impl Fn(T) -> [U; N]) -> [U; N] {
        with(self.0)
    }
}

#[profiled(by_type(T::Owned))]
fn owned<T: ToOwned + ?Sized>(value: &T) -> T::Owned {
    value.to_owned()
}

#[test]
fn generic_functions_are_split_by_type() {
    let _alone = alone();
    (0..3).for_each(|_| _ = Store("text").get());
    Store(7_u8).get();
    let _ = Store(7_u8).map(|n| [n, n]);
    let _ = Store(7_u8).map(|n| [i32::from(n)]);
    let _ = (owned("text"), owned(&[1_u8][..]), owned("more"));
    let get = stats("get");
    let by_self: Vec<_> =
        get.labels().iter().map(|l| (l.key(), l.value().ends_with("Store<&str>"), l.calls())).collect();
    assert!(by_self.contains(&("Self", true, 3)) && by_self.contains(&("Self", false, 1)), "{by_self:?}");
    assert_eq!(calls(&stats("map")), [("N", "1", 1), ("N", "2", 1), ("U", "i32", 1), ("U", "u8", 1)]);
    let vec = std::any::type_name::<Vec<u8>>();
    assert_eq!(stats("owned").label("T::Owned", vec).unwrap().calls(), 1);
    assert_eq!(stats("owned").label("T::Owned", std::any::type_name::<String>()).unwrap().calls(), 2);
}

#[profiled(label(thread = thread, max = 3))]
fn on_threads(thread: usize) -> Result<(), ()> {
    if thread.is_multiple_of(2) { Ok(()) } else { Err(()) }
}

#[test]
fn counts_are_exact_on_threads_that_come_and_go() {
    let _alone = alone();
    // The first three have the places.
    (0..3).for_each(|thread| _ = on_threads(thread));
    for _ in 0..4 {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..600).for_each(|n| _ = on_threads(n % 6)));
            }
            // Whoever reads meanwhile sees no more than was begun.
            assert!(sum(stats("on_threads").labels()) <= 3 + 16 * 600);
        });
    }
    let on_threads = stats("on_threads");
    let count = |n: usize| on_threads.label("thread", &n.to_string()).map(|label| (label.calls(), label.errors()));
    assert_eq!([0, 1, 2, 3].map(count), [Some((1601, 0)), Some((1601, 1601)), Some((1601, 0)), None]);
    let other = on_threads.other("thread").unwrap();
    assert_eq!((other.calls(), other.errors()), (4800, 3200));
    assert_eq!(on_threads.calls(), 3 + 16 * 600);
}

#[profiled(label(when = when))]
fn in_the_end(when: &str) -> Result<(), ()> {
    if when.is_empty() { Err(()) } else { Ok(()) }
}

struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let _ = (in_the_end("last"), in_the_end(""));
    }
}

#[test]
fn calls_in_a_threads_last_destructors_are_counted_by_label() {
    thread_local! {
        static EARLY: AtTheEnd = const { AtTheEnd };
    }
    let _alone = alone();
    in_the_end("before").unwrap();
    in_the_end("last").unwrap();
    in_the_end("").unwrap_err();
    for _ in 0..3 {
        // Dropped after what gives the thread's counts back, where destructors run in the order of first uses
        // turned round, and before it elsewhere.
        thread::spawn(|| EARLY.with(|_| in_the_end("before").unwrap())).join().unwrap();
    }
    let in_the_end = stats("in_the_end");
    assert_eq!(calls(&in_the_end), [("when", "", 4), ("when", "before", 4), ("when", "last", 4)]);
    assert_eq!(in_the_end.label("when", "").unwrap().errors(), 4);
}

#[profiled(label(parity = n % 2))]
fn filtered(n: u32) -> u32 {
    n
}

#[test]
fn labels_are_sampled_as_their_function_is() {
    let _alone = alone();
    let filter = Filter::default().with("*::filtered", Sampling::Off);
    set_config(Config { filter, ..Config::testing() }).unwrap();
    (0..10).for_each(|n| _ = filtered(n));
    let off = stats("filtered");
    set_config(Config::testing()).unwrap();
    assert_eq!((off.calls(), off.samples()), (10, 0));
    assert!(off.labels().iter().all(|label| label.calls() == 5 && label.samples() == 0));
}

#[profiled(label(kind = kind))]
fn between(kind: &str) -> usize {
    pass(10);
    kind.len()
}

#[test]
fn between_two_snapshots_labels_count_what_happened_between_them() {
    let _alone = alone();
    let _ = (between("old"), between("both"));
    let earlier = snapshot();
    let _ = (between("both"), between("both"), between("new"));
    let since = snapshot().since(&earlier);
    let between = since.function("between").unwrap();
    assert_eq!(calls(between), [("kind", "both", 2), ("kind", "new", 1)]);
    assert_eq!(between.label("kind", "both").unwrap().total(), Duration::from_micros(20));
}

#[profiled(label(kind = kind, max = 12), in_flight, slo(p95 = "1ms", errors = 0.1))]
fn shown(kind: u32) -> Result<(), ()> {
    pass(100);
    if kind == 0 { Err(()) } else { Ok(()) }
}

#[test]
fn the_table_shows_what_was_asked_for_below_its_function() {
    let _alone = alone();
    reset();
    (0..20).for_each(|kind| (0..=kind).for_each(|_| _ = shown(kind)));
    let table = format!("{:140}", snapshot());
    let lines: Vec<&str> = table.lines().collect();
    let at = lines.iter().position(|line| line.contains("::shown ")).unwrap();
    assert!(lines[0].contains("in flight") && lines[at].ends_with("0 of 1"), "{table}");
    assert!(lines[at + 1].starts_with("  kind=11 ") && lines[at + 1].contains(" 12 "), "{table}");
    assert!(lines[at + 11].starts_with("  kind=(other) (2 more) ") && lines[at + 11].contains(" 132 "), "{table}");
    assert!(!lines[at + 12].starts_with(' '), "{table}");
    for promise in ["p95 < 1.00 ms: 100.00 % good of 95.00 %", "errors <= 10.00 %: 99.52 % good of 90.00 %"] {
        let name = "breakdowns::shown ";
        assert!(lines.iter().any(|line| line.starts_with(&format!("{name}{promise}"))), "{table}");
    }
    let ends: Vec<usize> = lines[at..at + 12].iter().map(|line| line.trim_end().chars().count()).collect();
    assert!(ends[1..].windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}\n{table}");
}

#[test]
fn breakdowns_survive_json_and_old_json_has_none() {
    let _alone = alone();
    reset();
    (0..16).for_each(|kind| _ = shown(kind));
    let before = snapshot();
    let json = serde_json::to_string(&before).unwrap();
    let after: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&after).unwrap(), json);
    assert_eq!(after.to_string(), before.to_string());
    let (was, is) = (before.function("shown").unwrap(), after.function("shown").unwrap());
    assert_eq!((is.in_flight(), is.objective()), (was.in_flight(), was.objective()));
    assert_eq!(calls(is), calls(was));
    let mut old: serde_json::Value = serde_json::from_str(&json).unwrap();
    for function in old["functions"].as_array_mut().unwrap() {
        for key in ["labels", "in_flight", "objective"] {
            function.as_object_mut().unwrap().remove(key);
        }
    }
    let old: Snapshot = serde_json::from_value(old).unwrap();
    let old = old.function("shown").unwrap();
    assert!(old.labels().is_empty() && old.in_flight().is_none() && old.objective().is_none());
}

#[profiled(in_flight)]
fn flies(depth: u64, inside: &(dyn Fn() + Sync)) -> u64 {
    if depth == 0 {
        inside();
        return 0;
    }
    flies(depth - 1, inside) + 1
}

fn in_flight(name: &str) -> (u64, u64) {
    let in_flight = stats(name).in_flight().unwrap();
    (in_flight.now, in_flight.peak)
}

#[test]
fn calls_in_flight_are_counted_and_their_peak_kept_until_a_reset() {
    let _alone = alone();
    flies(0, &|| assert_eq!(in_flight("flies"), (1, 1)));
    flies(4, &|| assert_eq!(in_flight("flies"), (5, 5)));
    assert_eq!(in_flight("flies"), (0, 5));
    assert!(catch_unwind(AssertUnwindSafe(|| flies(2, &|| panic!("lost")))).is_err());
    assert_eq!(in_flight("flies"), (0, 5), "a panic ends a call");
    let together = Barrier::new(9);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                flies(0, &|| {
                    together.wait();
                    together.wait();
                })
            });
        }
        together.wait();
        assert_eq!(in_flight("flies"), (8, 8));
        reset();
        flies(0, &|| ());
        assert_eq!(in_flight("flies"), (8, 9), "what is in flight is part of the new peak");
        together.wait();
    });
    reset();
    flies(0, &|| ());
    assert_eq!(in_flight("flies"), (0, 1));
}

#[profiled(in_flight)]
async fn floats(panics: bool) {
    std::future::poll_fn(|_| if panics { panic!("lost") } else { Poll::<()>::Pending }).await;
}

#[test]
fn a_future_is_in_flight_from_its_first_poll_until_it_is_dropped() {
    let _alone = alone();
    let now = || in_flight("floats").0;
    let (mut one, mut two) = (Box::pin(floats(false)), Box::pin(floats(false)));
    assert!(poll(one.as_mut()).is_pending());
    assert_eq!(now(), 1, "the other was only made");
    assert!(poll(two.as_mut()).is_pending() && poll(two.as_mut()).is_pending());
    assert_eq!(now(), 2);
    drop(one);
    assert_eq!(now(), 1);
    let mut lost = Box::pin(floats(true));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(lost.as_mut()))).is_err());
    assert_eq!(now(), 1, "a panic ends a call, though the future is still there");
    drop((two, lost));
    assert_eq!(in_flight("floats"), (0, 2));
}

#[profiled(slo(p50 = "1ms", p95 = "10ms", errors = "10%"))]
fn promised(micros: u64, fails: bool) -> Result<(), ()> {
    pass(micros);
    if fails { Err(()) } else { Ok(()) }
}

fn about(value: f64, expected: f64) -> bool {
    (value - expected).abs() < 1e-6
}

#[test]
fn an_objective_says_how_it_is_kept() {
    let _alone = alone();
    reset();
    let earlier = snapshot();
    for n in 0..100 {
        let _ = promised(if n < 80 { 500 } else { 10_000 }, n < 5);
    }
    let stats = stats("promised");
    let objective = stats.objective().unwrap();
    let names: Vec<_> = objective.clauses().iter().map(Clause::name).collect();
    assert_eq!(names, ["p50", "p95", "errors"]);
    let (p95, errors) = (objective.clause("p95").unwrap(), objective.clause("errors").unwrap());
    assert_eq!(p95.aim(), Aim::Percentile { share: 0.95, below: Duration::from_millis(10) });
    assert!(about(p95.target(), 0.95) && about(errors.target(), 0.9));
    assert!(about(p95.attained().unwrap(), 0.8), "exactly ten milliseconds are not less: {p95}");
    assert!(about(p95.budget_left(), -3.0) && about(p95.burn_fast(), 4.0), "{p95}");
    assert!(about(errors.attained().unwrap(), 0.95) && about(errors.budget_left(), 0.5), "{errors}");
    assert!(about(errors.burn_fast(), 0.5) && about(errors.burn_slow(), 0.5));
    assert!(!objective.is_attained() && !objective.is_burning());
    assert!(about(objective.clause("p50").unwrap().budget_left(), 0.6));
    let _ = promised(500, true);
    let since = snapshot().since(&earlier);
    assert!(about(
        since.function("promised").unwrap().objective().unwrap().clause("errors").unwrap().attained().unwrap(),
        95.0 / 101.0
    ));
}

#[profiled(sample = 0.000_001, slo(errors = 0.01))]
fn burns(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

/// Minutes of a hundred calls each.
fn minutes(count: u64, failing: u64) {
    for _ in 0..count {
        (0..100).for_each(|n| _ = burns(n < failing));
        pass(60_000_000);
        drain();
    }
}

#[test]
fn an_objective_burns_while_both_windows_of_a_pair_do() {
    let _alone = alone();
    let read = || {
        let stats = stats("burns");
        let clause = stats.objective().unwrap().clause("errors").unwrap().clone();
        (clause.is_burning(), clause)
    };
    burns(false).unwrap();
    drain();
    minutes(360, 0);
    let (is_burning, clause) = read();
    assert!(!is_burning && about(clause.burn_slow(), 0.0));
    assert_eq!(clause.windows()[3].span.as_secs() / 60, 360);
    minutes(8, 50);
    let (is_burning, clause) = read();
    assert!(!is_burning, "an hour's budget is not gone yet: {clause}");
    assert!((clause.burn_fast() - 50.0 * 8.0 / 60.0).abs() < 0.3, "{clause}");
    minutes(45, 50);
    assert!(read().0, "{}", read().1);
    let health = perf_runtime::health();
    let reason = health.reasons.iter().find(|reason| reason.cause == Cause::Objective);
    assert_eq!(reason.unwrap().subject, "errors of breakdowns::burns", "{health}");
    minutes(6, 0);
    let (is_burning, clause) = read();
    assert!(is_burning && about(clause.windows()[0].rate, 0.0), "half an hour still burns: {clause}");
    minutes(31, 0);
    let (is_burning, clause) = read();
    assert!(!is_burning && clause.burn_fast() > 14.4, "it is over, and the hour does not know yet: {clause}");
    assert!(perf_runtime::health().reasons.iter().all(|reason| reason.cause != Cause::Objective));
    minutes(360, 0);
    let (_, clause) = read();
    assert!(about(clause.burn_slow(), 0.0), "what is long ago is in no window: {clause}");
    assert!(about(clause.attained().unwrap(), 1.0 - 53.0 * 50.0 / 81_001.0), "and not forgotten: {clause}");
}

#[test]
fn where_nothing_is_asked_for_nothing_is_there() {
    #[profiled]
    fn plain() {}
    let _alone = alone();
    plain();
    let plain = stats("plain");
    assert!(plain.labels().is_empty() && plain.in_flight().is_none() && plain.objective().is_none());
}

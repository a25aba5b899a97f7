//! Spans of `tracing` in snapshots, on a clock that only moves when told to.

use std::cell::Cell;
use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use counting::Counting;
use perf_export::SpanLayer;
use perf_runtime::{Branch, Config, FunctionStats, Perf, Sampling, Snapshot, profiled, reset, set_config, snapshot};
use quanta::{Clock, Mock};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Dispatch, Instrument, Span, dispatcher, error, info_span, instrument, trace_span, warn};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;

mod endings;
mod trace_ids;

static CLOCK: OnceLock<Arc<Mock>> = OnceLock::new();
static ALONE: Mutex<()> = Mutex::new(());

/// Nobody else's time passes, and nothing was before.
fn alone() -> MutexGuard<'static, ()> {
    alone_with(Config::testing())
}

fn alone_with(config: Config) -> MutexGuard<'static, ()> {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    CLOCK.get_or_init(|| {
        let (clock, mock) = Clock::mock();
        // For as long as the process.
        std::mem::forget(Perf::builder().config(Config::testing()).clock(clock).manual().start().unwrap());
        mock
    });
    set_config(config).unwrap();
    pass(10_000_000);
    perf_runtime::drain();
    reset();
    alone
}

fn pass(micros: u64) {
    CLOCK.get().unwrap().increment(Duration::from_micros(micros));
}

fn with(layer: SpanLayer) -> DefaultGuard {
    set_default(tracing_subscriber::registry().with(layer))
}

fn listen() -> DefaultGuard {
    with(SpanLayer::new())
}

fn stats(name: &str) -> FunctionStats {
    snapshot().function(name).unwrap_or_else(|| panic!("{name} was not called")).clone()
}

fn calls(name: &str) -> u64 {
    snapshot().function(name).map_or(0, FunctionStats::calls)
}

fn micros(time: Duration) -> u64 {
    time.as_micros() as u64
}

/// The one call's time, and of it what it was entered.
fn times(name: &str) -> (u64, u64) {
    let stats = stats(name);
    assert_eq!((stats.calls(), stats.samples(), stats.dropped()), (1, 1, 0));
    (micros(stats.total()), micros(stats.futures().unwrap().busy))
}

/// Each path of the tree with its calls.
fn paths(snapshot: &Snapshot) -> Vec<(String, u64)> {
    fn walk(branch: Branch<'_>, above: &str, all: &mut Vec<(String, u64)>) {
        let path = format!("{above}/{}", branch.name().rsplit("::").next().unwrap_or_default());
        if branch.calls() > 0 {
            all.push((path.clone(), branch.calls()));
        }
        branch.children().into_iter().for_each(|child| walk(child, &path, all));
    }
    let mut all = Vec::new();
    snapshot.tree().roots().into_iter().for_each(|root| walk(root, "", &mut all));
    all.sort();
    all
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

mod shop {
    /// The line of the attribute of `price`.
    pub(crate) const PLACE: u32 = line!() + 2;

    #[tracing::instrument(skip_all)]
    pub(crate) fn price(items: u64) -> u64 {
        super::pass(items);
        items
    }
}

#[test]
fn an_instrumented_function_is_known_by_its_path_and_its_place() {
    let (_alone, _listening) = (alone(), listen());
    (1..=3).for_each(|n| _ = shop::price(n));
    let snapshot = snapshot();
    let price = snapshot.function("spans::shop::price").unwrap();
    assert_eq!((price.calls(), price.samples(), price.module()), (3, 3, "spans::shop"));
    assert_eq!(micros(price.total()), 6);
    let (file, line) = price.location();
    assert_eq!(file, file!());
    assert_eq!(line, shop::PLACE);
}

#[test]
fn spans_of_one_name_are_one_function_wherever_they_are_made() {
    let (_alone, _listening) = (alone(), listen());
    drop(info_span!(target: "desk", "order"));
    drop(info_span!(target: "desk", "order"));
    drop(info_span!(target: "bar", "order"));
    assert_eq!((calls("desk::order"), calls("bar::order")), (2, 1));
}

#[test]
fn counts_are_exact_on_several_threads() {
    let _alone = alone_with(Config { sampling: Sampling::Every(50), tree: false, ..Config::testing() });
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(SpanLayer::new()));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let _listening = dispatcher::set_default(&dispatch);
                for n in 0..5_000 {
                    let span = info_span!("counted");
                    let _entered = span.enter();
                    if n % 10 == 0 {
                        error!("now and then");
                    }
                }
            });
        }
    });
    let counted = stats("counted");
    assert_eq!((counted.calls(), counted.errors()), (40_000, 4_000));
    assert!(counted.samples() > 0 && counted.samples() < 40_000, "{} samples", counted.samples());
}

#[test]
fn a_span_takes_from_its_first_entry_to_its_close_and_is_busy_while_it_is_entered() {
    let (_alone, _listening) = (alone(), listen());
    let span = info_span!("job");
    pass(100);
    span.in_scope(|| pass(3));
    pass(20);
    span.in_scope(|| pass(4));
    pass(50);
    drop(span);
    assert_eq!(times("job"), (77, 7));
    let job = stats("job");
    let futures = job.futures().unwrap();
    assert_eq!((futures.polls as u64, futures.first_poll.map(micros)), (2, Some(100)));
}

#[test]
fn a_span_that_is_never_entered_takes_from_its_making_to_its_close() {
    let (_alone, _listening) = (alone(), listen());
    let span = info_span!("unentered");
    pass(9);
    drop(span);
    assert_eq!(times("unentered"), (9, 0));
}

#[test]
fn a_future_in_a_span_goes_from_thread_to_thread() {
    let _alone = alone();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(SpanLayer::new()));
    let _listening = dispatcher::set_default(&dispatch);
    let mut left = 4;
    let work = std::future::poll_fn(move |_| {
        pass(5);
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    });
    let mut future = Box::pin(work.instrument(info_span!("wandering")));
    for n in 1..=4 {
        let poll = thread::scope(|scope| {
            let poll = || {
                let _listening = dispatcher::set_default(&dispatch);
                future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
            };
            scope.spawn(poll).join().unwrap()
        });
        assert_eq!(poll.is_ready(), n == 4);
        pass(100);
    }
    assert_eq!(calls("wandering"), 1, "it has begun");
    assert_eq!(stats("wandering").samples(), 0, "it is not over");
    drop(future);
    assert_eq!(times("wandering"), (420, 20));
    assert_eq!(stats("wandering").futures().unwrap().polls as u64, 5, "it is dropped in its span, too");
}

#[test]
fn a_span_that_several_threads_are_in_is_busy_on_each() {
    let _alone = alone();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(SpanLayer::new()));
    let _listening = dispatcher::set_default(&dispatch);
    let span = info_span!("shared");
    let barrier = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for n in 0..4 {
            let (span, barrier, dispatch) = (&span, &barrier, &dispatch);
            scope.spawn(move || {
                let _listening = dispatcher::set_default(dispatch);
                let _entered = span.enter();
                barrier.wait();
                if n == 0 {
                    pass(10);
                }
                barrier.wait();
            });
        }
    });
    drop(span);
    assert_eq!(times("shared"), (10, 40));
}

#[profiled]
fn outer() {
    pass(1);
    info_span!("middle").in_scope(|| {
        pass(2);
        inner();
        inner();
    });
}

#[profiled]
fn inner() {
    pass(3);
}

#[instrument]
fn handler() {
    pass(5);
    outer();
}

#[test]
fn spans_and_functions_are_below_one_another_in_the_tree() {
    let (_alone, _listening) = (alone(), listen());
    let before = snapshot();
    (0..5).for_each(|_| handler());
    let now = snapshot().since(&before);
    let expected =
        [("/handler", 5), ("/handler/outer", 5), ("/handler/outer/middle", 5), ("/handler/outer/middle/inner", 10)];
    assert_eq!(paths(&now), expected.map(|(path, calls)| (path.to_owned(), calls)));
    let own = |name: &str| micros(now.function(name).unwrap().own().unwrap());
    assert_eq!((own("handler"), own("outer"), own("middle"), own("inner")), (25, 5, 10, 30));
}

#[instrument]
fn recursive(depth: u64) {
    pass(1);
    if depth > 0 {
        recursive(depth - 1);
    }
}

#[test]
fn spans_within_spans_of_the_same_function_are_not_counted_twice_in_its_total() {
    let (_alone, _listening) = (alone(), listen());
    recursive(4);
    let stats = stats("recursive");
    assert_eq!((stats.calls(), stats.samples()), (5, 5));
    assert_eq!(micros(stats.total()), 5, "the outermost has all of it");
}

#[test]
fn a_name_with_a_line_break_is_on_one_line_of_folded_stacks() {
    let (_alone, _listening) = (alone(), listen());
    let before = snapshot();
    info_span!("two\nlines; a\ttab 7").in_scope(|| pass(5));
    assert_eq!(snapshot().since(&before).tree().folded(), "spans::two lines: a tab 7 5000\n");
}

#[test]
fn a_span_that_is_not_timed_allocates_nothing() {
    let _alone = alone_with(Config { sampling: Sampling::Off, tree: false, cpu_time: false, ..Config::testing() });
    let _listening = listen();
    let some = |count: u32| {
        for n in 0..count {
            info_span!("bare", n).in_scope(|| ());
        }
    };
    some(1_000);
    assert_eq!(counting::allocations(|| some(10_000)), 0);
    assert_eq!((calls("bare"), stats("bare").samples()), (11_000, 0));
}

#[test]
fn a_million_spans_of_one_callsite_leave_nothing_behind() {
    let (_alone, _listening) = (alone(), listen());
    let some = |count: u32| {
        for _ in 0..count {
            info_span!("many").in_scope(|| ());
        }
    };
    some(50_000);
    perf_runtime::drain();
    let left = counting::held(|| some(950_000));
    assert!(left.abs() < 1024, "{left} bytes");
    let many = stats("many");
    assert_eq!(many.calls(), 1_000_000);
    assert_eq!(many.samples() + many.dropped(), 1_000_000);
}

#[test]
fn spans_may_be_left_in_any_order_and_entered_within_themselves() {
    let (_alone, _listening) = (alone(), listen());
    let (first, second) = (info_span!("first"), info_span!("second"));
    let one = first.enter();
    pass(1);
    let two = second.enter();
    pass(2);
    let again = first.enter();
    pass(4);
    drop(again);
    pass(8);
    drop(one);
    pass(16);
    inner();
    drop(two);
    pass(32);
    drop((first, second));
    assert_eq!(times("first"), (66, 15));
    assert_eq!(times("second"), (65, 33));
    assert_eq!(micros(stats("inner").total()), 3);
}

/// What is known of a span: when it was entered first, since when it is now, how long and how often it was.
#[derive(Clone, Copy, Default)]
struct Known {
    first: Option<u64>,
    since: Option<u64>,
    busy: u64,
    entries: u64,
}

#[test]
fn whatever_the_order_times_are_those_of_entries_and_exits() {
    let (_alone, _listening) = (alone(), listen());
    let mut random = 42_u64;
    let mut draw = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut sums = [(0, 0, 0); 4];
    for round in 1..=300 {
        let spans = [info_span!("span_a"), info_span!("span_b"), info_span!("span_c"), info_span!("span_d")];
        let (mut now, mut known) = (0, [Known::default(); 4]);
        let mut entered = [const { None }; 4];
        for _ in 0..draw(30) {
            let at = draw(4) as usize;
            let span = &mut known[at];
            if let Some(since) = span.since.take() {
                entered[at] = None;
                span.busy += now - since;
            } else {
                entered[at] = Some(spans[at].enter());
                *span = Known { first: span.first.or(Some(now)), since: Some(now), entries: span.entries + 1, ..*span };
            }
            if draw(3) == 0 {
                inner();
                now += 3;
            }
            let micros = draw(5);
            pass(micros);
            now += micros;
        }
        for (entered, span) in entered.iter_mut().zip(&mut known) {
            *entered = None;
            span.busy += span.since.map_or(0, |since| now - since);
        }
        drop(entered);
        drop(spans);
        let snapshot = snapshot();
        for ((name, known), sums) in ["span_a", "span_b", "span_c", "span_d"].into_iter().zip(known).zip(&mut sums) {
            // Means over all that were ever sampled.
            sums.0 += now - known.first.unwrap_or(0);
            sums.1 += known.busy;
            sums.2 += known.entries;
            let stats = snapshot.function(name).unwrap();
            let (futures, samples) = (stats.futures().unwrap(), stats.samples());
            let busy = (futures.busy.as_nanos() as f64 * samples as f64 / 1_000.0).round() as u64;
            let entries = (futures.polls * samples as f64).round() as u64;
            assert_eq!(samples, round);
            let total = (stats.total().as_nanos() as f64 / 1_000.0).round() as u64;
            assert_eq!((total, busy, entries), *sums, "{name} in round {round}");
        }
    }
    assert!(sums.iter().all(|sums| sums.1 < sums.0 && sums.2 > 300), "{sums:?}");
}

#[test]
fn a_span_that_is_never_closed_is_counted_and_harms_nobody() {
    let (_alone, _listening) = (alone(), listen());
    thread::scope(|scope| {
        let dispatch = dispatcher::get_default(Dispatch::clone);
        scope.spawn(move || {
            let _listening = dispatcher::set_default(&dispatch);
            for _ in 0..1_000 {
                std::mem::forget(info_span!("forgotten").entered());
            }
            inner();
        });
    });
    (0..10).for_each(|_| inner());
    assert_eq!((calls("forgotten"), stats("forgotten").samples()), (1_000, 0));
    let inner = stats("inner");
    assert_eq!((inner.calls(), inner.samples() + inner.dropped()), (11, 11));
}

#[test]
fn a_span_may_be_closed_on_another_thread_or_without_the_layer() {
    let (_alone, listening) = (alone(), listen());
    let elsewhere = info_span!("elsewhere");
    let other = elsewhere.clone();
    elsewhere.in_scope(|| pass(7));
    drop(elsewhere);
    thread::spawn(move || drop(other)).join().unwrap();
    let survives = info_span!("survives");
    drop(listening);
    survives.in_scope(|| drop(survives.clone()));
    drop(survives);
    assert_eq!(times("elsewhere"), (7, 7));
    assert_eq!(calls("survives"), 1);
}

#[test]
fn spans_are_made_entered_and_closed_in_destructors_of_a_thread() {
    /// Is dropped after all of ours is, and before all that tracing needs.
    struct Late(Option<Span>);
    impl Drop for Late {
        fn drop(&mut self) {
            if let Some(span) = self.0.take() {
                span.in_scope(|| ());
                info_span!("made_late").in_scope(|| error!("late"));
            }
        }
    }
    /// Is dropped after that, too.
    struct Last(Option<Span>);
    impl Drop for Last {
        fn drop(&mut self) {
            self.0 = None;
        }
    }
    thread_local! {
        static LATE: Cell<Late> = const { Cell::new(Late(None)) };
        static LAST: Cell<Last> = const { Cell::new(Last(None)) };
    }
    let _alone = alone();
    let dispatch = Dispatch::new(tracing_subscriber::registry().with(SpanLayer::new()));
    thread::scope(|scope| {
        scope.spawn(|| {
            // What is used first is dropped last.
            LAST.set(Last(None));
            let others = Dispatch::new(tracing_subscriber::registry());
            dispatcher::with_default(&others, || info_span!("warms").in_scope(|| ()));
            LATE.set(Late(None));
            std::mem::forget(dispatcher::set_default(&dispatch));
            info_span!("early").in_scope(inner);
            LATE.set(Late(Some(info_span!("late"))));
            LAST.set(Last(Some(info_span!("last"))));
        });
    });
    let all = ["early", "late", "last", "made_late", "inner"];
    assert_eq!(all.map(calls), [1; 5]);
    assert_eq!(stats("made_late").errors(), 1);
}

/// What another layer writes.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn layer<S>(&self) -> impl Layer<S>
    where
        S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    {
        let written = self.clone();
        tracing_subscriber::fmt::layer().without_time().with_ansi(false).with_writer(move || written.clone())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn other_layers_see_what_they_see_without_it() {
    let _alone = alone();
    for is_outer in [true, false] {
        let written = Written::default();
        let ours = SpanLayer::new().max_level(LevelFilter::INFO);
        let registry = tracing_subscriber::registry();
        let _listening = if is_outer {
            set_default(registry.with(written.layer()).with(ours))
        } else {
            set_default(registry.with(ours).with(written.layer()))
        };
        info_span!("both", n = 7).in_scope(|| trace_span!("theirs").in_scope(|| error!("told")));
        assert_eq!(written.text(), "ERROR both{n=7}:theirs: spans: told\n");
        assert_eq!((calls("both"), stats("both").errors(), calls("theirs")), (1, 1, 0));
        reset();
    }
}

#[test]
fn spans_are_left_out_by_level_and_target_and_by_filters_of_the_layer() {
    let _alone = alone();
    let some = || {
        for _ in 0..2 {
            info_span!(target: "shop::cart", "wanted").in_scope(|| ());
            trace_span!(target: "shop::cart", "detail").in_scope(|| ());
            info_span!(target: "desk", "wanted").in_scope(|| ());
        }
    };
    let mine = || Targets::new().with_target("shop", LevelFilter::INFO);
    let by_itself = SpanLayer::new().max_level(LevelFilter::DEBUG).targets(["shop"]);
    let by_filter = SpanLayer::new().with_filter(mine());
    let registry = tracing_subscriber::registry;
    for dispatch in [Dispatch::new(registry().with(by_itself)), Dispatch::new(registry().with(by_filter))] {
        dispatcher::with_default(&dispatch, some);
        assert_eq!((calls("shop::cart::wanted"), calls("detail"), calls("desk::wanted")), (2, 0, 0));
        reset();
    }
    let _listening = with(SpanLayer::new().targets(["shop"]));
    drop((info_span!(target: "shop", "itself"), info_span!(target: "shopping", "not_below")));
    assert_eq!((calls("itself"), calls("not_below")), (1, 0));
}

#[test]
fn what_the_runtime_warns_of_is_no_failure_of_the_span_around_it() {
    const NAME: &str = "what_the_runtime_warns_of_is_no_failure_of_the_span_around_it";
    if std::env::var_os("PERF_BUDGET").is_none() {
        // What is wrong with a variable is told whenever the configuration is set: in a process of its own.
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args(["--exact", NAME, "--nocapture"]).env("PERF_BUDGET", "a lot").output().unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        return;
    }
    let _alone = alone();
    let written = Written::default();
    let layer = SpanLayer::new().fails_at(LevelFilter::TRACE);
    let _listening = set_default(tracing_subscriber::registry().with(written.layer()).with(layer));
    for _ in 0..5 {
        info_span!("warned_by_us").in_scope(|| set_config(Config::testing()).unwrap());
    }
    assert_eq!(written.text().matches("a lot").count(), 5, "{}", written.text());
    assert_eq!((stats("warned_by_us").calls(), stats("warned_by_us").errors()), (5, 0));
}

//! The slowest calls of each function, and what they tell, on a clock that only moves when told to.

use std::fmt;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_runtime::{
    Config, Outcome, Rejected, SlowCall, Snapshot, Window, bulkhead, drain, profiled, reset, retry, set_config,
    snapshot,
};
use tests::{stats, still};

fn config() -> Config {
    Config { tail: 3, ..Config::testing() }
}

fn alone() -> MutexGuard<'static, ()> {
    let alone = still::alone(&config());
    set_config(config()).unwrap();
    reset();
    alone
}

const fn micros(n: u64) -> Duration {
    Duration::from_micros(n)
}

fn pass(n: u64) {
    still::pass(micros(n));
}

fn pass_seconds(n: u64) {
    for _ in 0..n {
        still::pass(Duration::from_secs(1));
        drain();
    }
}

fn slowest(name: &str) -> Vec<SlowCall> {
    stats(name).slowest().to_vec()
}

fn durations<'a>(calls: impl IntoIterator<Item = &'a SlowCall>) -> Vec<u64> {
    calls.into_iter().map(|call| call.duration().as_micros() as u64).collect()
}

fn captured(calls: &[SlowCall]) -> Vec<Option<&str>> {
    calls.iter().map(SlowCall::captured).collect()
}

fn told_of(name: &str) -> String {
    slowest(name)[0].captured().unwrap_or("nothing").to_owned()
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Runs a future that waits for nothing.
fn finish<F: Future>(future: F) -> F::Output {
    match poll(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for nothing"),
    }
}

/// Waits for as many polls.
async fn polls(mut count: u32) {
    std::future::poll_fn(|_| {
        count = count.saturating_sub(1);
        if count == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[profiled]
fn plain(n: u64) -> Result<(), ()> {
    pass(n);
    if n.is_multiple_of(2) { Ok(()) } else { Err(()) }
}

#[test]
fn the_slowest_calls_are_kept_with_when_how_long_and_how() {
    let _alone = alone();
    for n in [5, 1, 9, 4, 8, 2, 7] {
        let _ = plain(n);
    }
    let calls = slowest("plain");
    assert_eq!(durations(&calls), [9, 8, 7]);
    let outcomes: Vec<Outcome> = calls.iter().map(SlowCall::outcome).collect();
    assert_eq!(outcomes, [Outcome::Error, Outcome::Ok, Outcome::Error]);
    assert!(calls.iter().all(|call| call.ended_at() == call.at() + call.duration()));
    assert_eq!(calls[1].at(), calls[0].at() + micros(9 + 4));
    assert!(calls.iter().all(|call| call.thread().starts_with("the_slowest_calls_are_kept")), "{calls:?}");
    assert_eq!(captured(&calls), [None; 3]);
}

#[test]
fn since_an_earlier_snapshot_are_those_that_ended_after_it() {
    let _alone = alone();
    let _ = plain(50);
    let earlier = snapshot();
    for n in [3, 8, 6, 4] {
        let _ = plain(n);
    }
    let since = snapshot().since(&earlier);
    assert_eq!(durations(since.function("plain").unwrap().slowest()), [8, 6], "of those that are known: 50, 8 and 6");
    assert_eq!(durations(&slowest("plain")), [50, 8, 6]);
}

#[profiled]
fn rolls(n: u64) {
    pass(n);
}

#[test]
fn every_minute_has_its_slowest_and_all_time_too() {
    let _alone = alone();
    for minute in 1..=7 {
        pass_seconds(60);
        for n in 1..=5 {
            rolls(n * 100 / minute);
        }
    }
    let stats = stats("rolls");
    assert_eq!(durations(stats.slowest()), [500, 400, 300]);
    assert_eq!(durations(stats.slowest_in(Window::Longest)), [166, 133, 125], "of the last five minutes");
    assert_eq!(durations(stats.slowest_in(Window::Long)), [71, 57, 42], "of the last");
    pass_seconds(2);
    assert!(tests::stats("rolls").slowest_in(Window::Shortest).next().is_none());
    rolls(90);
    let stats = tests::stats("rolls");
    assert_eq!(durations(stats.slowest_in(Window::Shortest)), [90]);
    assert_eq!(durations(stats.slowest_in(Window::Long)), [90, 71, 57]);
}

#[test]
fn how_many_are_kept_can_change() {
    let _alone = alone();
    (1..=9).for_each(|n| rolls(n * 1_000));
    set_config(Config { tail: 5, ..config() }).unwrap();
    (1..=9).for_each(|n| rolls(n * 500));
    assert_eq!(durations(&slowest("rolls")), [9_000, 8_000, 7_000, 4_500, 4_000]);
    set_config(Config { tail: 0, ..config() }).unwrap();
    rolls(10_000);
    assert!(slowest("rolls").is_empty());
    let error = Config { tail: 101, ..config() }.check().unwrap_err();
    assert_eq!(error.to_string(), "`tail` is 101, and must be from 0 to 100");
}

#[profiled(capture(n, name, %label, half = n / 2, ?pair.1, len = name.len()))]
fn told(n: u64, name: &str, label: &str, pair: (u8, char)) {
    let _ = (label, pair);
    pass(n + name.len() as u64);
}

#[test]
fn captured_arguments_are_told_as_debug_or_as_display() {
    let _alone = alone();
    told(10, "ab", "plain text", (1, 'x'));
    assert_eq!(told_of("told"), r#"n=10 name="ab" label=plain text half=5 pair.1='x' len=2"#);
}

#[derive(Debug)]
struct Order {
    id: u64,
    lines: Vec<u32>,
}

impl Order {
    #[profiled(capture(self.id, lines = self.lines.len(), note))]
    fn price(&mut self, note: String) -> Result<u64, String> {
        pass(20);
        let first = *self.lines.first().ok_or("no lines")?;
        self.id += 1;
        self.lines.clear();
        if note.is_empty() { Err(note.clone()) } else { Ok(u64::from(first)) }
    }
}

#[test]
fn what_is_copied_is_as_it_was_at_the_beginning() {
    let _alone = alone();
    let mut order = Order { id: 7, lines: vec![3, 4] };
    assert_eq!(order.price("x".to_owned()), Ok(3));
    assert_eq!(told_of("price"), r#"self.id=7 lines=2 note="x""#);
    assert_eq!(order.price(String::new()), Err("no lines".to_owned()));
    let calls = slowest("price");
    assert_eq!(calls.iter().filter(|call| call.outcome() == Outcome::Error).count(), 1);
}

mod shapes {
    use super::*;

    #[profiled(capture(list))]
    fn early(list: Vec<u32>) -> Option<u32> {
        pass(1);
        list.first()?;
        Some(list.len() as u32)
    }

    #[profiled(capture(n))]
    fn opaque(n: u32) -> impl Iterator<Item = u32> {
        pass(1);
        0..n
    }

    #[profiled(capture(n))]
    #[track_caller]
    fn tracked(n: Option<u32>) -> Result<u32, ()> {
        pass(1);
        if n == Some(0) {
            return Err(());
        }
        n.ok_or(())
    }

    #[profiled(capture(n = *n))]
    fn reference(n: &mut u32) -> &mut u32 {
        pass(1);
        *n += 1;
        n
    }

    #[profiled(capture(a, d))]
    fn patterns((a, _): (u32, u32), [d, ..]: [char; 2]) -> Result<(), ()> {
        pass(1);
        Ok::<(), ()>(())?;
        Ok(())
    }

    #[profiled(capture(n))]
    fn generic<T: fmt::Debug>(n: &T) -> &T {
        pass(1);
        n
    }

    #[profiled(capture(n))]
    fn mutated(mut n: u32) -> u32 {
        pass(1);
        n += 1;
        n
    }

    #[profiled(capture(n))]
    #[bulkhead(8)]
    fn guarded(n: u32) -> Result<u32, Rejected> {
        pass(1);
        Ok(n)
    }

    #[profiled(capture(name))]
    #[retry(attempts = 2)]
    async fn retried(name: String) -> Result<u32, String> {
        pass(1);
        if name.is_empty() { Err(name.clone()) } else { Ok(name.len() as u32) }
    }

    struct Shop;

    #[profiled]
    impl Shop {
        #[profiled(capture(n))]
        fn member(n: u32) {
            pass(u64::from(n));
        }

        fn other() {
            pass(1);
        }
    }

    trait Stored {
        async fn get(&self, key: &str) -> usize;
    }

    impl Stored for Shop {
        #[profiled(capture(key))]
        async fn get(&self, key: &str) -> usize {
            polls(1).await;
            pass(1);
            key.len()
        }
    }

    #[test]
    fn all_shapes_of_functions_tell_their_arguments() {
        let _alone = alone();
        assert_eq!(early(vec![1, 2]), Some(2));
        assert_eq!(opaque(2).count(), 2);
        let _ = tracked(Some(3));
        assert_eq!(*reference(&mut 4), 5);
        let _ = patterns((5, 0), ['y', 'z']);
        generic(&vec![0]);
        mutated(6);
        assert_eq!(guarded(7).unwrap(), 7);
        assert_eq!(finish(retried("eight".to_owned())), Ok(5));
        Shop::member(9);
        Shop::other();
        assert_eq!(finish(Shop.get("ten")), 3);
        for (name, text) in [
            ("early", "list=[1, 2]"),
            ("opaque", "n=2"),
            ("tracked", "n=Some(3)"),
            ("reference", "n=4"),
            ("patterns", "a=5 d='y'"),
            ("generic", "n=[0]"),
            ("mutated", "n=6"),
            ("guarded", "n=7"),
            ("retried", r#"name="eight""#),
            ("Shop::member", "n=9"),
            ("Shop::other", "nothing"),
            ("get", r#"key="ten""#),
        ] {
            assert_eq!(told_of(name), text, "{name}");
        }
    }
}

#[profiled(capture(n, name))]
async fn later(n: u64, name: String) -> Result<u64, ()> {
    polls(2).await;
    pass(n);
    if name.is_empty() { Err(()) } else { Ok(n) }
}

#[test]
fn a_future_tells_its_arguments_and_the_time_from_its_first_poll_to_its_end() {
    let _alone = alone();
    let mut future = pin!(later(5, "ab".to_owned()));
    pass(100);
    assert!(poll(future.as_mut()).is_pending());
    pass(30);
    assert_eq!(poll(future.as_mut()), Poll::Ready(Ok(5)));
    let calls = slowest("later");
    assert_eq!(durations(&calls), [35]);
    assert_eq!(captured(&calls), [Some(r#"n=5 name="ab""#)]);
    assert_eq!(calls[0].outcome(), Outcome::Ok);
}

#[test]
fn a_future_that_was_given_up_is_cancelled_and_tells_its_arguments() {
    #[profiled(capture(n))]
    async fn outer(n: u64) {
        inner(n + 1).await;
    }

    #[profiled(capture(n, text = format!("{n}")))]
    async fn inner(n: u64) {
        pending::<()>().await;
    }

    let _alone = alone();
    {
        let mut future = pin!(outer(1));
        assert!(poll(future.as_mut()).is_pending());
        pass(40);
    }
    for (name, text) in [("outer", "n=1"), ("inner", r#"n=2 text="2""#)] {
        let calls = slowest(name);
        assert_eq!((durations(&calls), calls[0].outcome()), (vec![40], Outcome::Cancelled), "{name}");
        assert_eq!(captured(&calls), [Some(text)]);
    }
    assert!(slowest("inner")[0].parent().is_none(), "nobody polled it then");
}

#[test]
fn a_future_that_ends_on_another_thread_is_that_ones() {
    let _alone = alone();
    let mut future = Box::pin(later(3, "far".to_owned()));
    assert!(poll(future.as_mut()).is_pending());
    std::thread::Builder::new()
        .name("elsewhere".to_owned())
        .spawn(move || assert!(poll(future.as_mut()).is_ready()))
        .unwrap()
        .join()
        .unwrap();
    let calls = slowest("later");
    assert_eq!((calls[0].thread(), calls[0].captured()), ("elsewhere", Some(r#"n=3 name="far""#)));
}

#[test]
fn a_call_that_panicked_tells_its_arguments() {
    #[profiled(capture(n))]
    fn panics(n: u64) {
        pass(n);
        assert!(n == 0, "as told");
    }

    #[profiled(capture(n))]
    async fn panics_later(n: u64) {
        panics(n);
    }

    let _alone = alone();
    assert!(std::panic::catch_unwind(|| panics(6)).is_err());
    assert!(std::panic::catch_unwind(|| finish(panics_later(4))).is_err());
    for (name, text) in [("panics", "n=6"), ("panics_later", "n=4")] {
        let calls = slowest(name);
        assert_eq!((calls[0].outcome(), calls[0].captured()), (Outcome::Panicked, Some(text)));
    }
}

#[test]
fn the_parent_is_the_timed_call_around_it() {
    #[profiled]
    fn above(n: u64) {
        child(n);
        pass(1);
    }

    #[profiled]
    fn child(n: u64) {
        pass(n);
        if n > 5 {
            child(n - 1);
        }
    }

    let _alone = alone();
    above(3);
    above(6);
    let calls = slowest("child");
    assert_eq!(durations(&calls), [11, 5, 3]);
    let parents: Vec<Option<&str>> =
        calls.iter().map(|call| call.parent().map(|path| path.rsplit("::").next().unwrap())).collect();
    assert_eq!(parents, [Some("above"), Some("child"), Some("above")]);
    assert_eq!(slowest("above")[0].parent(), None);
}

static FORMATTED: AtomicU32 = AtomicU32::new(0);

/// Counts how often it is written.
struct Counted;

impl fmt::Debug for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        FORMATTED.fetch_add(1, Relaxed);
        f.write_str("counted")
    }
}

#[profiled(capture(what))]
fn rarely_told(n: u64, what: &Counted) {
    let _ = what;
    pass(n);
}

#[test]
fn only_calls_that_enter_are_formatted() {
    let _alone = alone();
    FORMATTED.store(0, Relaxed);
    for n in [10, 20, 30] {
        rarely_told(n, &Counted);
    }
    assert_eq!(FORMATTED.swap(0, Relaxed), 3);
    for n in [1, 5, 10, 9, 10] {
        rarely_told(n, &Counted);
    }
    assert_eq!(FORMATTED.load(Relaxed), 0);
    rarely_told(11, &Counted);
    assert_eq!(FORMATTED.load(Relaxed), 1);
    assert_eq!(durations(&slowest("rarely_told")), [30, 20, 11]);
}

/// Does what nobody should do in a `Debug`.
struct Hostile;

impl fmt::Debug for Hostile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pass(1_000);
        let _ = plain(3);
        hostile(0, &Hostile);
        let _ = snapshot();
        drop(vec![1; 100]);
        write!(f, "half")?;
        panic!("in the middle")
    }
}

#[profiled(capture(n, what, after = n + 1))]
fn hostile(n: u64, what: &Hostile) {
    let _ = what;
    pass(n);
}

#[test]
fn a_debug_that_panics_measures_and_takes_its_time_does_no_harm() {
    #[profiled]
    fn around() {
        hostile(10, &Hostile);
    }

    let _alone = alone();
    around();
    let calls = slowest("hostile");
    assert_eq!(captured(&calls)[0], Some("n=10 what=half<panicked> after=11"));
    assert_eq!(durations(&calls), [10], "what it took to tell is not the call's time; what it called is not told");
    assert_eq!(stats("hostile").calls(), 2);
    assert_eq!(stats("hostile").slowest_missed(), 1, "which is counted");
    assert_eq!(stats("around").latency().max(), micros(10));
}

#[test]
fn what_comes_after_a_value_that_fails_is_told() {
    struct Fails;
    impl fmt::Debug for Fails {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            Err(fmt::Error)
        }
    }
    #[profiled(capture(what, n))]
    fn told_in_part(what: &Fails, n: u64) {
        let _ = what;
        pass(n);
    }

    let _alone = alone();
    told_in_part(&Fails, 3);
    assert_eq!(told_of("told_in_part"), "what=half n=3");
}

#[profiled(capture(list))]
async fn a_lot(list: Vec<Counted>) {
    pass(list.len() as u64);
}

#[test]
fn a_million_elements_are_cut_where_there_is_no_more_room() {
    let _alone = alone();
    FORMATTED.store(0, Relaxed);
    finish(a_lot((0..1_000_000).map(|_| Counted).collect()));
    let told = told_of("a_lot");
    assert!(told.starts_with("list=[counted, counted") && told.ends_with('…'), "{told}");
    assert!((250..=256).contains(&told.len()));
    assert!(FORMATTED.load(Relaxed) < 40, "the others were not even looked at");
}

#[test]
fn calls_of_many_threads_are_all_looked_at() {
    #[profiled(capture(n))]
    fn busy(n: u64) {
        // Nobody's time passes but by this, and all threads see it.
        pass(n);
    }

    let _alone = alone();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..500).for_each(|n| busy(thread * 1_000 + n)));
        }
    });
    let busy = stats("busy");
    assert_eq!(busy.slowest().len(), 3);
    // Each took at least what it says. What the others let pass when its body was over made it slow then.
    for (call, text) in busy.slowest().iter().filter_map(|call| Some((call, call.captured()?))) {
        let n: u64 = text.strip_prefix("n=").unwrap().parse().unwrap();
        assert!(call.duration() >= micros(n), "{call:?}");
    }
    let longest = busy.latency().max();
    assert!(busy.slowest()[0].duration() == longest || busy.slowest_missed() > 0);
}

#[test]
fn the_span_and_the_trace_are_those_of_the_call() {
    let _alone = alone();
    // One process, one hook: what it says is this thread's.
    thread_local!(static TRACE: std::cell::Cell<Option<u128>> = const { std::cell::Cell::new(None) });
    assert!(perf_runtime::set_trace_id(|| TRACE.get()));
    assert!(!perf_runtime::set_trace_id(|| None), "the first counts");
    TRACE.set(Some(0x0af7_6519_16cd_43dd));
    spans::with(|| {
        let span = tracing::info_span!("request");
        let _entered = span.enter();
        told(1, "x", "y", (0, 'z'));
    });
    TRACE.set(None);
    let calls = slowest("told");
    let span = calls[0].span().unwrap();
    assert_eq!((&*span.name, span.id), ("request", 1));
    assert_eq!(calls[0].trace_id(), Some(0x0af7_6519_16cd_43dd));
    let table = format!("{:200}", snapshot());
    let line = table.lines().find(|line| line.contains("span request 1")).unwrap_or_else(|| panic!("{table}"));
    assert!(line.contains("trace 00000000000000000af7651916cd43dd"), "{line}");
    assert!(line.contains("n=1 name=\"x\"") && line.contains("2.00 µs"), "{line}");
}

/// As much of a subscriber as knows the current span.
mod spans {
    use std::cell::Cell;

    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};
    use tracing_core::span::Current;

    thread_local!(static CURRENT: Cell<Option<&'static Metadata<'static>>> = const { Cell::new(None) });

    struct Only;

    impl Subscriber for Only {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, span: &Attributes<'_>) -> Id {
            CURRENT.set(Some(span.metadata()));
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, _: &Event<'_>) {}

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {
            CURRENT.set(None);
        }

        fn current_span(&self) -> Current {
            CURRENT.get().map_or_else(Current::none, |metadata| Current::new(Id::from_u64(1), metadata))
        }
    }

    pub(super) fn with(work: impl FnOnce()) {
        tracing::subscriber::with_default(Only, work);
    }
}

#[test]
fn the_table_tells_of_those_that_have_more_to_tell() {
    let _alone = alone();
    let _ = plain(5);
    assert!(!snapshot().to_string().contains("slowest"), "nothing but how long, which has its column");
    told(10, "line\nbreak", "", (0, 'a'));
    let table = format!("{:90}", snapshot());
    let from = table.find("slowest calls").unwrap();
    let line = table[from..].lines().nth(1).unwrap();
    assert!(line.starts_with("tail::told") && line.contains("20.0 µs  n=10"), "{line}");
    assert_eq!(line.chars().count(), 90);
    assert!(line.ends_with('…'));
}

#[test]
fn slow_calls_survive_json_and_are_missing_from_what_is_older() {
    let _alone = alone();
    told(10, "ab", "é", (1, 'x'));
    let before = snapshot();
    let json = serde_json::to_string(&before).unwrap();
    let after: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(after.function("told").unwrap().slowest(), before.function("told").unwrap().slowest());
    assert_eq!(serde_json::to_string(&after).unwrap(), json);
    let mut older: serde_json::Value = serde_json::from_str(&json).unwrap();
    for function in older["functions"].as_array_mut().unwrap() {
        assert!(function.as_object_mut().unwrap().remove("slowest").is_some());
    }
    let older: Snapshot = serde_json::from_value(older).unwrap();
    assert!(older.function("told").unwrap().slowest().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
#[allow(unsafe_code)]
fn a_forked_child_finds_no_table_taken() {
    #[profiled(capture(n))]
    fn rises(n: u64) {
        // Longer than any before, so that somebody is at the table most of the time.
        still::pass(Duration::from_nanos(n));
    }

    let _alone = alone();
    // Who enters looks at all of them.
    set_config(Config { tail: 100, ..config() }).unwrap();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let failed = std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut n = 0;
                while !is_over.load(Relaxed) {
                    n += 1;
                    rises(n);
                }
            });
        }
        rises(1);
        let failed = (0..15).find(|_| {
            // SAFETY: the child only does what a child of a threaded process may, and `_exit`s.
            let child = unsafe { libc::fork() };
            if child == 0 {
                // SAFETY: ends the child if it hangs.
                unsafe { libc::alarm(5) };
                rises(1_000_000_000_000);
                let is_right = slowest("rises")[0].captured() == Some("n=1000000000000");
                // SAFETY: ends the child, and nothing of the parent's.
                unsafe { libc::_exit(i32::from(!is_right)) };
            }
            let mut status = 0;
            // SAFETY: waits for the child just made.
            unsafe { libc::waitpid(child, &raw mut status, 0) };
            status != 0
        });
        is_over.store(true, Relaxed);
        failed
    });
    assert_eq!(failed, None, "a child hung, or told something else");
}

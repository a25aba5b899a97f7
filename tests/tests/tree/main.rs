//! Where the time goes, by who called whom: on a clock that only moves when told to, so that every
//! number is known.

mod long;

use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_runtime::{Branch, Config, Context as Place, Sampling, Snapshot, in_current, profiled, snapshot};
use tests::still;

/// Nobody else's time passes, and all that was traced before is over.
fn alone() -> (MutexGuard<'static, ()>, Snapshot) {
    let alone = still::alone(&Config { tree: true, ..Config::production() });
    pass(10_000);
    perf_runtime::drain();
    (alone, snapshot())
}

fn pass(micros: u64) {
    still::pass(Duration::from_micros(micros));
}

/// Each path with its calls, its time and its own, in microseconds.
fn paths(snapshot: &Snapshot) -> Vec<(String, u64, u64, u64)> {
    fn walk(branch: Branch<'_>, above: &str, all: &mut Vec<(String, u64, u64, u64)>) {
        let name = branch.name().rsplit("::").next().unwrap_or_default();
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        if branch.calls() > 0 {
            let micros = |time: Duration| time.as_micros() as u64;
            all.push((path.clone(), branch.calls(), micros(branch.total()), micros(branch.own())));
        }
        for child in branch.children() {
            walk(child, &path, all);
        }
    }
    let mut all = Vec::new();
    for root in snapshot.tree().roots() {
        walk(root, "", &mut all);
    }
    all.sort();
    all
}

fn path(path: &str, calls: u64, total: u64, own: u64) -> (String, u64, u64, u64) {
    (path.to_owned(), calls, total, own)
}

#[profiled(sample = "always")]
fn serve() {
    pass(10);
    parse(3);
    parse(4);
    answer();
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
fn a_call_below_another_is_on_the_path_of_that_one() {
    let (_alone, before) = alone();
    for _ in 0..5 {
        serve();
    }
    let now = snapshot().since(&before);
    assert_eq!(
        paths(&now),
        [
            path("serve", 5, 5 * 38, 5 * 10),
            path("serve/answer", 5, 5 * 21, 5 * 20),
            path("serve/answer/parse", 5, 5, 5),
            path("serve/parse", 10, 5 * 7, 5 * 7),
        ]
    );
    assert_eq!(now.function("parse").unwrap().own(), Some(now.function("parse").unwrap().total()));
    let serve = now.function("serve").unwrap();
    assert_eq!((serve.total(), serve.own()), (Duration::from_micros(190), Some(Duration::from_micros(50))));
}

/// How many times the sum of the estimates the truth is: one, give or take.
fn is_about(estimate: u64, truth: u64) -> bool {
    (0.9..1.1).contains(&(estimate as f64 / truth as f64))
}

#[profiled(sample = 0.05)]
fn often() {
    pass(1);
    seldom_sampled();
    seldom_sampled();
}

#[profiled(sample = 0.05)]
fn seldom_sampled() {
    pass(2);
    innermost();
}

#[profiled(sample = 0.05)]
fn innermost() {
    pass(3);
}

#[test]
fn of_functions_that_are_sampled_each_by_itself_none_is_taken_for_a_root_that_is_below_another() {
    let (_alone, before) = alone();
    for _ in 0..40 {
        (0..1000).for_each(|_| often());
        perf_runtime::drain();
    }
    let paths = paths(&snapshot().since(&before));
    let names: Vec<&str> = paths.iter().map(|path| path.0.as_str()).collect();
    assert_eq!(names, ["often", "often/seldom_sampled", "often/seldom_sampled/innermost"]);
    for ((_, calls, total, own), expected) in paths.iter().zip([[1, 11, 1], [2, 10, 4], [2, 6, 6]]) {
        let truth = expected.map(|each| each * 40_000);
        assert!(is_about(*calls, truth[0]) && is_about(*total, truth[1]) && is_about(*own, truth[2]), "{paths:?}");
    }
}

#[profiled(sample = "always")]
fn descend(depth: u32) {
    pass(5);
    if depth > 0 {
        descend(depth - 1);
        ascend(depth - 1);
    }
}

#[profiled]
fn ascend(depth: u32) {
    pass(1);
    if depth > 0 {
        descend(depth - 1);
    }
}

#[test]
fn recursion_counts_no_time_twice() {
    let (_alone, before) = alone();
    descend(9);
    let now = snapshot().since(&before);
    let all: u64 = paths(&now).iter().map(|path| path.3).sum();
    assert_eq!(now.tree().total(), Duration::from_micros(all), "own times add up to the root's");
    let own = |name: &str, each: u64| {
        let function = now.function(name).unwrap();
        let own = now.tree().edges().iter().filter(|edge| edge.callee.ends_with(name)).map(|edge| edge.own).sum();
        assert_eq!(Duration::from_micros(each * function.calls()), own, "{name}");
    };
    own("descend", 5);
    own("ascend", 1);
}

#[profiled(sample = "always")]
fn deep(depth: u32) {
    pass(1);
    if depth > 0 {
        deep(depth - 1);
    }
}

#[test]
fn what_is_deeper_than_frames_go_is_part_of_the_deepest() {
    let (_alone, before) = alone();
    deep(999);
    let now = snapshot().since(&before);
    assert_eq!(now.tree().total(), Duration::from_millis(1));
    assert!(paths(&now).len() > 200);
}

#[profiled(sample = "always")]
fn run_forever(rounds: u32) {
    for round in 0..rounds {
        pass(1);
        handle();
        if round % 500 == 0 {
            perf_runtime::drain();
        }
    }
}

#[profiled(sample = "always")]
fn handle() {
    pass(2);
    inner();
}

#[profiled]
fn inner() {
    pass(4);
}

#[test]
fn what_is_too_long_to_be_traced_as_a_whole_is_made_up_of_what_is_below_it() {
    let (_alone, _) = alone();
    // That it is, is learned from the first.
    run_forever(3000);
    let before = snapshot();
    run_forever(3000);
    let paths = paths(&snapshot().since(&before));
    assert_eq!(
        paths,
        [
            path("run_forever", 1, 21_000, 3_000),
            path("run_forever/handle", 3000, 18_000, 6_000),
            path("run_forever/handle/inner", 3000, 12_000, 12_000),
        ]
    );
}

#[profiled(sample = "always")]
fn fails() {
    pass(7);
    let _ = std::panic::catch_unwind(panics);
}

#[profiled]
fn panics() {
    pass(3);
    std::panic::resume_unwind(Box::new(()));
}

#[test]
fn a_panic_ends_what_it_unwinds() {
    let (_alone, before) = alone();
    fails();
    assert_eq!(paths(&snapshot().since(&before)), [path("fails", 1, 10, 7), path("fails/panics", 1, 3, 3)]);
}

/// Waits once.
struct Wait(bool);

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// Polls it to its end, each time on another thread; between polls time passes, which is nobody's.
fn hop<F: Future + Send>(future: F) {
    let mut future = Box::pin(future);
    let mut poll = move || future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
    while !std::thread::scope(|scope| scope.spawn(&mut poll).join().unwrap()) {
        pass(1000);
    }
}

#[profiled(sample = "always")]
async fn fetch() {
    pass(10);
    Wait(false).await;
    pass(20);
    decode().await;
    parse(5);
}

#[profiled]
async fn decode() {
    pass(1);
    Wait(false).await;
    pass(2);
    parse(4);
}

#[test]
fn of_futures_the_time_in_polls_is_in_the_tree_whatever_thread_polls() {
    let (_alone, before) = alone();
    for _ in 0..3 {
        hop(fetch());
    }
    assert_eq!(
        paths(&snapshot().since(&before)),
        [
            path("fetch", 3, 3 * 42, 3 * 30),
            path("fetch/decode", 3, 3 * 7, 3 * 3),
            path("fetch/decode/parse", 3, 3 * 4, 3 * 4),
            path("fetch/parse", 3, 3 * 5, 3 * 5),
        ]
    );
}

#[profiled(sample = 0.02)]
async fn asked_often() {
    Wait(false).await;
    asked_below().await;
}

#[profiled(sample = 0.02)]
async fn asked_below() {
    pass(1);
    Wait(false).await;
    pass(1);
    innermost();
}

#[test]
fn a_future_that_is_awaited_in_one_that_is_not_sampled_is_not_taken_for_a_root() {
    let (_alone, before) = alone();
    for _ in 0..5000 {
        let mut future = std::pin::pin!(asked_often());
        while future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
    }
    let paths = paths(&snapshot().since(&before));
    let names: Vec<&str> = paths.iter().map(|path| path.0.as_str()).collect();
    assert_eq!(names, ["asked_often", "asked_often/asked_below", "asked_often/asked_below/innermost"]);
}

#[profiled(sample = "always")]
fn fan_out() {
    let place = Place::current();
    std::thread::scope(|scope| {
        for micros in [3, 4] {
            let place = &place;
            scope.spawn(move || place.run(|| parse(micros))).join().unwrap();
        }
    });
}

#[test]
fn work_that_is_handed_over_is_below_who_hands_it_over() {
    let (_alone, before) = alone();
    fan_out();
    // Its own time is that in which it waited for the two, which took as long on threads of their own.
    let expected = [path("fan_out", 1, 14, 7), path("fan_out/parse", 2, 7, 7)];
    assert_eq!(paths(&snapshot().since(&before)), expected);
}

#[profiled(sample = 0.02)]
fn fan_out_often() {
    let place = Place::current();
    std::thread::scope(|scope| scope.spawn(|| place.run(sampled_by_itself)).join().unwrap());
}

#[profiled(sample = "always")]
fn sampled_by_itself() {
    pass(2);
}

#[test]
fn work_that_is_handed_over_is_below_who_hands_it_over_also_where_that_is_not_traced() {
    let (_alone, before) = alone();
    for _ in 0..1000 {
        fan_out_often();
    }
    let paths = paths(&snapshot().since(&before));
    let names: Vec<&str> = paths.iter().map(|path| path.0.as_str()).collect();
    assert_eq!(names, ["fan_out_often", "fan_out_often/sampled_by_itself"]);
}

#[profiled(sample = "always")]
async fn spawner() {
    let task = in_current(async {
        decode().await;
        parse(1);
    });
    hop(task);
}

#[test]
fn a_future_that_is_handed_over_is_below_who_hands_it_over() {
    let (_alone, before) = alone();
    std::thread::scope(|scope| scope.spawn(|| hop(spawner())).join().unwrap());
    let paths = paths(&snapshot().since(&before));
    assert_eq!(
        paths[1..],
        [path("spawner/decode", 1, 7, 3), path("spawner/decode/parse", 1, 4, 4), path("spawner/parse", 1, 1, 1),]
    );
}

#[test]
fn folded_stacks_have_a_line_for_each_path_with_time_of_its_own() {
    let (_alone, before) = alone();
    serve();
    let folded = snapshot().since(&before).tree().folded();
    let mut lines: Vec<&str> = folded.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "tree::serve 10000",
            "tree::serve;tree::answer 20000",
            "tree::serve;tree::answer;tree::parse 1000",
            "tree::serve;tree::parse 7000",
        ]
    );
}

#[test]
fn a_flame_graph_can_be_drawn_from_folded_stacks() {
    let (_alone, before) = alone();
    serve();
    let folded = snapshot().since(&before).tree().folded();
    let mut svg = Vec::new();
    let mut options = inferno::flamegraph::Options::default();
    options.count_name = "ns".to_owned();
    inferno::flamegraph::from_lines(&mut options, folded.lines(), &mut svg).unwrap();
    let svg = String::from_utf8(svg).unwrap();
    for frame in [
        "tree::serve (38,000 ns, 100.00%)",
        "tree::answer (21,000 ns, 55.26%)",
        "tree::parse (1,000 ns, 2.63%)",
        "tree::parse (7,000 ns, 18.42%)",
    ] {
        assert!(svg.contains(frame), "{frame} in {svg}");
    }
}

#[test]
fn edges_tell_who_calls_whom_by_whatever_path() {
    let (_alone, before) = alone();
    serve();
    let edges = snapshot().since(&before).tree().edges();
    let edge = |caller: Option<&str>, callee: &str| {
        let found = edges.iter().find(|edge| edge.caller.as_deref() == caller && edge.callee == callee);
        found.map(|edge| (edge.calls, edge.own.as_micros()))
    };
    assert_eq!(edge(None, "tree::serve"), Some((1, 10)));
    assert_eq!(edge(Some("tree::serve"), "tree::parse"), Some((2, 7)));
    assert_eq!(edge(Some("tree::answer"), "tree::parse"), Some((1, 1)));
    assert_eq!(edges.len(), 4);
}

#[profiled(sample = "always", label(kind = kind))]
fn labelled(kind: &str) {
    pass(kind.len() as u64);
    parse(1);
    labelled_below("c");
}

#[profiled(sample = "always", label(kind = kind))]
fn labelled_below(kind: &str) {
    pass(kind.len() as u64);
}

#[test]
fn a_label_is_no_function_and_not_in_the_tree() {
    let (_alone, before) = alone();
    labelled("ab");
    labelled("abc");
    let paths = paths(&snapshot().since(&before));
    let below = [path("labelled/labelled_below", 2, 2, 2), path("labelled/parse", 2, 2, 2)];
    assert_eq!(paths, [&[path("labelled", 2, 9, 5)], &below[..]].concat());
}

#[profiled(sample = "always")]
fn boxed() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async {
        pass(10);
        Wait(false).await;
        pass(20);
    })
}

#[test]
fn a_function_that_only_makes_a_future_is_traced_when_that_is_polled() {
    let (_alone, before) = alone();
    for _ in 0..3 {
        hop(boxed());
    }
    let mut here = boxed();
    while here.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
    assert_eq!(paths(&snapshot().since(&before)), [path("boxed", 4, 4 * 30, 4 * 30)]);
}

#[profiled]
fn unsampled() {
    pass(1);
    for _ in 0..3 {
        below_unsampled();
    }
}

#[profiled(sample = "always")]
fn below_unsampled() {
    pass(2);
}

#[test]
fn what_is_below_a_function_that_is_never_sampled_is_in_the_tree() {
    let (_alone, _) = alone();
    let config = Config { tree: true, ..Config::production() };
    let filter = config.filter.clone().with("tree::unsampled", Sampling::Off);
    perf_runtime::set_config(Config { filter, ..config.clone() }).unwrap();
    unsampled();
    perf_runtime::drain();
    let before = snapshot();
    for _ in 0..50 {
        unsampled();
    }
    let paths = paths(&snapshot().since(&before));
    perf_runtime::set_config(config).unwrap();
    perf_runtime::drain();
    assert_eq!(paths, [path("unsampled/below_unsampled", 150, 300, 300)]);
}

#[profiled(sample = "always")]
fn turned_off_within(config: &Config) {
    pass(1);
    perf_runtime::set_config(Config { tree: false, ..config.clone() }).unwrap();
    perf_runtime::drain();
    for _ in 0..10 {
        below_turned_off();
    }
    perf_runtime::set_config(config.clone()).unwrap();
    perf_runtime::drain();
}

#[profiled(sample = "always")]
fn below_turned_off() {
    pass(2);
}

#[test]
fn of_a_call_in_which_trees_are_turned_off_and_on_again_nothing_is_its_own_that_was_below_it() {
    let (_alone, before) = alone();
    turned_off_within(&Config { tree: true, ..Config::production() });
    let paths = paths(&snapshot().since(&before));
    assert!(paths.iter().all(|path| path.0 != "turned_off_within" || path.3 <= 1), "{paths:?}");
}

#[test]
fn what_was_written_down_tells_what_has_happened_since() {
    let (_alone, before) = alone();
    serve();
    let now = snapshot();
    let read = |snapshot: &Snapshot| {
        let json = serde_json::to_value(snapshot).unwrap();
        serde_json::from_value::<Snapshot>(json).unwrap()
    };
    assert_eq!(read(&now).tree(), now.tree());
    assert_eq!(paths(&read(&now).since(&read(&before))), paths(&now.since(&before)));
}

#[test]
fn trees_that_were_written_down_as_estimates_alone_can_be_read() {
    let (_alone, before) = alone();
    serve();
    let now = snapshot();
    let old = |snapshot: &Snapshot| {
        let mut json = serde_json::to_value(snapshot).unwrap();
        assert!(json["tree"].as_object_mut().unwrap().remove("traced").is_some());
        serde_json::from_value::<Snapshot>(json).unwrap()
    };
    assert_eq!(paths(&old(&now)), paths(&now));
    let since = paths(&old(&now).since(&old(&before)));
    assert_eq!(since.iter().find(|path| path.0 == "serve/answer"), Some(&path("serve/answer", 1, 21, 20)), "{since:?}");
    assert_eq!(paths(&now.since(&old(&before))), since);
}

#[test]
fn what_was_traced_deeper_than_any_program_makes_is_an_error_and_not_a_full_stack() {
    let (_alone, _) = alone();
    serve();
    let mut json = serde_json::to_value(snapshot()).unwrap();
    let node = |at: u32| serde_json::json!({ "function": 0, "parent": at.saturating_sub(1), "calls": 1.0 });
    json["tree"]["traced"]["nodes"] = (0..100_000).map(node).collect();
    let error = serde_json::from_value::<Snapshot>(json).unwrap_err();
    assert_eq!(error.to_string(), "node 513 of what was traced has more than 512 others around it");
}

#[profiled(sample = "always")]
async fn kept_alive() {
    loop {
        pass(10);
        Wait(false).await;
    }
}

#[test]
fn a_future_that_began_earlier_is_in_the_tree_of_what_was_since() {
    let (_alone, _) = alone();
    let mut future = std::pin::pin!(kept_alive());
    let mut poll = || assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    poll();
    let before = snapshot();
    poll();
    poll();
    let since = snapshot().since(&before);
    let root = since.tree().roots().into_iter().find(|root| root.name().ends_with("kept_alive"));
    assert_eq!(root.map(|root| root.own()), Some(Duration::from_micros(20)), "{}", since.tree());
}

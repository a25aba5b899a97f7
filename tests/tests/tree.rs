//! Where the time goes, by who called whom: on a clock that only moves when told to, so that every
//! number is known.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::MutexGuard;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use perf_runtime::{Branch, Config, Snapshot, profiled, snapshot};
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

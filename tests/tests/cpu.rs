//! How much of a call was computing, how much waiting, and of futures how much waiting for a thread.

use std::hint::black_box;
use std::time::Duration;

use perf_runtime::{Config, CpuTime, Sampling, Snapshot, profiled, set_config, snapshot};
use tests::{stats, still};

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// CPU time of the running thread, as the system accounts for it: not by the clock that calls are measured with.
fn thread_cpu() -> Duration {
    // SAFETY: all zeros is a usage, of nothing, and the call fills it in.
    #[allow(unsafe_code, reason = "there is no other way to ask")]
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage), 0);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

fn compute(rounds: u64) -> u64 {
    (0..rounds).fold(1, |x: u64, n| black_box(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n))
}

/// Computes until the thread has used so much CPU time, whatever else the machine does.
fn compute_for(time: Duration) {
    let end = thread_cpu() + time;
    while thread_cpu() < end {
        compute(10_000);
    }
}

fn cpu_of(name: &str) -> CpuTime {
    *stats(name).cpu().unwrap_or_else(|| panic!("the CPU time of {name} is known"))
}

/// What it says, against what the system accounts for: that has a step of a microsecond, and its reading takes time too.
fn is_about(said: Duration, known: Duration) -> bool {
    said.abs_diff(known) < known / 10 + millis(1)
}

#[profiled]
fn computes() -> Duration {
    let before = thread_cpu();
    compute_for(millis(20));
    still::pass(millis(50));
    thread_cpu() - before
}

#[test]
fn what_a_call_computes_is_its_cpu_time_and_the_rest_of_its_time_it_waits() {
    let _alone = still::alone(&Config::testing());
    let known = computes();
    let cpu = cpu_of("computes");
    assert!(is_about(cpu.mean(), known), "{cpu:?}, and the system says {known:?}");
    assert_eq!(cpu.mean() + cpu.waiting(), millis(50));
    assert_eq!((cpu.samples(), cpu.total() + cpu.total_waiting()), (1, millis(50)));
    assert!((cpu.share() * 50.0 - cpu.mean().as_secs_f64() * 1e3).abs() < 0.01, "{cpu:?}");
}

#[profiled]
fn sleeps() {
    std::thread::sleep(millis(20));
    still::pass(millis(20));
}

#[test]
fn a_call_that_sleeps_waits() {
    let _alone = still::alone(&Config::testing());
    sleeps();
    let cpu = cpu_of("sleeps");
    assert!(cpu.share() < 0.1, "{cpu:?}");
}

#[profiled]
fn outer(is_idle: bool) {
    still::pass(millis(10));
    if !is_idle {
        inner();
    }
}

#[profiled]
fn inner() {
    compute_for(millis(10));
    still::pass(millis(30));
}

#[test]
fn the_cpu_time_of_a_call_contains_that_of_the_calls_in_it() {
    let _alone = still::alone(&Config::testing());
    outer(false);
    let (outer, inner) = (cpu_of("outer"), cpu_of("inner"));
    assert!(outer.total() >= inner.total() && inner.total() >= millis(9), "{outer:?} {inner:?}");
    assert!(is_about(outer.total(), inner.total()), "{outer:?} {inner:?}");
}

#[profiled]
fn recursive(depth: u64) {
    compute_for(millis(5));
    still::pass(millis(10));
    if depth > 1 {
        recursive(depth - 1);
    }
}

#[test]
fn of_recursive_calls_cpu_time_is_counted_once() {
    let _alone = still::alone(&Config::testing());
    let before = thread_cpu();
    recursive(4);
    let known = thread_cpu() - before;
    let (stats, cpu) = (stats("recursive"), cpu_of("recursive"));
    assert_eq!((stats.calls(), stats.total()), (4, millis(40)));
    assert!(is_about(cpu.total(), known), "{cpu:?}, and the system says {known:?}");
}

#[profiled]
fn short() {
    still::pass(Duration::from_nanos(200));
}

#[test]
fn calls_shorter_than_what_asking_takes_are_not_asked() {
    let _alone = still::alone(&Config::testing());
    for _ in 0..100 {
        short();
    }
    assert_eq!((stats("short").calls(), stats("short").cpu()), (100, None));
}

#[profiled(cpu)]
fn asked() {
    still::pass(millis(1));
}

#[profiled]
fn not_asked() {
    still::pass(millis(1));
    asked();
}

#[test]
fn where_the_configuration_does_not_ask_attributes_do_for_their_functions() {
    let _alone = still::alone(&Config::testing());
    set_config(Config { sampling: Sampling::Always, ..Config::production() }).unwrap();
    for _ in 0..10 {
        not_asked();
    }
    set_config(Config::testing()).unwrap();
    assert_eq!((stats("not_asked").samples(), stats("not_asked").cpu()), (10, None));
    assert_eq!(cpu_of("asked").samples(), 10);
}

#[profiled]
fn first_this_then_that(is_computing: bool) {
    if is_computing {
        compute_for(millis(10));
    }
    still::pass(millis(20));
}

#[test]
fn between_two_snapshots_there_is_what_happened_between_them() {
    let _alone = still::alone(&Config::testing());
    first_this_then_that(true);
    let before = snapshot();
    first_this_then_that(false);
    let since = snapshot().since(&before);
    let cpu = since.function("first_this_then_that").unwrap().cpu().unwrap();
    assert_eq!(cpu.samples(), 1);
    assert!(cpu.mean() < millis(2), "{cpu:?}");
    assert!(cpu_of("first_this_then_that").mean() > millis(4));
    assert!(snapshot().since(&snapshot()).function("first_this_then_that").is_none());
}

#[profiled]
fn shown() {
    still::pass(millis(1));
}

#[test]
fn cpu_time_is_in_the_table_and_goes_into_json_and_back() {
    let _alone = still::alone(&Config::testing());
    shown();
    let taken = snapshot();
    let head = format!("{taken:200}");
    let head = head.lines().next().unwrap();
    assert!(head.contains(" cpu ") && head.contains(" waiting "), "{head}");
    let json = serde_json::to_value(&taken).unwrap();
    let read: Snapshot = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(read.function("shown").unwrap().cpu(), taken.function("shown").unwrap().cpu());
    assert!(read.function("shown").unwrap().cpu().is_some());
    let mut old = json;
    for function in old["functions"].as_array_mut().unwrap() {
        let function = function.as_object_mut().unwrap();
        assert!(function.remove("cpu").is_some() && function.remove("scheduled").is_some());
    }
    let old: Snapshot = serde_json::from_value(old).unwrap();
    assert_eq!(old.function("shown").unwrap().cpu(), None);
}

//! After warm-up a call allocates nothing, whatever kind of call it is and whoever reads meanwhile.

use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use counting::{Counting, allocations};
use perf_runtime::{Environment, Perf, profiled, snapshot};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Tests here change the configuration of the process, so one runs at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[profiled]
fn plain(n: u64) -> u64 {
    std::hint::black_box(n)
}

#[profiled]
fn fails(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(2) { Ok(n) } else { Err(n) }
}

#[profiled(sample = "always")]
fn recursive(n: u64) -> u64 {
    if n == 0 { 0 } else { recursive(n - 1) + 1 }
}

#[profiled]
async fn later(n: u64) -> Result<u64, u64> {
    fails(n)
}

#[profiled(capture(n, text))]
fn told(n: u64, text: &str) -> u64 {
    n + text.len() as u64
}

#[profiled(capture(n, text = format_args!("{n}")))]
async fn told_later(n: u64) -> u64 {
    n
}

fn poll<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

fn all_kinds() {
    for n in 0..20_000 {
        plain(n);
        let _ = fails(n);
        let _ = poll(later(n));
        recursive(3);
        drop(later(n));
        told(n, "captured");
        let _ = poll(told_later(n));
    }
}

#[test]
fn calls_allocate_nothing_once_warm() {
    let _alone = ALONE.lock().unwrap();
    for environment in [Environment::Production, Environment::Testing, Environment::Benchmark] {
        let _perf = Perf::builder().environment(environment).start().unwrap();
        all_kinds();
        assert_eq!(allocations(all_kinds), 0, "{environment:?}");
    }
}

#[test]
fn calls_allocate_nothing_while_a_snapshot_is_held() {
    let _alone = ALONE.lock().unwrap();
    let _perf = Perf::builder().environment(Environment::Testing).start().unwrap();
    all_kinds();
    let held = snapshot();
    assert_eq!(allocations(all_kinds), 0);
    assert!(snapshot().function("plain").unwrap().calls() > held.function("plain").unwrap().calls());
}

#[test]
fn calls_after_shutdown_allocate_nothing() {
    let _alone = ALONE.lock().unwrap();
    drop(Perf::builder().environment(Environment::Testing).start().unwrap());
    all_kinds();
    assert_eq!(allocations(all_kinds), 0);
}

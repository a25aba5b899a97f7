//! All that can be asked of one function, at once, in every shape that a function has.

use std::alloc::System;
use std::pin::Pin;

use perf_runtime::alloc::Tracking;
use perf_runtime::{Config, FunctionStats, Perf, Rejected, bulkhead, profiled, rate_limited};

#[global_allocator]
static ALLOCATOR: Tracking<System> = Tracking::new(System);

type Made<T> = Result<Vec<T>, Rejected>;

/// Comes back when it is polled again. Tokio's would allocate.
async fn once_more() {
    let mut is_back = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut is_back, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

fn make<T: From<u8>>(size: usize) -> Vec<T> {
    (0..size).map(|n| T::from(n as u8)).collect()
}

#[profiled(label(kind = kind), by_type, in_flight, alloc, capture(kind, size = size), slo(p99 = "1min", errors = 0.5))]
fn sync<T: From<u8>>(kind: &str, size: usize) -> Made<T> {
    Ok(make(size))
}

#[profiled(label(kind = kind), by_type, in_flight, alloc, capture(kind, size = size), slo(errors = 0.5))]
#[track_caller]
fn tracked<T: From<u8>>(kind: &str, size: usize) -> Made<T> {
    if kind.is_empty() {
        return Ok(Vec::new());
    }
    Ok(make(size))
}

#[profiled(label(kind = kind), by_type, in_flight, alloc, capture(kind, size = size), slo(errors = 0.5))]
#[bulkhead(4)]
#[rate_limited(rate = "1_000_000/s")]
fn guarded<T: From<u8>>(kind: &str, size: usize) -> Made<T> {
    Ok(make(size))
}

#[profiled(label(kind = kind), by_type, in_flight, alloc, capture(kind, size = size), slo(errors = 0.5))]
async fn later<T: From<u8>>(kind: &str, size: usize) -> Made<T> {
    once_more().await;
    Ok(make(size))
}

#[profiled(label(kind = kind), by_type, in_flight, alloc, capture(kind, size = size), slo(errors = 0.5))]
#[bulkhead(4)]
async fn guarded_later<T: From<u8>>(kind: &str, size: usize) -> Made<T> {
    once_more().await;
    Ok(make(size))
}

/// A future that is made by hand captures nothing.
#[profiled(label(kind = kind), by_type, in_flight, alloc, slo(errors = 0.5))]
fn boxed<'a, T: From<u8> + 'a>(kind: &'a str, size: usize) -> Pin<Box<dyn Future<Output = Made<T>> + 'a>> {
    Box::pin(async move {
        once_more().await;
        Ok(if kind.is_empty() { Vec::new() } else { make(size) })
    })
}

/// Calls another at its end, and may leave before.
#[profiled(label(kind = kind), by_type, in_flight, alloc, capture(kind, size = size), slo(errors = 0.5))]
fn outer<T: From<u8>>(kind: &str, size: usize) -> Made<T> {
    let made = sync::<T>(kind, size)?;
    Ok(made)
}

/// Six calls of ten elements each: four of the kind `a`, four of the type `u16`.
macro_rules! six {
    ($call:ident) => {
        six!($call, |made| made)
    };
    ($call:ident, $wait:expr) => {
        for _ in 0..3 {
            drop($wait($call::<u16>("a", 10)));
        }
        drop($wait($call::<u16>("b", 10)));
        drop(six!(@other $wait, $call::<u64>("a", 10)));
        drop(six!(@other $wait, $call::<u64>("b", 10)));
    };
    (@other $wait:expr, $made:expr) => {
        $wait($made)
    };
}

fn check(function: &FunctionStats, captures: bool) {
    let name = function.name();
    assert_eq!((function.calls(), function.errors(), function.panics()), (6, 0, 0), "{name}");
    let of = |key: &str, value: &str| function.label(key, value).map(|label| label.calls());
    assert_eq!((of("kind", "a"), of("kind", "b")), (Some(4), Some(2)), "{name}");
    assert_eq!((of("T", "u16"), of("T", "u64")), (Some(4), Some(2)), "{name}");
    let flight = function.in_flight().unwrap();
    assert_eq!((flight.now, flight.peak), (0, 1), "{name}");
    let allocations = function.allocations().unwrap();
    // A box is its caller's.
    assert_eq!((allocations.count(), allocations.bytes()), (6, 4 * 10 * 2 + 2 * 10 * 8), "{name}");
    assert!(function.objective().unwrap().is_attained(), "{name}");
    assert_eq!(function.slowest().len(), 6, "{name}");
    for call in function.slowest() {
        let told = call.captured().unwrap_or_default();
        let is_told = told.starts_with("kind=") && told.ends_with("size=10");
        assert_eq!(is_told, captures, "{name}: {told}");
    }
}

#[test]
fn all_that_can_be_asked_of_a_function_can_be_asked_at_once() {
    let _perf = Perf::builder().config(Config { tail: 10, ..Config::testing() }).manual().start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    six!(sync);
    six!(tracked);
    six!(guarded);
    six!(later, |future| runtime.block_on(future));
    six!(guarded_later, |future| runtime.block_on(future));
    six!(boxed, |future| runtime.block_on(future));
    let snapshot = perf_runtime::snapshot();
    for name in ["sync", "tracked", "guarded", "later", "guarded_later"] {
        check(snapshot.function(name).unwrap(), true);
    }
    check(snapshot.function("boxed").unwrap(), false);
    assert_eq!(snapshot.tree().roots().len(), 6, "{}", snapshot.tree());
    assert!(snapshot.tree().roots().iter().all(|root| root.calls() == 6 && root.children().is_empty()));

    drop(outer::<u16>("a", 3));
    let since = perf_runtime::snapshot().since(&snapshot);
    let outer = since.function("outer").unwrap().allocations().unwrap();
    assert_eq!((outer.count(), outer.own_count()), (1, 0), "they are those of the one that it calls");
    let roots = since.tree().roots();
    assert_eq!((roots[0].name(), roots[0].children()[0].name()), ("together::outer", "together::sync"));
}

//! Calls within calls of the same function.

use super::*;

const DEPTH: u64 = 5_000;

#[profiled(alloc)]
fn deep(n: u64) -> u64 {
    let held = black_box(Box::new(n));
    if n == 1 { *held } else { deep(n - 1) + *held }
}

#[test]
fn calls_may_be_thousands_deep() {
    let run = || assert_eq!(deep(DEPTH), DEPTH * (DEPTH + 1) / 2);
    thread::Builder::new().stack_size(256 << 20).spawn(run).unwrap().join().unwrap();
    let known = allocations("deep");
    assert_eq!((known.calls(), known.own_count(), known.own_bytes()), (DEPTH, DEPTH, DEPTH * 8));
    assert_eq!(known.count(), DEPTH * (DEPTH + 1) / 2);
    assert_eq!((known.most_per_call(), known.peak_live_bytes()), (DEPTH, DEPTH * 8));
}

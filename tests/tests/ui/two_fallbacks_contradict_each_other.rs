use perf_runtime::{bulkhead, circuit_breaker};

#[bulkhead(16, fallback = one)]
#[circuit_breaker(fallback = two)]
fn f() -> u32 {
    1
}

fn one() -> u32 {
    1
}

fn two() -> u32 {
    2
}

fn main() {}

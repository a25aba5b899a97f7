use perf_runtime::{circuit_breaker, rate_limited};

#[rate_limited(rate = "1/s", fallback = one)]
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

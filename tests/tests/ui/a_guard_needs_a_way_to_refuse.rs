use perf_runtime::rate_limited;

#[rate_limited(rate = "1/s")]
fn f() {}

#[rate_limited(rate = "1/s")]
fn g() -> u64 {
    1
}

fn main() {}

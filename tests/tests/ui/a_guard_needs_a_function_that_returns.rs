use perf_runtime::rate_limited;

#[rate_limited(rate = "1/s")]
fn f() -> ! {
    loop {}
}

fn main() {}

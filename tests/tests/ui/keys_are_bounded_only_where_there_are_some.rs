use perf_runtime::{Rejected, rate_limited};

#[rate_limited(rate = "1/s", max_keys = 10)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

use perf_runtime::{Rejected, rate_limited};

#[rate_limited(rate = "1/s")]
const fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

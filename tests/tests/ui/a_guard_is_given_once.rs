use perf_runtime::{Rejected, rate_limited};

#[rate_limited(rate = "1/s")]
#[rate_limited(rate = "2/s")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

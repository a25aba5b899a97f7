use perf_runtime::{Rejected, rate_limited};

#[rate_limited(burst = 10)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

use perf_runtime::{Rejected, rate_limited};

#[rate_limited(rate = "fast")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

use perf_runtime::{Rejected, circuit_breaker};

#[circuit_breaker(shadow = true)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

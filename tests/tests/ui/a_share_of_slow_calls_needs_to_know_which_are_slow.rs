use perf_runtime::{Rejected, circuit_breaker};

#[circuit_breaker(slow_rate = 0.5)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

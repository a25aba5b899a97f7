use perf_runtime::{Rejected, circuit_breaker};

#[circuit_breaker(failure_rte = 0.2, max_open = "1s")]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}

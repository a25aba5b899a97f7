use perf_runtime::{Rejected, circuit_breaker};

#[circuit_breaker(failure_rate = 2, min_calls = 0, backoff = 0.5, slow_call = "1ms", slow_rate = -0.1)]
fn f() -> Result<(), Rejected> {
    Ok(())
}

fn main() {}
